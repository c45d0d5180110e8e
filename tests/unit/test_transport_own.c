/*
 * What only one transport has.
 */
#include "suites.h"

#include "net/socket.h"
#include "net/transport_memory.h"
#include "net/transport_tcp.h"
#include "transport_pair.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

/* ---- TCP alone ---- */

START_TEST(a_refused_connection_ends_without_having_opened)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t len = sizeof(name);
    int taken = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    /* A port that is taken, but nobody listens there. */
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(taken, (struct sockaddr *)&name, len), 0);
    ck_assert_int_eq(getsockname(taken, (struct sockaddr *)&name, &len), 0);
    ck_assert_int_eq(socket_prepare(fd), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&name, len), -1);
    ck_assert_int_eq(errno, EINPROGRESS);
    pair.sides[0].transport =
        transport_tcp_new(&pair.loop, fd, true, &pair_events, &pair.sides[0]);
    pair_turn_until(&pair.sides[0].ended);
    ck_assert_int_eq(pair.sides[0].error, -ECONNREFUSED);
    ck_assert_int_eq(pair.sides[0].opened, 0);
    close(taken);
}
END_TEST

START_TEST(an_accepted_connection_opens_in_the_same_turn)
{
    static const struct {
        struct sockaddr peer;
        const char *name;
    } cases[] = {
        {{.sa_family = AF_INET}, "tcp" },
        {{.sa_family = AF_UNIX}, "unix"},
    };
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    ck_assert_int_eq(socket_prepare(fds[0]), 0);
    pair.sides[0].transport = transport_tcp_accept(
        &pair.loop, fds[0], &cases[_i].peer, &pair_events, &pair.sides[0]);
    ck_assert_int_eq(pair.sides[0].opened, 0);
    ck_assert_str_eq(pair.sides[0].transport->ops->name, cases[_i].name);
    loop_turn(&pair.loop, false);
    ck_assert_int_eq(pair.sides[0].opened, 1);
    close(fds[1]);
}
END_TEST

/* What came before the connection broke is read before it is said to be
   broken, even if a write found out first. */
START_TEST(last_words_are_heard_after_a_failed_write)
{
    ssize_t taken = 0;
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    ck_assert_int_eq(socket_prepare(fds[0]), 0);
    pair.sides[0].transport = transport_tcp_new(&pair.loop, fds[0], false,
                                                &pair_events, &pair.sides[0]);
    pair_turn_until(&pair.sides[0].opened);
    ck_assert_int_eq(write(fds[1], "last words", 10), 10);
    close(fds[1]);
    for (int i = 0; i < 100 && taken >= 0; i++)
        taken = pair_send_text(&pair.sides[0], "hello?");
    ck_assert_int_eq(taken, -EPIPE);
    pair_turn_until(&pair.sides[0].ended);
    pair_expect_got(&pair.sides[0], "last words");
    ck_assert_int_eq(pair.sides[0].error, -EPIPE);
}
END_TEST

START_TEST(a_peer_that_goes_on_sending_is_left_after_a_second)
{
    clock_init_manual(&pair.loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    pair_makers[_i].make();
    pair_turn_until(&pair.sides[1].opened);
    transport_pause(pair.sides[0].transport, true);
    pair_send_text(&pair.sides[1], "unread");
    pair_turn_some();
    pair_close_side(&pair.sides[0], false);
    pair_turn_some();
    ck_assert_int_eq(pair.sides[0].closed, 0);
    pair_send_text(&pair.sides[1], "more");
    loop_advance(&pair.loop, 900);
    ck_assert_int_eq(pair.sides[0].closed, 0);
    loop_advance(&pair.loop, 200);
    pair_turn_until(&pair.sides[0].closed);
}
END_TEST

/* ---- memory alone ---- */

static void open_memory_pair(void)
{
    clock_init_manual(&pair.loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    pair_make_memory();
    loop_settle(&pair.loop);
    ck_assert_int_eq(pair.sides[0].opened + pair.sides[1].opened, 2);
}

START_TEST(chunks_are_as_small_as_asked_for)
{
    struct transport_memory_faults faults = {.chunk_bytes = 3};
    uint32_t sizes[5];
    int count = 0;

    open_memory_pair();
    transport_memory_set_faults(pair.sides[0].transport, &faults);
    pair_send_text(&pair.sides[0], "ten bytes!");
    while (pair.sides[1].got.len < 10 && count < 5) {
        uint32_t before = pair.sides[1].got.len;

        loop_turn(&pair.loop, false);
        sizes[count++] = pair.sides[1].got.len - before;
    }
    ck_assert_int_eq(count, 4);
    ck_assert_uint_eq(sizes[0], 3);
    ck_assert_uint_eq(sizes[3], 1);
    ck_assert(slice_equal_string(buf_slice(&pair.sides[1].got), "ten bytes!"));
}
END_TEST

START_TEST(delayed_bytes_come_when_their_time_has_come)
{
    struct transport_memory_faults faults = {.delay_ms = 200};

    open_memory_pair();
    transport_memory_set_faults(pair.sides[0].transport, &faults);
    pair_send_text(&pair.sides[0], "first");
    loop_advance(&pair.loop, 100);
    pair_send_text(&pair.sides[0], "second");
    loop_advance(&pair.loop, 99);
    ck_assert_uint_eq(pair.sides[1].got.len, 0);
    loop_advance(&pair.loop, 15);
    ck_assert(slice_equal_string(buf_slice(&pair.sides[1].got), "first"));
    pair_close_side(&pair.sides[0], false); /* what is under way still comes */
    loop_advance(&pair.loop, 50);
    ck_assert_int_eq(pair.sides[1].ended, 0);
    loop_advance(&pair.loop, 100);
    ck_assert(slice_equal_string(buf_slice(&pair.sides[1].got), "firstsecond"));
    ck_assert_int_eq(pair.sides[1].ended, 1);
}
END_TEST

START_TEST(capacity_limits_what_is_taken_until_it_is_read)
{
    struct transport_memory_faults faults = {.capacity_bytes = 8};

    open_memory_pair();
    transport_memory_set_faults(pair.sides[0].transport, &faults);
    transport_pause(pair.sides[1].transport, true);
    ck_assert_int_eq(pair_send_text(&pair.sides[0], "12345"), 5);
    ck_assert_int_eq(pair_send_text(&pair.sides[0], "67890"), 3);
    ck_assert_int_eq(pair_send_text(&pair.sides[0], "x"), 0);
    loop_settle(&pair.loop);
    ck_assert_int_eq(pair.sides[0].writable, 0);
    transport_pause(pair.sides[1].transport, false);
    loop_settle(&pair.loop);
    ck_assert_int_eq(pair.sides[0].writable, 1);
    ck_assert_int_eq(pair_send_text(&pair.sides[0], "90"), 2);
    loop_settle(&pair.loop);
    ck_assert(slice_equal_string(buf_slice(&pair.sides[1].got), "1234567890"));
}
END_TEST

START_TEST(a_cut_is_seen_by_both_and_loses_what_was_under_way)
{
    open_memory_pair();
    pair_send_text(&pair.sides[0], "lost");
    transport_memory_cut(pair.sides[1].transport);
    loop_settle(&pair.loop);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pair.sides[i].error, -ECONNRESET);
        ck_assert_uint_eq(pair.sides[i].got.len, 0);
        ck_assert_int_lt(pair_send_text(&pair.sides[i], "x"), 0);
    }
}
END_TEST

Suite *transport_own_suite(void)
{
    Suite *suite = suite_create("transport_own");
    TCase *tcp = unit_case(suite, "tcp", 30);
    TCase *memory = unit_case(suite, "memory", 30);

    tcase_add_checked_fixture(tcp, pair_open_loop, pair_close_loop);
    tcase_add_checked_fixture(memory, pair_open_loop, pair_close_loop);
    tcase_add_test(tcp, a_refused_connection_ends_without_having_opened);
    tcase_add_loop_test(tcp, an_accepted_connection_opens_in_the_same_turn, 0,
                        2);
    tcase_add_test(tcp, last_words_are_heard_after_a_failed_write);
    /* Plain TCP and Unix sockets; memory, which others lie on, forgets. */
    tcase_add_loop_test(tcp, a_peer_that_goes_on_sending_is_left_after_a_second,
                        1, 3);
    tcase_add_test(memory, chunks_are_as_small_as_asked_for);
    tcase_add_test(memory, delayed_bytes_come_when_their_time_has_come);
    tcase_add_test(memory, capacity_limits_what_is_taken_until_it_is_read);
    tcase_add_test(memory, a_cut_is_seen_by_both_and_loses_what_was_under_way);
    return suite;
}
