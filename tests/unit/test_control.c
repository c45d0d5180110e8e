#include "control_stage.h"
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
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- requests ---- */

START_TEST(attaching_gives_the_ring_with_what_the_broker_wrote_for_it)
{
    struct tap_reader reader;
    struct record record;
    int ring = -1;
    int fd = control_stage_connect();

    ck_assert(control_stage_is_ok(control_stage_ask(fd, "attach", &ring)));
    ck_assert_int_ge(ring, 0);
    ck_assert_int_eq(tap_reader_open(&reader, ring), 0);
    close(ring);
    ck_assert(tap_reader_next(&reader, &record));
    ck_assert_uint_eq(record_code(record.bytes), EVENT_BROKER_STARTED);
    ck_assert_uint_eq(record.flags, RECORD_SNAPSHOT);
    ck_assert(!tap_reader_next(&reader, &record));
    ck_assert_int_eq(control_stage_readers(), 1);
    ck_assert(!control_stage_is_ok(control_stage_ask(fd, "attach", &ring)));
    ck_assert_int_eq(ring, -1);
    ck_assert_int_eq(control_stage_readers(), 1);
    tap_reader_close(&reader);
    close(fd);
    control_stage_expect_readers(0);
}
END_TEST

START_TEST(a_reader_is_attached_as_long_as_its_descriptor_is_open)
{
    struct tap_reader reader;
    struct record record;
    int fd =
        control_attach(control_stage_path, CONTROL_STAGE_TIMEOUT_MS, &reader);

    ck_assert_int_ge(fd, 0);
    ck_assert(tap_reader_next(&reader, &record));
    ck_assert_uint_eq(record_code(record.bytes), EVENT_BROKER_STARTED);
    tap_reader_close(&reader);
    close(fd);
    control_stage_expect_readers(0);
    ck_assert_int_eq(control_attach("/nonexistent/socket", 1000, &reader),
                     -ENOENT);
}
END_TEST

START_TEST(detaching_is_possible_and_undone_by_attaching_again)
{
    int ring = -1;
    int fd = control_stage_connect();

    ck_assert(!control_stage_is_ok(control_stage_ask(fd, "detach", NULL)));
    ck_assert(control_stage_is_ok(control_stage_ask(fd, "attach", &ring)));
    close(ring);
    ck_assert(control_stage_is_ok(control_stage_ask(fd, "detach", NULL)));
    ck_assert_int_eq(control_stage_readers(), 0);
    ck_assert(control_stage_is_ok(control_stage_ask(fd, "attach", &ring)));
    ck_assert_int_ge(ring, 0);
    close(ring);
    ck_assert_int_eq(control_stage_readers(), 1);
    close(fd);
    control_stage_expect_readers(0);
}
END_TEST

START_TEST(other_commands_go_to_the_handler)
{
    int fd = control_stage_connect();
    json_t *request = json_pack("{s:s,s:s}", "cmd", "echo", "text",
                                "gr\xc3\xbc\xc3\x9f dich");
    json_t *answer =
        control_request(fd, request, CONTROL_STAGE_TIMEOUT_MS, NULL);

    ck_assert_ptr_nonnull(answer);
    ck_assert(json_is_true(json_object_get(answer, "ok")));
    ck_assert_str_eq(json_string_value(json_object_get(answer, "text")),
                     "gr\xc3\xbc\xc3\x9f dich");
    json_decref(answer);
    answer = control_stage_ask(fd, "fly", NULL);
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
    int fd = control_stage_connect();

    ck_assert_int_eq(
        control_stage_raw(fd, requests, strlen(requests), 3, got, sizeof(got)),
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
    int fd = control_stage_connect();

    /* So many that the answers go out in pieces. */
    for (int i = 0; i < 4001; i++)
        buf_append_string(&bytes, i == 3000 ? "{\"cmd\":\"attach\"}\n"
                                            : "{\"cmd\":\"echo\"}\n");
    for (struct slice rest = buf_slice(&bytes); rest.len || lines < 4001;) {
        struct pollfd watch = {.fd = fd, .events = POLLIN};

        if (rest.len)
            watch.events |= POLLOUT;
        ck_assert_int_eq(poll(&watch, 1, CONTROL_STAGE_TIMEOUT_MS), 1);
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
    control_stage_expect_readers(0);
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
        int fd = control_connect(control_stage_path);
        json_t *answer = control_stage_ask(fd, "attach", &ring);

        byte = answer && ring >= 0 ? 'y' : 'n';
        if (write(tell[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(tell[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert_int_eq(control_stage_readers(), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    control_stage_expect_readers(0);
    close(tell[0]);
    close(tell[1]);
}
END_TEST

START_TEST(many_connections_are_served)
{
    enum { MANY = 200 };
    int fds[MANY];

    for (int i = 0; i < MANY; i++)
        fds[i] = control_stage_connect();
    for (int i = 0; i < MANY; i++) {
        int ring = -1;

        ck_assert(
            control_stage_is_ok(control_stage_ask(fds[i], "attach", &ring)));
        close(ring);
    }
    ck_assert_int_eq(control_stage_readers(), MANY);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    control_stage_expect_readers(0);
}
END_TEST

START_TEST(closing_ends_what_is_attached)
{
    int ring = -1;
    int fd = control_stage_connect();

    ck_assert(control_stage_is_ok(control_stage_ask(fd, "attach", &ring)));
    close(ring);
    close(fd); /* not yet noticed when the broker stops, or only just */
}
END_TEST

/* ---- the directory ---- */

/* What a broker that was killed leaves behind. */
static void leave_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
             control_stage_directory, name);
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
    ck_assert_str_eq(found[0].path, control_stage_path);
    snprintf(file, sizeof(file), "%s/1-2.sock", control_stage_directory);
    ck_assert_int_eq(access(file, F_OK), -1);
    snprintf(file, sizeof(file), "%s/99999999-1.sock", control_stage_directory);
    ck_assert_int_eq(access(file, F_OK), -1);
    snprintf(file, sizeof(file), "%s/other.sock",
             control_stage_directory); /* not ours */
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(control_find(found, 0), 0);
}
END_TEST

Suite *control_suite(void)
{
    Suite *suite = suite_create("control");
    TCase *tcase = unit_case(suite, "control", 20);

    tcase_add_checked_fixture(tcase, control_stage_set_up,
                              control_stage_tear_down);
    tcase_add_test(tcase,
                   attaching_gives_the_ring_with_what_the_broker_wrote_for_it);
    tcase_add_test(tcase,
                   a_reader_is_attached_as_long_as_its_descriptor_is_open);
    tcase_add_test(tcase, detaching_is_possible_and_undone_by_attaching_again);
    tcase_add_test(tcase, other_commands_go_to_the_handler);
    tcase_add_test(tcase, several_requests_at_once_are_answered_in_order);
    tcase_add_test(tcase,
                   an_attachment_among_other_requests_brings_its_descriptor);
    tcase_add_test(tcase, a_killed_reader_is_detached);
    tcase_add_test(tcase, many_connections_are_served);
    tcase_add_test(tcase, closing_ends_what_is_attached);
    tcase_add_test(tcase, brokers_are_found_and_dead_ones_removed);
    return suite;
}
