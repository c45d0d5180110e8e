/*
 * Each format of a report, byte for byte, over results that try to break it.
 */
#include "suites.h"

#include "base/buf.h"
#include "labs/grade_html.h"
#include "labs/grade_junit.h"
#include "labs/grade_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hand-in with a check that passed, one that failed, one nobody can tell of,
   and one that was no hand-in. Names hold what each format finds special. */
static const char results_text[] =
    "[{\"file\": \"a.mqlab\", \"student\": \"=ann\", \"lab\": \"01-x\","
    "  \"version\": \"1\", \"title\": \"X\", \"points\": 3, \"max\": 6,"
    "  \"hints\": 1, \"resets\": 2, \"seconds\": 61, \"error\": null, \"broken\": false,"
    "  \"checks\": ["
    "   {\"name\": \"pub\", \"step\": \"one\", \"description\": \"a # \\\\ b\","
    "    \"passed\": true, \"result\": \"passed\", \"points\": 3, \"max\": 3,"
    "    \"log\": [], \"cause\": null, \"dependency\": null,"
    "    \"evidence\": [7, 12]},"
    "   {\"name\": \"bye\", \"step\": \"one\", \"description\": \"<&>\","
    "    \"passed\": false, \"result\": \"failed\", \"points\": 0, \"max\": 2,"
    "    \"log\": [], \"cause\": {\"rationale\": \"r\", \"help\": \"\","
    "    \"expected\": \"seen \\\"x\\\"\", \"actual\": \"0 matched\"},"
    "    \"dependency\": null, \"evidence\": [9]},"
    "   {\"name\": \"end\", \"step\": \"two\", \"description\": \"the end\","
    "    \"passed\": null, \"result\": \"skipped\", \"points\": 0, \"max\": 1,"
    "    \"log\": [], \"cause\": {\"rationale\": \"r\", \"help\": \"\","
    "    \"expected\": \"e\", \"actual\": \"a\"},"
    "    \"dependency\": \"one\", \"evidence\": []}]},"
    " {\"file\": \"b\\u001b.mqlab\", \"student\": \"\", \"lab\": \"\","
    "  \"version\": \"\", \"title\": \"\", \"points\": 0, \"max\": 0,"
    "  \"hints\": 0, \"resets\": 0, \"error\": \"is \\\"no\\\" tar #1\","
    "  \"broken\": false, \"checks\": []}]";

static const char text[] = "a.mqlab: =ann, lab 01-x: 3 of 6 points\n"
                           "  [x] 3/3  one.pub  a # \\ b  packets 7, 12\n"
                           "  [ ] 0/2  one.bye  <&>  packet 9\n"
                           "        expected: seen \"x\"\n"
                           "        seen:     0 matched\n"
                           "  [?] 0/1  two.end  the end\n"
                           "        expected: e\n"
                           "        seen:     a\n"
                           "  hints opened: 1\n"
                           "\n"
                           "b\\x1b.mqlab: not graded: is \"no\" tar #1\n"
                           "\n"
                           "2 hand-ins, 0 with full marks\n";

static const char tap[] =
    "TAP version 14\n"
    "1..2\n"
    "# Subtest: =ann\n"
    "    1..1\n"
    "    # Subtest: a.mqlab\n"
    "        1..3\n"
    "        ok 1 - one.pub a \\# \\\\ b\n"
    "        not ok 2 - one.bye <&>\n"
    "          ---\n"
    "          result: \"failed\"\n"
    "          expected: \"seen \\\"x\\\"\"\n"
    "          actual: \"0 matched\"\n"
    "          ...\n"
    "        not ok 3 - two.end the end\n"
    "          ---\n"
    "          result: \"skipped\"\n"
    "          expected: \"e\"\n"
    "          actual: \"a\"\n"
    "          ...\n"
    "    not ok 1 - a.mqlab lab 01-x, 3 of 6 points\n"
    "not ok 1 - =ann\n"
    "# Subtest: nobody known\n"
    "    1..1\n"
    "    # Subtest: b\\\\x1b.mqlab\n"
    "        1..0\n"
    "    not ok 1 - b\\\\x1b.mqlab not graded: is \"no\" tar \\#1\n"
    "not ok 2 - nobody known\n";

static const char junit[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<testsuites name=\"mqttlab\" tests=\"4\" failures=\"1\" errors=\"2\" "
    "time=\"0\">\n"
    "  <testsuite name=\"a.mqlab\" tests=\"3\" failures=\"1\" errors=\"1\" "
    "time=\"0\">\n"
    "    <testcase classname=\"01-x\" name=\"one.pub\" time=\"0\"/>\n"
    "    <testcase classname=\"01-x\" name=\"one.bye\" time=\"0\">\n"
    "      <failure message=\"0 matched\">expected: seen &quot;x&quot;"
    "</failure>\n"
    "    </testcase>\n"
    "    <testcase classname=\"01-x\" name=\"two.end\" time=\"0\">\n"
    "      <error message=\"a\">expected: e</error>\n"
    "    </testcase>\n"
    "  </testsuite>\n"
    "  <testsuite name=\"b\\x1b.mqlab\" tests=\"1\" failures=\"0\" errors=\"1\" "
    "time=\"0\">\n"
    "    <testcase classname=\"grade\" name=\"hand-in\" time=\"0\">\n"
    "      <error message=\"is &quot;no&quot; tar #1\"/>\n"
    "    </testcase>\n"
    "  </testsuite>\n"
    "</testsuites>\n";

static const char csv[] =
    "student,lab,points,max,unmarked,hints,resets,seconds,\"one\",\"two\",file,"
    "error\n"
    "\"'=ann\",\"01-x\",3,6,0,1,2,61,3,0,\"a.mqlab\",\"\"\n"
    "\"\",\"\",0,0,0,0,0,0,,,\"b\\x1b.mqlab\",\"is \"\"no\"\" tar #1\"\n";

static const struct {
    grade_report_write *write;
    const char *expected;
} formats[] = {
    {grade_report_text, text },
    {grade_report_tap,  tap  },
    {grade_junit,       junit},
    {grade_report_csv,  csv  },
};

static json_t *load(const char *from)
{
    json_error_t error;
    json_t *results = json_loads(from, 0, &error);

    ck_assert_msg(results != NULL, "%s at %d", error.text, error.position);
    return results;
}

/* What a format makes of the results. Owned. */
static char *write_all(grade_report_write *write, const json_t *results)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&bytes, &len);

    ck_assert_ptr_nonnull(file);
    write(results, file);
    fclose(file);
    return bytes;
}

START_TEST(a_report_has_exactly_these_bytes)
{
    json_t *results = load(results_text);
    char *bytes = write_all(formats[_i].write, results);

    ck_assert_str_eq(bytes, formats[_i].expected);
    free(bytes);
    json_decref(results);
}
END_TEST

START_TEST(what_hints_cost_is_said)
{
    json_t *results = load(results_text);

    json_object_set_new(json_array_get(results, 0), "points", json_integer(2));
    char *written = write_all(grade_report_text, results);
    ck_assert_ptr_nonnull(strstr(written, "\n  hints opened: 1 (-1 point)\n"));
    free(written);
    json_object_set_new(json_array_get(results, 0), "points", json_integer(1));
    written = write_all(grade_report_text, results);
    ck_assert_ptr_nonnull(strstr(written, "\n  hints opened: 1 (-2 points)\n"));
    free(written);
    json_decref(results);
}
END_TEST

START_TEST(json_gives_back_what_it_was_given)
{
    json_t *results = load(results_text);
    char *bytes = write_all(grade_report_json, results);
    json_t *again = load(bytes);

    ck_assert(json_equal(results, again));
    ck_assert_int_eq(bytes[strlen(bytes) - 1], '\n');
    ck_assert_ptr_null(strchr(bytes, 0x1b));
    json_decref(again);
    free(bytes);
    json_decref(results);
}
END_TEST

START_TEST(a_report_of_nothing_is_a_whole_report)
{
    static const char *const nothing[] = {
        "0 hand-ins, 0 with full marks\n",
        "TAP version 14\n1..0\n",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"mqttlab\" tests=\"0\" failures=\"0\" errors=\"0\" "
        "time=\"0\">\n</testsuites>\n",
        "student,lab,points,max,unmarked,hints,resets,seconds,file,error\n",
    };
    json_t *results = load("[]");
    char *bytes = write_all(formats[_i].write, results);

    ck_assert_str_eq(bytes, nothing[_i]);
    free(bytes);
    json_decref(results);
}
END_TEST

/* 2026-05-04T09:30:00Z */
static const uint64_t morning_ns = UINT64_C(1777887000999999999);

START_TEST(a_stamp_is_in_every_form_and_changes_nothing_else)
{
    static const char *const says[] = {
        "graded 2026-05-04T09:30:00Z\n",
        "# graded 2026-05-04T09:30:00Z\n",
        " timestamp=\"2026-05-04T09:30:00Z\"",
        ",2026-05-04T09:30:00Z\n",
    };
    json_t *results = load(results_text);

    grade_report_stamp(results, morning_ns);
    char *bytes = write_all(formats[_i].write, results);
    ck_assert_ptr_nonnull(strstr(bytes, says[_i]));
    free(bytes);
    bytes = write_all(grade_report_json, results);
    ck_assert_ptr_nonnull(
        strstr(bytes, "\"graded\": \"2026-05-04T09:30:00Z\""));
    free(bytes);
    json_object_del(json_array_get(results, 0), "graded");
    json_object_del(json_array_get(results, 1), "graded");
    bytes = write_all(formats[_i].write, results);
    ck_assert_str_eq(bytes, formats[_i].expected);
    free(bytes);
    json_decref(results);
}
END_TEST

static void write_html(const json_t *results, FILE *to)
{
    json_t *similar = json_array();

    grade_html(results, similar, to);
    json_decref(similar);
}

/* One answer that waits for a person, and one that has its points. */
static const char by_hand_text[] =
    "[{\"file\": \"a.mqlab\", \"student\": \"ann\", \"lab\": \"01-x\","
    "  \"title\": \"X\", \"points\": 2, \"max\": 6, \"unmarked\": 3,"
    "  \"hints\": 0, \"resets\": 0, \"seconds\": 0, \"error\": null,"
    "  \"checks\": ["
    "   {\"name\": \"why\", \"step\": \"one\", \"description\": \"d\","
    "    \"passed\": null, \"result\": \"unmarked\", \"points\": 0, \"max\": 3,"
    "    \"cause\": {\"expected\": \"answer why\", \"actual\": \"a person\"},"
    "    \"evidence\": []},"
    "   {\"name\": \"how\", \"step\": \"one\", \"description\": \"d\","
    "    \"passed\": false, \"result\": \"marked\", \"points\": 2, \"max\": 3,"
    "    \"cause\": {\"expected\": \"answer how\", \"actual\": \"2 of 3\"},"
    "    \"evidence\": []}],"
    "  \"answers\": ["
    "   {\"step\": \"one\", \"question\": \"why\", \"ask\": \"Why?\","
    "    \"answer\": \"<It>\", \"right\": null, \"mark\":"
    "    {\"id\": \"m1\", \"max\": 3, \"points\": null, \"remark\": \"\"}},"
    "   {\"step\": \"one\", \"question\": \"how\", \"ask\": \"How?\","
    "    \"answer\": \"So\", \"right\": null, \"mark\":"
    "    {\"id\": \"m2\", \"max\": 3, \"points\": 2, \"remark\": \"& who?\"}}]}]";

static const struct {
    grade_report_write *write;
    const char *says;
} by_hand[] = {
    {grade_report_text, "a.mqlab: ann, lab 01-x: 2 of 6 points, 3 to be marked "
                        "by hand\n"                         },
    {grade_report_text, "  one.why  Why?\n        answer:   <It>\n"
                        "        points:   none yet, of 3\n"},
    {grade_report_text, "        answer:   So\n        points:   2 of 3\n"
                        "        remark:   & who?\n"        },
    {grade_report_tap,  "        not ok 1 - one.why d\n          ---\n"
                       "          result: \"unmarked\"\n"    },
    {grade_report_tap,
     "    not ok 1 - a.mqlab lab 01-x, 2 of 6 points, 3 to be marked by "
     "hand\n"                                                                      },
    {grade_junit,       "tests=\"2\" failures=\"1\" errors=\"0\""                  },
    {grade_junit,       "name=\"one.why\" time=\"0\">\n      <skipped "
                  "message=\"to be marked by hand\"/>\n"          },
    {grade_report_csv,  "\"ann\",\"01-x\",2,6,3,0,0,0,2,\"a.mqlab\",\"\"\n"        },
    {write_html,        "<q><bdi>&lt;It&gt;</bdi></q> (to be marked by hand, 3 "
                 "points)"                                         },
    {write_html,        "(2 of 3 points: <bdi>&amp; who?</bdi>)"                   },
    {write_html,        ": 2 of 6 points, 3 to be marked by hand</p>"              },
};

START_TEST(what_is_to_be_marked_is_said_in_every_form)
{
    json_t *results = load(by_hand_text);
    char *bytes = write_all(by_hand[_i].write, results);

    ck_assert_msg(strstr(bytes, by_hand[_i].says), "%s", bytes);
    free(bytes);
    json_decref(results);
}
END_TEST

Suite *grade_report_suite(void)
{
    Suite *suite = suite_create("grade_report");
    TCase *tcase = unit_case(suite, "grade_report", 10);
    int count = (int)(sizeof(formats) / sizeof(formats[0]));

    tcase_add_loop_test(tcase, a_report_has_exactly_these_bytes, 0, count);
    tcase_add_loop_test(
        tcase, a_stamp_is_in_every_form_and_changes_nothing_else, 0, count);
    tcase_add_loop_test(tcase, what_is_to_be_marked_is_said_in_every_form, 0,
                        (int)(sizeof(by_hand) / sizeof(by_hand[0])));
    tcase_add_test(tcase, what_hints_cost_is_said);
    tcase_add_test(tcase, json_gives_back_what_it_was_given);
    tcase_add_loop_test(tcase, a_report_of_nothing_is_a_whole_report, 0, count);
    return suite;
}
