/*
 * A lab being done, as a function of records.
 */
#include "suites.h"

#include "labs/answer.h"
#include "labs/lab_near.h"
#include "labs/lab_run.h"
#include "labs/lab_score.h"
#include "labs/lab_text.h"
#include "student.h"
#include "wire/event.h"

#include <stdlib.h>
#include <string.h>

static const char lab_text[] = STUDENT_LAB
    "## Step 1: One\n"
    "<!-- step one -->\n"
    "```check\n"
    "pub   3  seen lab.type == \"PUBLISH\"\n"
    "len   2  answer len\n"
    "kept  1  retained a/b == 21\n"
    "```\n"
    "```question len\n"
    "ask: How long?\n"
    "answer: field mqtt.len of check pub\n"
    "wrong 6: Count again.\n"
    "```\n"
    "```near\n"
    "lab.type == \"PINGREQ\" : No ping (packet {n}, {mqtt.len} bytes, {x.y}).\n"
    "lab.event == \"will.fired\" : It has fired ({n}).\n"
    "```\n"
    "<details><summary>Hint (costs 1)</summary>\n\nA\n\n</details>\n\n"
    "<details><summary>Hint (costs 9)</summary>\n\nB\n\n</details>\n\n"
    "## Step 2: Two\n"
    "<!-- step two needs=one -->\n"
    "```check\n"
    "pub   4  seen lab.type == \"PUBLISH\"\n"
    "none  0  never lab.type == \"PINGREQ\"\n"
    "```\n";

enum { PUB, LEN, KEPT };
enum { NONE = 1 };

#define PUBLISH "30 07 0003 612f62 6869"

static struct lab_run *run;
static uint64_t seq;

static void set_up_with(const char *text)
{
    struct student student;
    struct lab_problems problems = {0};

    student_make_folder(&student);
    char *path = student_write_file(&student, "x.md", text);
    struct lab *lab = lab_load(path, "ann", &problems);
    ck_assert_msg(lab != NULL, "%s", buf_string(&problems.text));
    run = lab_run_new(lab, NULL, &problems);
    ck_assert_msg(run != NULL, "%s", buf_string(&problems.text));
    free(path);
    buf_release(&problems.text);
    student_remove_folder(&student);
    seq = 0;
}

static void set_up(void)
{
    set_up_with(lab_text);
}

static void tear_down(void)
{
    lab_run_free(run);
}

static void feed(enum record_type type, struct slice bytes, unsigned flags,
                 enum record_actor actor)
{
    const uint64_t now = ++seq;
    const struct record record = {
        .seq = now,
        .time_ns = now,
        .connection = type == RECORD_MQTT ? 1 : 0,
        .original_len = (uint32_t)bytes.len,
        .type = (uint8_t)type,
        .flags = (uint8_t)flags,
        .direction = RECORD_C2B,
        .version = 4,
        .actor = (uint8_t)actor,
        .bytes = bytes,
    };

    lab_run_feed(run, &record);
}

static void packet_of(enum record_actor actor, unsigned flags, const char *hex)
{
    uint8_t bytes[64];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    feed(RECORD_MQTT, slice_of(bytes, len), flags, actor);
}

static void packet(const char *hex)
{
    packet_of(RECORD_STUDENT, 0, hex);
}

/* Something that the student does; the bytes are gone then. */
static void deed(struct buf *bytes)
{
    feed(RECORD_LAB, buf_slice(bytes), 0, RECORD_STUDENT);
    buf_release(bytes);
}

/* What the student does with a step. */
static void do_with(size_t step,
                    void (*put)(struct buf *, const struct lab_step *))
{
    struct buf bytes = {0};

    put(&bytes, run->steps[step].step);
    deed(&bytes);
}

static void begin_step(size_t step)
{
    do_with(step, lab_run_begin_step);
}

static void answer(const char *text)
{
    struct buf bytes = {0};

    lab_run_answer(&bytes, "len", text);
    deed(&bytes);
}

static void retain(const char *value)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_RETAINED_STORED);
    record_put_string(&bytes, RECORD_TOPIC, "a/b");
    record_put_string(&bytes, RECORD_PAYLOAD, value);
    feed(RECORD_EVT, buf_slice(&bytes), 0, RECORD_OTHER);
    buf_release(&bytes);
}

static enum check_result result(size_t step, size_t check)
{
    return check_status(run->steps[step].checks[check])->result;
}

START_TEST(packets_count_for_the_step_that_is_done)
{
    packet(PUBLISH);
    ck_assert_int_eq(result(0, PUB), CHECK_WAITING);
    begin_step(0);
    packet_of(RECORD_STUDENT, RECORD_SNAPSHOT, PUBLISH);
    packet_of(RECORD_SCRIPT, 0, PUBLISH);
    ck_assert_int_eq(result(0, PUB), CHECK_WAITING);
    packet(PUBLISH);
    ck_assert_int_eq(result(0, PUB), CHECK_PASSED);
    ck_assert_int_eq(result(1, PUB), CHECK_WAITING);
    begin_step(1);
    ck_assert_int_eq(result(1, PUB), CHECK_WAITING);
    packet(PUBLISH);
    ck_assert_int_eq(result(1, PUB), CHECK_PASSED);
}
END_TEST

START_TEST(a_step_that_was_not_begun_has_no_points)
{
    ck_assert_int_eq(result(1, NONE), CHECK_PASSED);
    ck_assert_uint_eq(lab_score_points(run), 0);
    ck_assert(!lab_run_step_complete(&run->steps[1]));
}
END_TEST

START_TEST(what_the_broker_keeps_counts_from_before_the_step)
{
    retain("21");
    begin_step(0);
    ck_assert_int_eq(result(0, KEPT), CHECK_PASSED);
    retain("22");
    ck_assert_int_eq(result(0, KEPT), CHECK_WAITING);
    retain("21");
    /* What a later step does takes nothing back. */
    begin_step(1);
    retain("23");
    ck_assert_int_eq(result(0, KEPT), CHECK_PASSED);
}
END_TEST

START_TEST(what_the_broker_kept_once_does_not_count)
{
    retain("21");
    retain("22");
    begin_step(0);
    ck_assert_int_eq(result(0, KEPT), CHECK_WAITING);
}
END_TEST

START_TEST(hints_cost_points_but_never_more_than_there_are)
{
    begin_step(0);
    packet(PUBLISH);
    ck_assert_uint_eq(lab_score_points(run), 3);
    do_with(0, lab_run_hint);
    ck_assert_uint_eq(lab_score_points(run), 2);
    ck_assert_uint_eq(lab_score_cost(run), 1);
    do_with(0, lab_run_hint);
    ck_assert_uint_eq(lab_score_points(run), 0);
    ck_assert_uint_eq(lab_score_cost(run), 3);
    do_with(0, lab_run_hint);
    ck_assert_uint_eq(run->steps[0].hints_open, 2);
    begin_step(1);
    packet(PUBLISH);
    ck_assert_uint_eq(lab_score_points(run), 4);
}
END_TEST

START_TEST(an_answer_is_a_field_of_the_packet_that_proved_a_check)
{
    const struct lab_run_question *question = &run->steps[0].questions[0];

    begin_step(0);
    answer("7");
    ck_assert(!question->right); /* nothing was published yet */
    packet(PUBLISH);
    answer("6");
    ck_assert(!question->right);
    ck_assert_str_eq(question->remark, "Count again.");
    answer("0x07");
    ck_assert(!question->right);
    ck_assert_str_eq(question->remark, "That is hex. As a decimal number?");
    answer("0x08");
    ck_assert_ptr_null(question->remark);
    answer("it is 7 bytes");
    ck_assert_str_eq(question->remark,
                     "A part of this is right. Answer with that alone.");
    answer(" 7. ");
    ck_assert(question->right);
    ck_assert_int_eq(result(0, LEN), CHECK_PASSED);
    /* An answer in another step is none to this question. */
    begin_step(1);
    answer("8");
    ck_assert_str_eq(question->answer, " 7. ");
}
END_TEST

/* Not judged, not kept, and nothing is said to it. */
START_TEST(what_is_said_after_the_right_answer_changes_nothing)
{
    const struct lab_run_question *state = &run->steps[0].questions[0];

    begin_step(0);
    packet(PUBLISH);
    answer("6");
    ck_assert(!lab_run_answered(&run->steps[0], "len"));
    answer("7");
    ck_assert(lab_run_answered(&run->steps[0], "len"));
    ck_assert(!lab_run_answered(&run->steps[0], "other"));
    answer("6");
    ck_assert_str_eq(state->answer, "7");
    ck_assert_ptr_null(state->remark);
    ck_assert(state->right);
    ck_assert_int_eq(result(0, LEN), CHECK_PASSED);
    do_with(0, lab_run_reset);
    ck_assert(!lab_run_answered(&run->steps[0], "len"));
    answer("6");
    ck_assert_ptr_nonnull(state->remark);
}
END_TEST

START_TEST(a_step_that_begins_again_has_forgotten_all)
{
    begin_step(0);
    packet("c0 00");
    packet(PUBLISH);
    answer("6");
    ck_assert_ptr_nonnull(run->steps[0].questions[0].remark);
    do_with(0, lab_run_reset);
    ck_assert_ptr_null(run->steps[0].questions[0].remark);
    packet("c0 00");
    packet(PUBLISH);
    answer("7");
    do_with(0, lab_run_hint);
    ck_assert_ptr_nonnull(run->steps[0].near[0].text);
    ck_assert_int_eq(result(0, LEN), CHECK_PASSED);
    do_with(0, lab_run_reset);
    ck_assert_int_eq(result(0, PUB), CHECK_WAITING);
    ck_assert_int_eq(result(0, LEN), CHECK_WAITING);
    ck_assert_ptr_null(run->steps[0].questions[0].answer);
    ck_assert_ptr_null(run->steps[0].near[0].text);
    ck_assert_uint_eq(run->steps[0].resets, 2);
    /* But for what was told, which stays told. */
    ck_assert_uint_eq(run->steps[0].hints_open, 1);
}
END_TEST

START_TEST(near_misses_name_the_packet_and_its_fields)
{
    begin_step(0);
    packet(PUBLISH);
    packet("c0 00");
    ck_assert_str_eq(run->steps[0].near[0].text,
                     "No ping (packet 2, 0 bytes, ?).");
    ck_assert_uint_eq(run->steps[0].near[0].number, 2);
    for (int i = 0; i < 5; i++)
        packet("c0 00");
    ck_assert_uint_eq(run->steps[0].near_count, 6);
    ck_assert_uint_eq(run->steps[0].near[0].number, 7);
    ck_assert_uint_eq(run->steps[0].near[0].serial, 6);
    ck_assert_ptr_null(run->steps[0].near[1].text); /* each rule once */
    struct buf bytes = {0};
    lab_run_started(&bytes, run->lab, "ann");
    deed(&bytes);
    ck_assert_ptr_null(run->steps[0].near[0].text); /* another sitting */
}
END_TEST

START_TEST(a_complete_step_has_no_near_misses)
{
    begin_step(0);
    packet(PUBLISH);
    retain("21");
    answer("7");
    ck_assert(lab_run_step_complete(&run->steps[0]));
    packet("c0 00");
    ck_assert_uint_eq(run->steps[0].near_count, 0);
}
END_TEST

#define ABOUT                                                     \
    "---\nid: x\ntitle: X\nversion: 1\n---\n"                     \
    "## Step 1\n<!-- step one -->\n"                              \
    "```check\n"                                                  \
    "ping  1  seen lab.type == \"PINGREQ\"\n"                     \
    "bye   1  seq lab.type == \"PINGREQ\" -> "                    \
    "lab.type == \"DISCONNECT\"\n"                                \
    "never 1  seen lab.type == \"AUTH\"\n"                        \
    "```\n"                                                       \
    "```near bye\nlab.type == \"DISCONNECT\" : Too early.\n```\n" \
    "```near ping bye\nlab.type == \"PUBLISH\" : No ping.\n```\n" \
    "```near\nlab.type == \"CONNACK\" : Ever.\n```\n"

/* It is gone as soon as what it is about is done, and does not come again. */
START_TEST(a_near_miss_ends_with_the_checks_that_it_is_about)
{
    tear_down();
    set_up_with(ABOUT);
    const struct lab_run_step *step = &run->steps[0];
    begin_step(0);
    packet("20 02 00 00");
    packet(PUBLISH);
    packet("e0 00");
    ck_assert_str_eq(step->near[0].text, "Too early.");
    ck_assert(lab_near_open(step, 0));
    ck_assert(lab_near_open(step, 1));
    packet("c0 00");
    ck_assert(lab_near_open(step, 0));
    ck_assert(lab_near_open(step, 1)); /* bye is left */
    packet("e0 00");
    ck_assert_uint_eq(step->near_count, 3); /* this one was right */
    ck_assert(!lab_near_open(step, 0));
    ck_assert(!lab_near_open(step, 1));
    ck_assert_str_eq(step->near[2].text, "Ever.");
    ck_assert(lab_near_open(step, 2));
    packet("e0 00");
    packet(PUBLISH);
    ck_assert_uint_eq(step->near_count, 3);
}
END_TEST

#define OF_ITS_CLIENTS                                       \
    "---\nid: x\ntitle: X\nversion: 1\n---\n## Step 1\n"     \
    "```check\nbye 1 seen lab.type == \"DISCONNECT\"\n```\n" \
    "```near\nlab.actor == \"script\" : Ping {n}.\n```\n"

START_TEST(what_the_labs_own_clients_repeat_is_told_once)
{
    tear_down();
    set_up_with(OF_ITS_CLIENTS);
    const struct lab_run_step *step = &run->steps[0];
    begin_step(0);
    packet_of(RECORD_SCRIPT, 0, "c0 00");
    packet_of(RECORD_SCRIPT, 0, "c0 00");
    ck_assert_uint_eq(step->near[0].serial, 1);
    ck_assert_str_eq(step->near[0].text, "Ping 2.");
    ck_assert_ptr_null(step->near[1].text);
}
END_TEST

START_TEST(what_the_labs_own_clients_do_is_nobodys_mistake)
{
    begin_step(0);
    packet_of(RECORD_SCRIPT, 0, "c0 00");
    ck_assert_uint_eq(run->steps[0].near_count, 0);
    packet("c0 00");
    ck_assert_uint_eq(run->steps[0].near_count, 1);
}
END_TEST

/* It may have begun before the step, but is looked for while that is done. */
START_TEST(a_session_is_looked_for_while_the_step_is_done)
{
    tear_down();
    set_up_with("---\nid: 01-x\ntitle: X\nversion: 1\n---\n# X\n"
                "## Step 1: One\n<!-- step one -->\n"
                "## Step 2: Two\n<!-- step two -->\n"
                "```check\n"
                "ann 1 session lab.type == \"CONNECT\" with mqtt.qos == 1\n"
                "```\n");
    begin_step(0);
    packet("10 0f 0004 4d515454 04 02 003c 0003 616e6e");
    packet("32 09 0003 612f62 0001 6869");
    begin_step(1);
    ck_assert_int_eq(result(1, 0), CHECK_WAITING);
    packet(PUBLISH);
    ck_assert_int_eq(result(1, 0), CHECK_PASSED);
}
END_TEST

START_TEST(a_long_answer_is_cut)
{
    char longer[ANSWER_MAX_BYTES + 100];

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    begin_step(0);
    answer(longer);
    ck_assert_uint_eq(strlen(run->steps[0].questions[0].answer),
                      ANSWER_MAX_BYTES);
    memcpy(longer + ANSWER_MAX_BYTES - 1, "\xc3\xa4", 2); /* cut in two */
    answer(longer);
    ck_assert_uint_eq(strlen(run->steps[0].questions[0].answer),
                      ANSWER_MAX_BYTES - 1);
}
END_TEST

START_TEST(where_only_a_question_is_left_nothing_is_left_to_be_done)
{
    ck_assert(!lab_score_step_seen(&run->steps[0]));
    begin_step(0);
    ck_assert(!lab_score_step_seen(&run->steps[0]));
    packet(PUBLISH);
    retain("21");
    ck_assert(lab_score_step_seen(&run->steps[0]));
    ck_assert(!lab_run_step_complete(&run->steps[0]));
}
END_TEST

START_TEST(that_something_did_not_come_holds_only_so_far)
{
    struct buf text = {0};

    begin_step(1);
    ck_assert(lab_score_so_far(&run->steps[1], NONE));
    ck_assert(!lab_score_so_far(&run->steps[1], PUB));
    lab_text_checks(&text, &run->steps[1], 80);
    ck_assert_str_eq(buf_string(&text),
                     "[ ] 4 seen lab.type == \"PUBLISH\"\n"
                     "[ ] never lab.type == \"PINGREQ\" (so far)\n");
    buf_release(&text);
    packet(PUBLISH);
    ck_assert(!lab_score_so_far(&run->steps[1], NONE));
    lab_text_checks(&text, &run->steps[1], 80);
    ck_assert_str_eq(buf_string(&text),
                     "[x] 4 seen lab.type == \"PUBLISH\" (packet 1)\n"
                     "[x] never lab.type == \"PINGREQ\"\n");
    buf_release(&text);
}
END_TEST

START_TEST(packets_have_the_numbers_that_are_shown)
{
    begin_step(0);
    packet(PUBLISH);
    ck_assert_uint_eq(lab_run_shown(run, 1), 1);
    /* Another sitting begins, in which 100 packets are left out later. */
    lab_run_show_next_as(run, 1);
    packet("c0 00");
    ck_assert_str_eq(run->steps[0].near[0].text,
                     "No ping (packet 1, 0 bytes, ?).");
    lab_run_show_next_as(run, 102);
    packet("c0 00");
    lab_run_show_next_as(run, 103);
    packet("c0 00");
    ck_assert_uint_eq(lab_run_shown(run, 1), 0);
    ck_assert_uint_eq(lab_run_shown(run, 2), 1);
    ck_assert_uint_eq(lab_run_shown(run, 3), 102);
    ck_assert_uint_eq(lab_run_shown(run, 4), 103);
    ck_assert_uint_eq(run->number_count, 2);
}
END_TEST

START_TEST(a_step_says_what_it_builds_on_until_that_is_done)
{
    begin_step(1);
    ck_assert_ptr_null(lab_score_missing(run, &run->steps[0]));
    ck_assert_ptr_eq(lab_score_missing(run, &run->steps[1]),
                     run->steps[0].step);
    begin_step(0);
    packet(PUBLISH);
    retain("21");
    answer("7");
    ck_assert_ptr_null(lab_score_missing(run, &run->steps[1]));
    ck_assert(!lab_score_complete(run));
    begin_step(1);
    packet(PUBLISH);
    ck_assert(lab_score_complete(run));
    ck_assert_uint_eq(lab_score_points(run), run->lab->points);
}
END_TEST

START_TEST(a_gate_has_no_points_but_must_pass)
{
    begin_step(1);
    packet(PUBLISH);
    ck_assert(lab_run_step_complete(&run->steps[1]));
    packet("c0 00");
    ck_assert(!lab_run_step_complete(&run->steps[1]));
    ck_assert_uint_eq(lab_score_step_points(&run->steps[1]), 4);
}
END_TEST

/* Deeds come from a file that a student may have written. */
START_TEST(deeds_that_make_no_sense_do_nothing)
{
    static const struct {
        unsigned code;
        const char *id;
    } rows[] = {
        {EVENT_LAB_STEP,   "three"},
        {EVENT_LAB_STEP,   ""     },
        {EVENT_LAB_HINT,   "x"    },
        {EVENT_LAB_RESET,  "x"    },
        {EVENT_LAB_ANSWER, "x"    },
        {EVENT_LAB_CHECK,  "one"  },
        {9999,             "one"  },
    };
    struct buf bytes = {0};

    begin_step(0);
    packet(PUBLISH);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        record_begin(&bytes, (enum event_code)rows[i].code);
        record_put_string(&bytes, RECORD_ID, rows[i].id);
        deed(&bytes);
    }
    feed(RECORD_LAB, slice_of("", 0), 0, RECORD_STUDENT);
    ck_assert_uint_eq(run->current, 0);
    ck_assert_uint_eq(lab_score_points(run), 3);
    ck_assert_uint_eq(run->steps[0].resets, 0);
}
END_TEST

Suite *lab_run_suite(void)
{
    Suite *suite = suite_create("lab_run");
    TCase *tcase = unit_case(suite, "lab_run", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, packets_count_for_the_step_that_is_done);
    tcase_add_test(tcase, a_step_that_was_not_begun_has_no_points);
    tcase_add_test(tcase, what_the_broker_keeps_counts_from_before_the_step);
    tcase_add_test(tcase, what_the_broker_kept_once_does_not_count);
    tcase_add_test(tcase, hints_cost_points_but_never_more_than_there_are);
    tcase_add_test(tcase,
                   an_answer_is_a_field_of_the_packet_that_proved_a_check);
    tcase_add_test(tcase, what_is_said_after_the_right_answer_changes_nothing);
    tcase_add_test(tcase, a_step_that_begins_again_has_forgotten_all);
    tcase_add_test(tcase, near_misses_name_the_packet_and_its_fields);
    tcase_add_test(tcase, a_complete_step_has_no_near_misses);
    tcase_add_test(tcase, a_near_miss_ends_with_the_checks_that_it_is_about);
    tcase_add_test(tcase, what_the_labs_own_clients_repeat_is_told_once);
    tcase_add_test(tcase, what_the_labs_own_clients_do_is_nobodys_mistake);
    tcase_add_test(tcase, a_session_is_looked_for_while_the_step_is_done);
    tcase_add_test(tcase, a_long_answer_is_cut);
    tcase_add_test(tcase,
                   where_only_a_question_is_left_nothing_is_left_to_be_done);
    tcase_add_test(tcase, that_something_did_not_come_holds_only_so_far);
    tcase_add_test(tcase, packets_have_the_numbers_that_are_shown);
    tcase_add_test(tcase, a_step_says_what_it_builds_on_until_that_is_done);
    tcase_add_test(tcase, a_gate_has_no_points_but_must_pass);
    tcase_add_test(tcase, deeds_that_make_no_sense_do_nothing);
    return suite;
}
