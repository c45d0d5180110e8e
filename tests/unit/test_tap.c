#include "suites.h"

#include "wire/event.h"
#include "wire/tap.h"
#include "wire/tap_reader.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct clock now;
static struct tap tap;
static struct tap_reader reader;

static void open_tap(void)
{
    clock_init_manual(&now, 1000, UINT64_C(1700000000) * CLOCK_NS_PER_S);
    tap_init(&tap, &now);
    tap.show_passwords = true; /* random bytes may look like a CONNECT */
}

static void close_tap(void)
{
    tap_reader_close(&reader);
    tap_release(&tap);
}

static void attach(struct tap_reader *to)
{
    int fd = tap_attach(&tap);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(tap_reader_open(to, fd), 0);
}

static uint64_t write_packet(struct slice bytes)
{
    struct record record = {
        .type = RECORD_MQTT,
        .direction = RECORD_B2C,
        .connection = 3,
        .version = 5,
        .bytes = bytes,
    };

    return tap_write(&tap, &record);
}

static uint64_t write_text(const char *text)
{
    return write_packet(slice_of_string(text));
}

static bool next(struct record *record)
{
    tap_publish(&tap);
    return tap_reader_next(&reader, record);
}

static void expect_text(const char *text)
{
    struct record record;

    ck_assert(next(&record));
    ck_assert(slice_equal_string(record.bytes, text));
}

/* ---- one reader ---- */

START_TEST(without_a_reader_nothing_is_written)
{
    ck_assert(!tap_on(&tap));
    ck_assert_uint_eq(write_text("x"), 0);
    ck_assert_uint_eq(tap.last_seq, 0);
    ck_assert_ptr_null(tap.ring);
    tap_publish(&tap);
}
END_TEST

START_TEST(a_record_is_read_as_it_was_written)
{
    struct record in = {
        .cause = 42,
        .connection = 9,
        .type = RECORD_MQTT,
        .direction = RECORD_C2B,
        .version = 4,
        .flags = RECORD_SNAPSHOT,
        .actor = RECORD_STUDENT,
        .bytes = slice_of("\xc0\x00", 2),
    };
    struct record out;

    attach(&reader);
    ck_assert(tap_on(&tap));
    ck_assert_uint_eq(tap_write(&tap, &in), 1);
    ck_assert(!tap_reader_next(&reader, &out)); /* not yet published */
    ck_assert(next(&out));
    ck_assert_uint_eq(out.seq, 1);
    ck_assert(out.time_ns == now.wall_ns);
    ck_assert_uint_eq(out.cause, 42);
    ck_assert_uint_eq(out.connection, 9);
    ck_assert_uint_eq(out.original_len, 2);
    ck_assert_mem_eq(&out.type, &in.type, 5);
    ck_assert(slice_equal(out.bytes, in.bytes));
    ck_assert(!next(&out));
}
END_TEST

START_TEST(records_of_any_length_come_in_order_round_the_ring)
{
    struct buf bytes = {0};
    struct record record;

    attach(&reader);
    for (uint32_t i = 1; i < 4000; i++) {
        uint32_t len = i * 37 % 9001;

        buf_clear(&bytes);
        memset(buf_reserve(&bytes, len + 1), (int)(i % 251), len);
        bytes.len = len;
        ck_assert_uint_eq(write_packet(buf_slice(&bytes)), i);
        ck_assert(next(&record));
        ck_assert_uint_eq(record.seq, i);
        ck_assert(slice_equal(record.bytes, buf_slice(&bytes)));
    }
    ck_assert_uint_gt(tap.written, 2 * TAP_RING_BYTES);
    ck_assert_uint_eq(reader.lost, 0);
    buf_release(&bytes);
}
END_TEST

START_TEST(a_long_packet_is_cut_and_says_so)
{
    struct record record;
    struct buf bytes = {0};

    memset(buf_reserve(&bytes, 100000), 'x', 100000);
    attach(&reader);
    bytes.len = TAP_SNAP_BYTES;
    write_packet(buf_slice(&bytes));
    bytes.len = 100000;
    write_packet(buf_slice(&bytes));
    ck_assert(next(&record));
    ck_assert_uint_eq(record.bytes.len, TAP_SNAP_BYTES);
    ck_assert_uint_eq(record.flags, 0);
    ck_assert(next(&record));
    ck_assert_uint_eq(record.bytes.len, TAP_SNAP_BYTES);
    ck_assert_uint_eq(record.original_len, 100000);
    ck_assert_uint_eq(record.flags, RECORD_TRUNCATED);
    buf_release(&bytes);
}
END_TEST

START_TEST(a_long_turn_is_published_in_between)
{
    struct record record;
    struct buf bytes = {0};

    memset(buf_reserve(&bytes, 10000), 'x', 10000);
    bytes.len = 10000;
    attach(&reader);
    for (int i = 0; i < 200; i++)
        write_packet(buf_slice(&bytes));
    ck_assert(tap_reader_next(&reader, &record));
    buf_release(&bytes);
}
END_TEST

/* ---- by reference ---- */

static uint64_t write_same(struct slice head, struct slice rest, size_t at)
{
    struct record record = {
        .type = RECORD_MQTT,
        .direction = RECORD_B2C,
        .bytes = head,
        .original_len = (uint32_t)(head.len + rest.len),
    };

    return tap_write_same(&tap, &record, rest, at);
}

static uint64_t write_same_text(const char *text, size_t at)
{
    return write_same(slice_of_string(text), slice_of(NULL, 0), at);
}

START_TEST(equal_packets_cost_a_header_and_read_in_full)
{
    struct record record;

    attach(&reader);
    write_text("publish AB payload");
    uint64_t before = tap.written;
    write_same_text("publish CD payload", 8);
    write_same_text("publish AB payload", 0);
    ck_assert_uint_eq(tap.written - before, 2 * 56);
    expect_text("publish AB payload");
    ck_assert(next(&record));
    ck_assert(slice_equal_string(record.bytes, "publish CD payload"));
    ck_assert_uint_eq(record.flags, 0);
    ck_assert_uint_eq(record.original_len, 18);
    expect_text("publish AB payload");
}
END_TEST

START_TEST(packets_that_differ_elsewhere_are_written_in_full)
{
    static const char *const texts[] = {
        "Publish CD payload",  "publish CD payloaD", "publish CD payloa",
        "publish CD payload!", "publishXCD payload",
    };

    attach(&reader);
    for (int i = 0; i < 5; i++) {
        write_text("publish AB payload");
        write_same_text(texts[i], 8);
        expect_text("publish AB payload");
        expect_text(texts[i]);
    }
    write_text("publish AB payload");
    write_same_text("publish CD payload", 0);
    expect_text("publish AB payload");
    expect_text("publish CD payload");
}
END_TEST

START_TEST(a_packet_in_two_parts_is_compared_as_one)
{
    struct slice rest = slice_of_string(" payload");
    struct slice other = slice_of_string(" payloaD");

    attach(&reader);
    write_same(slice_of_string("publish AB"), rest, 8);
    uint64_t before = tap.written;
    write_same(slice_of_string("publish CD"), rest, 8);
    ck_assert_uint_eq(tap.written - before, 56);
    write_same(slice_of_string("publish EF"), other, 8);
    expect_text("publish AB payload");
    expect_text("publish CD payload");
    expect_text("publish EF payloaD");
}
END_TEST

START_TEST(what_lies_between_does_not_confuse_a_reference)
{
    struct record event = {.type = RECORD_EVT, .bytes = slice_of("ab", 2)};

    attach(&reader);
    write_text("first  00");
    tap_write(&tap, &event);
    write_same_text("first  11", 7);
    write_text("second 00");
    write_same_text("first  22", 7); /* no longer the last one */
    expect_text("first  00");
    expect_text("ab");
    expect_text("first  11");
    expect_text("second 00");
    expect_text("first  22");
}
END_TEST

START_TEST(references_to_a_long_packet_are_as_short_as_it_was_recorded)
{
    struct record record;
    struct buf bytes = {0};

    memset(buf_reserve(&bytes, 50000), 'x', 50000);
    bytes.len = 50000;
    attach(&reader);
    write_packet(buf_slice(&bytes));
    bytes.bytes[10] = 'y';
    uint64_t before = tap.written;
    write_same(buf_slice(&bytes), slice_of(NULL, 0), 10);
    ck_assert_uint_eq(tap.written - before, 56);
    ck_assert(next(&record));
    ck_assert(next(&record));
    ck_assert_uint_eq(record.bytes.len, TAP_SNAP_BYTES);
    ck_assert_uint_eq(record.original_len, 50000);
    ck_assert_uint_eq(record.flags, RECORD_TRUNCATED);
    ck_assert_int_eq(record.bytes.bytes[10], 'y');
    buf_release(&bytes);
}
END_TEST

/* ---- readers come and go ---- */

START_TEST(a_second_reader_begins_where_it_attached)
{
    struct tap_reader second;
    struct record record;

    attach(&reader);
    write_text("before 00");
    ck_assert_int_ge(tap_attach(&tap), 0);
    write_same_text("before 11", 7);
    ck_assert_int_eq(tap_reader_open(&second, tap.ring_fd), 0);
    tap_publish(&tap);
    ck_assert(tap_reader_next(&second, &record));
    ck_assert_uint_eq(record.seq, 2);
    ck_assert(slice_equal_string(record.bytes, "before 11"));
    ck_assert(!tap_reader_next(&second, &record));
    ck_assert_uint_eq(second.lost, 0);
    expect_text("before 00");
    expect_text("before 11");
    tap_reader_close(&second);
}
END_TEST

START_TEST(with_the_last_reader_the_tap_is_off_and_numbers_go_on)
{
    attach(&reader);
    ck_assert_int_ge(tap_attach(&tap), 0);
    tap_detach(&tap);
    ck_assert(tap_on(&tap));
    write_text("one");
    tap_detach(&tap);
    ck_assert(!tap_on(&tap));
    ck_assert_ptr_null(tap.ring);
    ck_assert_int_eq(tap.ring_fd, -1);
    ck_assert_uint_eq(write_text("nobody"), 0);
    tap_reader_close(&reader);
    attach(&reader);
    ck_assert_uint_eq(write_text("two"), 2);
    expect_text("two");
    ck_assert_uint_eq(reader.lost, 0);
}
END_TEST

START_TEST(a_reader_can_look_and_not_touch)
{
    attach(&reader);
    size_t bytes = reader.map_bytes;
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, tap.ring_fd, 0);
    ck_assert_ptr_eq(memory, MAP_FAILED);
    ck_assert_int_eq(
        mprotect((void *)(uintptr_t)reader.ring, bytes, PROT_READ | PROT_WRITE),
        -1);
    ck_assert_int_eq(write(tap.ring_fd, "x", 1), -1);
    ck_assert_int_eq(ftruncate(tap.ring_fd, 0), -1);
}
END_TEST

START_TEST(what_is_no_ring_is_refused)
{
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    ck_assert_int_lt(tap_reader_open(&reader, fileno(file)), 0);
    ck_assert_int_eq(ftruncate(fileno(file), 2 * TAP_RING_BYTES), 0);
    ck_assert_int_lt(tap_reader_open(&reader, fileno(file)), 0);
    fclose(file);
}
END_TEST

/* ---- loss ---- */

static uint64_t read_all(uint64_t *lost)
{
    struct record record;
    uint64_t seq = 0;
    uint64_t count = 0;

    *lost = 0;
    while (next(&record)) {
        ck_assert_uint_gt(record.seq, seq);
        seq = record.seq;
        if (record.type != RECORD_EVT) {
            count++;
            continue;
        }
        ck_assert_uint_eq(record_code(record.bytes), EVENT_LOST_RECORDS);
        uint64_t number = record_get_number(record.bytes, RECORD_NUMBER, 0);
        ck_assert_uint_gt(number, 0);
        *lost += number;
        seq += number - 1;
    }
    return count;
}

START_TEST(a_reader_that_sleeps_loses_the_oldest_and_knows_how_many)
{
    char text[1000];
    uint64_t lost;

    attach(&reader);
    for (int i = 0; i < 20000 + _i * 1111; i++) {
        memset(text, 'a' + i % 26, sizeof(text));
        write_packet(slice_of(text, (size_t)(100 + i % 900)));
    }
    uint64_t count = read_all(&lost);
    ck_assert_uint_gt(lost, 0);
    ck_assert_uint_gt(count, 3000); /* about half of the ring */
    ck_assert_uint_eq(count + lost, tap.last_seq);
    ck_assert_uint_eq(reader.lost, lost);
    write_text("and on");
    expect_text("and on");
}
END_TEST

START_TEST(a_reference_to_a_lost_packet_has_no_bytes)
{
    struct record record;

    attach(&reader);
    write_text("lost 00");
    while (tap.written < TAP_RING_BYTES + 4096)
        write_same_text("lost 11", 5);
    while (next(&record)) {
        if (record.type == RECORD_EVT || record.bytes.len)
            continue;
        ck_assert_uint_eq(record.flags, RECORD_TRUNCATED);
        ck_assert_uint_eq(record.original_len, 7);
        break;
    }
    /* Not for long: now and then it is written in full. */
    while (next(&record) && !record.bytes.len)
        ck_assert_uint_lt(reader.position, tap.written);
    ck_assert(slice_equal_string(record.bytes, "lost 11"));
}
END_TEST

/* ---- a writer that never waits, and readers that it overruns ---- */

#define RACE_RECORDS 300000

struct racer {
    struct tap_reader reader;
    uint64_t good;
    uint64_t lost;
    uint64_t bad;
    unsigned laziness;
};

static atomic_bool race_over;
static atomic_uint racers_ready;

/* What the bytes of a record must be follows from its number. */
static size_t race_bytes(uint64_t seq, uint8_t *bytes)
{
    size_t len = 20 + seq * 7919 % 400;
    uint8_t value = (uint8_t)(seq * 31);

    memset(bytes, value, len);
    memcpy(bytes, &seq, sizeof(seq));
    return len;
}

static void check_racing(struct racer *racer, const struct record *record)
{
    uint8_t bytes[512];
    size_t len = race_bytes(record->seq, bytes);

    if (record->type == RECORD_EVT)
        racer->lost += record_get_number(record->bytes, RECORD_NUMBER, 0);
    else if (slice_equal(record->bytes, slice_of(bytes, len)) &&
             record->connection == (uint32_t)record->seq)
        racer->good++;
    else
        racer->bad++;
}

static void *race(void *context)
{
    struct racer *racer = context;
    struct record record;

    atomic_fetch_add(&racers_ready, 1);
    for (;;) {
        bool over = atomic_load(&race_over);
        unsigned count = 0;

        while (tap_reader_next(&racer->reader, &record)) {
            check_racing(racer, &record);
            if (racer->laziness && ++count % racer->laziness == 0)
                sched_yield();
        }
        if (over)
            return NULL;
        sched_yield();
    }
}

START_TEST(overrun_readers_accept_no_torn_record_and_count_every_loss)
{
    static struct racer racers[2];
    pthread_t threads[2];
    uint8_t bytes[512];

    atomic_store(&race_over, false);
    atomic_store(&racers_ready, 0);
    for (unsigned i = 0; i < 2; i++) {
        racers[i] = (struct racer){.laziness = i ? 3 : 0};
        attach(&racers[i].reader);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &racers[i]),
                         0);
    }
    while (atomic_load(&racers_ready) < 2)
        sched_yield();
    for (uint64_t seq = 1; seq <= RACE_RECORDS; seq++) {
        struct record record = {.type = RECORD_MQTT,
                                .connection = (uint32_t)seq};

        record.bytes = slice_of(bytes, race_bytes(seq, bytes));
        ck_assert_uint_eq(tap_write(&tap, &record), seq);
        if (seq % 64 == 0)
            tap_publish(&tap);
    }
    tap_publish(&tap);
    atomic_store(&race_over, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(racers[i].bad, 0);
        ck_assert_uint_gt(racers[i].good, 0);
        ck_assert_uint_eq(racers[i].good + racers[i].lost, RACE_RECORDS);
        ck_assert_uint_eq(racers[i].lost, racers[i].reader.lost);
        tap_reader_close(&racers[i].reader);
    }
    ck_assert_uint_gt(tap.written, 8 * (uint64_t)TAP_RING_BYTES);
}
END_TEST

Suite *tap_suite(void)
{
    Suite *suite = suite_create("tap");
    TCase *tcase = unit_case(suite, "tap", 30);

    tcase_add_checked_fixture(tcase, open_tap, close_tap);
    tcase_add_test(tcase, without_a_reader_nothing_is_written);
    tcase_add_test(tcase, a_record_is_read_as_it_was_written);
    tcase_add_test(tcase, records_of_any_length_come_in_order_round_the_ring);
    tcase_add_test(tcase, a_long_packet_is_cut_and_says_so);
    tcase_add_test(tcase, a_long_turn_is_published_in_between);
    tcase_add_test(tcase, equal_packets_cost_a_header_and_read_in_full);
    tcase_add_test(tcase, packets_that_differ_elsewhere_are_written_in_full);
    tcase_add_test(tcase, a_packet_in_two_parts_is_compared_as_one);
    tcase_add_test(tcase, what_lies_between_does_not_confuse_a_reference);
    tcase_add_test(tcase,
                   references_to_a_long_packet_are_as_short_as_it_was_recorded);
    tcase_add_test(tcase, a_second_reader_begins_where_it_attached);
    tcase_add_test(tcase,
                   with_the_last_reader_the_tap_is_off_and_numbers_go_on);
    tcase_add_test(tcase, a_reader_can_look_and_not_touch);
    tcase_add_test(tcase, what_is_no_ring_is_refused);
    tcase_add_loop_test(
        tcase, a_reader_that_sleeps_loses_the_oldest_and_knows_how_many, 0, 20);
    tcase_add_test(tcase, a_reference_to_a_lost_packet_has_no_bytes);
    tcase_add_loop_test(
        tcase, overrun_readers_accept_no_torn_record_and_count_every_loss, 0,
        3);
    return suite;
}
