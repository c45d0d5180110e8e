/*
 * Inside net/: one TLS connection, and what its context does with it.
 */
#ifndef NET_TLS_LAYER_H
#define NET_TLS_LAYER_H

#include "net/tls_context.h"
#include "net/transport.h"

#define TLS_RECORD_BYTES SSL3_RT_MAX_PLAIN_LENGTH

/* So many new keys of the peer's in a second: they last for millions of
   records, and to derive them takes far longer than to send the word for it. */
#define TLS_KEY_UPDATES 32

/* "[::1]:52114", with room for longer ones. */
#define TLS_PEER_BYTES 64

struct tls {
    struct transport transport;
    /* Of the transport below, which forgets it when the peer resets. */
    char peer[TLS_PEER_BYTES];
    struct transport *below;     /* owned */
    struct tls_context *context; /* one reference */
    SSL *ssl;                    /* owned */
    struct slice feed; /* what OpenSSL reads; only while below brings it */
    struct buf in;     /* of a handshake that waits for its turn */
    struct buf out;    /* encrypted, but not yet taken by below */
    struct list node;  /* in context->handshakes */
    struct loop_task end_task; /* tells of a write that failed */
    char *reason;              /* owned; why it failed */
    char *judged; /* owned; the certificate of the peer's that was not good */
    char *unknown_psk; /* owned; identity that no key belongs to; NULL: none */
    char *identity;    /* owned; of the PSK that was used; NULL: none */
    uint32_t update_s; /* of the loop's clock: the second of key_updates */
    uint8_t key_updates; /* the peer's in that second */
    int error;           /* negative errno; 0: all is well */
    bool opened : 1;     /* the handshake is over, on_open was called */
    bool blocked : 1;    /* the owner waits for on_writable */
    bool paused : 1;     /* by the owner */
    bool held : 1;       /* by us: too much of a handshake waits */
    bool finished : 1;   /* the peer has sent close_notify */
    bool ended : 1;      /* on_end was called */
    bool closing : 1;    /* transport_close was called */
};

/* The handshake's turn has come. */
void tls_layer_continue(struct tls *tls);

/* Reads from feed, writes to the context's out; owned by the caller. */
BIO_METHOD *tls_layer_bio_method(void);

#endif
