#include "suites.h"

#include "client/line_input.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct loop loop;
static struct line_input input;
static struct buf seen; /* the lines, each in brackets */
static bool ended;
static int writer; /* the other end of the pipe */
static int reader;
static const char *close_at; /* the owner closes at this line; NULL: never */
static const char *pause_at;

static void on_line(struct line_input *from, struct slice line)
{
    if (close_at && slice_equal_string(line, close_at))
        line_input_close(from);
    if (pause_at && slice_equal_string(line, pause_at))
        line_input_pause(from);
    /* The line is there until this returns, also after closing. */
    buf_printf(&seen, "[%.*s]", SLICE_ARGS(line));
}

static void on_end(struct line_input *from)
{
    ck_assert_ptr_eq(from, &input);
    ended = true;
}

static void set_up(void)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    reader = ends[0];
    writer = ends[1];
    close_at = pause_at = NULL;
    ended = false;
    ck_assert_int_eq(loop_init(&loop), 0);
    line_input_open(&loop, &input, reader, on_line, on_end);
}

static void tear_down(void)
{
    line_input_close(&input);
    loop_turn(&loop, false);
    loop_release(&loop);
    buf_release(&seen);
    close(reader);
}

static void say(const char *text)
{
    ck_assert_int_eq(write(writer, text, strlen(text)), (ssize_t)strlen(text));
}

static void read_to_the_end(void)
{
    close(writer);
    line_input_resume(&input);
    for (int i = 0; i < 20 && !ended; i++)
        loop_turn(&loop, false);
}

START_TEST(each_line_comes_once_and_then_the_end)
{
    say("one\n\ntwo\nthree");
    read_to_the_end();
    ck_assert_str_eq(buf_string(&seen), "[one][][two][three]");
    ck_assert(ended);
}
END_TEST

START_TEST(no_line_comes_while_it_is_paused)
{
    pause_at = "two";
    say("one\ntwo\nthree\n");
    read_to_the_end();
    ck_assert_str_eq(buf_string(&seen), "[one][two]");
    ck_assert(!ended);
    line_input_resume(&input);
    for (int i = 0; i < 20; i++)
        loop_turn(&loop, false);
    ck_assert_str_eq(buf_string(&seen), "[one][two][three]");
    ck_assert(ended);
}
END_TEST

START_TEST(a_line_may_be_the_reason_to_close)
{
    close_at = "two";
    say("one\ntwo\nthree\nfour\n");
    read_to_the_end();
    ck_assert_str_eq(buf_string(&seen), "[one][two]");
    ck_assert(!ended);
}
END_TEST

START_TEST(the_last_line_may_be_that_reason_too)
{
    close_at = "two";
    say("one\ntwo");
    read_to_the_end();
    ck_assert_str_eq(buf_string(&seen), "[one][two]");
    ck_assert(!ended);
}
END_TEST

Suite *line_input_suite(void)
{
    Suite *suite = suite_create("line_input");
    TCase *tcase = unit_case(suite, "lines", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, each_line_comes_once_and_then_the_end);
    tcase_add_test(tcase, no_line_comes_while_it_is_paused);
    tcase_add_test(tcase, a_line_may_be_the_reason_to_close);
    tcase_add_test(tcase, the_last_line_may_be_that_reason_too);
    return suite;
}
