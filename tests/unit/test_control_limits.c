#include "control_stage.h"
#include "suites.h"

#include "base/buf.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whatever is sent to control costs at most the connection of who sends it. */

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
    int good = control_stage_connect();
    int bad = control_stage_connect();

    ck_assert_int_eq(control_stage_raw(bad, row->bytes, strlen(row->bytes), 1,
                                       got, sizeof(got)),
                     1);
    ck_assert_msg(strstr(got, "\"ok\":false"), "%s: %s", row->name, got);
    if (row->ends)
        ck_assert_int_eq(control_stage_raw(bad, "", 0, 1, got, sizeof(got)), 0);
    else
        ck_assert(!control_stage_is_ok(control_stage_ask(bad, "fly", NULL)));
    ck_assert(control_stage_is_ok(control_stage_ask(good, "readers", NULL)));
    close(good);
    close(bad);
}
END_TEST

START_TEST(a_line_without_end_costs_its_connection)
{
    static char endless[1 << 20];
    char got[100];
    int fd = control_stage_connect();

    memset(endless, 'x', sizeof(endless));
    ck_assert_int_eq(
        control_stage_raw(fd, endless, sizeof(endless), 1, got, sizeof(got)),
        0);
    close(fd);
    ck_assert_int_eq(control_stage_readers(), 0);
}
END_TEST

START_TEST(a_long_line_is_still_a_request)
{
    char got[70000];
    struct buf bytes = {0};
    int fd = control_stage_connect();

    buf_printf(&bytes, "{\"cmd\":\"echo\",\"text\":\"%060000d\"}\n", 7);
    ck_assert_int_eq(
        control_stage_raw(fd, bytes.bytes, bytes.len, 1, got, sizeof(got)), 1);
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
    int fd = control_stage_connect();

    ck_assert_int_eq(
        control_stage_raw(fd, longest.bytes, longest.len, 1, got, sizeof(got)),
        1);
    ck_assert_int_eq(
        control_stage_raw(fd, longer.bytes, longer.len, 1, got, sizeof(got)),
        0);
    close(fd);
    ck_assert_int_eq(control_stage_readers(), 0);
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

        ck_assert_int_eq(poll(&watch, 1, CONTROL_STAGE_TIMEOUT_MS), 1);
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
    int fd = control_stage_connect();
    size_t sent = ask_without_reading(fd, 64u << 20);

    /* Besides the answers there is what the system keeps of them. */
    ck_assert_uint_gt(sent, 16u << 20);
    ck_assert_uint_lt(sent, 24u << 20);
    ck_assert_int_eq(control_stage_readers(), 0); /* others are served */
    close(fd);
}
END_TEST

START_TEST(many_small_requests_do_not_pile_up_answers_either)
{
    static char got[1000];
    struct buf requests = {0};
    int fd = control_stage_connect();

    /* One read brings all of them, and each answer is a megabyte. */
    for (int i = 0; i < 40; i++)
        buf_append_string(&requests, "{\"cmd\":\"megabyte\"}\n");
    ck_assert_int_eq(send(fd, requests.bytes, requests.len, MSG_NOSIGNAL),
                     (ssize_t)requests.len);
    do
        ck_assert_int_eq(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1,
                              CONTROL_STAGE_TIMEOUT_MS),
                         1);
    while (read(fd, got, sizeof(got)) > 0);
    ck_assert_int_ge(control_stage_megabytes(), 16);
    ck_assert_int_le(control_stage_megabytes(), 17);
    close(fd);
    buf_release(&requests);
}
END_TEST

Suite *control_limits_suite(void)
{
    Suite *suite = suite_create("control_limits");
    TCase *tcase = unit_case(suite, "limits", 20);

    tcase_add_checked_fixture(tcase, control_stage_set_up,
                              control_stage_tear_down);
    tcase_add_loop_test(tcase, hostile_input_costs_at_most_its_own_connection,
                        0, sizeof(hostile) / sizeof(hostile[0]));
    tcase_add_test(tcase, a_line_without_end_costs_its_connection);
    tcase_add_test(tcase, a_long_line_is_still_a_request);
    tcase_add_test(tcase, a_request_has_a_longest_length);
    tcase_add_test(tcase, answers_that_nobody_takes_cost_their_connection);
    tcase_add_test(tcase, many_small_requests_do_not_pile_up_answers_either);
    return suite;
}
