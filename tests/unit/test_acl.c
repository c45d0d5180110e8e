#include "suites.h"

#include "broker/acl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a file means ---- */

static const char file[] = "# who has no name\n"
                           "topic read public/#\n"
                           "topic write anon/in\n"
                           "topic deny public/secret\n"
                           "use listener\n"
                           "\n"
                           "user anna\n"
                           "topic anna/#\n"
                           "topic deny anna/secret/#\n"
                           "topic readwrite two words\n"
                           "topic late\n"
                           "topic deny late\n"
                           "topic %c/literal\n"
                           "user bert\n"
                           "topic #\n"
                           "topic $SYS/uptime\n"
                           "pattern dev/%c/#\n"
                           "pattern read u/%u/x\n"
                           "pattern deny dev/%c/deny\n"
                           "pattern write pre%cpost\n"
                           "pattern percent/%x/%%u\n"
                           "user anna\n"
                           "topic read again\n"
                           "use sensor\n"
                           "use listener\n"
                           "role sensor\n"
                           "topic write values/+\n"
                           "topic deny anna/never\n"
                           "pattern read to/%u/#\n"
                           "role listener\n"
                           "topic read news\n"
                           "user carl\n"
                           "use sensor\r\n";

enum { R = ACL_READ, W = ACL_WRITE, RW = ACL_READ_WRITE, NO = ACL_NONE };

/* clang-format off */
static const struct {
    const char *user_name; /* NULL: none */
    const char *client_id;
    const char *topic_name;
    int rights;
    unsigned line; /* of the rule that decides about reading; 0: none */
} cases[] = {
    /* No user name. */
    {NULL,     "c",   "public/a",        R,  2},
    {NULL,     "c",   "public",          R,  2},
    {NULL,     "c",   "public/secret",   NO, 4},
    {NULL,     "c",   "anon/in",         W,  0},
    {NULL,     "c",   "anna/x",          NO, 0},
    {NULL,     "c",   "news",            R,  31},
    {NULL,     "c",   "values/1",        NO, 0},
    /* One who has a section, in two parts. */
    {"anna",   "c",   "public/a",        NO, 0},
    {"anna",   "c",   "anna/x/y",        RW, 8},
    {"anna",   "c",   "anna/secret",     NO, 9},
    {"anna",   "c",   "anna/secret/x",   NO, 9},
    {"anna",   "c",   "two words",       RW, 10},
    {"anna",   "c",   "late",            NO, 12},
    {"anna",   "c",   "again",           R,  23},
    {"anna",   "c",   "%c/literal",      RW, 13},
    {"anna",   "c",   "c/literal",       NO, 0},
    {"Anna",   "c",   "anna/x",          NO, 0},
    /* Wildcards and $. */
    {"bert",   "c",   "a/b/c",           RW, 15},
    {"bert",   "c",   "$SYS/uptime",     RW, 16},
    {"bert",   "c",   "$SYS/other",      NO, 0},
    /* Patterns, when the topics say nothing. */
    {"nobody", "c",   "dev/c/a",         RW, 17},
    {"nobody", "c",   "dev/c",           RW, 17},
    {"nobody", "c",   "dev/d/a",         NO, 0},
    {"nobody", "c",   "dev/c/deny",      NO, 19},
    {"bert",   "c",   "dev/c/deny",      RW, 15},
    {"nobody", "c",   "u/nobody/x",      R,  18},
    {NULL,     "c",   "u//x",            NO, 0},
    {NULL,     "c",   "dev/c/a",         RW, 17},
    {"nobody", "c",   "precpost",        W,  0},
    {"nobody", "c",   "percent/%x/%nobody", RW, 21},
    {"nobody", "a/b", "dev/a/b/x",       RW, 17},
    /* Names with wildcards get nothing by patterns, but what topics give. */
    {"nobody", "+",   "dev/c/a",         NO, 0},
    {"nobody", "+",   "dev/+/a",         NO, 0},
    {"nobody", "#",   "dev/x",           NO, 0},
    {"+",      "c",   "u/a/x",           NO, 0},
    {"anna",   "+",   "anna/x",          RW, 8},
    /* Nobody becomes a shared subscription. */
    {"nobody", "$share", "x",            NO, 0},
    /* Roles. */
    {"anna",   "c",   "values/1",        W,  0},
    {"anna",   "c",   "values/1/2",      NO, 0},
    {"anna",   "c",   "anna/never",      NO, 28},
    {"anna",   "c",   "to/anna/x",       R,  29},
    {"anna",   "c",   "news",            R,  31},
    {"carl",   "c",   "to/carl",         R,  29},
    {"carl",   "c",   "to/anna",         NO, 0},
    {"carl",   "c",   "news",            NO, 0},
    {"carl",   "c",   "values/1",        W,  0},
    {"bert",   "c",   "to/bert/x",       RW, 15},
    {"nobody", "c",   "to/nobody/x",     NO, 0},
};
/* clang-format on */

static struct acl *read_text(const char *text, unsigned *problem_count)
{
    struct config_problems problems = {0};
    struct acl *acl = acl_read("acl", slice_of_string(text), &problems);

    if (problem_count)
        *problem_count = problems.count;
    ck_assert_int_eq(acl != NULL, problems.count == 0);
    return acl;
}

START_TEST(a_topic_is_decided_about_as_the_file_says)
{
    struct acl *acl = read_text(file, NULL);

    ck_assert_ptr_nonnull(acl);
    struct acl_subject subject = {
        .user_name = cases[_i].user_name,
        .client_id = slice_of_string(cases[_i].client_id),
        .section = acl_section_of(acl, cases[_i].user_name),
    };
    struct slice topic_name = slice_of_string(cases[_i].topic_name);
    struct acl_decision may_read = acl_decide(&subject, ACL_READ, topic_name);
    struct acl_decision may_write = acl_decide(&subject, ACL_WRITE, topic_name);
    int rights = (may_read.allowed ? R : 0) | (may_write.allowed ? W : 0);

    ck_assert_msg(rights == cases[_i].rights, "%s %s: %d, not %d",
                  cases[_i].user_name ? cases[_i].user_name : "(nobody)",
                  cases[_i].topic_name, rights, cases[_i].rights);
    ck_assert_uint_eq(may_read.rule ? may_read.rule->line : 0, cases[_i].line);
    acl_free(acl);
}
END_TEST

START_TEST(a_refusal_is_explained_by_its_line)
{
    struct acl *acl = read_text(file, NULL);
    struct acl_subject subject = {
        .user_name = "anna",
        .client_id = slice_of_string("c"),
        .section = acl_section_of(acl, "anna"),
    };
    struct acl_decision decision =
        acl_decide(&subject, ACL_READ, slice_of_string("anna/secret/x"));
    char text[200];

    acl_explain(acl, &subject, ACL_READ, &decision, text, sizeof(text));
    ck_assert_str_eq(text, "topic deny anna/secret/# (acl:9)");
    decision = acl_decide(&subject, ACL_WRITE, slice_of_string("x"));
    acl_explain(acl, &subject, ACL_WRITE, &decision, text, sizeof(text));
    ck_assert_str_eq(text, "no line lets user anna write this topic (acl)");
    acl_free(acl);
}
END_TEST

/* Patterns with a name that would be the name of a share. */
START_TEST(no_name_gets_at_what_is_behind_a_share)
{
    struct acl *acl = read_text("pattern %c/a/#\n", NULL);
    struct acl_subject subject = {
        .client_id = slice_of_string("$share"),
        .section = acl_section_of(acl, NULL),
    };

    ck_assert(!acl_decide(&subject, ACL_READ, slice_of_string("x/y")).allowed);
    ck_assert(!acl_decide(&subject, ACL_READ, slice_of_string("y")).allowed);
    acl_free(acl);
}
END_TEST

/* ---- what is no file ---- */

static const struct {
    const char *text;
    bool good;
} files[] = {
    {"",                         true },
    {"#\n\n  \n",                true },
    {"topic a",                  true },
    {" topic a\n",               true },
    {"topic  read   a  \n",      true },
    {"topic read\n",             true }, /* the topic "read" */
    {"topic a/b c\n",            false},
    {"user a b\n",               true },
    {"pattern a\n",              true }, /* with a warning */
    {"topic\n",                  false},
    {"topic \n",                 false},
    {"user\n",                   false},
    {"pattern\n",                false},
    {"role\n",                   false},
    {"use\n",                    false},
    {"topic bad a\n",            false},
    {"topic READ a\n",           false},
    {"topic a/#/b\n",            false},
    {"topic a+\n",               false},
    {"pattern %u+\n",            false},
    {"topic $share/g/x\n",       false},
    {"Topic a\n",                false},
    {"\ttopic a\n",              false},
    {"topic\tread\ta\n",         false},
    {"  # comment\n",            false},
    {"foo\n",                    false},
    {"use nobody\n",             false},
    {"role a\nuse b\nrole b\n",  false},
    {"use a\nrole a\ntopic x\n", true },
};

START_TEST(a_line_that_is_wrong_is_a_problem)
{
    unsigned count;
    struct acl *acl = read_text(files[_i].text, &count);

    ck_assert_msg((count == 0) == files[_i].good, "'%s' has %u problems",
                  files[_i].text, count);
    acl_free(acl);
}
END_TEST

START_TEST(every_problem_is_reported_with_its_line)
{
    char *report = NULL;
    size_t len;
    struct config_problems problems = {.to = open_memstream(&report, &len)};

    ck_assert_ptr_null(acl_read(
        "acl", slice_of_string("foo\ntopic a\ntopic +a\nuse x\npattern b\n"),
        &problems));
    fclose(problems.to);
    ck_assert_uint_eq(problems.count, 3);
    ck_assert_uint_eq(problems.warnings, 1);
    ck_assert_ptr_nonnull(strstr(report, "acl:1: "));
    ck_assert_ptr_nonnull(strstr(report, "acl:3: "));
    ck_assert_ptr_nonnull(strstr(report, "acl:4: "));
    ck_assert_ptr_nonnull(strstr(report, "acl:5: warning: "));
    free(report);
}
END_TEST

START_TEST(a_nul_byte_is_a_problem)
{
    struct config_problems problems = {0};

    ck_assert_ptr_null(
        acl_read("acl", slice_of("topic a\0b\n", 10), &problems));
    ck_assert_uint_eq(problems.count, 1);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_a_problem)
{
    struct config_problems problems = {0};

    ck_assert_ptr_null(acl_load("/nonexistent/acl", &problems));
    ck_assert_ptr_null(acl_load("/dev/zero", &problems));
    ck_assert_uint_eq(problems.count, 2);
}
END_TEST

Suite *acl_suite(void)
{
    Suite *suite = suite_create("acl");
    TCase *meaning = unit_case(suite, "meaning", 0);
    TCase *reading = unit_case(suite, "reading", 0);

    tcase_add_loop_test(meaning, a_topic_is_decided_about_as_the_file_says, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(meaning, a_refusal_is_explained_by_its_line);
    tcase_add_test(meaning, no_name_gets_at_what_is_behind_a_share);
    tcase_add_loop_test(reading, a_line_that_is_wrong_is_a_problem, 0,
                        sizeof(files) / sizeof(files[0]));
    tcase_add_test(reading, every_problem_is_reported_with_its_line);
    tcase_add_test(reading, a_nul_byte_is_a_problem);
    tcase_add_test(reading, a_file_that_is_not_there_is_a_problem);
    return suite;
}
