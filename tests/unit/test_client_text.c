#include "suites.h"

#include "client/client_text.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *text;
    const char *printed;
} texts[] = {
    {"",                                 ""                                },
    {"plain",                            "plain"                           },
    {"two\nlines",                       "two\\x0alines"                   },
    {"mosquitto ends some with two\n\n", "mosquitto ends some with two\n\n"},
    {"\n",                               "\n"                              },
    {"\x1b[31mred\a\b\x7f",              "\\x1b[31mred\\x07\\x08\\x7f"     },
    {"\xc3\xa9 \xe2\x82\xac",            "\xc3\xa9 \xe2\x82\xac"           },
    {"\xc2\x9b"
     "31m",                         "\\xc2\\x9b31m"                   },
    {"\x9b"
     "31m \xff",                    "\\x9b31m \\xff"                  },
    {"cut \xe2\x82",                     "cut \\xe2\\x82"                  },
    {"tab\tcr\r",                        "tab\\x09cr\\x0d"                 },
};

START_TEST(control_characters_are_written_out)
{
    char *printed = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&printed, &size);

    ck_assert_ptr_nonnull(to);
    client_text_print(to, texts[_i].text);
    fclose(to);
    ck_assert_str_eq(printed, texts[_i].printed);
    free(printed);
}
END_TEST

Suite *client_text_suite(void)
{
    Suite *suite = suite_create("client_text");
    TCase *tcase = unit_case(suite, "client_text", 0);

    tcase_add_loop_test(tcase, control_characters_are_written_out, 0,
                        sizeof(texts) / sizeof(texts[0]));
    return suite;
}
