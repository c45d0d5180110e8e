#include "broker_rig.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/process.h"
#include "broker/connection.h"
#include "broker/session.h"
#include "wire/tap_reader.h"

/* What bounds the memory of all clients together. */

#define LIMIT 1000000

static struct rig rig;
static struct rig_client client;
static struct rig_client other;
static struct tap_reader reader;
static int64_t used; /* what the broker measures */
static int measured;

static int64_t measure(void)
{
    measured++;
    return used;
}

static void set_up(void)
{
    rig_init(&rig);
    rig.config.memory_limit = LIMIT;
    rig.config.max_incoming_bytes = 1 << 20;
    rig_start(&rig);
    rig.broker->memory.measure = measure;
    used = measured = 0;
    ck_assert_int_eq(tap_reader_open(&reader, tap_attach(&rig.broker->tap)), 0);
    client = other = (struct rig_client){.rig = &rig};
    rig_login(&rig, &client, MQTT_5, "client", true);
    rig_subscribe(&client, "before", 1);
}

static void tear_down(void)
{
    tap_reader_close(&reader);
    tap_detach(&rig.broker->tap);
    rig_close(&client);
    rig_close(&other);
    rig_release(&rig);
}

/* From now on so much is in use; it is noticed within a second. */
static void use(int64_t bytes)
{
    used = bytes;
    rig_advance(&rig, 1);
    rig_send_hex(&client, "c0 00");
    rig_expect_hex(&client, "d0 00");
}

static unsigned events(enum event_code code, const char *begin)
{
    return rig_events(&rig, &reader, code, begin);
}

START_TEST(reaching_and_leaving_the_limit_is_told_once)
{
    use(LIMIT);
    ck_assert(!rig.broker->memory.full);
    use(LIMIT + 1);
    ck_assert(rig.broker->memory.full);
    use(LIMIT + 2);
    ck_assert_uint_eq(events(EVENT_LIMIT, "memory_limit: 1000001 of 1000000"),
                      1);
    use(LIMIT - 1); /* it must not go to and fro */
    ck_assert(rig.broker->memory.full);
    use(LIMIT - LIMIT / 16);
    ck_assert(!rig.broker->memory.full);
    ck_assert(rig_logged(&rig, "memory_limit is reached"));
    ck_assert(rig_logged(&rig, "below memory_limit again"));
    ck_assert_uint_eq(events(EVENT_LIMIT, "memory_limit"), 0);
}
END_TEST

START_TEST(it_is_measured_after_a_megabyte_or_a_second)
{
    char *payload = alloc_zero(600001, 1);

    memset(payload, 'p', 600000);
    use(0);
    measured = 0;
    rig_publish(&client, "t", payload, 0);
    rig_publish(&client, "t", "", 0);
    ck_assert_int_eq(measured, 0);
    rig_publish(&client, "t", payload, 0);
    ck_assert_int_eq(measured, 1);
    rig_publish(&client, "t", "", 0);
    ck_assert_int_eq(measured, 1);
    rig_advance(&rig, 1);
    rig_publish(&client, "t", "", 0);
    ck_assert_int_eq(measured, 2);
    free(payload);
}
END_TEST

START_TEST(without_a_limit_nothing_is_measured)
{
    rig.config.memory_limit = 0;
    measured = 0;
    use(LIMIT + 1);
    ck_assert_int_eq(measured, 0);
    ck_assert(!rig.broker->memory.full);
}
END_TEST

START_TEST(the_system_tells_how_much_this_process_takes)
{
    int64_t before = process_private_bytes(0);
    uint8_t *bytes = alloc_bytes(50 << 20);

    if (before < 0) { /* it does not */
        free(bytes);
        return;
    }
    memset(bytes, 1, 50 << 20);
    ck_assert_int_ge(process_private_bytes(0), before + (45 << 20));
    ck_assert_int_eq(bytes[1 << 20], 1);
    free(bytes);
    process_give_back();
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
    ck_assert_int_lt(process_private_bytes(0), before + (20 << 20));
#endif
}
END_TEST

/* ---- what is refused ---- */

static void connect_other(enum mqtt_version version)
{
    rig_open(&rig, &other, version);
    struct mqtt_packet packet = rig_connect(&other, "other");
    rig_send(&other, &packet);
}

START_TEST(few_shake_hands_when_there_is_no_room)
{
    struct broker *broker = rig.broker;

    ck_assert_uint_eq(broker->opening_count, 0);
    broker->opening_count = 15;
    use(LIMIT + 1);
    ck_assert(memory_watch_admits(broker));
    broker->opening_count = 16;
    ck_assert(!memory_watch_admits(broker));
    rig.config.memory_limit = 0;
    ck_assert(memory_watch_admits(broker));
    rig.config.memory_limit = 100 * LIMIT;
    ck_assert(memory_watch_admits(broker));
    broker->opening_count = 2000;
    ck_assert(!memory_watch_admits(broker));
    broker->opening_count = 0;
}
END_TEST

START_TEST(nobody_is_let_in)
{
    struct mqtt_packet packet;

    use(LIMIT + 1);
    connect_other(MQTT_5);
    rig_expect(&other, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, MQTT_QUOTA_EXCEEDED);
    rig_expect_ended(&other);
    ck_assert_uint_eq(events(EVENT_CONNECT_REFUSED, MEMORY_WATCH_TEXT), 1);
    rig_close(&other);
    connect_other(MQTT_3_1_1);
    rig_expect_hex(&other, "20 02 00 03");
    rig_close(&other);
    used = 0;
    rig_advance(&rig, 1);
    rig_login(&rig, &other, MQTT_5, "other", true);
}
END_TEST

START_TEST(no_subscription_is_added)
{
    use(LIMIT + 1);
    ck_assert_uint_eq(rig_subscribe(&client, "a", 0), MQTT_QUOTA_EXCEEDED);
    ck_assert_uint_eq(events(EVENT_SUBSCRIBE_REFUSED, MEMORY_WATCH_TEXT), 1);
    ck_assert_uint_eq(rig_subscribe(&client, "before", 2), 2);
    use(0);
    ck_assert_uint_eq(rig_subscribe(&client, "a", 0), 0);
}
END_TEST

START_TEST(no_retained_message_is_added)
{
    rig_publish_retained(&client, "t", "1", 0);
    use(LIMIT + 1);
    rig_publish_retained(&client, "u", "2", 0);
    ck_assert_uint_eq(events(EVENT_LIMIT, "not retained: " MEMORY_WATCH_TEXT),
                      1);
    ck_assert_uint_eq(retained_store_count(rig.broker->retained), 1);
    rig_publish_retained(&client, "t", "", 0);
    ck_assert_uint_eq(retained_store_count(rig.broker->retained), 0);
}
END_TEST

START_TEST(nothing_is_added_to_a_queue)
{
    rig_login_5(&rig, &other, "other", true,
                slice_of("\x11\x00\x00\x10\x00", 5));
    rig_subscribe(&other, "t", 1);
    rig_cut(&other);
    rig_publish(&client, "t", "1", 1);
    buf_clear(&client.in);
    use(LIMIT + 1);
    rig_publish(&client, "t", "2", 1);
    ck_assert_uint_eq(events(EVENT_MESSAGE_DROPPED, MEMORY_WATCH_TEXT), 1);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 1);
}
END_TEST

START_TEST(who_takes_messages_gets_them)
{
    use(LIMIT + 1);
    rig_publish(&client, "before", "1", 1);
    rig_expect_publish(&client, "before", "1", 1, NULL);
}
END_TEST

START_TEST(only_a_little_is_under_way_to_who_does_not_take_it)
{
    char *payload = alloc_zero(10001, 1);

    memset(payload, 'p', 10000);
    rig_login(&rig, &other, MQTT_3_1_1, "other", true);
    rig_subscribe(&other, "t", _i);
    struct session *deaf =
        session_store_find(&rig.broker->sessions, slice_of_string("other"));
    transport_memory_set_faults(deaf->connection->link.transport,
                                &(struct transport_memory_faults){
                                    .capacity_bytes = 1, .delay_ms = 3600000});
    use(LIMIT + 1);
    for (int i = 0; i < 20; i++)
        rig_publish(&client, "t", payload, _i);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 13);
    ck_assert_uint_eq(events(EVENT_MESSAGE_DROPPED, MEMORY_WATCH_TEXT), 13);
    ck_assert_uint_lt(link_pending(&deaf->connection->link), 80000);
    free(payload);
}
END_TEST

/* The beginning of a PUBLISH of 16 MiB. */
static void send_part(struct rig_client *from, size_t len)
{
    uint8_t *bytes = alloc_zero(len, 1);

    memcpy(bytes, "\x30\x80\x80\x80\x08\x00\x01t", 8);
    rig_send_bytes(from, bytes, len);
    free(bytes);
}

START_TEST(who_is_in_a_long_packet_is_disconnected)
{
    struct mqtt_packet packet;

    rig.config.max_incoming_bytes = 0;
    rig_login(&rig, &other, MQTT_5, "other", true);
    send_part(&client, 1200000);
    send_part(&other, 200000); /* that is not long */
    used = LIMIT + 1;
    rig_advance(&rig, 1);
    rig_send_bytes(&client, "x", 1);
    rig_send_bytes(&other, "x", 1);
    rig_expect(&client, MQTT_DISCONNECT, &packet);
    ck_assert_uint_eq(packet.disconnect.reason, MQTT_QUOTA_EXCEEDED);
    rig_expect_ended(&client);
    ck_assert(!other.ended);
    ck_assert_uint_eq(events(EVENT_LIMIT, MEMORY_WATCH_TEXT), 1);
}
END_TEST

/* ---- incomplete packets ---- */

START_TEST(incomplete_packets_have_a_limit_together)
{
    struct mqtt_packet packet;

    rig_login(&rig, &other, MQTT_5, "other", true);
    send_part(&client, 900000);
    ck_assert_uint_ge(rig.broker->incoming_blocks, 900000 / 65536);
    send_part(&other, 60000); /* too little to count */
    ck_assert(!other.ended);
    rig_close(&other);
    rig_login(&rig, &other, MQTT_5, "other", true);
    send_part(&other, 500000);
    rig_expect(&other, MQTT_DISCONNECT, &packet);
    ck_assert_uint_eq(packet.disconnect.reason, MQTT_QUOTA_EXCEEDED);
    rig_expect_ended(&other);
    ck_assert_uint_eq(
        events(EVENT_LIMIT, "incomplete packets exceed max_incoming_bytes"), 1);
    ck_assert(!client.ended); /* it was there first */
}
END_TEST

START_TEST(what_is_complete_counts_no_more)
{
    uint8_t *bytes = alloc_zero(800000, 1);

    memcpy(bytes, "\x30\xfc\xe9\x30\x00\x01t\x00", 8);
    for (int i = 0; i < 3; i++) {
        rig_send_bytes(&client, bytes, 700000);
        ck_assert_uint_gt(rig.broker->incoming_blocks, 10);
        rig_send_bytes(&client, bytes, 800000 - 700000);
        ck_assert_uint_eq(rig.broker->incoming_blocks, 0);
    }
    ck_assert(!client.ended);
    rig_send_bytes(&client, bytes, 700000);
    rig_cut(&client);
    ck_assert_uint_eq(rig.broker->incoming_blocks, 0);
    free(bytes);
}
END_TEST

Suite *broker_memory_suite(void)
{
    Suite *suite = suite_create("broker_memory");
    TCase *tcase = unit_case(suite, "memory", 30);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, reaching_and_leaving_the_limit_is_told_once);
    tcase_add_test(tcase, it_is_measured_after_a_megabyte_or_a_second);
    tcase_add_test(tcase, without_a_limit_nothing_is_measured);
    tcase_add_test(tcase, the_system_tells_how_much_this_process_takes);
    tcase_add_test(tcase, few_shake_hands_when_there_is_no_room);
    tcase_add_test(tcase, nobody_is_let_in);
    tcase_add_test(tcase, no_subscription_is_added);
    tcase_add_test(tcase, no_retained_message_is_added);
    tcase_add_test(tcase, nothing_is_added_to_a_queue);
    tcase_add_test(tcase, who_takes_messages_gets_them);
    tcase_add_loop_test(
        tcase, only_a_little_is_under_way_to_who_does_not_take_it, 0, 2);
    tcase_add_test(tcase, who_is_in_a_long_packet_is_disconnected);
    tcase_add_test(tcase, incomplete_packets_have_a_limit_together);
    tcase_add_test(tcase, what_is_complete_counts_no_more);
    return suite;
}
