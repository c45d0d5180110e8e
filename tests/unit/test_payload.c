#include "suites.h"

#include <string.h>

#include "tui/payload.h"

static struct buf out;

static void tear_down(void)
{
    buf_release(&out);
}

static const struct {
    const char *payload;
    enum payload_form form;
    const char *shown;
} forms[] = {
    {"21.5",                   PAYLOAD_TEXT,   "21.5\n"               },
    {"a\r\nb\n",               PAYLOAD_TEXT,   "a\nb\n"               },
    {"\x1b[2J",                PAYLOAD_TEXT,   "\\x1b[2J\n"           },
    {"{\"b\":1,\"a\":[2,{}]}", PAYLOAD_JSON,
     "{\n  \"b\": 1,\n  \"a\": [\n    2,\n    {}\n  ]\n}\n"           },
    {"{\"t\":21.5}",           PAYLOAD_JSON,   "{\n  \"t\": 21.5\n}\n"},
    {"no json",                PAYLOAD_JSON,   "no json\n"            },
    {"a",                      PAYLOAD_BASE64, "YQ==\n"               },
    {"ab",                     PAYLOAD_BASE64, "YWI=\n"               },
    {"abc",                    PAYLOAD_BASE64, "YWJj\n"               },
    {"abcd",                   PAYLOAD_BASE64, "YWJjZA==\n"           },
    {"",                       PAYLOAD_BASE64, ""                     },
};

START_TEST(a_payload_is_shown_in_its_form)
{
    payload_put(slice_of_string(forms[_i].payload), forms[_i].form, &out);
    ck_assert_str_eq(buf_string(&out), forms[_i].shown);
}
END_TEST

START_TEST(long_base64_is_broken_after_76_characters)
{
    uint8_t bytes[58] = {0};

    payload_put(slice_of(bytes, 58), PAYLOAD_BASE64, &out);
    ck_assert_uint_eq(strcspn(buf_string(&out), "\n"), 76);
    ck_assert_str_eq(buf_string(&out) + 77, "AA==\n");
}
END_TEST

static const struct {
    const char *payload;
    enum payload_form form;
} best[] = {
    {"{\"a\":1}", PAYLOAD_JSON},
    {"[1]",       PAYLOAD_JSON},
    {"21.5",      PAYLOAD_TEXT},
    {"",          PAYLOAD_TEXT},
    {"a\x01",     PAYLOAD_HEX },
    {"\xff",      PAYLOAD_HEX },
    {"{broken",   PAYLOAD_TEXT},
};

START_TEST(the_form_fits_what_is_in_it)
{
    ck_assert_int_eq(payload_best_form(slice_of_string(best[_i].payload)),
                     best[_i].form);
}
END_TEST

static const struct {
    const char *first;
    const char *second;
    const char *difference;
} differences[] = {
    {"a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n  c\n"},
    {"a\n",       "a\n",       "  a\n"               },
    {"",          "a\nb\n",    "+ a\n+ b\n"          },
    {"a\nb\n",    "",          "- a\n- b\n"          },
    {"b\n",       "a\nb\n",    "+ a\n  b\n"          },
    {"",          "",          ""                    },
};

START_TEST(only_lines_that_differ_are_marked)
{
    payload_diff(differences[_i].first, differences[_i].second, &out);
    ck_assert_str_eq(buf_string(&out), differences[_i].difference);
}
END_TEST

static const struct {
    const char *payload;
    const char *name;
    bool found;
    double number;
} numbers[] = {
    {"21.5",                                 NULL,     true,  21.5},
    {"-3",                                   NULL,     true,  -3  },
    {"{\"a\":\"x\",\"b\":{\"c\":4}}",        NULL,     true,  4   },
    {"{\"watt\":80,\"volt\":230}",           "volt",   true,  230 },
    {"{\"watt\":80}",                        "volt",   false, 0   },
    {"{\"in\":{\"c\":1},\"out\":{\"c\":2}}", "out.c",  true,  2   },
    {"{\"in\":{\"c\":1},\"out\":{\"c\":2}}", "c",      true,  1   },
    {"{\"in\":{\"cc\":1}}",                  "c",      false, 0   },
    {"[5,[6,7]]",                            "[1][1]", true,  7   },
    {"on",                                   NULL,     false, 0   },
    {"",                                     NULL,     false, 0   },
    {"\"7\"",                                NULL,     false, 0   },
};

START_TEST(a_number_is_found_in_it)
{
    double number = 0;

    ck_assert(payload_number(slice_of_string(numbers[_i].payload),
                             numbers[_i].name, &number) == numbers[_i].found);
    if (numbers[_i].found)
        ck_assert_double_eq(number, numbers[_i].number);
}
END_TEST

START_TEST(the_numbers_of_a_message_have_names)
{
    struct payload_numbers found;
    static const char *const names[] = {"wind.speed", "wind.from", "list[0]",
                                        "list[1].x"};

    payload_numbers(
        slice_of_string("{\"id\":\"a\",\"wind\":{\"speed\":4.5,\"from\":270},"
                        "\"list\":[1,{\"x\":2}]}"),
        &found);
    ck_assert_uint_eq(found.count, 4);
    for (size_t i = 0; i < found.count; i++)
        ck_assert_str_eq(found.items[i].name, names[i]);
    ck_assert_double_eq(found.items[1].value, 270);
}
END_TEST

/* More numbers, longer names and deeper JSON than are kept. */
START_TEST(a_hostile_message_has_no_more_numbers_than_there_is_room_for)
{
    struct payload_numbers found;
    struct buf text = {0};

    buf_append_string(&text, "[0");
    for (int i = 0; i < 1000; i++)
        buf_append_string(&text, ",1");
    buf_append_string(&text, "]");
    payload_numbers(buf_slice(&text), &found);
    ck_assert_uint_eq(found.count, PAYLOAD_NUMBERS_MAX);
    buf_clear(&text);
    buf_append_string(&text, "{\"");
    for (int i = 0; i < 1000; i++)
        buf_append_string(&text, "n");
    buf_append_string(&text, "\":1}");
    payload_numbers(buf_slice(&text), &found);
    ck_assert_uint_eq(found.count, 0);
    buf_clear(&text);
    for (int i = 0; i < 100; i++)
        buf_append_string(&text, "[");
    buf_append_string(&text, "1");
    for (int i = 0; i < 100; i++)
        buf_append_string(&text, "]");
    payload_numbers(buf_slice(&text), &found);
    ck_assert_uint_eq(found.count, 0);
    buf_release(&text);
}
END_TEST

Suite *payload_suite(void)
{
    Suite *suite = suite_create("payload");
    TCase *tcase = unit_case(suite, "payload", 0);

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, a_payload_is_shown_in_its_form, 0,
                        sizeof(forms) / sizeof(forms[0]));
    tcase_add_test(tcase, long_base64_is_broken_after_76_characters);
    tcase_add_loop_test(tcase, the_form_fits_what_is_in_it, 0,
                        sizeof(best) / sizeof(best[0]));
    tcase_add_loop_test(tcase, only_lines_that_differ_are_marked, 0,
                        sizeof(differences) / sizeof(differences[0]));
    tcase_add_loop_test(tcase, a_number_is_found_in_it, 0,
                        sizeof(numbers) / sizeof(numbers[0]));
    tcase_add_test(tcase, the_numbers_of_a_message_have_names);
    tcase_add_test(
        tcase, a_hostile_message_has_no_more_numbers_than_there_is_room_for);
    return suite;
}
