#include "tls_pair.h"

#include "suites.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define DAY_S 86400

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    ck_assert_ptr_nonnull(extension);
    ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *new_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), DAY_S);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    add_extension(certificate, NID_subject_alt_name,
                  "DNS:localhost,IP:127.0.0.1");
    add_extension(certificate, NID_basic_constraints, "CA:TRUE");
    ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    return certificate;
}

/* One pair of keys for all tests of a process. */
static EVP_PKEY *key;
static X509 *certificate;

struct tls_context *tls_pair_context(struct loop *loop, bool server,
                                     int version)
{
    SSL_CTX *ssl =
        SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

    if (!key) {
        key = EVP_EC_gen("P-256");
        certificate = new_certificate(key);
    }
    ck_assert_ptr_nonnull(ssl);
    SSL_CTX_set_min_proto_version(ssl, version ? version : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(ssl, version);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    if (server) {
        ck_assert_int_eq(SSL_CTX_use_certificate(ssl, certificate), 1);
        ck_assert_int_eq(SSL_CTX_use_PrivateKey(ssl, key), 1);
    } else {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), certificate);
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    }
    return tls_context_new(loop, ssl, server);
}

struct transport *tls_pair_end(struct loop *loop, bool server,
                               const struct transport_events *events,
                               void *owner)
{
    struct tls_context *context = tls_pair_context(loop, server, 0);
    struct transport *end = transport_tls_new(context, events, owner);

    tls_context_unref(context);
    return end;
}
