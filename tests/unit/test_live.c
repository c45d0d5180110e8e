/*
 * A lab that is being done: what is shown is what the recording proves.
 */
#include "suites.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "labs/lab_saw.h"
#include "student.h"
#include "wire/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char lab_text[] = STUDENT_LAB
    "```file first\n"
    "as it was\n"
    "```\n"
    "## Step 1: One\n"
    "<!-- step one -->\n"
    "```check\n"
    "ping   1  seen lab.type == \"PINGREQ\"\n"
    "none   1  never lab.type == \"DISCONNECT\"\n"
    "quiet  1  after lab.type == \"SUBSCRIBE\" never "
    "lab.type == \"UNSUBSCRIBE\" within 2s\n"
    "notes  1  file notes matches ^done\n"
    "```\n"
    "<details><summary>Hint (costs 1)</summary>\n\nPing.\n\n</details>\n\n"
    "## Step 2: Two\n"
    "<!-- step two -->\n"
    "```file second\n"
    "as it was\n"
    "```\n"
    "```play show\n"
    "as it was\n"
    "```\n"
    "```check\n"
    "again  1  seen lab.type == \"PINGREQ\"\n"
    "```\n"
    "## What was seen\n"
    "<!-- end -->\n"
    "That is all.\n";

enum { PING, NONE, QUIET, NOTES };

static struct student student;

static void set_up(void)
{
    student_begin(&student, lab_text);
}

static void tear_down(void)
{
    unit_limit_files(SIZE_MAX);
    student_end(&student);
}

static void ping(uint64_t seq)
{
    student_packet(&student, seq, clock_read_wall_ns(), "c0 00");
}

/* What a check of the first step is shown as. */
static enum check_result shown(size_t check)
{
    return check_status(student.live.run->steps[0].checks[check])->result;
}

static void replay_one(void *context, const struct record *record)
{
    lab_run_feed(context, record);
}

/* What the file that is there now says of it. */
static enum check_result recorded(size_t check)
{
    struct lab_problems problems = {0};
    struct lab *lab = lab_load(student.live.run->lab->path, "ann", &problems);
    struct lab_run *run =
        lab_run_new(lab, student.live.workspace.path, &problems);
    uint64_t last_seq;
    char error[300];

    ck_assert_ptr_nonnull(run);
    ck_assert_msg(recorder_replay(student.live.workspace.path, replay_one, run,
                                  &last_seq, error, sizeof(error)) == 0,
                  "%s", error);
    enum check_result result =
        check_status(run->steps[0].checks[check])->result;
    lab_run_free(run);
    buf_release(&problems.text);
    return result;
}

/* Publish until the recording of the step is full; the next number to use. */
static uint64_t flood(uint64_t seq)
{
    while (!live_trouble(&student.live) && seq < 10000)
        student_packet(&student, seq++, clock_read_wall_ns(),
                       "30 06 0003 612f62 78");
    ck_assert_ptr_nonnull(live_trouble(&student.live));
    return seq;
}

/* What is there and cannot be read is not forgotten. */
START_TEST(a_recording_that_cannot_be_read_is_told)
{
    char *path =
        alloc_printf("%s/recording-002.pcapng", student.live.workspace.path);
    uint64_t last_seq;
    char error[300] = "";

    ck_assert_int_eq(symlink(path, path), 0);
    ck_assert_int_eq(recorder_replay(student.live.workspace.path, replay_one,
                                     student.live.run, &last_seq, error,
                                     sizeof(error)),
                     -ELOOP);
    ck_assert_ptr_nonnull(strstr(error, path));
    ck_assert_int_eq(unlink(path), 0);
    free(path);
}
END_TEST

START_TEST(a_mark_is_in_the_recording_as_soon_as_it_is_shown)
{
    ping(1);
    ck_assert_int_eq(shown(PING), CHECK_PASSED);
    ck_assert_int_eq(recorded(PING), CHECK_PASSED);
}
END_TEST

START_TEST(what_is_too_much_to_record_neither_counts_nor_goes_unsaid)
{
    student.live.step_bytes = 5000;
    live_begin_step(&student.live, 0);
    uint64_t seq = flood(1);
    ck_assert_msg(strstr(live_trouble(&student.live), "too much was sent"),
                  "%s", live_trouble(&student.live));
    ping(seq);
    ck_assert_int_eq(shown(PING), CHECK_WAITING);
    ck_assert_int_eq(recorded(PING), CHECK_WAITING);
    ck_assert_int_eq(shown(NONE), CHECK_UNDECIDED);
    ck_assert_int_eq(recorded(NONE), CHECK_UNDECIDED);
}
END_TEST

START_TEST(a_step_that_is_begun_again_has_room_again)
{
    student.live.step_bytes = 5000;
    live_begin_step(&student.live, 0);
    uint64_t seq = flood(1);
    live_reset_step(&student.live);
    ck_assert_ptr_null(live_trouble(&student.live));
    ping(seq);
    ck_assert_int_eq(shown(PING), CHECK_PASSED);
    ck_assert_int_eq(recorded(PING), CHECK_PASSED);
    ck_assert_int_eq(shown(NONE), CHECK_PASSED);
    ck_assert_int_eq(recorded(NONE), CHECK_PASSED);
}
END_TEST

START_TEST(the_recordings_of_a_lab_are_bounded_over_all_sittings)
{
    student.live.step_bytes = 5000;
    live_begin_step(&student.live, 0);
    uint64_t seq = flood(1);
    live_close(&student.live);
    student_open(&student);
    ck_assert_ptr_null(live_trouble(&student.live));
    student.live.all_bytes = 6000;
    live_begin_step(&student.live, 0);
    flood(seq);
    live_reset_step(&student.live);
    flood(seq);
    ck_assert_msg(strstr(live_trouble(&student.live), "lab reset 01-x"), "%s",
                  live_trouble(&student.live));
}
END_TEST

START_TEST(a_recording_that_cannot_be_written_is_told)
{
    unit_limit_files(0);
    live_answer(&student.live, "q", "4");
    ck_assert_ptr_nonnull(live_trouble(&student.live));
    ck_assert_msg(strstr(live_trouble(&student.live), "cannot be written"),
                  "%s", live_trouble(&student.live));
    ping(1);
    ck_assert_int_eq(shown(PING), CHECK_WAITING);
    ck_assert(!live_hint(&student.live));
    ck_assert_uint_eq(live_step(&student.live)->hints_open, 0);
}
END_TEST

/* The journal, as it is now; owned by the caller. */
static char *journal_now(void)
{
    char *path = alloc_printf("%s/journal", student.live.workspace.path);
    char *text = journal_text(path);

    ck_assert_ptr_nonnull(text);
    free(path);
    return text;
}

/* The list of labs reads the journal, the grader the recording: they must not
   tell different stories. */
START_TEST(what_could_not_be_recorded_is_not_in_the_journal)
{
    int file = fileno(student.live.recorder.file);
    int closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char *before = journal_now();

    ck_assert_msg(closed >= 0 && dup2(closed, file) == file, "%s",
                  strerror(errno));
    live_answer(&student.live, "q", "4");
    ck_assert(!live_hint(&student.live));
    char *after = journal_now();
    ck_assert_ptr_nonnull(live_trouble(&student.live));
    ck_assert_str_eq(before, after);
    close(closed);
    free(before);
    free(after);
}
END_TEST

/* The last packet as it was recorded. */
static struct record last_packet(void)
{
    const struct history *history = student.live.run->history;
    struct history_row row = {0};

    for (uint64_t i = history_end(history);
         i-- > 0 && row.record.type != RECORD_MQTT;)
        ck_assert(history_get(history, i, &row));
    ck_assert_int_eq(row.record.type, RECORD_MQTT);
    return row.record;
}

/* Each broker counts its connections from 1. */
START_TEST(a_connection_has_its_number_for_itself)
{
    ping(1);
    uint32_t first = last_packet().connection;
    live_new_source(&student.live);
    ping(1);
    uint32_t second = last_packet().connection;
    live_close(&student.live);
    student_open(&student);
    ping(1);
    ck_assert_uint_lt(first, second);
    ck_assert_uint_lt(second, last_packet().connection);
}
END_TEST

/* Though our own records stand between those of the tap. */
START_TEST(what_caused_a_record_is_still_found)
{
    struct history_row row;
    struct buf bytes = {0};

    ping(7);
    uint64_t cause = last_packet().seq;
    live_answer(&student.live, "q", "4");
    record_begin(&bytes, EVENT_NOTE);
    live_feed(&student.live, &(struct record){.seq = 8,
                                              .cause = 7,
                                              .time_ns = clock_read_wall_ns(),
                                              .type = RECORD_EVT,
                                              .bytes = buf_slice(&bytes)});
    const struct history *history = student.live.run->history;
    ck_assert(history_get(history, history_end(history) - 1, &row));
    ck_assert_uint_eq(row.record.cause, cause);
    buf_release(&bytes);
}
END_TEST

START_TEST(a_lab_is_not_begun_where_nothing_can_be_written)
{
    char error[400] = "";
    struct live *live = &student.live;

    live_close(live);
    unit_limit_files(0);
    ck_assert_int_lt(live_open(live, "1", NULL, "ann", error, sizeof(error)),
                     0);
    ck_assert_msg(strstr(error, "File too large"), "%s", error);
}
END_TEST

#define SUBSCRIBE "82 06 0001 0001 61 00"

/* Two seconds pass, though nothing is sent. */
START_TEST(that_time_has_passed_is_in_the_recording)
{
    student_packet(&student, 1, clock_read_wall_ns() - UINT64_C(2100000000),
                   SUBSCRIBE);
    ck_assert_int_eq(shown(QUIET), CHECK_WAITING);
    ck_assert_int_eq(recorded(QUIET), CHECK_WAITING);
    live_tick(&student.live);
    ck_assert_int_eq(shown(QUIET), CHECK_PASSED);
    ck_assert_int_eq(recorded(QUIET), CHECK_PASSED);
}
END_TEST

/* Away from the lab, or at another step, nobody sees what is sent. */
START_TEST(time_passes_only_while_somebody_watches)
{
    student_packet(&student, 1, clock_read_wall_ns() - UINT64_C(1000000000),
                   SUBSCRIBE);
    live_close(&student.live);
    student_open(&student);
    live_tick(&student.live);
    ck_assert_int_eq(shown(QUIET), CHECK_WAITING);
    student_packet(&student, 2, clock_read_wall_ns() + UINT64_C(3000000000),
                   "d0 00");
    ck_assert_int_eq(shown(QUIET), CHECK_WAITING);
    student_packet(&student, 3, clock_read_wall_ns(), SUBSCRIBE);
    live_begin_step(&student.live, 1);
    live_begin_step(&student.live, 0);
    student_packet(&student, 4, clock_read_wall_ns() + UINT64_C(3000000000),
                   "d0 00");
    ck_assert_int_eq(shown(QUIET), CHECK_WAITING);
}
END_TEST

/* Beside the list of packets its numbers are those of the list. */
START_TEST(the_page_at_the_end_has_the_numbers_of_the_dashboard)
{
    struct buf text = {0};

    lab_run_show_next_as(student.live.run, 41);
    ping(1);
    live_tick(&student.live);
    lab_saw_packets(&text, student.live.run, 80);
    ck_assert_msg(strstr(buf_string(&text), "\n    41 ") ||
                      strstr(buf_string(&text), "\n    42 "),
                  "%s", buf_string(&text));
    ck_assert(!strstr(buf_string(&text), "before: "));
    buf_release(&text);
    /* In the next sitting that list begins anew. */
    live_close(&student.live);
    student_open(&student);
    lab_run_show_next_as(student.live.run, 1);
    lab_saw_packets(&text, student.live.run, 80);
    ck_assert_msg(strstr(buf_string(&text), "\n    before: ") != NULL, "%s",
                  buf_string(&text));
    buf_release(&text);
}
END_TEST

START_TEST(the_page_at_the_end_shows_the_packets_that_proved_something)
{
    struct buf text = {0};

    lab_saw_packets(&text, student.live.run, 80);
    ck_assert_str_eq(buf_string(&text),
                     "No packet of yours has proved anything.\n");
    buf_release(&text);
    ping(1);
    student_packet(&student, 2, clock_read_wall_ns(), "e0 00");
    ck_assert_int_eq(shown(NONE), CHECK_FAILED); /* it proves no good deed */
    ck_assert_uint_eq(
        check_status(student.live.run->steps[0].checks[NONE])->evidence_count,
        1);
    live_tick(&student.live);
    lab_saw_text(&text, student.live.run, 80);
    const char *page = buf_string(&text);
    ck_assert_msg(strstr(page, "What was seen\n\nThat is all.\n") == page, "%s",
                  page);
    ck_assert_msg(strstr(page, "Step 1 of 2: One") != NULL, "%s", page);
    ck_assert_msg(strstr(page, "PINGREQ") != NULL, "%s", page);
    ck_assert_msg(strstr(page, "DISCONNECT") == NULL, "%s", page);
    buf_release(&text);
    /* A narrow page breaks lines, and loses nothing. */
    lab_saw_packets(&text, student.live.run, 30);
    page = buf_string(&text);
    ck_assert_msg(strstr(page, "PINGREQ") != NULL, "%s", page);
    while (*page) {
        size_t len = strcspn(page, "\n");

        ck_assert_msg(len <= 30 || !strncmp(page, "Step", 4), "%s", page);
        page += len + 1;
    }
    buf_release(&text);
}
END_TEST

static unsigned marks;

static void count_mark(void *owner, const struct lab_run_step *step,
                       size_t check)
{
    (void)owner;
    (void)step;
    (void)check;
    marks++;
}

START_TEST(a_mark_is_told_once)
{
    student.live.on_mark = count_mark;
    ping(1);
    ping(2);
    live_tick(&student.live);
    ck_assert_uint_eq(marks, 1);
}
END_TEST

START_TEST(records_that_the_tap_lost_leave_absence_undecided)
{
    live_lose(&student.live, 12);
    ck_assert_int_eq(shown(NONE), CHECK_UNDECIDED);
    ck_assert_int_eq(recorded(NONE), CHECK_UNDECIDED);
    ck_assert_uint_eq(history_lost(student.live.run->history), 12);
}
END_TEST

Suite *live_suite(void)
{
    Suite *suite = suite_create("live");
    TCase *tcase = unit_case(suite, "live", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_recording_that_cannot_be_read_is_told);
    tcase_add_test(tcase, a_mark_is_in_the_recording_as_soon_as_it_is_shown);
    tcase_add_test(tcase,
                   what_is_too_much_to_record_neither_counts_nor_goes_unsaid);
    tcase_add_test(tcase, a_step_that_is_begun_again_has_room_again);
    tcase_add_test(tcase,
                   the_recordings_of_a_lab_are_bounded_over_all_sittings);
    tcase_add_test(tcase, a_recording_that_cannot_be_written_is_told);
    tcase_add_test(tcase, what_could_not_be_recorded_is_not_in_the_journal);
    tcase_add_test(tcase, a_connection_has_its_number_for_itself);
    tcase_add_test(tcase, what_caused_a_record_is_still_found);
    tcase_add_test(tcase, a_lab_is_not_begun_where_nothing_can_be_written);
    tcase_add_test(tcase, that_time_has_passed_is_in_the_recording);
    tcase_add_test(tcase, time_passes_only_while_somebody_watches);
    tcase_add_test(tcase,
                   the_page_at_the_end_shows_the_packets_that_proved_something);
    tcase_add_test(tcase, the_page_at_the_end_has_the_numbers_of_the_dashboard);
    tcase_add_test(tcase, a_mark_is_told_once);
    tcase_add_test(tcase, records_that_the_tap_lost_leave_absence_undecided);
    return suite;
}
