/*
 * The secrets of TLS connections, as a key log has them: NSS's format, which
 * OpenSSL, browsers and Wireshark share.
 *
 *   LABEL client-random secret        all in hex
 */
#ifndef CAPTURE_CAPTURE_KEYS_H
#define CAPTURE_CAPTURE_KEYS_H

#include "base/map.h"

#include <stdbool.h>

#define CAPTURE_RANDOM     32
#define CAPTURE_MAX_SECRET 48
#define CAPTURE_MAX_KEYS   100000u /* more are ignored */
#define CAPTURE_MAX_PSK    256     /* bytes */

enum capture_key_label {
    CAPTURE_KEY_MASTER, /* CLIENT_RANDOM: TLS 1.2 and before */
    CAPTURE_KEY_CLIENT_EARLY,
    CAPTURE_KEY_CLIENT_HANDSHAKE,
    CAPTURE_KEY_SERVER_HANDSHAKE,
    CAPTURE_KEY_CLIENT_TRAFFIC,
    CAPTURE_KEY_SERVER_TRAFFIC,
    CAPTURE_KEY_LABELS,
};

struct capture_secret {
    uint8_t bytes[CAPTURE_MAX_SECRET];
    size_t len;
};

/* A zeroed struct is empty. */
struct capture_keys {
    struct map by_random;  /* label and client random to struct kept */
    struct map by_session; /* session id or ticket, of TLS 1.2, the same */
    /* Called when a secret is not there: perhaps the log has grown, and
       capture_keys_add is called from within. NULL: it has not. */
    void (*want)(void *context);
    void *context;
    uint8_t psk[CAPTURE_MAX_PSK]; /* a key that both sides knew before */
    size_t psk_len;               /* 0: none is known here */
};

void capture_keys_release(struct capture_keys *keys);

/* Take lines; what is no key is passed over. */
void capture_keys_add(struct capture_keys *keys, struct slice lines);

/* Take a pre-shared key in hex digits; false: it is none, or too long. */
bool capture_keys_set_psk(struct capture_keys *keys, struct slice hex);

/* The secret of a connection; NULL when it is not known. */
const struct capture_secret *
capture_keys_find(const struct capture_keys *keys, enum capture_key_label label,
                  const uint8_t random[CAPTURE_RANDOM]);

/*
 * A session of TLS 1.2 that can be resumed by name (an id, a ticket) has this
 * master secret; one that resumes it may be in no key log.
 */
void capture_keys_remember(struct capture_keys *keys, struct slice name,
                           const struct capture_secret *master);
const struct capture_secret *
capture_keys_recall(const struct capture_keys *keys, struct slice name);

#endif
