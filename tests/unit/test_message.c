#include "suites.h"

#include "broker/message.h"
#include "mqtt/property.h"

/* A PUBLISH with one of every Property that may be in it, and in a will. */
static struct buf all_properties(void)
{
    struct buf all = {0};

    property_put_number(&all, PROPERTY_PAYLOAD_FORMAT_INDICATOR, 1);
    property_put_number(&all, PROPERTY_TOPIC_ALIAS, 7);
    property_put_pair(&all, slice_of_string("b"), slice_of_string("1"));
    property_put_number(&all, PROPERTY_MESSAGE_EXPIRY_INTERVAL, 10);
    property_put_string(&all, PROPERTY_CONTENT_TYPE, slice_of_string("text"));
    property_put_number(&all, PROPERTY_SUBSCRIPTION_IDENTIFIER, 5);
    property_put_string(&all, PROPERTY_RESPONSE_TOPIC, slice_of_string("r"));
    property_put_number(&all, PROPERTY_WILL_DELAY_INTERVAL, 3);
    property_put_pair(&all, slice_of_string("a"), slice_of_string("2"));
    property_put_string(&all, PROPERTY_CORRELATION_DATA, slice_of_string("c"));
    return all;
}

static struct buf forwarded_properties(void)
{
    struct buf some = {0};

    property_put_number(&some, PROPERTY_PAYLOAD_FORMAT_INDICATOR, 1);
    property_put_pair(&some, slice_of_string("b"), slice_of_string("1"));
    property_put_string(&some, PROPERTY_CONTENT_TYPE, slice_of_string("text"));
    property_put_string(&some, PROPERTY_RESPONSE_TOPIC, slice_of_string("r"));
    property_put_pair(&some, slice_of_string("a"), slice_of_string("2"));
    property_put_string(&some, PROPERTY_CORRELATION_DATA, slice_of_string("c"));
    return some;
}

static struct message *message_with(struct slice properties)
{
    const struct mqtt_publish publish = {
        .qos = 2,
        .retain = true,
        .topic = slice_of_string("a/b"),
        .payload = slice_of_string("hello"),
        .properties = properties,
    };

    return message_new(&publish, 5000, 42);
}

START_TEST(keeps_what_was_published)
{
    struct message *message = message_with(slice_of(NULL, 0));

    ck_assert(slice_equal_string(message_topic(message), "a/b"));
    ck_assert(slice_equal_string(message_payload(message), "hello"));
    ck_assert_uint_eq(message_properties(message).len, 0);
    ck_assert_uint_eq(message->qos, 2);
    ck_assert(message->retain);
    ck_assert_uint_eq(message->arrived_ms, 5000);
    ck_assert_uint_eq(message->cause, 42);
    message_unref(message);
}
END_TEST

START_TEST(an_empty_payload_and_topic_are_kept)
{
    const struct mqtt_publish publish = {.qos = 0};
    struct message *message = message_new(&publish, 0, 0);

    ck_assert_uint_eq(message_payload(message).len, 0);
    ck_assert_uint_eq(message_topic(message).len, 0);
    message_unref(message);
}
END_TEST

/* The link sends shared->bytes[offset..offset+len). */
START_TEST(the_payload_lies_in_the_shared_bytes)
{
    struct buf all = all_properties();
    struct message *message = message_with(buf_slice(&all));
    struct shared *shared = message_shared(message);
    size_t offset = message_payload_offset(message);

    ck_assert_uint_eq(offset + 5, shared->len);
    ck_assert_mem_eq(shared->bytes + offset, "hello", 5);
    message_unref(message);
    buf_release(&all);
}
END_TEST

START_TEST(lives_until_the_last_reference_goes)
{
    struct message *message = message_with(slice_of(NULL, 0));
    struct shared *shared = message_shared(message);

    ck_assert_ptr_eq(message_ref(message), message);
    shared_ref(shared);
    ck_assert_uint_eq(shared->refs, 3);
    message_unref(message);
    message_unref(message);
    ck_assert_uint_eq(shared->refs, 1);
    ck_assert(slice_equal_string(message_payload(message), "hello"));
    message_unref(message);
    message_unref(NULL);
}
END_TEST

/* [MQTT-3.3.2-4] [MQTT-3.3.2-15] to [MQTT-3.3.2-18] [MQTT-3.3.2-20] */
START_TEST(forwards_only_what_is_meant_for_subscribers_in_its_order)
{
    struct buf all = all_properties();
    struct buf expected = forwarded_properties();
    struct message *message = message_with(buf_slice(&all));
    struct buf direct = {0};

    ck_assert(slice_equal(message_properties(message), buf_slice(&expected)));
    buf_append_string(&direct, "x");
    message_forward_properties(buf_slice(&all), &direct);
    ck_assert(
        slice_equal(slice_skip(buf_slice(&direct), 1), buf_slice(&expected)));
    message_unref(message);
    buf_release(&all);
    buf_release(&expected);
    buf_release(&direct);
}
END_TEST

static const struct {
    uint64_t waited_ms;
    uint32_t remaining_s;
    bool expired;
} expiries[] = {
    {0,      10, false},
    {1,      10, false},
    {999,    10, false},
    {1000,   9,  false},
    {9000,   1,  false},
    {9999,   1,  false},
    {10000,  0,  true },
    {999999, 0,  true },
};

/* [MQTT-3.3.2-5] [MQTT-3.3.2-6] */
START_TEST(the_expiry_interval_runs_while_it_waits)
{
    struct buf all = all_properties();
    struct message *message = message_with(buf_slice(&all));
    uint64_t now_ms = 5000 + expiries[_i].waited_ms;
    struct buf out = {0};

    ck_assert_uint_eq(message_remaining_s(message, now_ms),
                      expiries[_i].remaining_s);
    ck_assert_int_eq(message_expired(message, now_ms), expiries[_i].expired);

    message_put_properties(message, now_ms, &out);
    ck_assert_uint_eq(
        property_number(buf_slice(&out), PROPERTY_MESSAGE_EXPIRY_INTERVAL, 99),
        expiries[_i].remaining_s);
    ck_assert(slice_equal_string(
        property_string(buf_slice(&out), PROPERTY_CONTENT_TYPE), "text"));
    buf_release(&out);
    message_unref(message);
    buf_release(&all);
}
END_TEST

START_TEST(without_an_expiry_interval_it_never_expires)
{
    struct message *message = message_with(slice_of(NULL, 0));
    struct buf out = {0};

    ck_assert(!message_expired(message, UINT64_MAX));
    ck_assert_uint_eq(message_remaining_s(message, 5000), 0);
    message_put_properties(message, 5000, &out);
    ck_assert_uint_eq(out.len, 0);
    message_unref(message);
}
END_TEST

/* What was stored before the system was started anew arrived before the clock's
   zero. */
START_TEST(the_expiry_interval_runs_across_the_zero_of_the_clock)
{
    struct buf all = all_properties();
    const struct mqtt_publish publish = {.properties = buf_slice(&all)};
    struct message *message = message_new(&publish, (uint64_t)-4000, 0);

    ck_assert_uint_eq(message_remaining_s(message, 1000), 5);
    ck_assert(!message_expired(message, 1000));
    buf_release(&all);
    message_unref(message);

    all = all_properties();
    message = message_new(&(struct mqtt_publish){.properties = buf_slice(&all)},
                          (uint64_t)-20000, 0);
    ck_assert_uint_eq(message_remaining_s(message, 1000), 0);
    ck_assert(message_expired(message, 1000));
    buf_release(&all);
    message_unref(message);
}
END_TEST

/* The largest interval is 136 years of milliseconds: over 32 bits. */
START_TEST(the_largest_expiry_interval_does_not_overflow)
{
    struct buf properties = {0};

    property_put_number(&properties, PROPERTY_MESSAGE_EXPIRY_INTERVAL,
                        UINT32_MAX);
    struct message *message = message_with(buf_slice(&properties));
    ck_assert(!message_expired(message, 5000 + UINT64_C(4294967294000)));
    ck_assert(message_expired(message, 5000 + UINT64_C(4294967295000)));
    ck_assert_uint_eq(message_remaining_s(message, 5000), UINT32_MAX);
    message_unref(message);
    buf_release(&properties);
}
END_TEST

Suite *message_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *tcase = unit_case(suite, "message", 0);

    tcase_add_test(tcase, keeps_what_was_published);
    tcase_add_test(tcase, an_empty_payload_and_topic_are_kept);
    tcase_add_test(tcase, the_payload_lies_in_the_shared_bytes);
    tcase_add_test(tcase, lives_until_the_last_reference_goes);
    tcase_add_test(tcase,
                   forwards_only_what_is_meant_for_subscribers_in_its_order);
    tcase_add_loop_test(tcase, the_expiry_interval_runs_while_it_waits, 0,
                        sizeof(expiries) / sizeof(expiries[0]));
    tcase_add_test(tcase, without_an_expiry_interval_it_never_expires);
    tcase_add_test(tcase,
                   the_expiry_interval_runs_across_the_zero_of_the_clock);
    tcase_add_test(tcase, the_largest_expiry_interval_does_not_overflow);
    return suite;
}
