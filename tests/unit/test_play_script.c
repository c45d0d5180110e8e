#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "client/play_script.h"
#include "client/play_words.h"
#include "labs/lab.h"

static struct play_script script;
static char error[200];

static bool reads(const char *text)
{
    return play_script_read(&script, text, error, sizeof(error));
}

static void tear_down(void)
{
    play_script_release(&script);
}

START_TEST(all_that_is_built_in_can_be_read)
{
    size_t count = 0;

    for (const struct play_built_in *row = play_built_ins(); row->name;
         row++, count++) {
        ck_assert_msg(reads(row->text), "%s: %s", row->name, error);
        ck_assert_uint_gt(script.line_count, 1);
        play_script_release(&script);
    }
    ck_assert_uint_ge(count, 10);
}
END_TEST

/* Of those of our labs; the folder is the one of the source. */
START_TEST(all_that_labs_bring_can_be_read)
{
    char **labs = lab_list(".");
    size_t count = 0;

    for (size_t i = 0; labs[i]; i++) {
        struct lab_problems problems = {0};
        struct lab *lab = lab_load(labs[i], "ann", &problems);

        for (size_t s = 0; lab && s < lab->step_count; s++) {
            for (size_t f = 0; f < lab->steps[s].file_count; f++) {
                const struct lab_file *file = &lab->steps[s].files[f];

                if (!file->demo)
                    continue;
                ck_assert_msg(reads(file->text), "%s: %s: %s", labs[i],
                              file->name, error);
                play_script_release(&script);
                count++;
            }
        }
        lab_free(lab);
        buf_release(&problems.text);
        free(labs[i]);
    }
    free(labs);
    ck_assert_uint_ge(count, 12);
}
END_TEST

START_TEST(a_line_is_a_client_and_its_deed)
{
    ck_assert(reads("# nothing\n\nconnect a will t \"good bye\" qos 1\n"
                    "a publish x/y {walk 1..2} qos 2 retain # why\n"));
    ck_assert_uint_eq(script.line_count, 2);
    ck_assert_int_eq(script.lines[0].deed, PLAY_CONNECT);
    ck_assert_str_eq(script.lines[0].words[3], "good bye");
    ck_assert_int_eq(script.lines[1].deed, PLAY_PUBLISH);
    ck_assert_uint_eq(script.lines[1].number, 4);
    ck_assert_str_eq(script.lines[1].words[1], "{walk 1..2}");
    ck_assert_str_eq(*play_words_behind(&script.lines[1], "qos"), "2");
    ck_assert_ptr_nonnull(play_words_behind(&script.lines[1], "retain"));
    ck_assert_ptr_null(play_words_behind(&script.lines[1], "times"));
}
END_TEST

/* A message, a topic or a password may be spelled like an option. */
START_TEST(what_an_option_takes_is_no_option)
{
    ck_assert_msg(reads("connect a will retain ws password refused\n"
                        "a publish qos retain\n"
                        "a publish t retain qos 1\n"),
                  "%s", error);
    ck_assert_str_eq(play_words_behind(&script.lines[0], "will")[1], "ws");
    ck_assert_str_eq(*play_words_behind(&script.lines[0], "password"),
                     "refused");
    ck_assert_ptr_null(play_words_behind(&script.lines[0], "retain"));
    ck_assert_ptr_null(play_words_behind(&script.lines[0], "ws"));
    ck_assert_ptr_null(play_words_behind(&script.lines[0], "refused"));
    ck_assert_ptr_null(play_words_behind(&script.lines[1], "retain"));
    ck_assert_ptr_null(play_words_behind(&script.lines[1], "qos"));
    ck_assert_ptr_null(play_words_behind(&script.lines[2], "retain"));
    ck_assert_str_eq(*play_words_behind(&script.lines[2], "qos"), "1");
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} wrong[] = {
    {"a publish x 1\n",                    "line 1: no such deed"  },
    {"connect a\na fly\n",                 "line 2: a client can"  },
    {"connect\n",                          "line 1: words are miss"},
    {"connect a\na publish x\n",           "line 2: words are miss"},
    {"connect a\n\na\n",                   "line 3: no such deed"  },
    {"wait long\n",                        "line 1: a time is need"},
    {"wait 0s\n",                          "line 1: a time is need"},
    {"wait 100000s\n",                     "line 1: a time is need"},
    {"wait 1s 2s\n",                       "line 1: a word too man"},
    {"connect a slow\n",                   "line 1: a word too man"},
    {"connect a will t\n",                 "line 1: words are miss"},
    {"connect a will t/# m\n",             "line 1: this is no top"},
    {"connect a keepalive x\n",            "line 1: keepalive is a"},
    {"connect a version 4\n",              "line 1: version is 3.1"},
    {"connect a\na cut now\n",             "line 2: a word too man"},
    {"connect a\na lost 3\n",              "line 2: a word too man"},
    {"connect a port 0\n",                 "line 1: port is a numb"},
    {"connect a port 65536\n",             "line 1: port is a numb"},
    {"connect a tls\n",                    "line 1: words are miss"},
    {"connect a tls ca cert a.crt\n",      "line 1: words are miss"},
    {"connect a cert a.crt a.key\n",       "line 1: cert needs tls"},
    {"connect a tls ca psk b 00\n",        "line 1: either tls or "},
    {"connect a psk b 0x\n",               "line 1: the key of psk"},
    {"connect a\na publish t m times 0\n", "line 2: times is 1 to "},
    {"connect a\na subscribe a/#/b\n",     "line 2: this is no top"},
    {"connect a\na subscribe a qos 3\n",   "line 2: qos is 0, 1 or"},
    {"connect a\na publish + m\n",         "line 2: this is no top"},
    {"connect a\na publish t m qos\n",     "line 2: words are miss"},
    {"connect a\na publish t m retian\n",  "line 2: a word too man"},
};

START_TEST(what_means_nothing_is_refused_with_its_line)
{
    ck_assert(!reads(wrong[_i].text));
    ck_assert_msg(!strncmp(error, wrong[_i].error, strlen(wrong[_i].error)),
                  "%s", error);
}
END_TEST

static bool add_number(void *context, unsigned number, const char *why)
{
    buf_printf(context, "%u ", number);
    ck_assert_uint_gt(strlen(why), 0);
    return true;
}

START_TEST(a_look_at_a_script_finds_every_wrong_line)
{
    struct buf numbers = {0};

    play_script_check("fly\nconnect a\na publish + m\n\nwait\na cut\n",
                      add_number, &numbers);
    ck_assert_str_eq(buf_string(&numbers), "1 3 5 ");
    buf_release(&numbers);
}
END_TEST

/* What is filled in later may become a topic or a number. */
START_TEST(values_are_taken_on_trust)
{
    ck_assert_msg(
        reads("connect {id} will home/{id}/state x keepalive {every}\n"
              "{id} publish home/{id}/# 1 qos {random 0..2}\n"),
        "%s", error);
}
END_TEST

static const struct {
    const char *word;
    const char *filled;
} words[] = {
    {"home/{id}/temp",    "home/d-1/temp"    },
    {"{every}",           "2s"               },
    {"{\"n\":{count}}",   "{\"n\":7}"        },
    {"{random 5..5}",     "5"                },
    {"{turn on off}",     "on"               },
    {"{unknown}",         "{unknown}"        },
    {"{bytes 5}",         "xxxxx"            },
    {"{bytes 0}",         ""                 },
    {"{",                 "{"                },
    {"{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"},
};

START_TEST(values_are_filled_in)
{
    struct play_values values = {
        .id = "d-1", .every = "2s", .count = 7, .random = 1};
    struct buf out = {0};

    play_fill(&values, words[_i].word, &out);
    ck_assert_str_eq(buf_string(&out), words[_i].filled);
    buf_release(&out);
}
END_TEST

START_TEST(numbers_stay_in_their_range_and_are_not_all_the_same)
{
    struct play_values values = {
        .id = "", .every = "", .random = 99, .walk = 0.5};
    double first = 0;
    bool differs = false;

    for (int i = 0; i < 1000; i++) {
        struct buf out = {0};

        play_fill(&values, i % 2 ? "{walk 18..26}" : "{random 80..2400}", &out);
        double value = strtod(buf_string(&out), NULL);
        ck_assert_double_ge(value, i % 2 ? 18 : 80);
        ck_assert_double_le(value, i % 2 ? 26 : 2400);
        if (i == 1)
            first = value;
        differs = differs || (i % 2 && value != first);
        buf_release(&out);
    }
    ck_assert(differs);
}
END_TEST

START_TEST(a_turn_comes_back)
{
    struct play_values values = {.id = "", .every = "", .random = 1};
    struct buf out = {0};

    for (int i = 0; i < 3; i++)
        play_fill(&values, "{turn open closed}", &out);
    ck_assert_str_eq(buf_string(&out), "openclosedopen");
    buf_release(&out);
}
END_TEST

Suite *play_script_suite(void)
{
    Suite *suite = suite_create("play_script");
    TCase *tcase = unit_case(suite, "play_script", 0);

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, all_that_is_built_in_can_be_read);
    tcase_add_test(tcase, all_that_labs_bring_can_be_read);
    tcase_add_test(tcase, a_line_is_a_client_and_its_deed);
    tcase_add_test(tcase, what_an_option_takes_is_no_option);
    tcase_add_loop_test(tcase, what_means_nothing_is_refused_with_its_line, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(tcase, a_look_at_a_script_finds_every_wrong_line);
    tcase_add_test(tcase, values_are_taken_on_trust);
    tcase_add_loop_test(tcase, values_are_filled_in, 0,
                        sizeof(words) / sizeof(words[0]));
    tcase_add_test(tcase, numbers_stay_in_their_range_and_are_not_all_the_same);
    tcase_add_test(tcase, a_turn_comes_back);
    return suite;
}
