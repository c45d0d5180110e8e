/*
 * Grading: what cannot be graded costs its author and nobody else.
 */
#define _GNU_SOURCE /* memmem */

#include "suites.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "labs/grade.h"
#include "labs/grade_report.h"
#include "labs/handin.h"
#include "student.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct student student;

static void make_folder(void)
{
    student_make_folder(&student);
}

static void remove_folder(void)
{
    student_remove_folder(&student);
}

static char *write_file(const char *name, const char *text)
{
    return student_write_file(&student, name, text);
}

/* Grade two files that are no hand-ins; the error of the first. Owned. */
static char *error_of_garbage(void)
{
    const struct grade_options options = {
        .home = student.folder, .jobs = 2, .timeout_s = 10};
    char *files[] = {write_file("a.mqlab", "x"), write_file("b.mqlab", "y")};
    json_t *results = grade_files(&options, files, 2);
    const char *error = grade_report_error(json_array_get(results, 0));

    ck_assert_uint_eq(json_array_size(results), 2);
    ck_assert_ptr_nonnull(error);
    ck_assert_str_eq(error, grade_report_error(json_array_get(results, 1)));
    char *copy = alloc_string(error);
    json_decref(results);
    free(files[0]);
    free(files[1]);
    return copy;
}

START_TEST(garbage_is_told_from_a_handin)
{
    char *error = error_of_garbage();

    ck_assert_str_eq(error, "is no tar file, or is damaged");
    free(error);
}
END_TEST

/* In a process of its own, which may become somebody else. */
static int without_processes(void)
{
    const struct rlimit none = {0};

    if (getuid() == 0 && setuid(65534) != 0)
        return 2;
    if (setrlimit(RLIMIT_NPROC, &none) != 0)
        return 3;
    char *error = error_of_garbage();
    int status = strcmp(error, "no process could be started for it") != 0;
    free(error);
    return status;
}

static int without_descriptors(void)
{
    int last = dup(0);
    /* One is left, to write the files with; a pipe needs two. */
    const struct rlimit few = {.rlim_cur = (rlim_t)last + 1,
                               .rlim_max = (rlim_t)last + 1};

    close(last);
    if (setrlimit(RLIMIT_NOFILE, &few) != 0)
        return 2;
    char *error = error_of_garbage();
    int status = strcmp(error, "no process could be started for it") != 0;
    free(error);
    return status;
}

/* The last one only for root: a fault in what it tests would end all that the
   user runs, which may be that of nobody, but not of a person. */
static int (*const shortages[])(void) = {without_descriptors,
                                         without_processes};

/* A bystander of the same user must live: kill(-1) would end all of them. */
START_TEST(a_process_that_cannot_be_started_ends_no_other)
{
    int status;

    ck_assert_int_eq(chmod(student.folder, 0777), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(shortages[_i]());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x",
                  (unsigned)status);
}
END_TEST

/* ---- a hand-in, and what may be done to it ---- */

static const char lab_text[] = STUDENT_LAB STUDENT_STEP
    "lab.type == \"PINGRESP\" : Packet {n} is an answer.\n"
    "```\n"
    "<details><summary>Hint (costs 1)</summary>\n"
    "\n"
    "Count.\n"
    "\n"
    "</details>\n"
    "\n"
    "## Step 2: Two\n"
    "<!-- step two -->\n"
    "```check\n"
    "pong  4  never lab.type == \"PINGRESP\" : none\n"
    "```\n";

static void begin_lab(void)
{
    student_begin(&student, lab_text);
}

static void end_lab(void)
{
    student_end(&student);
}

static void ping(void)
{
    student_packet(&student, 1, 1, "c0 00");
}

static json_t *grade(void)
{
    return student_grade(&student, NULL);
}

static void expect_points(int points)
{
    json_t *result = grade();

    ck_assert_msg(!grade_report_error(result), "%s",
                  grade_report_error(result));
    ck_assert_int_eq(grade_report_points(result), points);
    ck_assert_int_eq(grade_report_max(result), 10);
    ck_assert_str_eq(grade_report_string(result, "student"), "ann");
    json_decref(result);
}

static void expect_error(const char *error)
{
    json_t *result = grade();

    ck_assert_ptr_nonnull(grade_report_error(result));
    ck_assert_str_eq(grade_report_error(result), error);
    ck_assert_int_eq(grade_report_points(result), 0);
    json_decref(result);
}

START_TEST(points_are_for_what_the_recording_proves)
{
    expect_points(0);
    ping();
    expect_points(2);
    live_answer(&student.live, "q", "5");
    expect_points(2);
    live_answer(&student.live, "q", "4");
    expect_points(5);
    free(write_file("mqttlab/01-x/notes", "at last\ndone\n"));
    expect_points(6);
    ck_assert(live_hint(&student.live));
    expect_points(5);
}
END_TEST

START_TEST(a_step_that_was_never_begun_earns_nothing)
{
    json_t *result = grade();
    const json_t *last = json_array_get(json_object_get(result, "checks"), 3);

    ck_assert_str_eq(grade_report_string(last, "result"), "skipped");
    ck_assert(json_is_null(json_object_get(last, "passed")));
    json_decref(result);
    live_begin_step(&student.live, 1);
    expect_points(4);
}
END_TEST

/* Records are missing, so nobody knows what was in them. */
START_TEST(what_is_proved_by_absence_is_undecided_after_a_loss)
{
    live_begin_step(&student.live, 1);
    expect_points(4);
    live_lose(&student.live, 3);
    expect_points(0);
    json_t *result = grade();
    const json_t *last = json_array_get(json_object_get(result, "checks"), 3);
    ck_assert_str_eq(grade_report_string(last, "result"), "undecided");
    ck_assert(json_is_null(json_object_get(last, "passed")));
    json_decref(result);
}
END_TEST

START_TEST(the_packets_that_decided_are_in_the_report)
{
    ping();
    live_answer(&student.live, "q", "\033[2J5");
    json_t *result = grade();
    const json_t *first = json_array_get(json_object_get(result, "checks"), 0);
    const json_t *packet = json_array_get(json_object_get(first, "packets"), 0);
    const json_t *answer =
        json_array_get(json_object_get(result, "answers"), 0);

    ck_assert_str_eq(grade_report_string(packet, "hex"), "c0 00");
    ck_assert_ptr_nonnull(
        strstr(grade_report_string(packet, "line"), "PINGREQ"));
    ck_assert_uint_gt(json_array_size(json_object_get(packet, "fields")), 1);
    ck_assert_str_eq(grade_report_string(answer, "answer"), "\\x1b[2J5");
    ck_assert(json_is_false(json_object_get(answer, "right")));
    ck_assert_ptr_nonnull(json_object_get(result, "fingerprint"));
    json_decref(result);
}
END_TEST

static json_t *packets_of_first(const json_t *result)
{
    return json_object_get(json_array_get(json_object_get(result, "checks"), 0),
                           "packets");
}

/* Where it is graded, and in which country, changes no byte. */
START_TEST(times_of_packets_are_in_utc)
{
    ping();
    json_t *here = grade();
    setenv("TZ", "XXX-9", 1);
    tzset();
    json_t *there = grade();
    unsetenv("TZ");
    tzset();

    ck_assert_uint_eq(json_array_size(packets_of_first(here)), 1);
    ck_assert(json_equal(packets_of_first(here), packets_of_first(there)));
    json_decref(here);
    json_decref(there);
}
END_TEST

START_TEST(what_came_near_is_in_the_report_the_oldest_first)
{
    student_packet(&student, 1, 1, "e0 00");
    student_packet(&student, 2, 2, "d0 00");
    json_t *result = grade();
    const json_t *near = json_object_get(result, "near");

    ck_assert_uint_eq(json_array_size(near), 2);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(json_integer_value(json_object_get(
                             json_array_get(near, i), "packet")),
                         (json_int_t)i + 1);
    json_decref(result);
}
END_TEST

/* Of many packets the first are shown, and the numbers of some more. */
START_TEST(a_report_has_no_more_packets_than_people_read)
{
    live_begin_step(&student.live, 1);
    for (uint64_t i = 1; i <= 10; i++)
        student_packet(&student, i, i, "d0 00");
    json_t *result = grade();
    const json_t *last = json_array_get(json_object_get(result, "checks"), 3);

    ck_assert_str_eq(grade_report_string(last, "result"), "failed");
    ck_assert_uint_eq(json_array_size(json_object_get(last, "packets")), 4);
    ck_assert_uint_eq(json_array_size(json_object_get(last, "evidence")), 8);
    json_decref(result);
}
END_TEST

static const char *help_of_first(const json_t *result)
{
    const json_t *first = json_array_get(json_object_get(result, "checks"), 0);

    return grade_report_string(json_object_get(first, "cause"), "help");
}

START_TEST(help_is_what_was_said_and_not_what_might_be_said)
{
    json_t *before = grade();
    student_packet(&student, 1, 1, "e0 00");
    json_t *after = grade();

    ck_assert_str_eq(help_of_first(before), "");
    ck_assert_str_eq(help_of_first(after), "Packet 1 is no ping.");
    json_decref(before);
    json_decref(after);
}
END_TEST

/* Its text is cut somewhere, for a report's line, but never vanishes. */
START_TEST(a_check_with_letters_of_many_bytes_is_in_the_report)
{
    struct buf text = {0};

    buf_append_string(&text, "---\nid: 01-x\ntitle: X\nversion: 1\n---\n# X\n"
                             "## Step 1: One\n<!-- step one -->\n```check\n"
                             "ping 2 seen mqtt.msg == \"");
    for (int i = 0; i < _i; i++)
        buf_append_string(&text, "x");
    for (int i = 0; i < 300; i++)
        buf_append_string(&text, "\xf0\x90\x8c\xb0");
    buf_append_string(&text, "\" : Gothic\n```\n");
    free(write_file("labs/01-x.md", buf_string(&text)));
    buf_release(&text);
    json_t *result = grade();
    const json_t *check = json_array_get(json_object_get(result, "checks"), 0);
    ck_assert_str_eq(grade_report_string(check, "name"), "ping");
    ck_assert_uint_gt(strlen(grade_report_string(
                          json_object_get(check, "cause"), "expected")),
                      600);
    json_decref(result);
}
END_TEST

START_TEST(a_reset_takes_back_what_was_proved)
{
    ping();
    live_reset_step(&student.live);
    expect_points(0);
    json_t *result = grade();
    ck_assert_int_eq(json_integer_value(json_object_get(result, "resets")), 1);
    json_decref(result);
}
END_TEST

/* Replace old wherever it stands in a file of the workspace. */
static void forge(const char *name, const char *old, const char *new)
{
    char *path = alloc_printf("%s/%s", student.live.workspace.path, name);
    FILE *file = fopen(path, "r+");
    char text[4096];
    size_t len = fread(text, 1, sizeof(text), file);
    char *at = memmem(text, len, old, strlen(old));

    ck_assert_ptr_nonnull(at);
    for (; at; at = memmem(at, len - (size_t)(at - text), old, strlen(old)))
        memcpy(at, new, strlen(new));
    rewind(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    fclose(file);
    free(path);
}

START_TEST(a_forged_journal_is_told)
{
    live_answer(&student.live, "q", "5");
    forge("journal", "q 5", "q 4");
    expect_error("its journal was changed by hand");
}
END_TEST

START_TEST(a_journal_that_is_missing_is_told)
{
    char *path = alloc_printf("%s/journal", student.live.workspace.path);

    ck_assert_int_eq(unlink(path), 0);
    expect_error("there is no journal in it");
    free(path);
}
END_TEST

START_TEST(half_a_line_of_a_crash_is_no_forgery)
{
    char *path = alloc_printf("%s/journal", student.live.workspace.path);
    FILE *file = fopen(path, "a");

    fputs("0123", file);
    fclose(file);
    free(path);
    expect_points(0);
}
END_TEST

START_TEST(a_neighbours_recording_is_told)
{
    ping();
    recorder_flush(&student.live.recorder);
    forge("recording-001.pcapng", "ann", "bob");
    expect_error("its recording is another student's");
    /* The other way round: all of the neighbour's, and one's own name on it. */
    forge("recording-001.pcapng", "bob", "ann");
    student.live.workspace.student[0] = 'b';
    expect_error("its recording is another student's");
}
END_TEST

/* The manifest's word alone does not make it another lab's, or version's. */
START_TEST(a_recording_of_another_lab_is_told)
{
    forge("recording-001.pcapng", "01-x", "02-x");
    expect_error("its recording is another lab's");
}
END_TEST

START_TEST(a_recording_of_another_version_is_told)
{
    char *text = alloc_string(lab_text);

    strstr(text, "version: 1")[strlen("version: ")] = '2';
    free(write_file("labs/01-x.md", text));
    free(text);
    free(student.live.run->lab->version);
    student.live.run->lab->version = alloc_string("2");
    expect_error("its recording was made with another version of the lab");
}
END_TEST

START_TEST(a_recording_that_is_missing_is_told)
{
    char *path =
        alloc_printf("%s/recording-001.pcapng", student.live.workspace.path);

    ck_assert_int_eq(unlink(path), 0);
    expect_error("there is no recording in it");
    free(path);
}
END_TEST

/* Whatever a check counts would count twice. */
START_TEST(a_recording_that_was_doubled_is_told)
{
    char *command = alloc_printf("cd '%s' && cp recording-001.pcapng "
                                 "recording-002.pcapng",
                                 student.live.workspace.path);

    ping();
    recorder_flush(&student.live.recorder);
    ck_assert_int_eq(system(command), 0);
    expect_error("its recording is damaged");
    free(command);
}
END_TEST

/* What is behind a zero byte is looked at, too. */
START_TEST(a_journal_with_a_zero_byte_is_told)
{
    char *path = alloc_printf("%s/journal", student.live.workspace.path);
    FILE *file = fopen(path, "a");

    ck_assert_uint_eq(fwrite("\0 nothing\n", 1, 10, file), 10);
    fclose(file);
    free(path);
    expect_error("its journal was changed by hand");
}
END_TEST

START_TEST(another_version_of_the_lab_is_told)
{
    char *text = alloc_string(lab_text);

    strstr(text, "version: 1")[strlen("version: ")] = '2';
    free(write_file("labs/01-x.md", text));
    free(text);
    expect_error("it was made with another version of the lab");
}
END_TEST

START_TEST(a_broken_lab_is_not_the_fault_of_the_handin)
{
    free(write_file("labs/01-x.md", "no front matter\n"));
    json_t *result = grade();
    ck_assert_str_eq(grade_report_error(result),
                     "the lab's file is broken; mqttlab lab lint says where");
    ck_assert(grade_report_broken(result));
    json_decref(result);
}
END_TEST

/* A manifest must not name a file that the student has written. */
static const char *const elsewhere[] = {"evil.md", "../evil.md", "./evil.md",
                                        "9",       "",           "*"};

START_TEST(a_handin_cannot_bring_its_own_lab)
{
    char *path = write_file("evil.md", lab_text);
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_ge(here, 0);
    ck_assert_int_eq(chdir(student.folder), 0);
    free(student.live.run->lab->id);
    student.live.run->lab->id = alloc_string(elsewhere[_i]);
    json_t *result = grade();
    ck_assert_ptr_nonnull(grade_report_error(result));
    ck_assert_str_eq(grade_report_error(result),
                     "the grader has no such lab in its labs/ and exercises/");
    json_decref(result);
    ck_assert_int_eq(fchdir(here), 0);
    close(here);
    free(path);
}
END_TEST

Suite *grade_suite(void)
{
    Suite *suite = suite_create("grade");
    TCase *tcase = unit_case(suite, "garbage", 30);

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, garbage_is_told_from_a_handin);
    tcase_add_loop_test(tcase, a_process_that_cannot_be_started_ends_no_other,
                        0, getuid() == 0 ? 2 : 1);

    tcase = unit_case(suite, "handin", 60);
    tcase_add_checked_fixture(tcase, begin_lab, end_lab);
    tcase_add_test(tcase, points_are_for_what_the_recording_proves);
    tcase_add_test(tcase, a_step_that_was_never_begun_earns_nothing);
    tcase_add_test(tcase, what_is_proved_by_absence_is_undecided_after_a_loss);
    tcase_add_test(tcase, the_packets_that_decided_are_in_the_report);
    tcase_add_test(tcase, times_of_packets_are_in_utc);
    tcase_add_test(tcase, what_came_near_is_in_the_report_the_oldest_first);
    tcase_add_test(tcase, a_report_has_no_more_packets_than_people_read);
    tcase_add_test(tcase, help_is_what_was_said_and_not_what_might_be_said);
    /* Beginning 0 to 3 bytes later, the cut falls on each byte. */
    tcase_add_loop_test(
        tcase, a_check_with_letters_of_many_bytes_is_in_the_report, 0, 4);
    tcase_add_test(tcase, a_reset_takes_back_what_was_proved);
    tcase_add_test(tcase, a_forged_journal_is_told);
    tcase_add_test(tcase, a_journal_that_is_missing_is_told);
    tcase_add_test(tcase, half_a_line_of_a_crash_is_no_forgery);
    tcase_add_test(tcase, a_neighbours_recording_is_told);
    tcase_add_test(tcase, a_recording_of_another_lab_is_told);
    tcase_add_test(tcase, a_recording_of_another_version_is_told);
    tcase_add_test(tcase, a_recording_that_is_missing_is_told);
    tcase_add_test(tcase, a_recording_that_was_doubled_is_told);
    tcase_add_test(tcase, a_journal_with_a_zero_byte_is_told);
    tcase_add_test(tcase, another_version_of_the_lab_is_told);
    tcase_add_test(tcase, a_broken_lab_is_not_the_fault_of_the_handin);
    tcase_add_loop_test(tcase, a_handin_cannot_bring_its_own_lab, 0,
                        sizeof(elsewhere) / sizeof(elsewhere[0]));
    return suite;
}
