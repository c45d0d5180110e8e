/* Files of pre-shared keys: what is found in them, and what is said of wrong
   lines. */
#include "suites.h"

#include "base/alloc.h"
#include "broker/psk_file.h"
#include "net/tls_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/mqttlab-psk-XXXXXX";
static struct config_problems problems;
static char *told;
static size_t told_len;

static void set_up(void)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    problems = (struct config_problems){.to = open_memstream(&told, &told_len)};
}

static void tear_down(void)
{
    fclose(problems.to);
    free(told);
    unlink(path);
}

static struct psk_file *load(const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    fclose(file);
    struct psk_file *loaded = psk_file_load(path, &problems);
    fflush(problems.to);
    return loaded;
}

START_TEST(each_identity_has_its_own_key)
{
    static const char text[] = "lamp:0123aBcD\r\n"
                               "# a comment: not a key\n"
                               "\n"
                               "a thermometer with spaces:ff";
    uint8_t key[TLS_PSK_MAX_BYTES];
    struct psk_file *file = load(text, sizeof(text) - 1);

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(problems.count, 0);
    ck_assert_uint_eq(psk_file_find(file, "lamp", key), 4);
    ck_assert_mem_eq(key, "\x01\x23\xab\xcd", 4);
    ck_assert_uint_eq(psk_file_find(file, "a thermometer with spaces", key), 1);
    ck_assert_mem_eq(key, "\xff", 1);
    ck_assert_uint_eq(psk_file_find(file, "Lamp", key), 0);
    ck_assert_uint_eq(psk_file_find(file, "", key), 0);
    ck_assert_uint_eq(psk_file_find(file, "# a comment", key), 0);
    psk_file_free(file);
}
END_TEST

#define WRONG(text, says)            \
    {                                \
        text, sizeof(text) - 1, says \
    }

static const struct {
    const char *text;
    size_t len;
    const char *says;
} wrong[] = {
    WRONG("lamp:01\nfan\n", ":2: there is no \":\""),
    WRONG(":0123\n", ":1: the identity is missing"),
    WRONG("lamp:\n", ":1: the key is not hexadecimal"),
    WRONG("lamp:secret!\n", "openssl rand -hex 32"),
    WRONG("lamp:01\nlamp:02\n", ":2: this identity has a key already"),
    WRONG("la\0mp:01\n", ":1: there is a NUL in it"),
};

START_TEST(a_wrong_line_is_named_and_keys_are_not_repeated)
{
    ck_assert_ptr_null(load(wrong[_i].text, wrong[_i].len));
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_msg(strstr(told, wrong[_i].says) != NULL, "%s", told);
    ck_assert_msg(strstr(told, path) != NULL, "%s", told);
    ck_assert_ptr_null(strstr(told, "secret!"));
}
END_TEST

START_TEST(a_key_has_256_bytes_at_most)
{
    char text[600] = "lamp:";

    memset(text + 5, 'a', 512);
    strcpy(text + 5 + 512, "\n");
    struct psk_file *file = load(text, strlen(text));
    uint8_t key[TLS_PSK_MAX_BYTES];
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(psk_file_find(file, "lamp", key), 256);
    psk_file_free(file);

    strcpy(text + 5 + 512, "aa\n");
    ck_assert_ptr_null(load(text, strlen(text)));
    ck_assert_msg(strstr(told, "512 hexadecimal digits") != NULL, "%s", told);
}
END_TEST

START_TEST(a_file_that_all_can_read_is_a_warning)
{
    chmod(path, 0644);
    psk_file_free(load("lamp:01\n", 8));
    ck_assert_uint_eq(problems.count, 0);
    ck_assert_uint_eq(problems.warnings, 1);
    ck_assert_msg(strstr(told, "chmod 600") != NULL, "%s", told);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_a_problem)
{
    struct psk_file *file;

    unlink(path);
    file = psk_file_load(path, &problems);
    ck_assert_ptr_null(file);
    ck_assert_uint_eq(problems.count, 1);
}
END_TEST

Suite *psk_file_suite(void)
{
    Suite *suite = suite_create("psk_file");
    TCase *tcase = unit_case(suite, "psk_file", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, each_identity_has_its_own_key);
    tcase_add_loop_test(tcase, a_wrong_line_is_named_and_keys_are_not_repeated,
                        0, (int)(sizeof(wrong) / sizeof(wrong[0])));
    tcase_add_test(tcase, a_key_has_256_bytes_at_most);
    tcase_add_test(tcase, a_file_that_all_can_read_is_a_warning);
    tcase_add_test(tcase, a_file_that_is_not_there_is_a_problem);
    return suite;
}
