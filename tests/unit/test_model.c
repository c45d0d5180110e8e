#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "model_stage.h"

static const struct sample_way in = {1, MQTT_3_1_1, false, 0};
static const struct sample_way out = {1, MQTT_3_1_1, true, 0};

static struct model_topic *topic(const char *name)
{
    struct model_topic *topic = NULL;
    struct buf whole = {0};
    bool found = false;

    while (!found && (topic = model_topic_next(told.model, topic, true))) {
        buf_clear(&whole);
        model_topic_name(topic, &whole);
        found = !strcmp(buf_string(&whole), name);
    }
    buf_release(&whole);
    return topic;
}

static unsigned retained_topics(void)
{
    struct model_topic *topic = NULL;
    unsigned count = 0;

    while ((topic = model_topic_next(told.model, topic, true)))
        count += topic->retained;
    return count;
}

/* ---- clients ---- */

START_TEST(a_client_is_connected_once_its_connack_came)
{
    told_connect("c", true);
    ck_assert_int_eq(told_client("c")->state, MODEL_CONNECTING);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    ck_assert_int_eq(told_client("c")->state, MODEL_CONNECTED);
    ck_assert_uint_eq(told_client("c")->keep_alive_s, 60);
    ck_assert_int_eq(told_client("c")->version, MQTT_3_1_1);
}
END_TEST

START_TEST(a_refused_client_is_not_connected)
{
    const struct mqtt_packet connack = {
        .type = MQTT_CONNACK, .connack = {.reason = CONNACK_NOT_AUTHORIZED}};

    told_connect("c", true);
    sample_packet(&told.sample, out, &connack);
    ck_assert_int_eq(told_client("c")->state, MODEL_REFUSED);
}
END_TEST

static const struct {
    bool clean;
    enum model_state state;
    size_t subscriptions;
} ends[] = {
    {true,  MODEL_ENDED, 0},
    {false, MODEL_AWAY,  1},
};

/* [MQTT311-3.1.2-5] and its opposite, without a word of the broker. */
START_TEST(what_stays_of_a_session_depends_on_clean_session)
{
    told_connect("c", ends[_i].clean);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_subscribe(&told.sample, in, 1, 1, "a/#");
    sample_ack(&told.sample, in, MQTT_DISCONNECT, 0);
    ck_assert_int_eq(told_client("c")->state, ends[_i].state);
    ck_assert_uint_eq(told_client("c")->subscription_count,
                      ends[_i].subscriptions);
}
END_TEST

START_TEST(session_present_0_means_that_nothing_is_left)
{
    told_connect("c", false);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_subscribe(&told.sample, in, 1, 1, "a/#");
    told_connect("c", false);
    sample_ack(&told.sample, out, MQTT_CONNACK, 1);
    ck_assert_uint_eq(told_client("c")->subscription_count, 1);
    told_connect("c", false);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    ck_assert_uint_eq(told_client("c")->subscription_count, 0);
}
END_TEST

START_TEST(a_subscription_has_the_qos_that_was_granted)
{
    const uint8_t granted[] = {0x90, 4, 0, 1, 1, 0x80};
    struct buf filters = {0};
    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};
    struct mqtt_subscription each = {.topic_filter = slice_of_string("yes"),
                                     .qos = 2};

    told_connect("c", true);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    subscribe_put(&filters, MQTT_SUBSCRIBE, &each);
    each.topic_filter = slice_of_string("no");
    subscribe_put(&filters, MQTT_SUBSCRIBE, &each);
    packet.subscribe = (struct mqtt_subscribe){
        .packet_id = 1, .filters = buf_slice(&filters), .count = 2};
    sample_packet(&told.sample, in, &packet);
    sample_bytes(&told.sample, out, 0, granted, sizeof(granted));
    ck_assert_uint_eq(told_client("c")->subscription_count, 1);
    ck_assert_str_eq(told_client("c")->subscriptions[0].topic_filter, "yes");
    ck_assert_uint_eq(told_client("c")->subscriptions[0].qos, 1);
    buf_release(&filters);
}
END_TEST

START_TEST(handshakes_are_in_flight_until_their_last_packet)
{
    told_connect("c", true);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_publish(&told.sample, in, 7, 2, "t", "x");
    sample_publish(&told.sample, out, 7, 1, "t", "x");
    ck_assert_uint_eq(model_in_flight(told_client("c"), true), 1);
    ck_assert_uint_eq(model_in_flight(told_client("c"), false), 1);
    sample_ack(&told.sample, in, MQTT_PUBACK, 7);
    ck_assert_uint_eq(model_in_flight(told_client("c"), false), 0);
    sample_ack(&told.sample, out, MQTT_PUBREC, 7);
    sample_ack(&told.sample, in, MQTT_PUBREL, 7);
    ck_assert_uint_eq(model_in_flight(told_client("c"), true), 1);
    sample_ack(&told.sample, out, MQTT_PUBCOMP, 7);
    ck_assert_uint_eq(model_in_flight(told_client("c"), true), 0);
}
END_TEST

START_TEST(a_restarted_broker_knows_nobody)
{
    told_connect("c", false);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_subscribe(&told.sample, in, 1, 1, "a/#");
    sample_publish(&told.sample, in, 0, 4, "kept", "x");
    ck_assert_uint_eq(retained_topics(), 1);
    sample_event(&told.sample, EVENT_BROKER_STARTED, 0, 0, 0);
    ck_assert_int_eq(told_client("c")->state, MODEL_ENDED);
    ck_assert_uint_eq(told_client("c")->subscription_count, 0);
    ck_assert_uint_eq(retained_topics(), 0);
}
END_TEST

/* What a broker tells of itself when somebody begins to watch. */
static void snapshot(unsigned ran_s)
{
    struct buf bytes = {0};
    struct record record = {.type = RECORD_EVT,
                            .seq = ++told.sample.seq,
                            .time_ns = told.sample.time_ns,
                            .flags = RECORD_SNAPSHOT};

    record_begin(&bytes, EVENT_BROKER_STARTED);
    record_put_number(&bytes, RECORD_NUMBER, ran_s);
    record.bytes = buf_slice(&bytes);
    told_take(NULL, &record);
    buf_release(&bytes);
}

START_TEST(another_watcher_does_not_end_the_sessions)
{
    snapshot(7);
    told_connect("c", false);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_subscribe(&told.sample, in, 1, 2, "a/#");
    sample_publish(&told.sample, out, 5, 2, "a/b", "x");
    sample_publish(&told.sample, in, 0, 4, "kept", "x");
    sample_wait(&told.sample, 2900);
    snapshot(9);
    ck_assert_int_eq(told_client("c")->state, MODEL_CONNECTED);
    ck_assert_str_eq(told_client("c")->why, "");
    ck_assert_uint_eq(model_in_flight(told_client("c"), false), 1);
    ck_assert(!model_flow_is_from(told_client("c"), 0));
    ck_assert_uint_eq(retained_topics(), 1);
    snapshot(0);
    ck_assert_int_eq(told_client("c")->state, MODEL_ENDED);
    ck_assert_uint_eq(model_in_flight(told_client("c"), false), 0);
    ck_assert_uint_eq(retained_topics(), 0);
}
END_TEST

START_TEST(what_is_under_way_does_not_wait_as_well)
{
    told_connect("c", false);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_publish(&told.sample, out, 5, 2, "a", "x");
    sample_event(&told.sample, EVENT_CONN_CLOSED, 1, 0, 0);
    sample_event(&told.sample, EVENT_SESSION_AWAY, 1, 0, RECORD_CLIENT_ID, "c",
                 RECORD_NUMBER, "1", RECORD_EXPIRY, "4294967295", 0);
    ck_assert_uint_eq(model_in_flight(told_client("c"), false), 1);
    ck_assert_uint_eq(told_client("c")->queued, 0);
    sample_event(&told.sample, EVENT_MESSAGE_QUEUED, 0, 0, RECORD_CLIENT_ID,
                 "c", RECORD_NUMBER, "1", 0);
    ck_assert_uint_eq(told_client("c")->queued, 1);
}
END_TEST

/* A client that the snapshot of a proxy names: it knows no more of it. */
START_TEST(a_proxy_does_not_know_a_session_of_before)
{
    struct buf bytes = {0};
    struct record record = {.type = RECORD_EVT,
                            .seq = ++told.sample.seq,
                            .time_ns = told.sample.time_ns,
                            .connection = 1,
                            .flags = RECORD_SNAPSHOT};

    record_begin(&bytes, EVENT_CONNECT_ACCEPTED);
    record_put_string(&bytes, RECORD_CLIENT_ID, "c");
    record.bytes = buf_slice(&bytes);
    told_take(NULL, &record);
    buf_release(&bytes);
    ck_assert_int_eq(told_client("c")->state, MODEL_CONNECTED);
    ck_assert(told_client("c")->untold);
    ck_assert_uint_eq(told_client("c")->connected_ns, 0);
    ck_assert(!told.model->tells_causes);
    told_connect("c", true);
    ck_assert(!told_client("c")->untold);
    sample_event(&told.sample, EVENT_SESSION_CREATED, 1, 0, RECORD_CLIENT_ID,
                 "c", 0);
    ck_assert(told.model->tells_causes);
}
END_TEST

static void told_of_tls(uint32_t connection, const char *client_id,
                        const char *tls)
{
    sample_event(&told.sample, EVENT_CONN_OPENED, connection, 0, RECORD_PEER,
                 "127.0.0.1:40001", RECORD_TRANSPORT, tls ? "tls" : "tcp", 0);
    if (tls)
        sample_event(&told.sample, EVENT_TLS_OPENED, connection, 0, RECORD_TEXT,
                     tls, 0);
    sample_event(&told.sample, EVENT_CONNECT_ACCEPTED, connection, 0,
                 RECORD_CLIENT_ID, client_id, 0);
}

/* Nobody saw its CONNECT: the broker has told what it was asked for. */
START_TEST(a_client_of_before_has_its_tls_too)
{
    static const char tls[] = "TLSv1.3, TLS_AES_256_GCM_SHA384, resumed";

    told_of_tls(1, "c", tls);
    ck_assert_str_eq(told_client("c")->cover, tls);
    told_of_tls(2, "c", "TLSv1.2, ECDHE-RSA-AES256-GCM-SHA384");
    ck_assert_str_eq(told_client("c")->cover,
                     "TLSv1.2, ECDHE-RSA-AES256-GCM-SHA384");
}
END_TEST

/* Each order happens: CONNECT may wait in the proxy for the second. */
START_TEST(a_proxy_tells_of_tls_on_both_sides)
{
    static const char both[] = "TLSv1.3, A; to the broker: TLSv1.2, B";

    told_of_tls(1, "c", "to the broker: TLSv1.2, B");
    ck_assert_str_eq(told_client("c")->cover, "to the broker: TLSv1.2, B");
    sample_event(&told.sample, EVENT_TLS_OPENED, 1, 0, RECORD_TEXT,
                 "TLSv1.3, A", 0);
    ck_assert_str_eq(told_client("c")->cover, both);
    told_of_tls(2, "d", "TLSv1.3, A");
    sample_event(&told.sample, EVENT_TLS_OPENED, 2, 0, RECORD_TEXT,
                 "to the broker: TLSv1.2, B", 0);
    ck_assert_str_eq(told_client("d")->cover, both);
    sample_event(&told.sample, EVENT_TLS_OPENED, 2, 0, RECORD_TEXT,
                 "to the broker: TLSv1.2, B", 0);
    ck_assert_str_eq(told_client("d")->cover, both);
}
END_TEST

/* Another broker counts its connections from 1 again. */
START_TEST(a_restarted_broker_has_no_tls_of_before)
{
    told_of_tls(1, "c", "TLSv1.3, TLS_AES_256_GCM_SHA384");
    sample_event(&told.sample, EVENT_BROKER_STARTED, 0, 0, 0);
    told_of_tls(1, "c", NULL);
    ck_assert_str_eq(told_client("c")->cover, "");
}
END_TEST

/* ---- topics ---- */

START_TEST(a_message_is_counted_once_however_many_get_it)
{
    struct sample_way copy = out;

    told_connect("c", true);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    copy.cause = sample_publish(&told.sample, in, 0, 0, "a/b", "x");
    sample_publish(&told.sample, copy, 0, 0, "a/b", "x");
    sample_publish(&told.sample, copy, 0, 0, "a/b", "x");
    ck_assert_uint_eq(topic("a/b")->published, 1);
    ck_assert_uint_eq(topic("a")->published, 0);
    ck_assert(!topic("a")->named);
    ck_assert_uint_eq(told.model->named_count, 1);
}
END_TEST

START_TEST(a_repetition_is_the_same_message)
{
    told_connect("c", true);
    sample_publish(&told.sample, in, 3, 1, "t", "x");
    sample_publish(&told.sample, in, 3, 1 | 8, "t", "x");
    ck_assert_uint_eq(topic("t")->published, 1);
}
END_TEST

/* [MQTT-3.3.1-5] [MQTT-3.3.1-6] */
START_TEST(the_broker_keeps_a_retained_message_until_an_empty_one)
{
    told_connect("c", true);
    sample_publish(&told.sample, in, 0, 4, "t", "x");
    ck_assert(topic("t")->retained);
    sample_publish(&told.sample, in, 0, 0, "t", "y");
    ck_assert(topic("t")->retained);
    ck_assert(!topic("t")->retain);
    sample_publish(&told.sample, in, 0, 4, "t", "");
    ck_assert(!topic("t")->retained);
}
END_TEST

START_TEST(the_tree_is_in_order_and_skips_what_is_folded)
{
    static const char *const names[] = {"b/y", "a", "b/x/1", "b", "/"};
    static const char *const expected[] = {"",    "/",     "a",  "b",
                                           "b/x", "b/x/1", "b/y"};
    struct model_topic *at = NULL;
    struct buf name = {0};
    size_t count = 0;

    told_connect("c", true);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        sample_publish(&told.sample, in, 0, 0, names[i], "x");
    while ((at = model_topic_next(told.model, at, false))) {
        buf_clear(&name);
        model_topic_name(at, &name);
        ck_assert_str_eq(buf_string(&name), expected[count++]);
    }
    ck_assert_uint_eq(count, sizeof(expected) / sizeof(expected[0]));
    topic("b")->folded = true;
    ck_assert_ptr_null(model_topic_next(told.model, topic("b"), false));
    ck_assert_ptr_eq(model_topic_next(told.model, topic("b"), true),
                     topic("b/x"));
    buf_release(&name);
}
END_TEST

START_TEST(subscribers_are_counted_again_when_subscriptions_change)
{
    told_connect("c", true);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_publish(&told.sample, in, 0, 0, "a/b", "x");
    ck_assert_uint_eq(model_subscribers(told.model, topic("a/b")), 0);
    sample_subscribe(&told.sample, in, 1, 0, "a/+");
    sample_subscribe(&told.sample, in, 2, 0, "#");
    ck_assert_uint_eq(model_subscribers(told.model, topic("a/b")), 1);
    sample_ack(&told.sample, in, MQTT_DISCONNECT, 0);
    ck_assert_uint_eq(model_subscribers(told.model, topic("a/b")), 0);
}
END_TEST

/* ---- wills ---- */

static void connect_with_will(void)
{
    sample_connect(&told.sample, in,
                   &(struct mqtt_connect){
                       .clean_start = true,
                       .client_id = slice_of_string("c"),
                       .will = {.set = true,
                                .topic = slice_of_string("gone"),
                                .payload = slice_of_string("bye")}
    });
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
}

/* [MQTT-3.14.4-3] */
START_TEST(disconnect_cancels_the_will)
{
    connect_with_will();
    ck_assert_int_eq(told_client("c")->will->state, MODEL_WILL_ARMED);
    ck_assert_uint_eq(told_client("c")->will->armed_by, 1);
    sample_ack(&told.sample, in, MQTT_DISCONNECT, 0);
    ck_assert_int_eq(told_client("c")->will->state, MODEL_WILL_CANCELLED);
}
END_TEST

/* [MQTT-3.1.2-8] */
START_TEST(a_will_that_fired_has_its_cause_and_its_packets)
{
    struct sample_way copy = {2, MQTT_3_1_1, true, 0};

    connect_with_will();
    sample_event(&told.sample, EVENT_CONN_CLOSED, 1, 0, RECORD_CLIENT_ID, "c",
                 0);
    copy.cause = sample_event(&told.sample, EVENT_WILL_FIRED, 1, 0,
                              RECORD_CLIENT_ID, "c", RECORD_TOPIC, "gone",
                              RECORD_TEXT, "the connection was cut", 0);
    sample_publish(&told.sample, copy, 0, 0, "gone", "bye");
    sample_publish(&told.sample, copy, 0, 0, "gone", "bye");
    ck_assert_int_eq(told_client("c")->will->state, MODEL_WILL_FIRED);
    ck_assert_str_eq(told_client("c")->will->cause, "the connection was cut");
    ck_assert_uint_eq(told_client("c")->will->made_count, 2);
    ck_assert_uint_eq(told_client("c")->will->made[0], 3);
}
END_TEST

/* [MQTT-3.1.4-3]: the CONNECT comes first, and then what it has done. */
START_TEST(a_will_that_fires_at_a_takeover_is_not_that_of_the_newcomer)
{
    connect_with_will();
    const struct model_will *will = told_client("c")->will;
    connect_with_will();
    ck_assert_ptr_ne(told_client("c")->will, will);
    sample_event(&told.sample, EVENT_SESSION_TAKEN_OVER, 7, 0, RECORD_CLIENT_ID,
                 "c", 0);
    sample_event(&told.sample, EVENT_CONN_CLOSED, 7, 0, RECORD_CLIENT_ID, "c",
                 0);
    sample_event(&told.sample, EVENT_WILL_FIRED, 1, 0, RECORD_CLIENT_ID, "c",
                 RECORD_TOPIC, "gone", RECORD_TEXT, "taken over", 0);
    ck_assert_int_eq(will->state, MODEL_WILL_FIRED);
    ck_assert_str_eq(will->cause, "taken over");
    ck_assert_int_eq(told_client("c")->will->state, MODEL_WILL_ARMED);
    sample_event(&told.sample, EVENT_WILL_ARMED, 1, 0, RECORD_CLIENT_ID, "c",
                 RECORD_TOPIC, "gone", 0);
    sample_event(&told.sample, EVENT_WILL_CANCELLED, 1, 0, RECORD_CLIENT_ID,
                 "c", RECORD_TOPIC, "gone", RECORD_TEXT, "goodbye", 0);
    ck_assert_int_eq(will->state, MODEL_WILL_FIRED);
    ck_assert_int_eq(told_client("c")->will->state, MODEL_WILL_CANCELLED);
}
END_TEST

START_TEST(a_recording_without_events_shows_a_will_fire_too)
{
    connect_with_will();
    sample_event(&told.sample, EVENT_CONN_CLOSED, 1, 0, RECORD_CLIENT_ID, "c",
                 0);
    ck_assert_int_eq(told_client("c")->will->state, MODEL_WILL_FIRED);
}
END_TEST

/* ---- limits and counters ---- */

START_TEST(clients_and_topics_are_bounded_and_the_rest_is_counted)
{
    for (int i = 0; i < MODEL_CLIENTS_MAX + 10; i++) {
        char name[32];

        snprintf(name, sizeof(name), "client-%d", i);
        told_connect(name, true);
        sample_ack(&told.sample, out, MQTT_CONNACK, 0);
        sample_ack(&told.sample, in, MQTT_DISCONNECT, 0);
        sample_event(&told.sample, EVENT_CONN_CLOSED, 1, 0, 0);
    }
    ck_assert_uint_eq(told.model->client_count, MODEL_CLIENTS_MAX);
    ck_assert_uint_eq(told.model->clients_dropped, 10);
    ck_assert_ptr_null(model_client(told.model, "client-0"));
    ck_assert_ptr_nonnull(model_client(told.model, "client-4105"));
    for (int i = 0; i < MODEL_TOPICS_MAX + 10; i++) {
        char name[32];

        snprintf(name, sizeof(name), "t-%d", i);
        sample_publish(&told.sample, in, 0, 0, name, "x");
    }
    ck_assert_uint_eq(told.model->topic_count, MODEL_TOPICS_MAX);
    ck_assert_uint_eq(told.model->topics_dropped, 10);
}
END_TEST

START_TEST(the_rate_is_that_of_the_last_whole_second)
{
    uint64_t second = SAMPLE_START_NS / CLOCK_NS_PER_S;

    told_connect("c", true);
    for (int i = 0; i < 9; i++)
        sample_publish(&told.sample, in, 0, 0, "t", "x");
    ck_assert_uint_eq(model_rate(told.model, SAMPLE_START_NS), 0);
    ck_assert_uint_eq(model_rate(told.model, (second + 1) * CLOCK_NS_PER_S),
                      10);
    ck_assert_uint_eq(model_rate(told.model, (second + 2) * CLOCK_NS_PER_S), 0);
    ck_assert_uint_eq(told.model->counters.publishes[0], 9);
    ck_assert_uint_eq(told.model->counters.packets[true][MQTT_PUBLISH], 9);
}
END_TEST

START_TEST(the_story_ends_as_it_was_told)
{
    sample_story(&told.sample);
    ck_assert_uint_eq(told.model->client_count, 4);
    ck_assert_int_eq(told_client("dash-1")->state, MODEL_CONNECTED);
    ck_assert_int_eq(told_client("sensor-1")->state, MODEL_ENDED);
    ck_assert_str_eq(told_client("sensor-1")->user_name, "alice");
    ck_assert_int_eq(told_client("old-7")->state, MODEL_AWAY);
    ck_assert_uint_eq(told_client("old-7")->queued, 1);
    ck_assert(told_client("dash-1")->on_right);
    ck_assert(!told_client("sensor-1")->on_right);
    ck_assert_uint_eq(retained_topics(), 2);
    ck_assert_uint_eq(told.model->counters.malformed, 1);
    ck_assert_uint_eq(model_in_flight(told_client("dash-1"), true), 1);
}
END_TEST

Suite *model_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = unit_case(suite, "model", 20);

    tcase_add_checked_fixture(tcase, model_stage_open, model_stage_close);
    tcase_add_test(tcase, a_client_is_connected_once_its_connack_came);
    tcase_add_test(tcase, a_refused_client_is_not_connected);
    tcase_add_loop_test(tcase, what_stays_of_a_session_depends_on_clean_session,
                        0, sizeof(ends) / sizeof(ends[0]));
    tcase_add_test(tcase, session_present_0_means_that_nothing_is_left);
    tcase_add_test(tcase, a_subscription_has_the_qos_that_was_granted);
    tcase_add_test(tcase, handshakes_are_in_flight_until_their_last_packet);
    tcase_add_test(tcase, a_restarted_broker_knows_nobody);
    tcase_add_test(tcase, another_watcher_does_not_end_the_sessions);
    tcase_add_test(tcase, what_is_under_way_does_not_wait_as_well);
    tcase_add_test(tcase, a_proxy_does_not_know_a_session_of_before);
    tcase_add_test(tcase, a_client_of_before_has_its_tls_too);
    tcase_add_test(tcase, a_proxy_tells_of_tls_on_both_sides);
    tcase_add_test(tcase, a_restarted_broker_has_no_tls_of_before);
    tcase_add_test(tcase, a_message_is_counted_once_however_many_get_it);
    tcase_add_test(tcase, a_repetition_is_the_same_message);
    tcase_add_test(tcase,
                   the_broker_keeps_a_retained_message_until_an_empty_one);
    tcase_add_test(tcase, the_tree_is_in_order_and_skips_what_is_folded);
    tcase_add_test(tcase,
                   subscribers_are_counted_again_when_subscriptions_change);
    tcase_add_test(tcase, disconnect_cancels_the_will);
    tcase_add_test(tcase, a_will_that_fired_has_its_cause_and_its_packets);
    tcase_add_test(tcase,
                   a_will_that_fires_at_a_takeover_is_not_that_of_the_newcomer);
    tcase_add_test(tcase, a_recording_without_events_shows_a_will_fire_too);
    tcase_add_test(tcase,
                   clients_and_topics_are_bounded_and_the_rest_is_counted);
    tcase_add_test(tcase, the_rate_is_that_of_the_last_whole_second);
    tcase_add_test(tcase, the_story_ends_as_it_was_told);
    return suite;
}
