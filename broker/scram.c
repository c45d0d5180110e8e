#include "broker/scram.h"

#include "base/base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_MAX_BYTES 1024u

/* ---- attributes ---- */

/* Cut off what stands before the next comma, or all of it. */
static struct slice take_part(struct slice *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->bytes, ',', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->bytes) : rest->len;
    struct slice part = slice_first(*rest, len);

    *rest = slice_skip(*rest, end ? len + 1 : len);
    return part;
}

/* "n=VALUE" */
static bool take_attribute(struct slice *rest, char name, struct slice *value)
{
    struct slice part = take_part(rest);

    if (part.len < 2 || part.bytes[0] != (uint8_t)name || part.bytes[1] != '=')
        return false;
    *value = slice_skip(part, 2);
    return true;
}

/* A comma is "=2C" and an equals sign "=3D" in a name. */
static bool unescape(struct slice name, struct buf *out)
{
    for (size_t i = 0; i < name.len; i++) {
        struct slice rest = slice_skip(name, i);

        if (name.bytes[i] == '\0')
            return false;
        if (name.bytes[i] != '=') {
            buf_append_u8(out, name.bytes[i]);
            continue;
        }
        if (slice_starts_with(rest, slice_of_string("=2C")))
            buf_append_u8(out, ',');
        else if (slice_starts_with(rest, slice_of_string("=3D")))
            buf_append_u8(out, '=');
        else
            return false;
        i += 2;
    }
    return out->len > 0;
}

static bool is_printable(struct slice nonce)
{
    for (size_t i = 0; i < nonce.len; i++) {
        if (nonce.bytes[i] < 0x21 || nonce.bytes[i] > 0x7e)
            return false;
    }
    return nonce.len > 0 && nonce.len <= NONCE_MAX_BYTES;
}

/* ---- messages ---- */

bool scram_begin(struct scram *scram, struct slice client_first)
{
    struct slice rest = client_first;
    struct slice binding = take_part(&rest);
    struct slice identity = take_part(&rest);
    struct slice bare = rest;
    struct slice name;
    struct slice nonce;

    /* "n": the client has no channel binding; "y": it thinks that we have none,
       and is right. */
    if (!slice_equal_string(binding, "n") && !slice_equal_string(binding, "y"))
        return false;
    if (!take_attribute(&rest, 'n', &name) ||
        !take_attribute(&rest, 'r', &nonce) || rest.len ||
        !is_printable(nonce) || !unescape(name, &scram->user_name))
        return false;
    /* "a=NAME": to act as somebody else, which is nobody's right. */
    if (identity.len && (!slice_starts_with(identity, slice_of_string("a=")) ||
                         !slice_equal(slice_skip(identity, 2), name)))
        return false;
    buf_append(&scram->header, client_first.bytes,
               (size_t)(bare.bytes - client_first.bytes));
    buf_append_slice(&scram->nonce, nonce);
    buf_append_slice(&scram->message, bare);
    return true;
}

void scram_challenge(struct scram *scram, const struct password *password,
                     const char *server_nonce, struct buf *out)
{
    struct buf first = {0};

    scram->password = *password;
    buf_append_string(&scram->nonce, server_nonce);
    buf_printf(&first,
               "r=" SLICE_FMT ",s=", SLICE_ARGS(buf_slice(&scram->nonce)));
    base64_put(&first, password->salt, password->salt_len);
    buf_printf(&first, ",i=%u", (unsigned)password->iterations);
    buf_append_u8(&scram->message, ',');
    buf_append_slice(&scram->message, buf_slice(&first));
    buf_append_slice(out, buf_slice(&first));
    buf_release(&first);
}

static void hmac(const uint8_t *key, struct slice text, uint8_t *out)
{
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key,
                   PASSWORD_SCRAM_BYTES, text.bytes, text.len, out,
                   PASSWORD_SCRAM_BYTES, NULL))
        abort();
}

/* H(ClientProof XOR ClientSignature) is StoredKey [RFC 5802 section 3]. */
static bool is_proof(const struct scram *scram, const uint8_t *proof)
{
    uint8_t key[PASSWORD_SCRAM_BYTES];
    uint8_t stored[PASSWORD_SCRAM_BYTES];

    hmac(scram->password.key, buf_slice(&scram->message), key);
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] ^= proof[i];
    if (!EVP_Q_digest(NULL, "SHA256", NULL, key, sizeof(key), stored, NULL))
        abort();
    OPENSSL_cleanse(key, sizeof(key));
    return CRYPTO_memcmp(stored, scram->password.key, sizeof(stored)) == 0;
}

/* What "c=" repeats is what client-first said. */
static bool is_header(const struct scram *scram, struct slice text)
{
    struct buf expected = {0};

    base64_put(&expected, scram->header.bytes, scram->header.len);
    bool same = slice_equal(buf_slice(&expected), text);
    buf_release(&expected);
    return same;
}

bool scram_finish(struct scram *scram, struct slice client_final,
                  struct buf *out)
{
    struct slice rest = client_final;
    struct slice header;
    struct slice nonce;
    struct slice text;
    uint8_t proof[PASSWORD_SCRAM_BYTES];
    uint8_t signature[PASSWORD_SCRAM_BYTES];

    if (!take_attribute(&rest, 'c', &header) ||
        !take_attribute(&rest, 'r', &nonce))
        return false;
    size_t before_proof = (size_t)(rest.bytes - client_final.bytes);
    if (!take_attribute(&rest, 'p', &text) || rest.len ||
        !is_header(scram, header) ||
        !slice_equal(nonce, buf_slice(&scram->nonce)) ||
        base64_get(text, proof, sizeof(proof)) != sizeof(proof))
        return false;
    buf_append_u8(&scram->message, ',');
    buf_append(&scram->message, client_final.bytes, before_proof - 1);
    if (!is_proof(scram, proof))
        return false;
    hmac(scram->password.server_key, buf_slice(&scram->message), signature);
    buf_append_string(out, "v=");
    base64_put(out, signature, sizeof(signature));
    return true;
}

void scram_release(struct scram *scram)
{
    buf_release(&scram->user_name);
    buf_release(&scram->nonce);
    buf_release(&scram->header);
    buf_release(&scram->message);
    OPENSSL_cleanse(&scram->password, sizeof(scram->password));
}
