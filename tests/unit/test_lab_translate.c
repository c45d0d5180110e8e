/*
 * Labs in another language: the texts are another's, the rest is not.
 */
#include "suites.h"

#include "base/alloc.h"
#include "labs/lab_translate.h"
#include "student.h"

#include <stdlib.h>
#include <string.h>

static const char original[] = "---\n"
                               "id: 01-x\n"
                               "title: X\n"
                               "version: 1\n"
                               "param word: {word}\n"
                               "---\n"
                               "# X\n"
                               "Begin.\n"
                               "## Step 1: One\n"
                               "<!-- step one -->\n"
                               "Say {{word}}.\n"
                               "```sh\n"
                               "say {{word}}\n"
                               "```\n"
                               "```check\n"
                               "ping  1  seen mqtt : you said it\n"
                               "q     1  answer q : the question\n"
                               "```\n"
                               "```question q\n"
                               "ask: How many?\n"
                               "answer: 4\n"
                               "wrong 2: No, not two.\n"
                               "```\n"
                               "```near\n"
                               "mqtt.qos == 1 : almost\n"
                               "```\n"
                               "<details><summary>Hint</summary>\n\n"
                               "Think.\n\n"
                               "</details>\n";

static const char german[] = "---\n"
                             "id: 01-x\n"
                             "title: Ix\n"
                             "---\n"
                             "# Ix\n"
                             "Anfang.\n"
                             "## Schritt 1: Eins\n"
                             "<!-- step one of=00000000 -->\n"
                             "Sage {{word}}.\n"
                             "```sh\n"
                             "say {{word}}\n"
                             "```\n"
                             "```words\n"
                             "check ping: du hast es gesagt\n"
                             "ask q: Wie viele?\n"
                             "wrong q 2: Nein, nicht zwei.\n"
                             "near 1: fast\n"
                             "```\n"
                             "<details><summary>Tipp</summary>\n\n"
                             "Denk nach.\n\n"
                             "</details>\n";

static struct student student;
static struct lab *lab;

static void set_up(void)
{
    struct lab_problems problems = {0};

    student_make_folder(&student);
    char *path = student_write_file(&student, "01-x.md", original);
    free(student_write_file(&student, "01-x.de.md", german));
    lab = lab_load(path, "ann", &problems);
    ck_assert_ptr_nonnull(lab);
    buf_release(&problems.text);
    free(path);
}

static void tear_down(void)
{
    lab_free(lab);
    student_remove_folder(&student);
}

START_TEST(a_translation_changes_the_texts_and_nothing_else)
{
    struct lab_step *step = &lab->steps[0];
    char *command = alloc_string(step->blocks[1].text);

    lab_translate(lab, "de");
    ck_assert_str_eq(lab->title, "Ix");
    ck_assert_str_eq(lab->intro[0].text, "Anfang.");
    ck_assert_str_eq(step->title, "Eins");
    ck_assert_int_eq(strncmp(step->blocks[0].text, "Sage ", 5), 0);
    ck_assert_str_eq(step->blocks[1].text, command);
    ck_assert_str_eq(step->checks[0].title, "du hast es gesagt");
    ck_assert_str_eq(step->checks[0].text, "seen mqtt");
    ck_assert_str_eq(step->questions[0].ask, "Wie viele?");
    ck_assert_str_eq(step->questions[0].answer, "4");
    ck_assert_str_eq(step->questions[0].wrong[0].text, "Nein, nicht zwei.");
    ck_assert_str_eq(step->near[0].message, "fast");
    ck_assert_str_eq(step->hints[0].text, "Denk nach.");
    free(command);
}
END_TEST

START_TEST(what_is_not_translated_stays_as_it_is)
{
    lab_translate(lab, "fr");
    ck_assert_str_eq(lab->title, "X");
    lab_translate(lab, "");
    ck_assert_str_eq(lab->title, "X");
    lab_translate(lab, "de");
    ck_assert_str_eq(lab->steps[0].checks[1].title, "the question");
}
END_TEST

/* What is said of the translation. Owned. */
static char *problems_of(const char *text)
{
    struct lab_problems problems = {0};

    free(student_write_file(&student, "01-x.de.md", text));
    lab_translate_check(lab, &problems);
    return buf_take_string(&problems.text);
}

static void expect(const char *text, const char *problem)
{
    char *said = problems_of(text);

    ck_assert_msg(strstr(said, problem) != NULL, "'%s' is not in: %s", problem,
                  said);
    free(said);
}

START_TEST(a_text_that_no_longer_fits_is_told)
{
    expect(german, "step 'one' of the original has changed");
    expect(german, "title, beginning or end of the original have changed");
    expect("---\ntitle: Y\n---\n## Z\n<!-- step two -->\n",
           "the original has no step 'two'");
    expect("---\ntitle: Y\n---\n## Z\n<!-- step one -->\n```sh\nother\n```\n",
           "the commands of step 'one' are not the original's");
    expect("---\ntitle: Y\n---\n## Z\n<!-- step one -->\n"
           "```words\nask r: Was?\n```\n",
           "the original has no 'ask r'");
}
END_TEST

START_TEST(the_language_is_that_of_the_first_variable_that_is_set)
{
    char language[3];

    unsetenv("MQTTLAB_LANG");
    unsetenv("LC_MESSAGES");
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    setenv("LANG", "fr_FR.UTF-8", 1);
    lab_translate_language(language);
    ck_assert_str_eq(language, "de");
    setenv("MQTTLAB_LANG", "en", 1);
    lab_translate_language(language);
    ck_assert_str_eq(language, "en");
    unsetenv("MQTTLAB_LANG");
    setenv("LC_ALL", "C.UTF-8", 1);
    lab_translate_language(language);
    ck_assert_str_eq(language, "");
}
END_TEST

Suite *lab_translate_suite(void)
{
    Suite *suite = suite_create("lab_translate");
    TCase *tcase = unit_case(suite, "translate", 4);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_translation_changes_the_texts_and_nothing_else);
    tcase_add_test(tcase, what_is_not_translated_stays_as_it_is);
    tcase_add_test(tcase, a_text_that_no_longer_fits_is_told);
    tcase_add_test(tcase,
                   the_language_is_that_of_the_first_variable_that_is_set);
    return suite;
}
