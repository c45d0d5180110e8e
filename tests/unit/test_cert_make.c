/*
 * Names, keys, certificates and requests: what is asked for stands in them, and
 * OpenSSL accepts the right ones.
 */
#include "suites.h"

#include "certs/cert_make.h"
#include "certs/cert_name.h"

#include <openssl/err.h>
#include <stdlib.h>

/* ---- names ---- */

struct subject_case {
    const char *subject;
    const char *common_name;
    const char *text; /* NULL: refused */
};

static const struct subject_case subjects[] = {
    {"/CN=localhost",    NULL,                                                 "/CN=localhost"   },
    {"/C=IN/O=Lab/CN=x", NULL,                                                 "/C=IN/O=Lab/CN=x"},
    {NULL,               "sensor-1",                                           "/CN=sensor-1"    },
    {"/O=Lab/CN=old",    "new",                                                "/O=Lab/CN=new"   },
    {"/O=a\\/b",         "c",                                                  "/O=a\\/b/CN=c"   },
    {NULL,               NULL,                                                 NULL              },
    {"O=Lab",            NULL,                                                 NULL              },
    {"",                 NULL,                                                 NULL              },
    {"/",                NULL,                                                 NULL              },
    {"/O",               NULL,                                                 NULL              },
    {"/O=",              NULL,                                                 NULL              },
    {"/=x",              NULL,                                                 NULL              },
    {"/NOSUCH=x",        NULL,                                                 NULL              },
    {"/C=India",         NULL,                                                 NULL              },
    {NULL,
     "a name of more than sixty-four bytes is longer than a CN may be, is it", NULL              },
    {NULL,               "\xff",                                               NULL              },
};

START_TEST(a_subject_is_what_is_between_the_slashes)
{
    const struct subject_case *c = &subjects[_i];
    struct buf why = {0};
    X509_NAME *name = cert_name_subject(c->subject, c->common_name, &why);

    ck_assert_int_eq(name != NULL, c->text != NULL);
    ck_assert_int_eq(why.len > 0, c->text == NULL);
    if (name) {
        char *text = cert_name_slashes(name);

        ck_assert_str_eq(text, c->text);
        free(text);
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
    X509_NAME_free(name);
    buf_release(&why);
}
END_TEST

struct alternative_case {
    const char *list;
    const char *text; /* NULL: refused */
};

static const struct alternative_case alternatives[] = {
    {"localhost",                 "DNS:localhost"                      },
    {"localhost,127.0.0.1,::1",   "DNS:localhost, IP:127.0.0.1, IP:::1"},
    {"DNS:a.example,IP:10.0.0.1", "DNS:a.example, IP:10.0.0.1"         },
    {"*.lab.example",             "DNS:*.lab.example"                  },
    {"my_host-1",                 "DNS:my_host-1"                      },
    {"DNS:127.0.0.1",             "DNS:127.0.0.1"                      },
    {"",                          NULL                                 },
    {"a,",                        NULL                                 },
    {",a",                        NULL                                 },
    {"a b",                       NULL                                 },
    {"a..b",                      NULL                                 },
    {".a",                        NULL                                 },
    {"a.",                        NULL                                 },
    {"*",                         NULL                                 },
    {"a.*.b",                     NULL                                 },
    {"IP:localhost",              NULL                                 },
    {"m\xc3\xbcnchen.example",    NULL                                 },
    {"email:a@b",                 NULL                                 },
    {"a\nb",                      NULL                                 },
};

START_TEST(an_alternative_name_is_a_host_or_an_address)
{
    const struct alternative_case *c = &alternatives[_i];
    struct buf why = {0};
    struct buf text = {0};
    GENERAL_NAMES *names = cert_name_alternatives(c->list, &why);

    ck_assert_int_eq(names != NULL, c->text != NULL);
    ck_assert_int_eq(why.len > 0, c->text == NULL);
    if (names) {
        cert_name_put(names, &text);
        ck_assert_str_eq(buf_string(&text), c->text);
    }
    GENERAL_NAMES_free(names);
    buf_release(&text);
    buf_release(&why);
}
END_TEST

struct check_case {
    int type;
    const char *bytes;
    int len;
    const char *text;
    bool good;
};

static const struct check_case checks[] = {
    {GEN_DNS,   "a.example",        9,  "DNS:a.example",            true },
    {GEN_DNS,   "*.example",        9,  "DNS:*.example",            true },
    {GEN_IPADD, "\x0a\0\0\x01",     4,  "IP:10.0.0.1",              true },
    {GEN_DNS,   "a.example\0.evil", 15, "DNS:a.example\\x00.evil",  false},
    {GEN_DNS,   "a b",              3,  "DNS:a b",                  false},
    {GEN_DNS,   "",                 0,  "DNS:",                     false},
    {GEN_IPADD, "\x0a\0\0",         3,  "IP:an unreadable address", false},
    {GEN_EMAIL, "a@b",              3,  "email:a@b",                false},
    {GEN_URI,   "http://a",         8,  "URI:http://a",             false},
};

START_TEST(a_name_that_somebody_asks_for_is_a_host_or_an_address)
{
    const struct check_case *c = &checks[_i];
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = ASN1_STRING_type_new(
        c->type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    struct buf why = {0};
    struct buf text = {0};

    ASN1_STRING_set(value, c->bytes, c->len);
    GENERAL_NAME_set0_value(name, c->type, value);
    sk_GENERAL_NAME_push(names, name);
    cert_name_put(names, &text);
    ck_assert_str_eq(buf_string(&text), c->text);
    ck_assert_int_eq(cert_name_check(names, &why), c->good);
    ck_assert_int_eq(why.len > 0, !c->good);
    GENERAL_NAMES_free(names);
    buf_release(&text);
    buf_release(&why);
}
END_TEST

/* ---- certificates ---- */

struct made {
    X509 *certificate;
    EVP_PKEY *key;
};

/* The order's key, subject and issuer are filled in; NULL: signed by itself. */
static struct made make(struct cert_order order, const char *common_name,
                        enum cert_key_type type, const struct made *issuer)
{
    struct buf why = {0};
    X509_NAME *name = cert_name_subject(NULL, common_name, &why);
    struct made made = {.key = cert_make_key(type)};

    ck_assert_ptr_nonnull(made.key);
    order.subject = name;
    order.key = made.key;
    order.issuer = issuer ? issuer->certificate : NULL;
    order.issuer_key = issuer ? issuer->key : NULL;
    if (!order.days)
        order.days = 30;
    made.certificate = cert_make(&order);
    ck_assert_ptr_nonnull(made.certificate);
    X509_NAME_free(name);
    return made;
}

static void made_release(struct made *made)
{
    X509_free(made->certificate);
    EVP_PKEY_free(made->key);
}

/* What OpenSSL says of leaf, with middle sent along (or NULL). */
static int verify(const struct made *leaf, const struct made *middle,
                  const struct made *root, int purpose)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    STACK_OF(X509) *sent = sk_X509_new_null();

    X509_STORE_add_cert(store, root->certificate);
    if (middle)
        sk_X509_push(sent, middle->certificate);
    X509_STORE_CTX_init(check, store, leaf->certificate, sent);
    X509_STORE_CTX_set_purpose(check, purpose);
    X509_verify_cert(check);
    int result = X509_STORE_CTX_get_error(check);
    X509_STORE_CTX_free(check);
    sk_X509_free(sent);
    X509_STORE_free(store);
    return result;
}

struct chain_case {
    enum cert_key_type type;
    enum cert_use use;
    struct cert_order middle;
    struct cert_order leaf;
    int purpose;
    int result;
};

#define SERVER X509_PURPOSE_SSL_SERVER
#define CLIENT X509_PURPOSE_SSL_CLIENT

/* clang-format off */
static const struct chain_case chains[] = {
    {CERT_P256, CERT_SERVER, {0}, {0}, SERVER, X509_V_OK},
    {CERT_P256, CERT_CLIENT, {0}, {0}, CLIENT, X509_V_OK},
    {CERT_RSA_2048, CERT_SERVER, {0}, {0}, SERVER, X509_V_OK},
    {CERT_P256, CERT_SERVER, {0}, {0}, CLIENT, X509_V_ERR_INVALID_PURPOSE},
    {CERT_P256, CERT_CLIENT, {0}, {0}, SERVER, X509_V_ERR_INVALID_PURPOSE},
    {CERT_P256, CERT_OCSP_RESPONDER, {0}, {0}, X509_PURPOSE_OCSP_HELPER,
     X509_V_OK},
    {CERT_P256, CERT_SERVER, {0}, {.from_days = -9, .days = 8}, SERVER,
     X509_V_ERR_CERT_HAS_EXPIRED},
    {CERT_P256, CERT_SERVER, {0}, {.from_days = 2, .days = 8}, SERVER,
     X509_V_ERR_CERT_NOT_YET_VALID},
    {CERT_P256, CERT_SERVER, {.no_ca_flag = true}, {0}, SERVER,
     X509_V_ERR_INVALID_CA},
};
/* clang-format on */

START_TEST(a_chain_is_accepted_for_what_it_was_made_for_and_nothing_else)
{
    const struct chain_case *c = &chains[_i];
    struct cert_order authority = {.use = CERT_AUTHORITY};
    struct cert_order order = c->leaf;
    struct made root = make(authority, "root", c->type, NULL);
    struct made middle = make(c->middle, "middle", c->type, &root);
    struct made leaf;

    order.use = c->use;
    leaf = make(order, "leaf", c->type, &middle);
    ck_assert_int_eq(verify(&leaf, &middle, &root, c->purpose), c->result);
    ck_assert_int_eq(verify(&leaf, NULL, &root, c->purpose),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    made_release(&root);
    made_release(&middle);
    made_release(&leaf);
}
END_TEST

START_TEST(no_two_certificates_have_the_same_serial_number)
{
    struct cert_order order = {.use = CERT_SERVER};
    struct made one = make(order, "one", CERT_P256, NULL);
    struct made other = make(order, "one", CERT_P256, NULL);

    ck_assert_int_ne(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(one.certificate),
                         X509_get0_serialNumber(other.certificate)),
        0);
    ck_assert_int_eq(ASN1_STRING_type(X509_get0_serialNumber(one.certificate)),
                     V_ASN1_INTEGER);
    made_release(&one);
    made_release(&other);
}
END_TEST

START_TEST(a_server_is_made_out_to_its_alternative_names)
{
    struct buf why = {0};
    GENERAL_NAMES *names =
        cert_name_alternatives("*.lab.example,10.0.0.1", &why);
    struct cert_order order = {.use = CERT_SERVER,
                               .names = names,
                               .ocsp_url = "http://127.0.0.1:2560"};
    struct made made = make(order, "other", CERT_P256, NULL);
    X509 *one = made.certificate;

    ck_assert_int_eq(X509_check_host(one, "broker.lab.example", 0, 0, NULL), 1);
    ck_assert_int_eq(X509_check_ip_asc(one, "10.0.0.1", 0), 1);
    ck_assert_int_eq(X509_check_host(one, "other", 0, 0, NULL), 0);
    STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(one);
    ck_assert_int_eq(sk_OPENSSL_STRING_num(urls), 1);
    ck_assert_str_eq(sk_OPENSSL_STRING_value(urls, 0), "http://127.0.0.1:2560");
    X509_email_free(urls);
    GENERAL_NAMES_free(names);
    made_release(&made);
}
END_TEST

START_TEST(a_request_is_signed_by_its_own_key_and_carries_the_names)
{
    struct buf why = {0};
    struct buf text = {0};
    X509_NAME *subject = cert_name_subject(NULL, "broker", &why);
    GENERAL_NAMES *names = cert_name_alternatives("broker.lab", &why);
    EVP_PKEY *key = cert_make_key(CERT_P256);
    X509_REQ *request = cert_make_request(subject, names, key);
    STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(request);
    GENERAL_NAMES *asked =
        X509V3_get_d2i(all, NID_subject_alt_name, NULL, NULL);

    ck_assert_int_eq(X509_REQ_verify(request, key), 1);
    cert_name_put(asked, &text);
    ck_assert_str_eq(buf_string(&text), "DNS:broker.lab");
    GENERAL_NAMES_free(asked);
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    GENERAL_NAMES_free(names);
    X509_NAME_free(subject);
    buf_release(&text);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *cert_make_suite(void)
{
    Suite *suite = suite_create("cert_make");
    TCase *names = unit_case(suite, "names", 0);
    TCase *made = unit_case(suite, "certificates", 60);

    tcase_add_loop_test(names, a_subject_is_what_is_between_the_slashes, 0,
                        COUNT(subjects));
    tcase_add_loop_test(names, an_alternative_name_is_a_host_or_an_address, 0,
                        COUNT(alternatives));
    tcase_add_loop_test(names,
                        a_name_that_somebody_asks_for_is_a_host_or_an_address,
                        0, COUNT(checks));
    tcase_add_loop_test(
        made, a_chain_is_accepted_for_what_it_was_made_for_and_nothing_else, 0,
        COUNT(chains));
    tcase_add_test(made, no_two_certificates_have_the_same_serial_number);
    tcase_add_test(made, a_server_is_made_out_to_its_alternative_names);
    tcase_add_test(made,
                   a_request_is_signed_by_its_own_key_and_carries_the_names);
    return suite;
}
