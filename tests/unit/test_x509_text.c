/*
 * Names and dates of certificates as text.
 */
#include "suites.h"

#include "base/x509_text.h"

#include <stdlib.h>
#include <string.h>

static X509_NAME *name_of(const char *const *parts)
{
    X509_NAME *name = X509_NAME_new();

    for (; *parts; parts += 2)
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(
                             name, parts[0], MBSTRING_UTF8,
                             (const unsigned char *)parts[1], -1, -1, 0),
                         1);
    return name;
}

START_TEST(a_name_is_one_line_without_control_characters)
{
    static const char *const parts[] = {
        "C", "IN", "O", "M\xc3\xbcnchen", "CN", "a\x1b[2J\nb\"c", NULL};
    X509_NAME *name = name_of(parts);
    char text[X509_TEXT_NAME_BYTES];

    ck_assert_str_eq(x509_text_name(name, text),
                     "C = IN, O = M\xc3\xbcnchen, CN = a\\1B[2J\\0Ab\\\"c");
    X509_NAME_free(name);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_cut_off)
{
    static const char *const parts[] = {
        "O",
        "0123456789012345678901234567890123456789012345678901234567890123",
        "OU",
        "0123456789012345678901234567890123456789012345678901234567890123",
        "L",
        "0123456789012345678901234567890123456789012345678901234567890123",
        "CN",
        "0123456789012345678901234567890123456789012345678901234567890123",
        NULL};
    X509_NAME *name = name_of(parts);
    char text[X509_TEXT_NAME_BYTES];

    ck_assert_uint_eq(strlen(x509_text_name(name, text)), sizeof(text) - 1);
    ck_assert_int_eq(strncmp(text, "O = 0123", 8), 0);
    X509_NAME_free(name);
}
END_TEST

START_TEST(no_character_is_cut_in_two)
{
    for (int shift = 0; shift < 4; shift++) {
        char value[64] = "aaa";
        const char *parts[] = {"O",  value, "OU", value, "L",  value,
                               "ST", value, "CN", value, NULL, NULL};
        char text[X509_TEXT_NAME_BYTES];

        value[shift] = '\0';
        while (strlen(value) < 59)
            strcat(value, "\xe2\x82\xac");
        X509_NAME *name = name_of(parts);
        x509_text_name(name, text);
        size_t len = strlen(text);
        ck_assert_uint_ge(len, sizeof(text) - 4);
        ck_assert(text[len - 1] != '\xe2' &&
                  (text[len - 1] != '\x82' || text[len - 2] != '\xe2'));
        X509_NAME_free(name);
    }
}
END_TEST

START_TEST(an_empty_name_is_empty)
{
    X509_NAME *name = X509_NAME_new();
    char text[X509_TEXT_NAME_BYTES] = "before";

    ck_assert_str_eq(x509_text_name(name, text), "");
    X509_NAME_free(name);
}
END_TEST

START_TEST(the_common_name_is_the_last_one_and_has_no_nul)
{
    static const char *const parts[] = {
        "CN", "a", "O", "L", "CN", "M\xc3\xbcnchen", NULL};
    X509_NAME *name = name_of(parts);
    X509_NAME *none = X509_NAME_new();
    char *common = x509_text_common_name(name);

    ck_assert_str_eq(common, "M\xc3\xbcnchen");
    ck_assert_ptr_null(x509_text_common_name(none));
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)"a\0b", 3, -1, 0);
    ck_assert_ptr_null(x509_text_common_name(name));
    free(common);
    X509_NAME_free(name);
    X509_NAME_free(none);
}
END_TEST

struct date_case {
    const char *time;
    const char *text;
};

static const struct date_case dates[] = {
    {"261121063000Z",   "2026-11-21 06:30:00 UTC"},
    {"20510101000000Z", "2051-01-01 00:00:00 UTC"},
    {"500101000000Z",   "1950-01-01 00:00:00 UTC"},
    {"261321063000Z",   "an unreadable date"     },
    {"",                "an unreadable date"     },
};

START_TEST(a_date_is_told_in_utc)
{
    ASN1_TIME *time = ASN1_TIME_new();
    const char *bytes = dates[_i].time;
    char text[X509_TEXT_DATE_BYTES];

    /* As it may stand in a certificate: nobody has checked it. */
    ASN1_STRING_set(time, bytes, -1);
    time->type = strlen(bytes) == 15 ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME;
    ck_assert_str_eq(x509_text_date(time, text), dates[_i].text);
    ASN1_TIME_free(time);
}
END_TEST

Suite *x509_text_suite(void)
{
    Suite *suite = suite_create("x509_text");
    TCase *all = unit_case(suite, "text", 0);

    tcase_add_test(all, a_name_is_one_line_without_control_characters);
    tcase_add_test(all, a_name_that_is_too_long_is_cut_off);
    tcase_add_test(all, no_character_is_cut_in_two);
    tcase_add_test(all, an_empty_name_is_empty);
    tcase_add_test(all, the_common_name_is_the_last_one_and_has_no_nul);
    tcase_add_loop_test(all, a_date_is_told_in_utc, 0,
                        (int)(sizeof(dates) / sizeof(dates[0])));
    return suite;
}
