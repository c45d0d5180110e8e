/*
 * Decrypting records of TLS 1.2 and 1.3: AEAD cipher suites [RFC 8446 5.2,
 * 7.1, 7.3; RFC 5246 5, 6.2.3.3, 6.3].
 */
#ifndef CAPTURE_CAPTURE_CIPHER_H
#define CAPTURE_CAPTURE_CIPHER_H

#include "base/buf.h"
#include "capture/capture_keys.h"

#include <openssl/evp.h>

struct capture_suite {
    uint16_t id;
    uint8_t cipher; /* which of capture_cipher.c */
    bool sha384;    /* else SHA-256 */
};

/* The suite with this number; NULL when it is not AEAD, or not known. */
const struct capture_suite *capture_cipher_suite(unsigned id);

/* What one direction is encrypted with. A zeroed struct decrypts nothing. */
struct capture_cipher {
    const struct capture_suite *suite;
    bool is_1_3;
    EVP_CIPHER_CTX *context;      /* owned; NULL: no keys */
    struct capture_secret secret; /* of TLS 1.3: for the next keys */
    uint8_t iv[12];               /* of TLS 1.2 with GCM and CCM: 4 bytes */
    uint64_t seq;                 /* of the next record */
};

void capture_cipher_release(struct capture_cipher *cipher);

/* Begin with a traffic secret of TLS 1.3. */
void capture_cipher_set_1_3(struct capture_cipher *cipher,
                            const struct capture_suite *suite,
                            const struct capture_secret *secret);

/* Go on as after a KeyUpdate. */
void capture_cipher_update(struct capture_cipher *cipher);

/* Begin with the master secret of TLS 1.2. */
void capture_cipher_set_1_2(struct capture_cipher *cipher,
                            const struct capture_suite *suite,
                            const struct capture_secret *master,
                            const uint8_t client_random[CAPTURE_RANDOM],
                            const uint8_t server_random[CAPTURE_RANDOM],
                            bool from_client);

/* Does this suite of TLS 1.2 agree on keys by a pre-shared key and nothing
   else, so that who has it can read what was captured long ago? */
bool capture_cipher_plain_psk(const struct capture_suite *suite);

/*
 * The master secret that follows from such a key [RFC 4279 2]: of the handshake
 * up to ClientKeyExchange when the extended one was agreed on [RFC 7627 4],
 * else transcript is empty.
 */
void capture_cipher_psk_master(const struct capture_suite *suite,
                               struct slice psk, struct slice transcript,
                               const uint8_t client_random[CAPTURE_RANDOM],
                               const uint8_t server_random[CAPTURE_RANDOM],
                               struct capture_secret *master);

/*
 * Decrypt a record with its five bytes of header, replacing what is in out.
 * False when it does not fit the keys; then the cipher stays as it was. *type
 * is the content's.
 */
bool capture_cipher_open(struct capture_cipher *cipher, struct slice record,
                         struct buf *out, uint8_t *type);

/* Bytes by which a record's body is longer than its content. */
size_t capture_cipher_overhead(const struct capture_cipher *cipher);

#endif
