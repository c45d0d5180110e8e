#include "suites.h"

#include "link_pair.h"

#include <stdio.h>

START_TEST(what_a_turn_sends_goes_out_in_one_write)
{
    for (int i = 0; i < 100; i++)
        link_send(&link_pair.subject.link, slice_of("\xd0\x00", 2), 0);
    ck_assert_uint_eq(link_pending(&link_pair.subject.link), 200);
    loop_turn(&link_pair.loop, false);
    ck_assert_uint_eq(link_pending(&link_pair.subject.link), 0);
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(link_pair.peer_got.len, 200);
    ck_assert_int_eq(link_pair.peer_reads, 1);
    ck_assert_uint_eq(link_pair.subject.link.out.cap, 0); /* idle: no memory */
}
END_TEST

START_TEST(much_output_does_not_wait_for_the_end_of_the_turn)
{
    uint8_t bytes[1000] = {0x30, 0xe5, 0x07};

    for (int i = 0; i < 100; i++) {
        link_send(&link_pair.subject.link, slice_of(bytes, sizeof(bytes)), 0);
        ck_assert_uint_lt(link_pending(&link_pair.subject.link), 66000);
    }
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(link_pair.peer_got.len, 100000);
}
END_TEST

START_TEST(a_long_payload_is_not_copied_and_lives_until_it_is_written)
{
    struct shared *shared = shared_new(LINK_SHARE_BYTES + 10);

    link_pair_fill(shared);
    link_send(&link_pair.subject.link, slice_of("before", 6), 0);
    link_send_shared(&link_pair.subject.link, slice_of("head", 4), shared, 10,
                     LINK_SHARE_BYTES, 0);
    link_send(&link_pair.subject.link, slice_of("after", 5), 0);
    link_send_shared(&link_pair.subject.link, slice_of("HEAD", 4), shared, 0,
                     10, 0);
    ck_assert_uint_eq(shared->refs, 2);
    ck_assert_uint_eq(link_pending(&link_pair.subject.link),
                      6 + 4 + LINK_SHARE_BYTES + 5 + 4 + 10);
    ck_assert_uint_le(link_pair.subject.link.out.len, 29);
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(shared->refs, 1);

    struct buf expected = {0};
    buf_append_string(&expected, "beforehead");
    buf_append(&expected, shared->bytes + 10, LINK_SHARE_BYTES);
    buf_append_string(&expected, "afterHEAD");
    buf_append(&expected, shared->bytes, 10);
    ck_assert(
        slice_equal(buf_slice(&link_pair.peer_got), buf_slice(&expected)));
    buf_release(&expected);
    shared_unref(shared);
}
END_TEST

START_TEST(a_closed_link_lets_go_of_shared_payloads)
{
    struct shared *shared = shared_new(5000);
    struct transport_memory_faults faults = {.capacity_bytes = 1};

    link_pair_fill(shared);
    transport_memory_set_faults(link_pair.subject.link.transport, &faults);
    transport_pause(link_pair.peer, true);
    link_send_shared(&link_pair.subject.link, slice_of("h", 1), shared, 0, 5000,
                     0);
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(shared->refs, 2);
    link_close(&link_pair.subject.link, false);
    ck_assert_uint_eq(shared->refs, 1);
    shared_unref(shared);
}
END_TEST

/* A reader so slow that every write is cut short somewhere else. */
START_TEST(a_slow_reader_gets_everything_in_order_and_then_the_owner_hears)
{
    struct transport_memory_faults faults = {
        .capacity_bytes = (size_t)(1 + _i * 7 % 61),
    };
    struct buf expected = {0};
    struct shared *shared = shared_new(LINK_SHARE_BYTES);

    link_pair_fill(shared);
    transport_memory_set_faults(link_pair.subject.link.transport, &faults);
    for (int i = 0; i < 40; i++) {
        char text[16];
        int len = snprintf(text, sizeof(text), "packet %d ", i);

        link_send(&link_pair.subject.link, slice_of(text, (size_t)len), 0);
        buf_append(&expected, text, (size_t)len);
        if (i % 5 == _i % 5) {
            link_send_shared(&link_pair.subject.link, slice_of("S", 1), shared,
                             0, shared->len, 0);
            buf_append_u8(&expected, 'S');
            buf_append(&expected, shared->bytes, shared->len);
        }
        loop_turn(&link_pair.loop, false);
        ck_assert_int_eq(link_pair.subject.drained, 0);
    }
    ck_assert_uint_gt(link_pending(&link_pair.subject.link), 1000);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.drained, 1);
    ck_assert_uint_eq(shared->refs, 1);
    ck_assert(
        slice_equal(buf_slice(&link_pair.peer_got), buf_slice(&expected)));
    ck_assert_uint_eq(link_pair.subject.link.out.cap, 0);
    buf_release(&expected);
    shared_unref(shared);
}
END_TEST

START_TEST(a_reader_that_never_reads_makes_pending_grow_and_nothing_else)
{
    struct transport_memory_faults faults = {.capacity_bytes = 100};
    uint32_t before;

    transport_memory_set_faults(link_pair.subject.link.transport, &faults);
    transport_pause(link_pair.peer, true);
    for (int i = 0; i < 1000; i++) {
        before = link_pending(&link_pair.subject.link);
        link_send(&link_pair.subject.link, slice_of("0123456789", 10), 0);
        ck_assert_uint_eq(link_pending(&link_pair.subject.link), before + 10);
        loop_turn(&link_pair.loop, false);
    }
    ck_assert_uint_eq(link_pending(&link_pair.subject.link), 10000 - 100);
    ck_assert_int_eq(link_pair.subject.drained, 0);
}
END_TEST

START_TEST(close_writes_what_waits_and_abort_does_not)
{
    link_send(&link_pair.subject.link, slice_of("last", 4), 0);
    link_close(&link_pair.subject.link, _i);
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(link_pair.peer_got.len, _i ? 0 : 4);
    ck_assert_int_eq(link_pair.subject.closed, 1);
    ck_assert_int_eq(link_pair.peer_ended, 1);
}
END_TEST

START_TEST(a_closed_or_broken_link_drops_what_is_sent)
{
    if (_i) {
        link_close(&link_pair.subject.link, false);
    } else {
        transport_close(link_pair.peer, false);
        link_send(&link_pair.subject.link, slice_of("x", 1), 0);
        link_flush(&link_pair.subject.link);
        ck_assert(link_pair.subject.link.broken);
        ck_assert_int_eq(link_pair.subject.ended,
                         0); /* not from inside the call */
    }
    link_send(&link_pair.subject.link, slice_of("dropped", 7), 0);
    link_send_same(&link_pair.subject.link, slice_of("dropped", 7), 0, 0);
    ck_assert_uint_eq(link_pending(&link_pair.subject.link), 0);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.ended, _i ? 0 : 1);
}
END_TEST

START_TEST(a_corked_link_writes_nothing_until_it_is_uncorked)
{
    static uint8_t many[100000];

    link_send(&link_pair.subject.link, slice_of("first", 5), 0);
    link_cork(&link_pair.subject.link);
    link_send(&link_pair.subject.link, slice_of(many, sizeof(many)), 0);
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(link_pair.peer_got.len, 0);
    ck_assert_uint_eq(link_pending(&link_pair.subject.link), sizeof(many) + 5);
    link_uncork(&link_pair.subject.link);
    ck_assert_int_eq(link_pair.subject.drained, 1);
    link_send(&link_pair.subject.link, slice_of("last", 4), 0);
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(link_pair.peer_got.len, sizeof(many) + 9);
    ck_assert_mem_eq(link_pair.peer_got.bytes, "first", 5);
}
END_TEST

START_TEST(what_waits_in_a_corked_link_is_lost_with_it)
{
    link_cork(&link_pair.subject.link);
    link_send(&link_pair.subject.link, slice_of("never", 5), 0);
    link_close(&link_pair.subject.link, false);
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(link_pair.peer_got.len, 0);
    ck_assert_int_eq(link_pair.peer_ended, 1);
}
END_TEST

Suite *link_out_suite(void)
{
    Suite *suite = suite_create("link_out");
    TCase *out = unit_case(suite, "out", 20);

    tcase_add_checked_fixture(out, link_pair_open, link_pair_close);
    tcase_add_test(out, what_a_turn_sends_goes_out_in_one_write);
    tcase_add_test(out, much_output_does_not_wait_for_the_end_of_the_turn);
    tcase_add_test(out,
                   a_long_payload_is_not_copied_and_lives_until_it_is_written);
    tcase_add_test(out, a_closed_link_lets_go_of_shared_payloads);
    tcase_add_loop_test(
        out, a_slow_reader_gets_everything_in_order_and_then_the_owner_hears, 0,
        30);
    tcase_add_test(
        out, a_reader_that_never_reads_makes_pending_grow_and_nothing_else);
    tcase_add_test(out, a_corked_link_writes_nothing_until_it_is_uncorked);
    tcase_add_test(out, what_waits_in_a_corked_link_is_lost_with_it);
    tcase_add_loop_test(out, close_writes_what_waits_and_abort_does_not, 0, 2);
    tcase_add_loop_test(out, a_closed_or_broken_link_drops_what_is_sent, 0, 2);
    return suite;
}
