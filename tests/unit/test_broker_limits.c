#include "broker_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/connection.h"
#include "broker/handle.h"
#include "broker/session.h"
#include "mqtt/property.h"
#include "wire/tap_reader.h"

/* Every limit has a test here that hits it. */

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

static struct session *session(const char *client_id)
{
    return session_store_find(&rig.broker->sessions,
                              slice_of_string(client_id));
}

/* ---- coming in ---- */

START_TEST(a_connection_without_connect_is_closed_in_time)
{
    rig.config.connect_timeout = 10;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_3_1_1);
    rig_send_hex(&client, "10 0d 0004"); /* dripping does not help */
    rig_advance(&rig, 9.9);
    ck_assert(!client.ended);
    rig_advance(&rig, 0.2);
    rig_expect_ended(&client);
    ck_assert(rig_logged(&rig, "has sent no CONNECT in time"));
}
END_TEST

START_TEST(max_connections_holds_for_a_listener)
{
    rig.config.listeners[0].max_connections = 1;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    ck_assert_ptr_null(broker_connect(rig.broker, 0));
    rig_logout(&client);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
}
END_TEST

START_TEST(max_clients_counts_those_that_are_away)
{
    struct mqtt_packet packet;

    rig.config.max_clients = 1;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_logout(&client);
    rig_open(&rig, &other, MQTT_5);
    packet = rig_connect(&other, "b");
    rig_send(&other, &packet);
    rig_expect(&other, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, MQTT_QUOTA_EXCEEDED);
    ck_assert(rig_login(&rig, &client, MQTT_3_1_1, "a", false));
}
END_TEST

/* [MQTT-3.1.3-8] */
START_TEST(a_client_identifier_has_a_longest_length)
{
    char id[HANDLE_MAX_CLIENT_ID_BYTES + 2];
    struct mqtt_packet packet;
    bool version_5 = _i;

    memset(id, 'i', sizeof(id));
    id[sizeof(id) - 1] = 0;
    rig_start(&rig);
    rig_open(&rig, &client, version_5 ? MQTT_5 : MQTT_3_1_1);
    packet = rig_connect(&client, id);
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason,
                      version_5 ? (unsigned)MQTT_CLIENT_IDENTIFIER_NOT_VALID
                                : (unsigned)CONNACK_IDENTIFIER_REJECTED);
    rig_expect_ended(&client);
    id[sizeof(id) - 2] = 0;
    rig_login(&rig, &other, MQTT_3_1_1, id, true);
}
END_TEST

START_TEST(a_connect_is_not_larger_than_it_can_reasonably_be)
{
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_3_1_1);
    rig_send_hex(&client, "10 ff ff ff 7f");
    rig_expect_ended(&client);
}
END_TEST

/* [MQTT-3.2.2-15] */
START_TEST(max_packet_size_is_told_and_kept)
{
    struct mqtt_packet packet;

    rig.config.max_packet_size = 100;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    packet = rig_connect(&client, "a");
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(property_number(packet.connack.properties,
                                      PROPERTY_MAXIMUM_PACKET_SIZE, 0),
                      100);
    rig_send_hex(&client, "30 64");
    ck_assert_ptr_nonnull(rig_take_reason_string(&client));
    rig_expect_hex(&client, "e0 01 95");
    rig_expect_ended(&client);
}
END_TEST

START_TEST(message_size_limit_bounds_the_payload_of_a_will)
{
    rig.config.message_size_limit = 4;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    struct mqtt_packet packet = rig_connect(&client, "a");
    packet.connect.will = (struct mqtt_will){
        .set = true,
        .topic = slice_of_string("t"),
        .payload = slice_of_string("12345"),
    };
    rig_send(&client, &packet);
    ck_assert_ptr_nonnull(rig_take_reason_string(&client));
    rig_expect_hex(&client, "20 03 00 95 00");
    rig_expect_ended(&client);
}
END_TEST

/* Each filter of a few bytes costs a look at everything that is retained. */
START_TEST(retained_messages_are_not_looked_through_without_end)
{
    struct mqtt_packet packet;

    rig_start(&rig);
    rig_login(&rig, &other, MQTT_5, "b", true);
    for (int i = 0; i < 100; i++) {
        char topic[16];

        snprintf(topic, sizeof(topic), "t/%d", i);
        rig_publish_retained(&other, topic, "x", 0);
    }
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_send_filter(&client, MQTT_SUBSCRIBE, "+/none", 0, 5000);
    rig_expect(&client, MQTT_SUBACK, &packet);
    rig_expect_nothing(&client);
    rig_send_filter(&client, MQTT_SUBSCRIBE, "#", 0, 20000);
    rig_expect_ended(&client);
    ck_assert(rig_logged(&rig, "asks for retained messages again and again"));
}
END_TEST

/* [MQTT311-4.8.0-2] */
START_TEST(a_subscribe_is_not_larger_than_it_can_reasonably_be)
{
    struct mqtt_packet packet;

    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_send_filter(&client, MQTT_SUBSCRIBE, "a", 0,
                    HANDLE_MAX_SUBSCRIBE_BYTES / 4 - 1);
    rig_expect(&client, MQTT_SUBACK, &packet);
    rig_send_filter(&client, MQTT_SUBSCRIBE, "a", 0,
                    HANDLE_MAX_SUBSCRIBE_BYTES / 4);
    ck_assert_ptr_nonnull(rig_take_reason_string(&client));
    rig_expect_hex(&client, "e0 01 97");
    rig_expect_ended(&client);
}
END_TEST

START_TEST(a_topic_has_only_so_many_levels)
{
    struct mqtt_packet packet;

    rig.config.max_topic_levels = 3;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    ck_assert_uint_eq(rig_subscribe(&client, "a/b/#", 0), 0);
    ck_assert_uint_eq(rig_subscribe(&client, "a/b/c/#", 0),
                      MQTT_TOPIC_FILTER_INVALID);
    rig_publish(&client, "a/b/c", "x", 0);
    rig_expect_publish(&client, "a/b/c", "x", 0, NULL);
    rig_publish(&client, "a/b/c/d", "x", 0);
    rig_expect(&client, MQTT_DISCONNECT, &packet);
    ck_assert_uint_eq(packet.disconnect.reason, MQTT_TOPIC_NAME_INVALID);
}
END_TEST

START_TEST(max_subscriptions_bounds_one_client)
{
    rig.config.max_subscriptions = 2;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    rig_subscribe(&client, "a", 0);
    rig_subscribe(&client, "b", 0);
    ck_assert_uint_eq(rig_subscribe(&client, "c", 0), MQTT_QUOTA_EXCEEDED);
    ck_assert_uint_eq(rig_subscribe(&client, "a", 2), 2); /* not a new one */
    ck_assert_uint_eq(rig_subscribe(&other, "c", 0), 0);
    rig_send_hex(&client, "a2 06 0009 00 0001 61");
    rig_expect_hex(&client, "b0 04 0009 00 00");
    ck_assert_uint_eq(rig_subscribe(&client, "c", 0), 0);
}
END_TEST

/* [MQTT-3.3.4-7] */
START_TEST(more_than_the_receive_maximum_disconnects)
{
    uint8_t bytes[] = {0x34, 0x06, 0, 1, 't', 0, 0, 0};

    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    for (unsigned id = 1; id <= HANDLE_RECEIVE_MAXIMUM; id++) {
        bytes[5] = (uint8_t)(id >> 8);
        bytes[6] = (uint8_t)id;
        rig_send_bytes(&client, bytes, sizeof(bytes));
    }
    ck_assert(!client.ended);
    buf_clear(&client.in);
    rig_send_hex(&client, "34 06 0001 74 ffff 00");
    rig_expect_hex(&client, "e0 01 93");
}
END_TEST

START_TEST(max_retained_messages_bounds_the_store)
{
    rig.config.max_retained_messages = 1;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_publish_retained(&client, "t", "1", 0);
    rig_publish_retained(&client, "u", "2", 0);
    rig_publish_retained(&client, "t", "3", 0);
    rig_subscribe(&client, "#", 0);
    rig_expect_publish(&client, "t", "3", 0, NULL);
    rig_expect_nothing(&client);
}
END_TEST

/* ---- queues ---- */

START_TEST(max_queued_messages_bounds_a_queue)
{
    rig.config.max_queued_messages = 2;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_subscribe(&client, "t", 1);
    rig_cut(&client);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    rig_publish(&other, "t", "1", 1);
    rig_publish(&other, "t", "2", 1);
    rig_publish(&other, "t", "3", 1);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 1);
    ck_assert(rig_logged(&rig, "are being dropped for client a."));
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_expect_publish(&client, "t", "1", 1, NULL);
    rig_expect_publish(&client, "t", "2", 1, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(max_queued_bytes_bounds_a_queue)
{
    char payload[500];

    memset(payload, 'p', sizeof(payload));
    payload[sizeof(payload) - 1] = 0;
    rig.config.max_queued_bytes = 1000;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_subscribe(&client, "t", 1);
    rig_cut(&client);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    for (int i = 0; i < 3; i++)
        rig_publish(&other, "t", payload, 1);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 2);
    ck_assert_uint_eq(outgoing_queue_waiting(&session("a")->outgoing), 1);
}
END_TEST

START_TEST(a_message_above_max_queued_bytes_waits_alone)
{
    rig.config.max_queued_bytes = 1;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_subscribe(&client, "t", 1);
    rig_cut(&client);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    rig_publish(&other, "t", "1", 1);
    rig_publish(&other, "t", "2", 1);
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_expect_publish(&client, "t", "1", 1, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_burst_loses_nothing_while_the_client_acknowledges)
{
    rig.config.max_inflight_messages = 1;
    rig.config.max_queued_messages = 2;
    rig_start(&rig);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_subscribe(&client, "t", 1);
    rig_publish(&other, "t", "x", 1);
    rig_ack(&client, MQTT_PUBACK, 1);
    for (int i = 0; i < 1 + 2 * 64; i++)
        rig_publish(&other, "t", "x", 1);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 0);
    rig_publish(&other, "t", "x", 1);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 1);
    rig_advance(&rig, 2); /* it has stopped */
    rig_ack(&client, MQTT_PUBACK, 2);
    rig_advance(&rig, 2);
    rig_publish(&other, "t", "x", 1);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 2);
}
END_TEST

/* ---- a client that does not read ---- */

static char *large_payload(void)
{
    char *payload = alloc_zero(100001, 1);

    memset(payload, 'p', 100000);
    return payload;
}

/* client subscribes to "t" and reads nothing for so long from now on. */
static void stop_reading(unsigned qos, uint32_t seconds)
{
    rig_start(&rig);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_subscribe(&client, "t", qos);
    transport_memory_set_faults(
        session("a")->connection->link.transport,
        &(struct transport_memory_faults){.capacity_bytes = 1,
                                          .delay_ms = seconds * 1000});
}

static uint32_t pending(void)
{
    return link_pending(&session("a")->connection->link);
}

START_TEST(qos_0_is_dropped_for_who_does_not_read)
{
    char *payload = large_payload();

    stop_reading(0, 3600);
    for (int i = 0; i < 50; i++)
        rig_publish(&other, "t", payload, 0);
    ck_assert_uint_lt(pending(), OUTPUT_HIGH_BYTES + 100100);
    ck_assert_uint_gt(rig.broker->counters.publish_dropped, 30);
    /* Others are served. */
    rig_send_hex(&other, "c0 00");
    rig_expect_hex(&other, "d0 00");
    free(payload);
}
END_TEST

START_TEST(qos_0_is_dropped_with_a_subscription_identifier_too)
{
    char *payload = large_payload();

    rig_start(&rig);
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_send_hex(&client, "82 09 0001 02 0b 07 0001 74 00");
    rig_expect_hex(&client, "90 04 0001 00 00");
    transport_memory_set_faults(session("a")->connection->link.transport,
                                &(struct transport_memory_faults){
                                    .capacity_bytes = 1, .delay_ms = 3600000});
    for (int i = 0; i < 50; i++)
        rig_publish(&other, "t", payload, 0);
    ck_assert_uint_lt(pending(), OUTPUT_HIGH_BYTES + 100100);
    ck_assert_uint_eq(outgoing_queue_waiting(&session("a")->outgoing), 0);
    free(payload);
}
END_TEST

START_TEST(qos_1_waits_in_the_queue_for_who_does_not_read)
{
    char *payload = large_payload();

    rig.config.max_inflight_messages = 0;
    rig.config.max_queued_messages = 10;
    stop_reading(1, 3600);
    rig_publish(&other, "t", payload, 1);
    rig_advance(&rig, 2); /* and acknowledges nothing */
    for (int i = 0; i < 50; i++)
        rig_publish(&other, "t", payload, 1);
    ck_assert_uint_lt(pending(), OUTPUT_HIGH_BYTES + 100100);
    ck_assert_uint_eq(outgoing_queue_waiting(&session("a")->outgoing), 10);
    free(payload);
}
END_TEST

START_TEST(who_reads_nothing_for_a_minute_is_disconnected)
{
    char *payload = large_payload();

    stop_reading(0, 3600);
    for (int i = 0; i < 50; i++)
        rig_publish(&other, "t", payload, 0);
    rig_advance(&rig, 59);
    ck_assert_ptr_nonnull(session("a"));
    rig_advance(&rig, 2);
    ck_assert_ptr_null(session("a"));
    ck_assert(rig_logged(&rig, "does not read what it is sent"));
    free(payload);
}
END_TEST

START_TEST(who_does_not_read_its_answers_is_not_read_from)
{
    uint8_t pings[2000];

    for (size_t i = 0; i < sizeof(pings); i++)
        pings[i] = i % 2 ? 0x00 : 0xc0;
    stop_reading(0, 3600);
    for (int i = 0; i < 2000 && !session("a")->connection->link.holds; i++)
        rig_send_bytes(&client, pings, sizeof(pings));
    ck_assert_uint_eq(session("a")->connection->link.holds, HOLD_CONGESTED);
    ck_assert_uint_lt(pending(), OUTPUT_HIGH_BYTES + sizeof(pings));
    rig_advance(&rig, 61);
    ck_assert_ptr_null(session("a"));
}
END_TEST

START_TEST(who_reads_again_gets_what_waited)
{
    char *payload = large_payload();
    struct mqtt_packet packet;
    unsigned seen = 0;

    rig.config.max_inflight_messages = 0;
    stop_reading(1, 50);
    for (int i = 0; i < 50; i++)
        rig_publish(&other, "t", payload, 1);
    transport_memory_set_faults(session("a")->connection->link.transport,
                                &(struct transport_memory_faults){0});
    rig_advance(&rig, 51);
    while (rig_next(&client, &packet))
        seen++;
    ck_assert_uint_eq(seen, 50);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 0);
    free(payload);
}
END_TEST

/* ---- memory ---- */

START_TEST(what_is_idle_is_small)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    const struct session *idle = session("a");
    ck_assert_uint_le(sizeof(*idle) + sizeof(*idle->connection), 408);
    ck_assert_ptr_null(idle->outgoing.inflight);
    ck_assert_ptr_null(idle->outgoing.waiting);
    ck_assert_ptr_null(idle->incoming.words);
    ck_assert_ptr_null(idle->connection->link.in.bytes);
    ck_assert_ptr_null(idle->connection->link.out.bytes);
}
END_TEST

START_TEST(memory_of_flows_is_given_back)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_subscribe(&client, "t", 1);
    for (int i = 0; i < 50; i++) {
        rig_publish(&client, "t", "x", 2);
        rig_ack(&client, MQTT_PUBREL, client.last_id);
    }
    for (struct mqtt_packet packet; rig_next(&client, &packet);) {
        if (packet.type == MQTT_PUBLISH)
            rig_ack(&client, MQTT_PUBACK, packet.publish.packet_id);
    }
    ck_assert_ptr_null(session("a")->outgoing.inflight);
    ck_assert_ptr_null(session("a")->outgoing.waiting);
    /* An identifier far up makes the bitmap large for as long as it is used. */
    rig_send_hex(&client, "34 06 0001 78 ffff 78");
    rig_ack(&client, MQTT_PUBREL, 0xffff);
    ck_assert_ptr_null(session("a")->incoming.words);
}
END_TEST

/* ---- with and without the tap the bytes are the same ---- */

START_TEST(the_tap_changes_nothing_on_the_wire)
{
    struct buf without = {0};

    rig_start(&rig);
    for (int watched = 0; watched < 2; watched++) {
        if (watched)
            ck_assert_int_ge(tap_attach(&rig.broker->tap), 0);
        rig_login(&rig, &client, MQTT_5, "a", true);
        rig_subscribe(&client, "t", 2);
        for (unsigned qos = 0; qos < 3; qos++)
            rig_publish(&client, "t", "x", qos);
        if (!watched) {
            without = client.in;
            client.in = (struct buf){0};
        } else {
            ck_assert_uint_eq(client.in.len, without.len);
            ck_assert_mem_eq(client.in.bytes, without.bytes, without.len);
        }
        rig_logout(&client);
    }
    tap_detach(&rig.broker->tap);
    buf_release(&without);
    client = (struct rig_client){.rig = &rig};
}
END_TEST

Suite *broker_limits_suite(void)
{
    Suite *suite = suite_create("broker_limits");
    TCase *tcase = unit_case(suite, "limits", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_connection_without_connect_is_closed_in_time);
    tcase_add_test(tcase, max_connections_holds_for_a_listener);
    tcase_add_test(tcase, max_clients_counts_those_that_are_away);
    tcase_add_loop_test(tcase, a_client_identifier_has_a_longest_length, 0, 2);
    tcase_add_test(tcase, a_connect_is_not_larger_than_it_can_reasonably_be);
    tcase_add_test(tcase, max_packet_size_is_told_and_kept);
    tcase_add_test(tcase, message_size_limit_bounds_the_payload_of_a_will);
    tcase_add_test(tcase, retained_messages_are_not_looked_through_without_end);
    tcase_add_test(tcase, a_subscribe_is_not_larger_than_it_can_reasonably_be);
    tcase_add_test(tcase, a_topic_has_only_so_many_levels);
    tcase_add_test(tcase, max_subscriptions_bounds_one_client);
    tcase_add_test(tcase, more_than_the_receive_maximum_disconnects);
    tcase_add_test(tcase, max_retained_messages_bounds_the_store);
    tcase_add_test(tcase, max_queued_messages_bounds_a_queue);
    tcase_add_test(tcase, max_queued_bytes_bounds_a_queue);
    tcase_add_test(tcase, a_message_above_max_queued_bytes_waits_alone);
    tcase_add_test(tcase, a_burst_loses_nothing_while_the_client_acknowledges);
    tcase_add_test(tcase, qos_0_is_dropped_for_who_does_not_read);
    tcase_add_test(tcase, qos_0_is_dropped_with_a_subscription_identifier_too);
    tcase_add_test(tcase, qos_1_waits_in_the_queue_for_who_does_not_read);
    tcase_add_test(tcase, who_reads_nothing_for_a_minute_is_disconnected);
    tcase_add_test(tcase, who_does_not_read_its_answers_is_not_read_from);
    tcase_add_test(tcase, who_reads_again_gets_what_waited);
    tcase_add_test(tcase, what_is_idle_is_small);
    tcase_add_test(tcase, memory_of_flows_is_given_back);
    tcase_add_test(tcase, the_tap_changes_nothing_on_the_wire);
    return suite;
}
