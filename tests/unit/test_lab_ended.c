/*
 * What is said when the broker of a lab has ended.
 */
#include "suites.h"

#include "labs/lab_ended.h"
#include "student.h"

#include <stdlib.h>
#include <string.h>

static struct student student;

static void set_up(void)
{
    student_make_folder(&student);
}

static void tear_down(void)
{
    student_remove_folder(&student);
}

#define ENDED                                                       \
    "## Step 1\n<!-- step one -->\n```check\na 1 seen tls\n```\n"   \
    "## Step 2\n<!-- step two -->\n```check\na 1 seen tls\n```\n"   \
    "```sh\nkill $(cat broker.pid)\nmosquitto -c my.conf -v\n```\n" \
    "## Step 3\n<!-- step three -->\n```check\na 1 seen tls\n```\n" \
    "Start `mqttlab broker -c my.conf` now.\n"

static const struct {
    const char *text;
    size_t step;
    const char *said;
} ended[] = {
    {"---\nid: x\ntitle: X\nversion: 1\n---\n" ENDED, 0,
     "Leave with q: mqttlab lab 7 begins here"                                                             },
    {"---\nid: x\ntitle: X\nversion: 1\nconfig: my.conf\n---\n"
     "```file my.conf\n```\n" ENDED,
     0,                                                  "mosquitto -c my.conf -v; the lab goes on with it"},
    {"---\nid: x\ntitle: X\nversion: 1\n---\n" ENDED, 1,
     "the command is in this step"                                                                         },
    {"---\nid: x\ntitle: X\nversion: 1\n---\n" ENDED, 2,
     "the command is in this step"                                                                         },
};

START_TEST(a_broker_that_has_ended_is_started_by_who_should)
{
    struct lab_problems problems = {0};
    char *path = student_write_file(&student, "x.md", ended[_i].text);
    struct lab *lab = lab_load(path, "ann", &problems);

    ck_assert_msg(lab && !problems.count, "%s", buf_string(&problems.text));
    struct lab_run *run = lab_run_new(lab, NULL, &problems);
    ck_assert_ptr_nonnull(run);
    run->current = ended[_i].step;
    char *said = lab_ended_text(run, "7");
    ck_assert_msg(strstr(said, ended[_i].said) != NULL, "%s", said);
    ck_assert_msg(strstr(said, "The broker has ended") == said, "%s", said);
    free(said);
    free(path);
    lab_run_free(run);
    buf_release(&problems.text);
}
END_TEST

Suite *lab_ended_suite(void)
{
    Suite *suite = suite_create("lab_ended");
    TCase *tcase = unit_case(suite, "lab_ended", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_broker_that_has_ended_is_started_by_who_should,
                        0, (int)(sizeof(ended) / sizeof(ended[0])));
    return suite;
}
