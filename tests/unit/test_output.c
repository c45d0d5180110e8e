#include "suites.h"

#include "client/output.h"
#include "mqtt/property.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 2020-05-06T22:12:07.000123456 UTC, printed in a zone of +0230. */
#define WHEN_NS UINT64_C(1588803127000123456)

static struct output output;
static struct buf properties;
static struct buf printed;
static char error[160];

static void set_up(void)
{
    setenv("TZ", "TST-02:30", 1);
    tzset();
}

static void tear_down(void)
{
    output_release(&output);
    buf_release(&properties);
    buf_release(&printed);
}

static void make_properties(void)
{
    property_put_number(&properties, PROPERTY_SUBSCRIPTION_IDENTIFIER, 7);
    property_put_pair(&properties, slice_of_string("k"), slice_of_string("v"));
    property_put_string(&properties, PROPERTY_CONTENT_TYPE,
                        slice_of_string("text/plain"));
    property_put_pair(&properties, slice_of_string("k"), slice_of_string("w"));
    property_put_string(&properties, PROPERTY_RESPONSE_TOPIC,
                        slice_of_string("r/t"));
    property_put_string(&properties, PROPERTY_CORRELATION_DATA,
                        slice_of_string("cd"));
    property_put_number(&properties, PROPERTY_PAYLOAD_FORMAT_INDICATOR, 1);
    property_put_number(&properties, PROPERTY_MESSAGE_EXPIRY_INTERVAL, 100);
}

/* A message "f/a b" with the payload {"a": 1.50}, QoS 1, identifier 12. */
static struct mqtt_publish sample(void)
{
    return (struct mqtt_publish){
        .qos = 1,
        .packet_id = 12,
        .topic = slice_of_string("f/a b"),
        .properties = buf_slice(&properties),
        .payload = slice_of_string("{\"a\": 1.50}"),
    };
}

static const char *print(const struct mqtt_publish *message)
{
    buf_clear(&printed);
    output_message(&output, message, WHEN_NS, &printed);
    return buf_string(&printed);
}

static const char *print_with(const char *format,
                              const struct mqtt_publish *message)
{
    ck_assert_msg(output_set_format(&output, format, error, sizeof(error)),
                  "%s: %s", format, error);
    return print(message);
}

START_TEST(without_options_it_prints_payload_and_end_of_line)
{
    struct mqtt_publish message = sample();

    ck_assert_str_eq(print(&message), "{\"a\": 1.50}\n");
    message.payload.len = 0;
    ck_assert_str_eq(print(&message), "");
}
END_TEST

START_TEST(verbose_prints_the_topic_first)
{
    struct mqtt_publish message = sample();

    output.verbose = true;
    ck_assert_str_eq(print(&message), "f/a b {\"a\": 1.50}\n");
    message.payload.len = 0;
    ck_assert_str_eq(print(&message), "f/a b (null)\n");
    output.no_eol = true;
    ck_assert_str_eq(print(&message), "");
}
END_TEST

static const struct {
    const char *format;
    const char *text; /* without the end of line */
} formats[] = {
    {"%t %p",                            "f/a b {\"a\": 1.50}"                                },
    {"%A|%C|%D|%E|%F|%P|%R|%S",          "|text/plain|cd|100|1|k:v k:w|r/t|7"                 },
    {"%l %m %q %r",                      "11 12 1 0"                                          },
    {"%x %X",                            "7b2261223a20312e35307d 7B2261223A20312E35307D"      },
    {"[%10l][%-10l][%010l][%-010m]",
     "[        11][11        ][0000000011][12        ]"                                       },
    {"[%10t][%-10t][%.3t][%6.3t][%08t]",
     "[     f/a b][f/a b     ][f/a][   f/a][   f/a b]"                                        },
    {"[%24x][%-24X][%024x][%.3x]",
     "[  7b2261223a20312e35307d][7B2261223A20312E35307D  ]"
     "[007b2261223a20312e35307d][7b2261223a20312e35307d]"                                     },
    {"[%13C][%.4C][%-5R][%.1R]",         "[   text/plain][text][r/t  ][r]"                    },
    {"[%5E][%05E][%3F][%03F][%-3F]",     "[  100][00100][  1][001][1  ]"                      },
    {"[%4A][%04A][%-4A]",                "[    ][0000][    ]"                                 },
    {"[%13p][%-13p][%.3p]",
     "[  {\"a\": 1.50}][{\"a\": 1.50}  ][{\"a\": 1.50}]"                                      },
    {"[%5q][%5r][%5D]",                  "[1][0][cd]"                                         },
    {"a\\n\\t\\a\\e\\r\\v\\\\b",         "a\n\t\a\x1b\r\v\\b"                                 },
    {"%% @@ 100%%",                      "% @ 100%"                                           },
    {"@Y-@m-@d @H:@M:@S.@N @z",          "2020-05-07 00:42:07.000123456 +0230"                },
    {"%I|%30I|%.10I|%U",
     "2020-05-07T00:42:07+0230|      2020-05-07T00:42:07+0230|2020-05-07|1588803127.000123456"},
    {"",                                 ""                                                   },
    {"no field",                         "no field"                                           },
};

START_TEST(formats_print_what_mosquitto_prints)
{
    make_properties();
    struct mqtt_publish message = sample();
    char expected[200];

    snprintf(expected, sizeof(expected), "%s\n", formats[_i].text);
    ck_assert_str_eq(print_with(formats[_i].format, &message), expected);
}
END_TEST

START_TEST(what_is_absent_is_padded_but_a_response_topic)
{
    struct mqtt_publish message = sample();

    ck_assert_str_eq(print_with("[%3S][%03S][%5C][%5R]", &message),
                     "[   ][000][     ][]\n");
}
END_TEST

START_TEST(what_is_absent_is_no_other_property)
{
    property_put_string(&properties, PROPERTY_RESPONSE_TOPIC,
                        slice_of_string("r/t"));
    struct mqtt_publish message = sample();

    ck_assert_str_eq(print_with("[%C][%R]", &message), "[][r/t]\n");
}
END_TEST

START_TEST(a_nul_can_be_printed)
{
    struct mqtt_publish message = sample();

    print_with("%t\\0%q", &message);
    ck_assert_uint_eq(printed.len, 8);
    ck_assert_mem_eq(printed.bytes,
                     "f/a b\0"
                     "1\n",
                     8);
}
END_TEST

START_TEST(without_eol_nothing_follows_a_format)
{
    struct mqtt_publish message = sample();

    output.no_eol = true;
    ck_assert_str_eq(print_with("[%q]", &message), "[1]");
}
END_TEST

static const struct {
    const char *format;
    const char *error;
} bad_formats[] = {
    {"%z %t", "Error: Invalid format specifier 'z'."},
    {"%.z",   "Error: Invalid format specifier 'z'."},
    {"%--5t", "Error: Invalid format specifier '-'."},
    {"abc %", "Error: Incomplete format specifier." },
    {"%10",   "Error: Incomplete format specifier." },
    {"%10.",  "Error: Incomplete format specifier." },
    {"%-5",   "Error: Incomplete format specifier." },
    {"@",     "Error: Incomplete format specifier." },
    {"\\",    "Error: Incomplete escape specifier." },
    {"a\\z",  "Error: Invalid escape specifier 'z'."},
};

START_TEST(bad_formats_are_refused)
{
    ck_assert(!output_set_format(&output, bad_formats[_i].format, error,
                                 sizeof(error)));
    ck_assert_str_eq(error, bad_formats[_i].error);
}
END_TEST

START_TEST(a_huge_width_is_cut)
{
    struct mqtt_publish message = sample();

    print_with("%99999999999999999999q%99999999999999999999t", &message);
    ck_assert_uint_eq(printed.len, 1 + 10000 + 1);
}
END_TEST

/* --- JSON ----------------------------------------------------------------- */

#define HEAD \
    "{\"tst\":\"2020-05-07T00:42:07.000123Z+0230\",\"topic\":\"f/a b\","

START_TEST(json_has_all_of_the_message)
{
    make_properties();
    struct mqtt_publish message = sample();

    ck_assert_str_eq(
        print_with("%j", &message),
        HEAD "\"qos\":1,\"retain\":0,\"payloadlen\":11,\"mid\":12,"
             "\"properties\":{\"subscription-identifier\":7,"
             "\"user-properties\":{\"k\":\"v\",\"k\":\"w\"},"
             "\"content-type\":\"text/plain\",\"response-topic\":\"r/t\","
             "\"correlation-data\":\"cd\",\"payload-format-indicator\":1,"
             "\"message-expiry-interval\":100},"
             "\"payload\":\"{\\\"a\\\": 1.50}\"}\n");
}
END_TEST

START_TEST(json_of_qos_0_has_no_identifier_and_empty_is_null)
{
    struct mqtt_publish message = {.topic = slice_of_string("f/a b")};

    ck_assert_str_eq(print_with("%j", &message),
                     HEAD "\"qos\":0,\"retain\":0,\"payloadlen\":0,"
                          "\"payload\":null}\n");
    ck_assert_str_eq(print_with("%J", &message), buf_string(&printed));
}
END_TEST

static const struct {
    const char *payload;
    size_t len;
    const char *text;
} escapes[] = {
    {"a\"b\\c/d",          7, "a\\\"b\\\\c/d"             },
    {"\b\f\n\r\t\x1b\x7f", 7, "\\b\\f\\n\\r\\t\\u001b\x7f"},
    {"a\0b",               3, "a\\u0000b"                 },
    {"\xc3\xb6",           2, "\xc3\xb6"                  },
    {"x\xffy\xc3",         4, "x\xef\xbf\xbdy\xef\xbf\xbd"},
};

START_TEST(json_escapes_what_must_be_and_mends_what_is_not_utf_8)
{
    struct mqtt_publish message = {
        .topic = slice_of_string("f/a b"),
        .payload = slice_of(escapes[_i].payload, escapes[_i].len)};
    char expected[200];

    snprintf(expected, sizeof(expected),
             HEAD "\"qos\":0,\"retain\":0,\"payloadlen\":%zu,"
                  "\"payload\":\"%s\"}\n",
             escapes[_i].len, escapes[_i].text);
    ck_assert_str_eq(print_with("%j", &message), expected);
}
END_TEST

static const struct {
    const char *payload;
    const char *text;
} values[] = {
    {"{\"a\": 1.50, \"b\":[1, {\"c\":null}, []], \"d\":{} }",
     "{\"a\":1.5,\"b\":[1,{\"c\":null},[]],\"d\":{}}"                                     },
    {" true ",                                                "true"                      },
    {"-12",                                                   "-12"                       },
    {"0.1",                                                   "0.1"                       },
    {"3.14159265358979312",                                   "3.1415926535897931"        },
    {"21.299999999999997",                                    "21.3"                      },
    {"[18446744073709551615, 1]",                             "[1.8446744073709552e+19,1]"},
    {"9007199254740993",                                      "9007199254740993"          },
    {"\"x\\u00e9\"",                                          "\"x\xc3\xa9\""             },
};

START_TEST(json_payloads_are_put_in_as_values)
{
    struct mqtt_publish message = {.topic = slice_of_string("f/a b"),
                                   .payload =
                                       slice_of_string(values[_i].payload)};

    ck_assert_ptr_nonnull(strstr(print_with("%J", &message), "\"payload\":"));
    const char *payload = strstr(buf_string(&printed), "\"payload\":") + 10;
    ck_assert_uint_eq(strlen(payload), strlen(values[_i].text) + 2);
    ck_assert_int_eq(strncmp(payload, values[_i].text, strlen(values[_i].text)),
                     0);
}
END_TEST

START_TEST(a_payload_that_is_no_json_leaves_the_rest_of_the_format)
{
    struct mqtt_publish message = {.topic = slice_of_string("t"),
                                   .payload = slice_of_string("x")};

    ck_assert(output_set_format(&output, "<%J>", error, sizeof(error)));
    ck_assert(!output_message(&output, &message, WHEN_NS, &printed));
    ck_assert_str_eq(buf_string(&printed), "<>\n");
}
END_TEST

START_TEST(pretty_json_is_mosquittos_layout)
{
    struct mqtt_publish message = {
        .topic = slice_of_string("t"),
        .payload = slice_of_string("{\"a\":[1,2],\"b\":{\"c\":1}}")};

    output.pretty = true;
    ck_assert_str_eq(print_with("%J", &message),
                     "{\n"
                     "\t\"tst\":\t\"2020-05-07T00:42:07.000123Z+0230\",\n"
                     "\t\"topic\":\t\"t\",\n"
                     "\t\"qos\":\t0,\n"
                     "\t\"retain\":\t0,\n"
                     "\t\"payloadlen\":\t23,\n"
                     "\t\"payload\":\t{\n"
                     "\t\t\"a\":\t[1, 2],\n"
                     "\t\t\"b\":\t{\n"
                     "\t\t\t\"c\":\t1\n"
                     "\t\t}\n"
                     "\t}\n"
                     "}\n");
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *output_suite(void)
{
    Suite *suite = suite_create("output");
    TCase *tcase = unit_case(suite, "output", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, without_options_it_prints_payload_and_end_of_line);
    tcase_add_test(tcase, verbose_prints_the_topic_first);
    tcase_add_loop_test(tcase, formats_print_what_mosquitto_prints, 0,
                        ROWS(formats));
    tcase_add_test(tcase, what_is_absent_is_padded_but_a_response_topic);
    tcase_add_test(tcase, what_is_absent_is_no_other_property);
    tcase_add_test(tcase, a_nul_can_be_printed);
    tcase_add_test(tcase, without_eol_nothing_follows_a_format);
    tcase_add_loop_test(tcase, bad_formats_are_refused, 0, ROWS(bad_formats));
    tcase_add_test(tcase, a_huge_width_is_cut);
    tcase_add_test(tcase, json_has_all_of_the_message);
    tcase_add_test(tcase, json_of_qos_0_has_no_identifier_and_empty_is_null);
    tcase_add_loop_test(tcase,
                        json_escapes_what_must_be_and_mends_what_is_not_utf_8,
                        0, ROWS(escapes));
    tcase_add_loop_test(tcase, json_payloads_are_put_in_as_values, 0,
                        ROWS(values));
    tcase_add_test(tcase,
                   a_payload_that_is_no_json_leaves_the_rest_of_the_format);
    tcase_add_test(tcase, pretty_json_is_mosquittos_layout);
    return suite;
}
