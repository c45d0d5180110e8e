/*
 * The workshop as labs use it: what is made, verified and drawn in a folder.
 * What OpenSSL's command says of it is in tests/e2e/51 to 53.
 */
#include "suites.h"

#include "certs/cert_item.h"
#include "certs/certs.h"
#include "tls_forge.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[128];

static void open_folder(void)
{
    forge_open();
    snprintf(folder, sizeof(folder), "%s", forge_path("w"));
}

static struct certs_request request(void)
{
    return (struct certs_request){.folder = folder};
}

/* Good and nothing in why, or the other way round. */
static void expect(bool good, struct buf *why, const char *pattern)
{
    ck_assert_msg(good == (pattern == NULL), "%s", buf_string(why));
    ck_assert_int_eq(why->len > 0, pattern != NULL);
    if (pattern)
        ck_assert_msg(strstr(buf_string(why), pattern) != NULL, "\"%s\"",
                      buf_string(why));
    ck_assert_uint_eq(ERR_peek_error(), 0);
    buf_release(why);
}

typedef bool make(const struct certs_request *request, struct buf *told,
                  struct buf *why);

static void makes(make *it, const struct certs_request *wanted)
{
    struct buf told = {0};
    struct buf why = {0};

    expect(it(wanted, &told, &why), &why, NULL);
    ck_assert_uint_gt(told.len, 0);
    buf_release(&told);
}

static void refuses(make *it, const struct certs_request *wanted,
                    const char *pattern)
{
    struct buf told = {0};
    struct buf why = {0};

    expect(it(wanted, &told, &why), &why, pattern);
    buf_release(&told);
}

static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static bool is_there(const char *name)
{
    return access(in_folder(name), F_OK) == 0;
}

/* ---- making ---- */

START_TEST(without_an_authority_nothing_is_made)
{
    struct certs_request wanted = request();

    refuses(certs_server, &wanted, "make one first: mqttlab certs ca -d /");
    ck_assert(!is_there("server.key"));
    wanted.by = "site";
    refuses(certs_server, &wanted, "mqttlab certs ca --name site -d /");
}
END_TEST

START_TEST(nothing_is_overwritten_and_nothing_half_written)
{
    struct certs_request wanted = request();

    makes(certs_ca, &wanted);
    ck_assert_int_eq(unlink(in_folder("ca.key")), 0);
    refuses(certs_ca, &wanted, "/w/ca.crt is there already");
    ck_assert(!is_there("ca.key"));
    wanted.force = true;
    makes(certs_ca, &wanted);
    ck_assert(is_there("ca.key"));
}
END_TEST

START_TEST(keys_can_be_read_by_nobody_else_whatever_the_umask)
{
    struct certs_request wanted = request();
    mode_t before = umask(_i ? 0 : 077);
    struct stat status;

    makes(certs_ca, &wanted);
    umask(before);
    ck_assert_int_eq(stat(in_folder("ca.key"), &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(stat(in_folder("ca.crt"), &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, _i ? 0644 : 0600);
}
END_TEST

START_TEST(a_key_that_is_not_the_authority_s_signs_nothing)
{
    struct certs_request wanted = request();

    makes(certs_ca, &wanted);
    wanted.name = "other";
    makes(certs_ca, &wanted);
    ck_assert_int_eq(rename(in_folder("other.key"), in_folder("ca.key")), 0);
    wanted.name = NULL;
    refuses(certs_server, &wanted, "ca.key does not belong to");
}
END_TEST

START_TEST(what_is_no_authority_signs_nothing)
{
    struct certs_request wanted = request();

    makes(certs_ca, &wanted);
    makes(certs_server, &wanted);
    wanted.by = "server";
    wanted.common_name = "x";
    refuses(certs_client, &wanted, "not that of an authority");
}
END_TEST

static const char *const bad_names[] = {"", "a/b", ".hidden", "../x"};

START_TEST(a_name_cannot_lead_out_of_the_folder)
{
    struct certs_request wanted = request();

    wanted.name = bad_names[_i];
    refuses(certs_ca, &wanted, "cannot begin a file's name");
}
END_TEST

START_TEST(a_common_name_makes_a_file_s_name_that_stays_in_the_folder)
{
    struct certs_request wanted = request();

    makes(certs_ca, &wanted);
    wanted.common_name = "../a b/c";
    makes(certs_client, &wanted);
    ck_assert(is_there("_.-a-b-c.crt"));
    wanted.common_name = NULL;
    refuses(certs_client, &wanted, "--cn NAME");
}
END_TEST

static char *ask(void *owner, const char *file)
{
    ck_assert_ptr_nonnull(strstr(file, "ca.key"));
    return owner ? strdup(owner) : NULL;
}

START_TEST(an_encrypted_authority_signs_when_its_passphrase_is_given)
{
    struct certs_request wanted = request();
    char right[] = "secret";
    char wrong[] = "wrong";

    wanted.passphrase = right;
    makes(certs_ca, &wanted);
    wanted.passphrase = NULL;
    refuses(certs_server, &wanted, "nobody gave its passphrase");
    wanted.ask = ask;
    refuses(certs_server, &wanted, "nobody gave its passphrase");
    wanted.owner = wrong;
    refuses(certs_server, &wanted, "passphrase is not right");
    ck_assert(!is_there("server.crt"));
    wanted.owner = right;
    makes(certs_server, &wanted);
}
END_TEST

START_TEST(a_request_that_another_key_has_signed_is_not_signed)
{
    struct certs_request wanted = request();
    struct buf told = {0};
    struct buf why = {0};
    EVP_PKEY *one = cert_make_key(CERT_P256);
    EVP_PKEY *other = cert_make_key(CERT_P256);
    X509_REQ *forged = X509_REQ_new();

    makes(certs_ca, &wanted);
    X509_REQ_set_pubkey(forged, one);
    X509_REQ_sign(forged, other, EVP_sha256());
    FILE *file = fopen(in_folder("forged.csr"), "w");
    PEM_write_X509_REQ(file, forged);
    fclose(file);
    expect(
        certs_sign(&wanted, in_folder("forged.csr"), CERT_CLIENT, &told, &why),
        &why, "not signed by the key that is in it");
    expect(certs_sign(&wanted, in_folder("ca.crt"), CERT_CLIENT, &told, &why),
           &why, "holds no signing request");
    X509_REQ_free(forged);
    EVP_PKEY_free(one);
    EVP_PKEY_free(other);
}
END_TEST

START_TEST(a_subject_with_a_nul_is_not_signed)
{
    struct certs_request wanted = request();
    struct buf told = {0};
    struct buf why = {0};
    EVP_PKEY *key = cert_make_key(CERT_P256);
    X509_REQ *asked = X509_REQ_new();
    FILE *file;

    makes(certs_ca, &wanted);
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(asked), "CN",
                               MBSTRING_UTF8,
                               (const unsigned char *)"good\0.evil", 10, -1, 0);
    X509_REQ_set_pubkey(asked, key);
    X509_REQ_sign(asked, key, EVP_sha256());
    file = fopen(in_folder("nul.csr"), "w");
    PEM_write_X509_REQ(file, asked);
    fclose(file);
    expect(certs_sign(&wanted, in_folder("nul.csr"), CERT_SERVER, &told, &why),
           &why, "is not only text");
    X509_REQ_free(asked);
    EVP_PKEY_free(key);
}
END_TEST

/* ---- revoking ---- */

START_TEST(the_right_authority_is_found_and_told_only_once)
{
    struct certs_request wanted = request();
    struct buf told = {0};
    struct buf why = {0};

    makes(certs_ca, &wanted);
    makes(certs_intermediate, &wanted);
    wanted.by = "intermediate";
    wanted.common_name = "device";
    makes(certs_client, &wanted);
    wanted.by = NULL;
    expect(certs_revoke(&wanted, in_folder("device.crt"), &told, &why), &why,
           NULL);
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "--by intermediate\n"));
    expect(certs_revoke(&wanted, in_folder("device.crt"), &told, &why), &why,
           "revoked already");
    wanted.by = "ca";
    expect(certs_revoke(&wanted, in_folder("device.crt"), &told, &why), &why,
           "was not signed by");
    wanted.reason = "because";
    expect(certs_revoke(&wanted, in_folder("device.crt"), &told, &why), &why,
           "because is no reason");
    buf_release(&told);
}
END_TEST

START_TEST(a_list_does_not_take_the_place_of_something_else)
{
    struct certs_request wanted = request();

    makes(certs_ca, &wanted);
    makes(certs_crl, &wanted);
    makes(certs_crl, &wanted);
    ck_assert_int_eq(rename(in_folder("ca.crt"), in_folder("ca.crl")), 0);
    refuses(certs_crl, &wanted, "ca.crt cannot be read");
    ck_assert_int_eq(link(in_folder("ca.crl"), in_folder("ca.crt")), 0);
    refuses(certs_crl, &wanted, "no revocation list");
}
END_TEST

/* ---- verifying ---- */

struct verify_case {
    const char *host;
    const char *file;
    const char *crl;
    enum cert_use use;
    const char *told; /* NULL: accepted */
};

static const struct verify_case verifies[] = {
    {"localhost",     "server.crt", NULL,        CERT_SERVER,    NULL                       },
    {"127.0.0.1",     "server.crt", NULL,        CERT_SERVER,    NULL                       },
    {"::1",           "server.crt", NULL,        CERT_SERVER,    NULL                       },
    {NULL,            "device.crt", NULL,        CERT_CLIENT,    NULL                       },
    {NULL,            "device.crt", NULL,        CERT_AUTHORITY, NULL                       },
    {NULL,            "ca.crt",     NULL,        CERT_AUTHORITY, NULL                       },
    {"other.example", "server.crt", NULL,        CERT_SERVER,    "hostname mismatch"        },
    {"10.0.0.1",      "server.crt", NULL,        CERT_SERVER,    "IP address mismatch"      },
    {NULL,            "device.crt", NULL,        CERT_SERVER,    "certificate purpose"      },
    {NULL,            "server.crt", NULL,        CERT_CLIENT,    "certificate purpose"      },
    {NULL,            "device.crt", "ca.crl",    CERT_CLIENT,    "certificate revoked"      },
    {NULL,            "server.crt", "ca.crl",    CERT_SERVER,    NULL                       },
    {NULL,            "server.crt", "empty.crl", CERT_SERVER,    "unable to get certificate"},
};

START_TEST(verify_says_what_tls_would)
{
    const struct verify_case *c = &verifies[_i];
    struct certs_request wanted = request();
    struct certs_check check = {.file = in_folder(c->file),
                                .ca = in_folder("ca.crt"),
                                .host = c->host,
                                .use = c->use};
    struct buf told = {0};
    struct buf why = {0};

    makes(certs_ca, &wanted);
    makes(certs_server, &wanted);
    wanted.common_name = "device";
    makes(certs_client, &wanted);
    ck_assert(certs_revoke(&wanted, in_folder("device.crt"), &told, &why));
    makes(certs_crl, &wanted);
    wanted.name = "empty"; /* the list of another authority */
    makes(certs_ca, &wanted);
    wanted.by = "empty";
    makes(certs_crl, &wanted);
    if (c->crl)
        check.crl = in_folder(c->crl);
    buf_clear(&told);
    bool good = certs_verify(&check, &told, &why);
    ck_assert_uint_eq(why.len, 0);
    ck_assert_msg(good == (c->told == NULL), "%s", buf_string(&told));
    ck_assert_ptr_nonnull(strstr(
        buf_string(&told), good ? " is accepted by" : " is NOT accepted by"));
    if (c->told)
        ck_assert_msg(strstr(buf_string(&told), c->told) != NULL, "%s",
                      buf_string(&told));
    buf_release(&told);
}
END_TEST

START_TEST(verify_tells_each_fault)
{
    struct certs_request wanted = request();
    struct certs_check check = {.file = in_folder("expired/client.crt"),
                                .key = in_folder("ca.key"),
                                .ca = in_folder("ca.crt"),
                                .host = "localhost",
                                .use = CERT_SERVER};
    struct buf told = {0};
    struct buf why = {0};

    makes(certs_ca, &wanted);
    ck_assert(certs_break(&wanted, "expired", CERT_CLIENT, &told, &why));
    buf_clear(&told);
    ck_assert(!certs_verify(&check, &told, &why));
    ck_assert_uint_eq(why.len, 0);
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "has expired"));
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "hostname mismatch"));
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "certificate purpose"));
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "key values mismatch"));
    buf_release(&told);
}
END_TEST

START_TEST(verify_names_the_file_that_it_cannot_read)
{
    struct certs_request wanted = request();
    struct certs_check check = {.file = in_folder("ca.crt"),
                                .ca = in_folder("nothing.crt")};
    struct buf told = {0};
    struct buf why = {0};

    makes(certs_ca, &wanted);
    expect(certs_verify(&check, &told, &why), &why, "nothing.crt cannot be");
    check.ca = check.file;
    check.file = in_folder("ca.key");
    expect(certs_verify(&check, &told, &why), &why, "holds no certificate");
    ck_assert_uint_eq(told.len, 0);
}
END_TEST

/* ---- breaking ---- */

START_TEST(what_is_broken_is_not_accepted_and_stays_as_it_is)
{
    struct certs_request wanted = request();
    const char *kind = certs_kind((size_t)_i)->name;
    struct buf told = {0};
    struct buf why = {0};
    char base[256];
    char file[300];
    char key[300];

    makes(certs_ca, &wanted);
    expect(certs_break(&wanted, kind, CERT_SERVER, &told, &why), &why, NULL);
    snprintf(base, sizeof(base), "%s", in_folder(kind));
    snprintf(file, sizeof(file), "%s/server.crt", base);
    snprintf(key, sizeof(key), "%s/server.key", base);
    struct certs_check check = {.file = file,
                                .key = key,
                                .ca = in_folder("ca.crt"),
                                .host = "localhost",
                                .use = CERT_SERVER};
    ck_assert(!certs_verify(&check, &told, &why));
    expect(certs_break(&wanted, kind, CERT_SERVER, &told, &why), &why,
           "is there already");
    buf_release(&told);
}
END_TEST

START_TEST(there_is_no_other_way_to_break_one)
{
    struct certs_request wanted = request();
    struct buf told = {0};
    struct buf why = {0};

    makes(certs_ca, &wanted);
    expect(certs_break(&wanted, "../x", CERT_SERVER, &told, &why), &why,
           "no way to break");
    expect(certs_break(&wanted, "wrong-host", CERT_CLIENT, &told, &why), &why,
           "nobody compares");
    expect(certs_break(&wanted, "expired", CERT_PEER, &told, &why), &why,
           "for a server or for a client");
    ck_assert_ptr_null(certs_kind(13));
    ck_assert_ptr_nonnull(certs_kind(12));
}
END_TEST

/* ---- drawing ---- */

START_TEST(those_who_signed_each_other_are_drawn_once)
{
    struct forged one =
        forge(&(struct forge_order){.common_name = "one", .authority = 1});
    struct forged two =
        forge(&(struct forge_order){.common_name = "two", .authority = 1});
    struct buf told = {0};
    struct buf why = {0};

    X509_set_issuer_name(one.certificate,
                         X509_get_subject_name(two.certificate));
    X509_sign(one.certificate, two.key, EVP_sha256());
    X509_set_issuer_name(two.certificate,
                         X509_get_subject_name(one.certificate));
    X509_sign(two.certificate, one.key, EVP_sha256());
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    forge_write_chain("w/1.crt", (const struct forged *const[]){&one, NULL});
    forge_write_chain("w/2.crt", (const struct forged *const[]){&two, NULL});
    forge_write_text("w/3.crt", "no certificate\n");
    expect(certs_tree(folder, time(NULL), &told, &why), &why, NULL);
    ck_assert_ptr_eq(strstr(buf_string(&told), "1  "), buf_string(&told));
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "\n`-- 2"));
    ck_assert_ptr_null(strstr(buf_string(&told), "3.crt"));
    buf_release(&told);
    forged_release(&one);
    forged_release(&two);
}
END_TEST

START_TEST(a_folder_without_certificates_is_told)
{
    struct buf told = {0};
    struct buf why = {0};

    expect(certs_tree(folder, 0, &told, &why), &why, "cannot be read");
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    expect(certs_tree(folder, 0, &told, &why), &why, "no certificate in");
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *certs_suite(void)
{
    Suite *suite = suite_create("certs");
    TCase *all = unit_case(suite, "folder", 60);

    tcase_add_checked_fixture(all, open_folder, forge_close);
    tcase_add_test(all, without_an_authority_nothing_is_made);
    tcase_add_test(all, nothing_is_overwritten_and_nothing_half_written);
    tcase_add_loop_test(all, keys_can_be_read_by_nobody_else_whatever_the_umask,
                        0, 2);
    tcase_add_test(all, a_key_that_is_not_the_authority_s_signs_nothing);
    tcase_add_test(all, what_is_no_authority_signs_nothing);
    tcase_add_loop_test(all, a_name_cannot_lead_out_of_the_folder, 0,
                        COUNT(bad_names));
    tcase_add_test(all,
                   a_common_name_makes_a_file_s_name_that_stays_in_the_folder);
    tcase_add_test(all,
                   an_encrypted_authority_signs_when_its_passphrase_is_given);
    tcase_add_test(all, a_request_that_another_key_has_signed_is_not_signed);
    tcase_add_test(all, a_subject_with_a_nul_is_not_signed);
    tcase_add_test(all, the_right_authority_is_found_and_told_only_once);
    tcase_add_test(all, a_list_does_not_take_the_place_of_something_else);
    tcase_add_loop_test(all, verify_says_what_tls_would, 0, COUNT(verifies));
    tcase_add_test(all, verify_tells_each_fault);
    tcase_add_test(all, verify_names_the_file_that_it_cannot_read);
    tcase_add_loop_test(all, what_is_broken_is_not_accepted_and_stays_as_it_is,
                        0, 13);
    tcase_add_test(all, there_is_no_other_way_to_break_one);
    tcase_add_test(all, those_who_signed_each_other_are_drawn_once);
    tcase_add_test(all, a_folder_without_certificates_is_told);
    return suite;
}
