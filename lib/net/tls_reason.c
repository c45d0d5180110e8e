#include "net/tls_reason.h"

#include "base/alloc.h"
#include "net/tls_layer.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stddef.h>

struct meaning {
    long number;
    const char *name; /* what is put in brackets; NULL: OpenSSL's words */
    const char *text;
};

/* clang-format off */
/* Alerts that the peer sent [RFC 8446 6.2]. */
static const struct meaning alerts[] = {
    {SSL_AD_UNEXPECTED_MESSAGE, "unexpected message",
     "the peer got a message at the wrong time"},
    {SSL_AD_BAD_RECORD_MAC, "bad record mac",
     "the peer could not decrypt what it got; with a PSK, the keys "
     "differ"},
    {SSL_AD_HANDSHAKE_FAILURE, "handshake failure",
     "the peer found no cipher or key exchange that both sides allow"},
    {SSL_AD_BAD_CERTIFICATE, "bad certificate",
     "the peer does not accept our certificate: it is damaged, or not "
     "made out to the name that the peer asked for"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "unsupported certificate",
     "the peer cannot use our certificate: it was made for another "
     "purpose"},
    {SSL_AD_CERTIFICATE_REVOKED, "certificate revoked",
     "the peer says that our certificate was revoked"},
    {SSL_AD_CERTIFICATE_EXPIRED, "certificate expired",
     "the peer says that our certificate is expired or not valid yet"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "certificate unknown",
     "the peer does not accept our certificate and does not say why"},
    {SSL_AD_UNKNOWN_CA, "unknown ca",
     "the peer does not know the authority that signed our certificate"},
    {SSL_AD_ACCESS_DENIED, "access denied",
     "the peer knows our certificate and does not want it"},
    {SSL_AD_ILLEGAL_PARAMETER, "illegal parameter",
     "the peer got something that does not fit; with a PSK, the keys "
     "differ"},
    {SSL_AD_DECRYPT_ERROR, "decrypt error",
     "a signature or key did not fit; with a PSK, the keys differ"},
    {SSL_AD_PROTOCOL_VERSION, "protocol version",
     "the peer does not speak a version of TLS that is allowed here"},
    {SSL_AD_INSUFFICIENT_SECURITY, "insufficient security",
     "the peer wants stronger ciphers than are allowed here"},
    {SSL_AD_INTERNAL_ERROR, "internal error",
     "the peer failed for itself"},
    {SSL_AD_UNRECOGNIZED_NAME, "unrecognized name",
     "the peer does not know the server name that it was asked for"},
    {SSL_AD_UNKNOWN_PSK_IDENTITY, "unknown psk identity",
     "the peer does not know the PSK identity, or the keys differ"},
    {SSL_AD_CERTIFICATE_REQUIRED, "certificate required",
     "the peer requires a client certificate and got none"},
    {SSL_AD_NO_APPLICATION_PROTOCOL, "no application protocol",
     "the peer does not speak the ALPN protocol that it was asked for"},
    {0, NULL, NULL},
};

/* What OpenSSL itself found wrong, in SSL_R_ numbers. */
static const struct meaning errors[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, NULL,
     "the client gave no certificate, and one is required here"},
    {SSL_R_NO_SHARED_CIPHER, NULL,
     "no cipher is allowed on both sides; a listener with a PSK wants a "
     "client with one, and one with a certificate a client without"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, NULL,
     "no certificate here is one that the client accepts; at a listener "
     "with pre-shared keys: the client brought none, or its identity is "
     "not known here"},
    {SSL_R_UNSUPPORTED_PROTOCOL, NULL,
     "the versions of TLS that the two sides allow do not overlap"},
    {SSL_R_WRONG_VERSION_NUMBER, NULL,
     "what came is not TLS; is the peer set to plain MQTT, or this port "
     "not one for TLS?"},
    {SSL_R_HTTP_REQUEST, NULL,
     "what came is an HTTP request without TLS"},
    {SSL_R_UNEXPECTED_MESSAGE, NULL,
     "a message came at the wrong time"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, NULL,
     "what came could not be decrypted: it was changed on its way, or "
     "with a PSK the keys differ"},
    {SSL_R_DIGEST_CHECK_FAILED, NULL,
     "the keys do not fit; with a PSK, they differ"},
    {SSL_R_BINDER_DOES_NOT_VERIFY, NULL,
     "the client's PSK is not the one that belongs to its identity"},
    {SSL_R_PSK_IDENTITY_NOT_FOUND, NULL,
     "the PSK identity is not known here"},
    {SSL_R_NO_APPLICATION_PROTOCOL, NULL,
     "the client asked by ALPN for a protocol that is not spoken here"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, NULL,
     "the peer closed the connection in the middle"},
    {SSL_R_TOO_MANY_KEY_UPDATES, NULL,
     "the peer changes its keys without sending anything"},
    {0, NULL, NULL},
};

static const struct meaning certificates[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, NULL,
     "the peer's certificate is expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, NULL,
     "the peer's certificate is not valid yet; are the clocks right?"},
    {X509_V_ERR_CERT_REVOKED, NULL,
     "the peer's certificate was revoked"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, NULL,
     "the peer's certificate was signed by an authority that is not "
     "known here; cafile must hold the root, and the peer must send "
     "what lies between"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, NULL,
     "an authority above the peer's certificate is not known here"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, NULL,
     "the peer sent only its own certificate, and who signed it is not "
     "known here"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, NULL,
     "the peer's certificate is signed by itself and not known here"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, NULL,
     "the root above the peer's certificate is not one that is trusted "
     "here"},
    {X509_V_ERR_HOSTNAME_MISMATCH, NULL,
     "the peer's certificate is not made out to the host that was asked "
     "for"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, NULL,
     "the peer's certificate is not made out to the address that was "
     "asked for"},
    {X509_V_ERR_INVALID_PURPOSE, NULL,
     "the peer's certificate was made for another purpose (client or "
     "server)"},
    {X509_V_ERR_INVALID_CA, NULL,
     "a certificate that signed another one is not that of an authority"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, NULL,
     "the signature on a certificate is wrong: another key has made it"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, NULL,
     "the peer's key is too short"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, NULL,
     "an authority's key is too short"},
    {X509_V_ERR_CA_MD_TOO_WEAK, NULL,
     "a certificate is signed with a hash that is no longer safe"},
    {X509_V_ERR_UNABLE_TO_GET_CRL, NULL,
     "there is no revocation list of who signed the peer's certificate; "
     "crlfile must hold one of each authority"},
    {X509_V_ERR_CRL_HAS_EXPIRED, NULL,
     "the revocation list is too old; make a new one"},
    {X509_V_ERR_CRL_NOT_YET_VALID, NULL,
     "the revocation list is not valid yet; are the clocks right?"},
    {0, NULL, NULL},
};
/* clang-format on */

static const struct meaning *find(const struct meaning *table, long number)
{
    for (; table->text; table++) {
        if (table->number == number)
            return table;
    }
    return NULL;
}

const char *tls_reason_of_certificate(long verify_result)
{
    const struct meaning *found = find(certificates, verify_result);

    return found ? found->text : X509_verify_cert_error_string(verify_result);
}

/* Is it a client that has a pre-shared key? */
static bool has_psk(const SSL *ssl)
{
    const struct tls *tls = SSL_get_app_data(ssl);

    return tls && tls->context->psk_identity;
}

/* The identity for which a server has no key; NULL: it has not asked for
   one. */
static const char *unknown_psk(const SSL *ssl)
{
    const struct tls *tls = SSL_get_app_data(ssl);

    return tls ? tls->unknown_psk : NULL;
}

static char *of_alert(int alert, bool psk)
{
    const struct meaning *found = find(alerts, alert);

    if (psk && alert == SSL_AD_HANDSHAKE_FAILURE)
        return alloc_string("the server did not take the pre-shared key: it "
                            "does not know the PSK identity, or has no keys "
                            "at all (alert: handshake failure)");
    if (!found)
        return alloc_printf("the peer ended the connection (alert %d)", alert);
    return alloc_printf("%s (alert: %s)", found->text, found->name);
}

static char *of_error(const SSL *ssl, unsigned long error)
{
    int reason = ERR_GET_REASON(error);
    const char *own = ERR_reason_error_string(error);
    const struct meaning *found = find(errors, reason);

    if (!own)
        own = "unknown error";
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return alloc_printf("TLS failed (OpenSSL: %s)", own);
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        long result = SSL_get_verify_result(ssl);

        if (has_psk(ssl))
            return alloc_string("the server did not take the pre-shared key: "
                                "it showed a certificate instead");
        const struct tls *tls = SSL_get_app_data(ssl);
        const char *judged = tls ? tls->judged : NULL;

        return alloc_printf("%s%s%s (OpenSSL: %s)",
                            tls_reason_of_certificate(result),
                            judged ? ": " : "", judged ? judged : "",
                            X509_verify_cert_error_string(result));
    }
    if (unknown_psk(ssl))
        return alloc_printf("the client's PSK identity is not known here: "
                            "\"%s\" (OpenSSL: %s)",
                            unknown_psk(ssl), own);
    if (reason > SSL_AD_REASON_OFFSET)
        return of_alert(reason - SSL_AD_REASON_OFFSET, has_psk(ssl));
    return alloc_printf("%s (OpenSSL: %s)",
                        found ? found->text : "the TLS handshake failed", own);
}

/* The first error that is TLS's own: below it there may be one of a cipher. */
static unsigned long first_of_tls(void)
{
    unsigned long first = ERR_peek_error();
    unsigned long error;

    while ((error = ERR_get_error()) != 0) {
        if (ERR_GET_LIB(error) == ERR_LIB_SSL)
            return error;
    }
    return first;
}

char *tls_reason(const SSL *ssl)
{
    unsigned long error = first_of_tls();

    if (error)
        return of_error(ssl, error);
    return alloc_string("the peer closed the connection in the middle");
}
