/* Fields of the four acknowledgements; tests/packets has what is valid. */
#include "suites.h"

#include "mqtt/property.h"
#include "mqtt/puback.h"

static const struct {
    enum mqtt_type type;
    uint8_t first;
    enum mqtt_reason reason; /* one that it may carry */
} types[] = {
    {MQTT_PUBACK,  0x40, MQTT_NO_MATCHING_SUBSCRIBERS    },
    {MQTT_PUBREC,  0x50, MQTT_QUOTA_EXCEEDED             },
    {MQTT_PUBREL,  0x62, MQTT_PACKET_IDENTIFIER_NOT_FOUND}, /* [MQTT-3.6.1-1] */
    {MQTT_PUBCOMP, 0x70, MQTT_PACKET_IDENTIFIER_NOT_FOUND},
};

#define TYPES (int)(sizeof(types) / sizeof(types[0]))

START_TEST(the_short_form_is_four_bytes_in_each_version)
{
    uint8_t want[] = {types[_i].first, 2, 0x12, 0x34};
    uint8_t put[4];
    struct mqtt_puback puback = {.packet_id = 0x1234};

    puback_put(put, types[_i].type, 0x1234);
    ck_assert_mem_eq(put, want, 4);
    for (int version = MQTT_3_1; version <= MQTT_5; version++) {
        struct buf out = {0};

        puback_encode(&out, (enum mqtt_version)version, types[_i].type,
                      &puback);
        ck_assert(slice_equal(buf_slice(&out), slice_of(want, 4)));
        buf_release(&out);
    }
}
END_TEST

START_TEST(a_reason_is_written_in_version_5_only)
{
    struct mqtt_puback puback = {.packet_id = 1, .reason = types[_i].reason};
    uint8_t want[] = {types[_i].first, 3, 0, 1, (uint8_t)types[_i].reason};
    struct buf out = {0};

    puback_encode(&out, MQTT_5, types[_i].type, &puback);
    ck_assert(slice_equal(buf_slice(&out), slice_of(want, 5)));
    buf_clear(&out);
    puback_encode(&out, MQTT_3_1_1, types[_i].type, &puback);
    ck_assert_uint_eq(out.len, 4);
    buf_release(&out);
}
END_TEST

START_TEST(decode_finds_every_field)
{
    uint8_t bytes[] = {0x12, 0x34, (uint8_t)types[_i].reason,
                       0x05, 0x1f, 0x00,
                       0x02, 'o',  'h'};
    struct slice body = slice_of(guarded(bytes, sizeof(bytes)), sizeof(bytes));
    struct mqtt_puback puback;

    ck_assert_int_eq(puback_decode(&puback, MQTT_5, types[_i].type, body),
                     MQTT_SUCCESS);
    ck_assert_uint_eq(puback.packet_id, 0x1234);
    ck_assert_int_eq(puback.reason, types[_i].reason);
    ck_assert(slice_equal_string(
        property_string(puback.properties, PROPERTY_REASON_STRING), "oh"));
}
END_TEST

START_TEST(what_is_left_out_is_success)
{
    static const uint8_t bytes[] = {0x00, 0x07};
    struct slice body = slice_of(guarded(bytes, 2), 2);
    struct mqtt_puback puback = {.reason = MQTT_BANNED};

    for (int version = MQTT_3_1; version <= MQTT_5; version++) {
        ck_assert_int_eq(puback_decode(&puback, (enum mqtt_version)version,
                                       types[_i].type, body),
                         MQTT_SUCCESS);
        ck_assert_uint_eq(puback.packet_id, 7);
        ck_assert_int_eq(puback.reason, MQTT_SUCCESS);
        ck_assert_uint_eq(puback.properties.len, 0);
    }
}
END_TEST

Suite *puback_suite(void)
{
    Suite *suite = suite_create("puback");
    TCase *tcase = unit_case(suite, "puback", 0);

    tcase_add_loop_test(tcase, the_short_form_is_four_bytes_in_each_version, 0,
                        TYPES);
    tcase_add_loop_test(tcase, a_reason_is_written_in_version_5_only, 0, TYPES);
    tcase_add_loop_test(tcase, decode_finds_every_field, 0, TYPES);
    tcase_add_loop_test(tcase, what_is_left_out_is_success, 0, TYPES);
    return suite;
}
