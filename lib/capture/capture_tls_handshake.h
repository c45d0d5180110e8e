/*
 * One TLS connection that is read, and its handshake: what the two ends agree
 * on, and the keys that follow from it; inside capture_tls.c.
 */
#ifndef CAPTURE_CAPTURE_TLS_HANDSHAKE_H
#define CAPTURE_CAPTURE_TLS_HANDSHAKE_H

#include "capture/capture_tls.h"

#define CAPTURE_TLS_MAX_HANDSHAKE 131072u /* bytes of messages, not whole */
#define CAPTURE_TLS_1_3           0x0304

enum { CAPTURE_TLS_CLIENT, CAPTURE_TLS_SERVER };

struct capture_tls_side {
    struct buf held;              /* of a record that is not whole */
    struct capture_origin origin; /* of the latest of it */
    struct buf handshake;         /* messages that are not whole */
    struct capture_cipher cipher;
    uint32_t to_skip;  /* bytes left of a record that was damaged */
    bool has_records;  /* some were whole */
    bool searching;    /* for the beginning of a record */
    bool renumber;     /* records were lost, nobody knows how many */
    bool encrypted;    /* what comes is */
    bool is_handshake; /* TLS 1.3: with the keys of the handshake */
};

struct capture_tls {
    const struct capture_tls_events *events;
    void *context;
    struct capture_keys *keys;
    struct capture_tls_side sides[2];
    struct buf content;
    const struct capture_suite *suite;
    uint16_t suite_id;
    uint16_t version;
    bool has_hello; /* the client's random bytes are known */
    bool hidden;
    bool again;        /* the handshake was made again, for other keys */
    bool server_heard; /* what the server says is looked at */
    uint8_t client_random[CAPTURE_RANDOM];
    uint8_t server_random[CAPTURE_RANDOM];
    struct buf client_session; /* names by which the client resumes */
    struct buf client_ticket;
    struct buf server_session;
    struct capture_secret master; /* TLS 1.2; len 0: not known */
    struct capture_cipher early;  /* TLS 1.3: of the client's 0-RTT data */
    struct buf transcript; /* the open handshake, if a PSK may open the rest */
    bool extended_master;
    bool exchanged; /* the transcript is whole */
};

/* The secret of this connection; NULL when it is not known. */
const struct capture_secret *
capture_tls_handshake_secret(const struct capture_tls *tls,
                             enum capture_key_label label);

/* TLS 1.3: a side goes on with the keys of the handshake, or those behind
   it. */
void capture_tls_handshake_set_1_3(struct capture_tls *tls, unsigned side,
                                   bool handshake);

/* TLS 1.2: what a side says from now on is encrypted, with new keys. */
void capture_tls_handshake_set_1_2(struct capture_tls *tls, unsigned side);

/* More of the handshake's messages, decrypted. */
void capture_tls_handshake_take(struct capture_tls *tls, unsigned side,
                                struct slice bytes);

#endif
