/*
 * Labs whose answers cannot be read in them.
 */
#include "suites.h"

#include "base/alloc.h"
#include "labs/answer.h"
#include "labs/lab_seal.h"

#include <stdlib.h>
#include <string.h>

static const char lab[] = "# A lab\n"
                          "answer: this is text\n"
                          "```question q1\n"
                          "ask: Who?\n"
                          "answer: the broker | broker\n"
                          "wrong client: It asks.\n"
                          "```\n"
                          "```question q2\n"
                          "answer: 4\n"
                          "```\n"
                          "answer: 4\n"
                          "```question q3\n"
                          "answer: {{code}} | none\n"
                          "```\n"
                          "```question q4\n"
                          "answer: field mqtt.len of check pub\n"
                          "```\n"
                          "```question q5\n"
                          "answer: by hand\n"
                          "```\n"
                          "the end, without a line's end";

/* The value of the n-th line (from 0) that begins so. Owned by the caller. */
static char *value_of(const char *text, unsigned n)
{
    static const char start[] = "\nanswer: ";

    for (text = strstr(text, start); text && n--;)
        text = strstr(text + 1, start);
    ck_assert_ptr_nonnull(text);
    text += strlen(start);
    return alloc_string_of(text, strcspn(text, "\n"));
}

static void expect_value(const char *text, unsigned n, const char *value)
{
    char *is = value_of(text, n);

    ck_assert_str_eq(is, value);
    free(is);
}

START_TEST(answers_that_all_students_share_cannot_be_read)
{
    char *sealed = lab_seal(lab);
    char *several = value_of(sealed, 1);
    char *one = value_of(sealed, 2);

    ck_assert_ptr_null(strstr(sealed, "the broker"));
    ck_assert_int_eq(strncmp(several, "scrypt:", 7), 0);
    struct lab_question question = {.kind = LAB_ANSWER_SCRYPT,
                                    .answer = several + 7};
    ck_assert(answer_right(&question, "The broker"));
    ck_assert(answer_right(&question, "broker"));
    ck_assert(!answer_right(&question, "client"));
    question.answer = one + 7;
    ck_assert(answer_right(&question, "4"));
    ck_assert(!answer_right(&question, "5"));
    free(one);
    free(several);
    free(sealed);
}
END_TEST

START_TEST(all_else_stays_as_it_is)
{
    char *sealed = lab_seal(lab);

    expect_value(sealed, 0, "this is text");
    expect_value(sealed, 3, "4");
    expect_value(sealed, 4, "{{code}} | none");
    expect_value(sealed, 5, "field mqtt.len of check pub");
    expect_value(sealed, 6, "by hand");
    ck_assert_ptr_nonnull(strstr(sealed, "wrong client: It asks.\n```\n"));
    ck_assert_str_eq(strrchr(sealed, '\n'), "\nthe end, without a line's end");
    free(sealed);
}
END_TEST

START_TEST(each_has_a_salt_of_its_own_and_the_same_each_time)
{
    static const char twice[] = "```question a\nanswer: 4 | 4\n```\n";
    char *first = lab_seal(twice);
    char *second = lab_seal(twice);
    char *again = lab_seal(first);
    const char *hash = strstr(first, "scrypt:");

    ck_assert_str_eq(first, second);
    ck_assert_str_eq(first, again); /* what is sealed stays */
    ck_assert_int_ne(strncmp(hash, strstr(hash + 1, "scrypt:"), 7 + 32), 0);
    free(again);
    free(second);
    free(first);
}
END_TEST

Suite *lab_seal_suite(void)
{
    Suite *suite = suite_create("lab_seal");
    TCase *tcase = unit_case(suite, "lab_seal", 20);

    tcase_add_test(tcase, answers_that_all_students_share_cannot_be_read);
    tcase_add_test(tcase, all_else_stays_as_it_is);
    tcase_add_test(tcase, each_has_a_salt_of_its_own_and_the_same_each_time);
    return suite;
}
