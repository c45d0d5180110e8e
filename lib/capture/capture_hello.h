/*
 * What the handshake's open messages say [RFC 8446 4.1, RFC 5246 7.4].
 */
#ifndef CAPTURE_CAPTURE_HELLO_H
#define CAPTURE_CAPTURE_HELLO_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum capture_handshake {
    CAPTURE_CLIENT_HELLO = 1,
    CAPTURE_SERVER_HELLO = 2,
    CAPTURE_NEW_TICKET = 4,
    CAPTURE_KEY_EXCHANGE = 16, /* the client's */
    CAPTURE_FINISHED = 20,
    CAPTURE_KEY_UPDATE = 24,
};

/* A ClientHello or ServerHello; slices borrow from the message. */
struct capture_hello {
    uint16_t version;     /* 0x0303, 0x0304: what the server chose */
    uint16_t suite;       /* of a ServerHello */
    bool retry;           /* a HelloRetryRequest: another ClientHello follows */
    bool extended_master; /* [RFC 7627] */
    struct slice random;
    struct slice session_id;
    struct slice ticket; /* of TLS 1.2; empty: none */
};

/* Read the body of a hello. False when it is none. */
bool capture_hello_read(struct capture_hello *hello, struct slice body,
                        bool from_client);

#endif
