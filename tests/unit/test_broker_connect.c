#include "broker_rig.h"

#include "broker/connection.h"
#include "broker/session.h"
#include "mqtt/property.h"

static struct rig rig;
static struct rig_client client;
static struct rig_client other;

static void set_up(void)
{
    rig_init(&rig);
    client = other = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&client);
    rig_close(&other);
    rig_release(&rig);
}

#define CONNECT_3_1_1 "10 0d 0004 4d515454 04 02 003c 0001 61"
#define CONNECT_5     "10 0e 0004 4d515454 05 02 003c 00 0001 61"

/* ---- CONNECT and CONNACK ---- */

static const struct {
    const char *name;
    enum mqtt_version version;
    const char *connect;
    const char *connack;
    bool ended;
} answers[] = {
    {"MQTT311-7.0.0-2: 3.1.1, nothing more is needed",          MQTT_3_1_1,
     CONNECT_3_1_1,                                                                                                       "20 02 00 00",                                                       false},
    {"3.1",                                                     MQTT_3_1,   "10 0f 0006 4d5149736470 03 02 003c 0001 61",
     "20 02 00 00",                                                                                                                                                                            false},
    {"5",                                                       MQTT_5,     CONNECT_5,                                    "20 09 00 00 06 22 000a 21 03e8",                                    false},
    {"a version that is none",                                  MQTT_3_1_1,
     "10 0d 0004 4d515454 02 02 003c 0001 61",                                                                            "20 02 00 01",                                                       true },
    {"a version to come",                                       MQTT_3_1_1, "10 0d 0004 4d515454 06 02 003c 0001 61",
     "20 02 00 01",                                                                                                                                                                            true },
    {"5 by the name of 3.1",                                    MQTT_5,
     "10 10 0006 4d5149736470 05 02 003c 00 0001 61",                                                                     "20 03 00 84 00",                                                    true },
    {"3.1: no Client Identifier",                               MQTT_3_1,
     "10 0e 0006 4d5149736470 03 02 003c 0000",                                                                           "20 02 00 02",                                                       true },
    {"MQTT311-3.1.3-8: no Client Identifier, session wanted",   MQTT_3_1_1,
     "10 0c 0004 4d515454 04 00 003c 0000",                                                                               "20 02 00 02",                                                       true },
    {"MQTT-3.1.3-6: no Client Identifier",                      MQTT_3_1_1,
     "10 0c 0004 4d515454 04 02 003c 0000",                                                                               "20 02 00 00",                                                       false},
    {"MQTT-3.1.3-7: no Client Identifier",                      MQTT_5,
     "10 0d 0004 4d515454 05 00 003c 00 0000",                                                                            "20 19 00 00 16 22 000a 21 03e8 12 000d 6175746f2d3030303030303031",
     false                                                                                                                                                                                          },
    {"MQTT-4.12.0-1: an authentication method",                 MQTT_5,
     "10 12 0004 4d515454 05 02 003c 04 15 0001 58 0001 61",                                                              "20 03 00 8c 00",
     true                                                                                                                                                                                           },
    {"MQTT-3.1.4-1, MQTT-4.13.2-1: malformed flags in 5",       MQTT_5,
     "10 0e 0004 4d515454 05 03 003c 00 0001 61",                                                                         "20 03 00 81 00",                                                    true },
    {"MQTT-3.1.4-1, MQTT311-3.2.2-6: malformed flags in 3.1.1", MQTT_3_1_1,
     "10 0d 0004 4d515454 04 03 003c 0001 61",                                                                            "",                                                                  true },
    {"Server Keep Alive for Keep Alive 0",                      MQTT_5,
     "10 0e 0004 4d515454 05 02 0000 00 0001 61",                                                                         "20 0c 00 00 09 22 000a 21 03e8 13 ffff",                            false},
    {"Keep Alive 0 in 3.1.1",                                   MQTT_3_1_1,
     "10 0d 0004 4d515454 04 02 0000 0001 61",                                                                            "20 02 00 00",                                                       false},
};

START_TEST(each_connect_gets_its_answer)
{
    rig_start(&rig);
    rig_open(&rig, &client, answers[_i].version);
    rig_send_hex(&client, answers[_i].connect);
    if (answers[_i].ended && answers[_i].version == MQTT_5)
        ck_assert_ptr_nonnull(rig_take_reason_string(&client));
    rig_expect_hex(&client, answers[_i].connack);
    ck_assert_msg(client.ended == answers[_i].ended, "%s", answers[_i].name);
}
END_TEST

START_TEST(a_connect_that_comes_byte_by_byte_is_accepted)
{
    uint8_t bytes[32];
    size_t len = unit_hex(CONNECT_3_1_1, bytes, sizeof(bytes));

    rig_start(&rig);
    rig_open(&rig, &client, MQTT_3_1_1);
    for (size_t i = 0; i < len; i++)
        rig_send_bytes(&client, bytes + i, 1);
    rig_expect_hex(&client, "20 02 00 00");
}
END_TEST

/* [MQTT-3.1.0-1] */
START_TEST(a_first_packet_that_is_not_connect_closes)
{
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_3_1_1);
    rig_send_hex(&client, "c0 00");
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-3.1.0-2] */
START_TEST(a_second_connect_closes)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_send_hex(&client, CONNECT_3_1_1);
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
    ck_assert(rig_logged(&rig, "protocol error: a second CONNECT"));
}
END_TEST

START_TEST(version_5_is_told_why_it_is_disconnected)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_send_hex(&client, CONNECT_5);
    ck_assert_str_eq(rig_take_reason_string(&client), "a second CONNECT");
    rig_expect_hex(&client, "e0 01 82");
    rig_expect_ended(&client);
}
END_TEST

static const struct {
    const char *name;
    const char *bytes;
    const char *answer; /* in version 5 */
} broken[] = {
    {"type 0",                                "00 00",                  "e0 01 81"},
    {"flags of PINGREQ",                      "c1 00",                  "e0 01 81"},
    {"Remaining Length of five bytes",        "30 ff ff ff ff 01",      "e0 01 81"},
    {"PINGREQ with a body",                   "c0 01 00",               "e0 01 81"},
    {"QoS 3",                                 "36 05 0001 61 0001",     "e0 01 81"},
    {"wildcard in a Topic Name",              "30 04 0001 23 00",       "e0 01 90"},
    {"PUBACK with identifier 0",              "40 02 0000",             "e0 01 82"},
    {"CONNACK from a client",                 "20 03 00 00 00",         "e0 01 82"},
    {"SUBACK from a client",                  "90 04 0001 00 00",       "e0 01 82"},
    {"PINGRESP from a client",                "d0 00",                  "e0 01 82"},
    {"AUTH without a method [MQTT-4.12.0-7]", "f0 02 18 00",            "e0 01 82"},
    {"AUTH with a method",                    "f0 06 18 04 15 0001 58", "e0 01 8c"},
    {"SUBSCRIBE without a filter",            "82 03 0001 00",          "e0 01 82"},
};

/* [MQTT-4.13.1-1] [MQTT-4.13.2-1] [MQTT-3.14.2-2]: nothing but the reason. */
START_TEST(broken_packets_close_and_version_5_is_told_why)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_send_hex(&client, broken[_i].bytes);
    rig_expect_hex(&client, broken[_i].answer);
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-3.1.4-2] */
START_TEST(anonymous_clients_are_refused_where_they_are_not_allowed)
{
    rig.config.listeners[0].allow_anonymous = false;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_3_1_1);
    rig_send_hex(&client, CONNECT_3_1_1);
    rig_expect_hex(&client, "20 02 00 05");
    rig_expect_ended(&client);
    rig_open(&rig, &other, MQTT_5);
    rig_send_hex(&other, CONNECT_5);
    /* A stranger is not told what it would take. */
    ck_assert_str_eq(rig_take_reason_string(&other), "Not authorized");
    rig_expect_hex(&other, "20 03 00 87 00");
    rig_expect_ended(&other);
}
END_TEST

START_TEST(log_lines_are_those_that_users_of_mosquitto_know)
{
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_3_1_1);
    struct mqtt_packet packet = rig_connect(&client, "testSub");
    packet.connect.keep_alive_s = 60;
    packet.connect.has_user_name = true;
    packet.connect.user_name = slice_of_string("bob");
    rig_send(&client, &packet);
    ck_assert(rig_logged(&rig, "New client connected from "));
    ck_assert(rig_logged(&rig, " as testSub (p2, c1, k60, u'bob')."));
    ck_assert(rig_logged(&rig, "No will message specified."));
    ck_assert(rig_logged(&rig, "Sending CONNACK to testSub (0, 0)"));
    rig_logout(&client);
    ck_assert(rig_logged(&rig, "Received DISCONNECT from testSub"));
    ck_assert(rig_logged(&rig, "Client testSub disconnected."));
    client = (struct rig_client){.rig = &rig};
}
END_TEST

/* ---- sessions ---- */

/* [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT-3.1.2-5] */
START_TEST(session_present_tells_whether_there_was_one)
{
    rig_start(&rig);
    ck_assert(!rig_login(&rig, &client, MQTT_3_1_1, "a", false));
    rig_subscribe(&client, "t", 1);
    rig_logout(&client);
    ck_assert(rig_login(&rig, &client, MQTT_3_1_1, "a", false));
    rig_logout(&client);
    /* [MQTT-3.1.2-4] */
    ck_assert(!rig_login(&rig, &client, MQTT_3_1_1, "a", true));
    rig_logout(&client);
    ck_assert(!rig_login(&rig, &client, MQTT_3_1_1, "a", false));
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 1);
}
END_TEST

START_TEST(version_3_1_has_no_session_present)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1, "a", false);
    rig_logout(&client);
    ck_assert(!rig_login(&rig, &client, MQTT_3_1, "a", false));
}
END_TEST

static struct slice expiry_property(uint32_t seconds)
{
    static struct buf properties;
    static uint8_t bytes[16];

    properties = (struct buf){.bytes = bytes, .cap = sizeof(bytes)};
    property_put_number(&properties, PROPERTY_SESSION_EXPIRY_INTERVAL, seconds);
    return buf_slice(&properties);
}

/* [MQTT-3.1.2-23] */
START_TEST(a_session_expires_when_its_client_was_away_so_long)
{
    rig_start(&rig);
    rig_login_5(&rig, &client, "a", true, expiry_property(10));
    rig_advance(&rig, 60); /* not while it is connected */
    rig_logout(&client);
    rig_advance(&rig, 9.9);
    ck_assert(rig_login_5(&rig, &client, "a", false, expiry_property(10)));
    rig_logout(&client);
    rig_advance(&rig, 10.1);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
    ck_assert_uint_eq(rig.broker->counters.clients_expired, 1);
    ck_assert(!rig_login_5(&rig, &client, "a", false, expiry_property(10)));
}
END_TEST

START_TEST(a_session_of_version_5_ends_with_its_connection_by_default)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", false);
    rig_cut(&client);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
    client = (struct rig_client){.rig = &rig};
}
END_TEST

static void disconnect_with_expiry(uint32_t seconds)
{
    struct mqtt_packet packet = {
        .type = MQTT_DISCONNECT,
        .disconnect.properties = expiry_property(seconds),
    };

    rig_send(&client, &packet);
}

START_TEST(disconnect_can_change_the_session_expiry_interval)
{
    rig_start(&rig);
    rig_login_5(&rig, &client, "a", true, expiry_property(10));
    disconnect_with_expiry(100);
    rig_close(&client);
    rig_advance(&rig, 50);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 1);
    rig_advance(&rig, 51);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
    client = (struct rig_client){.rig = &rig};
}
END_TEST

/* [MQTT5 3.14.2.2.2] */
START_TEST(disconnect_cannot_keep_a_session_that_was_to_end)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    disconnect_with_expiry(100);
    rig_expect_hex(&client, "e0 01 82");
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
}
END_TEST

START_TEST(the_configuration_bounds_how_long_a_session_is_kept)
{
    struct mqtt_packet packet;

    rig.config.persistent_client_expiration = 20;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    packet = rig_connect(&client, "a");
    packet.connect.properties = expiry_property(UINT32_MAX);
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(property_number(packet.connack.properties,
                                      PROPERTY_SESSION_EXPIRY_INTERVAL, 0),
                      20);
    rig_login(&rig, &other, MQTT_3_1_1, "b", false);
    rig_logout(&client);
    rig_logout(&other);
    rig_advance(&rig, 21);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
    client = other = (struct rig_client){.rig = &rig};
}
END_TEST

/* ---- takeover ---- */

/* [MQTT-3.1.4-3] */
START_TEST(a_second_client_of_this_name_throws_the_first_out)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    ck_assert(!rig_login(&rig, &other, MQTT_3_1_1, "a", true));
    /* But not by whom. */
    ck_assert_str_eq(rig_take_reason_string(&client), "session taken over");
    rig_expect_hex(&client, "e0 01 8e");
    rig_expect_ended(&client);
    rig_send_hex(&other, "c0 00");
    rig_expect_hex(&other, "d0 00");
    ck_assert_uint_eq(rig.broker->counters.clients_connected, 1);
    ck_assert(rig_logged(&rig, "Client a already connected, closing old"));
}
END_TEST

/* [MQTT311-3.1.4-2] */
START_TEST(a_takeover_goes_on_with_the_session)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_subscribe(&client, "t", 0);
    ck_assert(rig_login(&rig, &other, MQTT_3_1_1, "a", false));
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
    rig_publish(&other, "t", "x", 0);
    rig_expect_publish(&other, "t", "x", 0, NULL);
}
END_TEST

START_TEST(a_takeover_ends_a_session_that_was_to_end)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_subscribe(&client, "t", 0);
    ck_assert(!rig_login(&rig, &other, MQTT_3_1_1, "a", false));
    ck_assert_uint_eq(
        subscription_tree_stats(rig.broker->subscriptions).subscriptions, 0);
}
END_TEST

/* ---- Keep Alive ---- */

/* [MQTT-3.1.2-22] */
START_TEST(a_silent_client_is_disconnected_after_one_and_a_half_keep_alive)
{
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    struct mqtt_packet packet = rig_connect(&client, "a");
    packet.connect.keep_alive_s = 10;
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    rig_advance(&rig, 14);
    /* [MQTT-3.12.4-1] */
    rig_send_hex(&client, "c0 00");
    rig_expect_hex(&client, "d0 00");
    rig_advance(&rig, 14.9);
    ck_assert(!client.ended);
    rig_advance(&rig, 0.2);
    ck_assert_str_eq(rig_take_reason_string(&client),
                     "silent for 1.5 x Keep Alive (15 s)");
    rig_expect_hex(&client, "e0 01 8d");
    rig_expect_ended(&client);
    ck_assert(rig_logged(&rig, "Client a has exceeded timeout"));
}
END_TEST

/* [MQTT311-3.12.4-1] */
START_TEST(without_keep_alive_a_client_may_be_silent_for_ever)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_advance(&rig, 1000000);
    ck_assert(!client.ended);
    rig_send_hex(&client, "c0 00");
    rig_expect_hex(&client, "d0 00");
}
END_TEST

START_TEST(max_keepalive_holds_for_everybody)
{
    rig.config.max_keepalive = 20;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    struct mqtt_packet packet = rig_connect(&client, "a");
    packet.connect.keep_alive_s = 60;
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(property_number(packet.connack.properties,
                                      PROPERTY_SERVER_KEEP_ALIVE, 0),
                      20);
    rig_advance(&rig, 31);
    rig_expect_ended(&client);

    rig_open(&rig, &other, MQTT_3_1_1);
    rig_send_hex(&other, CONNECT_3_1_1);
    rig_expect_hex(&other, "20 02 00 02");
}
END_TEST

/* ---- a client that can take only the smallest packets ---- */

static void connect_with_maximum(unsigned bytes, bool clean_start)
{
    uint8_t maximum[] = {PROPERTY_MAXIMUM_PACKET_SIZE, 0, 0, 0, (uint8_t)bytes};

    rig_open(&rig, &client, MQTT_5);
    struct mqtt_packet packet = rig_connect(&client, "a");
    packet.connect.clean_start = clean_start;
    packet.connect.keep_alive_s = 60;
    packet.connect.properties = slice_of(maximum, sizeof(maximum));
    rig_send(&client, &packet);
}

/* [MQTT-3.1.2-24] */
START_TEST(a_client_that_has_no_room_for_connack_is_refused)
{
    rig_start(&rig);
    connect_with_maximum(10, true);
    rig_expect_hex(&client, "20 03 00 83 00");
    rig_expect_ended(&client);
    ck_assert(rig_logged(&rig, "Maximum Packet Size has no room for CONNACK"));
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
    rig_close(&client);
    connect_with_maximum(11, true);
    rig_expect_hex(&client, "20 09 00 00 06 22 000a 21 03e8");
}
END_TEST

/* [MQTT-3.1.2-24] */
START_TEST(nothing_is_said_to_who_cannot_take_even_the_refusal)
{
    rig_start(&rig);
    connect_with_maximum(4, true);
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
    ck_assert(!rig_logged(&rig, "Sending CONNACK"));
    ck_assert(rig_logged(&rig, "Maximum Packet Size has no room for CONNACK"));
}
END_TEST

START_TEST(such_a_client_takes_no_session_from_another)
{
    rig_start(&rig);
    rig_login_5(&rig, &other, "a", true, slice_of("\x11\x00\x00\x10\x00", 5));
    connect_with_maximum(1, true);
    rig_expect_ended(&client);
    ck_assert(!other.ended);
}
END_TEST

Suite *broker_connect_suite(void)
{
    Suite *suite = suite_create("broker_connect");
    TCase *tcase = unit_case(suite, "connect", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, each_connect_gets_its_answer, 0,
                        sizeof(answers) / sizeof(answers[0]));
    tcase_add_loop_test(tcase, broken_packets_close_and_version_5_is_told_why,
                        0, sizeof(broken) / sizeof(broken[0]));
    tcase_add_test(tcase, a_connect_that_comes_byte_by_byte_is_accepted);
    tcase_add_test(tcase, a_first_packet_that_is_not_connect_closes);
    tcase_add_test(tcase, a_second_connect_closes);
    tcase_add_test(tcase, version_5_is_told_why_it_is_disconnected);
    tcase_add_test(tcase,
                   anonymous_clients_are_refused_where_they_are_not_allowed);
    tcase_add_test(tcase, log_lines_are_those_that_users_of_mosquitto_know);
    tcase_add_test(tcase, session_present_tells_whether_there_was_one);
    tcase_add_test(tcase, version_3_1_has_no_session_present);
    tcase_add_test(tcase, a_session_expires_when_its_client_was_away_so_long);
    tcase_add_test(tcase,
                   a_session_of_version_5_ends_with_its_connection_by_default);
    tcase_add_test(tcase, disconnect_can_change_the_session_expiry_interval);
    tcase_add_test(tcase, disconnect_cannot_keep_a_session_that_was_to_end);
    tcase_add_test(tcase, the_configuration_bounds_how_long_a_session_is_kept);
    tcase_add_test(tcase, a_second_client_of_this_name_throws_the_first_out);
    tcase_add_test(tcase, a_takeover_goes_on_with_the_session);
    tcase_add_test(tcase, a_takeover_ends_a_session_that_was_to_end);
    tcase_add_test(
        tcase, a_silent_client_is_disconnected_after_one_and_a_half_keep_alive);
    tcase_add_test(tcase, without_keep_alive_a_client_may_be_silent_for_ever);
    tcase_add_test(tcase, max_keepalive_holds_for_everybody);
    tcase_add_test(tcase, a_client_that_has_no_room_for_connack_is_refused);
    tcase_add_test(tcase, nothing_is_said_to_who_cannot_take_even_the_refusal);
    tcase_add_test(tcase, such_a_client_takes_no_session_from_another);
    return suite;
}
