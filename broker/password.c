#include "broker/password.h"

#include "base/base64.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

static const struct {
    const char *name;
    bool says_iterations;
    uint8_t key_bytes;
    uint32_t iterations; /* of a new one */
} kinds[] = {
    [PASSWORD_PBKDF2_SHA512] = {"7",             true,  64,                   PASSWORD_PBKDF2_ITERATIONS},
    [PASSWORD_SHA512] = {"6",             false, 64,                   1                         },
    [PASSWORD_SCRAM_SHA256] = {"scram-sha-256", true,  PASSWORD_SCRAM_BYTES,
                                PASSWORD_SCRAM_ITERATIONS                                               },
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* ---- text ---- */

/* Cut off what stands before the next "$", or all of it. */
static struct slice take_field(struct slice *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->bytes, '$', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->bytes) : rest->len;
    struct slice field = slice_first(*rest, len);

    *rest = slice_skip(*rest, end ? len + 1 : len);
    return field;
}

static bool parse_iterations(struct slice text, uint32_t *iterations)
{
    uint32_t number = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        number = number * 10 + (text.bytes[i] - '0');
        if (number > PASSWORD_MAX_ITERATIONS)
            return false;
    }
    *iterations = number;
    return number > 0;
}

static const char *parse_keys(struct password *password, struct slice rest)
{
    ssize_t wanted = kinds[password->hash].key_bytes;
    ssize_t salt_len =
        base64_get(take_field(&rest), password->salt, sizeof(password->salt));

    if (salt_len < 1)
        return "the salt is not 1 to 64 bytes in Base64";
    password->salt_len = (uint8_t)salt_len;
    if (base64_get(take_field(&rest), password->key, sizeof(password->key)) !=
        wanted)
        return "the hash is not in Base64, or not as long as it must be";
    if (password->hash == PASSWORD_SCRAM_SHA256 &&
        base64_get(take_field(&rest), password->server_key,
                   sizeof(password->server_key)) != wanted)
        return "the server's key is not in Base64, or not as long as it must "
               "be";
    return rest.len ? "there is something behind the hash" : NULL;
}

const char *password_parse(struct password *password, struct slice text)
{
    size_t kind = 0;

    *password = (struct password){.iterations = 1};
    if (!text.len)
        return "there is no password";
    if (text.bytes[0] != '$')
        return "the password is not hashed";
    struct slice rest = slice_skip(text, 1);
    struct slice name = take_field(&rest);
    while (kind < KIND_COUNT && !slice_equal_string(name, kinds[kind].name))
        kind++;
    if (kind == KIND_COUNT)
        return "there is no such type of hash; $7$, $6$ and $scram-sha-256$ "
               "are known";
    password->hash = (enum password_hash)kind;
    if (kinds[kind].says_iterations &&
        !parse_iterations(take_field(&rest), &password->iterations))
        return "the iterations are not a number from 1 to 10000000";
    return parse_keys(password, rest);
}

void password_put(const struct password *password, struct buf *out)
{
    buf_printf(out, "$%s$", kinds[password->hash].name);
    if (kinds[password->hash].says_iterations)
        buf_printf(out, "%u$", (unsigned)password->iterations);
    base64_put(out, password->salt, password->salt_len);
    buf_append_u8(out, '$');
    base64_put(out, password->key, kinds[password->hash].key_bytes);
    if (password->hash != PASSWORD_SCRAM_SHA256)
        return;
    buf_append_u8(out, '$');
    base64_put(out, password->server_key, PASSWORD_SCRAM_BYTES);
}

bool password_equal(const struct password *a, const struct password *b)
{
    return a->hash == b->hash && a->iterations == b->iterations &&
           slice_equal(slice_of(a->salt, a->salt_len),
                       slice_of(b->salt, b->salt_len)) &&
           !memcmp(a->key, b->key, sizeof(a->key)) &&
           !memcmp(a->server_key, b->server_key, sizeof(a->server_key));
}

/* ---- hashes ---- */

static void pbkdf2(const struct password *password, struct slice secret,
                   const EVP_MD *digest, uint8_t *key, size_t len)
{
    /* It fails for no arguments that can come here. */
    if (PKCS5_PBKDF2_HMAC(secret.len ? (const char *)secret.bytes : "",
                          (int)secret.len, password->salt, password->salt_len,
                          (int)password->iterations, digest, (int)len,
                          key) != 1)
        abort();
}

static void salted_sha512(const struct password *password, struct slice secret,
                          uint8_t *key)
{
    struct buf both = {0};

    buf_append_slice(&both, secret);
    buf_append(&both, password->salt, password->salt_len);
    if (!EVP_Q_digest(NULL, "SHA512", NULL, both.bytes, both.len, key, NULL))
        abort();
    OPENSSL_cleanse(both.bytes, both.len);
    buf_release(&both);
}

static void hmac_sha256(const uint8_t *key, const char *text, uint8_t *out)
{
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key,
                   PASSWORD_SCRAM_BYTES, (const uint8_t *)text, strlen(text),
                   out, PASSWORD_SCRAM_BYTES, NULL))
        abort();
}

/* SaltedPassword, ClientKey, StoredKey, ServerKey [RFC 5802 section 3]. */
static void scram_keys(const struct password *password, struct slice secret,
                       uint8_t *stored_key, uint8_t *server_key)
{
    uint8_t salted[PASSWORD_SCRAM_BYTES];
    uint8_t client_key[PASSWORD_SCRAM_BYTES];

    pbkdf2(password, secret, EVP_sha256(), salted, sizeof(salted));
    hmac_sha256(salted, "Client Key", client_key);
    hmac_sha256(salted, "Server Key", server_key);
    if (!EVP_Q_digest(NULL, "SHA256", NULL, client_key, sizeof(client_key),
                      stored_key, NULL))
        abort();
    OPENSSL_cleanse(salted, sizeof(salted));
    OPENSSL_cleanse(client_key, sizeof(client_key));
}

/* Fill key, and server_key if the hash has one. */
static void make_keys(const struct password *password, struct slice secret,
                      uint8_t *key, uint8_t *server_key)
{
    switch (password->hash) {
    case PASSWORD_PBKDF2_SHA512:
        pbkdf2(password, secret, EVP_sha512(), key, PASSWORD_KEY_BYTES);
        break;
    case PASSWORD_SHA512: salted_sha512(password, secret, key); break;
    case PASSWORD_SCRAM_SHA256:
        scram_keys(password, secret, key, server_key);
        break;
    }
}

bool password_make(struct password *password, enum password_hash hash,
                   uint32_t iterations, struct slice secret)
{
    *password = (struct password){
        .hash = hash,
        .iterations = iterations && kinds[hash].says_iterations
                          ? iterations
                          : kinds[hash].iterations,
        .salt_len = PASSWORD_NEW_SALT_BYTES,
    };
    if (RAND_bytes(password->salt, password->salt_len) != 1)
        return false;
    make_keys(password, secret, password->key, password->server_key);
    return true;
}

bool password_matches(const struct password *password, struct slice secret)
{
    uint8_t key[PASSWORD_KEY_BYTES] = {0};
    uint8_t server_key[PASSWORD_SCRAM_BYTES];

    make_keys(password, secret, key, server_key);
    return CRYPTO_memcmp(key, password->key, sizeof(key)) == 0;
}
