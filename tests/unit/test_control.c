/*
 * The broker's end of control runs in a thread of its own, because the other
 * end blocks.
 */
#include "suites.h"

#include "wire/control.h"
#include "wire/event.h"
#include "wire/tap_reader.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_MS 5000

static char directory[] = "/tmp/mqttlab-test-XXXXXX";
static char path[64];

/* ---- the broker ---- */

static struct loop loop;
static struct clock now;
static struct tap tap;
static struct control *control;
static pthread_t thread;
static atomic_int megabytes; /* answers of that size which were made */

static void on_attach(void *owner)
{
    struct buf bytes = {0};
    struct record record = {.type = RECORD_EVT, .flags = RECORD_SNAPSHOT};

    ck_assert_ptr_eq(owner, &loop);
    record_begin(&bytes, EVENT_BROKER_STARTED);
    record.bytes = buf_slice(&bytes);
    tap_write(&tap, &record);
    buf_release(&bytes);
}

static bool handler(void *owner, const char *cmd, json_t *request,
                    json_t *answer)
{
    ck_assert_ptr_eq(owner, &loop);
    if (!strcmp(cmd, "readers")) {
        json_object_set_new(answer, "readers", json_integer(tap.readers));
        return true;
    }
    if (!strcmp(cmd, "echo")) {
        json_object_set(answer, "text", json_object_get(request, "text"));
        return true;
    }
    if (!strcmp(cmd, "megabyte")) {
        static char text[(1 << 20) + 1];

        memset(text, 'm', sizeof(text) - 1);
        json_object_set_new(answer, "text", json_string(text));
        atomic_fetch_add(&megabytes, 1);
        return true;
    }
    if (!strcmp(cmd, "stop")) {
        loop_stop(&loop);
        return true;
    }
    json_object_set_new(answer, "error", json_string("no such command"));
    return false;
}

static void *run_broker(void *context)
{
    loop_run(&loop);
    control_close(control);
    loop_run(&loop);
    return context;
}

static void start_broker(void)
{
    struct control_options options = {
        .tap = &tap,
        .port = 1883,
        .owner = &loop,
        .on_attach = on_attach,
        .handler = handler,
    };

    clock_init(&now);
    tap_init(&tap, &now);
    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(control_open(&control, &loop, &options), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_broker, NULL), 0);
}

/* ---- this end ---- */

static int connect_here(void)
{
    int fd = control_connect(path);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static json_t *ask(int fd, const char *cmd, int *passed)
{
    json_t *request = json_pack("{s:s}", "cmd", cmd);
    json_t *answer = control_request(fd, request, TIMEOUT_MS, passed);

    json_decref(request);
    return answer;
}

static bool is_ok(json_t *answer)
{
    bool ok = json_is_true(json_object_get(answer, "ok"));

    json_decref(answer);
    return ok;
}

static long long readers_now(void)
{
    int fd = connect_here();
    json_t *answer = ask(fd, "readers", NULL);
    long long count = json_integer_value(json_object_get(answer, "readers"));

    ck_assert_ptr_nonnull(answer);
    json_decref(answer);
    close(fd);
    return count;
}

/* The broker notices by itself, soon. */
static void expect_readers(long long count)
{
    for (int i = 0; i < 1000 && readers_now() != count; i++)
        usleep(1000);
    ck_assert_int_eq(readers_now(), count);
}

static void set_up(void)
{
    strcpy(directory + sizeof(directory) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("MQTTLAB_RUNTIME_DIR", directory, 1);
    snprintf(path, sizeof(path), "%s/%ld-1883.sock", directory, (long)getpid());
    start_broker();
}

static void tear_down(void)
{
    int fd = connect_here();

    ck_assert(is_ok(ask(fd, "stop", NULL)));
    pthread_join(thread, NULL);
    close(fd);
    ck_assert_int_eq(tap.readers, 0);
    ck_assert_ptr_null(tap.ring);
    loop_release(&loop);
    tap_release(&tap);
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(rmdir(directory), 0);
    unsetenv("MQTTLAB_RUNTIME_DIR");
}

/* Send bytes as they are and read what comes back until the connection ends,
   or so many lines have come. */
static int raw(int fd, const void *bytes, size_t len, int lines, char *got,
               size_t size)
{
    int count = 0;
    size_t have = 0;
    struct slice rest = slice_of(bytes, len);

    while (count < lines) {
        struct pollfd watch = {.fd = fd, .events = POLLIN};

        if (rest.len)
            watch.events |= POLLOUT;
        ck_assert_int_eq(poll(&watch, 1, TIMEOUT_MS), 1);
        if (watch.revents & POLLOUT) {
            ssize_t sent = send(fd, rest.bytes, rest.len, MSG_NOSIGNAL);

            rest = slice_skip(rest, sent > 0 ? (size_t)sent : rest.len);
        }
        if (watch.revents & (POLLIN | POLLHUP | POLLERR)) {
            ssize_t came = read(fd, got + have, size - 1 - have);

            if (came <= 0)
                break;
            for (ssize_t i = 0; i < came; i++)
                count += got[have++] == '\n';
        }
    }
    got[have] = '\0';
    return count;
}

/* ---- requests ---- */

START_TEST(attaching_gives_the_ring_with_what_the_broker_wrote_for_it)
{
    struct tap_reader reader;
    struct record record;
    int ring = -1;
    int fd = connect_here();

    ck_assert(is_ok(ask(fd, "attach", &ring)));
    ck_assert_int_ge(ring, 0);
    ck_assert_int_eq(tap_reader_open(&reader, ring), 0);
    close(ring);
    ck_assert(tap_reader_next(&reader, &record));
    ck_assert_uint_eq(record_code(record.bytes), EVENT_BROKER_STARTED);
    ck_assert_uint_eq(record.flags, RECORD_SNAPSHOT);
    ck_assert(!tap_reader_next(&reader, &record));
    ck_assert_int_eq(readers_now(), 1);
    ck_assert(!is_ok(ask(fd, "attach", &ring)));
    ck_assert_int_eq(ring, -1);
    ck_assert_int_eq(readers_now(), 1);
    tap_reader_close(&reader);
    close(fd);
    expect_readers(0);
}
END_TEST

START_TEST(detaching_is_possible_and_undone_by_attaching_again)
{
    int ring = -1;
    int fd = connect_here();

    ck_assert(!is_ok(ask(fd, "detach", NULL)));
    ck_assert(is_ok(ask(fd, "attach", &ring)));
    close(ring);
    ck_assert(is_ok(ask(fd, "detach", NULL)));
    ck_assert_int_eq(readers_now(), 0);
    ck_assert(is_ok(ask(fd, "attach", &ring)));
    ck_assert_int_ge(ring, 0);
    close(ring);
    ck_assert_int_eq(readers_now(), 1);
    close(fd);
    expect_readers(0);
}
END_TEST

START_TEST(other_commands_go_to_the_handler)
{
    int fd = connect_here();
    json_t *request = json_pack("{s:s,s:s}", "cmd", "echo", "text",
                                "gr\xc3\xbc\xc3\x9f dich");
    json_t *answer = control_request(fd, request, TIMEOUT_MS, NULL);

    ck_assert_ptr_nonnull(answer);
    ck_assert(json_is_true(json_object_get(answer, "ok")));
    ck_assert_str_eq(json_string_value(json_object_get(answer, "text")),
                     "gr\xc3\xbc\xc3\x9f dich");
    json_decref(answer);
    answer = ask(fd, "fly", NULL);
    ck_assert(json_is_false(json_object_get(answer, "ok")));
    ck_assert_str_eq(json_string_value(json_object_get(answer, "error")),
                     "no such command");
    json_decref(answer);
    json_decref(request);
    close(fd);
}
END_TEST

START_TEST(several_requests_at_once_are_answered_in_order)
{
    static const char requests[] = "{\"cmd\":\"echo\",\"text\":\"1\"}\n"
                                   "{\"cmd\":\"fly\"}\r\n"
                                   "{\"cmd\":\"echo\",\"text\":\"2\"}\n";
    char got[1000];
    int fd = connect_here();

    ck_assert_int_eq(raw(fd, requests, strlen(requests), 3, got, sizeof(got)),
                     3);
    ck_assert_str_eq(got, "{\"text\":\"1\",\"ok\":true}\n"
                          "{\"error\":\"no such command\",\"ok\":false}\n"
                          "{\"text\":\"2\",\"ok\":true}\n");
    close(fd);
}
END_TEST

/* Read once; descriptors that come along are closed and counted. */
static ssize_t read_counting(int fd, void *bytes, size_t size, int *passed)
{
    char space[CMSG_SPACE(8 * sizeof(int))];
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = space,
        .msg_controllen = sizeof(space),
    };
    ssize_t len = recvmsg(fd, &message, 0);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    if (len > 0 && header) {
        int ring;

        ck_assert_uint_eq(header->cmsg_len, CMSG_LEN(sizeof(int)));
        memcpy(&ring, CMSG_DATA(header), sizeof(ring));
        close(ring);
        ++*passed;
    }
    return len;
}

START_TEST(an_attachment_among_other_requests_brings_its_descriptor)
{
    struct buf bytes = {0};
    char got[4096];
    int lines = 0;
    int passed = 0;
    int fd = connect_here();

    /* So many that the answers go out in pieces. */
    for (int i = 0; i < 4001; i++)
        buf_append_string(&bytes, i == 3000 ? "{\"cmd\":\"attach\"}\n"
                                            : "{\"cmd\":\"echo\"}\n");
    for (struct slice rest = buf_slice(&bytes); rest.len || lines < 4001;) {
        struct pollfd watch = {.fd = fd, .events = POLLIN};

        if (rest.len)
            watch.events |= POLLOUT;
        ck_assert_int_eq(poll(&watch, 1, TIMEOUT_MS), 1);
        /* Answers are not read before all is sent, as far as that goes. */
        if (watch.revents & POLLOUT) {
            ssize_t sent = send(fd, rest.bytes, rest.len, MSG_NOSIGNAL);

            ck_assert_int_gt(sent, 0);
            rest = slice_skip(rest, (size_t)sent);
            continue;
        }
        ssize_t len = read_counting(fd, got, sizeof(got), &passed);
        ck_assert_int_gt(len, 0);
        for (ssize_t i = 0; i < len; i++)
            lines += got[i] == '\n';
        ck_assert_int_eq(passed, lines > 3000);
    }
    ck_assert_int_eq(passed, 1);
    close(fd);
    buf_release(&bytes);
    expect_readers(0);
}
END_TEST

/* ---- who goes without a word ---- */

START_TEST(a_killed_reader_is_detached)
{
    int tell[2];
    char byte;

    ck_assert_int_eq(pipe(tell), 0);
    pid_t child = fork();
    if (child == 0) {
        int ring;
        int fd = control_connect(path);
        json_t *answer = ask(fd, "attach", &ring);

        byte = answer && ring >= 0 ? 'y' : 'n';
        if (write(tell[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(tell[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert_int_eq(readers_now(), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    expect_readers(0);
    close(tell[0]);
    close(tell[1]);
}
END_TEST

START_TEST(many_connections_are_served)
{
    enum { MANY = 200 };
    int fds[MANY];

    for (int i = 0; i < MANY; i++)
        fds[i] = connect_here();
    for (int i = 0; i < MANY; i++) {
        int ring = -1;

        ck_assert(is_ok(ask(fds[i], "attach", &ring)));
        close(ring);
    }
    ck_assert_int_eq(readers_now(), MANY);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    expect_readers(0);
}
END_TEST

START_TEST(closing_ends_what_is_attached)
{
    int ring = -1;
    int fd = connect_here();

    ck_assert(is_ok(ask(fd, "attach", &ring)));
    close(ring);
    close(fd); /* not yet noticed when the broker stops, or only just */
}
END_TEST

/* ---- hostile input ---- */

struct hostile {
    const char *name;
    const char *bytes;
    bool ends; /* the connection */
};

static const struct hostile hostile[] = {
    {"no JSON",          "GET / HTTP/1.1\n",                                         true },
    {"an empty line",    "\n",                                                       true },
    {"half an object",   "{\"cmd\":\n",                                              true },
    {"a number",         "7\n",                                                      true },
    {"a list",           "[\"cmd\",\"attach\"]\n",                                   true },
    {"no cmd",           "{}\n",                                                     true },
    {"cmd is no string", "{\"cmd\":{\"cmd\":\"attach\"}}\n",                         true },
    {"not UTF-8",        "{\"cmd\":\"\xff\xfe\"}\n",                                 true },
    {"unknown",          "{\"cmd\":\"\"}\n",                                         false},
    {"deep",             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", true },
};

START_TEST(hostile_input_costs_at_most_its_own_connection)
{
    const struct hostile *row = &hostile[_i];
    char got[500];
    int good = connect_here();
    int bad = connect_here();

    ck_assert_int_eq(
        raw(bad, row->bytes, strlen(row->bytes), 1, got, sizeof(got)), 1);
    ck_assert_msg(strstr(got, "\"ok\":false"), "%s: %s", row->name, got);
    if (row->ends)
        ck_assert_int_eq(raw(bad, "", 0, 1, got, sizeof(got)), 0);
    else
        ck_assert(!is_ok(ask(bad, "fly", NULL)));
    ck_assert(is_ok(ask(good, "readers", NULL)));
    close(good);
    close(bad);
}
END_TEST

START_TEST(a_line_without_end_costs_its_connection)
{
    static char endless[1 << 20];
    char got[100];
    int fd = connect_here();

    memset(endless, 'x', sizeof(endless));
    ck_assert_int_eq(raw(fd, endless, sizeof(endless), 1, got, sizeof(got)), 0);
    close(fd);
    ck_assert_int_eq(readers_now(), 0);
}
END_TEST

START_TEST(a_long_line_is_still_a_request)
{
    char got[70000];
    struct buf bytes = {0};
    int fd = connect_here();

    buf_printf(&bytes, "{\"cmd\":\"echo\",\"text\":\"%060000d\"}\n", 7);
    ck_assert_int_eq(raw(fd, bytes.bytes, bytes.len, 1, got, sizeof(got)), 1);
    ck_assert_uint_gt(strlen(got), 60000);
    buf_release(&bytes);
    close(fd);
}
END_TEST

/* A request of exactly so many bytes, the end of its line not counted. */
static struct buf request_of(size_t bytes)
{
    const int frame = (int)strlen("{\"cmd\":\"echo\",\"text\":\"\"}");
    struct buf request = {0};

    buf_printf(&request, "{\"cmd\":\"echo\",\"text\":\"%0*d\"}\n",
               (int)bytes - frame, 7);
    ck_assert_uint_eq(request.len, bytes + 1);
    return request;
}

START_TEST(a_request_has_a_longest_length)
{
    static char got[70000];
    struct buf longest = request_of(65536);
    struct buf longer = request_of(65537);
    int fd = connect_here();

    ck_assert_int_eq(raw(fd, longest.bytes, longest.len, 1, got, sizeof(got)),
                     1);
    ck_assert_int_eq(raw(fd, longer.bytes, longer.len, 1, got, sizeof(got)), 0);
    close(fd);
    ck_assert_int_eq(readers_now(), 0);
    buf_release(&longest);
    buf_release(&longer);
}
END_TEST

/* Sends requests and reads no answer; returns how many bytes of requests were
   taken before the broker closed, at most so many. */
static size_t ask_without_reading(int fd, size_t at_most)
{
    struct buf request = request_of(60000);
    size_t sent = 0;
    size_t at = 0;

    while (sent < at_most) {
        struct pollfd watch = {.fd = fd, .events = POLLOUT};

        ck_assert_int_eq(poll(&watch, 1, TIMEOUT_MS), 1);
        ssize_t len = send(fd, request.bytes + at, request.len - at,
                           MSG_NOSIGNAL | MSG_DONTWAIT);
        if (len < 0 && errno == EAGAIN)
            continue;
        if (len < 0)
            break;
        sent += (size_t)len;
        at = (at + (size_t)len) % request.len;
    }
    buf_release(&request);
    return sent;
}

START_TEST(answers_that_nobody_takes_cost_their_connection)
{
    int fd = connect_here();
    size_t sent = ask_without_reading(fd, 64u << 20);

    /* Besides the answers there is what the system keeps of them. */
    ck_assert_uint_gt(sent, 16u << 20);
    ck_assert_uint_lt(sent, 24u << 20);
    ck_assert_int_eq(readers_now(), 0); /* others are served */
    close(fd);
}
END_TEST

START_TEST(many_small_requests_do_not_pile_up_answers_either)
{
    static char got[1000];
    struct buf requests = {0};
    int fd = connect_here();

    /* One read brings all of them, and each answer is a megabyte. */
    for (int i = 0; i < 40; i++)
        buf_append_string(&requests, "{\"cmd\":\"megabyte\"}\n");
    ck_assert_int_eq(send(fd, requests.bytes, requests.len, MSG_NOSIGNAL),
                     (ssize_t)requests.len);
    do
        ck_assert_int_eq(
            poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, TIMEOUT_MS),
            1);
    while (read(fd, got, sizeof(got)) > 0);
    ck_assert_int_ge(atomic_load(&megabytes), 16);
    ck_assert_int_le(atomic_load(&megabytes), 17);
    close(fd);
    buf_release(&requests);
}
END_TEST

/* ---- the directory ---- */

/* What a broker that was killed leaves behind. */
static void leave_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", directory,
             name);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

START_TEST(brokers_are_found_and_dead_ones_removed)
{
    struct control_broker found[4];
    char file[128];

    leave_socket("99999999-1.sock");
    leave_socket("1-2.sock");
    leave_socket("other.sock");
    ck_assert_int_eq(control_find(found, 4), 1);
    ck_assert_int_eq(found[0].pid, getpid());
    ck_assert_uint_eq(found[0].port, 1883);
    ck_assert_str_eq(found[0].path, path);
    snprintf(file, sizeof(file), "%s/1-2.sock", directory);
    ck_assert_int_eq(access(file, F_OK), -1);
    snprintf(file, sizeof(file), "%s/99999999-1.sock", directory);
    ck_assert_int_eq(access(file, F_OK), -1);
    snprintf(file, sizeof(file), "%s/other.sock", directory); /* not ours */
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(control_find(found, 0), 0);
}
END_TEST

Suite *control_suite(void)
{
    Suite *suite = suite_create("control");
    TCase *tcase = unit_case(suite, "control", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase,
                   attaching_gives_the_ring_with_what_the_broker_wrote_for_it);
    tcase_add_test(tcase, detaching_is_possible_and_undone_by_attaching_again);
    tcase_add_test(tcase, other_commands_go_to_the_handler);
    tcase_add_test(tcase, several_requests_at_once_are_answered_in_order);
    tcase_add_test(tcase,
                   an_attachment_among_other_requests_brings_its_descriptor);
    tcase_add_test(tcase, a_killed_reader_is_detached);
    tcase_add_test(tcase, many_connections_are_served);
    tcase_add_test(tcase, closing_ends_what_is_attached);
    tcase_add_loop_test(tcase, hostile_input_costs_at_most_its_own_connection,
                        0, sizeof(hostile) / sizeof(hostile[0]));
    tcase_add_test(tcase, a_line_without_end_costs_its_connection);
    tcase_add_test(tcase, a_long_line_is_still_a_request);
    tcase_add_test(tcase, a_request_has_a_longest_length);
    tcase_add_test(tcase, answers_that_nobody_takes_cost_their_connection);
    tcase_add_test(tcase, many_small_requests_do_not_pile_up_answers_either);
    tcase_add_test(tcase, brokers_are_found_and_dead_ones_removed);
    return suite;
}
