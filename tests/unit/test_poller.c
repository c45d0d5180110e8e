/*
 * Descriptors in the loop, with the poller that is best here and with the one
 * that is for all systems.
 */
#include "suites.h"

#include "net/loop.h"
#include "net/poller.h"
#include "net/timer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop loop;

static void open_best(void)
{
    ck_assert_int_eq(loop_init(&loop), 0);
}

static void open_portable(void)
{
    ck_assert_int_eq(loop_init_with(&loop, &poller_poll), 0);
}

static void close_loop(void)
{
    loop_release(&loop);
}

struct watched {
    struct loop_fd watch;
    int reads;
    int writes;
    int closed;
    uint64_t seen_ns;
    bool stop;
};

static void on_ready(struct loop_fd *watch, bool readable, bool writable)
{
    struct watched *watched = LIST_ITEM(watch, struct watched, watch);
    char bytes[16];

    if (readable && read(watch->fd, bytes, sizeof(bytes)) >= 0)
        watched->reads++;
    watched->writes += writable;
    watched->seen_ns = loop.clock.monotonic_ns;
    if (watched->stop)
        loop_stop(&loop);
}

static void on_closed(struct loop_fd *watch)
{
    struct watched *watched = LIST_ITEM(watch, struct watched, watch);

    watched->closed++;
    close(watch->fd);
}

static void open_pair(struct watched *watched, int *other)
{
    int pair[2];

    *watched = (struct watched){0};
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_int_eq(loop_fd_open(&loop, &watched->watch, pair[0], on_ready),
                     0);
    *other = pair[1];
}

START_TEST(a_descriptor_is_reported_while_it_is_readable)
{
    struct watched watched;
    int other;

    open_pair(&watched, &other);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.reads, 0);
    ck_assert_int_eq(write(other, "x", 1), 1);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.reads, 1);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.reads, 1);
    ck_assert_int_eq(watched.writes, 0);
    loop_fd_close(&watched.watch, on_closed);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.closed, 1);
    close(other);
}
END_TEST

START_TEST(only_what_is_wanted_is_reported)
{
    struct watched watched;
    int other;

    open_pair(&watched, &other);
    ck_assert_int_eq(write(other, "x", 1), 1);
    loop_fd_want(&watched.watch, false, true);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.reads, 0);
    ck_assert_int_eq(watched.writes, 1);
    loop_fd_want(&watched.watch, false, false);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.writes, 1);
    loop_fd_want(&watched.watch, true, false);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.reads, 1);
    loop_fd_close(&watched.watch, on_closed);
    loop_turn(&loop, false);
    close(other);
}
END_TEST

START_TEST(the_end_of_a_stream_is_reported_again_and_again)
{
    struct watched watched;
    int other;

    open_pair(&watched, &other);
    close(other);
    loop_turn(&loop, false);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.reads, 2);
    loop_fd_close(&watched.watch, on_closed);
    loop_turn(&loop, false);
}
END_TEST

START_TEST(a_turn_has_one_time)
{
    struct watched a;
    struct watched b;
    int other_a;
    int other_b;

    open_pair(&a, &other_a);
    open_pair(&b, &other_b);
    ck_assert_int_eq(write(other_a, "x", 1), 1);
    ck_assert_int_eq(write(other_b, "x", 1), 1);
    uint64_t before = clock_read_monotonic_ns();
    loop_turn(&loop, false);
    ck_assert(a.seen_ns == b.seen_ns);
    ck_assert(a.seen_ns >= before);
    uint64_t first = a.seen_ns;
    ck_assert_int_eq(write(other_a, "x", 1), 1);
    loop_turn(&loop, false);
    ck_assert(a.seen_ns > first);
    loop_fd_close(&a.watch, on_closed);
    loop_fd_close(&b.watch, on_closed);
    loop_turn(&loop, false);
    close(other_a);
    close(other_b);
}
END_TEST

START_TEST(a_plain_file_cannot_be_watched)
{
    struct loop_fd watch;
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(loop_fd_open(&loop, &watch, fileno(file), on_ready),
                     -EPERM);
    fclose(file);
}
END_TEST

START_TEST(the_end_of_a_stream_does_not_disturb_who_wants_nothing)
{
    struct watched watched;
    int other;

    open_pair(&watched, &other);
    loop_fd_want(&watched.watch, false, false);
    close(other);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.reads + watched.writes, 0);
    loop_fd_want(&watched.watch, true, false);
    loop_turn(&loop, false);
    ck_assert_int_eq(watched.reads, 1);
    loop_fd_close(&watched.watch, on_closed);
    loop_turn(&loop, false);
}
END_TEST

static struct watched both[2];

static void close_both(struct loop_fd *watch, bool readable, bool writable)
{
    struct watched *watched = LIST_ITEM(watch, struct watched, watch);

    (void)writable;
    watched->reads += readable;
    for (int i = 0; i < 2; i++)
        loop_fd_close(&both[i].watch, on_closed);
}

START_TEST(a_descriptor_closed_in_this_turn_is_not_reported_any_more)
{
    int others[2];

    for (int i = 0; i < 2; i++) {
        open_pair(&both[i], &others[i]);
        both[i].watch.on_ready = close_both;
        ck_assert_int_eq(write(others[i], "x", 1), 1);
    }
    loop_turn(&loop, false);
    ck_assert_int_eq(both[0].reads + both[1].reads, 1);
    ck_assert_int_eq(both[0].closed + both[1].closed, 2);
    close(others[0]);
    close(others[1]);
}
END_TEST

#define MANY 300

START_TEST(of_many_that_are_ready_everybody_has_a_turn)
{
    static struct watched many[MANY];
    static int others[MANY];
    int seen = 0;

    for (int i = 0; i < MANY; i++) {
        open_pair(&many[i], &others[i]);
        /* Never read: it stays ready. */
        many[i].watch.on_ready = NULL;
        loop_fd_want(&many[i].watch, false, true);
        many[i].watch.on_ready = on_ready;
    }
    for (int i = 0; i < 3; i++)
        loop_turn(&loop, false);
    for (int i = 0; i < MANY; i++) {
        seen += many[i].writes > 0;
        loop_fd_close(&many[i].watch, on_closed);
        close(others[i]);
    }
    ck_assert_int_eq(seen, MANY);
    loop_turn(&loop, false);
}
END_TEST

static struct timer wake;
static int woken;

static void on_wake(struct timer *timer)
{
    (void)timer;
    woken++;
}

START_TEST(waiting_ends_when_a_timer_is_due_and_not_before)
{
    struct watched watched;
    int other;

    open_pair(&watched, &other);
    woken = 0;
    timer_init(&wake, on_wake);
    timer_set(&loop, &wake, 20);
    /* A timer counts from the time that the turn began. */
    uint64_t before_ns = loop.clock.monotonic_ns;
    while (!woken)
        loop_turn(&loop, true);
    ck_assert_uint_ge(clock_read_monotonic_ns() - before_ns,
                      20 * CLOCK_NS_PER_MS);
    loop_fd_close(&watched.watch, on_closed);
    loop_turn(&loop, false);
    close(other);
}
END_TEST

START_TEST(run_returns_after_stop_and_again_when_all_is_closed)
{
    struct watched watched;
    int other;

    open_pair(&watched, &other);
    watched.stop = true;
    ck_assert_int_eq(write(other, "x", 1), 1);
    loop_run(&loop);
    ck_assert_int_eq(watched.reads, 1);
    loop_fd_close(&watched.watch, on_closed);
    loop_run(&loop);
    ck_assert_int_eq(watched.closed, 1);
    close(other);
}
END_TEST

static void add_case(Suite *suite, const char *name, void (*open)(void))
{
    TCase *tcase = unit_case(suite, name, 0);

    tcase_add_checked_fixture(tcase, open, close_loop);
    tcase_add_test(tcase, a_descriptor_is_reported_while_it_is_readable);
    tcase_add_test(tcase, only_what_is_wanted_is_reported);
    tcase_add_test(tcase, the_end_of_a_stream_is_reported_again_and_again);
    tcase_add_test(tcase, a_turn_has_one_time);
    tcase_add_test(tcase, a_plain_file_cannot_be_watched);
    tcase_add_test(tcase,
                   the_end_of_a_stream_does_not_disturb_who_wants_nothing);
    tcase_add_test(tcase,
                   a_descriptor_closed_in_this_turn_is_not_reported_any_more);
    tcase_add_test(tcase, of_many_that_are_ready_everybody_has_a_turn);
    tcase_add_test(tcase, waiting_ends_when_a_timer_is_due_and_not_before);
    tcase_add_test(tcase, run_returns_after_stop_and_again_when_all_is_closed);
}

Suite *poller_suite(void)
{
    Suite *suite = suite_create("poller");

    add_case(suite, "best", open_best);
    add_case(suite, "poll", open_portable);
    return suite;
}
