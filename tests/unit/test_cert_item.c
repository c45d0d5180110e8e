/*
 * What is in a file of certificates, whatever its form, and what is told of it;
 * what is damaged is told and nothing worse.
 */
#include "suites.h"

#include "certs/cert_file.h"
#include "certs/cert_item.h"
#include "certs/cert_make.h"
#include "certs/cert_name.h"
#include "certs/cert_show.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

/* ---- what is shown ---- */

static EVP_PKEY *key;
static EVP_PKEY *other_key;
static X509 *root;
static X509 *leaf;
static X509_REQ *request;
static X509_CRL *list;

static X509_CRL *make_list(void)
{
    X509_CRL *made = X509_CRL_new();
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
    ASN1_TIME *next = X509_gmtime_adj(NULL, 2L * DAY_S + 3600);

    X509_CRL_set_version(made, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(made, X509_get_subject_name(root));
    X509_CRL_set1_lastUpdate(made, now);
    X509_CRL_set1_nextUpdate(made, next);
    X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(leaf));
    X509_REVOKED_set_revocationDate(revoked, now);
    X509_CRL_add0_revoked(made, revoked);
    X509_CRL_sign(made, key, EVP_sha256());
    ASN1_TIME_free(now);
    ASN1_TIME_free(next);
    return made;
}

static void make_all(void)
{
    struct buf why = {0};
    X509_NAME *root_name = cert_name_subject(NULL, "root", &why);
    X509_NAME *name = cert_name_subject("/O=Lab", "a\x1b[2J", &why);
    GENERAL_NAMES *names = cert_name_alternatives("a.example,10.0.0.1", &why);

    key = cert_make_key(CERT_P256);
    other_key = cert_make_key(CERT_P256);
    root = cert_make(&(struct cert_order){
        .use = CERT_AUTHORITY, .subject = root_name, .key = key, .days = 10});
    leaf = cert_make(&(struct cert_order){.use = CERT_SERVER,
                                          .subject = name,
                                          .key = other_key,
                                          .names = names,
                                          .issuer = root,
                                          .issuer_key = key,
                                          .days = 10});
    request = cert_make_request(name, names, other_key);
    list = make_list();
    GENERAL_NAMES_free(names);
    X509_NAME_free(root_name);
    X509_NAME_free(name);
}

static void free_all(void)
{
    EVP_PKEY_free(key);
    EVP_PKEY_free(other_key);
    X509_free(root);
    X509_free(leaf);
    X509_REQ_free(request);
    X509_CRL_free(list);
}

/* ---- forms ---- */

typedef int writer(BIO *to);

static int put_certificate(BIO *to)
{
    return PEM_write_bio_X509(to, leaf);
}

static int put_certificate_der(BIO *to)
{
    return i2d_X509_bio(to, leaf);
}

static int put_trusted(BIO *to)
{
    return PEM_write_bio_X509_AUX(to, leaf);
}

static int put_request(BIO *to)
{
    return PEM_write_bio_X509_REQ(to, request);
}

static int put_request_new(BIO *to)
{
    return PEM_write_bio_X509_REQ_NEW(to, request);
}

static int put_request_der(BIO *to)
{
    return i2d_X509_REQ_bio(to, request);
}

static int put_list(BIO *to)
{
    return PEM_write_bio_X509_CRL(to, list);
}

static int put_list_der(BIO *to)
{
    return i2d_X509_CRL_bio(to, list);
}

static int put_key(BIO *to)
{
    return PEM_write_bio_PrivateKey(to, key, NULL, NULL, 0, NULL, NULL);
}

static int put_key_traditional(BIO *to)
{
    return PEM_write_bio_PrivateKey_traditional(to, key, NULL, NULL, 0, NULL,
                                                NULL);
}

static int put_key_der(BIO *to)
{
    return i2d_PrivateKey_bio(to, key);
}

static int put_public(BIO *to)
{
    return PEM_write_bio_PUBKEY(to, key);
}

static int put_public_der(BIO *to)
{
    return i2d_PUBKEY_bio(to, key);
}

static int put_locked(BIO *to)
{
    return PEM_write_bio_PKCS8PrivateKey(to, key, EVP_aes_128_cbc(), "secret",
                                         6, NULL, NULL);
}

static int put_locked_traditional(BIO *to)
{
    return PEM_write_bio_PrivateKey_traditional(to, key, EVP_aes_128_cbc(),
                                                (const unsigned char *)"secret",
                                                6, NULL, NULL);
}

static int put_parameters(BIO *to)
{
    return BIO_puts(to, "-----BEGIN EC PARAMETERS-----\n"
                        "BggqhkjOPQMBBw==\n"
                        "-----END EC PARAMETERS-----\n");
}

static int put_with_text(BIO *to)
{
    BIO_puts(to, "Certificate:\r\n    Data: -----\n");
    return PEM_write_bio_X509(to, leaf);
}

struct form {
    const char *name;
    writer *write;
    enum cert_kind kind;
    const char *shown; /* is in the text */
};

static const struct form forms[] = {
    {"certificate",             put_certificate,        CERT_CERTIFICATE, "O = Lab, CN = a"                     },
    {"certificate, DER",        put_certificate_der,    CERT_CERTIFICATE, "(DER)"                               },
    {"trusted certificate",     put_trusted,            CERT_CERTIFICATE, "IP:10.0.0.1"                         },
    {"certificate after text",  put_with_text,          CERT_CERTIFICATE, "server"                              },
    {"request",                 put_request,            CERT_REQUEST,     "by its own key"                      },
    {"request, old label",      put_request_new,        CERT_REQUEST,     "DNS:a.example"                       },
    {"request, DER",            put_request_der,        CERT_REQUEST,     "EC P-256"                            },
    {"list",                    put_list,               CERT_LIST,        "revoked    1 certificate\n"          },
    {"list, DER",               put_list_der,           CERT_LIST,        "2 days left"                         },
    {"key",                     put_key,                CERT_PRIVATE_KEY, "private key\n  key        EC P-256\n"},
    {"key, traditional",        put_key_traditional,    CERT_PRIVATE_KEY, "EC P-256"                            },
    {"key, DER",                put_key_der,            CERT_PRIVATE_KEY, "EC P-256"                            },
    {"public key",              put_public,             CERT_PUBLIC_KEY,  "public key"                          },
    {"public key, DER",         put_public_der,         CERT_PUBLIC_KEY,  "EC P-256"                            },
    {"locked key",              put_locked,             CERT_LOCKED_KEY,  "encrypted"                           },
    {"locked key, traditional", put_locked_traditional, CERT_LOCKED_KEY,
     "encrypted"                                                                                                },
    {"parameters",              put_parameters,         CERT_OTHER,       "the name of a curve"                 },
};

/* The form's bytes, appended to content. */
static void write_form(const struct form *form, struct buf *content)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *bytes;

    ck_assert_int_gt(form->write(memory), 0);
    long len = BIO_get_mem_data(memory, &bytes);
    buf_append(content, bytes, (size_t)len);
    BIO_free(memory);
}

START_TEST(each_kind_is_read_in_each_form_and_shown)
{
    struct buf content = {0};
    struct buf why = {0};
    struct buf shown = {0};
    struct cert_items items = {0};

    write_form(&forms[_i], &content);
    const uint8_t *bytes = guarded(content.bytes, content.len);
    ck_assert(cert_item_read(&items, "file", slice_of(bytes, content.len), NULL,
                             &why));
    ck_assert_uint_eq(items.count, 1);
    ck_assert_int_eq(items.all[0].kind, forms[_i].kind);
    ck_assert_uint_eq(why.len, 0);
    cert_show_item(&items.all[0], time(NULL), &shown);
    ck_assert_msg(strstr(buf_string(&shown), forms[_i].shown) != NULL,
                  "%s: no \"%s\" in:\n%s", forms[_i].name, forms[_i].shown,
                  buf_string(&shown));
    ck_assert_uint_eq(ERR_peek_error(), 0);
    cert_item_release(&items);
    buf_release(&content);
    buf_release(&shown);
}
END_TEST

START_TEST(each_proper_prefix_is_refused_with_the_name_of_the_file)
{
    struct buf content = {0};

    write_form(&forms[_i], &content);
    /* The last line of a PEM block does not need its end. */
    for (uint32_t cut = 0; cut + 1 < content.len; cut += 1 + cut / 12) {
        struct cert_items items = {0};
        struct buf why = {0};
        const uint8_t *bytes = guarded(content.bytes, cut);

        ck_assert_msg(!cert_item_read(&items, "the file", slice_of(bytes, cut),
                                      NULL, &why),
                      "%s is accepted with %u bytes", forms[_i].name, cut);
        ck_assert_ptr_nonnull(strstr(buf_string(&why), "the file "));
        ck_assert_ptr_null(strchr(buf_string(&why), '\n'));
        ck_assert_uint_eq(items.count, 0);
        ck_assert_uint_eq(ERR_peek_error(), 0);
        cert_item_release(&items);
        buf_release(&why);
    }
    buf_release(&content);
}
END_TEST

START_TEST(bytes_behind_the_der_of_one_are_refused)
{
    static writer *const writers[] = {put_certificate_der, put_request_der,
                                      put_list_der, put_key_der,
                                      put_public_der};
    struct form form = {.write = writers[_i]};
    struct buf content = {0};
    struct buf why = {0};
    struct cert_items items = {0};

    write_form(&form, &content);
    buf_append_u8(&content, 0);
    ck_assert(!cert_item_read(&items, "x", buf_slice(&content), NULL, &why));
    ck_assert_uint_eq(items.count, 0);
    cert_item_release(&items);
    buf_release(&content);
    buf_release(&why);
}
END_TEST

START_TEST(a_passphrase_opens_a_locked_key_and_a_wrong_one_does_not)
{
    static const struct form locked[] = {
        {"", put_locked,             CERT_LOCKED_KEY, ""},
        {"", put_locked_traditional, CERT_LOCKED_KEY, ""},
    };
    static const char *const words[] = {"secret", "wrong", "", NULL};

    for (size_t i = 0; i < 4; i++) {
        struct buf content = {0};
        struct buf why = {0};
        struct cert_items items = {0};

        write_form(&locked[_i], &content);
        ck_assert(cert_item_read(&items, "file", buf_slice(&content), words[i],
                                 &why));
        ck_assert_int_eq(items.all[0].kind,
                         i == 0 ? CERT_PRIVATE_KEY : CERT_LOCKED_KEY);
        ck_assert_int_eq(items.all[0].key != NULL, i == 0);
        cert_item_release(&items);
        buf_release(&content);
    }
}
END_TEST

/* ---- what is no such file ---- */

struct wrong {
    const char *text;
    const char *why; /* is in what is told */
};

static const struct wrong wrongs[] = {
    {"",                                                               "it is empty"       },
    {"hello\n",                                                        "PEM has lines like"},
    {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
     "damaged in part 1 (CERTIFICATE)"                                                     },
    {"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
     "damaged in part 1"                                                                   },
    {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END PRIVATE KEY-----\n",
     "damaged in part 1"                                                                   },
    {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
     "damaged in part 1"                                                                   },
    {"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
     "damaged in part 1 (PRIVATE KEY)"                                                     },
    {"0\x82",                                                          "cut off"           },
    {"0",                                                              "cut off"           },
};

START_TEST(what_is_no_file_of_certificates_is_told)
{
    struct cert_items items = {0};
    struct buf why = {0};

    ck_assert(!cert_item_read(&items, "x", slice_of_string(wrongs[_i].text),
                              NULL, &why));
    ck_assert_msg(strstr(buf_string(&why), wrongs[_i].why) != NULL, "\"%s\"",
                  buf_string(&why));
    ck_assert_uint_eq(items.count, 0);
    cert_item_release(&items);
    buf_release(&why);
}
END_TEST

START_TEST(what_stands_before_the_damage_is_kept)
{
    struct cert_items items = {0};
    struct buf content = {0};
    struct buf why = {0};

    cert_file_put_certificate(&content, leaf);
    cert_file_put_certificate(&content, root);
    content.len -= 40;
    ck_assert(!cert_item_read(&items, "x", buf_slice(&content), NULL, &why));
    ck_assert_ptr_nonnull(strstr(buf_string(&why), "damaged in part 2"));
    ck_assert_uint_eq(items.count, 1);
    cert_item_release(&items);
    buf_release(&content);
    buf_release(&why);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
    static const char *const paths[] = {"/nonexistent/x", "/", "/dev/zero"};
    static const char *const texts[] = {"No such file", "directory",
                                        "larger than 1 MiB"};
    struct buf content = {0};
    struct buf why = {0};

    ck_assert(!cert_file_load(paths[_i], &content, &why));
    ck_assert_ptr_nonnull(strstr(buf_string(&why), paths[_i]));
    ck_assert_ptr_nonnull(strstr(buf_string(&why), texts[_i]));
    buf_release(&content);
    buf_release(&why);
}
END_TEST

/* ---- what belongs together ---- */

static void read_pem(struct cert_items *items, const char *name,
                     struct buf *content)
{
    struct buf why = {0};

    ck_assert(cert_item_read(items, name, buf_slice(content), NULL, &why));
    buf_clear(content);
}

START_TEST(keys_signatures_order_and_revocation_are_related)
{
    struct cert_items items = {0};
    struct buf content = {0};
    struct buf told = {0};

    cert_file_put_certificate(&content, leaf);
    cert_file_put_certificate(&content, root);
    read_pem(&items, "chain.crt", &content);
    cert_file_put_key(&content, other_key, NULL);
    read_pem(&items, "leaf.key", &content);
    cert_file_put_request(&content, request);
    read_pem(&items, "leaf.csr", &content);
    cert_file_put_list(&content, list);
    read_pem(&items, "ca.crl", &content);
    cert_show_relations(&items, &told);
    ck_assert_str_eq(buf_string(&told),
                     "What belongs together:\n"
                     "  leaf.key is the key of chain.crt (1)\n"
                     "  leaf.key is the key of leaf.csr\n"
                     "  chain.crt (1) is signed by chain.crt (2)\n"
                     "  ca.crl is signed by chain.crt (2)\n"
                     "  chain.crt (1) is REVOKED by ca.crl\n"
                     "  chain.crt is in the right order: each is signed by the "
                     "next\n");
    cert_item_release(&items);
    buf_release(&content);
    buf_release(&told);
}
END_TEST

START_TEST(what_does_not_belong_together_is_said_too)
{
    struct cert_items items = {0};
    struct buf content = {0};
    struct buf told = {0};

    cert_file_put_certificate(&content, root);
    cert_file_put_certificate(&content, leaf);
    read_pem(&items, "chain.crt", &content);
    EVP_PKEY *strange = EVP_EC_gen("P-384");
    cert_file_put_key(&content, strange, NULL);
    EVP_PKEY_free(strange);
    read_pem(&items, "x.key", &content);
    cert_show_relations(&items, &told);
    ck_assert_str_eq(buf_string(&told),
                     "What belongs together:\n"
                     "  x.key is the key of NONE of them\n"
                     "  chain.crt (2) is signed by chain.crt (1)\n"
                     "  chain.crt is in the WRONG ORDER: (1) is not signed by "
                     "(2)\n");
    cert_item_release(&items);
    buf_release(&content);
    buf_release(&told);
}
END_TEST

struct moment {
    int days;
    const char *text;
};

static const struct moment moments[] = {
    {-1, "not valid yet: begins in less than a day"},
    {-5, "not valid yet: begins in 4 days"         },
    {0,  "9 days left"                             },
    {8,  "1 day left"                              },
    {9,  "less than a day left"                    },
    {10, "EXPIRED less than a day ago"             },
    {11, "EXPIRED 1 day ago"                       },
};

/* Valid for the first ten days of 2026. */
#define BEGIN_OF_2026 1767225600

START_TEST(how_long_it_is_valid_is_counted_in_days)
{
    ASN1_TIME *from = ASN1_TIME_set(NULL, BEGIN_OF_2026);
    ASN1_TIME *until = ASN1_TIME_set(NULL, BEGIN_OF_2026 + 10 * DAY_S);
    struct buf text = {0};

    cert_show_validity(from, until,
                       BEGIN_OF_2026 + (time_t)moments[_i].days * DAY_S + 60,
                       &text);
    ck_assert_str_eq(buf_string(&text), moments[_i].text);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    buf_release(&text);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

START_TEST(more_than_a_file_may_have_is_not_read)
{
    struct cert_items items = {0};
    struct buf content = {0};
    struct buf why = {0};

    memset(buf_reserve(&content, CERT_FILE_MAX_BYTES + 1), '\n',
           CERT_FILE_MAX_BYTES + 1);
    content.len = CERT_FILE_MAX_BYTES + 1;
    ck_assert(!cert_item_read(&items, "x", buf_slice(&content), NULL, &why));
    ck_assert_str_eq(buf_string(&why),
                     "x is larger than 1 MiB; certificates are not");
    cert_item_release(&items);
    buf_release(&content);
    buf_release(&why);
}
END_TEST

Suite *cert_item_suite(void)
{
    Suite *suite = suite_create("cert_item");
    TCase *all = unit_case(suite, "items", 60);

    tcase_add_unchecked_fixture(all, make_all, free_all);
    tcase_add_loop_test(all, each_kind_is_read_in_each_form_and_shown, 0,
                        COUNT(forms));
    tcase_add_loop_test(all,
                        each_proper_prefix_is_refused_with_the_name_of_the_file,
                        0, COUNT(forms));
    tcase_add_loop_test(all, bytes_behind_the_der_of_one_are_refused, 0, 5);
    tcase_add_loop_test(
        all, a_passphrase_opens_a_locked_key_and_a_wrong_one_does_not, 0, 2);
    tcase_add_loop_test(all, what_is_no_file_of_certificates_is_told, 0,
                        COUNT(wrongs));
    tcase_add_test(all, what_stands_before_the_damage_is_kept);
    tcase_add_loop_test(all, a_file_that_cannot_be_read_is_named, 0, 3);
    tcase_add_test(all, more_than_a_file_may_have_is_not_read);
    tcase_add_test(all, keys_signatures_order_and_revocation_are_related);
    tcase_add_test(all, what_does_not_belong_together_is_said_too);
    tcase_add_loop_test(all, how_long_it_is_valid_is_counted_in_days, 0,
                        COUNT(moments));
    return suite;
}
