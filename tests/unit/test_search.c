#include "suites.h"

#include <string.h>

#include "tui/search.h"

static const struct {
    const char *typed;
    const char *line;
    bool found;
} lines[] = {
    {"hello",        "Say HELLO", true },
    {"hello",        "hell",      false},
    {"~^lab/[0-9]+", "lab/42/x",  true },
    {"~^lab/[0-9]+", "x lab/42",  false},
    {"~a|b$",        "xb",        true },
    {"\\~^lab",      "~^lab",     true },
    {"\\#00",        "#00",       true },
    {"\\n",          "a\\nb",     true },
    {"#61",          "a",         false},
};

START_TEST(a_line_is_found_by_words_or_an_expression)
{
    char error[200];
    struct search *search = search_new(lines[_i].typed, error, sizeof(error));

    ck_assert_ptr_nonnull(search);
    ck_assert_msg(search_in_text(search, lines[_i].line) == lines[_i].found,
                  "%s in %s", lines[_i].typed, lines[_i].line);
    search_free(search);
}
END_TEST

static const struct {
    const char *typed;
    const char *bytes; /* hex */
    bool found;
} bytes[] = {
    {"#00 07",    "32 00 07", true },
    {"#0007",     "00 07",    true },
    {"#00:07",    "00 07 00", true },
    {"#AB",       "ab",       true },
    {"#00 07",    "07 00",    false},
    {"#00 07 01", "00 07",    false},
    {"2",         "32",       false},
};

START_TEST(bytes_are_found_in_bytes_alone)
{
    uint8_t in[16];
    size_t len = unit_hex(bytes[_i].bytes, in, sizeof(in));
    char error[200];
    struct search *search = search_new(bytes[_i].typed, error, sizeof(error));

    ck_assert_ptr_nonnull(search);
    ck_assert_msg(search_in_bytes(search, slice_of(guarded(in, len), len)) ==
                      bytes[_i].found,
                  "%s in %s", bytes[_i].typed, bytes[_i].bytes);
    search_free(search);
}
END_TEST

static const struct {
    const char *typed;
    const char *says;
} wrong[] = {
    {"#",     "#00 07" },
    {"#0",    "#00 07" },
    {"#0 07", "#00 07" },
    {"#xy",   "#00 07" },
    {"~(",    "column "},
    {"~a\\1", "column "},
};

START_TEST(what_cannot_be_understood_is_explained)
{
    char error[200] = "";

    ck_assert_ptr_null(search_new(wrong[_i].typed, error, sizeof(error)));
    ck_assert_msg(strstr(error, wrong[_i].says), "%s", error);
}
END_TEST

Suite *search_suite(void)
{
    Suite *suite = suite_create("search");
    TCase *tcase = unit_case(suite, "search", 0);

    tcase_add_loop_test(tcase, a_line_is_found_by_words_or_an_expression, 0,
                        sizeof(lines) / sizeof(lines[0]));
    tcase_add_loop_test(tcase, bytes_are_found_in_bytes_alone, 0,
                        sizeof(bytes) / sizeof(bytes[0]));
    tcase_add_loop_test(tcase, what_cannot_be_understood_is_explained, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    return suite;
}
