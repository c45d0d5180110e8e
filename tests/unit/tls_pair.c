#include "tls_pair.h"

#include "suites.h"

#include "tls_forge.h"

/* One certificate for all tests of a process. */
static struct forged own;

struct tls_context *tls_pair_context(struct loop *loop, bool server,
                                     int version)
{
    SSL_CTX *ssl =
        SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

    if (!own.key)
        own = forge(&(struct forge_order){.common_name = "localhost",
                                          .alt_name = "localhost,127.0.0.1"});
    ck_assert_ptr_nonnull(ssl);
    SSL_CTX_set_min_proto_version(ssl, version ? version : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(ssl, version);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    if (server) {
        ck_assert_int_eq(SSL_CTX_use_certificate(ssl, own.certificate), 1);
        ck_assert_int_eq(SSL_CTX_use_PrivateKey(ssl, own.key), 1);
    } else {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), own.certificate);
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
