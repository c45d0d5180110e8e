/*
 * A password as a password file keeps it: a salt, and what a slow function
 * made of both.
 *
 *     $7$ITERATIONS$SALT$HASH    PBKDF2 with HMAC-SHA-512 [RFC 8018], what
 *                                mosquitto_passwd writes
 *     $6$SALT$HASH               SHA-512 of password and salt, once; what it
 *                                wrote before version 2
 *     $scram-sha-256$ITERATIONS$SALT$STOREDKEY$SERVERKEY
 *                                what SCRAM needs [RFC 5802, RFC 7677]; it can
 *                                check a plain password as well
 *
 * Salts, hashes and keys are in Base64. A password is a string of bytes: no
 * letters are taken for equal here.
 */
#ifndef BROKER_PASSWORD_H
#define BROKER_PASSWORD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum password_hash {
    PASSWORD_PBKDF2_SHA512, /* $7$ */
    PASSWORD_SHA512,        /* $6$ */
    PASSWORD_SCRAM_SHA256,  /* $scram-sha-256$ */
};

#define PASSWORD_SALT_BYTES     64u /* at most */
#define PASSWORD_NEW_SALT_BYTES 12u /* what mosquitto insists on */
#define PASSWORD_KEY_BYTES      64u /* at most */
#define PASSWORD_SCRAM_BYTES    32u /* of both keys of SCRAM */

/* More would keep a thread busy for many seconds. */
#define PASSWORD_MAX_ITERATIONS 10000000u

/* What is used for a new one: mosquitto's number, and that of RFC 7677. */
#define PASSWORD_PBKDF2_ITERATIONS 101u
#define PASSWORD_SCRAM_ITERATIONS  4096u

struct password {
    enum password_hash hash;
    uint32_t iterations; /* 1 for PASSWORD_SHA512 */
    uint8_t salt_len;
    uint8_t salt[PASSWORD_SALT_BYTES];
    uint8_t key[PASSWORD_KEY_BYTES];          /* the hash, or StoredKey */
    uint8_t server_key[PASSWORD_SCRAM_BYTES]; /* only for SCRAM */
};

/*
 * Read what stands behind "USER:" in a file. Returns NULL, or what is wrong
 * with it: "the salt is not Base64".
 */
const char *password_parse(struct password *password, struct slice text);

/* Append it as password_parse reads it. */
void password_put(const struct password *password, struct buf *out);

/* Are they the same to the letter? */
bool password_equal(const struct password *a, const struct password *b);

/*
 * Make one of a secret with a new random salt. iterations 0: the usual number.
 * Returns false when the system gives no random bytes.
 */
bool password_make(struct password *password, enum password_hash hash,
                   uint32_t iterations, struct slice secret);

/*
 * Is it made of this secret? How long that takes depends on the iterations and
 * not on what is equal: 101 of them take some 0.1 ms, ten million a minute.
 * May be called in any thread.
 */
bool password_matches(const struct password *password, struct slice secret);

#endif
