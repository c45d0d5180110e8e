#include "certs/cert_make.h"

#include "base/alloc.h"

#include <openssl/bn.h>
#include <openssl/rsa.h>

#define SERIAL_BITS 127 /* positive, and no more than 20 bytes [RFC 5280] */

EVP_PKEY *cert_make_key(enum cert_key_type type)
{
    switch (type) {
    case CERT_P256: return EVP_EC_gen("P-256");
    case CERT_RSA_2048: return EVP_RSA_gen(2048);
    case CERT_RSA_1024: return EVP_RSA_gen(1024);
    }
    return NULL;
}

const EVP_MD *cert_make_digest(const EVP_PKEY *key)
{
    bool brings_one =
        EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");

    return brings_one ? NULL : EVP_sha256();
}

/* ---- extensions ---- */

static void add(const struct cert_order *order, X509 *certificate, int nid,
                const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, order->issuer ? order->issuer : certificate,
                   certificate, NULL, NULL, 0);
    X509_EXTENSION *extension =
        alloc_checked(X509V3_EXT_conf_nid(NULL, &context, nid, value));
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* Only RSA can encrypt a key, as TLS 1.2 once did. */
static const char *key_usage(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "RSA")
               ? "critical,digitalSignature,keyEncipherment"
               : "critical,digitalSignature";
}

static void add_use(const struct cert_order *order, X509 *certificate)
{
    if (order->use == CERT_AUTHORITY) {
        add(order, certificate, NID_basic_constraints,
            order->no_ca_flag ? "critical,CA:FALSE" : "critical,CA:TRUE");
        add(order, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
        return;
    }
    add(order, certificate, NID_basic_constraints, "critical,CA:FALSE");
    add(order, certificate, NID_key_usage, key_usage(order->key));
    switch (order->use) {
    case CERT_AUTHORITY:
    case CERT_PEER: break;
    case CERT_SERVER:
        add(order, certificate, NID_ext_key_usage, "serverAuth");
        break;
    case CERT_CLIENT:
        add(order, certificate, NID_ext_key_usage, "clientAuth");
        break;
    case CERT_OCSP_RESPONDER:
        add(order, certificate, NID_ext_key_usage, "critical,OCSPSigning");
        add(order, certificate, NID_id_pkix_OCSP_noCheck, "null");
        break;
    }
}

/* That OpenSSL and browsers find who signed by the key, not only by name. */
static void add_key_identifiers(const struct cert_order *order,
                                X509 *certificate)
{
    add(order, certificate, NID_subject_key_identifier, "hash");
    if (!order->issuer || X509_get0_subject_key_id(order->issuer))
        add(order, certificate, NID_authority_key_identifier, "keyid:always");
}

static void add_ocsp_url(const char *url, X509 *certificate)
{
    AUTHORITY_INFO_ACCESS *all = alloc_checked(AUTHORITY_INFO_ACCESS_new());
    ACCESS_DESCRIPTION *one = alloc_checked(ACCESS_DESCRIPTION_new());
    ASN1_IA5STRING *text = alloc_checked(ASN1_IA5STRING_new());

    ASN1_STRING_set(text, url, -1);
    ASN1_OBJECT_free(one->method);
    one->method = OBJ_nid2obj(NID_ad_OCSP);
    GENERAL_NAME_set0_value(one->location, GEN_URI, text);
    sk_ACCESS_DESCRIPTION_push(all, one);
    X509_add1_ext_i2d(certificate, NID_info_access, all, 0, X509V3_ADD_DEFAULT);
    AUTHORITY_INFO_ACCESS_free(all);
}

static void add_names(GENERAL_NAMES *names, X509 *certificate)
{
    X509_EXTENSION *extension =
        alloc_checked(X509V3_EXT_i2d(NID_subject_alt_name, 0, names));

    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* ---- certificates ---- */

static void set_serial(X509 *certificate)
{
    BIGNUM *number = alloc_checked(BN_new());

    alloc_checked(
        BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1
            ? number
            : NULL);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
}

X509 *cert_make(const struct cert_order *order)
{
    X509 *one = alloc_checked(X509_new());
    EVP_PKEY *signer = order->issuer_key ? order->issuer_key : order->key;

    X509_set_version(one, X509_VERSION_3);
    set_serial(one);
    X509_time_adj_ex(X509_getm_notBefore(one), order->from_days, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(one), order->from_days + order->days, 0,
                     NULL);
    X509_set_subject_name(one, order->subject);
    X509_set_issuer_name(one, order->issuer
                                  ? X509_get_subject_name(order->issuer)
                                  : order->subject);
    X509_set_pubkey(one, order->key);
    add_use(order, one);
    add_key_identifiers(order, one);
    if (order->names)
        add_names(order->names, one);
    if (order->ocsp_url)
        add_ocsp_url(order->ocsp_url, one);
    if (X509_sign(one, signer, cert_make_digest(signer)) > 0)
        return one;
    X509_free(one);
    return NULL;
}

X509_REQ *cert_make_request(const X509_NAME *subject, GENERAL_NAMES *names,
                            EVP_PKEY *key)
{
    X509_REQ *request = alloc_checked(X509_REQ_new());
    STACK_OF(X509_EXTENSION) *all = NULL;

    X509_REQ_set_version(request, X509_REQ_VERSION_1);
    X509_REQ_set_subject_name(request, subject);
    X509_REQ_set_pubkey(request, key);
    if (names) {
        X509V3_add1_i2d(&all, NID_subject_alt_name, names, 0,
                        X509V3_ADD_DEFAULT);
        X509_REQ_add_extensions(request, all);
        sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    }
    if (X509_REQ_sign(request, key, cert_make_digest(key)) > 0)
        return request;
    X509_REQ_free(request);
    return NULL;
}
