#include "broker_rig.h"

#include <stdio.h>

#include "broker/session.h"
#include "mqtt/property.h"

static struct rig rig;
static struct rig_client publisher;
static struct rig_client subscriber;

static void set_up(void)
{
    rig_init(&rig);
    publisher = subscriber = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&publisher);
    rig_close(&subscriber);
    rig_release(&rig);
}

/* A publisher, and a subscriber to "t" with a session that is kept. */
static void start(enum mqtt_version version, unsigned qos)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    if (version == MQTT_5)
        rig_login_5(&rig, &subscriber, "sub", false,
                    slice_of("\x11\x00\x00\x10\x00", 5));
    else
        rig_login(&rig, &subscriber, version, "sub", false);
    rig_subscribe(&subscriber, "t", qos);
}

/* The subscriber's connection breaks and it comes back. */
static void reconnect(void)
{
    enum mqtt_version version = subscriber.version;

    rig_cut(&subscriber);
    if (version == MQTT_5)
        ck_assert(rig_login_5(&rig, &subscriber, "sub", false,
                              slice_of("\x11\x00\x00\x10\x00", 5)));
    else
        ck_assert(rig_login(&rig, &subscriber, version, "sub", false));
}

static uint16_t expect_publish(const char *payload, unsigned qos, bool dup)
{
    struct mqtt_publish publish;

    rig_expect_publish(&subscriber, "t", payload, qos, &publish);
    ck_assert(publish.dup == dup);
    ck_assert_uint_ne(publish.packet_id, 0);
    return publish.packet_id;
}

static void expect_ack(struct rig_client *client, enum mqtt_type type,
                       uint16_t packet_id, enum mqtt_reason reason)
{
    struct mqtt_packet packet;

    rig_expect(client, type, &packet);
    ck_assert_uint_eq(packet.puback.packet_id, packet_id);
    ck_assert_uint_eq(packet.puback.reason, reason);
}

/* ---- from a client ---- */

/* [MQTT-4.3.2-4] [MQTT311-4.3.2-2] */
START_TEST(qos_1_is_passed_on_and_acknowledged)
{
    start(MQTT_3_1_1, 1);
    uint16_t packet_id = rig_publish(&publisher, "t", "x", 1);
    expect_ack(&publisher, MQTT_PUBACK, packet_id, 0);
    expect_publish("x", 1, false);
    /* The same again, even with DUP, is a new message [MQTT-4.3.2-5]. */
    rig_send_hex(&publisher, "3a 06 0001 74 0001 79");
    expect_publish("y", 1, false);
}
END_TEST

/* [MQTT-4.3.3-8] [MQTT-4.3.3-10] [MQTT-4.3.3-12] [MQTT311-4.3.3-2] */
START_TEST(qos_2_is_passed_on_exactly_once)
{
    start(MQTT_3_1_1, 2);
    for (int i = 0; i < 3; i++) {
        rig_send_hex(&publisher, "34 06 0001 74 0005 78");
        expect_ack(&publisher, MQTT_PUBREC, 5, 0);
    }
    expect_publish("x", 2, false);
    rig_expect_nothing(&subscriber);
    rig_ack(&publisher, MQTT_PUBREL, 5);
    expect_ack(&publisher, MQTT_PUBCOMP, 5, 0); /* [MQTT-4.3.3-11] */
    /* The identifier is free, so this is another message. */
    rig_send_hex(&publisher, "34 06 0001 74 0005 79");
    expect_publish("y", 2, false);
}
END_TEST

/* [MQTT-4.1.0-1] */
START_TEST(qos_2_is_passed_on_exactly_once_across_connections)
{
    rig_start(&rig);
    rig_login(&rig, &subscriber, MQTT_3_1_1, "sub", true);
    rig_subscribe(&subscriber, "t", 2);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", false);
    rig_send_hex(&publisher, "34 06 0001 74 0005 78");
    rig_cut(&publisher);
    ck_assert(rig_login(&rig, &publisher, MQTT_3_1_1, "pub", false));
    rig_send_hex(&publisher, "3c 06 0001 74 0005 78");
    expect_ack(&publisher, MQTT_PUBREC, 5, 0);
    expect_publish("x", 2, false);
    rig_expect_nothing(&subscriber);
    rig_ack(&publisher, MQTT_PUBREL, 5);
    expect_ack(&publisher, MQTT_PUBCOMP, 5, 0);
    rig_ack(&publisher, MQTT_PUBREL, 5);
    expect_ack(&publisher, MQTT_PUBCOMP, 5, 0);
}
END_TEST

START_TEST(version_5_is_told_of_an_identifier_that_nobody_knows)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_5, "pub", true);
    rig_ack(&publisher, MQTT_PUBREL, 9);
    expect_ack(&publisher, MQTT_PUBCOMP, 9, MQTT_PACKET_IDENTIFIER_NOT_FOUND);
    rig_ack(&publisher, MQTT_PUBREC, 9);
    expect_ack(&publisher, MQTT_PUBREL, 9, MQTT_PACKET_IDENTIFIER_NOT_FOUND);
    rig_ack(&publisher, MQTT_PUBACK, 9);
    rig_ack(&publisher, MQTT_PUBCOMP, 9);
    rig_expect_nothing(&publisher);
    ck_assert(!publisher.ended);
}
END_TEST

START_TEST(messages_of_one_publisher_keep_their_order)
{
    char payload[16];

    start(MQTT_3_1_1, 1);
    for (int i = 0; i < 100; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        rig_publish(&publisher, "t", payload, 1);
    }
    for (int i = 0; i < 100; i++) { /* [MQTT-4.6.0-5] */
        snprintf(payload, sizeof(payload), "%d", i);
        rig_ack(&subscriber, MQTT_PUBACK, expect_publish(payload, 1, false));
    }
}
END_TEST

/* ---- to a client ---- */

/* [MQTT-3.8.4-8] */
START_TEST(the_lower_qos_of_publisher_and_subscriber_holds)
{
    unsigned published = (unsigned)_i / 3 % 3;
    unsigned granted = (unsigned)_i % 3;

    start(_i < 9 ? MQTT_3_1_1 : MQTT_5, granted);
    rig_publish(&publisher, "t", "x", published);
    rig_expect_publish(&subscriber, "t", "x",
                       published < granted ? published : granted, NULL);
}
END_TEST

START_TEST(upgrade_outgoing_qos_raises_it)
{
    rig.config.upgrade_outgoing_qos = true;
    start(MQTT_3_1_1, 2);
    rig_publish(&publisher, "t", "x", 0);
    expect_publish("x", 2, false);
}
END_TEST

START_TEST(qos_2_to_a_client_goes_through_its_handshake)
{
    start(MQTT_3_1_1, 2);
    rig_publish(&publisher, "t", "x", 2);
    uint16_t packet_id = expect_publish("x", 2, false);
    rig_ack(&subscriber, MQTT_PUBREC, packet_id);
    expect_ack(&subscriber, MQTT_PUBREL, packet_id, 0);
    /* A second PUBREC gets its PUBREL as well. */
    rig_ack(&subscriber, MQTT_PUBREC, packet_id);
    expect_ack(&subscriber, MQTT_PUBREL, packet_id, 0);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 1);
    rig_ack(&subscriber, MQTT_PUBCOMP, packet_id);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
}
END_TEST

START_TEST(pubrec_with_an_error_ends_the_flow)
{
    start(MQTT_5, 2);
    rig_publish(&publisher, "t", "x", 2);
    uint16_t packet_id = expect_publish("x", 2, false);
    struct mqtt_packet pubrec = {
        .type = MQTT_PUBREC,
        .puback = {.packet_id = packet_id, .reason = MQTT_QUOTA_EXCEEDED},
    };
    rig_send(&subscriber, &pubrec);
    rig_expect_nothing(&subscriber);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
}
END_TEST

START_TEST(an_answer_of_the_wrong_kind_disconnects)
{
    start(MQTT_5, 2);
    rig_publish(&publisher, "t", "x", 2);
    rig_ack(&subscriber, MQTT_PUBACK, expect_publish("x", 2, false));
    rig_expect_hex(&subscriber, "e0 01 82");
}
END_TEST

/* [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1] */
START_TEST(packet_identifiers_are_not_used_twice_at_a_time)
{
    unsigned qos = (unsigned)_i + 1;

    rig.config.max_inflight_messages = 0;
    start(MQTT_3_1_1, qos);
    rig_publish(&publisher, "t", "first", qos);
    uint16_t first = expect_publish("first", qos, false);
    if (qos == 2) /* towards the broker it is used again */
        rig_ack(&publisher, MQTT_PUBREL, publisher.last_id);
    for (int i = 0; i < 70000; i++) {
        rig_publish(&publisher, "t", "x", qos);
        uint16_t packet_id = expect_publish("x", qos, false);
        ck_assert_uint_ne(packet_id, first);
        if (qos == 1) {
            rig_ack(&subscriber, MQTT_PUBACK, packet_id);
        } else {
            rig_ack(&publisher, MQTT_PUBREL, publisher.last_id);
            rig_ack(&subscriber, MQTT_PUBREC, packet_id);
            rig_ack(&subscriber, MQTT_PUBCOMP, packet_id);
            buf_clear(&subscriber.in);
        }
        buf_clear(&publisher.in);
        buf_clear(&rig.lines);
    }
}
END_TEST

/* ---- the window ---- */

static void publish_many(unsigned count)
{
    char payload[16];

    for (unsigned i = 0; i < count; i++) {
        snprintf(payload, sizeof(payload), "%u", i);
        rig_publish(&publisher, "t", payload, 1);
    }
}

/* [MQTT-3.3.4-9] */
START_TEST(no_more_are_in_flight_than_the_client_can_take)
{
    struct mqtt_packet packet;
    unsigned seen = 0;

    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    rig_login_5(&rig, &subscriber, "sub", true, slice_of("\x21\x00\x03", 3));
    rig_subscribe(&subscriber, "t", 1);
    publish_many(10);
    uint16_t first = expect_publish("0", 1, false);
    expect_publish("1", 1, false);
    expect_publish("2", 1, false);
    rig_expect_nothing(&subscriber);
    rig_ack(&subscriber, MQTT_PUBACK, first);
    expect_publish("3", 1, false);
    rig_expect_nothing(&subscriber);
    for (uint16_t id = first + 1; id < first + 10; id++)
        rig_ack(&subscriber, MQTT_PUBACK, id);
    while (rig_next(&subscriber, &packet))
        seen++;
    ck_assert_uint_eq(seen, 6);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
}
END_TEST

/* [MQTT5 4.9]: PUBREL does not free the place, PUBCOMP does. */
START_TEST(a_flow_of_qos_2_keeps_its_place_until_pubcomp)
{
    rig.config.max_inflight_messages = 1;
    start(MQTT_3_1_1, 2);
    rig_publish(&publisher, "t", "a", 2);
    rig_publish(&publisher, "t", "b", 2);
    uint16_t packet_id = expect_publish("a", 2, false);
    rig_ack(&subscriber, MQTT_PUBREC, packet_id);
    expect_ack(&subscriber, MQTT_PUBREL, packet_id, 0);
    rig_expect_nothing(&subscriber);
    rig_ack(&subscriber, MQTT_PUBCOMP, packet_id);
    expect_publish("b", 2, false);
}
END_TEST

START_TEST(max_inflight_bytes_bounds_the_window_too)
{
    rig.config.max_inflight_bytes = 10; /* any message is larger */
    start(MQTT_3_1_1, 1);
    publish_many(2);
    rig_ack(&subscriber, MQTT_PUBACK, expect_publish("0", 1, false));
    expect_publish("1", 1, false);
}
END_TEST

/* ---- away and back ---- */

/* [MQTT311-3.1.2-5] */
START_TEST(messages_wait_for_a_client_that_is_away)
{
    start(MQTT_3_1_1, 1);
    rig_cut(&subscriber);
    rig_publish(&publisher, "t", "a", 1);
    rig_publish(&publisher, "t", "not at QoS 0", 0);
    rig_publish(&publisher, "t", "b", 2);
    ck_assert(rig_login(&rig, &subscriber, MQTT_3_1_1, "sub", false));
    expect_publish("a", 1, false);
    expect_publish("b", 1, false);
    rig_expect_nothing(&subscriber);
}
END_TEST

START_TEST(queue_qos0_messages_lets_them_wait_too)
{
    rig.config.queue_qos0_messages = true;
    start(MQTT_3_1_1, 1);
    rig_cut(&subscriber);
    rig_publish(&publisher, "t", "a", 0);
    ck_assert(rig_login(&rig, &subscriber, MQTT_3_1_1, "sub", false));
    rig_expect_publish(&subscriber, "t", "a", 0, NULL);
}
END_TEST

/* [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-3.3.1-1] [MQTT311-4.3.2-1] */
START_TEST(what_was_not_acknowledged_is_sent_again_in_order)
{
    uint16_t ids[5];
    char payload[16];
    enum mqtt_version version = _i ? MQTT_5 : MQTT_3_1_1;

    start(version, 1);
    publish_many(5);
    for (int i = 0; i < 5; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        ids[i] = expect_publish(payload, 1, false);
    }
    rig_ack(&subscriber, MQTT_PUBACK, ids[1]);
    reconnect();
    for (int i = 0; i < 5; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        if (i != 1)
            ck_assert_uint_eq(expect_publish(payload, 1, true), ids[i]);
    }
    rig_expect_nothing(&subscriber);
}
END_TEST

START_TEST(each_step_of_qos_2_goes_on_after_a_cut)
{
    start(MQTT_3_1_1, 2);
    rig_publish(&publisher, "t", "x", 2);
    uint16_t packet_id = expect_publish("x", 2, false);
    reconnect();
    ck_assert_uint_eq(expect_publish("x", 2, true), packet_id);
    rig_ack(&subscriber, MQTT_PUBREC, packet_id);
    expect_ack(&subscriber, MQTT_PUBREL, packet_id, 0);
    reconnect(); /* now PUBREL and no PUBLISH [MQTT-4.3.3-6] */
    expect_ack(&subscriber, MQTT_PUBREL, packet_id, 0);
    rig_expect_nothing(&subscriber);
    rig_ack(&subscriber, MQTT_PUBCOMP, packet_id);
    reconnect();
    rig_expect_nothing(&subscriber);
}
END_TEST

START_TEST(sending_again_respects_a_smaller_window)
{
    uint16_t ids[5];
    char payload[16];

    start(MQTT_5, 1);
    publish_many(6);
    for (int i = 0; i < 5; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        ids[i] = expect_publish(payload, 1, false);
    }
    rig_cut(&subscriber);
    ck_assert(rig_login_5(&rig, &subscriber, "sub", false,
                          slice_of("\x21\x00\x02", 3)));
    ck_assert_uint_eq(expect_publish("0", 1, true), ids[0]);
    ck_assert_uint_eq(expect_publish("1", 1, true), ids[1]);
    rig_expect_nothing(&subscriber);
    rig_ack(&subscriber, MQTT_PUBACK, ids[0]);
    ck_assert_uint_eq(expect_publish("2", 1, true), ids[2]);
    /* An answer to what it had from the connection before is an answer. */
    rig_ack(&subscriber, MQTT_PUBACK, ids[3]);
    rig_ack(&subscriber, MQTT_PUBACK, ids[1]);
    ck_assert_uint_eq(expect_publish("4", 1, true), ids[4]);
    rig_expect_nothing(&subscriber);
    rig_ack(&subscriber, MQTT_PUBACK, ids[2]);
    expect_publish("5", 1, true);
}
END_TEST

START_TEST(clean_start_forgets_what_was_under_way)
{
    start(MQTT_3_1_1, 1);
    publish_many(30);
    rig_cut(&subscriber);
    ck_assert(!rig_login(&rig, &subscriber, MQTT_3_1_1, "sub", true));
    rig_expect_nothing(&subscriber);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
}
END_TEST

/* [MQTT-3.3.2-5] [MQTT-3.3.2-6] */
START_TEST(the_message_expiry_interval_counts_down_while_it_waits)
{
    struct mqtt_publish publish;

    start(MQTT_5, 1);
    rig_close(&publisher);
    rig_login(&rig, &publisher, MQTT_5, "pub", true);
    rig_cut(&subscriber);
    rig_send_hex(&publisher, "32 0c 0001 74 0001 05 02 0000000a 61");
    rig_send_hex(&publisher, "32 0c 0001 74 0002 05 02 0000001e 62");
    rig_advance(&rig, 12);
    rig_login_5(&rig, &subscriber, "sub", false, slice_of(NULL, 0));
    rig_expect_publish(&subscriber, "t", "b", 1, &publish);
    ck_assert_uint_eq(property_number(publish.properties,
                                      PROPERTY_MESSAGE_EXPIRY_INTERVAL, 0),
                      18);
    rig_expect_nothing(&subscriber);
}
END_TEST

/* ---- DUP outside PUBLISH ---- */

static const char *const repeated[] = {
    "6a 02 0001",
    "8a 06 0001 0001 74 00",
    "aa 05 0001 0001 74",
};

/* Version 3.1 had the bit there, and its clients set it when they repeat. */
START_TEST(a_repeated_request_of_3_1_is_answered)
{
    static const char *const answers[] = {
        "70 02 0001",
        "90 03 0001 00",
        "b0 02 0001",
    };

    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1, "a", true);
    rig_send_hex(&publisher, repeated[_i]);
    rig_expect_hex(&publisher, answers[_i]);
    ck_assert(!publisher.ended);
}
END_TEST

/* [MQTT-2.1.3-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.6.1-1] */
START_TEST(in_later_versions_it_disconnects)
{
    enum mqtt_version version = _i % 2 ? MQTT_5 : MQTT_3_1_1;

    rig_start(&rig);
    rig_login(&rig, &publisher, version, "a", true);
    rig_send_hex(&publisher, repeated[_i / 2]);
    rig_expect_hex(&publisher, version == MQTT_5 ? "e0 01 81" : "");
    rig_expect_ended(&publisher);
}
END_TEST

Suite *broker_qos_suite(void)
{
    Suite *suite = suite_create("broker_qos");
    TCase *tcase = unit_case(suite, "qos", 30);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, qos_1_is_passed_on_and_acknowledged);
    tcase_add_test(tcase, qos_2_is_passed_on_exactly_once);
    tcase_add_test(tcase, qos_2_is_passed_on_exactly_once_across_connections);
    tcase_add_test(tcase, version_5_is_told_of_an_identifier_that_nobody_knows);
    tcase_add_test(tcase, messages_of_one_publisher_keep_their_order);
    tcase_add_loop_test(tcase, the_lower_qos_of_publisher_and_subscriber_holds,
                        0, 18);
    tcase_add_test(tcase, upgrade_outgoing_qos_raises_it);
    tcase_add_test(tcase, qos_2_to_a_client_goes_through_its_handshake);
    tcase_add_test(tcase, pubrec_with_an_error_ends_the_flow);
    tcase_add_test(tcase, an_answer_of_the_wrong_kind_disconnects);
    tcase_add_loop_test(tcase, packet_identifiers_are_not_used_twice_at_a_time,
                        0, 2);
    tcase_add_test(tcase, no_more_are_in_flight_than_the_client_can_take);
    tcase_add_test(tcase, a_flow_of_qos_2_keeps_its_place_until_pubcomp);
    tcase_add_test(tcase, max_inflight_bytes_bounds_the_window_too);
    tcase_add_test(tcase, messages_wait_for_a_client_that_is_away);
    tcase_add_test(tcase, queue_qos0_messages_lets_them_wait_too);
    tcase_add_loop_test(tcase, what_was_not_acknowledged_is_sent_again_in_order,
                        0, 2);
    tcase_add_test(tcase, each_step_of_qos_2_goes_on_after_a_cut);
    tcase_add_test(tcase, sending_again_respects_a_smaller_window);
    tcase_add_test(tcase, clean_start_forgets_what_was_under_way);
    tcase_add_test(tcase,
                   the_message_expiry_interval_counts_down_while_it_waits);
    tcase_add_loop_test(tcase, a_repeated_request_of_3_1_is_answered, 0, 3);
    tcase_add_loop_test(tcase, in_later_versions_it_disconnects, 0, 6);
    return suite;
}
