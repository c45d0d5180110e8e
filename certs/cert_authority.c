#include "certs/cert_authority.h"

#include "base/alloc.h"
#include "certs/cert_item.h"
#include "certs/cert_make.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static bool read_certificate(struct cert_authority *authority, const char *path,
                             struct buf *why)
{
    struct cert_items items = {0};
    bool good = cert_item_load(&items, path, NULL, why);

    if (good && items.all[0].kind != CERT_CERTIFICATE) {
        buf_printf(why, "%s is no certificate", path);
        good = false;
    }
    if (good) {
        authority->certificate = items.all[0].certificate;
        X509_up_ref(authority->certificate);
    }
    cert_item_release(&items);
    return good;
}

/* The first private key of the file: EC parameters may stand before it. */
static const struct cert_item *private_key(const struct cert_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        if (items->all[i].kind == CERT_PRIVATE_KEY ||
            items->all[i].kind == CERT_LOCKED_KEY)
            return &items->all[i];
    }
    return NULL;
}

/* Sets *locked when the key wants another passphrase. */
static bool try_key(struct cert_authority *authority, const char *path,
                    const char *passphrase, bool *locked, struct buf *why)
{
    struct cert_items items = {0};
    bool good = cert_item_load(&items, path, passphrase, why);
    const struct cert_item *item = private_key(&items);

    *locked = good && item && item->kind == CERT_LOCKED_KEY;
    if (good && !item) {
        buf_printf(why, "%s holds no private key", path);
        good = false;
    }
    if (good && !*locked) {
        authority->key = item->key;
        EVP_PKEY_up_ref(authority->key);
    }
    cert_item_release(&items);
    return good;
}

static bool read_key(struct cert_authority *authority, const char *path,
                     cert_passphrase *ask, void *owner, struct buf *why)
{
    bool locked;

    if (!try_key(authority, path, NULL, &locked, why))
        return false;
    if (!locked)
        return true;
    char *passphrase = ask ? ask(owner, path) : NULL;
    bool good = try_key(authority, path, passphrase, &locked, why);
    if (good && locked) {
        buf_printf(why, "%s is encrypted, and %s", path,
                   passphrase ? "the passphrase is not right"
                              : "nobody gave its passphrase "
                                "(--passphrase-file)");
        good = false;
    }
    if (passphrase)
        OPENSSL_cleanse(passphrase, strlen(passphrase));
    free(passphrase);
    return good;
}

static bool check_pair(const struct cert_authority *authority, struct buf *why)
{
    bool pair =
        X509_check_private_key(authority->certificate, authority->key) == 1;

    ERR_clear_error();
    if (!pair)
        buf_printf(why, "%s.key does not belong to %s.crt", authority->base,
                   authority->base);
    return pair;
}

static bool check_authority(const struct cert_authority *authority,
                            struct buf *why)
{
    bool may_sign = X509_check_ca(authority->certificate) > 0;

    if (!may_sign)
        buf_printf(why,
                   "%s.crt is not that of an authority (CA:TRUE is missing): "
                   "nobody would accept what it signs",
                   authority->base);
    return may_sign;
}

bool cert_authority_look(struct cert_authority *authority, const char *base,
                         struct buf *why)
{
    char *certificate = alloc_printf("%s.crt", base);

    *authority = (struct cert_authority){
        .base = alloc_string(base),
        .index_path = alloc_printf("%s.index", base),
    };
    bool good = read_certificate(authority, certificate, why) &&
                check_authority(authority, why) &&
                cert_index_load(&authority->index, authority->index_path, why);
    if (!good)
        cert_authority_release(authority);
    free(certificate);
    return good;
}

bool cert_authority_open(struct cert_authority *authority, const char *base,
                         cert_passphrase *ask, void *owner, struct buf *why)
{
    char *key = alloc_printf("%s.key", base);
    bool good = cert_authority_look(authority, base, why);

    if (good && (!read_key(authority, key, ask, owner, why) ||
                 !check_pair(authority, why))) {
        cert_authority_release(authority);
        good = false;
    }
    free(key);
    return good;
}

void cert_authority_release(struct cert_authority *authority)
{
    free(authority->base);
    free(authority->index_path);
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    cert_index_release(&authority->index);
    *authority = (struct cert_authority){0};
}

/* ---- revocation lists ---- */

static void set_reason(X509_REVOKED *revoked, int reason)
{
    ASN1_ENUMERATED *number = alloc_checked(ASN1_ENUMERATED_new());

    ASN1_ENUMERATED_set(number, reason);
    X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, number, 0, 0);
    ASN1_ENUMERATED_free(number);
}

static void put_on_list(X509_CRL *list, const struct cert_index_entry *entry)
{
    X509_REVOKED *revoked = alloc_checked(X509_REVOKED_new());
    ASN1_TIME *when = alloc_checked(cert_index_date(entry->revoked));
    BIGNUM *number = NULL;

    BN_hex2bn(&number, entry->serial);
    ASN1_INTEGER *serial = alloc_checked(BN_to_ASN1_INTEGER(number, NULL));
    X509_REVOKED_set_serialNumber(revoked, serial);
    X509_REVOKED_set_revocationDate(revoked, when);
    /* Without one is shorter, and says the same [RFC 5280 5.3.1]. */
    if (entry->reason > CRL_REASON_UNSPECIFIED)
        set_reason(revoked, entry->reason);
    X509_CRL_add0_revoked(list, revoked);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(when);
    BN_free(number);
}

static void set_number(X509_CRL *list, const X509_CRL *old)
{
    ASN1_INTEGER *last =
        old ? X509_CRL_get_ext_d2i(old, NID_crl_number, NULL, NULL) : NULL;
    BIGNUM *number = last ? ASN1_INTEGER_to_BN(last, NULL) : NULL;

    if (!number)
        number = alloc_checked(BN_new());
    BN_add_word(number, 1);
    ASN1_INTEGER *next = alloc_checked(BN_to_ASN1_INTEGER(number, NULL));
    X509_CRL_add1_ext_i2d(list, NID_crl_number, next, 0, 0);
    ASN1_INTEGER_free(next);
    ASN1_INTEGER_free(last);
    BN_free(number);
}

static void set_authority_key(X509_CRL *list, X509 *issuer)
{
    X509V3_CTX context;

    if (!X509_get0_subject_key_id(issuer))
        return;
    X509V3_set_ctx(&context, issuer, NULL, NULL, list, 0);
    X509_EXTENSION *extension = alloc_checked(X509V3_EXT_conf_nid(
        NULL, &context, NID_authority_key_identifier, "keyid:always"));
    X509_CRL_add_ext(list, extension, -1);
    X509_EXTENSION_free(extension);
}

static void set_dates(X509_CRL *list, int days)
{
    ASN1_TIME *from = alloc_checked(X509_time_adj_ex(NULL, 0, 0, NULL));
    ASN1_TIME *until = alloc_checked(X509_time_adj_ex(NULL, days, 0, NULL));

    X509_CRL_set1_lastUpdate(list, from);
    X509_CRL_set1_nextUpdate(list, until);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
}

X509_CRL *cert_authority_make_list(const struct cert_authority *authority,
                                   const X509_CRL *old, int days)
{
    X509_CRL *list = alloc_checked(X509_CRL_new());

    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list,
                             X509_get_subject_name(authority->certificate));
    set_dates(list, days);
    for (size_t i = 0; i < authority->index.count; i++) {
        if (authority->index.all[i].state == 'R')
            put_on_list(list, &authority->index.all[i]);
    }
    X509_CRL_sort(list);
    set_number(list, old);
    set_authority_key(list, authority->certificate);
    if (X509_CRL_sign(list, authority->key, cert_make_digest(authority->key)) >
        0)
        return list;
    X509_CRL_free(list);
    return NULL;
}
