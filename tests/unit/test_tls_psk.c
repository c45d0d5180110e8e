/* Pre-shared keys: what is told of wrong ones before anybody connects. What the
   two ends say when keys differ is in test_tls_settings.c. */
#include "suites.h"

#include "base/buf.h"
#include "net/tls_settings.h"

#include <string.h>

static struct loop loop;
static struct buf told; /* "error: ...\n" or "warning: ...\n" */

static void note(void *owner, bool error, const char *text)
{
    (void)owner;
    buf_printf(&told, "%s: %s\n", error ? "error" : "warning", text);
}

static const struct tls_complaint complaint = {.say = note};

static void set_up(void)
{
    ck_assert_int_eq(loop_init(&loop), 0);
}

static void tear_down(void)
{
    loop_release(&loop);
    buf_release(&told);
}

static size_t find_nothing(void *owner, const char *identity, uint8_t *key)
{
    (void)owner;
    (void)identity;
    (void)key;
    return 0;
}

#define DIGITS_64 \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGITS_256 DIGITS_64 DIGITS_64 DIGITS_64 DIGITS_64

/* clang-format off */
static const struct {
    const char *identity;
    const char *key;
    const char *says; /* NULL: they are good */
} client_keys[] = {
    {"thermometer", "c0ffee",                  NULL},
    {"thermometer", "C",                       NULL},
    {"thermometer", DIGITS_256 DIGITS_256,     NULL},
    {DIGITS_256,    "c0ffee",                  NULL},
    {"thermometer", DIGITS_256 DIGITS_256 "0", "1 to 512 hexadecimal digits"},
    {"thermometer", "",                        "1 to 512 hexadecimal digits"},
    {"thermometer", "secret",                  "1 to 512 hexadecimal digits"},
    {"thermometer", NULL,                      "no pre-shared key"},
    {"",            "c0ffee",                  "1 to 256 bytes"},
    {DIGITS_256 "0", "c0ffee",                 "1 to 256 bytes"},
};
/* clang-format on */
#define CLIENT_KEYS ((int)(sizeof(client_keys) / sizeof(client_keys[0])))

START_TEST(a_client_is_told_what_is_wrong_with_its_key)
{
    struct tls_settings settings = {
        .psk_identity = client_keys[_i].identity,
        .psk = client_keys[_i].key,
    };
    struct tls_context *made =
        tls_settings_client(&loop, &settings, &complaint);
    const char *says = client_keys[_i].says;
    const char *text = buf_string(&told);

    ck_assert_msg(!made == (says != NULL), "%s", text);
    ck_assert_msg(!says ? !*text : strstr(text, says) != NULL, "%s", text);
    ck_assert_ptr_null(strstr(text, "secret"));
    tls_context_unref(made);
}
END_TEST

START_TEST(ciphers_that_no_key_can_have_are_a_warning)
{
    struct tls_settings settings = {
        .psk_find = find_nothing,
        .psk_hint = "lab",
        .ciphers_tls13 = "TLS_AES_256_GCM_SHA384",
    };
    struct tls_context *made =
        tls_settings_server(&loop, &settings, &complaint);

    ck_assert_ptr_nonnull(made);
    ck_assert_msg(!strncmp(buf_string(&told), "warning: ciphers_tls1.3", 23),
                  "%s", buf_string(&told));
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "TLS_AES_128_GCM_SHA256"));
    tls_context_unref(made);
}
END_TEST

Suite *tls_psk_suite(void)
{
    Suite *suite = suite_create("tls_psk");
    TCase *keys = unit_case(suite, "keys", 10);

    tcase_add_checked_fixture(keys, set_up, tear_down);
    tcase_add_loop_test(keys, a_client_is_told_what_is_wrong_with_its_key, 0,
                        CLIENT_KEYS);
    tcase_add_test(keys, ciphers_that_no_key_can_have_are_a_warning);
    return suite;
}
