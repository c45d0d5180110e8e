/*
 * One TLS connection, read with keys that others have logged, or, where it was
 * agreed on by it alone, with the pre-shared key.
 *
 * TLS 1.2 and 1.3 with AEAD cipher suites, key updates, resumption, new
 * handshakes of TLS 1.2 and early data (0-RTT); whether the server takes that
 * is not asked: it crossed the cable. After a loss the next record is looked
 * for, and its number tried out. What a server says before the client's hello
 * has been seen waits.
 */
#ifndef CAPTURE_CAPTURE_TLS_H
#define CAPTURE_CAPTURE_TLS_H

#include "capture/capture_cipher.h"
#include "capture/capture_tcp.h"

struct capture_tls_events {
    /* Content came, from the client (0) or the server (1). */
    void (*on_bytes)(void *context, unsigned side, struct slice bytes,
                     const struct capture_origin *origin);
    /* count bytes of content are missing; 0: nobody knows how many. */
    void (*on_lost)(void *context, unsigned side, uint32_t count);
    /* The handshake is so far that version and cipher suite are known. */
    void (*on_opened)(void *context, const char *text);
    /* One record cannot be read, with so many bytes, and why; others can. */
    void (*on_unread)(void *context, unsigned side, uint32_t count,
                      const struct capture_origin *origin, const char *text);
    /* From now on nothing can be read, and why; once at most. */
    void (*on_hidden)(void *context, const char *text);
};

struct capture_tls;
/* keys may grow meanwhile, and must outlive it. */
struct capture_tls *capture_tls_new(const struct capture_tls_events *events,
                                    void *context, struct capture_keys *keys);
void capture_tls_free(struct capture_tls *tls);

/* The next bytes of a side, or count that are missing. */
void capture_tls_take(struct capture_tls *tls, unsigned side,
                      struct slice bytes, const struct capture_origin *origin);
void capture_tls_lose(struct capture_tls *tls, unsigned side, uint32_t count);

/* Nothing more comes: what waited is looked at. */
void capture_tls_end(struct capture_tls *tls);

#endif
