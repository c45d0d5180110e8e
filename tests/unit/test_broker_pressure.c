#include "broker_rig.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/connection.h"
#include "broker/session.h"
#include "wire/tap_reader.h"

/* Clients that send too much or take too little. */

static struct rig rig;
static struct rig_client client;
static struct rig_client other;
static struct tap_reader reader;
static bool watching;

static void set_up(void)
{
    rig_init(&rig);
    client = other = (struct rig_client){.rig = &rig};
    watching = false;
}

static void tear_down(void)
{
    if (watching) {
        tap_reader_close(&reader);
        tap_detach(&rig.broker->tap);
    }
    rig_close(&client);
    rig_close(&other);
    rig_release(&rig);
}

static void start(void)
{
    rig_start(&rig);
    int ring = tap_attach(&rig.broker->tap);

    ck_assert_int_eq(tap_reader_open(&reader, ring), 0);
    watching = true;
    rig_login(&rig, &other, MQTT_3_1_1, "other", true);
    rig_login(&rig, &client, MQTT_5, "client", true);
}

/* How many records of this event there were since the last call, with a text
   that begins so. */
static unsigned events(enum event_code code, const char *begin)
{
    return rig_events(&rig, &reader, code, begin);
}

static const struct connection *connection_of_id(const char *id)
{
    const struct session *session =
        session_store_find(&rig.broker->sessions, slice_of_string(id));

    return session ? session->connection : NULL;
}

/* ---- sending too much ---- */

static void publish_many(int count)
{
    struct buf bytes = {0};

    for (int i = 0; i < count; i++)
        buf_append(&bytes, "\x30\x05\x00\x01t\x00x", 7);
    rig_send_bytes(&client, bytes.bytes, bytes.len);
    buf_release(&bytes);
}

static uint64_t published(void)
{
    return rig.broker->counters.publish_received;
}

START_TEST(a_rate_of_messages_is_kept_by_reading_later)
{
    rig.config.max_messages_per_second = 10;
    start();
    publish_many(35);
    ck_assert_uint_eq(published(), 11);
    ck_assert_uint_eq(
        events(EVENT_LIMIT, "sends more than max_messages_per_second"), 1);
    rig_advance(&rig, 1);
    ck_assert_uint_eq(published(), 21);
    rig_advance(&rig, 1.5);
    ck_assert_uint_eq(published(), 35);
    ck_assert_uint_eq(events(EVENT_LIMIT, ""), 0); /* once is enough */
    ck_assert(!client.ended);
    /* After a rest it is told again. */
    rig_advance(&rig, 3);
    publish_many(12);
    ck_assert_uint_eq(events(EVENT_LIMIT, "sends more"), 1);
    ck_assert(rig_logged(&rig, "Client client sends more than max_messages"));
}
END_TEST

START_TEST(a_rate_of_bytes_is_kept_too)
{
    rig.config.max_bytes_per_second = 70;
    start();
    publish_many(35);
    ck_assert_uint_eq(published(), 11);
    ck_assert_uint_eq(
        events(EVENT_LIMIT, "sends more than max_bytes_per_second"), 1);
    rig_advance(&rig, 1);
    ck_assert_uint_eq(published(), 21);
}
END_TEST

START_TEST(others_are_served_while_one_is_delayed)
{
    rig.config.max_messages_per_second = 10;
    start();
    publish_many(35);
    rig_send_hex(&other, "c0 00");
    rig_expect_hex(&other, "d0 00");
    rig_publish(&other, "t", "x", 0);
    ck_assert_uint_eq(published(), 12);
}
END_TEST

START_TEST(the_keep_alive_rests_while_a_client_is_delayed)
{
    rig.config.max_messages_per_second = 1;
    start();
    rig_close(&client);
    rig_open(&rig, &client, MQTT_5);
    struct mqtt_packet packet = rig_connect(&client, "client");
    packet.connect.keep_alive_s = 1;
    rig_send(&client, &packet);
    publish_many(20);
    rig_advance(&rig, 15);
    ck_assert(!client.ended);
    rig_advance(&rig, 10);
    rig_expect_ended(&client); /* it has been silent since */
    ck_assert_uint_eq(published(), 20);
}
END_TEST

START_TEST(a_delayed_client_can_leave)
{
    rig.config.max_messages_per_second = 1;
    start();
    publish_many(20);
    rig_cut(&client);
    rig_advance(&rig, 30);
    ck_assert_ptr_null(connection_of_id("client"));
}
END_TEST

START_TEST(who_sends_more_than_the_rate_may_be_disconnected)
{
    struct mqtt_packet packet;

    rig.config.max_messages_per_second = 10;
    rig.config.rate_limit_action = CONFIG_ACTION_DISCONNECT;
    start();
    publish_many(10);
    ck_assert(!client.ended);
    publish_many(1);
    ck_assert_uint_eq(published(), 10);
    rig_expect(&client, MQTT_DISCONNECT, &packet);
    ck_assert_uint_eq(packet.disconnect.reason, MQTT_MESSAGE_RATE_TOO_HIGH);
    rig_expect_ended(&client);
    ck_assert_uint_eq(
        events(EVENT_LIMIT, "sends more than max_messages_per_second"), 1);
}
END_TEST

START_TEST(a_delayed_packet_is_counted_once_however_often_it_comes)
{
    struct buf filters = {0};
    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};
    const struct mqtt_subscription wanted = {.topic_filter =
                                                 slice_of_string("a")};

    for (int i = 0; i < 20000; i++)
        subscribe_put(&filters, MQTT_SUBSCRIBE, &wanted);
    packet.subscribe.packet_id = 1;
    packet.subscribe.filters = buf_slice(&filters);
    rig.config.max_bytes_per_second = 100000;
    start();
    rig_send(&client, &packet);
    buf_release(&filters);
    rig_expect(&client, MQTT_SUBACK, &packet);
    ck_assert_uint_eq(connection_of_id("client")->link.holds, 0);
}
END_TEST

/* ---- taking too little ---- */

/* client subscribes to "t" and from now on reads nothing for an hour. */
static void stop_reading(void)
{
    start();
    rig_subscribe(&client, "t", 1);
    transport_memory_set_faults(connection_of_id("client")->link.transport,
                                &(struct transport_memory_faults){
                                    .capacity_bytes = 1, .delay_ms = 3600000});
}

static void publish_megabytes(unsigned count)
{
    char *payload = alloc_zero(100001, 1);

    memset(payload, 'p', 100000);
    for (unsigned i = 0; i < 10 * count; i++)
        rig_publish(&other, "t", payload, 0);
    free(payload);
}

START_TEST(what_a_slow_client_does_not_get_is_an_event)
{
    stop_reading();
    publish_megabytes(2);
    ck_assert(connection_of_id("client"));
    ck_assert_uint_ge(
        events(EVENT_MESSAGE_DROPPED, "the client does not read fast enough"),
        8);
}
END_TEST

START_TEST(slow_client_timeout_says_when_a_client_is_given_up)
{
    rig.config.slow_client_timeout = 5;
    stop_reading();
    publish_megabytes(2);
    rig_advance(&rig, 4.9);
    ck_assert_ptr_nonnull(connection_of_id("client"));
    rig_advance(&rig, 0.2);
    ck_assert_ptr_null(connection_of_id("client"));
    ck_assert_uint_eq(events(EVENT_LIMIT, "does not read what it is sent"), 1);
}
END_TEST

START_TEST(a_slow_client_need_not_be_given_up)
{
    rig.config.slow_client_timeout = 0;
    stop_reading();
    publish_megabytes(2);
    rig_advance(&rig, 3000);
    ck_assert_ptr_nonnull(connection_of_id("client"));
    ck_assert_uint_lt(link_pending(&connection_of_id("client")->link),
                      OUTPUT_HIGH_BYTES + 100100);
}
END_TEST

START_TEST(slow_client_action_disconnect_gives_it_up_at_once)
{
    rig.config.slow_client_action = CONFIG_ACTION_DISCONNECT;
    stop_reading();
    publish_megabytes(1);
    ck_assert_ptr_nonnull(connection_of_id("client"));
    publish_megabytes(1);
    rig_advance(&rig, 1);
    ck_assert_ptr_null(connection_of_id("client"));
    ck_assert_uint_eq(events(EVENT_LIMIT, "does not read what it is sent"), 1);
}
END_TEST

/* ---- wildcards ---- */

START_TEST(the_wildcards_of_one_client_have_a_limit)
{
    rig.config.max_wildcard_levels = 6;
    start();
    ck_assert_uint_eq(rig_subscribe(&client, "a/b/c/d/e/f/g/h", 0), 0);
    ck_assert_uint_eq(rig_subscribe(&client, "a/b/c/d/e/f/g/#", 0), 0);
    ck_assert_uint_eq(rig_subscribe(&client, "a/+/c/+", 0), 0);
    ck_assert_uint_eq(rig_subscribe(&client, "+/b/c", 0), 0);
    ck_assert_uint_eq(rig_subscribe(&client, "x/+", 0), MQTT_QUOTA_EXCEEDED);
    ck_assert_uint_eq(
        events(EVENT_SUBSCRIBE_REFUSED, "the client's wildcards cost too much"),
        1);
    ck_assert_uint_eq(rig_subscribe(&other, "x/+", 0), 0);
    ck_assert_uint_eq(rig_subscribe(&client, "a/+/c/+", 1), 1); /* not new */
    rig_send_hex(&client, "a2 0a 0009 00 0005 2b2f622f63");
    rig_expect_hex(&client, "b0 04 0009 00 00");
    ck_assert_uint_eq(rig_subscribe(&client, "$share/g/x/+/y/z", 0), 0);
    ck_assert_uint_eq(rig_subscribe(&client, "y/+", 0), MQTT_QUOTA_EXCEEDED);
}
END_TEST

Suite *broker_pressure_suite(void)
{
    Suite *suite = suite_create("broker_pressure");
    TCase *tcase = unit_case(suite, "pressure", 30);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_rate_of_messages_is_kept_by_reading_later);
    tcase_add_test(tcase, a_rate_of_bytes_is_kept_too);
    tcase_add_test(tcase, others_are_served_while_one_is_delayed);
    tcase_add_test(tcase, the_keep_alive_rests_while_a_client_is_delayed);
    tcase_add_test(tcase, a_delayed_client_can_leave);
    tcase_add_test(tcase, who_sends_more_than_the_rate_may_be_disconnected);
    tcase_add_test(tcase,
                   a_delayed_packet_is_counted_once_however_often_it_comes);
    tcase_add_test(tcase, what_a_slow_client_does_not_get_is_an_event);
    tcase_add_test(tcase, slow_client_timeout_says_when_a_client_is_given_up);
    tcase_add_test(tcase, a_slow_client_need_not_be_given_up);
    tcase_add_test(tcase, slow_client_action_disconnect_gives_it_up_at_once);
    tcase_add_test(tcase, the_wildcards_of_one_client_have_a_limit);
    return suite;
}
