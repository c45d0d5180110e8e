#include "certs/cert_show.h"

#include "base/alloc.h"
#include "base/x509_text.h"
#include "certs/cert_index.h"
#include "certs/cert_name.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define SHOWN_REVOKED 20
#define STRONG_BITS   112 /* RSA 2048, EC P-224 [SP 800-57] */
#define STRONG_HASH   80  /* SHA-1 is below it */

static void field(struct buf *to, const char *name)
{
    buf_printf(to, "  %-10s ", name);
}

static void note(struct buf *to, const char *text)
{
    field(to, "note");
    buf_printf(to, "%s\n", text);
}

static void put_name(struct buf *to, const char *name, const X509_NAME *value)
{
    char text[X509_TEXT_NAME_BYTES];

    field(to, name);
    x509_text_name(value, text);
    buf_printf(to, "%s\n", *text ? text : "(empty)");
}

/* ---- keys ---- */

/* "EC P-256", "RSA 2048 bits". */
static void put_kind(const EVP_PKEY *key, struct buf *to)
{
    char group[64] = "";

    if (!key) {
        buf_append_string(to, "of a kind that is not known here");
        return;
    }
    if (EVP_PKEY_is_a(key, "EC") &&
        EVP_PKEY_get_group_name(key, group, sizeof(group), NULL)) {
        const char *nist = EC_curve_nid2nist(OBJ_txt2nid(group));

        buf_printf(to, "EC %s", nist ? nist : group);
    } else {
        const char *type = EVP_PKEY_get0_type_name(key);

        buf_printf(to, "%s %d bits", type ? type : "unknown",
                   EVP_PKEY_get_bits(key));
    }
    ERR_clear_error();
}

static void put_key(struct buf *to, const EVP_PKEY *key)
{
    field(to, "key");
    put_kind(key, to);
    buf_append_u8(to, '\n');
    if (key && EVP_PKEY_get_security_bits(key) < STRONG_BITS)
        note(to, "the key is too short; OpenSSL refuses it");
}

/* ---- dates ---- */

static void put_days(struct buf *to, const char *before, int days,
                     const char *after)
{
    if (days)
        buf_printf(to, "%s%d day%s%s", before, days, days == 1 ? "" : "s",
                   after);
    else
        buf_printf(to, "%sless than a day%s", before, after);
}

void cert_show_validity(const ASN1_TIME *from, const ASN1_TIME *until,
                        time_t now, struct buf *to)
{
    ASN1_TIME *present = alloc_checked(ASN1_TIME_set(NULL, now));
    int days = 0;
    int seconds = 0;

    if (from && ASN1_TIME_diff(&days, &seconds, present, from) &&
        (days > 0 || seconds > 0))
        put_days(to, "not valid yet: begins in ", days, "");
    else if (!until || !ASN1_TIME_diff(&days, &seconds, present, until))
        buf_append_string(to, "without an end that can be read");
    else if (days < 0 || seconds < 0)
        put_days(to, "EXPIRED ", -days, " ago");
    else
        put_days(to, "", days, " left");
    ASN1_TIME_free(present);
    ERR_clear_error();
}

static void put_dates(struct buf *to, const ASN1_TIME *from,
                      const ASN1_TIME *until, time_t now)
{
    char begin[X509_TEXT_DATE_BYTES];
    char end[X509_TEXT_DATE_BYTES];

    field(to, "valid");
    buf_printf(to, "%s to %s, ", x509_text_date(from, begin),
               until ? x509_text_date(until, end) : "no date");
    cert_show_validity(from, until, now, to);
    buf_append_u8(to, '\n');
}

/* ---- certificates ---- */

struct use {
    uint32_t flag;
    const char *text;
};

static const struct use uses[] = {
    {XKU_SSL_SERVER, "server"        },
    {XKU_SSL_CLIENT, "client"        },
    {XKU_OCSP_SIGN,  "OCSP responder"},
    {XKU_SMIME,      "mail"          },
    {XKU_CODE_SIGN,  "code"          },
    {XKU_TIMESTAMP,  "time stamps"   },
    {XKU_ANYEKU,     "anything"      },
};

void cert_show_use(X509 *certificate, struct buf *to)
{
    uint32_t flags = X509_get_extended_key_usage(certificate);
    const char *before = "";

    if (X509_check_ca(certificate) > 0) {
        buf_append_string(to, "authority");
        before = ", ";
    } else if (flags == UINT32_MAX) {
        buf_append_string(to, "server, client");
    }
    for (size_t i = 0;
         flags != UINT32_MAX && i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (flags & uses[i].flag) {
            buf_printf(to, "%s%s", before, uses[i].text);
            before = ", ";
        }
    }
    ERR_clear_error();
}

static bool signs_itself(X509 *certificate)
{
    bool good = X509_self_signed(certificate, 1) == 1;

    ERR_clear_error();
    return good;
}

static void put_signature(struct buf *to, X509 *certificate)
{
    int digest_bits = 0;
    int known =
        X509_get_signature_info(certificate, NULL, NULL, &digest_bits, NULL);
    int nid = X509_get_signature_nid(certificate);

    field(to, "signature");
    buf_printf(to, "%s%s\n", OBJ_nid2ln(nid),
               signs_itself(certificate) ? ", by itself" : "");
    if (known && digest_bits < STRONG_HASH)
        note(to, "the signature's hash is no longer safe");
    ERR_clear_error();
}

static void put_fingerprint(struct buf *to, const X509 *certificate)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    X509_digest(certificate, EVP_sha256(), hash, &len);
    field(to, "SHA-256");
    for (unsigned i = 0; i < len; i++)
        buf_printf(to, "%s%02X", i ? ":" : "", hash[i]);
    buf_append_u8(to, '\n');
}

static void put_alternatives(struct buf *to, const char *name,
                             GENERAL_NAMES *names)
{
    if (!names)
        return;
    field(to, name);
    cert_name_put(names, to);
    buf_append_u8(to, '\n');
}

static void put_notes(struct buf *to, X509 *certificate, bool has_names)
{
    uint32_t flags = X509_get_extension_flags(certificate);
    uint32_t use = X509_get_extended_key_usage(certificate);

    if (flags & EXFLAG_INVALID)
        note(to, "one of its extensions is damaged");
    if (!has_names && X509_check_ca(certificate) == 0 && use & XKU_SSL_SERVER)
        note(to, "it has no alternative name (SAN): as a server's it is good "
                 "only for clients that look at the CN, and for no address");
    ERR_clear_error();
}

static void show_certificate(const struct cert_item *item, time_t now,
                             struct buf *to)
{
    X509 *one = item->certificate;
    GENERAL_NAMES *names =
        X509_get_ext_d2i(one, NID_subject_alt_name, NULL, NULL);
    char *serial = cert_index_serial(X509_get0_serialNumber(one));

    put_name(to, "subject", X509_get_subject_name(one));
    put_name(to, "issuer", X509_get_issuer_name(one));
    put_alternatives(to, "names", names);
    put_dates(to, X509_get0_notBefore(one), X509_get0_notAfter(one), now);
    field(to, "use");
    cert_show_use(one, to);
    buf_append_u8(to, '\n');
    put_key(to, X509_get0_pubkey(one));
    put_signature(to, one);
    field(to, "serial");
    buf_printf(to, "%s\n", serial);
    put_fingerprint(to, one);
    put_notes(to, one, names != NULL);
    GENERAL_NAMES_free(names);
    free(serial);
}

/* ---- requests ---- */

static void show_request(const struct cert_item *item, struct buf *to)
{
    X509_REQ *request = item->request;
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(request);
    GENERAL_NAMES *names =
        X509V3_get_d2i(all, NID_subject_alt_name, NULL, NULL);
    BASIC_CONSTRAINTS *basic =
        X509V3_get_d2i(all, NID_basic_constraints, NULL, NULL);

    put_name(to, "subject", X509_REQ_get_subject_name(request));
    put_alternatives(to, "names", names);
    put_key(to, key);
    field(to, "signature");
    buf_printf(to, "%s\n",
               key && X509_REQ_verify(request, key) == 1
                   ? "by its own key, as it must be"
                   : "NOT by the key that is in it");
    if (basic && basic->ca)
        note(to, "it asks to be an authority");
    BASIC_CONSTRAINTS_free(basic);
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    ERR_clear_error();
}

/* ---- revocation lists ---- */

static void put_number(struct buf *to, const X509_CRL *list)
{
    ASN1_INTEGER *number =
        X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);

    if (number) {
        char *text = cert_index_serial(number);

        field(to, "number");
        buf_printf(to, "%s\n", text);
        free(text);
    }
    ASN1_INTEGER_free(number);
}

static void put_revoked(struct buf *to, const X509_REVOKED *one)
{
    ASN1_ENUMERATED *reason =
        X509_REVOKED_get_ext_d2i(one, NID_crl_reason, NULL, NULL);
    const char *name =
        reason ? cert_index_reason_name((int)ASN1_ENUMERATED_get(reason))
               : NULL;
    char *serial = cert_index_serial(X509_REVOKED_get0_serialNumber(one));
    char when[X509_TEXT_DATE_BYTES];

    field(to, "");
    buf_printf(to, "%s at %s%s%s\n", serial,
               x509_text_date(X509_REVOKED_get0_revocationDate(one), when),
               name ? ", " : "", name ? name : "");
    ASN1_ENUMERATED_free(reason);
    free(serial);
}

static void show_list(const struct cert_item *item, time_t now, struct buf *to)
{
    STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(item->list);
    int count = all ? sk_X509_REVOKED_num(all) : 0;

    put_name(to, "issuer", X509_CRL_get_issuer(item->list));
    put_number(to, item->list);
    put_dates(to, X509_CRL_get0_lastUpdate(item->list),
              X509_CRL_get0_nextUpdate(item->list), now);
    field(to, "revoked");
    buf_printf(to, "%d certificate%s\n", count, count == 1 ? "" : "s");
    for (int i = 0; i < count && i < SHOWN_REVOKED; i++)
        put_revoked(to, sk_X509_REVOKED_value(all, i));
    if (count > SHOWN_REVOKED) {
        field(to, "");
        buf_printf(to, "and %d more\n", count - SHOWN_REVOKED);
    }
    ERR_clear_error();
}

/* ---- any of them ---- */

static const char *kind_text(enum cert_kind kind)
{
    switch (kind) {
    case CERT_CERTIFICATE: return "certificate";
    case CERT_REQUEST: return "signing request";
    case CERT_LIST: return "revocation list";
    case CERT_PRIVATE_KEY: return "private key";
    case CERT_PUBLIC_KEY: return "public key";
    case CERT_LOCKED_KEY: return "private key, encrypted";
    case CERT_OTHER: return "something else";
    }
    return "";
}

void cert_show_item(const struct cert_item *item, time_t now, struct buf *to)
{
    char *name = cert_item_name(item);

    buf_printf(to, "%s: %s%s\n", name, kind_text(item->kind),
               item->label ? "" : " (DER)");
    free(name);
    switch (item->kind) {
    case CERT_CERTIFICATE: show_certificate(item, now, to); break;
    case CERT_REQUEST: show_request(item, to); break;
    case CERT_LIST: show_list(item, now, to); break;
    case CERT_PRIVATE_KEY:
    case CERT_PUBLIC_KEY: put_key(to, item->key); break;
    case CERT_LOCKED_KEY:
        note(to, "a program that nobody types for, such as a broker, cannot "
                 "open it");
        break;
    case CERT_OTHER:
        field(to, "is");
        buf_printf(to, "%s: %s\n", item->label, item->why);
        break;
    }
}
