#include "suites.h"

#include "base/buf.h"
#include "labs/markdown.h"

#include <string.h>

static struct markdown markdown;

static void parse(const char *text)
{
    ck_assert_int_eq(markdown_parse(&markdown, text, strlen(text), 1), 0);
}

static void forget(void)
{
    markdown_release(&markdown);
}

START_TEST(numbers_go_on_behind_an_inner_list)
{
    static const char *const items[] = {"1. one", "- a",    "1. x",
                                        "2. y",   "2. two", "3. three"};

    parse("1. one\n"
          "   - a\n"
          "     1. x\n"
          "     2. y\n"
          "2. two\n"
          "3. three\n");
    ck_assert_uint_eq(markdown.count, sizeof(items) / sizeof(items[0]));
    for (size_t i = 0; i < markdown.count; i++)
        ck_assert_str_eq(markdown.blocks[i].text, items[i]);
}
END_TEST

START_TEST(numbers_begin_where_the_list_does)
{
    static const char *const items[] = {"0. none", "1. one", "- a", "7. seven"};

    parse("0. none\n1. one\n\n- a\n\n7. seven\n");
    ck_assert_uint_eq(markdown.count, sizeof(items) / sizeof(items[0]));
    for (size_t i = 0; i < markdown.count; i++)
        ck_assert_str_eq(markdown.blocks[i].text, items[i]);
}
END_TEST

START_TEST(lists_as_deep_as_anybody_writes_them_are_read)
{
    struct buf text = {0};

    for (int i = 0; i < 30; i++)
        buf_printf(&text, "%*s- %d\n", 2 * i, "", i);
    parse(buf_string(&text));
    ck_assert_uint_eq(markdown.count, 30);
    ck_assert_str_eq(markdown.blocks[29].text, "- 29");
    ck_assert_uint_eq(markdown.blocks[29].level, 30);
    buf_release(&text);
}
END_TEST

START_TEST(every_block_has_its_line)
{
    static const unsigned lines[] = {1, 3, 6, 9, 12};

    parse("# One\n\nTwo\nthree\n\n```sh\nx\n```\n- four\n\n\n> five\n");
    ck_assert_uint_eq(markdown.count, sizeof(lines) / sizeof(lines[0]));
    for (size_t i = 0; i < markdown.count; i++)
        ck_assert_uint_eq(markdown.blocks[i].line, lines[i]);
}
END_TEST

/* As long as a lab may be; counting lines from the top each time took hours. */
START_TEST(a_long_text_takes_no_longer_than_its_length)
{
    struct buf text = {0};

    while (text.len < 1 << 20)
        buf_append_string(&text, "a\n\n");
    parse(buf_string(&text));
    ck_assert_uint_eq(markdown.blocks[markdown.count - 1].line,
                      2 * markdown.count - 1);
    buf_release(&text);
}
END_TEST

Suite *markdown_suite(void)
{
    Suite *suite = suite_create("markdown");
    TCase *tcase = unit_case(suite, "markdown", 10);

    tcase_add_checked_fixture(tcase, NULL, forget);
    tcase_add_test(tcase, numbers_go_on_behind_an_inner_list);
    tcase_add_test(tcase, numbers_begin_where_the_list_does);
    tcase_add_test(tcase, lists_as_deep_as_anybody_writes_them_are_read);
    tcase_add_test(tcase, every_block_has_its_line);
    tcase_add_test(tcase, a_long_text_takes_no_longer_than_its_length);
    return suite;
}
