#include "suites.h"

#include "net/loop.h"
#include "net/poller.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop loop;

static void open_loop(void)
{
    ck_assert_int_eq(loop_init(&loop), 0);
}

/* The same with the poller that is for other systems. */
static void open_poll_loop(void)
{
    ck_assert_int_eq(loop_init_with(&loop, &poller_poll), 0);
}

static void close_loop(void)
{
    loop_release(&loop);
}

/* ---- jobs ---- */

struct sum {
    struct loop_job job;
    pthread_t thread;
    int number;
    unsigned result;
    bool done;
};

static void add_up(struct loop_job *job)
{
    struct sum *sum = LIST_ITEM(job, struct sum, job);

    sum->thread = pthread_self();
    for (int i = 1; i <= sum->number; i++)
        sum->result += (unsigned)i;
}

static void on_sum(struct loop_job *job)
{
    LIST_ITEM(job, struct sum, job)->done = true;
}

START_TEST(a_job_runs_in_another_thread_and_is_done_in_the_loop)
{
    struct sum sums[20] = {0};

    for (int i = 0; i < 20; i++) {
        sums[i].number = i;
        loop_job_start(&loop, &sums[i].job, add_up, on_sum);
        ck_assert(!sums[i].done);
    }
    loop_settle(&loop);
    ck_assert_uint_eq(loop.job_count, 0);
    for (int i = 0; i < 20; i++) {
        ck_assert(sums[i].done);
        ck_assert_uint_eq(sums[i].result, (unsigned)(i * (i + 1) / 2));
        ck_assert(!pthread_equal(sums[i].thread, pthread_self()));
    }
}
END_TEST

START_TEST(release_waits_for_jobs)
{
    struct sum sum = {.number = 10000000};

    loop_job_start(&loop, &sum.job, add_up, on_sum);
    loop_release(&loop);
    ck_assert(sum.done);
    open_loop();
}
END_TEST

/* ---- tasks ---- */

struct counted {
    struct loop_task task;
    char letter;
    int again;          /* how often it queues itself */
    struct counted *at; /* another that it queues */
};

static char trace[64]; /* a letter for each run, a blank for each turn */

static void note(char letter)
{
    size_t len = strlen(trace);

    ck_assert_uint_lt(len + 1, sizeof(trace));
    trace[len] = letter;
    trace[len + 1] = '\0';
}

static void run_counted(struct loop_task *task)
{
    struct counted *counted = LIST_ITEM(task, struct counted, task);

    note(counted->letter);
    if (counted->again-- > 0)
        loop_at_end(&loop, task);
    if (counted->at)
        loop_at_end(&loop, &counted->at->task);
}

static void prepare(struct counted *counted, char letter)
{
    *counted = (struct counted){.letter = letter};
    loop_task_init(&counted->task, run_counted);
    trace[0] = '\0';
}

static void turns(int count)
{
    for (int i = 0; i < count; i++) {
        loop_turn(&loop, false);
        note(' ');
    }
}

START_TEST(tasks_run_once_in_the_order_in_which_they_were_queued)
{
    struct counted a;
    struct counted b;

    prepare(&a, 'a');
    prepare(&b, 'b');
    loop_at_end(&loop, &b.task);
    loop_at_end(&loop, &a.task);
    loop_at_end(&loop, &b.task);
    turns(2);
    ck_assert_str_eq(trace, "ba  ");
}
END_TEST

START_TEST(a_task_that_queues_itself_runs_in_the_next_turn)
{
    struct counted a;

    prepare(&a, 'a');
    a.again = 2;
    loop_at_end(&loop, &a.task);
    turns(4);
    ck_assert_str_eq(trace, "a a a  ");
}
END_TEST

START_TEST(what_a_task_queues_runs_at_the_same_end_of_turn)
{
    struct counted a;
    struct counted b;

    prepare(&a, 'a');
    prepare(&b, 'b');
    a.at = &b;
    loop_at_end(&loop, &a.task);
    turns(2);
    ck_assert_str_eq(trace, "ab  ");
}
END_TEST

START_TEST(two_tasks_that_queue_each_other_do_not_hold_up_the_loop)
{
    struct counted a;
    struct counted b;

    prepare(&a, 'a');
    prepare(&b, 'b');
    a.at = &b;
    b.at = &a;
    loop_at_end(&loop, &a.task);
    turns(1);
    ck_assert_uint_lt(strlen(trace), 20);
    a.at = b.at = NULL;
    turns(2);
    ck_assert(list_empty(&a.task.node) && list_empty(&b.task.node));
}
END_TEST

START_TEST(a_cancelled_task_does_not_run)
{
    struct counted a;
    struct counted b;

    prepare(&a, 'a');
    prepare(&b, 'b');
    loop_at_end(&loop, &a.task);
    loop_at_start(&loop, &b.task);
    loop_task_cancel(&a.task);
    loop_task_cancel(&b.task);
    loop_task_cancel(&b.task);
    turns(2);
    ck_assert_str_eq(trace, "  ");
}
END_TEST

START_TEST(a_task_at_the_start_runs_before_the_end)
{
    struct counted start;
    struct counted end;

    prepare(&end, 'e');
    prepare(&start, 's');
    loop_at_end(&loop, &end.task);
    loop_at_start(&loop, &start.task);
    turns(2);
    ck_assert_str_eq(trace, "se  ");
}
END_TEST

START_TEST(a_turn_with_a_task_does_not_wait)
{
    int pair[2];
    struct loop_fd watch;
    struct counted a;

    /* Something is watched, so the loop would wait for ever. */
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_int_eq(loop_fd_open(&loop, &watch, pair[0], NULL), 0);
    prepare(&a, 'a');
    a.again = 1;
    loop_at_end(&loop, &a.task);
    loop_turn(&loop, true);
    loop_turn(&loop, true);
    ck_assert_str_eq(trace, "aa");
    loop_at_start(&loop, &a.task);
    loop_turn(&loop, true);
    ck_assert_str_eq(trace, "aaa");
    loop_fd_close(&watch, NULL);
    loop_turn(&loop, false);
    close(pair[0]);
    close(pair[1]);
}
END_TEST

START_TEST(release_runs_what_is_queued)
{
    static struct loop own;
    struct counted a;

    ck_assert_int_eq(loop_init(&own), 0);
    prepare(&a, 'a');
    loop_at_end(&own, &a.task);
    loop_release(&own);
    ck_assert_str_eq(trace, "a");
}
END_TEST

START_TEST(stop_before_run_ends_that_run_only)
{
    struct counted a;

    prepare(&a, 'a');
    loop_stop(&loop);
    loop_run(&loop);
    loop_at_end(&loop, &a.task);
    loop_run(&loop);
    ck_assert_str_eq(trace, "a");
}
END_TEST

/* ---- signals ---- */

static int signals;

static void on_signal(struct loop_signal *watch)
{
    signals++;
    loop_signal_close(watch);
}

START_TEST(a_signal_comes_in_the_loop)
{
    struct loop_signal watch;

    signals = 0;
    ck_assert_int_eq(loop_signal_open(&loop, &watch, SIGUSR1, on_signal), 0);
    raise(SIGUSR1);
    ck_assert_int_eq(signals, 0);
    loop_run(&loop);
    ck_assert_int_eq(signals, 1);
}
END_TEST

/* ---- buffers ---- */

START_TEST(a_buffer_given_back_is_lent_again)
{
    struct buf a = {0};
    struct buf b = {0};

    loop_buffer_take(&loop, &a);
    ck_assert_uint_eq(a.cap, LOOP_BUFFER_BYTES);
    buf_append_string(&a, "old");
    const uint8_t *memory = a.bytes;
    loop_buffer_give(&loop, &a);
    ck_assert_uint_eq(a.cap, 0);
    loop_buffer_take(&loop, &b);
    ck_assert_ptr_eq(b.bytes, memory);
    ck_assert_uint_eq(b.len, 0);
    loop_buffer_give(&loop, &b);
}
END_TEST

START_TEST(only_so_many_buffers_are_kept)
{
    struct buf lent[LOOP_BUFFERS_KEPT + 2] = {{0}};
    struct buf other = {0};

    for (int i = 0; i < LOOP_BUFFERS_KEPT + 2; i++)
        loop_buffer_take(&loop, &lent[i]);
    for (int i = 0; i < LOOP_BUFFERS_KEPT + 2; i++)
        loop_buffer_give(&loop, &lent[i]);
    ck_assert_uint_eq(loop.kept_count, LOOP_BUFFERS_KEPT);
    loop_buffer_take(&loop, &lent[0]);
    buf_append_string(&other, "of another size");
    loop_buffer_give(&loop, &other);
    ck_assert_uint_eq(loop.kept_count, LOOP_BUFFERS_KEPT - 1);
    loop_buffer_give(&loop, &lent[0]);
}
END_TEST

static void add_both(TCase *tcase)
{
    tcase_add_test(tcase, a_turn_with_a_task_does_not_wait);
    tcase_add_test(tcase, a_signal_comes_in_the_loop);
    tcase_add_test(tcase, a_job_runs_in_another_thread_and_is_done_in_the_loop);
    tcase_add_test(tcase, release_waits_for_jobs);
}

Suite *loop_suite(void)
{
    Suite *suite = suite_create("loop");
    TCase *tcase = unit_case(suite, "loop", 0);

    tcase_add_checked_fixture(tcase, open_loop, close_loop);
    tcase_add_test(tcase,
                   tasks_run_once_in_the_order_in_which_they_were_queued);
    tcase_add_test(tcase, a_task_that_queues_itself_runs_in_the_next_turn);
    tcase_add_test(tcase, what_a_task_queues_runs_at_the_same_end_of_turn);
    tcase_add_test(tcase,
                   two_tasks_that_queue_each_other_do_not_hold_up_the_loop);
    tcase_add_test(tcase, a_cancelled_task_does_not_run);
    tcase_add_test(tcase, a_task_at_the_start_runs_before_the_end);
    tcase_add_test(tcase, release_runs_what_is_queued);
    tcase_add_test(tcase, stop_before_run_ends_that_run_only);
    tcase_add_test(tcase, a_buffer_given_back_is_lent_again);
    tcase_add_test(tcase, only_so_many_buffers_are_kept);
    add_both(tcase);

    TCase *portable = unit_case(suite, "with poll(2)", 0);
    tcase_add_checked_fixture(portable, open_poll_loop, close_loop);
    add_both(portable);
    return suite;
}
