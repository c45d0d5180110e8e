#include "suites.h"

#include "link_pair.h"
#include "wire/tap_reader.h"

/* PINGREQs, and a PUBLISH of a few bytes after each. */
static struct buf stream(int count)
{
    struct buf bytes = {0};

    for (int i = 0; i < count; i += 2) {
        const uint8_t publish[] = {0x30, 5, 0, 1, 't', (uint8_t)i, 'x'};

        buf_append(&bytes, "\xc0\x00", 2);
        buf_append(&bytes, publish, sizeof(publish));
    }
    return bytes;
}

/* Write without letting anything happen. */
static void write_only(struct slice bytes)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.bytes,
                         .iov_len = bytes.len};

    ck_assert_int_eq(transport_writev(link_pair.peer, &part, 1),
                     (ssize_t)bytes.len);
}

static void expect_all(const struct buf *bytes, int count)
{
    ck_assert_int_eq(link_pair.subject.count, count);
    ck_assert(
        slice_equal(buf_slice(&link_pair.subject.packets), buf_slice(bytes)));
    ck_assert_uint_eq(link_pair.subject.link.in.cap, 0);
    ck_assert_ptr_null(link_pair.subject.link.rest);
}

START_TEST(an_owner_that_has_had_enough_gets_the_rest_a_turn_later)
{
    struct buf bytes = stream(10);

    link_pair.subject.yield_every = 3;
    write_only(buf_slice(&bytes));
    for (int handed = 3; handed <= 9; handed += 3) {
        loop_turn(&link_pair.loop, false);
        ck_assert_int_eq(link_pair.subject.count, handed);
        ck_assert_int_eq(link_pair.subject.batches, handed / 3);
    }
    loop_turn(&link_pair.loop, false);
    expect_all(&bytes, 10);
    buf_release(&bytes);
}
END_TEST

START_TEST(a_stream_cut_at_any_place_comes_in_order_all_the_same)
{
    struct buf bytes = stream(10);

    for (size_t at = 0; at <= bytes.len; at++) {
        link_pair.subject.yield_every = 1;
        link_pair.subject.again = _i;
        write_only(slice_first(buf_slice(&bytes), at));
        loop_turn(&link_pair.loop, false);
        link_pair_send(slice_skip(buf_slice(&bytes), at));
        if (!_i)
            expect_all(&bytes, 10);
        ck_assert_int_eq(link_pair.subject.count, 10 + _i);
        link_pair_close();
        link_pair_open();
    }
    buf_release(&bytes);
}
END_TEST

START_TEST(nothing_is_read_before_the_rest_is_done)
{
    struct buf first = stream(4);

    link_pair.subject.yield_every = 1;
    write_only(buf_slice(&first));
    loop_turn(&link_pair.loop, false);
    write_only(buf_slice(&first));
    loop_turn(&link_pair.loop, false);
    loop_turn(&link_pair.loop, false);
    ck_assert_int_eq(link_pair.subject.count, 3);
    ck_assert_int_eq(link_pair.subject.batches, 3);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.count, 8);
    buf_release(&first);
}
END_TEST

START_TEST(a_packet_comes_again_as_it_was)
{
    link_pair.subject.again = 2;
    link_pair_send_hex("30 05 00 01 74 31 32 c0 00");
    ck_assert_int_eq(link_pair.subject.count, 4);
    ck_assert_uint_eq(link_pair.subject.packets.len, 3 * 7 + 2);
    ck_assert_mem_eq(link_pair.subject.packets.bytes + 14, "\x30\x05\x00", 3);
    ck_assert_ptr_null(link_pair.subject.link.rest);
}
END_TEST

START_TEST(a_packet_that_came_in_parts_comes_again_too)
{
    link_pair.subject.again = 2;
    link_pair_send_hex("30 05 00 01");
    link_pair_send_hex("74 31 32 c0 00 c0");
    ck_assert_int_eq(link_pair.subject.count, 4);
    ck_assert_uint_eq(link_pair.subject.packets.len, 3 * 7 + 2);
    link_pair_send_hex("00");
    ck_assert_int_eq(link_pair.subject.count, 5);
}
END_TEST

START_TEST(a_packet_that_comes_again_is_recorded_once)
{
    struct tap_reader reader;
    struct record record;
    int fd = tap_attach(&link_pair.tap);

    ck_assert_int_eq(tap_reader_open(&reader, fd), 0);
    link_pair.subject.again = 2;
    link_pair_send_hex("c0 00");
    ck_assert_int_eq(link_pair.subject.count, 3);
    tap_publish(&link_pair.tap);
    ck_assert(tap_reader_next(&reader, &record));
    ck_assert_uint_eq(link_pair.subject.last_seq, record.seq);
    ck_assert(!tap_reader_next(&reader, &record));
    tap_reader_close(&reader);
    tap_detach(&link_pair.tap);
}
END_TEST

START_TEST(the_end_comes_behind_the_rest)
{
    struct buf bytes = stream(6);

    link_pair.subject.yield_every = 1;
    write_only(buf_slice(&bytes));
    loop_turn(&link_pair.loop, false);
    link_transport_events.on_end(&link_pair.subject.link, -5);
    ck_assert_int_eq(link_pair.subject.ended, 0);
    loop_settle(&link_pair.loop);
    expect_all(&bytes, 6);
    ck_assert_int_eq(link_pair.subject.ended, 1);
    ck_assert_int_eq(link_pair.subject.error, -5);
    buf_release(&bytes);
}
END_TEST

START_TEST(who_is_held_back_ends_at_once)
{
    struct buf bytes = stream(6);

    link_pair.subject.hold_every = 1;
    link_pair_send(buf_slice(&bytes));
    link_transport_events.on_end(&link_pair.subject.link, -5);
    ck_assert_int_eq(link_pair.subject.count, 1);
    ck_assert_int_eq(link_pair.subject.ended, 1);
    buf_release(&bytes);
}
END_TEST

START_TEST(closing_drops_the_rest)
{
    struct buf bytes = stream(6);

    link_pair.subject.yield_every = 1;
    link_pair.subject.close_after = _i;
    write_only(buf_slice(&bytes));
    loop_turn(&link_pair.loop, false);
    if (!_i)
        link_close(&link_pair.subject.link, false);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.count, _i ? _i : 1);
    ck_assert_int_eq(link_pair.subject.closed, 1);
    buf_release(&bytes);
}
END_TEST

START_TEST(a_rest_may_be_malformed)
{
    link_pair.subject.yield_every = 1;
    link_pair_send_hex("c0 00 c0 00 c1 00 c0 00");
    ck_assert_int_eq(link_pair.subject.count, 2);
    ck_assert_int_eq(link_pair.subject.malformed, 1);
    link_pair_send_hex("c0 00");
    ck_assert_int_eq(link_pair.subject.count, 2);
}
END_TEST

START_TEST(each_reason_to_hold_counts_for_itself)
{
    struct link *link = &link_pair.subject.link;

    link_hold(link, 1);
    link_hold(link, 4);
    link_hold(link, 4);
    link_pair_send_hex("c0 00");
    link_resume(link, 4);
    link_resume(link, 2);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.count, 0);
    link_resume(link, 1);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.count, 1);
}
END_TEST

START_TEST(what_comes_although_it_is_held_waits_in_order)
{
    struct link *link = &link_pair.subject.link;

    link_pair_send_hex("30 05 00 01");
    link_hold(link, 1);
    link_transport_events.on_bytes(link, slice_of("t12\xc0", 4));
    link_transport_events.on_bytes(link, slice_of("\x00\xc0", 2));
    ck_assert_int_eq(link_pair.subject.count, 0);
    link_resume(link, 1);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.count, 2);
    ck_assert_mem_eq(link_pair.subject.packets.bytes,
                     "\x30\x05\x00\x01t12\xc0\x00", 9);
    link_pair_send_hex("00");
    ck_assert_int_eq(link_pair.subject.count, 3);
}
END_TEST

Suite *link_in_suite(void)
{
    Suite *suite = suite_create("link_in");
    TCase *tcase = unit_case(suite, "in", 20);

    tcase_add_checked_fixture(tcase, link_pair_open, link_pair_close);
    tcase_add_test(tcase,
                   an_owner_that_has_had_enough_gets_the_rest_a_turn_later);
    tcase_add_loop_test(
        tcase, a_stream_cut_at_any_place_comes_in_order_all_the_same, 0, 3);
    tcase_add_test(tcase, nothing_is_read_before_the_rest_is_done);
    tcase_add_test(tcase, a_packet_comes_again_as_it_was);
    tcase_add_test(tcase, a_packet_that_came_in_parts_comes_again_too);
    tcase_add_test(tcase, a_packet_that_comes_again_is_recorded_once);
    tcase_add_test(tcase, the_end_comes_behind_the_rest);
    tcase_add_test(tcase, who_is_held_back_ends_at_once);
    tcase_add_loop_test(tcase, closing_drops_the_rest, 0, 3);
    tcase_add_test(tcase, a_rest_may_be_malformed);
    tcase_add_test(tcase, what_comes_although_it_is_held_waits_in_order);
    tcase_add_test(tcase, each_reason_to_hold_counts_for_itself);
    return suite;
}
