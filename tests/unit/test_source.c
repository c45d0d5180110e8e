#include "suites.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tui/source.h"
#include "wire/event.h"

/* Brokers that have a control socket and nothing else, all on port 1883. */

static char directory[] = "/tmp/mqttlab-test-XXXXXX";
static char *saved;
static struct store *store;
static struct source source;

static void set_up(void)
{
    saved = getenv("MQTTLAB_RUNTIME_DIR");
    saved = saved ? alloc_string(saved) : NULL;
    strcpy(directory + sizeof(directory) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("MQTTLAB_RUNTIME_DIR", directory, 1);
    store = store_new(0);
    source_init(&source, store);
}

static void tear_down(void)
{
    source_close(&source);
    store_free(store);
    ck_assert_int_eq(rmdir(directory), 0);
    if (saved)
        setenv("MQTTLAB_RUNTIME_DIR", saved, 1);
    else
        unsetenv("MQTTLAB_RUNTIME_DIR");
    free(saved);
}

static void be_broker(int ready)
{
    struct clock now;
    struct tap tap;
    struct loop loop;
    struct control *control;
    const struct control_options options = {.tap = &tap, .port = 1883};

    clock_init(&now);
    tap_init(&tap, &now);
    if (loop_init(&loop) || control_open(&control, &loop, &options) ||
        write(ready, "", 1) != 1)
        _exit(1);
    loop_run(&loop);
    _exit(0);
}

static struct control_broker start(void)
{
    struct control_broker broker = {.port = 1883};
    char byte;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    broker.pid = fork();
    ck_assert_int_ge(broker.pid, 0);
    if (broker.pid == 0)
        be_broker(ends[1]);
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    snprintf(broker.path, sizeof(broker.path), "%s/%ld-1883.sock", directory,
             (long)broker.pid);
    return broker;
}

static void stop(const struct control_broker *broker)
{
    ck_assert_int_eq(kill(broker->pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(broker->pid, NULL, 0), broker->pid);
    unlink(broker->path);
}

/* As if it had begun an hour ago. */
static void make_old(const struct control_broker *broker)
{
    const struct timespec times[2] = {
        {.tv_sec = time(NULL) - 3600},
        {.tv_sec = time(NULL) - 3600},
    };

    ck_assert_int_eq(
        utimensat(AT_FDCWD, broker->path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void attach(const struct control_broker *broker)
{
    char error[200];

    ck_assert_int_eq(source_attach(&source, broker, error, sizeof(error)), 0);
}

START_TEST(a_broker_that_comes_back_is_watched_again)
{
    struct control_broker first = start();

    attach(&first);
    ck_assert(!source_gone(&source, clock_read_wall_ns()));
    stop(&first);
    ck_assert(source_gone(&source, clock_read_wall_ns()));
    struct control_broker second = start();
    ck_assert(!source_gone(&source, clock_read_wall_ns() + CLOCK_NS_PER_S));
    ck_assert_int_eq(source.pid, second.pid);
    stop(&second);
}
END_TEST

static uint32_t connection_added(uint32_t number)
{
    struct history_row row;
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_CONN_OPENED);
    struct record record = {
        .type = RECORD_CONN,
        .seq = 1,
        .connection = number,
        .original_len = bytes.len,
        .bytes = buf_slice(&bytes),
    };
    store_add(store, &record);
    buf_release(&bytes);
    ck_assert(store_row(store, history_end(store->history) - 1, &row));
    return row.record.connection;
}

START_TEST(connections_of_a_broker_that_came_back_are_not_those_of_before)
{
    struct control_broker first = start();

    attach(&first);
    ck_assert_uint_eq(connection_added(1), 1);
    stop(&first);
    ck_assert(source_gone(&source, clock_read_wall_ns()));
    struct control_broker second = start();
    ck_assert(!source_gone(&source, clock_read_wall_ns() + CLOCK_NS_PER_S));
    ck_assert_uint_eq(connection_added(1), 2);
    stop(&second);
}
END_TEST

START_TEST(another_broker_of_the_same_port_is_not_taken_for_it)
{
    struct control_broker other = start();
    struct control_broker watched = start();

    make_old(&other);
    attach(&watched);
    stop(&watched);
    ck_assert(source_gone(&source, clock_read_wall_ns()));
    ck_assert(source_gone(&source, clock_read_wall_ns() + CLOCK_NS_PER_S));
    ck_assert_int_lt(source.control_fd, 0);
    stop(&other);
}
END_TEST

Suite *source_suite(void)
{
    Suite *suite = suite_create("source");
    TCase *tcase = unit_case(suite, "source", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_broker_that_comes_back_is_watched_again);
    tcase_add_test(
        tcase, connections_of_a_broker_that_came_back_are_not_those_of_before);
    tcase_add_test(tcase, another_broker_of_the_same_port_is_not_taken_for_it);
    return suite;
}
