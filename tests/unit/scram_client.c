#include "scram_client.h"

#include "suites.h"

#include "base/alloc.h"
#include "base/base64.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = PASSWORD_SCRAM_BYTES };

static void hmac(const uint8_t *key, struct slice text, uint8_t *out)
{
    ck_assert_ptr_nonnull(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key,
                                    KEY, text.bytes, text.len, out, KEY, NULL));
}

static void derive(const char *secret, struct slice salt, uint32_t iterations,
                   uint8_t *client_key, uint8_t *server_key)
{
    uint8_t salted[KEY];

    ck_assert_int_eq(PKCS5_PBKDF2_HMAC(secret, (int)strlen(secret), salt.bytes,
                                       (int)salt.len, (int)iterations,
                                       EVP_sha256(), KEY, salted),
                     1);
    hmac(salted, slice_of_string("Client Key"), client_key);
    hmac(salted, slice_of_string("Server Key"), server_key);
}

static void sha256(const uint8_t *bytes, uint8_t *out)
{
    ck_assert_int_eq(EVP_Q_digest(NULL, "SHA256", NULL, bytes, KEY, out, NULL),
                     1);
}

struct password scram_client_password(const char *secret, const void *salt,
                                      size_t salt_len, uint32_t iterations)
{
    struct password password = {
        .hash = PASSWORD_SCRAM_SHA256,
        .iterations = iterations,
        .salt_len = (uint8_t)salt_len,
    };
    uint8_t client_key[KEY];

    memcpy(password.salt, salt, salt_len);
    derive(secret, slice_of(salt, salt_len), iterations, client_key,
           password.server_key);
    sha256(client_key, password.key);
    return password;
}

void scram_client_first(struct scram_client *client)
{
    buf_clear(&client->bare);
    buf_printf(&client->bare, "n=%s,r=%s", client->user_name, client->nonce);
    buf_clear(&client->text);
    buf_append_string(&client->text, "n,,");
    buf_append_slice(&client->text, buf_slice(&client->bare));
}

void scram_client_final(struct scram_client *client, struct slice server_first)
{
    char *first = alloc_string_of(server_first.bytes, server_first.len);
    char *salt_text = strstr(first, ",s=") + 3;
    char *iterations = strstr(first, ",i=") + 3;
    size_t salt_text_len = strcspn(salt_text, ",");
    size_t nonce_len = strcspn(first, ",");
    uint8_t salt[PASSWORD_SALT_BYTES];
    ssize_t salt_len =
        base64_get(slice_of(salt_text, salt_text_len), salt, sizeof(salt));
    uint8_t client_key[KEY];
    uint8_t server_key[KEY];
    uint8_t stored[KEY];
    uint8_t signature[KEY];
    struct buf message = {0};

    ck_assert_int_gt(salt_len, 0);
    derive(client->secret, slice_of(salt, (size_t)salt_len),
           (uint32_t)strtoul(iterations, NULL, 10), client_key, server_key);
    buf_clear(&client->text);
    buf_printf(&client->text, "c=biws,%.*s", (int)nonce_len, first);
    buf_append_slice(&message, buf_slice(&client->bare));
    buf_printf(&message, ",%s,", first);
    buf_append_slice(&message, buf_slice(&client->text));
    sha256(client_key, stored);
    hmac(stored, buf_slice(&message), signature);
    for (size_t i = 0; i < KEY; i++)
        client_key[i] ^= signature[i];
    buf_append_string(&client->text, ",p=");
    base64_put(&client->text, client_key, KEY);
    hmac(server_key, buf_slice(&message), signature);
    buf_clear(&client->server_signature);
    buf_append_string(&client->server_signature, "v=");
    base64_put(&client->server_signature, signature, KEY);
    buf_release(&message);
    free(first);
}

void scram_client_release(struct scram_client *client)
{
    buf_release(&client->bare);
    buf_release(&client->text);
    buf_release(&client->server_signature);
}
