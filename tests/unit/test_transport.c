/*
 * One list of tests for every transport: each row of pair_makers makes a pair
 * of connected ends, and all tests run over each.
 */
#include "suites.h"

#include "net/transport_memory.h"
#include "transport_pair.h"

#include <errno.h>
#include <stdlib.h>

/* More than the kernel keeps for a connection that nobody reads. */
#define LONG_BYTES 15000000
static uint8_t *long_bytes(void)
{
    uint8_t *bytes = malloc(LONG_BYTES);
    uint32_t state = 1;

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < LONG_BYTES; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(state >> 24);
    }
    return bytes;
}

START_TEST(both_ends_open_once)
{
    pair_makers[_i].make();
    ck_assert_str_eq(pair.sides[0].transport->ops->name, pair_makers[_i].name);
    pair_turn_until(&pair.sides[0].opened);
    pair_turn_until(&pair.sides[1].opened);
    pair_turn_some();
    ck_assert_int_eq(pair.sides[0].opened, 1);
    ck_assert_int_eq(pair.sides[1].opened, 1);
}
END_TEST

/* [MQTT-4.2.0-1] */
START_TEST(bytes_come_in_order_both_ways)
{
    pair_make(_i);
    ck_assert_int_eq(pair_send_text(&pair.sides[0], "one "), 4);
    ck_assert_int_eq(pair_send_text(&pair.sides[0], "two"), 3);
    ck_assert_int_eq(pair_send_text(&pair.sides[1], "back"), 4);
    ck_assert_uint_eq(pair.sides[1].got.len, 0); /* not from inside the call */
    pair_expect_got(&pair.sides[1], "one two");
    pair_expect_got(&pair.sides[0], "back");
}
END_TEST

START_TEST(parts_are_gathered)
{
    char first[] = "ga";
    char second[] = "ther";
    struct iovec parts[3] = {
        {.iov_base = first,  .iov_len = 2},
        {.iov_base = NULL,   .iov_len = 0},
        {.iov_base = second, .iov_len = 4},
    };

    pair_make(_i);
    ck_assert_int_eq(transport_writev(pair.sides[0].transport, parts, 3), 6);
    pair_expect_got(&pair.sides[1], "gather");
}
END_TEST

/* [MQTT-4.2.0-1] */
START_TEST(a_long_stream_comes_whole_whatever_the_peer_takes)
{
    uint8_t *bytes = long_bytes();
    struct transport_memory_faults faults = {.capacity_bytes = 70000};

    pair_make(_i);
    if (pair.sides[0].memory)
        transport_memory_set_faults(pair.sides[0].memory, &faults);
    pair.sides[0].to_send = slice_of(bytes, LONG_BYTES);
    transport_pause(pair.sides[1].transport, true);
    pair_send_more(&pair.sides[0]);
    pair_turn_some();
    ck_assert_uint_eq(pair.sides[1].got.len, 0);
    ck_assert_uint_gt(pair.sides[0].to_send.len, 0);
    ck_assert_int_eq(pair.sides[0].writable, 0);
    transport_pause(pair.sides[1].transport, false);
    pair_turn_until_got(&pair.sides[1], LONG_BYTES);
    ck_assert_int_gt(pair.sides[0].writable, 0);
    ck_assert_mem_eq(pair.sides[1].got.bytes, bytes, LONG_BYTES);
    free(bytes);
}
END_TEST

#define FAIR_BYTES 1500000
#define TURNS      5000 /* until the test gives up */
START_TEST(a_long_stream_does_not_keep_others_waiting)
{
    uint8_t *bytes = long_bytes();

    pair_make(_i);
    pair.sides[0].to_send = slice_of(bytes, FAIR_BYTES);
    for (int i = 0; i < TURNS && pair.sides[1].got.len < FAIR_BYTES; i++) {
        uint32_t before = pair.sides[1].got.len;

        loop_turn(&pair.loop, false);
        ck_assert_uint_le(pair.sides[1].got.len - before,
                          4 * LOOP_SCRATCH_BYTES);
        pair_send_more(&pair.sides[0]);
    }
    ck_assert_uint_eq(pair.sides[1].got.len, FAIR_BYTES);
    free(bytes);
}
END_TEST

START_TEST(a_paused_end_gets_nothing_until_it_resumes)
{
    pair_make(_i);
    transport_pause(pair.sides[1].transport, true);
    pair_send_text(&pair.sides[0], "later");
    pair_turn_some();
    ck_assert_uint_eq(pair.sides[1].got.len, 0);
    transport_pause(pair.sides[1].transport, false);
    pair_expect_got(&pair.sides[1], "later");
}
END_TEST

START_TEST(after_a_close_the_peer_gets_the_rest_and_then_the_end)
{
    pair_make(_i);
    pair_send_text(&pair.sides[0], "goodbye");
    pair_close_side(&pair.sides[0], false);
    ck_assert_int_eq(pair.sides[0].closed, 0); /* not from inside the call */
    pair_turn_until(&pair.sides[0].closed);
    pair_turn_until(&pair.sides[1].ended);
    ck_assert_int_eq(pair.sides[1].error, 0);
    pair_expect_got(&pair.sides[1], "goodbye");
    ck_assert_int_eq(pair.sides[0].ended, 0);
}
END_TEST

START_TEST(a_close_with_bytes_unread_does_not_destroy_what_was_sent_last)
{
    pair_make(_i);
    transport_pause(pair.sides[0].transport, true);
    pair_send_text(&pair.sides[1], "nobody reads this");
    pair_turn_some();
    pair_send_text(&pair.sides[0], "goodbye");
    pair_close_side(&pair.sides[0], false);
    pair_expect_got(&pair.sides[1], "goodbye");
    pair_turn_until(&pair.sides[1].ended);
    ck_assert_int_eq(pair.sides[1].error, 0);
    pair_close_side(&pair.sides[1], false);
    pair_turn_until(&pair.sides[0].closed);
}
END_TEST

START_TEST(after_an_abort_the_peer_sees_a_reset)
{
    pair_make(_i);
    pair_close_side(&pair.sides[0], true);
    pair_turn_until(&pair.sides[1].ended);
    ck_assert_int_eq(pair.sides[1].error,
                     pair_makers[_i].resets ? -ECONNRESET : 0);
    pair_turn_until(&pair.sides[0].closed);
}
END_TEST

START_TEST(no_event_but_on_closed_follows_a_close)
{
    pair_make(_i);
    pair.sides[1].close_on_bytes = true;
    pair_send_text(&pair.sides[0], "first");
    pair_turn_until_got(&pair.sides[1], 5);
    pair_turn_until(&pair.sides[0].ended);
    pair_turn_until(&pair.sides[1].closed);
    pair_turn_some();
    ck_assert_int_eq(pair.sides[1].after_close, 0);
    ck_assert_int_eq(pair.sides[1].closed, 1);
}
END_TEST

START_TEST(an_end_can_be_closed_when_it_is_told_of_the_end)
{
    pair_make(_i);
    pair.sides[1].close_on_end = true;
    pair_close_side(&pair.sides[0], false);
    pair_turn_until(&pair.sides[1].closed);
    ck_assert_int_eq(pair.sides[1].ended, 1);
}
END_TEST

START_TEST(an_end_can_be_closed_before_it_opened)
{
    pair_makers[_i].make();
    ck_assert_int_eq(pair.sides[1].opened, 0);
    pair_close_side(&pair.sides[1], false);
    pair_turn_until(&pair.sides[1].closed);
    ck_assert_int_eq(pair.sides[1].opened, 0);
}
END_TEST

START_TEST(writing_to_a_peer_that_is_gone_ends_with_an_error)
{
    ssize_t taken = 0;

    pair_make(_i);
    transport_pause(pair.sides[0].transport,
                    true); /* so reading does not tell */
    pair_close_side(&pair.sides[1], true);
    pair_turn_until(&pair.sides[1].closed);
    int ended = pair.sides[0].ended;
    for (int i = 0; i < 100 && taken >= 0; i++)
        taken = pair_send_text(&pair.sides[0], "anybody there?");
    ck_assert_int_lt(taken, 0);
    ck_assert_int_eq(pair.sides[0].ended, ended); /* not from inside the call */
    pair_turn_until(&pair.sides[0].ended);
    ck_assert_int_ne(pair.sides[0].error, 0);
    ck_assert_int_lt(pair_send_text(&pair.sides[0], "still?"), 0);
}
END_TEST

START_TEST(ends_have_names)
{
    char peer[64] = "";
    char local[64] = "";

    pair_make(_i);
    struct transport *near = pair.sides[0].transport;
    struct transport *far = pair.sides[1].transport;
    near->ops->peer(near, peer, sizeof(peer));
    far->ops->local(far, local, sizeof(local));
    ck_assert_str_ne(peer, "");
    ck_assert_str_eq(peer, local);
}
END_TEST

static void add_common(TCase *tcase)
{
    tcase_add_loop_test(tcase, both_ends_open_once, 0, PAIR_MAKERS);
    tcase_add_loop_test(tcase, bytes_come_in_order_both_ways, 0, PAIR_MAKERS);
    tcase_add_loop_test(tcase, parts_are_gathered, 0, PAIR_MAKERS);
    tcase_add_loop_test(tcase,
                        a_long_stream_comes_whole_whatever_the_peer_takes, 0,
                        PAIR_MAKERS);
    tcase_add_loop_test(tcase, a_long_stream_does_not_keep_others_waiting, 0,
                        PAIR_MAKERS);
    tcase_add_loop_test(tcase, a_paused_end_gets_nothing_until_it_resumes, 0,
                        PAIR_MAKERS);
    tcase_add_loop_test(tcase,
                        after_a_close_the_peer_gets_the_rest_and_then_the_end,
                        0, PAIR_MAKERS);
    tcase_add_loop_test(
        tcase, a_close_with_bytes_unread_does_not_destroy_what_was_sent_last, 0,
        PAIR_MAKERS);
    tcase_add_loop_test(tcase, after_an_abort_the_peer_sees_a_reset, 0,
                        PAIR_MAKERS);
    tcase_add_loop_test(tcase, no_event_but_on_closed_follows_a_close, 0,
                        PAIR_MAKERS);
    tcase_add_loop_test(tcase, an_end_can_be_closed_when_it_is_told_of_the_end,
                        0, PAIR_MAKERS);
    tcase_add_loop_test(tcase, an_end_can_be_closed_before_it_opened, 0,
                        PAIR_MAKERS);
    tcase_add_loop_test(tcase,
                        writing_to_a_peer_that_is_gone_ends_with_an_error, 0,
                        PAIR_MAKERS);
    tcase_add_loop_test(tcase, ends_have_names, 0, PAIR_MAKERS);
}

Suite *transport_suite(void)
{
    Suite *suite = suite_create("transport");
    TCase *common = unit_case(suite, "every", 30);

    tcase_add_checked_fixture(common, pair_open_loop, pair_close_loop);
    add_common(common);
    return suite;
}
