#include "durable_rig.h"

#include "broker/identity.h"
#include "broker/session.h"
#include "mqtt/property.h"

/* What outlives the broker: each test with a clean stop, and with a kill. */

static struct durable_rig durable;
static struct rig *const rig = &durable.rig;
static struct rig_client client;
static struct rig_client other;

/* Session Expiry Interval 100 s. */
#define EXPIRY_100 slice_of("\x11\x00\x00\x00\x64", 5)

static void set_up(void)
{
    durable_rig_init(&durable);
    durable_rig_start(&durable);
    client = other = (struct rig_client){.rig = rig};
}

static void tear_down(void)
{
    rig_close(&client);
    rig_close(&other);
    durable_rig_release(&durable);
}

static void restart(enum durable_end end, unsigned seconds)
{
    rig_close(&client);
    rig_close(&other);
    durable_rig_restart(&durable, end, seconds);
}

/* The same with the connections still there. */
static void fall(enum durable_end end)
{
    durable_rig_restart(&durable, end, 0);
    rig_close(&client);
    rig_close(&other);
}

static bool come(void)
{
    return rig_login(rig, &client, MQTT_3_1_1, "sub", false);
}

static void come_from(struct rig_client *from)
{
    rig_login(rig, from, MQTT_3_1_1, "pub", true);
}

/* A session that is away and subscribes to "t". */
static void leave_subscriber(unsigned qos)
{
    come();
    rig_subscribe(&client, "t", qos);
    rig_logout(&client);
}

/* Publish, as far as an answer comes. */
static void publish(const char *payload, unsigned qos)
{
    struct mqtt_packet packet;
    uint16_t id = rig_publish(&other, "t", payload, qos);

    if (qos == 0)
        return;
    rig_expect(&other, qos == 1 ? MQTT_PUBACK : MQTT_PUBREC, &packet);
    ck_assert_uint_eq(packet.puback.packet_id, id);
    if (qos == 1)
        return;
    rig_ack(&other, MQTT_PUBREL, id);
    rig_expect(&other, MQTT_PUBCOMP, &packet);
}

static void expect_id(struct rig_client *from, enum mqtt_type type, uint16_t id)
{
    struct mqtt_packet packet;

    rig_expect(from, type, &packet);
    ck_assert_uint_eq(packet.puback.packet_id, id);
}

/* ---- retained messages ---- */

START_TEST(retained_messages_survive)
{
    come_from(&other);
    rig_publish_retained(&other, "a", "one", 0);
    rig_publish_retained(&other, "b", "two", 1);
    rig_publish_retained(&other, "b", "three", 1);
    rig_publish_retained(&other, "c", "four", 2);
    rig_publish_retained(&other, "d", "five", 0);
    rig_publish_retained(&other, "d", "", 0);
    restart((enum durable_end)_i, 5);
    ck_assert_uint_eq(retained_store_count(rig->broker->retained), 3);
    rig_login(rig, &client, MQTT_3_1_1, "c", true);
    rig_subscribe(&client, "a", 2);
    rig_expect_publish(&client, "a", "one", 0, NULL);
    rig_subscribe(&client, "b", 2);
    rig_expect_publish(&client, "b", "three", 1, NULL);
    rig_subscribe(&client, "c", 2);
    rig_expect_publish(&client, "c", "four", 2, NULL);
}
END_TEST

START_TEST(what_the_broker_says_itself_is_not_stored)
{
    durable.rig.config.sys_interval = 1;
    restart((enum durable_end)_i, 0);
    ck_assert_int_eq(durable_rig_number(&durable, "SELECT count(*) FROM "
                                                  "messages"),
                     0);
}
END_TEST

START_TEST(a_retained_message_that_expired_meanwhile_is_gone)
{
    struct mqtt_packet packet = {
        .type = MQTT_PUBLISH,
        .publish = {.retain = true,
                    .topic = slice_of_string("t"),
                    .properties = slice_of("\x02\x00\x00\x00\x0a", 5),
                    .payload = slice_of_string("x")},
    };
    struct mqtt_publish got;

    rig_login_5(rig, &other, "pub", true, slice_of(NULL, 0));
    rig_send(&other, &packet);
    restart((enum durable_end)_i, 4);
    rig_login_5(rig, &client, "c", true, slice_of(NULL, 0));
    rig_subscribe(&client, "t", 0);
    rig_expect_publish(&client, "t", "x", 0, &got); /* [MQTT-3.3.2-6] */
    ck_assert_uint_eq(
        property_number(got.properties, PROPERTY_MESSAGE_EXPIRY_INTERVAL, 0),
        6);
    restart((enum durable_end)_i, 6);
    ck_assert_uint_eq(retained_store_count(rig->broker->retained), 0);
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM messages"), 0);
}
END_TEST

/* ---- subscriptions ---- */

START_TEST(subscriptions_survive_with_their_options)
{
    struct mqtt_publish got;

    rig_login_5(rig, &client, "sub", false, EXPIRY_100);
    /* Identifier 7; "t": QoS 1, No Local, Retain As Published; "u": QoS 0. */
    rig_send_hex(&client, "82 0d 0001 02 0b07 0001 74 0d 0001 75 00");
    rig_expect_hex(&client, "90 05 0001 00 01 00");
    rig_send_hex(&client, "a2 06 0002 00 0001 75");
    rig_expect_hex(&client, "b0 04 0002 00 00");
    restart((enum durable_end)_i, 5);
    ck_assert(rig_login_5(rig, &client, "sub", false, EXPIRY_100));
    rig_publish(&client, "t", "own", 1);
    expect_id(&client, MQTT_PUBACK, 1);
    rig_expect_nothing(&client);
    come_from(&other);
    rig_publish(&other, "u", "gone", 0);
    rig_publish_retained(&other, "t", "x", 2);
    rig_expect_publish(&client, "t", "x", 1, &got);
    ck_assert(got.retain);
    ck_assert_uint_eq(
        property_number(got.properties, PROPERTY_SUBSCRIPTION_IDENTIFIER, 0),
        7);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_session_that_ends_with_its_connection_is_not_stored)
{
    rig_login(rig, &client, MQTT_3_1_1, "sub", true);
    rig_subscribe(&client, "t", 1);
    come_from(&other);
    publish("x", 1);
    ck_assert_int_eq(durable_rig_number(&durable, "SELECT count(*) FROM "
                                                  "sessions"),
                     0);
    fall((enum durable_end)_i);
    ck_assert(!come());
}
END_TEST

START_TEST(clean_start_ends_a_stored_session)
{
    leave_subscriber(2);
    come_from(&other);
    publish("x", 2);
    rig_login(rig, &client, MQTT_3_1_1, "sub", true);
    fall((enum durable_end)_i);
    ck_assert(!come());
    ck_assert_int_eq(durable_rig_number(&durable,
                                        "SELECT (SELECT count(*) FROM "
                                        "outgoing) + (SELECT count(*) FROM "
                                        "subscriptions) + (SELECT count(*) "
                                        "FROM messages)"),
                     0);
}
END_TEST

/* ---- messages to a session ---- */

START_TEST(messages_that_wait_survive_in_their_order)
{
    leave_subscriber(2);
    come_from(&other);
    publish("one", 1);
    publish("two", 2);
    publish("three", 1);
    publish("four", 2);
    restart((enum durable_end)_i, 5);
    ck_assert(come());
    /* [MQTT-4.6.0-5] asks for it in each QoS only. */
    rig_expect_publish(&client, "t", "one", 1, NULL);
    rig_expect_publish(&client, "t", "two", 2, NULL);
    rig_expect_publish(&client, "t", "three", 1, NULL);
    rig_expect_publish(&client, "t", "four", 2, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_message_that_waits_keeps_its_properties)
{
    /* Payload Format 1, Message Expiry 10 s, Content Type "c", User Property
       "a" = "b". */
    static const char properties[] = "\x01\x01\x02\x00\x00\x00\x0a\x03\x00\x01"
                                     "c\x26\x00\x01"
                                     "a\x00\x01"
                                     "b";
    struct mqtt_packet packet = {
        .type = MQTT_PUBLISH,
        .publish = {.qos = 1,
                    .packet_id = 1,
                    .topic = slice_of_string("t"),
                    .properties = slice_of(properties, sizeof(properties) - 1),
                    .payload = slice_of("\0x\xff", 3)},
    };

    rig_login_5(rig, &client, "sub", false, EXPIRY_100);
    rig_subscribe(&client, "t", 1);
    rig_logout(&client);
    rig_login_5(rig, &other, "pub", true, slice_of(NULL, 0));
    rig_send(&other, &packet);
    rig_advance(rig, 3);
    restart((enum durable_end)_i, 4);
    ck_assert(rig_login_5(rig, &client, "sub", false, EXPIRY_100));
    rig_expect(&client, MQTT_PUBLISH, &packet);
    ck_assert(slice_equal(packet.publish.payload, slice_of("\0x\xff", 3)));
    /* What is left of the expiry comes first [MQTT-3.3.2-6]. */
    ck_assert(slice_equal(packet.publish.properties,
                          slice_of("\x02\x00\x00\x00\x03\x01\x01\x03\x00\x01"
                                   "c\x26\x00\x01"
                                   "a\x00\x01"
                                   "b",
                                   sizeof(properties) - 1)));
}
END_TEST

START_TEST(a_message_that_expired_meanwhile_is_not_delivered)
{
    struct mqtt_packet packet = {
        .type = MQTT_PUBLISH,
        .publish = {.qos = 1,
                    .packet_id = 1,
                    .topic = slice_of_string("t"),
                    .properties = slice_of("\x02\x00\x00\x00\x0a", 5)},
    };

    leave_subscriber(1);
    rig_login_5(rig, &other, "pub", true, slice_of(NULL, 0));
    rig_send(&other, &packet);
    restart((enum durable_end)_i, 10);
    ck_assert_int_eq(durable_rig_number(&durable, "SELECT (SELECT count(*) "
                                                  "FROM outgoing) + (SELECT "
                                                  "count(*) FROM messages)"),
                     0);
    ck_assert(come());
    rig_expect_nothing(&client); /* [MQTT-3.3.2-5] */
}
END_TEST

START_TEST(what_was_sent_at_qos_1_is_sent_again_with_its_identifier)
{
    struct mqtt_publish first;
    struct mqtt_publish again;

    come();
    rig_subscribe(&client, "t", 1);
    come_from(&other);
    publish("one", 1);
    publish("two", 1);
    rig_expect_publish(&client, "t", "one", 1, NULL);
    rig_expect_publish(&client, "t", "two", 1, &first);
    rig_ack(&client, MQTT_PUBACK, 1);
    fall((enum durable_end)_i);
    ck_assert(come());
    rig_expect_publish(&client, "t", "two", 1, &again);
    ck_assert(again.dup);                                /* [MQTT-3.3.1-1] */
    ck_assert_uint_eq(again.packet_id, first.packet_id); /* [MQTT-4.4.0-1] */
    rig_expect_nothing(&client);
}
END_TEST

/* How far a QoS 2 message to the client has come. */
START_TEST(a_message_of_qos_2_goes_on_where_it_was)
{
    bool received = _i & 2;
    struct mqtt_publish got;

    come();
    rig_subscribe(&client, "t", 2);
    come_from(&other);
    publish("x", 2);
    rig_expect_publish(&client, "t", "x", 2, &got);
    if (received) {
        rig_ack(&client, MQTT_PUBREC, got.packet_id);
        expect_id(&client, MQTT_PUBREL, got.packet_id);
    }
    fall((enum durable_end)(_i & 1));
    ck_assert(come());
    if (received) { /* [MQTT-4.3.3-6] */
        expect_id(&client, MQTT_PUBREL, got.packet_id);
    } else {
        struct mqtt_publish again;

        rig_expect_publish(&client, "t", "x", 2, &again);
        ck_assert(again.dup);
        ck_assert_uint_eq(again.packet_id, got.packet_id);
        rig_ack(&client, MQTT_PUBREC, got.packet_id);
        expect_id(&client, MQTT_PUBREL, got.packet_id);
    }
    rig_ack(&client, MQTT_PUBCOMP, got.packet_id);
    fall((enum durable_end)(_i & 1));
    ck_assert(come());
    rig_expect_nothing(&client);
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM outgoing"), 0);
}
END_TEST

START_TEST(a_message_from_a_client_is_known_until_pubrel)
{
    leave_subscriber(2);
    rig_login(rig, &other, MQTT_3_1_1, "pub", false);
    rig_publish(&other, "t", "x", 2);
    expect_id(&other, MQTT_PUBREC, 1);
    fall((enum durable_end)_i);
    ck_assert(rig_login(rig, &other, MQTT_3_1_1, "pub", false));
    rig_send_hex(&other, "3c 06 0001 74 0001 78"); /* DUP */
    expect_id(&other, MQTT_PUBREC, 1);
    rig_ack(&other, MQTT_PUBREL, 1);
    expect_id(&other, MQTT_PUBCOMP, 1);
    fall((enum durable_end)_i);
    rig_login(rig, &other, MQTT_3_1_1, "pub", false);
    rig_send_hex(&other, "34 06 0001 74 0001 79"); /* another one */
    expect_id(&other, MQTT_PUBREC, 1);
    ck_assert(come());
    rig_expect_publish(&client, "t", "x", 2, NULL); /* once */
    rig_expect_publish(&client, "t", "y", 2, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_message_is_stored_once_for_all_and_goes_with_the_last)
{
    static const char *const names[] = {"a", "b", "c"};

    for (size_t i = 0; i < 3; i++) {
        rig_login(rig, &client, MQTT_3_1_1, names[i], false);
        rig_subscribe(&client, "t", 1);
        rig_logout(&client);
    }
    come_from(&other);
    publish("x", 1);
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM outgoing"), 3);
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM messages"), 1);
    restart((enum durable_end)_i, 0);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(
            durable_rig_number(&durable, "SELECT count(*) FROM messages"), 1);
        ck_assert(rig_login(rig, &client, MQTT_3_1_1, names[i], false));
        rig_expect_publish(&client, "t", "x", 1, NULL);
        rig_ack(&client, MQTT_PUBACK, 1);
        rig_logout(&client);
    }
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM messages"), 0);
}
END_TEST

/* ---- time ---- */

START_TEST(a_session_expires_by_the_wall_clock)
{
    rig_login_5(rig, &client, "sub", false, EXPIRY_100);
    rig_subscribe(&client, "t", 1);
    rig_logout(&client);
    rig_advance(rig, 30);
    restart((enum durable_end)_i, 30);
    ck_assert_ptr_nonnull(
        session_store_find(&rig->broker->sessions, slice_of_string("sub")));
    rig_advance(rig, 39);
    ck_assert_ptr_nonnull(
        session_store_find(&rig->broker->sessions, slice_of_string("sub")));
    rig_advance(rig, 2); /* [MQTT-3.1.2-23] */
    ck_assert_ptr_null(
        session_store_find(&rig->broker->sessions, slice_of_string("sub")));
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM sessions"), 0);
}
END_TEST

static void expire_in_50_s(struct config *config)
{
    config->persistent_client_expiration = 50;
}

START_TEST(a_stricter_persistent_client_expiration_holds_for_old_sessions)
{
    come(); /* it would be kept for ever */
    rig_logout(&client);
    durable.configure = expire_in_50_s;
    restart((enum durable_end)_i, 40);
    ck_assert_uint_eq(session_store_count(&rig->broker->sessions), 1);
    rig_advance(rig, 11);
    ck_assert_uint_eq(session_store_count(&rig->broker->sessions), 0);
}
END_TEST

START_TEST(a_session_that_expired_meanwhile_is_gone)
{
    rig_login_5(rig, &client, "sub", false, EXPIRY_100);
    rig_logout(&client);
    restart((enum durable_end)_i, 100);
    ck_assert(!rig_login_5(rig, &client, "sub", false, EXPIRY_100));
}
END_TEST

/* ---- wills ---- */

static void connect_with_will(const char *id, uint32_t expiry_s,
                              uint32_t delay_s)
{
    struct buf properties = {0};
    struct buf will = {0};

    property_put_number(&properties, PROPERTY_SESSION_EXPIRY_INTERVAL,
                        expiry_s);
    property_put_number(&will, PROPERTY_WILL_DELAY_INTERVAL, delay_s);
    rig_open(rig, &other, MQTT_5);
    struct mqtt_packet packet = rig_connect(&other, id);
    packet.connect.properties = buf_slice(&properties);
    packet.connect.will =
        (struct mqtt_will){.set = true,
                           .qos = 1,
                           .topic = slice_of_string("t"),
                           .properties = buf_slice(&will),
                           .payload = slice_of_string("will")};
    rig_send(&other, &packet);
    rig_expect(&other, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, 0);
    buf_release(&properties);
    buf_release(&will);
}

static bool got_will(void)
{
    struct mqtt_packet packet;
    bool came = come() && rig_next(&client, &packet);

    if (came)
        rig_ack(&client, MQTT_PUBACK, packet.publish.packet_id);
    rig_logout(&client);
    return came;
}

START_TEST(a_will_that_waits_goes_on_waiting)
{
    leave_subscriber(1);
    connect_with_will("w", 100, 20);
    rig_cut(&other);
    rig_advance(rig, 5);
    restart((enum durable_end)_i, 5);
    rig_advance(rig, 9);
    ck_assert(!got_will());
    rig_advance(rig, 2); /* [MQTT-3.1.2-8] */
    ck_assert(got_will());
    restart((enum durable_end)_i, 100);
    ck_assert(!got_will()); /* [MQTT-3.1.2-10] */
}
END_TEST

/* Server failure ends the connection, too [MQTT5 3.1.2.5]. */
START_TEST(the_will_of_who_was_connected_is_published)
{
    leave_subscriber(1);
    connect_with_will("w", _i & 2 ? 100 : 0, 0);
    fall((enum durable_end)(_i & 1));
    ck_assert(got_will());
    fall((enum durable_end)(_i & 1));
    ck_assert(!got_will());
}
END_TEST

START_TEST(a_will_that_was_taken_back_is_not_published)
{
    leave_subscriber(1);
    connect_with_will("w", _i & 2 ? 100 : 0, 0);
    rig_logout(&other); /* [MQTT-3.14.4-3] */
    restart((enum durable_end)(_i & 1), 5);
    ck_assert(!got_will());
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM messages"), 0);
}
END_TEST

/* ---- who ---- */

START_TEST(a_session_acts_as_the_user_that_it_was)
{
    rig_open(rig, &client, MQTT_3_1_1);
    struct mqtt_packet packet = rig_connect(&client, "sub");
    packet.connect.clean_start = false;
    packet.connect.has_user_name = true;
    packet.connect.user_name = slice_of_string("alice");
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    fall((enum durable_end)_i);
    ck_assert_str_eq(identity_user_name(session_store_find(
                         &rig->broker->sessions, slice_of_string("sub"))),
                     "alice");
}
END_TEST

Suite *durable_suite(void)
{
    Suite *suite = suite_create("durable");
    TCase *tcase = unit_case(suite, "durable", 20);
    /* Each with a clean stop and with a kill. */
    const TTest *const both_ends[] = {
        retained_messages_survive,
        what_the_broker_says_itself_is_not_stored,
        a_retained_message_that_expired_meanwhile_is_gone,
        subscriptions_survive_with_their_options,
        a_session_that_ends_with_its_connection_is_not_stored,
        clean_start_ends_a_stored_session,
        messages_that_wait_survive_in_their_order,
        a_message_that_waits_keeps_its_properties,
        a_message_that_expired_meanwhile_is_not_delivered,
        what_was_sent_at_qos_1_is_sent_again_with_its_identifier,
        a_message_from_a_client_is_known_until_pubrel,
        a_message_is_stored_once_for_all_and_goes_with_the_last,
        a_session_expires_by_the_wall_clock,
        a_session_that_expired_meanwhile_is_gone,
        a_stricter_persistent_client_expiration_holds_for_old_sessions,
        a_will_that_waits_goes_on_waiting,
        a_session_acts_as_the_user_that_it_was,
    };

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    for (size_t i = 0; i < sizeof(both_ends) / sizeof(both_ends[0]); i++)
        tcase_add_loop_test(tcase, both_ends[i], 0, 2);
    tcase_add_loop_test(tcase, a_message_of_qos_2_goes_on_where_it_was, 0, 4);
    tcase_add_loop_test(tcase, the_will_of_who_was_connected_is_published, 0,
                        4);
    tcase_add_loop_test(tcase, a_will_that_was_taken_back_is_not_published, 0,
                        4);
    return suite;
}
