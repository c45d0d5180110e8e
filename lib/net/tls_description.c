/*
 * What was agreed on, and who the peer is.
 */
#include "net/transport_tls.h"

#include "base/alloc.h"
#include "base/x509_text.h"
#include "net/tls_layer.h"
#include "net/tls_reason.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static const struct tls *of(const struct transport *transport)
{
    return (const struct tls *)(const void *)transport;
}

void transport_tls_describe(const struct transport *transport,
                            struct tls_description *description)
{
    const struct tls *tls = of(transport);
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    const unsigned char *alpn = NULL;
    unsigned alpn_len = 0;

    *description = (struct tls_description){
        .version = SSL_get_version(tls->ssl),
        .cipher = SSL_get_cipher_name(tls->ssl),
        .server_name = SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name),
        .identity = tls->identity,
        /* A PSK of TLS 1.3 looks like a resumption and is none. */
        .resumed = SSL_session_reused(tls->ssl) && !tls->identity,
        .has_certificate =
            certificate && SSL_get_verify_result(tls->ssl) == X509_V_OK,
    };
    if (!description->resumed)
        description->certificate = tls->context->certificate;
    SSL_get0_alpn_selected(tls->ssl, &alpn, &alpn_len);
    description->alpn = slice_of(alpn, alpn_len);
}

static char *whole(X509_NAME *subject)
{
    BIO *memory = alloc_checked(BIO_new(BIO_s_mem()));
    char *bytes;
    char *text = NULL;

    if (X509_NAME_print_ex(memory, subject, 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(memory, &bytes);

        text = alloc_string_of(bytes, (size_t)len);
    }
    BIO_free(memory);
    return text;
}

char *transport_tls_distrusts(const struct transport *transport,
                              const struct tls_context *context)
{
    SSL *ssl = of(transport)->ssl;
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    char *why = NULL;

    if (!certificate)
        return NULL;
    X509_STORE_CTX *verify = alloc_checked(X509_STORE_CTX_new());
    X509_STORE_CTX_init(verify, SSL_CTX_get_cert_store(context->ssl),
                        certificate, SSL_get_peer_cert_chain(ssl));
    X509_STORE_CTX_set_default(verify,
                               context->server ? "ssl_client" : "ssl_server");
    if (X509_verify_cert(verify) != 1)
        why = alloc_string(
            tls_reason_of_certificate(X509_STORE_CTX_get_error(verify)));
    X509_STORE_CTX_free(verify);
    ERR_clear_error();
    return why;
}

bool transport_tls_is_of(const struct transport *transport,
                         const struct tls_context *context)
{
    return of(transport)->context == context;
}

char *transport_tls_peer_name(const struct transport *transport,
                              bool whole_subject)
{
    X509 *certificate = SSL_get0_peer_certificate(of(transport)->ssl);

    if (!certificate)
        return NULL;
    X509_NAME *subject = X509_get_subject_name(certificate);
    return whole_subject ? whole(subject) : x509_text_common_name(subject);
}

/* A client may send anything, also what looks like the words beside it. */
static bool is_host_name(const char *name)
{
    return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789.-_:")];
}

char *transport_tls_told(const struct transport *transport, const char *peer)
{
    struct tls_description seen;
    char *subject = transport_tls_peer_name(transport, true);

    transport_tls_describe(transport, &seen);
    const char *server_name = seen.server_name && is_host_name(seen.server_name)
                                  ? seen.server_name
                                  : "that is none";
    char *text =
        alloc_printf("%s, %s%s%s%s%s%s%s%s%s%s%s%s", seen.version, seen.cipher,
                     seen.resumed ? ", resumed" : "",
                     seen.certificate ? ", certificate " : "",
                     seen.certificate ? seen.certificate : "",
                     seen.server_name ? ", server name " : "",
                     seen.server_name ? server_name : "",
                     seen.identity ? ", PSK identity " : "",
                     seen.identity ? seen.identity : "", subject ? ", " : "",
                     subject ? peer : "", subject ? " certificate of " : "",
                     subject ? subject : "");
    free(subject);
    return text;
}
