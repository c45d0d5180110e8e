/* Why something is refused: Reason Codes and Reason Strings. */
#include "broker_rig.h"

#include "mqtt/property.h"

static struct rig rig;
static struct rig_client client;

static void set_up(void)
{
    rig_init(&rig);
    client = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&client);
    rig_release(&rig);
}

#define SYS_X "0006 245359532f78"

/* clang-format off */
static const struct {
    const char *name;
    const char *sent;
    const char *answer; /* without its Reason String */
    const char *text;
} refusals[] = {
    {"[MQTT-3.4.2-2] [MQTT-3.4.2-3]", "32 0b " SYS_X " 0007 00",
     "40 03 0007 87", "only the broker publishes below $SYS"},
    {"[MQTT-3.5.2-2] [MQTT-3.5.2-3]", "34 0b " SYS_X " 0007 00",
     "50 03 0007 87", "only the broker publishes below $SYS"},
    {"[MQTT-3.6.2-2] [MQTT-3.6.2-3]", "50 02 0009",
     "62 03 0009 92", "Packet Identifier not found"},
    {"[MQTT-3.7.2-2] [MQTT-3.7.2-3]", "62 02 0009",
     "70 03 0009 92", "Packet Identifier not found"},
    {"[MQTT-3.9.2-1] [MQTT-3.9.2-2]", "82 07 0005 00 0001 61 00",
     "90 04 0005 00 91", "Topic Filter 1 of 1: Packet Identifier in use"},
    {"[MQTT-3.11.2-1] [MQTT-3.11.2-2]", "a2 06 0005 00 0001 61",
     "b0 04 0005 00 91", "Topic Filter 1 of 1: Packet Identifier in use"},
    {"[MQTT-3.14.2-3] [MQTT-3.14.2-4]", "10 0e 0004 4d515454 05 02 003c 00 0001 61",
     "e0 01 82", "a second CONNECT"},
};
/* clang-format on */

#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

/* A message of QoS 2 with identifier 5 is under way from then on. */
static void login(const char *properties)
{
    uint8_t bytes[16];
    size_t len = unit_hex(properties, bytes, sizeof(bytes));
    struct mqtt_packet packet;

    rig_start(&rig);
    rig_login_5(&rig, &client, "a", true, slice_of(bytes, len));
    rig_send_hex(&client, "34 06 0001 61 0005 00");
    rig_expect(&client, MQTT_PUBREC, &packet);
}

START_TEST(each_answer_that_refuses_says_why)
{
    login("");
    rig_send_hex(&client, refusals[_i].sent);
    ck_assert_str_eq(rig_take_reason_string(&client), refusals[_i].text);
    rig_expect_hex(&client, refusals[_i].answer);
}
END_TEST

/* [MQTT-3.1.2-29] Request Problem Information */
START_TEST(a_client_that_does_not_want_to_know_is_not_told)
{
    login("17 00");
    rig_send_hex(&client, refusals[_i].sent);
    rig_expect_hex(&client, refusals[_i].answer);
}
END_TEST

/* The statements of the table: Maximum Packet Size 21 lets CONNACK pass. */
START_TEST(a_reason_string_makes_no_packet_larger_than_the_client_accepts)
{
    login("27 00000015");
    rig_send_hex(&client, refusals[_i].sent);
    rig_expect_hex(&client, refusals[_i].answer);
}
END_TEST

/* With just enough room it is sent. */
START_TEST(a_reason_string_is_sent_where_there_is_room)
{
    login("27 0000004f");
    rig_send_hex(&client, refusals[_i].sent);
    ck_assert_ptr_nonnull(rig_take_reason_string(&client));
    rig_expect_hex(&client, refusals[_i].answer);
}
END_TEST

/* ---- CONNACK ---- */

static void send_connect(struct slice properties)
{
    struct buf all = {0};

    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    struct mqtt_packet packet = rig_connect(&client, "a");
    property_put_string(&all, PROPERTY_AUTHENTICATION_METHOD,
                        slice_of_string("none"));
    buf_append_slice(&all, properties);
    packet.connect.properties = buf_slice(&all);
    rig_send(&client, &packet);
    buf_release(&all);
}

START_TEST(connack_that_refuses_says_why)
{
    send_connect(slice_of(NULL, 0));
    ck_assert_str_eq(rig_take_reason_string(&client),
                     "no authentication method is configured");
    rig_expect_hex(&client, "20 03 00 8c 00");
}
END_TEST

START_TEST(connack_does_not_say_why_to_who_does_not_want_to_know)
{
    send_connect(slice_of("\x17\x00", 2));
    rig_expect_hex(&client, "20 03 00 8c 00");
}
END_TEST

/* [MQTT-3.2.2-19] [MQTT-3.2.2-20] */
START_TEST(connack_is_not_larger_than_the_client_accepts)
{
    send_connect(slice_of("\x27\x00\x00\x00\x14", 5));
    rig_expect_hex(&client, "20 03 00 8c 00");
}
END_TEST

/* ---- Packet Identifier in use [MQTT5 3.4.2.1] ---- */

static const struct {
    const char *name;
    const char *sent;
    const char *answer;
} in_use[] = {
    {"PUBLISH",     "32 07 0001 74 0005 00 78",      "40 03 0005 91"      },
    {"SUBSCRIBE",   "82 07 0005 00 0001 74 00",      "90 04 0005 00 91"   },
    {"UNSUBSCRIBE", "a2 09 0005 00 0001 74 0001 75", "b0 05 0005 00 91 91"},
};

START_TEST(an_identifier_of_a_message_under_way_is_not_another_packets)
{
    login("");
    rig_send_hex(&client, in_use[_i].sent);
    ck_assert_ptr_nonnull(rig_take_reason_string(&client));
    rig_expect_hex(&client, in_use[_i].answer);
    ck_assert_uint_eq(
        subscription_tree_stats(rig.broker->subscriptions).subscriptions, 0);
    rig_ack(&client, MQTT_PUBREL, 5);
    rig_expect_hex(&client, "70 02 0005");
    ck_assert_uint_eq(rig_subscribe(&client, "t", 0), 0);
}
END_TEST

/* Version 3.1.1 has no way to say so, so the message is passed on. */
START_TEST(before_version_5_such_a_message_is_passed_on)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_send_hex(&client, "82 06 0001 0001 74 00");
    rig_expect_hex(&client, "90 03 0001 00");
    rig_send_hex(&client, "34 06 0001 75 0005 78");
    rig_expect_hex(&client, "50 02 0005");
    rig_send_hex(&client, "32 06 0001 74 0005 79");
    rig_expect_hex(&client, "30 04 0001 74 79 40 02 0005");
}
END_TEST

Suite *spec_reason_suite(void)
{
    Suite *suite = suite_create("spec_reason");
    TCase *tcase = unit_case(suite, "reason", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, each_answer_that_refuses_says_why, 0, REFUSALS);
    tcase_add_loop_test(tcase, a_client_that_does_not_want_to_know_is_not_told,
                        0, REFUSALS);
    tcase_add_loop_test(
        tcase, a_reason_string_makes_no_packet_larger_than_the_client_accepts,
        0, REFUSALS);
    tcase_add_loop_test(tcase, a_reason_string_is_sent_where_there_is_room, 0,
                        REFUSALS);
    tcase_add_test(tcase, connack_that_refuses_says_why);
    tcase_add_test(tcase,
                   connack_does_not_say_why_to_who_does_not_want_to_know);
    tcase_add_test(tcase, connack_is_not_larger_than_the_client_accepts);
    tcase_add_loop_test(
        tcase, an_identifier_of_a_message_under_way_is_not_another_packets, 0,
        sizeof(in_use) / sizeof(in_use[0]));
    tcase_add_test(tcase, before_version_5_such_a_message_is_passed_on);
    return suite;
}
