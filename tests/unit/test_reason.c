#include "suites.h"

#include "mqtt/reason.h"

START_TEST(zero_is_named_after_its_packet)
{
    ck_assert_str_eq(reason_name(MQTT_CONNACK, 0), "Success");
    ck_assert_str_eq(reason_name(MQTT_DISCONNECT, 0), "Normal disconnection");
    ck_assert_str_eq(reason_name(MQTT_SUBACK, 0), "Granted QoS 0");
    ck_assert_str_eq(reason_name(MQTT_UNSUBACK, 0), "Success");
    ck_assert_str_eq(reason_name((enum mqtt_type)0, 0), "Success");
}
END_TEST

START_TEST(a_code_has_its_name_wherever_it_stands)
{
    ck_assert_str_eq(reason_name(MQTT_DISCONNECT, 0x8e), "Session taken over");
    ck_assert_str_eq(reason_name(MQTT_CONNACK, 0x8e), "Session taken over");
    ck_assert_str_eq(reason_name((enum mqtt_type)0, 0x8e),
                     "Session taken over");
    ck_assert_str_eq(reason_name(MQTT_CONNACK, 0x05), "unknown Reason Code");
    ck_assert_str_eq(reason_name(MQTT_CONNACK, 0xff), "unknown Reason Code");
    ck_assert_str_eq(reason_name(MQTT_CONNACK, 0x100), "unknown Reason Code");
}
END_TEST

/* How many codes each packet may carry [MQTT5 2.4, table 2-6]. */
static const unsigned counts[] = {
    [MQTT_CONNACK] = 22, [MQTT_PUBACK] = 9,      [MQTT_PUBREC] = 9,
    [MQTT_PUBREL] = 2,   [MQTT_PUBCOMP] = 2,     [MQTT_SUBACK] = 12,
    [MQTT_UNSUBACK] = 7, [MQTT_DISCONNECT] = 30, [MQTT_AUTH] = 3,
};

START_TEST(each_packet_has_as_many_codes_as_the_standard_lists)
{
    for (unsigned type = MQTT_CONNECT; type <= MQTT_AUTH; type++) {
        unsigned count = 0;

        for (unsigned reason = 0; reason < 512; reason++)
            count += reason_allowed((enum mqtt_type)type, reason);
        ck_assert_uint_eq(count, counts[type]);
    }
}
END_TEST

START_TEST(types_and_versions_have_names)
{
    ck_assert_str_eq(mqtt_type_name(MQTT_CONNECT), "CONNECT");
    ck_assert_str_eq(mqtt_type_name(MQTT_PUBCOMP), "PUBCOMP");
    ck_assert_str_eq(mqtt_type_name(MQTT_AUTH), "AUTH");
    ck_assert_str_eq(mqtt_type_name(0), "RESERVED");
    ck_assert_str_eq(mqtt_type_name(16), "RESERVED");
    ck_assert_str_eq(mqtt_version_name(3), "3.1");
    ck_assert_str_eq(mqtt_version_name(4), "3.1.1");
    ck_assert_str_eq(mqtt_version_name(5), "5.0");
    ck_assert_str_eq(mqtt_version_name(6), "?");
}
END_TEST

Suite *reason_suite(void)
{
    Suite *suite = suite_create("reason");
    TCase *tcase = unit_case(suite, "reason", 0);

    tcase_add_test(tcase, zero_is_named_after_its_packet);
    tcase_add_test(tcase, a_code_has_its_name_wherever_it_stands);
    tcase_add_test(tcase, each_packet_has_as_many_codes_as_the_standard_lists);
    tcase_add_test(tcase, types_and_versions_have_names);
    return suite;
}
