#include "suites.h"

#include "wire/event.h"
#include "wire/record.h"

#include <string.h>

static struct buf sample(void)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_WILL_FIRED);
    record_put_string(&bytes, RECORD_CLIENT_ID, "sensor-7");
    record_put_number(&bytes, RECORD_QOS, 2);
    record_put_string(&bytes, RECORD_TOPIC, "");
    record_put_number(&bytes, RECORD_NUMBER, UINT64_MAX);
    return bytes;
}

START_TEST(what_was_put_is_got)
{
    struct buf bytes = sample();
    struct slice all = buf_slice(&bytes);

    ck_assert_uint_eq(record_code(all), EVENT_WILL_FIRED);
    ck_assert(
        slice_equal_string(record_get(all, RECORD_CLIENT_ID), "sensor-7"));
    ck_assert_uint_eq(record_get_number(all, RECORD_QOS, 9), 2);
    ck_assert(record_get_number(all, RECORD_NUMBER, 9) == UINT64_MAX);
    buf_release(&bytes);
}
END_TEST

START_TEST(begin_forgets_what_was_there)
{
    struct buf bytes = sample();

    record_begin(&bytes, EVENT_NOTE);
    ck_assert_uint_eq(record_code(buf_slice(&bytes)), EVENT_NOTE);
    ck_assert_uint_eq(record_get(buf_slice(&bytes), RECORD_CLIENT_ID).len, 0);
    buf_release(&bytes);
}
END_TEST

START_TEST(an_absent_or_bad_number_is_the_default)
{
    struct buf bytes = sample();

    record_put_string(&bytes, RECORD_EXPIRY, "12x");
    record_put_string(&bytes, RECORD_REASON, "18446744073709551616");
    record_put_string(&bytes, RECORD_RETAIN, "-1");
    struct slice all = buf_slice(&bytes);
    ck_assert_uint_eq(record_get_number(all, RECORD_KEEP_ALIVE, 7), 7);
    ck_assert_uint_eq(record_get_number(all, RECORD_TOPIC, 7), 7);
    ck_assert_uint_eq(record_get_number(all, RECORD_CLIENT_ID, 7), 7);
    ck_assert_uint_eq(record_get_number(all, RECORD_EXPIRY, 7), 7);
    ck_assert_uint_eq(record_get_number(all, RECORD_REASON, 7), 7);
    ck_assert_uint_eq(record_get_number(all, RECORD_RETAIN, 7), 7);
    buf_release(&bytes);
}
END_TEST

START_TEST(an_unknown_key_is_skipped)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_NOTE);
    record_put_string(&bytes, (enum record_key)250, "from the future");
    record_put_string(&bytes, RECORD_TEXT, "hello");
    ck_assert(slice_equal_string(record_get(buf_slice(&bytes), RECORD_TEXT),
                                 "hello"));
    buf_release(&bytes);
}
END_TEST

START_TEST(no_prefix_is_read_past_its_end)
{
    struct buf bytes = sample();

    for (size_t cut = 0; cut < bytes.len; cut++) {
        struct slice part = slice_of(guarded(bytes.bytes, cut), cut);

        record_code(part);
        ck_assert(record_get_number(part, RECORD_NUMBER, 5) == 5);
        ck_assert_uint_eq(record_get(part, RECORD_PEER).len, 0);
    }
    ck_assert_uint_eq(record_code(slice_of(bytes.bytes, 1)), 0);
    buf_release(&bytes);
}
END_TEST

START_TEST(a_value_over_65535_bytes_is_cut)
{
    struct buf bytes = {0};
    struct buf value = {0};

    memset(buf_reserve(&value, 70000), 'x', 70000);
    value.len = 70000;
    record_begin(&bytes, EVENT_NOTE);
    record_put(&bytes, RECORD_PAYLOAD, buf_slice(&value));
    record_put_string(&bytes, RECORD_TEXT, "after");
    ck_assert_uint_eq(record_get(buf_slice(&bytes), RECORD_PAYLOAD).len, 65535);
    ck_assert(slice_equal_string(record_get(buf_slice(&bytes), RECORD_TEXT),
                                 "after"));
    buf_release(&bytes);
    buf_release(&value);
}
END_TEST

START_TEST(a_header_is_read_as_it_was_written)
{
    struct record in = {
        .seq = UINT64_C(0x0102030405060708),
        .time_ns = UINT64_C(1700000000123456789),
        .cause = 77,
        .connection = 0xdeadbeef,
        .original_len = 268435460,
        .type = RECORD_MQTT,
        .direction = RECORD_B2C,
        .version = 5,
        .flags = RECORD_SNAPSHOT | RECORD_MALFORMED,
        .actor = RECORD_SCRIPT,
        .layer = 1,
        .reserved = {2, 3},
    };
    struct record out = {.bytes = slice_of("kept", 4)};
    uint8_t header[RECORD_HEADER_BYTES];

    record_header_write(header, &in);
    record_header_read(&out, guarded(header, sizeof(header)));
    ck_assert(out.seq == in.seq && out.time_ns == in.time_ns);
    ck_assert(out.cause == in.cause && out.connection == in.connection);
    ck_assert_uint_eq(out.original_len, in.original_len);
    ck_assert_mem_eq(&out.type, &in.type, 8);
    ck_assert(slice_equal_string(out.bytes, "kept"));
}
END_TEST

START_TEST(only_events_about_dollar_topics_are_own_counters)
{
    static const struct {
        enum record_type type;
        const char *topic;
        bool own;
    } cases[] = {
        {RECORD_EVT,  "$SYS/broker/uptime", true },
        {RECORD_EVT,  "a/$SYS",             false},
        {RECORD_EVT,  "",                   false},
        {RECORD_NOTE, "$SYS/broker/uptime", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf bytes = {0};

        record_begin(&bytes, EVENT_RETAINED_REPLACED);
        record_put_string(&bytes, RECORD_TOPIC, cases[i].topic);
        struct record record = {.type = (uint8_t)cases[i].type,
                                .bytes = buf_slice(&bytes)};
        ck_assert_int_eq(record_is_own_counter(&record), cases[i].own);
        buf_release(&bytes);
    }
}
END_TEST

START_TEST(types_have_names)
{
    ck_assert_str_eq(record_type_name(RECORD_CONN), "conn");
    ck_assert_str_eq(record_type_name(RECORD_MQTT), "mqtt");
    ck_assert_str_eq(record_type_name(RECORD_NOTE), "note");
    ck_assert_str_eq(record_type_name(0), "?");
    ck_assert_str_eq(record_type_name(8), "?");
}
END_TEST

Suite *record_suite(void)
{
    Suite *suite = suite_create("record");
    TCase *tcase = unit_case(suite, "record", 0);

    tcase_add_test(tcase, what_was_put_is_got);
    tcase_add_test(tcase, begin_forgets_what_was_there);
    tcase_add_test(tcase, an_absent_or_bad_number_is_the_default);
    tcase_add_test(tcase, an_unknown_key_is_skipped);
    tcase_add_test(tcase, no_prefix_is_read_past_its_end);
    tcase_add_test(tcase, a_value_over_65535_bytes_is_cut);
    tcase_add_test(tcase, a_header_is_read_as_it_was_written);
    tcase_add_test(tcase, only_events_about_dollar_topics_are_own_counters);
    tcase_add_test(tcase, types_have_names);
    return suite;
}
