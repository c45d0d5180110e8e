/* Fields of PUBLISH; tests/packets has what is valid. */
#include "suites.h"

#include <string.h>

#include "mqtt/framer.h"
#include "mqtt/property.h"
#include "mqtt/publish.h"

static enum mqtt_reason decode(struct mqtt_publish *publish,
                               enum mqtt_version version, unsigned flags,
                               const char *hex)
{
    uint8_t bytes[100];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    return publish_decode(publish, version, (uint8_t)flags,
                          slice_of(guarded(bytes, len), len));
}

START_TEST(decode_finds_every_field)
{
    struct mqtt_publish publish;

    ck_assert_int_eq(
        decode(&publish, MQTT_5, 0x0d, "0003 612f62 1234 02 0101 6869"),
        MQTT_SUCCESS);
    ck_assert(publish.dup);
    ck_assert_uint_eq(publish.qos, 2);
    ck_assert(publish.retain);
    ck_assert_uint_eq(publish.packet_id, 0x1234);
    ck_assert(slice_equal_string(publish.topic, "a/b"));
    ck_assert_uint_eq(property_number(publish.properties,
                                      PROPERTY_PAYLOAD_FORMAT_INDICATOR, 0),
                      1);
    ck_assert(slice_equal_string(publish.payload, "hi"));
}
END_TEST

/* [MQTT-2.2.1-2] */
START_TEST(at_qos_0_there_is_no_packet_identifier)
{
    struct mqtt_publish publish;

    ck_assert_int_eq(decode(&publish, MQTT_3_1_1, 0, "0001 61 1234"),
                     MQTT_SUCCESS);
    ck_assert_uint_eq(publish.packet_id, 0);
    ck_assert_uint_eq(publish.payload.len, 2);
    ck_assert(!publish.dup && !publish.retain);
}
END_TEST

START_TEST(an_empty_topic_with_an_alias_is_left_to_the_aliases)
{
    struct mqtt_publish publish;

    ck_assert_int_eq(decode(&publish, MQTT_5, 0, "0000 03 230007 68"),
                     MQTT_SUCCESS);
    ck_assert_uint_eq(publish.topic.len, 0);
    ck_assert_uint_eq(
        property_number(publish.properties, PROPERTY_TOPIC_ALIAS, 0), 7);
}
END_TEST

/* Payload lengths around which the fixed header gets longer. */
static const size_t lens[] = {
    0,     1,      100,     117,     118,     119,     120,
    121,   122,    123,     124,     125,     126,     127,
    128,   16370,  16374,   16376,   16378,   16380,   16383,
    16384, 100000, 2097130, 2097140, 2097150, 2097152, 3000000};

static void check_sizes(enum mqtt_version version,
                        const struct mqtt_publish *publish)
{
    struct buf whole = {0};
    struct buf head = {0};
    struct frame frame;
    struct mqtt_publish again;

    publish_encode(&whole, version, publish);
    ck_assert_uint_eq(whole.len, publish_size(version, publish));
    publish_encode_head(&head, version, publish);
    ck_assert_uint_eq(head.len + publish->payload.len, whole.len);
    ck_assert(slice_starts_with(buf_slice(&whole), buf_slice(&head)));

    ck_assert_int_eq(
        framer_next(buf_slice(&whole), MQTT_MAX_PACKET_SIZE, &frame),
        (int)whole.len);
    ck_assert_int_eq(
        publish_decode(&again, version, frame.first & 0x0f, frame.body),
        MQTT_SUCCESS);
    ck_assert_uint_eq(again.packet_id, publish->packet_id);
    ck_assert_uint_eq(again.qos, publish->qos);
    ck_assert(slice_equal(again.topic, publish->topic));
    ck_assert(slice_equal(again.properties, publish->properties));
    ck_assert(slice_equal(again.payload, publish->payload));
    buf_release(&whole);
    buf_release(&head);
}

START_TEST(size_head_and_whole_agree_at_every_length)
{
    static uint8_t payload[3000000];
    static const uint8_t properties[] = {0x01, 0x01};

    memset(payload, 'p', sizeof(payload));
    for (int version = MQTT_3_1; version <= MQTT_5; version++) {
        for (uint8_t qos = 0; qos <= 2; qos++) {
            struct mqtt_publish publish = {
                .qos = qos,
                .packet_id = qos ? 0x0102 : 0,
                .topic = slice_of_string("a/b"),
                .properties = slice_of(properties, version == MQTT_5 ? 2 : 0),
                .payload = slice_of(payload, lens[_i]),
            };

            check_sizes((enum mqtt_version)version, &publish);
        }
    }
}
END_TEST

START_TEST(encode_appends)
{
    uint8_t want[32];
    size_t len = unit_hex("ee 3b 07 0001 74 000a 6869", want, sizeof(want));
    struct buf out = {0};
    struct mqtt_publish publish = {
        .dup = true,
        .qos = 1,
        .retain = true,
        .packet_id = 10,
        .topic = slice_of_string("t"),
        .payload = slice_of_string("hi"),
    };

    buf_append_u8(&out, 0xee);
    publish_encode(&out, MQTT_3_1_1, &publish);
    ck_assert(slice_equal(buf_slice(&out), slice_of(want, len)));
    buf_release(&out);
}
END_TEST

Suite *publish_suite(void)
{
    Suite *suite = suite_create("publish");
    TCase *tcase = unit_case(suite, "publish", 0);

    tcase_add_test(tcase, decode_finds_every_field);
    tcase_add_test(tcase, at_qos_0_there_is_no_packet_identifier);
    tcase_add_test(tcase, an_empty_topic_with_an_alias_is_left_to_the_aliases);
    tcase_add_loop_test(tcase, size_head_and_whole_agree_at_every_length, 0,
                        (int)(sizeof(lens) / sizeof(lens[0])));
    tcase_add_test(tcase, encode_appends);
    return suite;
}
