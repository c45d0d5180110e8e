/*
 * Answers: compared, hashed, and told what form they have.
 */
#include "suites.h"

#include "base/alloc.h"
#include "labs/answer.h"

#include <stdlib.h>

START_TEST(answers_are_compared_without_case_blanks_and_full_stop)
{
    ck_assert(answer_same("  C0   00. ", "c0 00"));
    ck_assert(!answer_same("c000", "c0 00"));
    ck_assert(answer_same(".", "."));
}
END_TEST

START_TEST(a_small_number_is_the_same_in_words)
{
    ck_assert(answer_same(" Twelve.", "12"));
    ck_assert(answer_same("0", "zero"));
    ck_assert(!answer_same("two", "3"));
    ck_assert(!answer_same("two bytes", "2 bytes"));
    ck_assert(!answer_same("thirteen", "13"));
}
END_TEST

static const struct {
    const char *text;
    const char *number; /* NULL: it is no hex */
} in_hex[] = {
    {"0x12",        "18"        },
    {" 0C ",        "12"        },
    {"00 2a",       "42"        },
    {"ff ff ff ff", "4294967295"},
    {"1 ffff ffff", NULL        },
    {"0x",          NULL        },
    {"2a bytes",    NULL        },
    {"",            NULL        },
};

START_TEST(a_number_is_known_in_hex)
{
    char *number = answer_from_hex(in_hex[_i].text);

    ck_assert_pstr_eq(number, in_hex[_i].number);
    free(number);
}
END_TEST

static const struct {
    const char *text;
    size_t i;
    const char *word; /* NULL: there is none */
} in_words[] = {
    {"217 seconds",      0, "217"        },
    {" 217  seconds. ",  1, "seconds"    },
    {"217 seconds",      2, NULL         },
    {"Yes, it is",       0, "yes"        },
    {"\"sensor/9290\"",  0, "sensor/9290"},
    {"(the) code is: 8", 2, "is"         },
    {"(the) code is: 8", 3, "8"          },
    {"it is one of 5",   0, NULL         }, /* five words */
    {"connect",          0, NULL         }, /* the whole answer */
    {"Connect. ",        0, NULL         },
    {"",                 0, NULL         },
};

START_TEST(an_answer_is_taken_apart_into_words)
{
    char *word = answer_word(in_words[_i].text, in_words[_i].i);

    ck_assert_pstr_eq(word, in_words[_i].word);
    free(word);
}
END_TEST

#define CHOICE "Which? 1: this. 2: that. 3: none."

/* What is asked, what is right, what is answered: is it right, and what is
   said. */
static const struct {
    const char *ask;
    const char *right;
    const char *answer;
    bool good;
    const char *remark;
} forms[] = {
    {CHOICE,              "2",        "2",         true,  NULL                             },
    {CHOICE,              "2",        " 2: That.", true,  NULL                             },
    {CHOICE,              "2",        "2) that",   true,  NULL                             },
    {CHOICE,              "2",        "that",      false, "Answer with the number, 1 to 3."},
    {CHOICE,              "2",        "4",         false, "Answer with the number, 1 to 3."},
    {CHOICE,              "2",        "3",         false, NULL                             },
    {CHOICE,              "2",        "23",        false, NULL                             },
    {"1: this. 2: that.", "2",        "that",      false, NULL                             },
    {"Is 1: a. 2: b.",    "2",        "b",         false, "Answer with the number, 1 or 2."},
    {"Is it, yes or no?", "no | n",   "perhaps",   false, "Answer yes or no."              },
    {"Is it, yes or no?", "no | n",   "Yes",       false, NULL                             },
    {"Is it, yes or no?", "no | n",   "nope",      false, "Answer yes or no."              },
    {"Is it, yes or no?", "no | n",   "no, it's",  false, "Answer yes or no."              },
    {"How many?",         "4 | four", "many",      false, NULL                             },
    {"How many?",         "4 | four", "4: four",   true,  NULL                             },
};

START_TEST(an_answer_of_another_form_is_told_the_form)
{
    char *ask = alloc_string(forms[_i].ask);
    char *right = alloc_string(forms[_i].right);
    const struct lab_question question = {
        .kind = LAB_ANSWER_TEXT,
        .ask = ask,
        .answer = right,
    };

    ck_assert_int_eq(answer_right(&question, forms[_i].answer), forms[_i].good);
    if (!forms[_i].good)
        ck_assert_pstr_eq(answer_remark(&question, forms[_i].answer),
                          forms[_i].remark);
    free(ask);
    free(right);
}
END_TEST

START_TEST(who_answers_a_number_in_words_is_told_so)
{
    char ask[] = "How many?";
    char right[] = "4";
    const struct lab_question question = {
        .kind = LAB_ANSWER_TEXT,
        .is_integer = true,
        .ask = ask,
        .answer = right,
    };

    ck_assert(answer_right(&question, "4"));
    ck_assert_str_eq(answer_remark(&question, "four"),
                     "Answer with a whole number, in digits.");
    ck_assert_str_eq(answer_remark(&question, "4 or 5"),
                     "Answer with a whole number, in digits.");
    ck_assert_ptr_null(answer_remark(&question, " 5. "));
    ck_assert_ptr_null(answer_remark(&question, "-5"));
}
END_TEST

START_TEST(a_hashed_answer_is_recognised)
{
    char *hash = answer_hash("Four", NULL);
    char *other = answer_hash("Four", NULL);
    struct lab_question question = {.kind = LAB_ANSWER_SCRYPT, .answer = hash};

    ck_assert_str_ne(hash, other); /* another salt */
    ck_assert(answer_right(&question, " four "));
    ck_assert(!answer_right(&question, "five"));
    question.answer = other;
    ck_assert(answer_right(&question, "FOUR"));
    free(hash);
    free(other);
}
END_TEST

START_TEST(of_several_hashes_each_is_right)
{
    char *four = answer_hash("4", NULL);
    char *word = answer_hash("four of them", NULL);
    char *both = alloc_printf("%s | scrypt:%s", four, word);
    struct lab_question question = {.kind = LAB_ANSWER_SCRYPT, .answer = both};

    ck_assert(answer_right(&question, "4"));
    ck_assert(answer_right(&question, "Four of  them."));
    ck_assert(answer_right(&question, "4: the broker"));
    ck_assert(!answer_right(&question, "4 of them"));
    ck_assert(!answer_right(&question, "5: the broker"));
    ck_assert(!answer_right(&question, "4 | four of them"));
    free(both);
    free(word);
    free(four);
}
END_TEST

START_TEST(a_hash_that_is_none_accepts_nothing)
{
    char text[] = "";
    struct lab_question question = {.kind = LAB_ANSWER_SCRYPT, .answer = text};

    ck_assert(!answer_right(&question, ""));
}
END_TEST

Suite *answer_suite(void)
{
    Suite *suite = suite_create("answer");
    TCase *tcase = unit_case(suite, "answer", 20);

    tcase_add_test(tcase,
                   answers_are_compared_without_case_blanks_and_full_stop);
    tcase_add_test(tcase, a_small_number_is_the_same_in_words);
    tcase_add_loop_test(tcase, a_number_is_known_in_hex, 0,
                        (int)(sizeof(in_hex) / sizeof(in_hex[0])));
    tcase_add_loop_test(tcase, an_answer_of_another_form_is_told_the_form, 0,
                        (int)(sizeof(forms) / sizeof(forms[0])));
    tcase_add_loop_test(tcase, an_answer_is_taken_apart_into_words, 0,
                        (int)(sizeof(in_words) / sizeof(in_words[0])));
    tcase_add_test(tcase, who_answers_a_number_in_words_is_told_so);
    tcase_add_test(tcase, a_hashed_answer_is_recognised);
    tcase_add_test(tcase, of_several_hashes_each_is_right);
    tcase_add_test(tcase, a_hash_that_is_none_accepts_nothing);
    return suite;
}
