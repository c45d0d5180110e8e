/*
 * Ends of TLS connections for tests: keys and certificates made on the spot.
 */
#ifndef UNIT_TLS_PAIR_H
#define UNIT_TLS_PAIR_H

#include "net/transport_tls.h"

/*
 * A context whose certificate is made out to "localhost" and, on the client's
 * side, trusted. version is TLS1_2_VERSION or TLS1_3_VERSION; 0: what both
 * like best.
 */
struct tls_context *tls_pair_context(struct loop *loop, bool server,
                                     int version);

/* An end that still has to be put on something that carries it. */
struct transport *tls_pair_end(struct loop *loop, bool server,
                               const struct transport_events *events,
                               void *owner);

#endif
