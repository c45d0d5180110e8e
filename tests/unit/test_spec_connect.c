/* Connections and sessions: statements of [MQTT5 3.1, 3.2, 3.14, 4.1]. */
#include "broker_rig.h"

#include <string.h>

#include "broker/session.h"
#include "mqtt/property.h"

static struct rig rig;
static struct rig_client client;
static struct rig_client other;

/* What is tested in both, is tested with _i. */
static const enum mqtt_version versions[] = {MQTT_3_1_1, MQTT_5};

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

/* Log in with a session that is kept for a while; returns Session Present. */
static bool login_kept(struct rig_client *to, enum mqtt_version version,
                       const char *id, bool clean)
{
    if (version == MQTT_5)
        return rig_login_5(&rig, to, id, clean,
                           slice_of("\x11\x00\x00\x10\x00", 5));
    return rig_login(&rig, to, version, id, clean);
}

static void send_connect(struct rig_client *to, const struct mqtt_connect *like)
{
    struct mqtt_packet packet = {.type = MQTT_CONNECT, .connect = *like};

    packet.connect.version = to->version;
    rig_send(to, &packet);
}

/* ---- accepted or not ---- */

/* [MQTT-3.1.4-6] */
START_TEST(after_a_rejected_connect_nothing_is_processed)
{
    static const char *const sent[] = {
        "10 0c 0004 4d515454 04 00 003c 0000" /* no name, session wanted */
        "31 04 0001 74 78",
        "10 0e 0004 4d515454 05 03 003c 00 0001 61" /* reserved flag */
        "31 05 0001 74 00 78",
    };

    rig_start(&rig);
    rig_login(&rig, &other, versions[_i], "watcher", true);
    rig_subscribe(&other, "#", 0);
    rig_open(&rig, &client, versions[_i]);
    rig_send_hex(&client, sent[_i]);
    rig_expect_ended(&client);
    rig_expect_nothing(&other);
    ck_assert_uint_eq(retained_store_count(rig.broker->retained), 0);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 1);
}
END_TEST

/* [MQTT-3.1.4-5] [MQTT-3.2.0-1] CONNACK comes first, whatever waits. */
START_TEST(connack_comes_before_what_waited)
{
    struct mqtt_packet packet;

    rig_start(&rig);
    login_kept(&client, versions[_i], "a", false);
    rig_subscribe(&client, "t", 1);
    rig_cut(&client);
    rig_login(&rig, &other, MQTT_3_1_1, "pub", true);
    rig_publish(&other, "t", "x", 1);
    rig_open(&rig, &client, versions[_i]);
    send_connect(&client,
                 &(struct mqtt_connect){.client_id = slice_of_string("a")});
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, 0);
    ck_assert(packet.connack.session_present);
    rig_expect_publish(&client, "t", "x", 1, NULL);
}
END_TEST

/* [MQTT-3.2.0-2] */
START_TEST(there_is_one_connack_a_connection)
{
    struct mqtt_packet packet;

    rig_start(&rig);
    rig_login(&rig, &client, versions[_i], "a", true);
    send_connect(&client,
                 &(struct mqtt_connect){.clean_start = true,
                                        .client_id = slice_of_string("a")});
    while (rig_next(&client, &packet))
        ck_assert_int_ne(packet.type, MQTT_CONNACK);
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-3.14.0-1] Not a word, or CONNACK alone, before the client is let in. */
START_TEST(no_disconnect_is_sent_before_connack)
{
    static const struct {
        const char *sent;
        const char *answer;
    } cases[] = {
        {"c0 00",                                     ""              },
        {"00 00",                                     ""              },
        {"30 ff ff ff ff 01",                         ""              },
        {"f0 00",                                     ""              },
        {"10 0e 0004 4d515454 05 03 003c 00 0001 61", "20 03 00 81 00"},
        {"10 0e 0004 4d515458 05 02 003c 00 0001 61", "20 03 00 84 00"},
    };

    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    rig_send_hex(&client, cases[_i].sent);
    if (cases[_i].answer[0])
        rig_take_reason_string(&client);
    rig_expect_hex(&client, cases[_i].answer);
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-3.14.4-1] [MQTT-3.14.4-2] */
START_TEST(after_disconnect_the_broker_sends_nothing_and_closes)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_subscribe(&client, "t", 0);
    /* Something that breaks a rule, and something that asks for an answer. */
    rig_send_hex(&client, "36 06 0001 74 0001 00 c0 00");
    rig_expect_hex(&client, "e0 01 81");
    rig_expect_ended(&client);
    rig_login(&rig, &other, MQTT_5, "b", true);
    rig_publish(&other, "t", "x", 0);
    rig_expect_nothing(&client);
}
END_TEST

/* [MQTT311-2.2.2-2] [MQTT311-4.8.0-1] */
START_TEST(broken_packets_close_a_connection_of_version_3)
{
    static const char *const sent[] = {
        "00 00",                 /* type 0 */
        "c1 00",                 /* flags of PINGREQ */
        "60 02 0001",            /* flags of PUBREL */
        "80 06 0001 0001 74 00", /* flags of SUBSCRIBE */
        "a0 05 0001 0001 74",    /* flags of UNSUBSCRIBE */
        "e1 00",                 /* flags of DISCONNECT [MQTT311-3.14.1-1] */
        "36 05 0001 61 0001",    /* QoS 3 */
        "f0 00",                 /* AUTH is reserved */
        "20 02 0000",            /* only a Server sends it */
    };

    rig_start(&rig);
    rig_login(&rig, &client, _i % 2 ? MQTT_3_1 : MQTT_3_1_1, "a", true);
    rig_send_hex(&client, sent[_i / 2]);
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
}
END_TEST

/* ---- sessions ---- */

/* [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6] [MQTT-3.1.4-4] [MQTT-3.2.2-2]
   [MQTT-3.2.2-3] [MQTT311-3.1.2-4] */
START_TEST(without_clean_start_a_session_is_made_and_then_resumed)
{
    rig_start(&rig);
    ck_assert(!login_kept(&client, versions[_i], "a", false));
    rig_subscribe(&client, "t", 1);
    rig_logout(&client);
    rig_login(&rig, &other, versions[_i], "b", true);
    rig_publish(&other, "t", "x", 1);
    ck_assert(login_kept(&client, versions[_i], "a", false));
    rig_expect_publish(&client, "t", "x", 1, NULL);
    rig_logout(&client);
    /* With Clean Start it is gone, and so is the subscription. */
    ck_assert(!login_kept(&client, versions[_i], "a", true));
    rig_publish(&other, "t", "y", 1);
    rig_expect_nothing(&client);
}
END_TEST

/* [MQTT-3.1.3-2] */
START_TEST(the_client_identifier_alone_says_whose_session_it_is)
{
    rig_start(&rig);
    login_kept(&client, versions[_i], "sensor", false);
    rig_subscribe(&client, "t", 0);
    rig_logout(&client);
    ck_assert(!login_kept(&other, versions[_i], "Sensor", false));
    rig_logout(&other);
    ck_assert(!login_kept(&other, versions[_i], "sensor ", false));
    rig_logout(&other);
    /* From another connection, and of another version. */
    ck_assert(login_kept(&other, versions[1 - _i], "sensor", false));
    rig_publish(&other, "t", "x", 0);
    rig_expect_publish(&other, "t", "x", 0, NULL);
    client = (struct rig_client){.rig = &rig};
}
END_TEST

/* [MQTT-3.1.2-23] [MQTT-4.1.0-1] [MQTT-4.1.0-2] */
START_TEST(session_state_is_kept_until_it_has_expired)
{
    rig_start(&rig);
    rig_login_5(&rig, &client, "a", true, slice_of("\x11\x00\x00\x00\x0a", 5));
    rig_subscribe(&client, "t", 1);
    rig_advance(&rig, 100); /* connected: nothing ends */
    rig_cut(&client);
    rig_advance(&rig, 9.9);
    ck_assert_uint_eq(
        subscription_tree_stats(rig.broker->subscriptions).subscriptions, 1);
    rig_advance(&rig, 0.2);
    ck_assert_uint_eq(
        subscription_tree_stats(rig.broker->subscriptions).subscriptions, 0);
    ck_assert(!rig_login(&rig, &client, MQTT_5, "a", false));
}
END_TEST

static bool session_is_there(void)
{
    return session_store_find(&rig.broker->sessions, slice_of_string("a"));
}

/* [MQTT5 3.14.2.2.2] */
START_TEST(disconnect_can_end_a_session_that_was_to_be_kept)
{
    static const struct {
        const char *disconnect;
        double kept_s; /* seconds */
    } cases[] = {
        {"e0 00",                   4096 }, /* what CONNECT said */
        {"e0 02 00 00",             4096 }, /* no Properties */
        {"e0 07 00 05 11 00000000", 0    }, /* at once */
        {"e0 07 00 05 11 00000005", 5    }, /* sooner */
        {"e0 07 00 05 11 00010000", 65536}  /* later */
    };

    rig_start(&rig);
    login_kept(&client, MQTT_5, "a", true);
    rig_send_hex(&client, cases[_i].disconnect);
    rig_expect_ended(&client);
    if (cases[_i].kept_s > 0) {
        rig_advance(&rig, cases[_i].kept_s - 0.5);
        ck_assert(session_is_there());
        rig_advance(&rig, 1);
    }
    ck_assert(!session_is_there());
}
END_TEST

/* 0xFFFFFFFF [MQTT5 3.1.2.11.2] */
START_TEST(a_session_can_be_kept_for_ever)
{
    rig_start(&rig);
    rig_login_5(&rig, &client, "a", true, slice_of("\x11\xff\xff\xff\xff", 5));
    rig_cut(&client);
    rig_advance(&rig, 200.0 * 365 * 86400);
    ck_assert(session_is_there());
}
END_TEST

/* [MQTT311-3.1.2-7] */
START_TEST(retained_messages_outlive_the_session_of_their_publisher)
{
    rig_start(&rig);
    rig_login(&rig, &client, versions[_i], "a", true);
    rig_publish_retained(&client, "t", "x", 1);
    rig_logout(&client);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
    rig_login(&rig, &other, versions[_i], "b", true);
    rig_subscribe(&other, "t", 1);
    rig_expect_publish(&other, "t", "x", 1, NULL);
    client = (struct rig_client){.rig = &rig};
}
END_TEST

/* [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] */
START_TEST(each_client_without_a_name_is_given_one_of_its_own)
{
    struct mqtt_packet packet;
    char names[2][64] = {"", ""};

    rig_start(&rig);
    for (int i = 0; i < 2; i++) {
        struct rig_client *to = i ? &other : &client;

        rig_open(&rig, to, MQTT_5);
        send_connect(to,
                     &(struct mqtt_connect){
                         .properties = slice_of("\x11\x00\x00\x10\x00", 5)});
        rig_expect(to, MQTT_CONNACK, &packet);
        struct slice name = property_string(
            packet.connack.properties, PROPERTY_ASSIGNED_CLIENT_IDENTIFIER);
        ck_assert_uint_gt(name.len, 0);
        memcpy(names[i], name.bytes, name.len);
        ck_assert_ptr_nonnull(session_store_find(&rig.broker->sessions, name));
    }
    ck_assert_str_ne(names[0], names[1]);
    /* It is good for coming back. */
    rig_cut(&client);
    ck_assert(login_kept(&client, MQTT_5, names[0], false));
}
END_TEST

/* [MQTT-3.1.3-6] [MQTT-3.2.2-16] Not the name of another, even if that one
   chose what we would. */
START_TEST(a_name_that_is_given_is_nobody_elses)
{
    rig_start(&rig);
    rig_login(&rig, &other, MQTT_3_1_1, "auto-00000001", true);
    rig_open(&rig, &client, versions[_i]);
    send_connect(&client, &(struct mqtt_connect){.clean_start = true});
    ck_assert_uint_gt(client.in.len, 0);
    ck_assert(!other.ended);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 2);
}
END_TEST

/* ---- what the server cannot do ---- */

/* [MQTT-3.2.2-9] [MQTT-3.2.2-10] */
START_TEST(maximum_qos_is_told_and_bounds_what_is_granted)
{
    struct mqtt_packet packet;
    unsigned max_qos = (unsigned)_i;

    rig.config.listeners[0].max_qos = (uint8_t)max_qos;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    packet = rig_connect(&client, "a");
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    /* The Property must not say 2 [MQTT5 3.2.2.3.4]. */
    ck_assert_uint_eq(
        property_number(packet.connack.properties, PROPERTY_MAXIMUM_QOS, 99),
        max_qos < 2 ? max_qos : 99);
    for (unsigned qos = 0; qos <= 2; qos++)
        ck_assert_uint_eq(rig_subscribe(&client, "t", qos),
                          qos < max_qos ? qos : max_qos);
}
END_TEST

/* [MQTT-3.2.2-11] is the client's; what if it does not keep to it. */
START_TEST(a_publish_above_maximum_qos_is_refused_with_its_reason)
{
    rig.config.listeners[0].max_qos = 1;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_publish(&client, "t", "x", 2);
    rig_expect_hex(&client, "e0 01 9b");
}
END_TEST

/* [MQTT-3.2.2-9] [MQTT-3.2.2-12] [MQTT-3.2.2-13] */
START_TEST(a_will_that_the_server_cannot_do_is_refused)
{
    struct mqtt_connect connect = {
        .client_id = slice_of_string("a"),
        .clean_start = true,
        .will = {.set = true,
                 .topic = slice_of_string("w"),
                 .payload = slice_of_string("x")},
    };
    bool retain = _i % 2;
    bool version_5 = _i / 2;

    rig.config.listeners[0].max_qos = 0;
    rig.config.retain_available = false;
    connect.will.qos = retain ? 0 : 1;
    connect.will.retain = retain;
    rig_start(&rig);
    rig_open(&rig, &client, version_5 ? MQTT_5 : MQTT_3_1_1);
    send_connect(&client, &connect);
    if (version_5)
        rig_take_reason_string(&client);
    rig_expect_hex(&client, !version_5 ? "20 02 00 03"
                            : retain   ? "20 05 00 9a 02 25 00"
                                       : "20 05 00 9b 02 24 00");
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-3.2.2-22] */
START_TEST(without_server_keep_alive_the_clients_own_counts)
{
    struct mqtt_packet packet;

    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    packet = rig_connect(&client, "a");
    packet.connect.keep_alive_s = 7;
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(property_number(packet.connack.properties,
                                      PROPERTY_SERVER_KEEP_ALIVE, 99),
                      99);
    rig_advance(&rig, 10.4);
    ck_assert(!client.ended);
    rig_advance(&rig, 0.2);
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-3.1.2-21] Server Keep Alive is what the broker then goes by. */
START_TEST(with_server_keep_alive_that_one_counts)
{
    struct mqtt_packet packet;

    rig.config.max_keepalive = 10;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    packet = rig_connect(&client, "a");
    packet.connect.keep_alive_s = 1000;
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(property_number(packet.connack.properties,
                                      PROPERTY_SERVER_KEEP_ALIVE, 0),
                      10);
    rig_advance(&rig, 14.9);
    ck_assert(!client.ended);
    rig_advance(&rig, 0.2);
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-4.12.0-6] There is no AUTH in a conversation without a method. */
START_TEST(without_an_authentication_method_no_auth_is_sent)
{
    struct mqtt_packet packet;

    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_subscribe(&client, "t", 1);
    rig_publish(&client, "t", "x", 1);
    rig_send_hex(&client, "f0 06 19 04 15 0001 58"); /* and none may come */
    while (rig_next(&client, &packet))
        ck_assert_int_ne(packet.type, MQTT_AUTH);
    rig_expect_ended(&client);
}
END_TEST

Suite *spec_connect_suite(void)
{
    Suite *suite = suite_create("spec_connect");
    TCase *tcase = unit_case(suite, "connect", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, after_a_rejected_connect_nothing_is_processed, 0,
                        2);
    tcase_add_loop_test(tcase, connack_comes_before_what_waited, 0, 2);
    tcase_add_loop_test(tcase, there_is_one_connack_a_connection, 0, 2);
    tcase_add_loop_test(tcase, no_disconnect_is_sent_before_connack, 0, 6);
    tcase_add_test(tcase, after_disconnect_the_broker_sends_nothing_and_closes);
    tcase_add_loop_test(tcase, broken_packets_close_a_connection_of_version_3,
                        0, 18);
    tcase_add_loop_test(
        tcase, without_clean_start_a_session_is_made_and_then_resumed, 0, 2);
    tcase_add_loop_test(
        tcase, the_client_identifier_alone_says_whose_session_it_is, 0, 2);
    tcase_add_test(tcase, session_state_is_kept_until_it_has_expired);
    tcase_add_loop_test(tcase, disconnect_can_end_a_session_that_was_to_be_kept,
                        0, 5);
    tcase_add_test(tcase, a_session_can_be_kept_for_ever);
    tcase_add_loop_test(
        tcase, retained_messages_outlive_the_session_of_their_publisher, 0, 2);
    tcase_add_test(tcase, each_client_without_a_name_is_given_one_of_its_own);
    tcase_add_loop_test(tcase, a_name_that_is_given_is_nobody_elses, 0, 2);
    tcase_add_loop_test(tcase, maximum_qos_is_told_and_bounds_what_is_granted,
                        0, 3);
    tcase_add_test(tcase,
                   a_publish_above_maximum_qos_is_refused_with_its_reason);
    tcase_add_loop_test(tcase, a_will_that_the_server_cannot_do_is_refused, 0,
                        4);
    tcase_add_test(tcase, without_server_keep_alive_the_clients_own_counts);
    tcase_add_test(tcase, with_server_keep_alive_that_one_counts);
    tcase_add_test(tcase, without_an_authentication_method_no_auth_is_sent);
    return suite;
}
