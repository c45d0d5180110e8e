#include "tls_forge.h"

#include "suites.h"

#include "base/alloc.h"
#include "certs/cert_authority.h"
#include "certs/cert_file.h"
#include "certs/cert_make.h"
#include "certs/cert_name.h"

#include <stdio.h>
#include <stdlib.h>

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

struct forged forge(const struct forge_order *order)
{
    struct buf why = {0};
    X509_NAME *name = cert_name_subject(NULL, order->common_name, &why);
    GENERAL_NAMES *names =
        order->alt_name ? cert_name_alternatives(order->alt_name, &why) : NULL;
    struct forged made = {.key = cert_make_key(CERT_P256)};
    int from = order->from_days ? order->from_days : -1;
    int until = order->until_days ? order->until_days : 30;

    ck_assert_msg(why.len == 0, "%s", buf_string(&why));
    made.certificate = cert_make(&(struct cert_order){
        .use = order->authority ? CERT_AUTHORITY : CERT_PEER,
        .subject = name,
        .key = made.key,
        .names = names,
        .issuer = order->issuer ? order->issuer->certificate : NULL,
        .issuer_key = order->issuer ? order->issuer->key : NULL,
        .from_days = from,
        .days = until - from,
    });
    ck_assert_ptr_nonnull(made.certificate);
    GENERAL_NAMES_free(names);
    X509_NAME_free(name);
    return made;
}

void forged_release(struct forged *forged)
{
    X509_free(forged->certificate);
    EVP_PKEY_free(forged->key);
    *forged = (struct forged){0};
}

/* ---- files ---- */

/* Empties the content. */
static void store(const char *name, struct buf *content)
{
    struct buf why = {0};

    ck_assert_msg(cert_file_store(forge_path(name), buf_slice(content),
                                  CERT_FILE_KEY_MODE, &why),
                  "%s", buf_string(&why));
    cert_file_forget(content);
}

void forge_write_chain(const char *name, const struct forged *const *list)
{
    struct buf content = {0};

    for (; *list; list++)
        cert_file_put_certificate(&content, (*list)->certificate);
    store(name, &content);
}

void forge_write_key(const char *name, const struct forged *forged,
                     const char *passphrase)
{
    struct buf content = {0};

    cert_file_put_key(&content, forged->key, passphrase);
    store(name, &content);
}

static void store_der(const char *name, const char *suffix,
                      unsigned char *bytes, int len)
{
    struct buf content = {0};
    char *file = alloc_printf("%s.%s", name, suffix);

    ck_assert_int_gt(len, 0);
    buf_append(&content, bytes, (size_t)len);
    store(file, &content);
    OPENSSL_free(bytes);
    free(file);
}

void forge_write_der(const char *name, const struct forged *forged)
{
    unsigned char *certificate = NULL;
    unsigned char *key = NULL;
    int len = i2d_X509(forged->certificate, &certificate);

    store_der(name, "crt", certificate, len);
    len = i2d_PrivateKey(forged->key, &key);
    store_der(name, "key", key, len);
}

void forge_write_text(const char *name, const char *text)
{
    struct buf content = {0};

    buf_append_string(&content, text);
    store(name, &content);
}

void forge_write_list(const char *name, const struct forged *issuer,
                      const struct forged *revoked, int until_days)
{
    struct cert_authority authority = {.certificate = issuer->certificate,
                                       .key = issuer->key};
    struct buf content = {0};

    if (revoked)
        cert_index_revoke(
            cert_index_add(&authority.index, revoked->certificate),
            CERT_INDEX_NO_REASON);
    X509_CRL *list = cert_authority_make_list(&authority, NULL, until_days);
    ck_assert_ptr_nonnull(list);
    cert_file_put_list(&content, list);
    store(name, &content);
    X509_CRL_free(list);
    cert_index_release(&authority.index);
}
