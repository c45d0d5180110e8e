/*
 * What a report tells of the way that led to each check's result.
 */
#include "suites.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "labs/grade.h"
#include "labs/grade_checks.h"
#include "labs/grade_report.h"
#include "labs/handin.h"
#include "student.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char lab_text[] = STUDENT_LAB STUDENT_STEP
    "```\n"
    "```near notes\n"
    "lab.type == \"PUBLISH\" : Write {mqtt.msg} down.\n"
    "```\n";

static struct student student;

static void begin_lab(void)
{
    student_begin(&student, lab_text);
}

static void end_lab(void)
{
    student_end(&student);
}

/* A line of a check's log, without its time; "" when there are fewer. */
static const char *logged(const json_t *result, size_t check, size_t line)
{
    const json_t *log = json_object_get(
        json_array_get(json_object_get(result, "checks"), check), "log");
    const char *text = json_string_value(json_array_get(log, line));

    ck_assert(json_is_array(log));
    if (!text)
        return "";
    ck_assert_msg(strlen(text) > 21 && text[10] == 'T' && text[19] == 'Z', "%s",
                  text);
    return text + 21;
}

/* A script of a teacher's sees the way that was gone, and in which order. */
START_TEST(the_log_of_a_check_tells_what_happened_on_the_way)
{
    json_t *result = student_grade(&student, NULL);
    ck_assert_str_eq(logged(result, 0, 0), "");
    json_decref(result);
    student_packet(&student, 1, 1, "e0 00");
    student_packet(&student, 2, clock_read_wall_ns(), "c0 00");
    live_reset_step(&student.live);
    student_packet(&student, 3, clock_read_wall_ns(), "c0 00");
    live_answer(&student.live, "q", "5");
    live_answer(&student.live, "q", "4");
    free(student_write_file(&student, "mqttlab/01-x/notes", "done\n"));
    live_tick(&student.live);
    result = student_grade(&student, NULL);
    ck_assert_str_eq(logged(result, 0, 0), "near miss: Packet 1 is no ping.");
    ck_assert_str_eq(logged(result, 0, 1), "passed, packet 2");
    ck_assert_str_eq(logged(result, 0, 2), "the step began again");
    ck_assert_str_eq(logged(result, 0, 3), "passed, packet 3");
    ck_assert_str_eq(logged(result, 0, 4), "");
    ck_assert_str_eq(logged(result, 1, 0), "the step began again");
    ck_assert_str_eq(logged(result, 1, 1), "passed");
    ck_assert_str_eq(logged(result, 1, 2), "");
    ck_assert_str_eq(logged(result, 2, 0), "near miss: Packet 1 is no ping.");
    ck_assert_str_eq(logged(result, 2, 2), "was shown as passed");
    json_decref(result);
}
END_TEST

START_TEST(a_log_is_no_longer_than_a_script_wants)
{
    for (uint64_t i = 1; i <= 60; i++)
        student_packet(&student, i, i, "e0 00");
    json_t *result = student_grade(&student, NULL);
    const json_t *log = json_object_get(
        json_array_get(json_object_get(result, "checks"), 0), "log");

    ck_assert_uint_eq(json_array_size(log), 41);
    ck_assert_str_eq(json_string_value(json_array_get(log, 40)),
                     "and 20 more lines like these");
    json_decref(result);
}
END_TEST

/* Nor is it told where it does not belong, or as a terminal's commands. */
START_TEST(what_came_near_is_told_of_the_checks_that_it_is_about)
{
    student_packet(&student, 1, 1, "30 08 0003 612f62 1b5b4a");
    json_t *result = student_grade(&student, NULL);

    ck_assert_str_eq(logged(result, 0, 0), "");
    ck_assert_str_eq(logged(result, 2, 0), "near miss: Write \\x1b[J down.");
    json_decref(result);
}
END_TEST

/* What the one has recorded does not count for the other. */
START_TEST(a_hand_in_does_not_count_for_the_next_one_of_a_process)
{
    const struct grade_options options = {
        .home = student.folder, .jobs = 1, .timeout_s = 20};
    char *folder = alloc_printf("%s/unpacked", student.folder);
    char *recording = alloc_printf("%s/recording-001.pcapng", folder);
    const char *wrong = NULL;

    student_packet(&student, 1, 1, "c0 00");
    recorder_flush(&student.live.recorder);
    char *file = student_hand_in(&student);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(handin_unpack(handin_open(file, &wrong), folder, &wrong),
                     0);
    json_t *first = grade_checks(&options, folder);
    ck_assert_str_eq(logged(first, 0, 0), "passed, packet 1");
    json_t *same = grade_checks(&options, folder);
    ck_assert(json_equal(first, same));
    ck_assert_int_eq(unlink(recording), 0);
    json_t *empty = grade_checks(&options, folder);
    ck_assert_str_eq(grade_report_error(empty), "there is no recording in it");
    json_decref(first);
    json_decref(same);
    json_decref(empty);
    free(recording);
    free(folder);
    free(file);
}
END_TEST

Suite *grade_log_suite(void)
{
    Suite *suite = suite_create("grade_log");
    TCase *tcase = unit_case(suite, "grade_log", 60);

    tcase_add_checked_fixture(tcase, begin_lab, end_lab);
    tcase_add_test(tcase, the_log_of_a_check_tells_what_happened_on_the_way);
    tcase_add_test(tcase, a_log_is_no_longer_than_a_script_wants);
    tcase_add_test(tcase,
                   what_came_near_is_told_of_the_checks_that_it_is_about);
    tcase_add_test(tcase,
                   a_hand_in_does_not_count_for_the_next_one_of_a_process);
    return suite;
}
