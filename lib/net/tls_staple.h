/*
 * Inside net/: OCSP stapling [RFC 6066 8]. A server hands out with its
 * certificate what its authority's responder has said of it, so that a client
 * need not ask, and the responder does not learn who talks to whom.
 */
#ifndef NET_TLS_STAPLE_H
#define NET_TLS_STAPLE_H

#include "net/tls_context.h"
#include "net/tls_settings.h"

/*
 * Read the answer (DER) from settings->ocspfile and give it to clients that
 * ask. Returns false after telling why it cannot be used; one that is too old,
 * says "revoked" or is about another certificate is told, and given all the
 * same.
 */
bool tls_staple_load(struct tls_context *context,
                     const struct tls_settings *settings,
                     const struct tls_complaint *complaint);

#endif
