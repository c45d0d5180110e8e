/*
 * The list of what an authority has signed, as openssl ca keeps it.
 */
#include "suites.h"

#include "certs/cert_file.h"
#include "certs/cert_index.h"
#include "certs/cert_make.h"
#include "certs/cert_name.h"
#include "tls_forge.h"

#include <openssl/x509v3.h>
#include <string.h>

static const char text[] =
    "V\t271121063000Z\t\t5F0C\tunknown\t/CN=localhost\n"
    "R\t20510101000000Z\t261122080000Z,keyCompromise\tAA01\tunknown\t/CN=a/b\n"
    "R\t271121063000Z\t261122080000Z\t02\tunknown\t/O=Lab/CN=c d\n"
    "R\t271121063000Z\t261122080000Z,CAkeyTime,2026\t03\tunknown\t/CN=e\n"
    "E\t201121063000Z\t\t04\tunknown\t/CN=old\n";

/* Load a file with this content, or fail. */
static void load(struct cert_index *index, const char *content)
{
    struct buf why = {0};

    forge_write_text("index", content);
    ck_assert_msg(cert_index_load(index, forge_path("index"), &why), "%s",
                  buf_string(&why));
    buf_release(&why);
}

static const struct cert_index_entry *find(const struct cert_index *index,
                                           long serial)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();

    ASN1_INTEGER_set(number, serial);
    const struct cert_index_entry *entry = cert_index_find(index, number);
    ASN1_INTEGER_free(number);
    return entry;
}

START_TEST(what_openssl_writes_is_read)
{
    struct cert_index index = {0};

    load(&index, text);
    ck_assert_uint_eq(index.count, 5);
    ck_assert_int_eq(find(&index, 0x5f0c)->state, 'V');
    ck_assert_int_eq(find(&index, 0xaa01)->reason, CRL_REASON_KEY_COMPROMISE);
    ck_assert_str_eq(find(&index, 0xaa01)->subject, "/CN=a/b");
    ck_assert_int_eq(find(&index, 2)->reason, CERT_INDEX_NO_REASON);
    ck_assert_str_eq(find(&index, 3)->revoked, "261122080000Z");
    ck_assert_int_eq(find(&index, 4)->state, 'E');
    ck_assert_ptr_null(find(&index, 5));
    cert_index_release(&index);
}
END_TEST

START_TEST(what_is_written_is_what_was_read)
{
    struct cert_index index = {0};
    struct cert_index again = {0};
    struct buf why = {0};
    struct buf content = {0};

    load(&index, text);
    ck_assert(cert_index_store(&index, forge_path("index"), &why));
    ck_assert(cert_file_load(forge_path("index"), &content, &why));
    const char *copy = buf_string(&content);
    /* but for words that only openssl has */
    ck_assert_ptr_null(strstr(copy, "CAkeyTime"));
    ck_assert_int_eq(strncmp(copy, text, 160), 0);
    ck_assert(cert_index_load(&again, forge_path("index"), &why));
    ck_assert_uint_eq(again.count, 5);
    cert_index_release(&again);
    cert_index_release(&index);
    buf_release(&content);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_empty)
{
    struct cert_index index = {0};
    struct buf why = {0};

    ck_assert(cert_index_load(&index, forge_path("nothing"), &why));
    ck_assert_uint_eq(index.count, 0);
    load(&index, "\n\n");
    ck_assert_uint_eq(index.count, 0);
}
END_TEST

static const char *const damaged[] = {
    "x",
    "V",
    "V\t271121063000Z\t\t5F\tunknown",
    "V\t271121063000Z\t\t5F\tunknown\t/CN=a\tmore",
    "X\t271121063000Z\t\t5F\tunknown\t/CN=a",
    "VV\t271121063000Z\t\t5F\tunknown\t/CN=a",
    "V\tnever\t\t5F\tunknown\t/CN=a",
    "V\t271121063000Z\t\t\tunknown\t/CN=a",
    "V\t271121063000Z\t\t5G\tunknown\t/CN=a",
    "V\t271121063000Z\t\t-5\tunknown\t/CN=a",
    "R\t271121063000Z\t\t5F\tunknown\t/CN=a",
    "R\t271121063000Z\tx,keyCompromise\t5F\tunknown\t/CN=a",
};

START_TEST(a_line_that_is_none_is_told_with_file_and_number)
{
    struct cert_index index = {0};
    struct buf why = {0};
    struct buf content = {0};

    buf_printf(&content, "%s%s\n", text, damaged[_i]);
    forge_write_text("index", buf_string(&content));
    ck_assert(!cert_index_load(&index, forge_path("index"), &why));
    ck_assert_ptr_nonnull(strstr(buf_string(&why), "/index, line 6: "));
    cert_index_release(&index);
    buf_release(&content);
    buf_release(&why);
}
END_TEST

/* Else what stands behind it would be gone when the list is written again. */
START_TEST(a_nul_is_no_end_of_the_list)
{
    static const char content[] = "V\t271121063000Z\t\t01\tunknown\t/CN=a\n\0"
                                  "V\t271121063000Z\t\t02\tunknown\t/CN=b\n";
    struct cert_index index = {0};
    struct buf why = {0};

    ck_assert(cert_file_store(forge_path("index"),
                              slice_of(content, sizeof(content) - 1), 0644,
                              &why));
    ck_assert(!cert_index_load(&index, forge_path("index"), &why));
    ck_assert_msg(strstr(buf_string(&why), "there is a NUL in it") != NULL,
                  "%s", buf_string(&why));
    cert_index_release(&index);
    buf_release(&why);
}
END_TEST

START_TEST(a_certificate_is_entered_once_and_revoked)
{
    struct forged one = forge(&(struct forge_order){.common_name = "x\ty"});
    struct cert_index index = {0};
    const ASN1_INTEGER *serial = X509_get0_serialNumber(one.certificate);

    struct cert_index_entry *entry = cert_index_add(&index, one.certificate);
    ck_assert_ptr_eq(cert_index_add(&index, one.certificate), entry);
    ck_assert_int_eq(entry->state, 'V');
    ck_assert_str_eq(entry->subject, "/CN=x\\x09y"); /* no tab of its own */
    cert_index_revoke(entry, CRL_REASON_SUPERSEDED);
    entry = cert_index_find(&index, serial);
    ck_assert_int_eq(entry->state, 'R');
    ASN1_TIME *when = cert_index_date(entry->revoked);
    ck_assert_int_le(X509_cmp_current_time(when), 0);
    ASN1_TIME_free(when);
    cert_index_release(&index);
    forged_release(&one);
}
END_TEST

START_TEST(reasons_have_names_both_ways)
{
    ck_assert_int_eq(cert_index_reason("keyCompromise"), 1);
    ck_assert_str_eq(cert_index_reason_name(1), "keyCompromise");
    ck_assert_int_eq(cert_index_reason("nonsense"), CERT_INDEX_NO_REASON);
    ck_assert_ptr_null(cert_index_reason_name(7)); /* not used */
    ck_assert_ptr_null(cert_index_reason_name(CERT_INDEX_NO_REASON));
}
END_TEST

Suite *cert_index_suite(void)
{
    Suite *suite = suite_create("cert_index");
    TCase *all = unit_case(suite, "index", 0);

    tcase_add_checked_fixture(all, forge_open, forge_close);
    tcase_add_test(all, what_openssl_writes_is_read);
    tcase_add_test(all, what_is_written_is_what_was_read);
    tcase_add_test(all, a_file_that_is_not_there_is_empty);
    tcase_add_loop_test(all, a_line_that_is_none_is_told_with_file_and_number,
                        0, (int)(sizeof(damaged) / sizeof(damaged[0])));
    tcase_add_test(all, a_nul_is_no_end_of_the_list);
    tcase_add_test(all, a_certificate_is_entered_once_and_revoked);
    tcase_add_test(all, reasons_have_names_both_ways);
    return suite;
}
