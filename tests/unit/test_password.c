#include "suites.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "broker/password.h"
#include "broker/password_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As Debian's mosquitto_passwd 2.0.11 wrote them, of the secrets below. */
static const char *const written[] = {
    "$7$101$F6D8ZuBGJIUreQxd$"
    "C0Osdgz7ZXFmwadPBMkEvOg5KLiCdRzfrW/Dx799iTjQynBGuY4vyjirkFKXzyagffz3vo8D"
    "VpP9qer38Evbfg==",
    "$6$XmRDSt+6okHHqHsO$"
    "CfaEO2UEJd+owpo+6FPUrPTnIC8N3w+VErusas1DT6Uah5pUFbXNCAS6SgtChUTCVXIYXx8r"
    "2IA7bI0m8U3L4A==",
};
static const char *const secrets[] = {"p", "pw"};

START_TEST(what_mosquitto_wrote_is_checked)
{
    struct password password;
    struct buf again = {0};

    ck_assert_ptr_null(password_parse(&password, slice_of_string(written[_i])));
    ck_assert(password_matches(&password, slice_of_string(secrets[_i])));
    ck_assert(!password_matches(&password, slice_of_string("P")));
    ck_assert(!password_matches(&password, slice_of_string("")));
    password_put(&password, &again);
    ck_assert_str_eq(buf_string(&again), written[_i]);
    buf_release(&again);
}
END_TEST

static const enum password_hash hashes[] = {
    PASSWORD_PBKDF2_SHA512, PASSWORD_SHA512, PASSWORD_SCRAM_SHA256};

START_TEST(what_is_made_is_read_again_and_matches)
{
    struct password password;
    struct password again;
    struct password another;
    struct buf text = {0};
    struct slice secret = slice_of("se\0cret", 7);

    ck_assert(password_make(&password, hashes[_i], 7, secret));
    password_put(&password, &text);
    ck_assert_ptr_null(password_parse(&again, buf_slice(&text)));
    ck_assert(password_equal(&password, &again));
    ck_assert(password_matches(&again, secret));
    ck_assert(!password_matches(&again, slice_of("se\0creT", 7)));
    ck_assert(!password_matches(&again, slice_of("se", 2)));
    /* Another salt each time. */
    ck_assert(password_make(&another, hashes[_i], 7, secret));
    ck_assert(!password_equal(&password, &another));
    /* No part of it is a password. */
    for (size_t i = 0; i < text.len; i++)
        ck_assert_ptr_nonnull(
            password_parse(&again, slice_of(guarded(text.bytes, i), i)));
    buf_release(&text);
}
END_TEST

/* 64 bytes. */
#define A15 "QUFBQUFBQUFBQUFBQUFB"
#define K64 A15 A15 A15 A15 "QUFBQQ=="

/* clang-format off */
static const struct {
    const char *text;
    bool good;
} texts[] = {
    {"$7$1$YWJj$" K64,          true},
    {"$6$YWJj$" K64,            true},
    {"$7$10000000$YWJj$" K64,   true},
    {"$7$10000001$YWJj$" K64,   false},
    {"$7$99999999999999999999$YWJj$" K64, false},
    {"$7$0$YWJj$" K64,          false},
    {"$7$-1$YWJj$" K64,         false},
    {"$7$ 1$YWJj$" K64,         false},
    {"$7$$YWJj$" K64,           false},
    {"$7$1$$" K64,              false},
    {"$7$1$YWJ$" K64,           false},
    {"$7$1$YW!j$" K64,          false},
    {"$7$1$Y===$" K64,          false},
    {"$7$1$YWJj$YWJj",          false},
    {"$7$1$YWJj$" K64 "$x",     false},
    {"$7$1$YWJj$" K64 " ",      false},
    {"$7$1$YWJj",               false},
    {"$5$YWJj$" K64,            false},
    {"$scram-sha-256$1$YWJj$" K64 "$" K64, false},
    {"plain",                   false},
    {"",                        false},
};
/* clang-format on */

START_TEST(what_is_no_hash_is_refused_with_a_reason)
{
    struct password password;
    const char *wrong =
        password_parse(&password, slice_of_string(texts[_i].text));

    ck_assert_msg((wrong == NULL) == texts[_i].good, "%s: %s", texts[_i].text,
                  wrong ? wrong : "good");
}
END_TEST

/* ---- Base64 ---- */

START_TEST(base64_is_strict)
{
    static const char *const bad[] = {
        "YQ",   "YQ=",   "Y===", "=YQ=",      "YQ==YQ==",
        " YQ=", "YQ=\n", "Y-==", "\xc3\xa4=="};
    uint8_t bytes[4];

    ck_assert_int_eq(base64_get(slice_of_string("YWJj"), bytes, 3), 3);
    ck_assert_int_eq(base64_get(slice_of_string("YWJj"), bytes, 2), -1);
    ck_assert_int_eq(base64_get(slice_of_string("YQ=="), bytes, 4), 1);
    ck_assert_int_eq(base64_get(slice_of_string(""), bytes, 4), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(base64_get(slice_of_string(bad[i]), bytes, 4) < 0, "%s",
                      bad[i]);
}
END_TEST

/* ---- files ---- */

static struct password_file *read_text(const char *text,
                                       struct config_problems *problems)
{
    return password_file_read("users", slice_of_string(text), problems);
}

START_TEST(users_are_found_and_others_have_a_decoy)
{
    struct config_problems problems = {0};
    struct password_file *file =
        read_text("# users\n\nanna:$7$1$YWJj$" K64 "\nb c:$6$YWJj$" K64 "\r\n",
                  &problems);
    struct slice ghost = slice_of_string("ghost");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(password_file_find(file, slice_of_string("anna"))->line,
                      3);
    ck_assert_ptr_nonnull(password_file_find(file, slice_of_string("b c")));
    ck_assert_ptr_null(password_file_find(file, ghost));
    ck_assert_ptr_nonnull(password_file_decoy(file, ghost));
    ck_assert_ptr_eq(password_file_decoy(file, ghost),
                     password_file_decoy(file, ghost));
    password_file_free(file);
    file = read_text("", &problems);
    ck_assert_ptr_null(password_file_decoy(file, ghost));
    password_file_free(file);
    ck_assert_uint_eq(problems.count, 0);
}
END_TEST

static const char *const lines[] = {
    "anna\n",
    ":$7$1$YWJj$" K64 "\n",
    "anna:\n",
    "anna:plain\n",
    "anna:$7$1$YWJj$" K64 "\nanna:$7$1$YWJj$" K64 "\n",
    " # comment\n",
};

START_TEST(a_wrong_line_makes_the_file_unusable)
{
    struct config_problems problems = {0};

    ck_assert_ptr_null(read_text(lines[_i], &problems));
    ck_assert_uint_eq(problems.count, 1);
}
END_TEST

START_TEST(a_file_that_all_can_read_is_warned_of)
{
    char path[] = "/tmp/mqttlab-unit.XXXXXX";
    int fd = mkstemp(path);
    char *report = NULL;
    size_t len;
    struct config_problems problems = {.to = open_memstream(&report, &len)};

    ck_assert_int_ge(fd, 0);
    for (int i = 0; i < 2; i++) {
        fchmod(fd, i ? 0644 : 0640);
        struct password_file *file = password_file_load(path, &problems);
        ck_assert_ptr_nonnull(file);
        password_file_free(file);
        ck_assert_uint_eq(problems.warnings, (unsigned)i);
    }
    fclose(problems.to);
    ck_assert_ptr_nonnull(strstr(report, "chmod o-rwx"));
    free(report);
    close(fd);
    unlink(path);
    ck_assert_ptr_null(password_file_load(path, &(struct config_problems){0}));
}
END_TEST

Suite *password_suite(void)
{
    Suite *suite = suite_create("password");
    TCase *tcase = unit_case(suite, "password", 0);

    tcase_add_loop_test(tcase, what_mosquitto_wrote_is_checked, 0,
                        sizeof(written) / sizeof(written[0]));
    tcase_add_loop_test(tcase, what_is_made_is_read_again_and_matches, 0,
                        sizeof(hashes) / sizeof(hashes[0]));
    tcase_add_loop_test(tcase, what_is_no_hash_is_refused_with_a_reason, 0,
                        sizeof(texts) / sizeof(texts[0]));
    tcase_add_test(tcase, base64_is_strict);
    tcase_add_test(tcase, users_are_found_and_others_have_a_decoy);
    tcase_add_loop_test(tcase, a_wrong_line_makes_the_file_unusable, 0,
                        sizeof(lines) / sizeof(lines[0]));
    tcase_add_test(tcase, a_file_that_all_can_read_is_warned_of);
    return suite;
}
