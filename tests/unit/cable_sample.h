/*
 * A recording of connections with TLS 1.2, TLS 1.3, a pre-shared key, WebSocket
 * and both, and what crossed the cable: tests/screens/cable.pcapng.
 */
#ifndef UNIT_CABLE_SAMPLE_H
#define UNIT_CABLE_SAMPLE_H

#include "wire/history.h"

#define CABLE_SAMPLE "tests/screens/cable.pcapng"

/* All of its records; the caller frees the history. */
struct history *cable_sample_history(void);

/* All bytes of one direction of a connection on the cable, owned by the
   caller. */
struct buf cable_sample_stream(const struct history *history,
                               uint32_t connection, bool from_client);

#endif
