/*
 * What two hand-ins have in common, and the page that shows it.
 */
#include "suites.h"

#include "base/buf.h"
#include "labs/fingerprint.h"
#include "labs/grade_html.h"
#include "labs/similar.h"
#include "mqtt/mqtt.h"
#include "wire/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S UINT64_C(1000000000)

static char hex4_rule[] = "lab/{hex4}/temp";
static char anns[] = "lab/aaaa/temp";
static char bobs[] = "lab/bbbb/temp";

/* The same lab, with the values of two students. */
static struct lab_param values[] = {
    {.rule = hex4_rule, .value = anns},
    {.rule = hex4_rule, .value = bobs},
};

/* Packets of a sensor that publishes to a topic every now and then. */
static json_t *print_of(uint64_t begin_ns, uint64_t jitter_ns,
                        const char *topic, struct lab_param *own)
{
    struct fingerprint *fingerprint = fingerprint_new();
    const struct lab lab = {.params = own, .param_count = 1};

    for (uint64_t i = 0; i < 10; i++) {
        const struct history_row row = {
            .record = {.time_ns = begin_ns + i * S + i * i * jitter_ns,
                       .type = RECORD_MQTT,
                       .direction = RECORD_C2B,
                       .bytes = slice_of_string("0 bytes")},
            .note = {.client_id = "sensor",
                       .user_name = "",
                       .topic = topic,
                       .type = MQTT_PUBLISH               },
        };
        fingerprint_feed(fingerprint, &row);
    }
    ck_assert_uint_ge(fingerprint_seconds(fingerprint), 9);
    json_t *print = fingerprint_json(fingerprint, &lab);
    fingerprint_free(fingerprint);
    return print;
}

static json_t *result_of(const char *student, json_t *print, const char *answer)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:[{s:s, s:s, s:b}]}", "file",
                     student, "student", student, "lab", "01-x", "fingerprint",
                     print, "answers", "question", "q", "answer", answer,
                     "right", 0);
}

static json_t *of_ann(const char *answer)
{
    return result_of("ann", print_of(1000 * S, 12345678, anns, &values[0]),
                     answer);
}

static json_t *of_bob(uint64_t begin_ns, uint64_t jitter_ns, const char *topic,
                      const char *answer)
{
    return result_of("bob", print_of(begin_ns, jitter_ns, topic, &values[1]),
                     answer);
}

/* The findings about ann and bob, a line each. Owned. */
static char *findings(json_t *ann, json_t *bob)
{
    json_t *results = json_pack("[o, o]", ann, bob);
    json_t *similar = similar_find(results);
    json_t *found = json_object_get(json_array_get(similar, 0), "findings");
    struct buf lines = {0};
    size_t i;
    json_t *line;

    json_array_foreach(found, i, line)
        buf_printf(&lines, "%s\n", json_string_value(line));
    ck_assert_ptr_null(json_object_get(ann, "fingerprint"));
    json_decref(similar);
    json_decref(results);
    return buf_take_string(&lines);
}

static void expect(json_t *ann, json_t *bob, const char *expected)
{
    char *found = findings(ann, bob);

    ck_assert_str_eq(found, expected);
    free(found);
}

START_TEST(own_work_has_nothing_in_common)
{
    expect(of_ann("because it is retained"),
           of_bob(2000 * S, 23456789, bobs, "since it is retained there"), "");
}
END_TEST

START_TEST(a_copied_recording_is_told_by_its_times)
{
    /* 10 times, and 8 pairs of times between them */
    expect(of_ann(""), of_bob(1000 * S, 12345678, bobs, ""),
           "times of packets are equal: 18 of 18\n");
}
END_TEST

START_TEST(a_moved_clock_does_not_hide_a_copy)
{
    expect(of_ann(""), of_bob(5000 * S, 12345678, bobs, ""),
           "times of packets are equal: 8 of 18\n");
}
END_TEST

START_TEST(a_neighbours_value_is_told)
{
    expect(of_ann(""), of_bob(2000 * S, 23456789, anns, ""),
           "bob sent 'lab/aaaa/temp', a value of ann\n");
}
END_TEST

START_TEST(a_long_wrong_answer_in_common_is_told)
{
    expect(of_ann("The broker  keeps it in a drawer."),
           of_bob(2000 * S, 23456789, bobs, "the broker keeps it in a drawer"),
           "wrong answers to q are equal: \"The broker  keeps it in a "
           "drawer.\"\n");
}
END_TEST

/* A row of the recording, as nearly all of them are. */
static struct history_row row_at(uint64_t time_ns)
{
    return (struct history_row){
        .record = {.time_ns = time_ns,
                   .type = RECORD_MQTT,
                   .direction = RECORD_C2B,
                   .bytes = slice_of_string("bytes")},
        .note = {.client_id = "c",                  .user_name = "",  .topic = ""}
    };
}

/* How much of a row is in the fingerprint: its times, and what it said. */
static size_t kept_of(const struct history_row *row)
{
    struct fingerprint *fingerprint = fingerprint_new();
    const struct lab lab = {0};

    fingerprint_feed(fingerprint, row);
    json_t *print = fingerprint_json(fingerprint, &lab);
    size_t kept = json_array_size(json_object_get(print, "times")) +
                  strlen(json_string_value(json_object_get(print, "said")));
    json_decref(print);
    fingerprint_free(fingerprint);
    return kept;
}

START_TEST(only_what_a_student_sends_is_a_students)
{
    struct history_row row = row_at(S);

    ck_assert_uint_gt(kept_of(&row), 0);
    row.record.actor = RECORD_SCRIPT;
    ck_assert_uint_eq(kept_of(&row), 0);
    row = row_at(S);
    row.record.flags = RECORD_SNAPSHOT; /* it was there before */
    ck_assert_uint_eq(kept_of(&row), 0);
    row = row_at(S);
    row.record.direction = RECORD_B2C;
    ck_assert_uint_eq(kept_of(&row), 0);
}
END_TEST

START_TEST(breaks_are_no_work)
{
    static const uint64_t times[] = {S, 61 * S, 8000 * S, 8010 * S, 8005 * S};
    struct fingerprint *fingerprint = fingerprint_new();

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        const struct history_row row = row_at(times[i]);

        fingerprint_feed(fingerprint, &row);
    }
    ck_assert_uint_eq(fingerprint_seconds(fingerprint), 70);
    fingerprint_free(fingerprint);
}
END_TEST

/* Of very many times the smallest hashes are kept, so those of a part are
   found in the whole. */
START_TEST(a_fingerprint_is_bounded)
{
    struct fingerprint *fingerprint = fingerprint_new();
    const struct lab lab = {0};

    for (uint64_t i = 1; i < 1000; i++) {
        const struct history_row row = row_at(i * S);

        fingerprint_feed(fingerprint, &row);
    }
    json_t *print = fingerprint_json(fingerprint, &lab);
    const json_t *times = json_object_get(print, "times");
    ck_assert_uint_eq(json_array_size(times), 64);
    for (size_t i = 1; i < 64; i++)
        ck_assert(json_integer_value(json_array_get(times, i - 1)) <
                  json_integer_value(json_array_get(times, i)));
    json_decref(print);
    fingerprint_free(fingerprint);
}
END_TEST

START_TEST(a_value_that_both_have_is_nobodys_alone)
{
    expect(of_ann(""),
           result_of("bob", print_of(2000 * S, 23456789, anns, &values[0]), ""),
           "");
}
END_TEST

/* Two students draw the same word now and then. */
START_TEST(a_value_that_many_have_is_nobodys_own)
{
    static char word_rule[] = "{word}";
    static char word[] = "engine";
    struct lab_param common = {.rule = word_rule, .value = word};

    expect(result_of("ann", print_of(1000 * S, 12345678, "x", &common), ""),
           of_bob(2000 * S, 23456789, word, ""), "");
}
END_TEST

/* One or two equal times may be chance. */
START_TEST(few_equal_times_are_no_finding)
{
    json_t *ann = json_pack("{s:[i,i,i], s:[], s:s, s:[]}", "times", 1, 2, 3,
                            "random", "said", "", "own");
    json_t *bob = json_pack("{s:[i,i,i], s:[], s:s, s:[]}", "times", 2, 3, 4,
                            "random", "said", "", "own");

    expect(result_of("ann", ann, ""), result_of("bob", bob, ""), "");
}
END_TEST

START_TEST(hand_ins_of_two_labs_are_not_compared)
{
    json_t *other = of_bob(1000 * S, 12345678, bobs, "");

    json_object_set_new(other, "lab", json_string("02-y"));
    expect(of_ann(""), other, "");
}
END_TEST

START_TEST(the_same_student_twice_is_no_finding)
{
    expect(of_ann(""), of_ann(""), "");
}
END_TEST

/* A handshake's first bytes on the cable, as two recordings have them. */
static json_t *hello_print(uint8_t last)
{
    struct fingerprint *fingerprint = fingerprint_new();
    const struct lab lab = {0};
    uint8_t hello[60] = {22, 3, 1, 0, 55, 1, 0, 0, 51, 3, 3, 7, 8, 9};

    hello[42] = last;
    const struct history_row row = {
        .record = {.time_ns = S,
                   .type = RECORD_WIRE,
                   .direction = RECORD_C2B,
                   .layer = RECORD_CABLE,
                   .bytes = slice_of(guarded(hello, 43), 43)}
    };
    fingerprint_feed(fingerprint, &row);
    json_t *print = fingerprint_json(fingerprint, &lab);
    fingerprint_free(fingerprint);
    return print;
}

START_TEST(the_random_bytes_of_a_handshake_are_told)
{
    expect(result_of("ann", hello_print(1), ""),
           result_of("bob", hello_print(1), ""),
           "random bytes of sessions are equal: 1\n");
    expect(result_of("ann", hello_print(1), ""),
           result_of("bob", hello_print(2), ""), "");
}
END_TEST

/* A client that said one Client Identifier, and nothing else. */
static json_t *identifier_print(const char *client_id)
{
    struct fingerprint *fingerprint = fingerprint_new();
    const struct lab lab = {0};
    const struct history_row row = {
        .record = {.time_ns = S,           .type = RECORD_MQTT, .direction = RECORD_C2B},
        .note = {.client_id = client_id, .user_name = "",     .topic = ""            },
    };

    fingerprint_feed(fingerprint, &row);
    json_t *print = fingerprint_json(fingerprint, &lab);
    fingerprint_free(fingerprint);
    return print;
}

static const struct {
    const char *client_id;
    bool drawn;
} identifiers[] = {
    {"mosq-Qj2nXw81bLz0TRdYv4",                   true },
    {"auto-6D0E2B1C-94A7-4F3E-8B5D-0C1A2F3E4D5B", true },
    {"550e8400-e29b-41d4-a716-446655440000",      true },
 /* those that two may have chosen, or were given */
    {"umbrella-nobody-knows-me",                  false},
    {"the-thermometer-in-the-kitchen-1",          false},
    {"thermometer20251121120000",                 false},
    {"pump-3f2a",                                 false},
};

START_TEST(an_identifier_is_told_only_if_it_was_drawn)
{
    const char *client_id = identifiers[_i].client_id;

    expect(result_of("ann", identifier_print(client_id), ""),
           result_of("bob", identifier_print(client_id), ""),
           identifiers[_i].drawn ? "random bytes of sessions are equal: 1\n"
                                 : "");
}
END_TEST

/* ---- the page ---- */

static const char evil[] =
    "[{\"file\": \"</td><script>alert(1)</script>.mqlab\","
    "  \"student\": \"ann\", \"lab\": \"01-x\", \"title\": \"X & Y\","
    "  \"points\": 1, \"max\": 2, \"hints\": 0, \"resets\": 0,"
    "  \"seconds\": 61, \"error\": null, \"broken\": false, \"checks\": ["
    "   {\"name\": \"pub\", \"step\": \"one\", \"description\": \"published\","
    "    \"passed\": true, \"result\": \"passed\", \"points\": 1, \"max\": 1,"
    "    \"cause\": null, \"dependency\": null, \"evidence\": [7],"
    "    \"packets\": [{\"number\": 7, \"line\": \"7 PUBLISH <b>\","
    "      \"fields\": [\"Topic: &amp;\"], \"hex\": \"30 00\"}]},"
    "   {\"name\": \"bye\", \"step\": \"one\", \"description\": \"said bye\","
    "    \"passed\": false, \"result\": \"failed\", \"points\": 0, \"max\": 1,"
    "    \"cause\": {\"expected\": \"a bye\", \"actual\": \"none\"},"
    "    \"dependency\": null, \"evidence\": [], \"packets\": []}],"
    "  \"near\": [{\"step\": \"one\", \"text\": \"nearly\", \"packet\": 3}],"
    "  \"answers\": [{\"step\": \"one\", \"question\": \"q\", \"ask\": \"why?\","
    "    \"answer\": \"\\\"><img src=x>\", \"right\": true}]},"
    " {\"file\": \"b\", \"student\": \"\", \"lab\": \"\", \"points\": 0,"
    "  \"max\": 0, \"error\": \"is <no> tar\", \"checks\": []}]";

/* What stands in the page, and what must not. */
static const char *const there[] = {
    "default-src 'none'",
    "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;.mqlab",
    "X &amp; Y",
    "1 of 2 points",
    "<td class=\"n\">2 min</td>",
    "7 PUBLISH &lt;b&gt;",
    "Topic: &amp;amp;",
    "30 00",
    "<dt>expected</dt><dd><bdi>a bye</bdi></dd>",
    "<dt>seen</dt><dd><bdi>none</bdi></dd>",
    "packet 3: <bdi>nearly</bdi>",
    "&quot;&gt;&lt;img src=x&gt;",
    "is &lt;no&gt; tar",
    "<h2>In common</h2>",
};
static const char *const not_there[] = {"<script", "<img", "javascript:"};

START_TEST(a_page_holds_all_of_it_and_nothing_that_acts)
{
    json_t *results = json_loads(evil, 0, NULL);
    json_t *similar =
        json_pack("[{s:[s,s], s:[s,s], s:[s]}]", "files", "a", "b", "students",
                  "ann", "bob", "findings", "times of packets are equal");
    char *page = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&page, &len);

    ck_assert_ptr_nonnull(results);
    grade_html(results, similar, file);
    fclose(file);
    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
        ck_assert_msg(strstr(page, there[i]) != NULL, "%s", there[i]);
    for (size_t i = 0; i < sizeof(not_there) / sizeof(not_there[0]); i++)
        ck_assert_msg(strstr(page, not_there[i]) == NULL, "%s", not_there[i]);
    free(page);
    json_decref(similar);
    json_decref(results);
}
END_TEST

Suite *similar_suite(void)
{
    Suite *suite = suite_create("similar");
    TCase *tcase = unit_case(suite, "similar", 10);

    tcase_add_test(tcase, own_work_has_nothing_in_common);
    tcase_add_test(tcase, a_copied_recording_is_told_by_its_times);
    tcase_add_test(tcase, a_moved_clock_does_not_hide_a_copy);
    tcase_add_test(tcase, a_neighbours_value_is_told);
    tcase_add_test(tcase, a_long_wrong_answer_in_common_is_told);
    tcase_add_test(tcase, only_what_a_student_sends_is_a_students);
    tcase_add_test(tcase, breaks_are_no_work);
    tcase_add_test(tcase, a_fingerprint_is_bounded);
    tcase_add_test(tcase, a_value_that_both_have_is_nobodys_alone);
    tcase_add_test(tcase, a_value_that_many_have_is_nobodys_own);
    tcase_add_test(tcase, few_equal_times_are_no_finding);
    tcase_add_test(tcase, hand_ins_of_two_labs_are_not_compared);
    tcase_add_test(tcase, the_same_student_twice_is_no_finding);
    tcase_add_test(tcase, the_random_bytes_of_a_handshake_are_told);
    tcase_add_loop_test(tcase, an_identifier_is_told_only_if_it_was_drawn, 0,
                        sizeof(identifiers) / sizeof(identifiers[0]));
    tcase_add_test(tcase, a_page_holds_all_of_it_and_nothing_that_acts);
    return suite;
}
