#include "tls_forge.h"

#include "suites.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_S 86400L

static char folder[64];

void forge_open(void)
{
    snprintf(folder, sizeof(folder), "/tmp/mqttlab-tls.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

void forge_close(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

const char *forge_path(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

/* ---- certificates ---- */

static void add(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    if (!value)
        return;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ck_assert_ptr_nonnull(extension);
    ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

struct forged forge(const struct forge_order *order)
{
    static long serial = 1;
    struct forged made = {.certificate = X509_new(),
                          .key = EVP_EC_gen("P-256")};
    X509 *one = made.certificate;
    X509 *issuer = order->issuer ? order->issuer->certificate : one;
    EVP_PKEY *signer = order->issuer ? order->issuer->key : made.key;
    X509_NAME *name = X509_get_subject_name(one);
    long from = order->from_days ? order->from_days : -1;
    long until = order->until_days ? order->until_days : 30;

    X509_set_version(one, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(one), serial++);
    X509_gmtime_adj(X509_getm_notBefore(one), from * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(one), until * DAY_S);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)order->common_name, -1,
                               -1, 0);
    X509_set_issuer_name(one, X509_get_subject_name(issuer));
    X509_set_pubkey(one, made.key);
    add(one, issuer, NID_basic_constraints,
        order->authority ? "critical,CA:TRUE" : "CA:FALSE");
    add(one, issuer, NID_subject_alt_name, order->alt_name);
    add(one, issuer, NID_ext_key_usage, order->usage);
    ck_assert_int_gt(X509_sign(one, signer, EVP_sha256()), 0);
    return made;
}

void forged_release(struct forged *forged)
{
    X509_free(forged->certificate);
    EVP_PKEY_free(forged->key);
    *forged = (struct forged){0};
}

/* ---- files ---- */

static FILE *create(const char *name)
{
    FILE *file = fopen(forge_path(name), "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fchmod(fileno(file), 0600), 0);
    return file;
}

void forge_write_chain(const char *name, const struct forged *const *list)
{
    FILE *file = create(name);

    for (; *list; list++)
        ck_assert_int_eq(PEM_write_X509(file, (*list)->certificate), 1);
    fclose(file);
}

void forge_write_key(const char *name, const struct forged *forged,
                     const char *passphrase)
{
    FILE *file = create(name);
    const unsigned char *bytes = (const unsigned char *)passphrase;

    ck_assert_int_eq(PEM_write_PrivateKey(
                         file, forged->key,
                         passphrase ? EVP_aes_128_cbc() : NULL, bytes,
                         passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
                     1);
    fclose(file);
}

void forge_write_text(const char *name, const char *text)
{
    FILE *file = create(name);

    fputs(text, file);
    fclose(file);
}

static void put_on_list(X509_CRL *list, const struct forged *revoked)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, -DAY_S);

    X509_REVOKED_set_serialNumber(entry,
                                  X509_get_serialNumber(revoked->certificate));
    X509_REVOKED_set_revocationDate(entry, now);
    ck_assert_int_eq(X509_CRL_add0_revoked(list, entry), 1);
    ASN1_TIME_free(now);
}

void forge_write_list(const char *name, const struct forged *issuer,
                      const struct forged *revoked, int until_days)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *from = X509_gmtime_adj(NULL, -2 * DAY_S);
    ASN1_TIME *until = X509_gmtime_adj(NULL, until_days * DAY_S);
    FILE *file = create(name);

    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer->certificate));
    X509_CRL_set1_lastUpdate(list, from);
    X509_CRL_set1_nextUpdate(list, until);
    if (revoked)
        put_on_list(list, revoked);
    ck_assert_int_gt(X509_CRL_sign(list, issuer->key, EVP_sha256()), 0);
    ck_assert_int_eq(PEM_write_X509_CRL(file, list), 1);
    fclose(file);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_CRL_free(list);
}
