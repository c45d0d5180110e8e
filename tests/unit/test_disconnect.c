/* Fields of DISCONNECT, AUTH and the pings; tests/packets has what is valid. */
#include "suites.h"

#include "mqtt/disconnect.h"
#include "mqtt/property.h"

static enum mqtt_reason decode(struct mqtt_disconnect *disconnect,
                               enum mqtt_version version, enum mqtt_type type,
                               const char *hex)
{
    uint8_t bytes[100];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    return disconnect_decode(disconnect, version, type,
                             slice_of(guarded(bytes, len), len));
}

static void check_bytes(struct buf *out, const char *hex)
{
    uint8_t want[100];
    size_t len = unit_hex(hex, want, sizeof(want));

    ck_assert(slice_equal(buf_slice(out), slice_of(want, len)));
    buf_release(out);
}

START_TEST(disconnect_decode_finds_every_field)
{
    struct mqtt_disconnect disconnect;

    ck_assert_int_eq(
        decode(&disconnect, MQTT_5, MQTT_DISCONNECT, "04 05 11 0000000a"),
        MQTT_SUCCESS);
    ck_assert_int_eq(disconnect.reason, MQTT_DISCONNECT_WITH_WILL);
    ck_assert_uint_eq(property_number(disconnect.properties,
                                      PROPERTY_SESSION_EXPIRY_INTERVAL, 0),
                      10);
}
END_TEST

START_TEST(an_empty_body_is_success_without_properties)
{
    for (int version = MQTT_3_1; version <= MQTT_5; version++) {
        struct mqtt_disconnect disconnect = {.reason = MQTT_BANNED};

        ck_assert_int_eq(decode(&disconnect, (enum mqtt_version)version,
                                MQTT_DISCONNECT, ""),
                         MQTT_SUCCESS);
        ck_assert_int_eq(disconnect.reason, MQTT_SUCCESS);
        ck_assert_uint_eq(disconnect.properties.len, 0);
    }
}
END_TEST

START_TEST(a_disconnect_is_written_as_short_as_it_may_be)
{
    static const uint8_t properties[] = {0x1f, 0x00, 0x01, 'x'};
    struct mqtt_disconnect disconnect = {0};
    struct buf out = {0};

    disconnect_encode(&out, MQTT_5, MQTT_DISCONNECT, &disconnect);
    check_bytes(&out, "e0 00");
    disconnect.reason = MQTT_SERVER_SHUTTING_DOWN;
    disconnect_encode(&out, MQTT_5, MQTT_DISCONNECT, &disconnect);
    check_bytes(&out, "e0 01 8b");
    disconnect_encode(&out, MQTT_3_1_1, MQTT_DISCONNECT, &disconnect);
    check_bytes(&out, "e0 00");
    disconnect.properties = slice_of(properties, sizeof(properties));
    disconnect_encode(&out, MQTT_5, MQTT_DISCONNECT, &disconnect);
    check_bytes(&out, "e0 06 8b 04 1f0001 78");
    disconnect.reason = MQTT_SUCCESS;
    disconnect_encode(&out, MQTT_5, MQTT_DISCONNECT, &disconnect);
    check_bytes(&out, "e0 06 00 04 1f0001 78");
}
END_TEST

START_TEST(auth_names_its_method)
{
    struct mqtt_disconnect auth;
    struct buf out = {0};

    ck_assert_int_eq(
        decode(&auth, MQTT_5, MQTT_AUTH, "18 09 15 0001 6d 16 0002 00ff"),
        MQTT_SUCCESS);
    ck_assert_int_eq(auth.reason, MQTT_CONTINUE_AUTHENTICATION);
    ck_assert(slice_equal_string(
        property_string(auth.properties, PROPERTY_AUTHENTICATION_METHOD), "m"));
    disconnect_encode(&out, MQTT_5, MQTT_AUTH, &auth);
    check_bytes(&out, "f0 0b 18 09 15 0001 6d 16 0002 00ff");
    ck_assert_int_eq(decode(&auth, MQTT_5, MQTT_AUTH, "18 00"),
                     MQTT_PROTOCOL_ERROR);
    ck_assert_int_eq(decode(&auth, MQTT_3_1_1, MQTT_AUTH, ""),
                     MQTT_MALFORMED_PACKET);
}
END_TEST

START_TEST(pings_are_two_bytes)
{
    struct buf out = {0};

    ping_encode(&out, MQTT_PINGREQ);
    check_bytes(&out, "c0 00");
    ping_encode(&out, MQTT_PINGRESP);
    check_bytes(&out, "d0 00");
    ck_assert_int_eq(ping_decode(slice_of(NULL, 0)), MQTT_SUCCESS);
    ck_assert_int_eq(ping_decode(slice_of("", 1)), MQTT_MALFORMED_PACKET);
}
END_TEST

Suite *disconnect_suite(void)
{
    Suite *suite = suite_create("disconnect");
    TCase *tcase = unit_case(suite, "disconnect", 0);

    tcase_add_test(tcase, disconnect_decode_finds_every_field);
    tcase_add_test(tcase, an_empty_body_is_success_without_properties);
    tcase_add_test(tcase, a_disconnect_is_written_as_short_as_it_may_be);
    tcase_add_test(tcase, auth_names_its_method);
    tcase_add_test(tcase, pings_are_two_bytes);
    return suite;
}
