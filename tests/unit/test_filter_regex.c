#include "suites.h"

#include "base/buf.h"
#include "wire/filter_regex.h"

static const struct {
    const char *pattern;
    const char *subject;
    bool matches;
} expressions[] = {
    {"a",                 "xay",                                       true },
    {"^a",                "ba",                                        false},
    {"a$",                "ab",                                        false},
    {"a$",                "ba\n",                                      true },
    {"^$",                "",                                          true },
    {"a.c",               "a\nc",                                      false},
    {"a.c",               "abc",                                       true },
    {"ab*c",              "ac",                                        true },
    {"ab*c",              "abbbc",                                     true },
    {"ab+c",              "ac",                                        false},
    {"ab?c",              "abbc",                                      false},
    {"^a{3}$",            "aaa",                                       true },
    {"^a{3}$",            "aaaa",                                      false},
    {"^a{2,}$",           "aaaaa",                                     true },
    {"^a{2,}$",           "a",                                         false},
    {"^a{2,4}$",          "aaaaa",                                     false},
    {"^a{2,4}$",          "aaaa",                                      true },
    {"^a{0,2}b$",         "b",                                         true },
    {"^a{0}b$",           "ab",                                        false},
    {"^(ab|cd)+$",        "abcdab",                                    true },
    {"^(ab|cd)+$",        "abc",                                       false},
    {"^(a|b|c|)d$",       "d",                                         true },
    {"^(a|b|c)d$",        "cd",                                        true },
    {"^((a|b){2}c){2}$",  "abcbac",                                    true },
    {"^((a|b){2}c){2}$",  "abcbc",                                     false},
    {"^(?:ab)+?$",        "abab",                                      true },
    {"[a-c]x",            "bx",                                        true },
    {"[^a-c]x",           "bx",                                        false},
    {"[]a]x",             "]x",                                        true },
    {"[a-]x",             "-x",                                        true },
    {"^[[:digit:]]+$",    "123",                                       true },
    {"^\\d+\\.\\d$",      "21.5",                                      true },
    {"^\\w\\W\\s\\S\\D$", "a- bc",                                     true },
    {"^[\\d.]+$",         "21.5",                                      true },
    {"\\bcat\\b",         "a cat.",                                    true },
    {"\\bcat\\b",         "concat",                                    false},
    {"\\Bcat",            "concat",                                    true },
    {"TEMP",              "lab/temp",                                  true },
    {"[T]EMP",            "lab/temp",                                  true },
    {"\\x41",             "a",                                         true },
    {"(a*)*b",            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac",  false},
    {"(a|aa)+$",          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false},
    {"((a*)*|b)*c",       "abababc",                                   true },
    {"a|",                "x",                                         true },
    {"",                  "",                                          true },
};

START_TEST(a_regular_expression_matches_or_does_not)
{
    const char *error = NULL;
    size_t at;
    struct filter_regex *regex =
        filter_regex_new(slice_of_string(expressions[_i].pattern), &error, &at);

    ck_assert_msg(regex != NULL, "%s: %s", expressions[_i].pattern, error);
    ck_assert_msg(
        filter_regex_match(regex, slice_of_string(expressions[_i].subject)) ==
            expressions[_i].matches,
        "%s on %s", expressions[_i].pattern, expressions[_i].subject);
    filter_regex_free(regex);
}
END_TEST

START_TEST(no_regular_expression_takes_for_ever)
{
    struct buf subject = {0};
    const char *error;
    size_t at;
    struct filter_regex *regex = filter_regex_new(
        slice_of_string("((a?){30}(a*)*(a|aa|aaa)*){9}b"), &error, &at);

    ck_assert_ptr_nonnull(regex);
    for (int i = 0; i < 10000; i++)
        buf_append_u8(&subject, 'a');
    /* Backtracking would not end before the sun does. */
    ck_assert(!filter_regex_match(regex, buf_slice(&subject)));
    filter_regex_free(regex);
    buf_release(&subject);
}
END_TEST

Suite *filter_regex_suite(void)
{
    Suite *suite = suite_create("filter_regex");
    TCase *tcase = unit_case(suite, "filter_regex", 30);

    tcase_add_loop_test(tcase, a_regular_expression_matches_or_does_not, 0,
                        sizeof(expressions) / sizeof(expressions[0]));
    tcase_add_test(tcase, no_regular_expression_takes_for_ever);
    return suite;
}
