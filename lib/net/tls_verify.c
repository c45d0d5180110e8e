#include "net/tls_verify.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/x509_text.h"
#include "net/tls_layer.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define MAX_HOSTS 240 /* bytes of the list of hosts */

static void put_host(struct buf *out, const ASN1_STRING *name)
{
    const unsigned char *text = ASN1_STRING_get0_data(name);

    for (int i = 0; i < ASN1_STRING_length(name); i++)
        buf_append_u8(out, text[i] > ' ' && text[i] < 0x7f ? text[i] : '?');
}

static void put_address(struct buf *out, const ASN1_STRING *address)
{
    int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
    char text[INET6_ADDRSTRLEN];

    if (ASN1_STRING_length(address) != 4 && ASN1_STRING_length(address) != 16)
        return;
    if (inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof(text)))
        buf_append_string(out, text);
}

/* The hosts and addresses that a certificate is for; its Common Name when it
   lists none, as OpenSSL compares. */
static void put_hosts(struct buf *out, const X509 *one)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(one, NID_subject_alt_name, NULL, NULL);
    char *common = x509_text_common_name(X509_get_subject_name(one));

    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type != GEN_DNS && name->type != GEN_IPADD)
            continue;
        if (out->len > MAX_HOSTS) {
            buf_append_string(out, ", ...");
            break;
        }
        buf_append_string(out, out->len ? ", " : "");
        if (name->type == GEN_DNS)
            put_host(out, name->d.dNSName);
        else
            put_address(out, name->d.iPAddress);
    }
    for (const char *c = common; !out->len && c && *c; c++)
        buf_append_u8(out, (uint8_t)(*c >= ' ' && *c < 0x7f ? *c : '?'));
    free(common);
    GENERAL_NAMES_free(names);
}

static char *describe_hosts(const X509 *one)
{
    struct buf hosts = {0};

    put_hosts(&hosts, one);
    char *text = alloc_printf("it is for %s", hosts.len ? buf_string(&hosts)
                                                        : "no host at all");
    buf_release(&hosts);
    return text;
}

/*
 * What a certificate has to do with the error X509_V_ERR_...: `"CN = localhost"
 * was valid until 2026-11-20 ...`, `it is for localhost, 127.0.0.1`. The
 * caller owns the string, which has no control characters.
 */
static char *describe(const X509 *one, long error)
{
    char subject[X509_TEXT_NAME_BYTES];
    char issuer[X509_TEXT_NAME_BYTES];
    char when[X509_TEXT_DATE_BYTES];

    x509_text_name(X509_get_subject_name(one), subject);
    if (error == X509_V_ERR_CERT_HAS_EXPIRED)
        return alloc_printf("\"%s\" was valid until %s", subject,
                            x509_text_date(X509_get0_notAfter(one), when));
    if (error == X509_V_ERR_CERT_NOT_YET_VALID)
        return alloc_printf("\"%s\" is valid from %s on", subject,
                            x509_text_date(X509_get0_notBefore(one), when));
    if (error == X509_V_ERR_HOSTNAME_MISMATCH ||
        error == X509_V_ERR_IP_ADDRESS_MISMATCH)
        return describe_hosts(one);
    return alloc_printf("\"%s\", signed by \"%s\"", subject,
                        x509_text_name(X509_get_issuer_name(one), issuer));
}

int tls_verify_on_verify(int good, X509_STORE_CTX *verify)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(
        verify, SSL_get_ex_data_X509_STORE_CTX_idx());
    const X509 *one = X509_STORE_CTX_get_current_cert(verify);
    struct tls *tls = ssl ? SSL_get_app_data(ssl) : NULL;

    if (good || !tls || !one)
        return good;
    free(tls->judged);
    tls->judged = describe(one, X509_STORE_CTX_get_error(verify));
    return good;
}
