#include "suites.h"

#include "base/buf.h"
#include "base/log.h"

static void keep(void *context, enum log_level level, const char *line)
{
    (void)level;
    buf_append_string(context, line);
}

/* clang-format off */
static const struct {
    const char *text;
    const char *line;
} lines[] = {
    {"client \xc3\xa4\xe2\x82\xac",  "client \xc3\xa4\xe2\x82\xac"},
    {"a\x1b[2Jb",                    "a\\x1b[2Jb"},
    {"a\r\nforged",                  "a\\x0d\\x0aforged"},
    {"\x7f",                         "\\x7f"},
    {"a\xc2\x9b" "2Jb",              "a\\xc2\\x9b2Jb"},
    {"\xc2\x80\xc2\x9f\xc2\xa0",     "\\xc2\\x80\\xc2\\x9f\xc2\xa0"},
    {"cut \xc2",                     "cut \xc2"},
};
/* clang-format on */

START_TEST(no_control_character_is_written)
{
    struct buf line = {0};
    const struct log log = {.level = LOG_INFO, .sink = keep, .context = &line};

    log_info(&log, "%s", lines[_i].text);
    ck_assert_str_eq(buf_string(&line), lines[_i].line);
    buf_release(&line);
}
END_TEST

START_TEST(what_is_less_important_than_the_level_is_not_written)
{
    struct buf line = {0};
    const struct log log = {
        .level = LOG_WARNING, .sink = keep, .context = &line};

    log_notice(&log, "not this");
    ck_assert_uint_eq(line.len, 0);
    log_error(&log, "this");
    ck_assert_str_eq(buf_string(&line), "this");
    buf_release(&line);
}
END_TEST

Suite *log_suite(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = unit_case(suite, "log", 5);

    tcase_add_loop_test(tcase, no_control_character_is_written, 0,
                        sizeof(lines) / sizeof(lines[0]));
    tcase_add_test(tcase, what_is_less_important_than_the_level_is_not_written);
    return suite;
}
