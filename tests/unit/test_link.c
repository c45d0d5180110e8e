#include "suites.h"

#include "link_pair.h"
#include "wire/tap_reader.h"

#include <errno.h>
#include <stdlib.h>

/* Thousands of idle connections: see transport_tcp.c for the other half. */
_Static_assert(sizeof(struct link) <= 160, "a link is small");

/* ---- in ---- */

/* Packets of many sizes: PINGREQ, PUBACK, PUBLISH of up to three bytes of
   Remaining Length. */
static struct buf stream(int *count)
{
    static const size_t payloads[] = {0, 1, 60, 122, 123, 130, 300};
    struct buf bytes = {0};

    *count = 0;
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        size_t length = payloads[i] + 5;

        buf_append(&bytes, "\xc0\x00", 2);
        buf_append(&bytes, "\x40\x02\x00\x07", 4);
        buf_append_u8(&bytes, 0x30);
        if (length > 127)
            buf_append_u8(&bytes, (uint8_t)(length % 128 | 0x80));
        buf_append_u8(&bytes, (uint8_t)(length > 127 ? length / 128 : length));
        buf_append(&bytes, "\x00\x03t/x", 5);
        for (size_t j = 0; j < payloads[i]; j++)
            buf_append_u8(&bytes, (uint8_t)j);
        *count += 3;
    }
    return bytes;
}

static void expect_stream(const struct buf *bytes, int count)
{
    ck_assert_int_eq(link_pair.subject.count, count);
    ck_assert(
        slice_equal(buf_slice(&link_pair.subject.packets), buf_slice(bytes)));
    ck_assert_int_eq(link_pair.subject.malformed, 0);
    ck_assert_uint_eq(link_pair.subject.link.in.cap, 0);
}

START_TEST(a_stream_in_one_read_is_cut_into_its_packets)
{
    int count;
    struct buf bytes = stream(&count);

    link_pair_send(buf_slice(&bytes));
    expect_stream(&bytes, count);
    ck_assert_int_eq(link_pair.subject.batches, 1);
    buf_release(&bytes);
}
END_TEST

START_TEST(a_stream_byte_by_byte_is_cut_likewise)
{
    struct transport_memory_faults faults = {.chunk_bytes = 1};
    int count;
    struct buf bytes = stream(&count);

    transport_memory_set_faults(link_pair.peer, &faults);
    link_pair_send(buf_slice(&bytes));
    expect_stream(&bytes, count);
    ck_assert_int_eq(link_pair.subject.batches, (int)bytes.len);
    buf_release(&bytes);
}
END_TEST

START_TEST(a_stream_cut_in_two_at_any_place_is_cut_likewise)
{
    int count;
    struct buf bytes = stream(&count);

    for (size_t at = 0; at <= bytes.len; at++) {
        struct slice rest = slice_skip(buf_slice(&bytes), at);

        /* Each part ends at an unreadable page. */
        if (at)
            link_transport_events.on_bytes(
                &link_pair.subject.link,
                slice_of(guarded(bytes.bytes, at), at));
        if (rest.len)
            link_transport_events.on_bytes(
                &link_pair.subject.link,
                slice_of(guarded(rest.bytes, rest.len), rest.len));
        expect_stream(&bytes, count);
        buf_clear(&link_pair.subject.packets);
        link_pair.subject.count = 0;
    }
    buf_release(&bytes);
}
END_TEST

START_TEST(a_packet_is_handed_over_where_it_lies)
{
    static const uint8_t ping[] = {0xc0, 0x00};

    link_pair_send(slice_of(ping, 2));
    ck_assert_uint_eq(link_pair.subject.link.in.cap, 0);
    ck_assert_int_eq(link_pair.subject.count, 1);
    ck_assert_mem_eq(link_pair.loop.scratch, ping, 2);
}
END_TEST

START_TEST(an_announced_packet_costs_memory_only_as_it_comes)
{
    uint8_t *bytes = calloc(1, 1000000);

    ck_assert_ptr_nonnull(bytes);
    link_pair_send_hex("30 ff ff ff 7f 00 01 74"); /* 256 MiB */
    ck_assert_uint_gt(link_pair.subject.link.in.cap, 0);
    ck_assert_uint_le(link_pair.subject.link.in.cap, 4096);
    for (int i = 0; i < 10; i++) {
        link_pair_send(slice_of(bytes, 100000));
        ck_assert_uint_le(link_pair.subject.link.in.cap,
                          3 * link_pair.subject.link.in.len);
    }
    ck_assert_int_eq(link_pair.subject.count, 0);
    free(bytes);
}
END_TEST

START_TEST(a_long_packet_comes_whole)
{
    size_t length = 700005;
    uint8_t *bytes = malloc(length + 4);

    ck_assert_ptr_nonnull(bytes);
    unit_hex("30 e5 dc 2a 00 03 61 62 63", bytes, 9);
    for (size_t i = 9; i < length + 4; i++)
        bytes[i] = (uint8_t)(i * 7);
    link_pair_send(slice_of(bytes, length + 4));
    ck_assert_int_eq(link_pair.subject.count, 1);
    ck_assert_uint_eq(link_pair.subject.packets.len, length + 4);
    ck_assert_mem_eq(link_pair.subject.packets.bytes, bytes, length + 4);
    ck_assert_uint_eq(link_pair.subject.link.in.cap, 0);
    free(bytes);
}
END_TEST

struct bad {
    const char *hex;
    enum mqtt_reason reason;
    int packets; /* before */
};

/* clang-format off */
static const struct bad bad[] = {
    {"00 00",                   MQTT_MALFORMED_PACKET, 0},
    {"c0 00 c1 00",             MQTT_MALFORMED_PACKET, 1},
    {"c0 00 62 02 00 01 60 02", MQTT_MALFORMED_PACKET, 2},
    {"30 ff ff ff ff 01",       MQTT_MALFORMED_PACKET, 0},
    {"30 80 00",                MQTT_MALFORMED_PACKET, 0},
    {"30 80 10",                MQTT_PACKET_TOO_LARGE, 0},
};
/* clang-format on */

START_TEST(a_bad_stream_is_told_once_with_the_reason)
{
    const struct bad *row = &bad[_i];

    link_pair.subject.link.max_packet_size = 2048;
    link_pair_send_hex(row->hex);
    ck_assert_int_eq(link_pair.subject.malformed, 1);
    ck_assert_int_eq(link_pair.subject.reason, row->reason);
    ck_assert_int_eq(link_pair.subject.count, row->packets);
    link_pair_send_hex("c0 00");
    ck_assert_int_eq(link_pair.subject.malformed, 1);
    ck_assert_int_eq(link_pair.subject.count, row->packets);
}
END_TEST

START_TEST(a_bad_stream_is_seen_byte_by_byte_too)
{
    const struct bad *row = &bad[_i];
    struct transport_memory_faults faults = {.chunk_bytes = 1};

    link_pair.subject.link.max_packet_size = 2048;
    transport_memory_set_faults(link_pair.peer, &faults);
    link_pair_send_hex(row->hex);
    ck_assert_int_eq(link_pair.subject.malformed, 1);
    ck_assert_int_eq(link_pair.subject.reason, row->reason);
    ck_assert_int_eq(link_pair.subject.count, row->packets);
}
END_TEST

START_TEST(a_packet_of_the_largest_size_is_accepted)
{
    link_pair.subject.link.max_packet_size = 10;
    link_pair_send_hex("30 08 00 01 74 31 32 33 34 35");
    ck_assert_int_eq(link_pair.subject.count, 1);
    link_pair_send_hex("30 09 00 01 74 31 32 33 34 35 36");
    ck_assert_int_eq(link_pair.subject.count, 1);
    ck_assert_int_eq(link_pair.subject.reason, MQTT_PACKET_TOO_LARGE);
}
END_TEST

START_TEST(nothing_comes_after_the_owner_closed_in_the_middle_of_a_read)
{
    int count;
    struct buf bytes = stream(&count);

    link_pair.subject.close_after = 2;
    link_pair_send(buf_slice(&bytes));
    ck_assert_int_eq(link_pair.subject.count, 2);
    ck_assert_int_eq(link_pair.subject.batches, 0);
    ck_assert_int_eq(link_pair.subject.closed, 1);
    ck_assert_int_eq(link_pair.subject.ended, 0);
    buf_release(&bytes);
}
END_TEST

START_TEST(the_owner_may_close_while_it_gets_a_packet_in_two_parts)
{
    link_pair.subject.close_after = 1;
    link_pair_send_hex("30 05 00 01");
    link_pair_send_hex("74 31 32 c0 00");
    ck_assert_int_eq(link_pair.subject.count, 1);
    ck_assert_int_eq(link_pair.subject.closed, 1);
}
END_TEST

START_TEST(a_held_link_hands_over_nothing_until_it_goes_on)
{
    struct link *link = &link_pair.subject.link;
    int count;
    struct buf bytes = stream(&count);

    for (size_t at = 0; at <= bytes.len; at++) {
        link_pair.subject.hold_every = 4;
        link_pair_send(slice_first(buf_slice(&bytes), at));
        link_pair_send(slice_skip(buf_slice(&bytes), at));
        for (int handed = 4; handed <= count; handed += 4) {
            ck_assert_int_eq(link_pair.subject.count, handed);
            link_resume(link, 1);
            loop_settle(&link_pair.loop);
        }
        ck_assert_int_eq(link_pair.subject.count, count);
        expect_stream(&bytes, count);
        link_pair_close();
        link_pair_open();
    }
    buf_release(&bytes);
}
END_TEST

START_TEST(what_a_held_link_is_sent_stays_with_the_sender)
{
    struct buf many = {0};

    for (int i = 0; i < 200000; i++)
        buf_append(&many, "\xc0\x00", 2);
    link_pair.subject.hold_every = 1;
    link_pair_send_hex("c0 00");
    link_pair_send(buf_slice(&many));
    ck_assert_uint_eq(link_pair.subject.link.in.len, 0);
    link_pair.subject.hold_every = 0;
    link_resume(&link_pair.subject.link, 1);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.count, 200001);
    buf_release(&many);
}
END_TEST

START_TEST(the_time_of_the_last_bytes_is_noted)
{
    uint64_t before = link_pair.subject.link.last_in_ms;

    loop_advance(&link_pair.loop, 5000);
    link_pair_send_hex("c0");
    ck_assert_uint_eq(link_pair.subject.link.last_in_ms, before + 5000);
    link_send(&link_pair.subject.link, slice_of("\xd0\x00", 2), 0);
    loop_settle(&link_pair.loop);
    ck_assert_uint_eq(link_pair.subject.link.last_out_ms, before + 5000);
}
END_TEST

START_TEST(the_end_of_the_connection_is_passed_on)
{
    transport_close(link_pair.peer, true);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.ended, 1);
    ck_assert_int_eq(link_pair.subject.error, -ECONNRESET);
}
END_TEST

/* ---- the tap ---- */

static struct tap_reader reader;

static void attach(void)
{
    int fd = tap_attach(&link_pair.tap);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(tap_reader_open(&reader, fd), 0);
}

static void detach(void)
{
    tap_reader_close(&reader);
    tap_detach(&link_pair.tap);
}

static struct record next_record(void)
{
    struct record record;

    tap_publish(&link_pair.tap);
    ck_assert(tap_reader_next(&reader, &record));
    ck_assert_uint_eq(record.connection, 7);
    return record;
}

static void expect_record(enum record_type type, unsigned flags,
                          const char *hex)
{
    struct record record = next_record();
    uint8_t bytes[64];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    ck_assert_uint_eq(record.type, type);
    ck_assert_uint_eq(record.flags, flags);
    ck_assert_uint_eq(record.original_len, len);
    ck_assert(slice_equal(record.bytes, slice_of(bytes, len)));
}

static void expect_no_record(void)
{
    struct record record;

    tap_publish(&link_pair.tap);
    ck_assert(!tap_reader_next(&reader, &record));
}

START_TEST(packets_both_ways_are_recorded_as_they_are)
{
    attach();
    link_pair.subject.link.version = 5;
    link_pair_send_hex("c0 00 30 05 00 01 74 31 32");
    expect_record(RECORD_MQTT, 0, "c0 00");
    struct record record = next_record();
    ck_assert_uint_eq(record.direction, RECORD_C2B);
    ck_assert_uint_eq(record.version, 5);
    ck_assert_uint_eq(record.seq, link_pair.subject.last_seq);
    uint64_t seq =
        link_send(&link_pair.subject.link, slice_of("\xd0\x00", 2), record.seq);
    record = next_record();
    ck_assert_uint_eq(record.direction, RECORD_B2C);
    ck_assert_uint_eq(record.seq, seq);
    ck_assert_uint_eq(record.cause, link_pair.subject.last_seq);
    detach();
}
END_TEST

START_TEST(without_a_reader_there_is_no_number)
{
    link_pair.subject.last_seq = 99;
    link_pair_send_hex("c0 00");
    ck_assert_uint_eq(link_pair.subject.last_seq, 0);
    ck_assert_uint_eq(
        link_send(&link_pair.subject.link, slice_of("\xd0\x00", 2), 0), 0);
}
END_TEST

START_TEST(a_fan_out_is_recorded_by_reference_and_reads_as_if_not)
{
    static const char *const hex[] = {
        "32 07 00 01 74 00 01 68 69", "32 07 00 01 74 00 02 68 69",
        "32 07 00 01 74 ff ff 68 69",
        "32 07 00 01 74 00 04 68 6f", /* another payload after all */
    };
    uint8_t bytes[16];

    attach();
    uint64_t before = link_pair.tap.written;
    for (int i = 0; i < 4; i++) {
        size_t len = unit_hex(hex[i], bytes, sizeof(bytes));

        link_send_same(&link_pair.subject.link, slice_of(bytes, len), 5, 0);
    }
    ck_assert_uint_eq(link_pair.tap.written - before, 2 * 72 + 2 * 56);
    for (int i = 0; i < 4; i++)
        expect_record(RECORD_MQTT, 0, hex[i]);
    detach();
}
END_TEST

START_TEST(shared_payloads_are_recorded_whole_and_once)
{
    struct shared *shared = shared_new(3000);
    uint8_t head[] = {0x32, 0xbd, 0x17, 0x00, 0x01, 't', 0x00, 0x01};

    link_pair_fill(shared);
    attach();
    uint64_t before = link_pair.tap.written;
    for (uint8_t id = 1; id <= 20; id++) {
        head[7] = id;
        link_send_shared(&link_pair.subject.link, slice_of(head, sizeof(head)),
                         shared, 0, 3000, 0);
    }
    ck_assert_uint_lt(link_pair.tap.written - before, 3000 + 20 * 80);
    for (uint8_t id = 1; id <= 20; id++) {
        struct record record = next_record();

        ck_assert_uint_eq(record.bytes.len, sizeof(head) + 3000);
        ck_assert_uint_eq(record.original_len, sizeof(head) + 3000);
        ck_assert_uint_eq(record.bytes.bytes[7], id);
        ck_assert_mem_eq(record.bytes.bytes + sizeof(head), shared->bytes,
                         3000);
    }
    detach();
    loop_settle(&link_pair.loop);
    shared_unref(shared);
}
END_TEST

START_TEST(a_malformed_packet_that_is_whole_is_recorded_as_packet)
{
    attach();
    link_pair_send_hex("c0 00 c1 01 78 c0 00");
    expect_record(RECORD_MQTT, 0, "c0 00");
    expect_record(RECORD_MQTT, RECORD_MALFORMED, "c1 01 78");
    expect_no_record();
    detach();
}
END_TEST

START_TEST(garbage_is_recorded_as_raw_bytes)
{
    attach();
    link_pair_send_hex("47 45 54 20 2f");
    expect_record(RECORD_WIRE, RECORD_MALFORMED, "47 45 54 20 2f");
    expect_no_record();
    detach();
}
END_TEST

START_TEST(a_packet_that_is_too_large_is_recorded_as_far_as_it_came)
{
    attach();
    link_pair.subject.link.max_packet_size = 100;
    link_pair_send_hex("30");
    link_pair_send_hex("80 01 00 01 74");
    expect_record(RECORD_WIRE, RECORD_MALFORMED, "30 80 01 00 01 74");
    detach();
}
END_TEST

START_TEST(a_half_packet_at_the_end_is_recorded_as_raw_bytes)
{
    attach();
    link_pair_send_hex("c0 00 30 05 00 01");
    expect_record(RECORD_MQTT, 0, "c0 00");
    expect_no_record();
    if (_i)
        link_close(&link_pair.subject.link, false);
    else
        transport_close(link_pair.peer, false);
    loop_settle(&link_pair.loop);
    expect_record(RECORD_WIRE, 0, "30 05 00 01");
    expect_no_record();
    detach();
}
END_TEST

Suite *link_suite(void)
{
    Suite *suite = suite_create("link");
    TCase *in = unit_case(suite, "in", 20);
    TCase *seen = unit_case(suite, "tap", 20);

    tcase_add_checked_fixture(in, link_pair_open, link_pair_close);
    tcase_add_test(in, a_stream_in_one_read_is_cut_into_its_packets);
    tcase_add_test(in, a_stream_byte_by_byte_is_cut_likewise);
    tcase_add_test(in, a_stream_cut_in_two_at_any_place_is_cut_likewise);
    tcase_add_test(in, a_packet_is_handed_over_where_it_lies);
    tcase_add_test(in, an_announced_packet_costs_memory_only_as_it_comes);
    tcase_add_test(in, a_long_packet_comes_whole);
    tcase_add_loop_test(in, a_bad_stream_is_told_once_with_the_reason, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_loop_test(in, a_bad_stream_is_seen_byte_by_byte_too, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(in, a_packet_of_the_largest_size_is_accepted);
    tcase_add_test(
        in, nothing_comes_after_the_owner_closed_in_the_middle_of_a_read);
    tcase_add_test(in, the_owner_may_close_while_it_gets_a_packet_in_two_parts);
    tcase_add_test(in, a_held_link_hands_over_nothing_until_it_goes_on);
    tcase_add_test(in, what_a_held_link_is_sent_stays_with_the_sender);
    tcase_add_test(in, the_time_of_the_last_bytes_is_noted);
    tcase_add_test(in, the_end_of_the_connection_is_passed_on);

    tcase_add_checked_fixture(seen, link_pair_open, link_pair_close);
    tcase_add_test(seen, packets_both_ways_are_recorded_as_they_are);
    tcase_add_test(seen, without_a_reader_there_is_no_number);
    tcase_add_test(seen,
                   a_fan_out_is_recorded_by_reference_and_reads_as_if_not);
    tcase_add_test(seen, shared_payloads_are_recorded_whole_and_once);
    tcase_add_test(seen,
                   a_malformed_packet_that_is_whole_is_recorded_as_packet);
    tcase_add_test(seen, garbage_is_recorded_as_raw_bytes);
    tcase_add_test(seen,
                   a_packet_that_is_too_large_is_recorded_as_far_as_it_came);
    tcase_add_loop_test(seen, a_half_packet_at_the_end_is_recorded_as_raw_bytes,
                        0, 2);
    return suite;
}
