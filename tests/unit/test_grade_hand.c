/*
 * Grading answers that a person marks.
 */
#include "suites.h"

#include "labs/lab_score.h"
#include "labs/progress.h"

#include "base/alloc.h"
#include "labs/grade_report.h"
#include "labs/marks.h"
#include "student.h"

#include <stdlib.h>
#include <string.h>

static struct student student;
static struct marks marks; /* given by hand */

static const char essay_text[] =
    STUDENT_LAB "## Step 1: One\n"
                "<!-- step one -->\n"
                "```check\n"
                "ping  2  seen lab.type == \"PINGREQ\"\n"
                "why   4  answer why : why it is so\n"
                "```\n"
                "```question why\n"
                "ask: Why?\n"
                "answer: by hand\n"
                "```\n"
                "<details><summary>Hint (costs 1)</summary>\n"
                "\n"
                "Think.\n"
                "\n"
                "</details>\n";

static void begin_essay(void)
{
    student_begin(&student, essay_text);
}

static void end_essay(void)
{
    marks_release(&marks);
    student_end(&student);
}

static json_t *grade(void)
{
    return student_grade(&student, &marks);
}

/* Points for the answer that a hand-in holds; 0 of them must be there yet. */
static void give(int points, const char *remark)
{
    json_t *result = grade();
    const json_t *mark = json_object_get(
        json_array_get(json_object_get(result, "answers"), 0), "mark");
    char *text = alloc_printf("id,max,points,remark\n%s,4,%d,%s\n",
                              grade_report_string(mark, "id"), points, remark);
    char *path = student_write_file(&student, "marks.csv", text);
    char error[200];

    ck_assert(json_is_null(json_object_get(mark, "points")));
    ck_assert_msg(marks_read(&marks, path, error, sizeof(error)), "%s", error);
    json_decref(result);
    free(path);
    free(text);
}

/* What is in a result: points, points that wait, the check, and what was
   seen. */
static void expect_essay(int points, int unmarked, const char *name,
                         const char *seen)
{
    json_t *result = grade();
    const json_t *check = json_array_get(json_object_get(result, "checks"), 1);
    const json_t *cause = json_object_get(check, "cause");

    ck_assert_msg(!grade_report_error(result), "%s",
                  grade_report_error(result));
    ck_assert_int_eq(grade_report_points(result), points);
    ck_assert_int_eq(grade_report_max(result), 6);
    ck_assert_int_eq(grade_report_unmarked(result), unmarked);
    ck_assert_str_eq(grade_report_string(check, "result"), name);
    ck_assert_str_eq(grade_report_string(cause, "actual"), seen);
    json_decref(result);
}

/* What the list of labs says. */
static void expect_said(const char *words)
{
    char *said = progress_of(student.live.run->lab, NULL);

    ck_assert_str_eq(said, words);
    free(said);
}

START_TEST(an_answer_by_hand_waits_for_its_points_and_keeps_them)
{
    student_packet(&student, 1, 1, "c0 00");
    expect_essay(2, 0, "failed", "no answer was given");
    live_answer(&student.live, "why", "  ");
    expect_essay(2, 0, "failed", "the answer is not right");
    live_answer(&student.live, "why", "It is so.");
    expect_essay(2, 4, "unmarked", "a person reads it and gives the points");
    ck_assert_uint_eq(lab_score_points(student.live.run), 2);
    ck_assert_uint_eq(lab_score_unmarked(student.live.run), 4);
    ck_assert(lab_score_complete(student.live.run));
    expect_said("done, 2 of 6 points (a person gives up to 4 more)");
    give(3, "who says so?");
    expect_essay(5, 0, "marked",
                 "3 of 4 points were given by hand: who says so?");
    expect_essay(5, 0, "marked",
                 "3 of 4 points were given by hand: who says so?");
    ck_assert(live_hint(&student.live));
    expect_essay(4, 0, "marked",
                 "3 of 4 points were given by hand: who says so?");
    /* Another answer has another mark: none yet. */
    live_answer(&student.live, "why", "It is not.");
    expect_essay(1, 4, "unmarked", "a person reads it and gives the points");
}
END_TEST

START_TEST(full_marks_by_hand_have_passed_and_none_have_failed)
{
    live_answer(&student.live, "why", "It is so.");
    give(_i, "");
    json_t *result = grade();
    const json_t *check = json_array_get(json_object_get(result, "checks"), 1);

    ck_assert_int_eq(grade_report_points(result), _i);
    ck_assert_int_eq(json_is_true(json_object_get(check, "passed")), _i == 4);
    ck_assert_int_eq(json_is_false(json_object_get(check, "passed")), _i < 4);
    json_decref(result);
}
END_TEST

START_TEST(an_answer_by_hand_is_kept_as_a_whole)
{
    char *long_answer = alloc_zero(901, 1);

    memset(long_answer, 'x', 900);
    live_answer(&student.live, "why", long_answer);
    json_t *result = grade();
    const json_t *answer =
        json_array_get(json_object_get(result, "answers"), 0);
    ck_assert_str_eq(grade_report_string(answer, "answer"), long_answer);
    ck_assert(json_is_null(json_object_get(answer, "right")));
    json_decref(result);
    free(long_answer);
}
END_TEST

Suite *grade_hand_suite(void)
{
    Suite *suite = suite_create("grade_hand");
    TCase *tcase = unit_case(suite, "grade_hand", 60);

    tcase_add_checked_fixture(tcase, begin_essay, end_essay);
    tcase_add_test(tcase,
                   an_answer_by_hand_waits_for_its_points_and_keeps_them);
    tcase_add_loop_test(
        tcase, full_marks_by_hand_have_passed_and_none_have_failed, 0, 5);
    tcase_add_test(tcase, an_answer_by_hand_is_kept_as_a_whole);
    return suite;
}
