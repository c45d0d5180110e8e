/* Messages under way: statements of [MQTT5 3.3.4, 4.3 to 4.6, 4.8.2, 4.9]. */
#include "broker_rig.h"

#include "broker/session.h"
#include "mqtt/property.h"

static struct rig rig;
static struct rig_client publisher;
static struct rig_client client;
static struct rig_client other;

/* What is tested in both, is tested with _i. */
static const enum mqtt_version versions[] = {MQTT_3_1_1, MQTT_5};

static void set_up(void)
{
    rig_init(&rig);
    publisher = client = other = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&publisher);
    rig_close(&client);
    rig_close(&other);
    rig_release(&rig);
}

#define KEPT slice_of("\x11\x00\x00\x10\x00", 5)

static bool login_kept(struct rig_client *to, enum mqtt_version version,
                       const char *id)
{
    return version == MQTT_5 ? rig_login_5(&rig, to, id, false, KEPT)
                             : rig_login(&rig, to, version, id, false);
}

/* A publisher, and a client with a session that is kept. */
static void start(enum mqtt_version version, const char *filter, unsigned qos)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, version, "pub", true);
    login_kept(&client, version, "a");
    rig_subscribe(&client, filter, qos);
}

static void reconnect(struct rig_client *to, const char *id)
{
    enum mqtt_version version = to->version;

    rig_cut(to);
    ck_assert(login_kept(to, version, id));
}

static uint16_t expect_publish(struct rig_client *from, const char *payload,
                               unsigned qos, bool dup)
{
    struct mqtt_publish publish;

    rig_expect_publish(from, "t", payload, qos, &publish);
    ck_assert(publish.dup == dup);
    return publish.packet_id;
}

static void expect_ack(struct rig_client *from, enum mqtt_type type,
                       uint16_t packet_id)
{
    struct mqtt_packet packet;

    rig_expect(from, type, &packet);
    ck_assert_uint_eq(packet.puback.packet_id, packet_id);
    ck_assert_uint_lt(packet.puback.reason, 0x80);
}

static void refuse(struct rig_client *from, enum mqtt_type type,
                   uint16_t packet_id)
{
    struct mqtt_packet packet = {
        .type = type,
        .puback = {.packet_id = packet_id, .reason = MQTT_QUOTA_EXCEEDED},
    };

    rig_send(from, &packet);
}

/* ---- answers and their order ---- */

/* [MQTT-3.3.4-1] [MQTT-2.2.1-5] */
START_TEST(a_publish_is_answered_as_its_qos_asks)
{
    start(versions[_i], "t", 0);
    rig_publish(&publisher, "t", "x", 0);
    rig_expect_nothing(&publisher);
    uint16_t packet_id = rig_publish(&publisher, "t", "x", 1);
    expect_ack(&publisher, MQTT_PUBACK, packet_id);
    packet_id = rig_publish(&publisher, "t", "x", 2);
    expect_ack(&publisher, MQTT_PUBREC, packet_id);
    rig_expect_nothing(&publisher);
}
END_TEST

/* [MQTT311-3.3.5-2] What may not be published is acknowledged all the same. */
START_TEST(before_version_5_a_refused_publish_is_acknowledged_as_usual)
{
    start(MQTT_3_1_1, "$SYS/#", 0);
    rig_send_hex(&publisher, "32 0a 0006 245359532f78 0001");
    rig_expect_hex(&publisher, "40 02 0001");
    rig_send_hex(&publisher, "34 0a 0006 245359532f78 0002");
    rig_expect_hex(&publisher, "50 02 0002");
    rig_expect_nothing(&client);
}
END_TEST

/* [MQTT-4.6.0-2] [MQTT-4.6.0-3]: nobody subscribes, so they are all alike. */
START_TEST(acknowledgements_come_in_the_order_of_what_they_answer)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, versions[_i], "pub", true);
    if (versions[_i] == MQTT_5) {
        rig_send_hex(&publisher, "32 06 0001 74 0009 00 32 06 0001 74 0003 00"
                                 "34 06 0001 74 0007 00 34 06 0001 74 0001 00"
                                 "32 06 0001 74 0008 00 34 06 0001 74 0002 00");
        rig_expect_hex(&publisher, "40 03 0009 10 40 03 0003 10 50 03 0007 10"
                                   "50 03 0001 10 40 03 0008 10 50 03 0002 10");
    } else {
        rig_send_hex(&publisher, "32 05 0001 74 0009 32 05 0001 74 0003"
                                 "34 05 0001 74 0007 34 05 0001 74 0001"
                                 "32 05 0001 74 0008 34 05 0001 74 0002");
        rig_expect_hex(&publisher, "40 02 0009 40 02 0003 50 02 0007"
                                   "50 02 0001 40 02 0008 50 02 0002");
    }
}
END_TEST

/* [MQTT-4.6.0-4] */
START_TEST(pubrel_comes_in_the_order_of_pubrec)
{
    uint16_t ids[3];

    start(versions[_i], "t", 2);
    for (int i = 0; i < 3; i++) {
        rig_publish(&publisher, "t", "x", 2);
        ids[i] = expect_publish(&client, "x", 2, false);
    }
    for (int i = 2; i >= 0; i--)
        rig_ack(&client, MQTT_PUBREC, ids[i]);
    for (int i = 2; i >= 0; i--)
        expect_ack(&client, MQTT_PUBREL, ids[i]);
}
END_TEST

/* [MQTT-4.6.0-5] [MQTT-4.6.0-6] Also over a cut, and past a full window. */
START_TEST(messages_of_a_topic_keep_their_order)
{
    unsigned next = 0;
    char payload[2] = {0};
    uint16_t last = 0;

    rig.config.max_inflight_messages = 3;
    start(versions[_i], "t", 1);
    for (unsigned i = 0; i < 20; i++) {
        payload[0] = (char)('a' + i);
        rig_publish(&publisher, "t", payload, 1);
        if (i == 10)
            reconnect(&client, "a"); /* nothing was acknowledged */
    }
    for (struct mqtt_packet packet; rig_next(&client, &packet); next++) {
        ck_assert_uint_eq(packet.publish.payload.bytes[0], 'a' + next);
        last = packet.publish.packet_id;
        rig_ack(&client, MQTT_PUBACK, last);
    }
    ck_assert_uint_eq(next, 20);
}
END_TEST

/* ---- QoS 2 ---- */

/* [MQTT-4.3.3-9] */
START_TEST(after_a_pubrec_that_refuses_the_identifier_is_free)
{
    struct mqtt_packet packet;

    start(MQTT_5, "t", 2);
    rig_send_hex(&publisher, "34 0b 0006 245359532f78 0005 00");
    rig_expect(&publisher, MQTT_PUBREC, &packet);
    ck_assert_uint_eq(packet.puback.reason, MQTT_NOT_AUTHORIZED);
    rig_send_hex(&publisher, "34 07 0001 74 0005 00 79");
    expect_ack(&publisher, MQTT_PUBREC, 5);
    expect_publish(&client, "y", 2, false);
}
END_TEST

/* [MQTT-4.3.3-3] [MQTT-4.3.3-5] [MQTT311-4.3.3-1] */
START_TEST(a_flow_of_qos_2_is_under_way_until_its_last_answer)
{
    start(versions[_i], "t", 2);
    rig_publish(&publisher, "t", "x", 2);
    uint16_t packet_id = expect_publish(&client, "x", 2, false);
    reconnect(&client, "a");
    ck_assert_uint_eq(expect_publish(&client, "x", 2, true), packet_id);
    rig_ack(&client, MQTT_PUBREC, packet_id);
    expect_ack(&client, MQTT_PUBREL, packet_id);
    reconnect(&client, "a");
    expect_ack(&client, MQTT_PUBREL, packet_id);
    rig_ack(&client, MQTT_PUBCOMP, packet_id);
    reconnect(&client, "a");
    rig_expect_nothing(&client);
}
END_TEST

/* [MQTT-4.3.3-7] [MQTT-4.3.3-13] */
START_TEST(a_message_that_was_sent_does_not_expire)
{
    start(MQTT_5, "t", 2);
    rig_send_hex(&publisher, "34 0c 0001 74 0001 05 02 00000005 78");
    uint16_t packet_id = expect_publish(&client, "x", 2, false);
    rig_cut(&client);
    rig_advance(&rig, 100);
    ck_assert(login_kept(&client, MQTT_5, "a"));
    ck_assert_uint_eq(expect_publish(&client, "x", 2, true), packet_id);
    rig_ack(&client, MQTT_PUBREC, packet_id);
    expect_ack(&client, MQTT_PUBREL, packet_id);
    rig_ack(&client, MQTT_PUBCOMP, packet_id);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
}
END_TEST

/* The same from the client: the handshake goes on for what expired
   meanwhile. */
START_TEST(the_handshake_goes_on_although_the_message_expired)
{
    start(MQTT_5, "nothing", 2);
    rig_send_hex(&publisher, "34 0c 0001 74 0001 05 02 00000005 78");
    rig_expect_hex(&publisher, "50 03 0001 10");
    rig_advance(&rig, 100);
    rig_ack(&publisher, MQTT_PUBREL, 1);
    rig_expect_hex(&publisher, "70 02 0001");
}
END_TEST

/* [MQTT-4.4.0-2] */
START_TEST(what_the_client_refused_is_not_sent_again)
{
    unsigned qos = (unsigned)_i + 1;

    start(MQTT_5, "t", qos);
    rig_publish(&publisher, "t", "x", qos);
    refuse(&client, qos == 1 ? MQTT_PUBACK : MQTT_PUBREC,
           expect_publish(&client, "x", qos, false));
    rig_expect_nothing(&client);
    reconnect(&client, "a");
    rig_expect_nothing(&client);
}
END_TEST

/* ---- who gets it ---- */

/* [MQTT-4.5.0-1] */
START_TEST(a_message_is_added_to_each_session_that_subscribes)
{
    start(versions[_i], "t", 1);
    rig_cut(&client); /* its session remains */
    login_kept(&other, versions[_i], "b");
    rig_subscribe(&other, "+", 1);
    rig_publish(&publisher, "t", "x", 1);
    expect_publish(&other, "x", 1, false);
    rig_expect_nothing(&other);
    ck_assert(login_kept(&client, versions[_i], "a"));
    expect_publish(&client, "x", 1, false);
}
END_TEST

/* [MQTT-3.10.4-3] */
START_TEST(unsubscribe_completes_what_is_under_way)
{
    static const char *const unsubscribe[] = {"a2 05 0009 0001 74",
                                              "a2 06 0009 00 0001 74"};
    static const char *const unsuback[] = {"b0 02 0009", "b0 04 0009 00 00"};

    start(versions[_i], "t", 2);
    rig_publish(&publisher, "t", "x", 2);
    uint16_t packet_id = expect_publish(&client, "x", 2, false);
    rig_send_hex(&client, unsubscribe[_i]);
    rig_expect_hex(&client, unsuback[_i]);
    reconnect(&client, "a");
    ck_assert_uint_eq(expect_publish(&client, "x", 2, true), packet_id);
    rig_ack(&client, MQTT_PUBREC, packet_id);
    expect_ack(&client, MQTT_PUBREL, packet_id);
    rig_ack(&client, MQTT_PUBCOMP, packet_id);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
}
END_TEST

/* [MQTT-3.8.4-4] */
START_TEST(replacing_a_subscription_loses_no_message)
{
    rig.config.max_inflight_messages = 1;
    start(versions[_i], "t", 1);
    rig_publish_retained(&publisher, "t", "kept", 1);
    rig_publish(&publisher, "t", "waits", 1);
    uint16_t packet_id = expect_publish(&client, "kept", 1, false);
    const struct mqtt_subscription subscription = {
        .topic_filter = slice_of_string("t"), .qos = 1};
    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};
    struct buf filters = {0};
    subscribe_put(&filters, MQTT_SUBSCRIBE, &subscription);
    packet.subscribe.packet_id = 77;
    packet.subscribe.filters = buf_slice(&filters);
    rig_send(&client, &packet);
    buf_release(&filters);
    rig_expect(&client, MQTT_SUBACK, &packet);
    rig_ack(&client, MQTT_PUBACK, packet_id);
    rig_ack(&client, MQTT_PUBACK, expect_publish(&client, "waits", 1, false));
    expect_publish(&client, "kept", 1, false); /* the retained one, again */
}
END_TEST

/* ---- the send quota [MQTT5 4.9] ---- */

/* [MQTT-3.3.4-10] [MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-4.9.0-3] */
START_TEST(a_quota_of_0_stops_qos_1_and_2_and_nothing_else)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_5, "pub", true);
    rig_login_5(&rig, &client, "a", true, slice_of("\x21\x00\x02", 3));
    rig_subscribe(&client, "t", 2);
    uint16_t ids[2];
    for (int i = 0; i < 4; i++)
        rig_publish(&publisher, "t", "x", 1 + (unsigned)i % 2);
    ids[0] = expect_publish(&client, "x", 1, false);
    ids[1] = expect_publish(&client, "x", 2, false);
    rig_expect_nothing(&client);
    rig_publish(&publisher, "t", "at QoS 0", 0);
    expect_publish(&client, "at QoS 0", 0, false);
    rig_send_hex(&client, "c0 00");
    rig_expect_hex(&client, "d0 00");
    ck_assert_uint_eq(rig_subscribe(&client, "u", 1), 1);
    rig_ack(&client, MQTT_PUBREC, ids[1]);
    expect_ack(&client, MQTT_PUBREL, ids[1]);
    rig_expect_nothing(&client);
    rig_ack(&client, MQTT_PUBCOMP, ids[1]);
    expect_publish(&client, "x", 1, false);
    rig_expect_nothing(&client);
}
END_TEST

/* A refusal ends a flow as well, and gives its place back. */
START_TEST(a_pubrec_that_refuses_gives_the_quota_back)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_5, "pub", true);
    rig_login_5(&rig, &client, "a", true, slice_of("\x21\x00\x01", 3));
    rig_subscribe(&client, "t", 2);
    rig_publish(&publisher, "t", "x", 2);
    rig_publish(&publisher, "t", "y", 2);
    refuse(&client, MQTT_PUBREC, expect_publish(&client, "x", 2, false));
    expect_publish(&client, "y", 2, false);
}
END_TEST

/* ---- shared subscriptions [MQTT5 4.8.2] ---- */

/* Two members of one group, both with sessions that are kept. */
static void start_group(unsigned qos, unsigned other_qos)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_5, "pub", true);
    login_kept(&client, MQTT_5, "a");
    login_kept(&other, MQTT_5, "b");
    rig_subscribe(&client, "$share/g/t", qos);
    rig_subscribe(&other, "$share/g/t", other_qos);
}

/* Who of the two got the message? */
static struct rig_client *receiver(void)
{
    ck_assert((client.in.len > 0) != (other.in.len > 0));
    return client.in.len ? &client : &other;
}

/* [MQTT-4.8.2-3] */
START_TEST(a_member_of_a_group_gets_what_it_was_granted)
{
    start_group(0, 1);
    for (int i = 0; i < 6; i++) {
        rig_publish(&publisher, "t", "x", 2);
        struct rig_client *to = receiver();
        uint16_t packet_id = expect_publish(to, "x", to == &other, false);
        if (to == &other)
            rig_ack(&other, MQTT_PUBACK, packet_id);
    }
}
END_TEST

/* [MQTT-4.8.2-4] */
START_TEST(a_shared_message_is_completed_to_the_same_client)
{
    start_group(2, 2);
    rig_publish(&publisher, "t", "x", 2);
    struct rig_client *first = receiver();
    struct rig_client *second = first == &client ? &other : &client;
    uint16_t packet_id = expect_publish(first, "x", 2, false);
    reconnect(first, first == &client ? "a" : "b");
    ck_assert_uint_eq(expect_publish(first, "x", 2, true), packet_id);
    rig_expect_nothing(second);
}
END_TEST

/* [MQTT-4.8.2-5] */
START_TEST(a_shared_message_dies_with_the_session_that_had_it)
{
    start_group(2, 2);
    rig_publish(&publisher, "t", "x", 2);
    struct rig_client *first = receiver();
    struct rig_client *second = first == &client ? &other : &client;
    expect_publish(first, "x", 2, false);
    rig_cut(first);
    rig_login(&rig, first, MQTT_5, first == &client ? "a" : "b", true);
    rig_expect_nothing(first);
    rig_expect_nothing(second);
}
END_TEST

/* [MQTT-4.8.2-6] */
START_TEST(a_shared_message_that_is_refused_goes_to_nobody_else)
{
    unsigned qos = (unsigned)_i + 1;

    start_group(qos, qos);
    rig_publish(&publisher, "t", "x", qos);
    struct rig_client *first = receiver();
    struct rig_client *second = first == &client ? &other : &client;
    refuse(first, qos == 1 ? MQTT_PUBACK : MQTT_PUBREC,
           expect_publish(first, "x", qos, false));
    rig_expect_nothing(first);
    rig_expect_nothing(second);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
}
END_TEST

Suite *spec_flow_suite(void)
{
    Suite *suite = suite_create("spec_flow");
    TCase *tcase = unit_case(suite, "flow", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_publish_is_answered_as_its_qos_asks, 0, 2);
    tcase_add_test(tcase,
                   before_version_5_a_refused_publish_is_acknowledged_as_usual);
    tcase_add_loop_test(
        tcase, acknowledgements_come_in_the_order_of_what_they_answer, 0, 2);
    tcase_add_loop_test(tcase, pubrel_comes_in_the_order_of_pubrec, 0, 2);
    tcase_add_loop_test(tcase, messages_of_a_topic_keep_their_order, 0, 2);
    tcase_add_test(tcase, after_a_pubrec_that_refuses_the_identifier_is_free);
    tcase_add_loop_test(
        tcase, a_flow_of_qos_2_is_under_way_until_its_last_answer, 0, 2);
    tcase_add_test(tcase, a_message_that_was_sent_does_not_expire);
    tcase_add_test(tcase, the_handshake_goes_on_although_the_message_expired);
    tcase_add_loop_test(tcase, what_the_client_refused_is_not_sent_again, 0, 2);
    tcase_add_loop_test(
        tcase, a_message_is_added_to_each_session_that_subscribes, 0, 2);
    tcase_add_loop_test(tcase, unsubscribe_completes_what_is_under_way, 0, 2);
    tcase_add_loop_test(tcase, replacing_a_subscription_loses_no_message, 0, 2);
    tcase_add_test(tcase, a_quota_of_0_stops_qos_1_and_2_and_nothing_else);
    tcase_add_test(tcase, a_pubrec_that_refuses_gives_the_quota_back);
    tcase_add_test(tcase, a_member_of_a_group_gets_what_it_was_granted);
    tcase_add_test(tcase, a_shared_message_is_completed_to_the_same_client);
    tcase_add_test(tcase, a_shared_message_dies_with_the_session_that_had_it);
    tcase_add_loop_test(
        tcase, a_shared_message_that_is_refused_goes_to_nobody_else, 0, 2);
    return suite;
}
