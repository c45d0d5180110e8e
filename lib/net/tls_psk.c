#include "net/tls_psk.h"

#include "base/alloc.h"
#include "base/hex_digits.h"
#include "net/tls_files.h"
#include "net/tls_layer.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* The one cipher of TLS 1.3 that goes with a PSK of any length [RFC 8446
   4.2.11: SHA-256 unless agreed otherwise]. */
static const unsigned char aes_128_gcm_sha256[] = {0x13, 0x01};

size_t tls_settings_psk(const char *hex, uint8_t key[TLS_PSK_MAX_BYTES])
{
    size_t len = strlen(hex);

    /* An odd number of digits means a 0 in front, as a number would. */
    size_t odd = len % 2;
    size_t bytes = (len + odd) / 2;
    if (!len || bytes > TLS_PSK_MAX_BYTES)
        return 0;
    memset(key, 0, bytes);
    for (size_t i = 0; i < len; i++) {
        int value = hex_digits_value(hex[i]);

        if (value < 0)
            return 0;
        size_t at = i + odd;
        key[at / 2] |= (uint8_t)(at % 2 ? value : value << 4);
    }
    return bytes;
}

/* ---- servers ---- */

static void note_identity(const SSL *ssl, const char *identity)
{
    struct tls *tls = SSL_get_app_data(ssl);

    free(tls->identity);
    tls->identity = alloc_string(identity);
}

/* What is not known is kept, for the line that says why the handshake
   failed. */
static size_t find(const SSL *ssl, const char *identity, uint8_t *key)
{
    struct tls *tls = SSL_get_app_data(ssl);
    const struct tls_context *context = tls->context;
    size_t len = context->psk_find(context->psk_owner, identity, key);

    free(tls->unknown_psk);
    tls->unknown_psk = len ? NULL : alloc_string(identity);
    for (char *c = tls->unknown_psk; c && *c; c++) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    return len;
}

/* Up to TLS 1.2. */
static unsigned on_server(SSL *ssl, const char *identity, unsigned char *key,
                          unsigned size)
{
    uint8_t found[TLS_PSK_MAX_BYTES];
    size_t len = identity ? find(ssl, identity, found) : 0;

    if (len > size)
        len = 0;
    memcpy(key, found, len);
    OPENSSL_cleanse(found, sizeof(found));
    if (len)
        note_identity(ssl, identity);
    return (unsigned)len;
}

/* TLS 1.3 takes the key as a session that there was before. */
static SSL_SESSION *session_of(SSL *ssl, const uint8_t *key, size_t len)
{
    const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, aes_128_gcm_sha256);
    SSL_SESSION *session = SSL_SESSION_new();

    if (session && cipher && SSL_SESSION_set1_master_key(session, key, len) &&
        SSL_SESSION_set_cipher(session, cipher) &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
        return session;
    SSL_SESSION_free(session);
    return NULL;
}

static int on_server_13(SSL *ssl, const unsigned char *identity,
                        size_t identity_len, SSL_SESSION **session)
{
    uint8_t key[TLS_PSK_MAX_BYTES];
    char *name = alloc_string_of(identity, identity_len);
    size_t len = strlen(name) == identity_len ? find(ssl, name, key) : 0;

    *session = len ? session_of(ssl, key, len) : NULL;
    if (*session)
        note_identity(ssl, name);
    OPENSSL_cleanse(key, sizeof(key));
    free(name);
    return 1; /* 0 would be an error; without a session it is just unknown */
}

bool tls_psk_serve(SSL_CTX *ssl, const struct tls_settings *settings)
{
    if (settings->psk_hint &&
        !SSL_CTX_use_psk_identity_hint(ssl, settings->psk_hint))
        return false;
    SSL_CTX_set_psk_server_callback(ssl, on_server);
    SSL_CTX_set_psk_find_session_callback(ssl, on_server_13);
    /* Only this cipher's hash fits such keys in TLS 1.3. */
    SSL_CTX_set_ciphersuites(ssl, TLS_PSK_CIPHER_13);
    /* A ticket would come back without the identity. */
    SSL_CTX_set_num_tickets(ssl, 0);
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
    return true;
}

/* ---- clients ---- */

/* TLS 1.3 asks here as well. */
static unsigned on_client(SSL *ssl, const char *hint, char *identity,
                          unsigned identity_size, unsigned char *key,
                          unsigned key_size)
{
    const struct tls *tls = SSL_get_app_data(ssl);
    const struct tls_context *context = tls->context;
    size_t len = strlen(context->psk_identity);

    (void)hint;
    if (len >= identity_size || context->psk.len > key_size)
        return 0;
    memcpy(identity, context->psk_identity, len + 1);
    memcpy(key, context->psk.bytes, context->psk.len);
    return context->psk.len;
}

/* Reads the key. Returns its length; 0: something is wrong, which was told. */
static size_t read_own(const struct tls_settings *settings, uint8_t *key,
                       const struct tls_complaint *complaint)
{
    size_t identity_len = strlen(settings->psk_identity);
    size_t len = settings->psk ? tls_settings_psk(settings->psk, key) : 0;

    if (!settings->psk) {
        tls_say(complaint, true,
                "there is a PSK identity, but no pre-shared key");
        return 0;
    }
    if (!len)
        tls_say(complaint, true,
                "the pre-shared key must be 1 to %d hexadecimal digits",
                2 * TLS_PSK_MAX_BYTES);
    if (identity_len > 0 && identity_len <= PSK_MAX_IDENTITY_LEN)
        return len;
    tls_say(complaint, true, "a PSK identity has 1 to %d bytes",
            PSK_MAX_IDENTITY_LEN);
    return 0;
}

bool tls_psk_use(struct tls_context *context,
                 const struct tls_settings *settings,
                 const struct tls_complaint *complaint)
{
    uint8_t key[TLS_PSK_MAX_BYTES];
    size_t len = read_own(settings, key, complaint);

    if (len) {
        context->psk_identity = alloc_string(settings->psk_identity);
        buf_append(&context->psk, key, len);
        SSL_CTX_set_psk_client_callback(context->ssl, on_client);
    }
    OPENSSL_cleanse(key, sizeof(key));
    return len > 0;
}
