#include "broker_rig.h"

#include <stdio.h>

#include "broker/session.h"
#include "mqtt/property.h"
#include "mqtt/subscribe.h"

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

static void start(enum mqtt_version version)
{
    rig.config.max_topic_levels = 5;
    rig_start(&rig);
    rig_login(&rig, &client, version, "a", true);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
}

static const struct {
    const char *name;
    enum mqtt_version version;
    const char *request;
    const char *answer;
    const char *why; /* the Reason String; NULL: nothing was refused */
} answers[] = {
    {"MQTT-3.8.4-1, MQTT-3.8.4-2, MQTT-3.8.4-7, MQTT-3.9.3-1: 3.1.1",
     MQTT_3_1_1,                                                                  "82 0e 0009 0001 61 00 0001 62 01 0001 63 02",
     "90 05 0009 00 01 02",                                                                                                                                NULL},
    {"version 5",                                                     MQTT_5,     "82 0b 0009 00 0001 61 00 0001 62 02",
     "90 05 0009 00 00 02",                                                                                                                                NULL},
    {"MQTT-3.8.4-6: one answer a filter, bad ones too",               MQTT_5,
     "82 1b 0009 00 0001 61 01 0003 612f23 01 000b 612f622f632f642f652f66 01",                                                   "90 06 0009 00 01 01 8f",
     "Topic Filter 3 of 3: the filter is deeper than max_topic_levels"                                                                                         },
    {"MQTT-3.10.4-4, MQTT-3.10.4-5: UNSUBSCRIBE of nothing, 3.1.1",   MQTT_3_1_1,
     "a2 05 0009 0001 61",                                                                                                       "b0 02 0009",             NULL},
    {"MQTT-3.10.4-4, MQTT-3.10.4-5: UNSUBSCRIBE of nothing, 5",       MQTT_5,
     "a2 06 0009 00 0001 61",                                                                                                    "b0 04 0009 00 11",       NULL},
};

START_TEST(each_request_gets_its_answer)
{
    start(answers[_i].version);
    rig_send_hex(&client, answers[_i].request);
    if (answers[_i].why)
        ck_assert_str_eq(rig_take_reason_string(&client), answers[_i].why);
    rig_expect_hex(&client, answers[_i].answer);
    ck_assert(!client.ended);
}
END_TEST

/* [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2] */
static const char *const no_filters[] = {
    "a#",        "#/a",        "a/#/b",       "a+",        "a/+b/c",   "",
    "$share//x", "$share/+/x", "$share/g#/x", "$share/g/", "$share/g",
};

#define NO_FILTERS (sizeof(no_filters) / sizeof(no_filters[0]))

/* Malformed, and told so where there is a way [MQTT-4.13.1-1]. */
START_TEST(what_is_no_filter_ends_the_connection)
{
    enum mqtt_type type = _i % 2 ? MQTT_UNSUBSCRIBE : MQTT_SUBSCRIBE;
    enum mqtt_version version = _i % 4 < 2 ? MQTT_3_1_1 : MQTT_5;

    start(version);
    rig_send_filter(&client, type, no_filters[_i / 4], 0, 1);
    if (version == MQTT_5)
        rig_expect_hex(&client, "e0 01 81");
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-3.8.3-4] */
START_TEST(no_local_on_a_shared_subscription_is_an_error)
{
    start(MQTT_5);
    rig_send_hex(&client, "82 10 0009 00 000a 2473686172652f672f78 05");
    rig_expect_hex(&client, "e0 01 82");
}
END_TEST

/* The top bit of the version byte says so; mosquitto's bridges set it. */
START_TEST(a_bridge_gets_nothing_back_and_retain_as_it_was_published)
{
    struct mqtt_packet packet;
    struct mqtt_publish publish;

    start(_i ? MQTT_3_1_1 : MQTT_3_1);
    rig_close(&client);
    rig_open(&rig, &client, _i ? MQTT_3_1_1 : MQTT_3_1);
    packet = rig_connect(&client, "bridge");
    packet.connect.bridge = true;
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, 0);
    rig_subscribe(&client, "#", 0);
    rig_subscribe(&client, "$share/g/#", 0);
    rig_publish_retained(&client, "t", "own", 0);
    rig_expect_publish(&client, "t", "own", 0, NULL); /* of the group */
    rig_expect_nothing(&client);
    rig_send_hex(&client, "a2 0e 0009 000a 2473686172652f672f23");
    rig_expect(&client, MQTT_UNSUBACK, &packet);
    rig_publish_retained(&other, "t", "there", 0);
    rig_expect_publish(&client, "t", "there", 0, &publish);
    ck_assert(publish.retain);
}
END_TEST

/* [MQTT-3.1.2-24] */
START_TEST(an_answer_that_the_client_cannot_take_ends_the_connection)
{
    enum mqtt_type type = _i ? MQTT_UNSUBSCRIBE : MQTT_SUBSCRIBE;
    struct buf properties = {0};

    rig_start(&rig);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    rig_publish_retained(&other, "t", "kept", 0);
    property_put_number(&properties, PROPERTY_MAXIMUM_PACKET_SIZE, 40);
    rig_login_5(&rig, &client, "a", true, buf_slice(&properties));
    buf_release(&properties);
    struct buf filters = {0};
    for (int i = 0; i < 40; i++) {
        struct mqtt_subscription one = {.topic_filter = slice_of_string("t")};

        subscribe_put(&filters, type, &one);
    }
    rig_send(&client, &(struct mqtt_packet){
                          .type = type,
                          .subscribe = {.packet_id = 9,
                                        .filters = buf_slice(&filters),
                                        .count = 40}
    });
    buf_release(&filters);
    rig_expect_hex(&client, "e0 01 95");
    rig_expect_ended(&client);
}
END_TEST

START_TEST(max_subscription_bytes_bounds_one_client)
{
    rig.config.max_subscription_bytes = 2 * SUBSCRIPTION_LEVEL_BYTES + 4;
    start(MQTT_5);
    const struct session *session =
        session_store_find(&rig.broker->sessions, slice_of_string("a"));
    ck_assert_uint_eq(rig_subscribe(&client, "t/u", 0), 0);
    ck_assert_uint_eq(session->subscriber.filter_bytes,
                      2 * SUBSCRIPTION_LEVEL_BYTES + 2);
    ck_assert_uint_eq(rig_subscribe(&client, "u", 0), MQTT_QUOTA_EXCEEDED);
    ck_assert_uint_eq(rig_subscribe(&client, "t/u", 1), 1); /* replaced */
    rig_send_hex(&client, "a2 08 0005 00 0003 742f75");
    rig_expect_hex(&client, "b0 04 0005 00 00");
    ck_assert_uint_eq(session->subscriber.filter_bytes, 0);
    ck_assert_uint_eq(rig_subscribe(&client, "$share/a_name/t/uu", 0), 0);
    ck_assert_uint_eq(session->subscriber.filter_bytes,
                      2 * SUBSCRIPTION_LEVEL_BYTES + 3);
    ck_assert_uint_eq(rig_subscribe(&client, "long", 0), MQTT_QUOTA_EXCEEDED);
}
END_TEST

/* [MQTT-3.11.3-1] [MQTT-3.10.4-6] */
START_TEST(unsubscribe_answers_in_the_order_of_its_filters)
{
    start(MQTT_5);
    rig_subscribe(&client, "t", 0);
    rig_send_hex(&client, "a2 0c 0009 00 0001 75 0001 74 0001 76");
    rig_expect_hex(&client, "b0 06 0009 00 11 00 11");
}
END_TEST

/* [MQTT-3.10.4-1] [MQTT-3.10.4-2] */
START_TEST(unsubscribe_stops_what_comes)
{
    start(_i ? MQTT_5 : MQTT_3_1_1);
    rig_subscribe(&client, "t", 0);
    rig_subscribe(&client, "u", 0);
    rig_send_hex(&client, _i ? "a2 06 0009 00 0001 74" : "a2 05 0009 0001 74");
    rig_expect_hex(&client, _i ? "b0 04 0009 00 00" : "b0 02 0009");
    rig_publish(&other, "t", "x", 0);
    rig_publish(&other, "u", "y", 0);
    rig_expect_publish(&client, "u", "y", 0, NULL);
    ck_assert_uint_eq(
        subscription_tree_stats(rig.broker->subscriptions).subscriptions, 1);
}
END_TEST

/* [MQTT-3.8.4-3] */
START_TEST(subscribing_again_replaces_the_options)
{
    start(_i ? MQTT_5 : MQTT_3_1_1);
    rig_subscribe(&client, "t", 0);
    rig_subscribe(&client, "t", 2);
    rig_publish(&other, "t", "x", 2);
    rig_expect_publish(&client, "t", "x", 2, NULL);
    rig_expect_nothing(&client);
    ck_assert_uint_eq(
        subscription_tree_stats(rig.broker->subscriptions).subscriptions, 1);
}
END_TEST

START_TEST(max_qos_of_the_listener_is_granted_at_most)
{
    rig.config.listeners[0].max_qos = 1;
    start(MQTT_3_1_1);
    ck_assert_uint_eq(rig_subscribe(&client, "t", 2), 1);
    ck_assert_uint_eq(rig_subscribe(&client, "t", 0), 0);
    rig_publish(&other, "t", "x", 2); /* and nobody may publish above it */
    rig_expect_ended(&other);
}
END_TEST

START_TEST(log_lines_name_filters)
{
    start(MQTT_3_1_1);
    rig_subscribe(&client, "t/#", 1);
    ck_assert(rig_logged(&rig, "Received SUBSCRIBE from a\n"
                               "    t/# (QoS 1)\n"));
    ck_assert(rig_logged(&rig, "Sending SUBACK to a"));
}
END_TEST

/* ---- retained messages ---- */

/* [MQTT-3.3.1-5] [MQTT311-3.3.1-6] [MQTT311-3.3.1-8] */
START_TEST(a_new_subscription_gets_the_retained_messages)
{
    struct mqtt_publish publish;

    start(_i ? MQTT_5 : MQTT_3_1_1);
    rig_publish_retained(&other, "t/a", "old", 1);
    rig_publish_retained(&other, "t/a", "new", 1);
    rig_publish(&other, "t/b", "not retained", 1);
    buf_clear(&other.in);
    ck_assert_uint_eq(rig_subscribe(&client, "t/#", 2), 2);
    rig_expect_publish(&client, "t/a", "new", 1, &publish);
    ck_assert(publish.retain);
    rig_expect_nothing(&client);
    rig_subscribe(&client, "+/a", 0);
    rig_expect_publish(&client, "t/a", "new", 0, &publish);
    ck_assert(publish.retain);
    ck_assert_uint_eq(retained_store_count(rig.broker->retained), 1);
}
END_TEST

/* [MQTT-3.3.1-6] [MQTT-3.3.1-7] */
START_TEST(an_empty_payload_removes_the_retained_message)
{
    struct mqtt_publish publish;

    start(_i ? MQTT_5 : MQTT_3_1_1);
    rig_publish_retained(&other, "t", "x", 0);
    rig_subscribe(&client, "u", 0);
    rig_publish_retained(&other, "t", "", 0);
    rig_subscribe(&client, "t", 0);
    rig_expect_nothing(&client);
    rig_publish_retained(&other, "t", "", 0);
    rig_expect_publish(&client, "t", "", 0,
                       &publish); /* and goes on as usual */
    ck_assert(!publish.retain);
    ck_assert_uint_eq(retained_store_count(rig.broker->retained), 0);
}
END_TEST

static void subscribe_with(unsigned retain_handling, uint32_t identifier)
{
    const struct mqtt_subscription subscription = {
        .topic_filter = slice_of_string("t"),
        .qos = 1,
        .retain_handling = (uint8_t)retain_handling,
    };
    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};
    struct buf filters = {0};
    struct buf properties = {0};

    subscribe_put(&filters, MQTT_SUBSCRIBE, &subscription);
    if (identifier)
        property_put_number(&properties, PROPERTY_SUBSCRIPTION_IDENTIFIER,
                            identifier);
    packet.subscribe.packet_id = ++client.last_id;
    packet.subscribe.filters = buf_slice(&filters);
    packet.subscribe.properties = buf_slice(&properties);
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_SUBACK, &packet);
    buf_release(&filters);
    buf_release(&properties);
}

static const struct {
    const char *name;
    unsigned retain_handling;
    bool first;
    bool again;
} handling[] = {
    {"MQTT-3.3.1-9: always",                             0, true,  true },
    {"MQTT-3.3.1-10: if there was no such subscription", 1, true,  false},
    {"MQTT-3.3.1-11: never",                             2, false, false},
};

START_TEST(retain_handling_says_when_retained_messages_are_sent)
{
    start(MQTT_5);
    rig_publish_retained(&other, "t", "x", 0);
    subscribe_with(handling[_i].retain_handling, 0);
    if (handling[_i].first)
        rig_expect_publish(&client, "t", "x", 0, NULL);
    rig_expect_nothing(&client);
    subscribe_with(handling[_i].retain_handling, 0);
    if (handling[_i].again)
        rig_expect_publish(&client, "t", "x", 0, NULL);
    rig_expect_nothing(&client);
}
END_TEST

/* [MQTT-3.3.4-3] */
START_TEST(a_retained_message_names_the_subscription)
{
    struct mqtt_publish publish;

    start(MQTT_5);
    rig_publish_retained(&other, "t", "x", 1);
    subscribe_with(0, 77);
    rig_expect_publish(&client, "t", "x", 1, &publish);
    ck_assert_uint_eq(property_number(publish.properties,
                                      PROPERTY_SUBSCRIPTION_IDENTIFIER, 0),
                      77);
}
END_TEST

/* [MQTT5 4.8.2] */
START_TEST(a_shared_subscription_gets_no_retained_messages)
{
    start(MQTT_5);
    rig_publish_retained(&other, "t", "x", 0);
    rig_publish_retained(&other, "$share/g/t", "a topic of that name", 0);
    rig_subscribe(&client, "$share/g/t", 0);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(more_retained_messages_than_the_window_all_arrive)
{
    char topic[16];
    unsigned seen = 0;

    rig.config.max_inflight_messages = 5;
    rig.config.max_queued_messages = 3;
    start(MQTT_3_1_1);
    for (int i = 0; i < 50; i++) {
        snprintf(topic, sizeof(topic), "t/%d", i);
        rig_publish_retained(&other, topic, "x", 1);
    }
    rig_subscribe(&client, "t/#", 1);
    for (struct mqtt_packet packet; rig_next(&client, &packet); seen++)
        rig_ack(&client, MQTT_PUBACK, packet.publish.packet_id);
    ck_assert_uint_eq(seen, 50);
}
END_TEST

START_TEST(retained_messages_expire)
{
    start(MQTT_5);
    rig_send_hex(&client, "31 0a 0001 74 05 02 0000000a 61");
    rig_advance(&rig, 9);
    rig_subscribe(&client, "t", 0);
    rig_expect_publish(&client, "t", "a", 0, NULL);
    rig_advance(&rig, 2);
    rig_subscribe(&client, "t", 0);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(where_retaining_is_off_it_is_refused)
{
    struct mqtt_packet packet;

    rig.config.retain_available = false;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    packet = rig_connect(&client, "a");
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(property_number(packet.connack.properties,
                                      PROPERTY_RETAIN_AVAILABLE, 1),
                      0);
    rig_publish_retained(&client, "t", "x", 0);
    rig_expect_hex(&client, "e0 01 9a"); /* [MQTT-3.2.2-14] */
}
END_TEST

Suite *broker_subscribe_suite(void)
{
    Suite *suite = suite_create("broker_subscribe");
    TCase *tcase = unit_case(suite, "subscribe", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, each_request_gets_its_answer, 0,
                        sizeof(answers) / sizeof(answers[0]));
    tcase_add_loop_test(tcase, what_is_no_filter_ends_the_connection, 0,
                        4 * (int)NO_FILTERS);
    tcase_add_test(tcase, no_local_on_a_shared_subscription_is_an_error);
    tcase_add_test(tcase, max_subscription_bytes_bounds_one_client);
    tcase_add_loop_test(
        tcase, an_answer_that_the_client_cannot_take_ends_the_connection, 0, 2);
    tcase_add_loop_test(
        tcase, a_bridge_gets_nothing_back_and_retain_as_it_was_published, 0, 2);
    tcase_add_test(tcase, unsubscribe_answers_in_the_order_of_its_filters);
    tcase_add_loop_test(tcase, unsubscribe_stops_what_comes, 0, 2);
    tcase_add_loop_test(tcase, subscribing_again_replaces_the_options, 0, 2);
    tcase_add_test(tcase, max_qos_of_the_listener_is_granted_at_most);
    tcase_add_test(tcase, log_lines_name_filters);
    tcase_add_loop_test(tcase, a_new_subscription_gets_the_retained_messages, 0,
                        2);
    tcase_add_loop_test(tcase, an_empty_payload_removes_the_retained_message, 0,
                        2);
    tcase_add_loop_test(tcase,
                        retain_handling_says_when_retained_messages_are_sent, 0,
                        sizeof(handling) / sizeof(handling[0]));
    tcase_add_test(tcase, a_retained_message_names_the_subscription);
    tcase_add_test(tcase, a_shared_subscription_gets_no_retained_messages);
    tcase_add_test(tcase, more_retained_messages_than_the_window_all_arrive);
    tcase_add_test(tcase, retained_messages_expire);
    tcase_add_test(tcase, where_retaining_is_off_it_is_refused);
    return suite;
}
