#include "broker_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/connection.h"
#include "broker/handle.h"
#include "broker/message.h"
#include "broker/session.h"
#include "mqtt/subscribe.h"

/* What one client asks for must not keep the others waiting. */

static struct rig rig;
static struct rig_client busy;
static struct rig_client other;
static struct buf bytes; /* what busy sends */

static void set_up(void)
{
    rig_init(&rig);
    rig_start(&rig);
    busy = other = (struct rig_client){.rig = &rig};
    rig_login(&rig, &busy, MQTT_5, "busy", true);
    rig_login(&rig, &other, MQTT_5, "other", true);
}

static void tear_down(void)
{
    buf_release(&bytes);
    rig_close(&busy);
    rig_close(&other);
    rig_release(&rig);
}

static void write_only(struct rig_client *client, struct slice what)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)what.bytes,
                         .iov_len = what.len};

    ck_assert_int_eq(transport_writev(client->transport, &part, 1),
                     (ssize_t)what.len);
}

/*
 * busy sends what is in bytes; then other sends PINGREQ, which must be answered
 * when the first read was worked on for two turns.
 */
static void expect_answer_meanwhile(void)
{
    ck_assert_uint_le(bytes.len, LOOP_SCRATCH_BYTES);
    write_only(&busy, buf_slice(&bytes));
    write_only(&other, slice_of("\xc0\x00", 2));
    loop_turn(&rig.loop, false);
    loop_turn(&rig.loop, false);
    rig_expect_hex(&other, "d0 00");
}

static void put_publish(const char *topic)
{
    const struct mqtt_publish publish = {.topic = slice_of_string(topic)};

    publish_encode(&bytes, MQTT_5, &publish);
}

static void put_subscribe(enum mqtt_type type, const char *topic_filter,
                          size_t count)
{
    const struct mqtt_subscription wanted = {.topic_filter =
                                                 slice_of_string(topic_filter)};
    struct mqtt_packet packet = {.type = type, .subscribe = {.packet_id = 1}};
    struct buf filters = {0};

    for (size_t i = 0; i < count; i++)
        subscribe_put(&filters, type, &wanted);
    packet.subscribe.filters = buf_slice(&filters);
    packet_encode(&bytes, MQTT_5, &packet);
    buf_release(&filters);
}

static uint64_t published(void)
{
    return rig.broker->counters.publish_received;
}

/* Every filter of so many levels, each of them "a" or "+". */
static void subscribe_to_all_mixtures(unsigned levels)
{
    for (unsigned mixture = 0; mixture < 1u << levels; mixture++) {
        char filter[64];
        size_t len = 0;

        for (unsigned level = 0; level < levels; level++) {
            filter[len++] = mixture >> level & 1 ? '+' : 'a';
            filter[len++] = '/';
        }
        strcpy(filter + len, "#");
        ck_assert_uint_eq(rig_subscribe(&busy, filter, 0), 0);
    }
}

START_TEST(many_filters_and_fresh_topics_keep_nobody_waiting)
{
    char topic[64];

    subscribe_to_all_mixtures(9);
    for (int i = 0; i < 1000; i++) {
        snprintf(topic, sizeof(topic), "a/a/a/a/a/a/a/a/a/%d", i);
        put_publish(topic);
    }
    expect_answer_meanwhile();
    ck_assert_uint_gt(published(), 1);
    ck_assert_uint_lt(published(), 300);
    loop_settle(&rig.loop);
    ck_assert_uint_eq(published(), 1000);
}
END_TEST

START_TEST(a_burst_to_many_subscribers_keeps_nobody_waiting)
{
    struct rig_client *many = alloc_zero(500, sizeof(*many));

    for (int i = 0; i < 500; i++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", i);
        rig_login(&rig, &many[i], MQTT_3_1_1, id, true);
        rig_subscribe(&many[i], "t", 0);
    }
    for (int i = 0; i < 5000; i++)
        put_publish("t");
    expect_answer_meanwhile();
    ck_assert_uint_gt(published(), 1);
    ck_assert_uint_lt(published(), 1000);
    loop_settle(&rig.loop);
    ck_assert_uint_eq(published(), 5000);
    for (int i = 0; i < 500; i++)
        rig_close(&many[i]);
    free(many);
}
END_TEST

/* The answer comes when all is done, and says all. */
static void expect_answer_later(enum mqtt_type type, size_t count,
                                enum mqtt_reason reason)
{
    struct mqtt_packet packet;

    expect_answer_meanwhile();
    rig_expect_nothing(&busy);
    loop_settle(&rig.loop);
    rig_expect(&busy, type, &packet);
    ck_assert_uint_eq(packet.suback.reasons.len, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(packet.suback.reasons.bytes[i], reason);
    rig_expect_nothing(&busy);
}

START_TEST(a_long_subscribe_keeps_nobody_waiting)
{
    put_subscribe(MQTT_SUBSCRIBE, "a", 16000);
    expect_answer_later(MQTT_SUBACK, 16000, MQTT_SUCCESS);
}
END_TEST

START_TEST(a_long_unsubscribe_keeps_nobody_waiting)
{
    put_subscribe(MQTT_UNSUBSCRIBE, "a", 20000);
    expect_answer_later(MQTT_UNSUBACK, 20000, MQTT_NO_SUBSCRIPTION_EXISTED);
}
END_TEST

/* Retained messages t/0 and so on. */
static void retain(int count)
{
    for (int i = 0; i < count; i++) {
        char topic[16];

        snprintf(topic, sizeof(topic), "t/%d", i);
        rig_publish_retained(&other, topic, "x", 0);
    }
}

static void subscribe_to_many(void)
{
    char filter[200];

    memset(filter, '/', sizeof(filter));
    for (int i = 0; i < 1000; i++) {
        buf_clear(&bytes);
        sprintf(filter + 150, "/%d", i);
        filter[i % 40] = (char)('a' + i % 26);
        put_subscribe(MQTT_SUBSCRIBE, filter, 1);
        write_only(&busy, buf_slice(&bytes));
        loop_settle(&rig.loop);
        filter[i % 40] = '/';
    }
}

static size_t subscriptions(void)
{
    return subscription_tree_stats(rig.broker->subscriptions).subscriptions;
}

/* Its filters have some 70,000 levels. */
START_TEST(the_end_of_many_subscriptions_keeps_nobody_waiting)
{
    subscribe_to_many();
    size_t all = subscriptions();
    ck_assert_uint_ge(all, 1000);
    transport_memory_cut(busy.transport);
    write_only(&other, slice_of("\xc0\x00", 2));
    loop_turn(&rig.loop, false);
    loop_turn(&rig.loop, false);
    rig_expect_hex(&other, "d0 00");
    ck_assert_uint_gt(subscriptions(), all / 10);
    loop_settle(&rig.loop);
    ck_assert_uint_le(subscriptions(), all - 1000);
}
END_TEST

/* Or those that end faster than their subscriptions go could fill memory. */
START_TEST(the_more_sessions_have_ended_the_more_goes_in_a_turn)
{
    const struct subscription_options options = {.qos = 0};
    size_t before = subscriptions();
    struct session *sessions[50];
    char name[40];
    int turns = 0;

    for (int i = 0; i < 50; i++) {
        sprintf(name, "ending%d", i);
        sessions[i] = session_new(rig.broker, slice_of_string(name));
        for (int k = 0; k < 1500; k++) {
            sprintf(name, "%d.%d", i, k);
            subscription_tree_subscribe(rig.broker->subscriptions,
                                        &sessions[i]->subscriber,
                                        slice_of_string(name), &options);
        }
    }
    for (int i = 0; i < 50; i++)
        session_free(rig.broker, sessions[i]);
    ck_assert_uint_ge(subscriptions(), before + 50 * 500);
    for (; subscriptions() > before; turns++)
        loop_turn(&rig.loop, false);
    ck_assert_int_lt(turns, 20);
}
END_TEST

START_TEST(looking_for_retained_messages_keeps_nobody_waiting)
{
    struct mqtt_packet packet;

    retain(500);
    put_subscribe(MQTT_SUBSCRIBE, "t/+/none", 1900);
    expect_answer_meanwhile();
    rig_expect(&busy, MQTT_SUBACK, &packet); /* it need not wait for that */
    const struct session *session =
        session_store_find(&rig.broker->sessions, slice_of_string("busy"));
    ck_assert_ptr_nonnull(connection_request(session->connection));
    loop_settle(&rig.loop);
    ck_assert(!busy.ended);
    rig_send_hex(&busy, "c0 00");
    rig_expect_hex(&busy, "d0 00");
}
END_TEST

START_TEST(each_retained_message_comes_once_for_each_filter_all_the_same)
{
    struct mqtt_packet packet;
    int seen = 0;

    retain(500);
    put_subscribe(MQTT_SUBSCRIBE, "t/+/none", 900);
    put_subscribe(MQTT_SUBSCRIBE, "t/#", 1);
    write_only(&busy, buf_slice(&bytes));
    loop_settle(&rig.loop);
    rig_expect(&busy, MQTT_SUBACK, &packet);
    rig_expect(&busy, MQTT_SUBACK, &packet);
    while (rig_next(&busy, &packet))
        seen += packet.type == MQTT_PUBLISH;
    ck_assert_int_eq(seen, 500);
}
END_TEST

/* More than a turn may look at. */
#define PLENTY 160000

static void retain_plenty(uint8_t qos)
{
    char topic[24];

    for (int i = 0; i < PLENTY; i++) {
        snprintf(topic, sizeof(topic), "plenty/%d", i);
        const struct mqtt_publish publish = {
            .qos = qos,
            .retain = true,
            .topic = slice_of_string(topic),
            .payload = slice_of_string("x"),
        };
        uint64_t now_ms = clock_ms(&rig.loop.clock);
        struct message *message = message_new(&publish, now_ms, 0);

        retained_store_set(rig.broker->retained, message, now_ms);
        message_unref(message);
    }
}

static const struct session *session_of_busy(void)
{
    return session_store_find(&rig.broker->sessions, slice_of_string("busy"));
}

/* How many PUBLISH packets came; those of one topic in *of_topic. */
static int take_all(const char *topic, int *of_topic)
{
    struct slice rest = buf_slice(&busy.in);
    struct mqtt_packet packet;
    struct frame frame;
    int seen = 0;
    int used;

    *of_topic = 0;
    while ((used = framer_next(rest, MQTT_MAX_PACKET_SIZE, &frame)) > 0) {
        if (packet_decode(&packet, MQTT_5, &frame))
            ck_abort_msg("what came is no packet");
        rest = slice_skip(rest, (size_t)used);
        if (packet.type != MQTT_PUBLISH)
            continue;
        seen++;
        *of_topic += slice_equal_string(packet.publish.topic, topic);
    }
    buf_clear(&busy.in);
    return seen;
}

START_TEST(who_subscribes_to_everything_keeps_nobody_waiting)
{
    int last;

    retain_plenty(0);
    put_subscribe(MQTT_SUBSCRIBE, "#", 1);
    expect_answer_meanwhile();
    ck_assert_ptr_nonnull(connection_request(session_of_busy()->connection));
    ck_assert_uint_lt(rig.broker->counters.publish_sent, PLENTY);
    loop_settle(&rig.loop);
    ck_assert_ptr_null(connection_request(session_of_busy()->connection));
    ck_assert_int_eq(take_all("plenty/0", &last), PLENTY);
    ck_assert_int_eq(last, 1);
}
END_TEST

/* The first ones of the store are visited last. */
START_TEST(what_comes_while_retained_messages_are_sent_comes_once)
{
    int of_topic;

    retain_plenty(0);
    put_subscribe(MQTT_SUBSCRIBE, "plenty/+", 1);
    expect_answer_meanwhile();
    clock_advance(&rig.loop.clock, CLOCK_NS_PER_MS);
    buf_clear(&bytes);
    publish_encode(&bytes, MQTT_5,
                   &(struct mqtt_publish){.retain = true,
                                          .topic = slice_of_string("plenty/0"),
                                          .payload = slice_of_string("new")});
    write_only(&other, buf_slice(&bytes));
    loop_turn(&rig.loop, false);
    ck_assert_ptr_nonnull(connection_request(session_of_busy()->connection));
    loop_settle(&rig.loop);
    take_all("plenty/0", &of_topic);
    ck_assert_int_eq(of_topic, 1);
}
END_TEST

/* The subscription was answered, so the session has what it was promised. */
START_TEST(who_leaves_while_retained_messages_are_sent_finds_them_again)
{
    const struct outgoing_queue *queue;

    retain_plenty(1);
    rig_close(&busy);
    rig_login_5(&rig, &busy, "busy", true, slice_of("\x11\0\0\0\x64", 5));
    queue = &session_of_busy()->outgoing;
    put_subscribe(MQTT_SUBSCRIBE, "plenty/#", 1);
    bytes.bytes[bytes.len - 1] = 1; /* QoS */
    expect_answer_meanwhile();
    ck_assert_uint_lt(outgoing_queue_waiting(queue) + queue->inflight_count,
                      PLENTY);
    rig_cut(&busy);
    ck_assert_uint_eq(outgoing_queue_waiting(queue) + queue->inflight_count,
                      PLENTY);
}
END_TEST

START_TEST(who_leaves_in_the_middle_of_it_leaves_nothing_behind)
{
    put_subscribe(MQTT_SUBSCRIBE, "a", 16000);
    expect_answer_meanwhile();
    if (_i)
        rig_cut(&busy);
    ck_assert(busy.ended == (_i != 0) || !busy.transport);
}
END_TEST

START_TEST(several_hungry_clients_take_turns)
{
    struct rig_client second = {.rig = &rig};
    struct mqtt_packet packet;

    rig_login(&rig, &second, MQTT_5, "second", true);
    put_subscribe(MQTT_SUBSCRIBE, "a", 16000);
    write_only(&second, buf_slice(&bytes));
    expect_answer_meanwhile();
    rig_expect_nothing(&second);
    loop_settle(&rig.loop);
    rig_expect(&busy, MQTT_SUBACK, &packet);
    rig_expect(&second, MQTT_SUBACK, &packet);
    rig_close(&second);
}
END_TEST

START_TEST(many_hungry_clients_take_no_longer_turns_than_one)
{
    struct rig_client *crowd = alloc_zero(20, sizeof(*crowd));
    char topic[64];

    subscribe_to_all_mixtures(9);
    for (int i = 0; i < 20; i++) {
        snprintf(topic, sizeof(topic), "c%d", i);
        rig_login(&rig, &crowd[i], MQTT_5, topic, true);
    }
    for (int i = 0; i < 20; i++) {
        buf_clear(&bytes);
        for (int k = 0; k < 1000; k++) {
            snprintf(topic, sizeof(topic), "a/a/a/a/a/a/a/a/a/%d",
                     1000 * i + k);
            put_publish(topic);
        }
        write_only(&crowd[i], buf_slice(&bytes));
    }
    loop_turn(&rig.loop, false);
    clock_advance(&rig.loop.clock, 1);
    loop_turn(&rig.loop, false); /* now it is known how many they are */
    for (int turn = 0; turn < 10; turn++) {
        uint64_t before = published();

        clock_advance(&rig.loop.clock, 1);
        loop_turn(&rig.loop, false);
        ck_assert_uint_ge(published() - before, 20);
        ck_assert_uint_le(published() - before, 100);
    }
    for (int i = 0; i < 20; i++)
        rig_close(&crowd[i]);
    free(crowd);
}
END_TEST

Suite *broker_fairness_suite(void)
{
    Suite *suite = suite_create("broker_fairness");
    TCase *tcase = unit_case(suite, "fairness", 60);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, many_filters_and_fresh_topics_keep_nobody_waiting);
    tcase_add_test(tcase, a_burst_to_many_subscribers_keeps_nobody_waiting);
    tcase_add_test(tcase, a_long_subscribe_keeps_nobody_waiting);
    tcase_add_test(tcase, a_long_unsubscribe_keeps_nobody_waiting);
    tcase_add_test(tcase, the_end_of_many_subscriptions_keeps_nobody_waiting);
    tcase_add_test(tcase, the_more_sessions_have_ended_the_more_goes_in_a_turn);
    tcase_add_test(tcase, looking_for_retained_messages_keeps_nobody_waiting);
    tcase_add_test(
        tcase, each_retained_message_comes_once_for_each_filter_all_the_same);
    tcase_add_test(tcase, who_subscribes_to_everything_keeps_nobody_waiting);
    tcase_add_test(tcase,
                   what_comes_while_retained_messages_are_sent_comes_once);
    tcase_add_test(
        tcase, who_leaves_while_retained_messages_are_sent_finds_them_again);
    tcase_add_loop_test(
        tcase, who_leaves_in_the_middle_of_it_leaves_nothing_behind, 0, 2);
    tcase_add_test(tcase, several_hungry_clients_take_turns);
    tcase_add_test(tcase, many_hungry_clients_take_no_longer_turns_than_one);
    return suite;
}
