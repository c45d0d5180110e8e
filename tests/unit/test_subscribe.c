/* Fields of SUBSCRIBE and its kin; tests/packets has what is valid. */
#include "suites.h"

#include "mqtt/property.h"
#include "mqtt/subscribe.h"

static struct slice body_of(const char *hex)
{
    uint8_t bytes[100];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    return slice_of(guarded(bytes, len), len);
}

static void check_bytes(struct buf *out, const char *hex)
{
    uint8_t want[100];
    size_t len = unit_hex(hex, want, sizeof(want));

    ck_assert(slice_equal(buf_slice(out), slice_of(want, len)));
    buf_release(out);
}

START_TEST(decode_finds_every_filter_with_its_options)
{
    struct mqtt_subscribe subscribe;
    struct mqtt_subscription one;

    ck_assert_int_eq(
        subscribe_decode(&subscribe, MQTT_5, MQTT_SUBSCRIBE,
                         body_of("1234 02 0b07 0001 61 00 0003 622f23 2e")),
        MQTT_SUCCESS);
    ck_assert_uint_eq(subscribe.packet_id, 0x1234);
    ck_assert_uint_eq(subscribe.count, 2);
    ck_assert_uint_eq(property_number(subscribe.properties,
                                      PROPERTY_SUBSCRIPTION_IDENTIFIER, 0),
                      7);

    struct slice filters = subscribe.filters;
    ck_assert(subscribe_next(&filters, MQTT_SUBSCRIBE, &one));
    ck_assert(slice_equal_string(one.topic_filter, "a"));
    ck_assert_uint_eq(one.qos, 0);
    ck_assert(!one.no_local && !one.retain_as_published);
    ck_assert_uint_eq(one.retain_handling, 0);

    ck_assert(subscribe_next(&filters, MQTT_SUBSCRIBE, &one));
    ck_assert(slice_equal_string(one.topic_filter, "b/#"));
    ck_assert_uint_eq(one.qos, 2);
    ck_assert(one.no_local && one.retain_as_published);
    ck_assert_uint_eq(one.retain_handling, 2);
    ck_assert(!subscribe_next(&filters, MQTT_SUBSCRIBE, &one));
}
END_TEST

START_TEST(each_option_has_its_own_bits)
{
    for (unsigned options = 0; options < 64; options++) {
        uint8_t bytes[] = {0, 1, 0, 0, 1, 'a', (uint8_t)options};
        struct mqtt_subscribe subscribe;
        struct mqtt_subscription one;
        struct slice body = slice_of(bytes, sizeof(bytes));
        bool valid = (options & 3) != 3 && options >> 4 != 3;

        ck_assert_int_eq(
            subscribe_decode(&subscribe, MQTT_5, MQTT_SUBSCRIBE, body),
            valid ? MQTT_SUCCESS : MQTT_PROTOCOL_ERROR);
        if (!valid)
            continue;
        ck_assert(subscribe_next(&subscribe.filters, MQTT_SUBSCRIBE, &one));
        ck_assert_uint_eq(one.qos, options & 3);
        ck_assert(one.no_local == (options >> 2 & 1));
        ck_assert(one.retain_as_published == (options >> 3 & 1));
        ck_assert_uint_eq(one.retain_handling, options >> 4);

        struct buf filters = {0};
        subscribe_put(&filters, MQTT_SUBSCRIBE, &one);
        ck_assert(slice_equal(buf_slice(&filters), slice_skip(body, 3)));
        buf_release(&filters);
    }
}
END_TEST

START_TEST(unsubscribe_has_filters_without_options)
{
    struct mqtt_subscribe subscribe;
    struct mqtt_subscription one;

    ck_assert_int_eq(subscribe_decode(&subscribe, MQTT_3_1_1, MQTT_UNSUBSCRIBE,
                                      body_of("0001 0001 61 0001 62")),
                     MQTT_SUCCESS);
    ck_assert_uint_eq(subscribe.count, 2);
    ck_assert(subscribe_next(&subscribe.filters, MQTT_UNSUBSCRIBE, &one));
    ck_assert(slice_equal_string(one.topic_filter, "a"));
    ck_assert(subscribe_next(&subscribe.filters, MQTT_UNSUBSCRIBE, &one));
    ck_assert(slice_equal_string(one.topic_filter, "b"));
    ck_assert(!subscribe_next(&subscribe.filters, MQTT_UNSUBSCRIBE, &one));
}
END_TEST

START_TEST(encode_writes_the_filters_that_were_put)
{
    struct buf filters = {0};
    struct buf out = {0};
    struct mqtt_subscription one = {
        .topic_filter = slice_of_string("a/+"),
        .qos = 1,
    };

    subscribe_put(&filters, MQTT_SUBSCRIBE, &one);
    one.topic_filter = slice_of_string("b");
    one.no_local = true;
    subscribe_put(&filters, MQTT_SUBSCRIBE, &one);
    struct mqtt_subscribe subscribe = {
        .packet_id = 10,
        .filters = buf_slice(&filters),
        .count = 2,
    };
    subscribe_encode(&out, MQTT_5, MQTT_SUBSCRIBE, &subscribe);
    check_bytes(&out, "82 0d 000a 00 0003 612f2b 01 0001 62 05");
    subscribe_encode(&out, MQTT_3_1_1, MQTT_SUBSCRIBE, &subscribe);
    check_bytes(&out, "82 0c 000a 0003 612f2b 01 0001 62 05");

    buf_clear(&filters);
    subscribe_put(&filters, MQTT_UNSUBSCRIBE, &one);
    subscribe.filters = buf_slice(&filters);
    subscribe_encode(&out, MQTT_3_1, MQTT_UNSUBSCRIBE, &subscribe);
    check_bytes(&out, "a2 05 000a 0001 62");
    buf_release(&filters);
}
END_TEST

START_TEST(suback_decode_finds_every_code)
{
    struct mqtt_suback suback;

    ck_assert_int_eq(suback_decode(&suback, MQTT_5, MQTT_SUBACK,
                                   body_of("1234 04 1f0001 61 00 02 87")),
                     MQTT_SUCCESS);
    ck_assert_uint_eq(suback.packet_id, 0x1234);
    ck_assert(slice_equal_string(
        property_string(suback.properties, PROPERTY_REASON_STRING), "a"));
    ck_assert(slice_equal(suback.reasons, slice_of("\x00\x02\x87", 3)));
}
END_TEST

START_TEST(suback_and_unsuback_are_written_for_each_version)
{
    struct mqtt_suback suback = {
        .packet_id = 1,
        .reasons = slice_of("\x00\x11", 2),
    };
    struct buf out = {0};

    suback_encode(&out, MQTT_5, MQTT_SUBACK, &suback);
    check_bytes(&out, "90 05 0001 00 00 11");
    suback_encode(&out, MQTT_3_1_1, MQTT_SUBACK, &suback);
    check_bytes(&out, "90 04 0001 00 11");
    suback_encode(&out, MQTT_5, MQTT_UNSUBACK, &suback);
    check_bytes(&out, "b0 05 0001 00 00 11");
    suback_encode(&out, MQTT_3_1_1, MQTT_UNSUBACK, &suback);
    check_bytes(&out, "b0 02 0001");
}
END_TEST

Suite *subscribe_suite(void)
{
    Suite *suite = suite_create("subscribe");
    TCase *tcase = unit_case(suite, "subscribe", 0);

    tcase_add_test(tcase, decode_finds_every_filter_with_its_options);
    tcase_add_test(tcase, each_option_has_its_own_bits);
    tcase_add_test(tcase, unsubscribe_has_filters_without_options);
    tcase_add_test(tcase, encode_writes_the_filters_that_were_put);
    tcase_add_test(tcase, suback_decode_finds_every_code);
    tcase_add_test(tcase, suback_and_unsuback_are_written_for_each_version);
    return suite;
}
