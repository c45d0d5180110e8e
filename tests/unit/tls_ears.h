/*
 * Two ends of OpenSSL that talk, and who listens to them with their keys.
 */
#ifndef UNIT_TLS_EARS_H
#define UNIT_TLS_EARS_H

#include "base/buf.h"
#include "capture/capture_tls.h"
#include "suites.h"
#include "tls_forge.h"

#include <openssl/ssl.h>

enum { EARS_CLIENT, EARS_SERVER };

struct tls_ears {
    SSL_CTX *contexts[2];
    SSL *ends[2];
    struct forged certificate;
    struct capture_keys keys;
    struct capture_tls *tls;
    struct buf got[2]; /* content, by who sent it */
    bool deaf;         /* keys are not logged */
    bool no_early;     /* those of early data */
    bool deaf_again;   /* nor those of a second handshake */
    unsigned lose;     /* so many of the next pieces do not come */
    uint32_t lost;     /* bytes of content that are said to be missing */
    uint32_t unread;   /* records that could not be read */
    uint64_t unread_frame;
    bool hold;       /* what the client says comes to us later: */
    struct buf held; /* this */
    char hidden[100];
    char opened[100];
    uint64_t frame;
};

extern struct tls_ears tls_ears;

struct tls_agreement {
    int version;
    const char *ciphers;
    unsigned suite;
};

/* Of TLS 1.3 the first five. */
#define TLS_AGREEMENT_COUNT 16
#define TLS_AGREEMENT_1_2   5
extern const struct tls_agreement tls_agreements[TLS_AGREEMENT_COUNT];

void tls_ears_make_contexts(const struct tls_agreement *agreement);

/* New ends; session: to resume, or NULL. */
void tls_ears_connect(SSL_SESSION *session);

/* What an end has written goes to the other, and past us: a part at a time. */
bool tls_ears_move(int from);

/* So many bytes of what was held come to us now. */
void tls_ears_release(size_t len);

/* Until nobody has anything to say. */
void tls_ears_settle(void);
void tls_ears_say(int from, const char *text);

/* As after a proper end; or the session would not be resumed. */
void tls_ears_finish(void);

/* This is the content that was read, and no other. */
void tls_ears_heard(const char *client, const char *server);

/* Checked fixture: all is gone. */
void tls_ears_close(void);

#endif
