/*
 * What the handshake's open messages say [RFC 8446 4.1, RFC 5246 7.4].
 */
#ifndef WIRE_TLS_HELLO_H
#define WIRE_TLS_HELLO_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum tls_handshake {
    TLS_CLIENT_HELLO = 1,
    TLS_SERVER_HELLO = 2,
    TLS_NEW_TICKET = 4,
    TLS_CERTIFICATE = 11,
    TLS_SERVER_KEY_EXCHANGE = 12,
    TLS_KEY_EXCHANGE = 16, /* the client's */
    TLS_FINISHED = 20,
    TLS_KEY_UPDATE = 24,
};

/* A ClientHello or ServerHello; slices borrow from the message. */
struct tls_hello {
    uint16_t version;     /* 0x0303, 0x0304: what the server chose */
    uint16_t suite;       /* of a ServerHello */
    bool retry;           /* a HelloRetryRequest: another ClientHello follows */
    bool extended_master; /* [RFC 7627] */
    struct slice random;
    struct slice session_id;
    struct slice ticket; /* of TLS 1.2; empty: none */
};

/* Read the body of a hello. False when it is none. */
bool tls_hello_read(struct tls_hello *hello, struct slice body,
                    bool from_client);

#endif
