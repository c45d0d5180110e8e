/*
 * Bytes for many sockets at once: with a ring, and without.
 */
#include "suites.h"

#include "net/sender.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS 300

/* With a ring for any number, if there is one; never with one. */
static const int from_counts[] = {1, INT_MAX};
#define WAYS 2

static struct sender *sender;
static int ours[SOCKETS];
static int peers[SOCKETS];
static struct sender_item items[SOCKETS];

static void open_sockets(void)
{
    for (int i = 0; i < SOCKETS; i++) {
        int pair[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        ours[i] = pair[0];
        peers[i] = pair[1];
    }
}

static void close_sockets(void)
{
    for (int i = 0; i < SOCKETS; i++) {
        close(ours[i]);
        if (peers[i] >= 0)
            close(peers[i]);
    }
    sender_free(sender);
    sender = NULL;
}

static void item(int at, const char *bytes, size_t len)
{
    items[at] = (struct sender_item){
        .fd = ours[at], .bytes = bytes, .len = len, .result = -1};
}

static void expect_peer(int at, const char *bytes, size_t len)
{
    char got[64];

    ck_assert_int_eq(recv(peers[at], got, sizeof(got), MSG_DONTWAIT),
                     (ssize_t)len);
    ck_assert_int_eq(memcmp(got, bytes, len), 0);
    ck_assert_int_lt(recv(peers[at], got, 1, MSG_DONTWAIT), 0);
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

START_TEST(each_socket_gets_its_own_bytes_once)
{
    sender = sender_new(from_counts[_i]);
    for (int i = 0; i < SOCKETS; i++)
        item(i, letters + i % 20, 1 + (size_t)(i % 6));
    sender_send(sender, items, SOCKETS);
    for (int i = 0; i < SOCKETS; i++) {
        ck_assert_int_eq(items[i].result, 1 + i % 6);
        expect_peer(i, letters + i % 20, 1 + (size_t)(i % 6));
    }
}
END_TEST

START_TEST(it_can_be_used_again_and_again)
{
    sender = sender_new(from_counts[_i]);
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 50; i++)
            item(i, letters + round % 20, 3);
        sender_send(sender, items, 50);
        for (int i = 0; i < 50; i++)
            expect_peer(i, letters + round % 20, 3);
    }
}
END_TEST

START_TEST(a_socket_that_is_full_takes_a_part_and_then_nothing)
{
    static char much[1 << 22];

    sender = sender_new(from_counts[_i]);
    item(0, letters, 2);
    item(1, much, sizeof(much));
    item(2, letters, 2);
    sender_send(sender, items, 3);
    ck_assert_int_gt(items[1].result, 0);
    ck_assert_int_lt(items[1].result, (ssize_t)sizeof(much));
    item(1, much, sizeof(much));
    sender_send(sender, items, 3);
    ck_assert_int_eq(items[0].result, 2);
    ck_assert_int_eq(items[1].result, -EAGAIN);
    ck_assert_int_eq(items[2].result, 2);
    expect_peer(2, "abab", 4);
}
END_TEST

START_TEST(who_is_gone_harms_nobody_else)
{
    sender = sender_new(from_counts[_i]);
    for (int i = 0; i < 10; i++)
        item(i, letters, 5);
    close(peers[3]);
    peers[3] = -1;
    items[6].fd = -1;
    sender_send(sender, items, 10);
    ck_assert_int_eq(items[3].result, -EPIPE);
    ck_assert_int_eq(items[6].result, -EBADF);
    for (int i = 0; i < 10; i++)
        if (i != 3 && i != 6)
            expect_peer(i, "abcde", 5);
}
END_TEST

static int calls_for(int from_count, int count)
{
    sender = sender_new(from_count);
    for (int i = 0; i < count; i++)
        item(i, letters, 1);
    int calls = sender_send(sender, items, count);

    sender_free(sender);
    sender = NULL;
    return calls;
}

/* Does the system give us a ring at all? */
static bool has_ring(void)
{
    return calls_for(1, 2) == 1;
}

START_TEST(many_take_few_system_calls)
{
    if (!has_ring()) {
        puts("SKIP many_take_few_system_calls: no io_uring for us here");
        return;
    }
    ck_assert_int_eq(calls_for(1, SENDER_AT_ONCE), 1);
    ck_assert_int_eq(calls_for(1, SOCKETS), 2);
}
END_TEST

START_TEST(few_have_a_call_each)
{
    ck_assert_int_eq(calls_for(5, 4), 4);
    ck_assert_int_eq(calls_for(INT_MAX, SOCKETS), SOCKETS);
}
END_TEST

/* Without a free descriptor there is no ring. */
START_TEST(where_there_is_no_ring_all_is_sent_all_the_same)
{
    struct rlimit before;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    int calls = calls_for(1, SOCKETS);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(calls, SOCKETS);
    for (int i = 0; i < SOCKETS; i++)
        expect_peer(i, "a", 1);
}
END_TEST

Suite *sender_suite(void)
{
    Suite *suite = suite_create("sender");
    TCase *both = unit_case(suite, "with a ring and without", 0);

    tcase_add_checked_fixture(both, open_sockets, close_sockets);
    tcase_add_loop_test(both, each_socket_gets_its_own_bytes_once, 0, WAYS);
    tcase_add_loop_test(both, it_can_be_used_again_and_again, 0, WAYS);
    tcase_add_loop_test(
        both, a_socket_that_is_full_takes_a_part_and_then_nothing, 0, WAYS);
    tcase_add_loop_test(both, who_is_gone_harms_nobody_else, 0, WAYS);
    TCase *calls = unit_case(suite, "system calls", 0);
    tcase_add_checked_fixture(calls, open_sockets, close_sockets);
    tcase_add_test(calls, many_take_few_system_calls);
    tcase_add_test(calls, few_have_a_call_each);
    tcase_add_test(calls, where_there_is_no_ring_all_is_sent_all_the_same);
    return suite;
}
