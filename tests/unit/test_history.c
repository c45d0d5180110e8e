#include "suites.h"

#include "base/clock.h"
#include "mqtt/mqtt.h"
#include "wire/event.h"
#include "wire/history.h"

#include <stdlib.h>
#include <string.h>

static struct history *history;
static struct history_row row;

static void end(void)
{
    history_free(history);
}

static void begin(void)
{
    history = history_new(0);
}

static void add(uint64_t seq, enum record_type type, struct slice bytes)
{
    struct record record = {
        .seq = seq,
        .time_ns = seq * CLOCK_NS_PER_MS,
        .connection = 1,
        .type = (uint8_t)type,
        .direction = RECORD_C2B,
        .original_len = (uint32_t)bytes.len,
        .bytes = bytes,
    };

    history_add(history, &record);
}

/* A PUBLISH at QoS 0 whose payload is its seq. */
static void add_publish(uint64_t seq, size_t payload_len)
{
    uint8_t bytes[256] = {0x30, 0, 0, 4, 't', 'e', 's', 't'};

    bytes[1] = (uint8_t)(6 + payload_len);
    memcpy(bytes + 8, &seq, sizeof(seq));
    add(seq, RECORD_MQTT, slice_of(bytes, 8 + payload_len));
}

static void add_event(uint64_t seq, unsigned code, enum record_key key,
                      uint64_t number)
{
    struct buf bytes = {0};

    record_begin(&bytes, code);
    record_put_number(&bytes, key, number);
    add(seq, RECORD_EVT, buf_slice(&bytes));
    buf_release(&bytes);
}

static void add_note(uint64_t seq, uint64_t subject, const char *text)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_NOTE);
    record_put_number(&bytes, RECORD_SUBJECT, subject);
    record_put_string(&bytes, RECORD_TEXT, text);
    add(seq, RECORD_NOTE, buf_slice(&bytes));
    buf_release(&bytes);
}

static uint64_t payload_of(const struct history_row *of)
{
    uint64_t payload;

    memcpy(&payload, of->record.bytes.bytes + 8, sizeof(payload));
    return payload;
}

START_TEST(an_empty_history_has_no_rows)
{
    ck_assert_uint_eq(history_first(history), 0);
    ck_assert_uint_eq(history_end(history), 0);
    ck_assert(!history_get(history, 0, &row));
    ck_assert_uint_eq(history_find_seq(history, 1), UINT64_MAX);
    ck_assert_uint_eq(history_find_number(history, 1), UINT64_MAX);
    ck_assert_uint_eq(history_find_number(history, 0), UINT64_MAX);
}
END_TEST

START_TEST(rows_come_back_as_they_were_added)
{
    for (uint64_t i = 1; i <= 2000; i++)
        add_publish(3 * i, 16);
    ck_assert_uint_eq(history_end(history), 2000);
    for (uint64_t i = 0; i < 2000; i++) {
        ck_assert(history_get(history, i, &row));
        ck_assert_uint_eq(row.record.seq, 3 * (i + 1));
        ck_assert_uint_eq(payload_of(&row), 3 * (i + 1));
        ck_assert_uint_eq(row.number, i + 1);
        ck_assert_uint_eq(row.note.type, MQTT_PUBLISH);
        ck_assert_str_eq(row.note.topic, "test");
    }
}
END_TEST

START_TEST(rows_are_found_by_seq_and_by_number_of_the_packet)
{
    /* Every third record is an event, and every seventh seq is missing. */
    uint64_t seq = 0;
    for (unsigned i = 0; i < 3000; i++) {
        seq += i % 7 ? 1 : 2;
        if (i % 3 == 2)
            add_event(seq, EVENT_NOBODY, RECORD_NUMBER, 0);
        else
            add_publish(seq, 16);
    }
    for (uint64_t i = 0; i < 3000; i++) {
        ck_assert(history_get(history, i, &row));
        ck_assert_uint_eq(history_find_seq(history, row.record.seq), i);
        if (row.number)
            ck_assert_uint_eq(history_find_number(history, row.number), i);
        else
            ck_assert_uint_eq(row.record.type, RECORD_EVT);
    }
    ck_assert_uint_eq(history_packets(history), 2000);
    ck_assert_uint_eq(history_find_seq(history, 1), UINT64_MAX);
    ck_assert_uint_eq(history_find_seq(history, seq + 1), UINT64_MAX);
    ck_assert_uint_eq(history_find_number(history, 2001), UINT64_MAX);
}
END_TEST

START_TEST(the_oldest_rows_go_when_the_limit_is_reached)
{
    history_free(history);
    history = history_new(1u << 20);
    for (uint64_t i = 1; i <= 20000; i++) {
        add_publish(i, 64);
        ck_assert_uint_le(history_bytes(history), (1u << 20) + 200000);
    }
    ck_assert_uint_eq(history_end(history), 20000);
    ck_assert_uint_gt(history_first(history), 0);
    ck_assert_uint_gt(history_end(history) - history_first(history), 3000);
    ck_assert(!history_get(history, history_first(history) - 1, &row));
    for (uint64_t i = history_first(history); i < 20000; i++) {
        ck_assert(history_get(history, i, &row));
        ck_assert_uint_eq(row.number, i + 1);
        ck_assert_uint_eq(payload_of(&row), i + 1);
        ck_assert_uint_eq(history_find_seq(history, i + 1), i);
        ck_assert_uint_eq(history_find_number(history, i + 1), i);
    }
    ck_assert_uint_eq(history_find_seq(history, 1), UINT64_MAX);
    ck_assert_uint_eq(history_packets(history), 20000);
}
END_TEST

START_TEST(the_limit_holds_for_large_packets_too)
{
    uint8_t *large = calloc(1, 100000);

    history_free(history);
    history = history_new(4u << 20);
    for (uint64_t i = 1; i <= 2000; i++) {
        add(i, RECORD_MQTT, slice_of(large, 100000));
        ck_assert_uint_le(history_end(history) - history_first(history), 512);
    }
    ck_assert(history_get(history, 1999, &row));
    ck_assert_uint_eq(row.record.bytes.len, 100000);
    free(large);
}
END_TEST

START_TEST(bytes_stay_where_they_are)
{
    add_publish(1, 16);
    history_get(history, 0, &row);
    const uint8_t *bytes = row.record.bytes.bytes;
    for (uint64_t i = 2; i < 10000; i++)
        add_publish(i, 64);
    history_get(history, 0, &row);
    ck_assert_ptr_eq(row.record.bytes.bytes, bytes);
    ck_assert_uint_eq(payload_of(&row), 1);
}
END_TEST

START_TEST(a_hundred_thousand_packets_take_at_most_32_mb)
{
    for (uint64_t i = 1; i <= 100000; i++)
        add_publish(i, 64);
    ck_assert_uint_le(history_bytes(history), 25000000);
}
END_TEST

START_TEST(lost_records_are_counted)
{
    add_event(1, EVENT_LOST_RECORDS, RECORD_NUMBER, 12);
    add_event(9, EVENT_NOBODY, RECORD_NUMBER, 5);
    add_event(10, EVENT_LOST_RECORDS, RECORD_NUMBER, 30);
    ck_assert_uint_eq(history_lost(history), 42);
}
END_TEST

START_TEST(a_row_knows_the_times_before_it)
{
    add_publish(5, 16);
    add_event(6, EVENT_NOBODY, RECORD_NUMBER, 0);
    add_publish(8, 16);
    for (uint64_t i = 9; i < 1000; i++)
        add_event(i, EVENT_NOBODY, RECORD_NUMBER, 0);
    add_publish(1000, 16);

    history_get(history, 0, &row);
    ck_assert_uint_eq(row.origin_ns, 5 * CLOCK_NS_PER_MS);
    ck_assert_uint_eq(row.previous_ns, 0);
    history_get(history, 2, &row);
    ck_assert_uint_eq(row.origin_ns, 5 * CLOCK_NS_PER_MS);
    ck_assert_uint_eq(row.previous_ns, 5 * CLOCK_NS_PER_MS);
    history_get(history, history_end(history) - 1, &row);
    ck_assert_uint_eq(row.previous_ns, 8 * CLOCK_NS_PER_MS);
}
END_TEST

START_TEST(a_note_becomes_the_comment_of_its_subject)
{
    add_publish(1, 16);
    add_publish(2, 16);
    add_publish(3, 16);
    add_note(4, 2, "look here");
    add_note(5, 1, "first");
    add_note(6, 2, "and here");
    add_note(7, 99, "nowhere");

    history_get(history, 0, &row);
    ck_assert_str_eq(row.comment, "first");
    history_get(history, 1, &row);
    ck_assert_str_eq(row.comment, "look here; and here");
    history_get(history, 2, &row);
    ck_assert_ptr_null(row.comment);
}
END_TEST

START_TEST(comments_go_with_their_rows)
{
    history_free(history);
    history = history_new(1u << 20);
    for (uint64_t i = 1; i <= 40000; i += 2) {
        add_publish(i, 64);
        add_note(i + 1, i, "seen");
    }
    for (uint64_t i = history_first(history); i < history_end(history); i++) {
        ck_assert(history_get(history, i, &row));
        ck_assert_int_eq(row.comment != NULL, row.number != 0);
    }
}
END_TEST

Suite *history_suite(void)
{
    Suite *suite = suite_create("history");
    TCase *tcase = unit_case(suite, "history", 30);

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, an_empty_history_has_no_rows);
    tcase_add_test(tcase, rows_come_back_as_they_were_added);
    tcase_add_test(tcase, rows_are_found_by_seq_and_by_number_of_the_packet);
    tcase_add_test(tcase, the_oldest_rows_go_when_the_limit_is_reached);
    tcase_add_test(tcase, the_limit_holds_for_large_packets_too);
    tcase_add_test(tcase, bytes_stay_where_they_are);
    tcase_add_test(tcase, a_hundred_thousand_packets_take_at_most_32_mb);
    tcase_add_test(tcase, lost_records_are_counted);
    tcase_add_test(tcase, a_row_knows_the_times_before_it);
    tcase_add_test(tcase, a_note_becomes_the_comment_of_its_subject);
    tcase_add_test(tcase, comments_go_with_their_rows);
    return suite;
}
