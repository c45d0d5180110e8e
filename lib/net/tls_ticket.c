#include "net/tls_ticket.h"

#include "base/alloc.h"
#include "net/tls_layer.h"
#include "net/tls_verify.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 16
#define KEY_BYTES  32
#define IV_BYTES   16

struct key {
    unsigned char name[NAME_BYTES]; /* in clear in each ticket */
    unsigned char cipher[KEY_BYTES];
    unsigned char mac[KEY_BYTES];
    uint64_t born_s; /* monotonic; 0: there is no key */
};

/* The newest, and the one before it. */
struct tls_ticket_keys {
    struct key newest;
    struct key former;
};

static bool make_key(struct key *key, uint64_t now_s)
{
    bool good = RAND_bytes(key->name, NAME_BYTES) == 1 &&
                RAND_priv_bytes(key->cipher, KEY_BYTES) == 1 &&
                RAND_priv_bytes(key->mac, KEY_BYTES) == 1;

    key->born_s = good ? now_s : 0;
    return good;
}

/* Give up keys that are too old. Returns false when there is no randomness. */
static bool renew(struct tls_ticket_keys *keys, uint64_t now_s)
{
    if (now_s - keys->newest.born_s >= TLS_TICKET_KEY_S) {
        keys->former = keys->newest;
        if (!make_key(&keys->newest, now_s))
            return false;
    }
    if (now_s - keys->former.born_s >= 2 * (uint64_t)TLS_TICKET_KEY_S)
        OPENSSL_cleanse(&keys->former, sizeof(keys->former));
    return true;
}

static bool use(const struct key *key, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                const unsigned char *iv, int encrypt)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)key->mac, KEY_BYTES),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv,
                             encrypt) == 1 &&
           EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/* As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) has it: 0 no ticket, 1 good, 2
   good but to be replaced, negative an error. */
static int on_ticket(SSL *ssl, unsigned char name[NAME_BYTES],
                     unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypt)
{
    const struct tls *tls = SSL_get_app_data(ssl);
    struct tls_ticket_keys *keys = tls->context->tickets;
    const struct key *key = &keys->newest;

    if (!renew(keys, clock_ms(&tls->context->loop->clock) / 1000))
        return -1;
    if (encrypt && !SSL_get_num_tickets(ssl))
        return 0;
    if (encrypt) {
        memcpy(name, key->name, NAME_BYTES);
        if (RAND_bytes(iv, IV_BYTES) != 1)
            return -1;
        return use(key, cipher, mac, iv, 1) ? 1 : -1;
    }
    if (memcmp(name, key->name, NAME_BYTES) != 0)
        key = &keys->former;
    if (memcmp(name, key->name, NAME_BYTES) != 0 || !key->born_s)
        return 0;
    if (!use(key, cipher, mac, iv, 0))
        return -1;
    return key == &keys->newest ? 1 : 2;
}

int tls_ticket_on_verify(int good, X509_STORE_CTX *verify)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(verify,
                                          SSL_get_ex_data_X509_STORE_CTX_idx());

    if (sk_X509_num(X509_STORE_CTX_get0_untrusted(verify)) > 1)
        SSL_set_num_tickets(ssl, 0);
    return tls_verify_on_verify(good, verify);
}

void tls_ticket_init(struct tls_context *context)
{
    uint64_t now_s = clock_ms(&context->loop->clock) / 1000;

    if (SSL_CTX_get_options(context->ssl) & SSL_OP_NO_TICKET)
        return;
    context->tickets = alloc_zero(1, sizeof(*context->tickets));
    if (make_key(&context->tickets->newest, now_s))
        SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ssl, on_ticket);
    else
        SSL_CTX_set_options(context->ssl, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context->ssl, 1);
    SSL_CTX_set_timeout(context->ssl, 2L * TLS_TICKET_KEY_S);
}

void tls_ticket_release(struct tls_context *context)
{
    if (!context->tickets)
        return;
    OPENSSL_cleanse(context->tickets, sizeof(*context->tickets));
    free(context->tickets);
}
