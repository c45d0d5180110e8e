/*
 * The files of a lab that is being done, and how far one is by what they say.
 */
#include "suites.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "labs/lab_lost.h"
#include "labs/lab_saw.h"
#include "labs/lab_score.h"
#include "labs/progress.h"
#include "student.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
    "kept   0  file first matches ^as\n"
    "```\n"
    "## What was seen\n"
    "<!-- end -->\n"
    "That is all.\n";

#define NOTES 3 /* the check of the first step that looks at a file */

static struct student student;

static void set_up(void)
{
    student_begin(&student, lab_text);
}

static void tear_down(void)
{
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

#define SUBSCRIBE "82 06 0001 0001 61 00"

/* The first line of a file in the student's folder; "" when it is not there. */
static const char *line_of(const char *name)
{
    static char line[80];
    char *path = alloc_printf("%s/%s", student.live.workspace.path, name);
    FILE *file = fopen(path, "r");

    line[0] = '\0';
    if (file && !fgets(line, sizeof(line), file))
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (file)
        fclose(file);
    free(path);
    return line;
}

START_TEST(files_are_handed_out_when_they_are_needed)
{
    ck_assert_str_eq(line_of("first"), "as it was");
    ck_assert_str_eq(line_of("second"), "");
    live_begin_step(&student.live, 1);
    ck_assert_str_eq(line_of("second"), "as it was");
}
END_TEST

START_TEST(a_file_that_the_student_changed_stays_so_until_the_step_begins_again)
{
    live_begin_step(&student.live, 1);
    free(student_write_file(&student, "mqttlab/01-x/first", "mine\n"));
    free(student_write_file(&student, "mqttlab/01-x/second", "mine\n"));
    live_close(&student.live);
    student_open(&student);
    live_begin_step(&student.live, 1);
    ck_assert_str_eq(line_of("second"), "mine");
    live_reset_step(&student.live);
    ck_assert_str_eq(line_of("first"), "mine");
    ck_assert_str_eq(line_of("second"), "as it was");
    ck_assert_str_eq(line_of("second.old"), "mine");
}
END_TEST

/* It is nothing that a student works on, and the ports that it names may have
   changed since the lab was open last. */
START_TEST(a_script_is_the_labs_whenever_its_step_begins)
{
    live_begin_step(&student.live, 1);
    free(student_write_file(&student, "mqttlab/01-x/show.play", "mine\n"));
    live_begin_step(&student.live, 1);
    ck_assert_str_eq(line_of("show.play"), "as it was");
    free(student_write_file(&student, "mqttlab/01-x/show.play", "mine\n"));
    live_reset_step(&student.live);
    ck_assert_str_eq(line_of("show.play"), "as it was");
    ck_assert_str_eq(line_of("show.play.old"), "");
}
END_TEST

START_TEST(a_file_counts_while_the_lab_is_open)
{
    live_tick(&student.live);
    ck_assert_int_eq(shown(NOTES), CHECK_WAITING);
    free(student_write_file(&student, "mqttlab/01-x/notes", "done\n"));
    live_tick(&student.live);
    ck_assert_int_eq(shown(NOTES), CHECK_PASSED);
    /* And after coming back, in whatever step. */
    live_begin_step(&student.live, 1);
    live_close(&student.live);
    student_open(&student);
    live_tick(&student.live);
    ck_assert_int_eq(shown(NOTES), CHECK_PASSED);
}
END_TEST

/* What is said of checks of files that had passed; "" when nothing is. */
static const char *lost(void)
{
    static char text[400];
    char *all = lab_lost_all(student.live.run);

    snprintf(text, sizeof(text), "%s", all ? all : "");
    free(all);
    return text;
}

static void come_back(void)
{
    live_close(&student.live);
    student_open(&student);
    live_tick(&student.live);
}

/* Not without a word, here or when the lab is opened again. */
START_TEST(what_a_changed_file_has_cost_is_told_until_it_is_right_again)
{
    struct buf text = {0};

    live_tick(&student.live);
    ck_assert_str_eq(lost(), "");
    free(student_write_file(&student, "mqttlab/01-x/notes", "done\n"));
    live_tick(&student.live);
    live_begin_step(&student.live, 1);
    come_back();
    ck_assert_str_eq(lost(), "");
    unsigned points = lab_score_points(student.live.run);
    free(student_write_file(&student, "mqttlab/01-x/notes", "not yet\n"));
    live_tick(&student.live);
    ck_assert_str_eq(lost(), "Step 1: what had passed there does not pass now "
                             "(1 point); since then notes was changed. It "
                             "counts again when it is right again.");
    ck_assert_uint_eq(lab_score_points(student.live.run), points - 1);
    char *path = alloc_printf("%s/notes", student.live.workspace.path);
    ck_assert_int_eq(unlink(path), 0);
    come_back();
    ck_assert_msg(strstr(lost(), "since then notes is gone.") != NULL, "%s",
                  lost());
    lab_saw_packets(&text, student.live.run, 1000);
    ck_assert_msg(strstr(buf_string(&text), lost()) == buf_string(&text), "%s",
                  buf_string(&text));
    buf_release(&text);
    free(student_write_file(&student, "mqttlab/01-x/notes", "done\n"));
    live_tick(&student.live);
    ck_assert_str_eq(lost(), "");
    /* What begins again is not lost. */
    ck_assert_int_eq(unlink(path), 0);
    live_begin_step(&student.live, 0);
    live_tick(&student.live);
    ck_assert_str_ne(lost(), "");
    live_reset_step(&student.live);
    live_tick(&student.live);
    ck_assert_str_eq(lost(), "");
    free(path);
}
END_TEST

/* Nothing was done for it yet, and it may still change. */
START_TEST(a_gate_on_a_file_that_was_there_holds_only_so_far)
{
    const struct lab_run_step *step = &student.live.run->steps[1];

    live_begin_step(&student.live, 1);
    live_tick(&student.live);
    ck_assert_int_eq(check_status(step->checks[1])->result, CHECK_PASSED);
    ck_assert(lab_score_so_far(step, 1));
    ping(1);
    ck_assert(!lab_score_so_far(step, 1));
    /* With points it is something that was to be done. */
    free(student_write_file(&student, "mqttlab/01-x/notes", "done\n"));
    live_tick(&student.live);
    ck_assert_int_eq(shown(NOTES), CHECK_PASSED);
    ck_assert(!lab_score_so_far(&student.live.run->steps[0], NOTES));
}
END_TEST

/* What the list of labs says. Owned. */
static char *said(void)
{
    struct lab_problems problems = {0};
    struct lab *lab = lab_load(student.live.run->lab->path, "", &problems);
    char *words = progress_of(lab, NULL);

    lab_free(lab);
    buf_release(&problems.text);
    return words;
}

static void expect_said(const char *words)
{
    char *now = said();

    ck_assert_str_eq(now, words);
    free(now);
}

START_TEST(the_list_of_labs_tells_how_far_one_is)
{
    expect_said("1 of 5 points");
    ping(1);
    expect_said("2 of 5 points");
    live_begin_step(&student.live, 1);
    ping(2);
    expect_said("3 of 5 points");
    live_begin_step(&student.live, 0);
    student_packet(&student, 3, clock_read_wall_ns() - UINT64_C(2100000000),
                   SUBSCRIBE);
    free(student_write_file(&student, "mqttlab/01-x/notes", "done\n"));
    live_tick(&student.live);
    expect_said("done, 5 of 5 points");
    /* Files count as they are now, whatever the journal says. */
    free(student_write_file(&student, "mqttlab/01-x/notes", "no\n"));
    expect_said("4 of 5 points (1 lost: files were changed)");
    live_tick(&student.live); /* the journal says so, too */
    expect_said("4 of 5 points (1 lost: files were changed)");
    free(student_write_file(&student, "mqttlab/01-x/notes", "done\n"));
    live_tick(&student.live);
    expect_said("done, 5 of 5 points");
    student_packet(&student, 4, clock_read_wall_ns(), "e0 00");
    expect_said("4 of 5 points");
    live_reset_step(&student.live);
    live_tick(&student.live);
    expect_said("3 of 5 points");
    ck_assert(live_hint(&student.live));
    expect_said("2 of 5 points");
    /* What begins again is not lost. */
    char *notes = alloc_printf("%s/notes", student.live.workspace.path);
    ck_assert_int_eq(unlink(notes), 0);
    live_reset_step(&student.live);
    live_tick(&student.live);
    expect_said("1 of 5 points");
    free(notes);
}
END_TEST

static const char shell_lab[] =
    STUDENT_LAB "## Step 1: One\n"
                "<!-- step one -->\n"
                "```check\n"
                "done 1 shell true\n"
                "ping 1 seen lab.type == \"PINGREQ\"\n"
                "```\n";

/* Leave room for so many more descriptors. */
static void limit_descriptors(struct rlimit *before, int count)
{
    int first = dup(0);

    ck_assert_int_ge(first, 0);
    close(first);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, before), 0);
    struct rlimit few = {.rlim_cur = (rlim_t)(first + count),
                         .rlim_max = before->rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
}

/* A command that cannot be run now says nothing of the files: without room for
   its two pipes it is not. */
START_TEST(what_could_not_be_looked_at_is_not_lost)
{
    struct rlimit before;

    student_end(&student);
    student_begin(&student, shell_lab);
    ping(1);
    for (int i = 0; shown(0) != CHECK_PASSED && i < 500; i++) {
        live_tick(&student.live);
        poll(NULL, 0, 10);
    }
    expect_said("done, 2 of 2 points");
    limit_descriptors(&before, 2);
    char *words = said();
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_str_eq(words, "done, 2 of 2 points");
    free(words);
}
END_TEST

START_TEST(a_lab_that_was_never_begun_has_no_progress)
{
    char *journal = alloc_printf("%s/journal", student.live.workspace.path);

    ck_assert_int_eq(unlink(journal), 0);
    expect_said("");
    free(journal);
}
END_TEST

Suite *live_files_suite(void)
{
    Suite *suite = suite_create("live_files");
    TCase *tcase = unit_case(suite, "live_files", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_file_counts_while_the_lab_is_open);
    tcase_add_test(
        tcase, what_a_changed_file_has_cost_is_told_until_it_is_right_again);
    tcase_add_test(tcase, files_are_handed_out_when_they_are_needed);
    tcase_add_test(
        tcase,
        a_file_that_the_student_changed_stays_so_until_the_step_begins_again);
    tcase_add_test(tcase, a_script_is_the_labs_whenever_its_step_begins);
    tcase_add_test(tcase, a_gate_on_a_file_that_was_there_holds_only_so_far);
    tcase_add_test(tcase, the_list_of_labs_tells_how_far_one_is);
    tcase_add_test(tcase, what_could_not_be_looked_at_is_not_lost);
    tcase_add_test(tcase, a_lab_that_was_never_begun_has_no_progress);
    return suite;
}
