#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sample.h"
#include "tui/model.h"

/* The model is fed as the store does it: row by row out of a history. */
static struct history *history;
static struct model *model;
static struct sample sample;

static const struct sample_way in = {1, MQTT_3_1_1, false, 0};
static const struct sample_way out = {1, MQTT_3_1_1, true, 0};

static void take(void *owner, const struct record *record)
{
    struct history_row row;

    (void)owner;
    history_add(history, record);
    ck_assert(history_get(history, history_end(history) - 1, &row));
    model_add(model, &row);
}

static void set_up(void)
{
    history = history_new(0);
    model = model_new(history);
    sample_begin(&sample, take, NULL);
}

static void tear_down(void)
{
    sample_end(&sample);
    model_free(model);
    history_free(history);
}

static void connect(const char *client_id, bool clean)
{
    sample_connect(
        &sample, in,
        &(struct mqtt_connect){.clean_start = clean,
                               .keep_alive_s = 60,
                               .client_id = slice_of_string(client_id)});
}

static struct model_client *client(const char *client_id)
{
    struct model_client *found = model_client(model, client_id);

    ck_assert_msg(found != NULL, "no client %s", client_id);
    return found;
}

static struct model_topic *topic(const char *name)
{
    return model_topic_find(model, slice_of_string(name));
}

/* ---- clients ---- */

START_TEST(a_client_is_connected_once_its_connack_came)
{
    connect("c", true);
    ck_assert_int_eq(client("c")->state, MODEL_CONNECTING);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    ck_assert_int_eq(client("c")->state, MODEL_CONNECTED);
    ck_assert_uint_eq(client("c")->keep_alive_s, 60);
    ck_assert_int_eq(client("c")->version, MQTT_3_1_1);
}
END_TEST

START_TEST(a_refused_client_is_not_connected)
{
    const struct mqtt_packet connack = {
        .type = MQTT_CONNACK, .connack = {.reason = CONNACK_NOT_AUTHORIZED}};

    connect("c", true);
    sample_packet(&sample, out, &connack);
    ck_assert_int_eq(client("c")->state, MODEL_REFUSED);
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
    connect("c", ends[_i].clean);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_subscribe(&sample, in, 1, 1, "a/#");
    sample_ack(&sample, in, MQTT_DISCONNECT, 0);
    ck_assert_int_eq(client("c")->state, ends[_i].state);
    ck_assert_uint_eq(client("c")->subscription_count, ends[_i].subscriptions);
}
END_TEST

START_TEST(session_present_0_means_that_nothing_is_left)
{
    connect("c", false);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_subscribe(&sample, in, 1, 1, "a/#");
    connect("c", false);
    sample_ack(&sample, out, MQTT_CONNACK, 1);
    ck_assert_uint_eq(client("c")->subscription_count, 1);
    connect("c", false);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    ck_assert_uint_eq(client("c")->subscription_count, 0);
}
END_TEST

START_TEST(a_subscription_has_the_qos_that_was_granted)
{
    const uint8_t granted[] = {0x90, 4, 0, 1, 1, 0x80};
    struct buf filters = {0};
    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};
    struct mqtt_subscription each = {.topic_filter = slice_of_string("yes"),
                                     .qos = 2};

    connect("c", true);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    subscribe_put(&filters, MQTT_SUBSCRIBE, &each);
    each.topic_filter = slice_of_string("no");
    subscribe_put(&filters, MQTT_SUBSCRIBE, &each);
    packet.subscribe = (struct mqtt_subscribe){
        .packet_id = 1, .filters = buf_slice(&filters), .count = 2};
    sample_packet(&sample, in, &packet);
    sample_bytes(&sample, out, 0, granted, sizeof(granted));
    ck_assert_uint_eq(client("c")->subscription_count, 1);
    ck_assert_str_eq(client("c")->subscriptions[0].topic_filter, "yes");
    ck_assert_uint_eq(client("c")->subscriptions[0].qos, 1);
    buf_release(&filters);
}
END_TEST

START_TEST(handshakes_are_in_flight_until_their_last_packet)
{
    connect("c", true);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_publish(&sample, in, 7, 2, "t", "x");
    sample_publish(&sample, out, 7, 1, "t", "x");
    ck_assert_uint_eq(model_in_flight(client("c"), true), 1);
    ck_assert_uint_eq(model_in_flight(client("c"), false), 1);
    sample_ack(&sample, in, MQTT_PUBACK, 7);
    ck_assert_uint_eq(model_in_flight(client("c"), false), 0);
    sample_ack(&sample, out, MQTT_PUBREC, 7);
    sample_ack(&sample, in, MQTT_PUBREL, 7);
    ck_assert_uint_eq(model_in_flight(client("c"), true), 1);
    sample_ack(&sample, out, MQTT_PUBCOMP, 7);
    ck_assert_uint_eq(model_in_flight(client("c"), true), 0);
}
END_TEST

START_TEST(keep_alive_runs_from_the_last_packet_of_the_client)
{
    uint64_t heard;

    connect("c", true);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_wait(&sample, 50000);
    heard = sample.time_ns;
    sample_ack(&sample, in, MQTT_PINGREQ, 0);
    sample_ack(&sample, out, MQTT_PINGRESP, 0);
    ck_assert_int_eq(model_keep_alive_left_s(client("c"), heard), 60);
    ck_assert_int_eq(
        model_keep_alive_left_s(client("c"), heard + 59 * CLOCK_NS_PER_S), 1);
    ck_assert_int_eq(
        model_keep_alive_left_s(client("c"), heard + 99 * CLOCK_NS_PER_S), 0);
}
END_TEST

#define AFTER(start, s) ((start) + (s)*CLOCK_NS_PER_S)

/* [MQTT-3.1.2-22] */
START_TEST(the_broker_gives_a_client_up_at_one_and_a_half_keep_alives)
{
    connect("c", true);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    uint64_t heard = client("c")->heard_ns;
    ck_assert_int_eq(model_given_up_in_s(model, client("c"), heard), 90);
    ck_assert_int_eq(model_given_up_in_s(model, client("c"), AFTER(heard, 89)),
                     1);
    ck_assert_int_eq(model_given_up_in_s(model, client("c"), AFTER(heard, 99)),
                     0);
    ck_assert_int_eq(model_patience_left_s(model, client("c"), heard), -1);
    sample_event(&sample, EVENT_CONN_CLOSED, 1, 0, 0);
    ck_assert_int_eq(model_given_up_in_s(model, client("c"), heard), -1);
}
END_TEST

static uint64_t hold(enum mqtt_type type)
{
    static const uint8_t puback[] = {0x40, 2, 0, 7};
    static const uint8_t pingresp[] = {0xd0, 0};
    bool ping = type == MQTT_PINGRESP;

    return sample_bytes(&sample, out, RECORD_HELD, ping ? pingresp : puback,
                        ping ? sizeof(pingresp) : sizeof(puback));
}

/* It sends PINGREQ after one Keep Alive and waits another one for the answer. */
START_TEST(a_client_whose_packet_is_held_loses_patience)
{
    connect("c", true);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    uint64_t heard = client("c")->heard_ns;
    uint64_t held = hold(MQTT_PUBACK);
    ck_assert(model_holds(model, client("c")));
    ck_assert_int_eq(
        model_patience_left_s(model, client("c"), AFTER(heard, 10)), 110);
    ck_assert_int_eq(model_given_up_in_s(model, client("c"), heard), -1);
    ck_assert_int_eq(
        model_patience_left_s(model, client("c"), AFTER(heard, 200)), 0);
    sample_event(&sample, EVENT_PACKET_RELEASED, 1, held, 0);
    ck_assert(!model_holds(model, client("c")));
    ck_assert_int_eq(
        model_patience_left_s(model, client("c"), AFTER(heard, 10)), -1);
}
END_TEST

START_TEST(a_client_waits_one_keep_alive_for_an_answer_that_is_held_or_lost)
{
    connect("c", true);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_wait(&sample, 40000);
    sample_ack(&sample, in, MQTT_PINGREQ, 0);
    uint64_t pinged = client("c")->heard_ns;
    uint64_t held = hold(MQTT_PINGRESP);
    ck_assert_int_eq(
        model_patience_left_s(model, client("c"), AFTER(pinged, 2)), 58);
    sample_event(&sample, EVENT_PACKET_RELEASED, 1, held, 0);
    ck_assert_int_eq(
        model_patience_left_s(model, client("c"), AFTER(pinged, 2)), -1);
    sample_ack(&sample, in, MQTT_PINGREQ, 0);
    pinged = client("c")->heard_ns;
    ck_assert_int_eq(model_patience_left_s(model, client("c"), pinged), -1);
    ck_assert_int_eq(
        model_patience_left_s(model, client("c"), AFTER(pinged, 2)), 58);
    sample_ack(&sample, out, MQTT_PINGRESP, 0);
    ck_assert_int_eq(
        model_patience_left_s(model, client("c"), AFTER(pinged, 2)), -1);
}
END_TEST

START_TEST(a_session_and_a_will_that_wait_run_out)
{
    sample_connect(&sample, in,
                   &(struct mqtt_connect){
                       .keep_alive_s = 60,
                       .client_id = slice_of_string("c"),
                       .will = {.set = true, .topic = slice_of_string("w")}
    });
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    ck_assert_int_eq(model_session_left_s(client("c"), sample.time_ns), -1);
    ck_assert_int_eq(model_will_left_s(client("c")->will, sample.time_ns), -1);
    sample_event(&sample, EVENT_SESSION_AWAY, 1, 0, RECORD_CLIENT_ID, "c",
                 RECORD_EXPIRY, "60", 0);
    uint64_t went = client("c")->ended_ns;
    sample_event(&sample, EVENT_WILL_DELAYED, 1, 0, RECORD_CLIENT_ID, "c",
                 RECORD_EXPIRY, "20", 0);
    ck_assert_int_eq(model_session_left_s(client("c"), AFTER(went, 15)), 45);
    uint64_t delayed = client("c")->will->delayed_ns;
    ck_assert_int_eq(model_will_left_s(client("c")->will, AFTER(delayed, 15)),
                     5);
    ck_assert_int_eq(model_will_left_s(client("c")->will, AFTER(delayed, 25)),
                     0);
    ck_assert_int_eq(model_session_left_s(client("c"), AFTER(went, 99)), 0);
}
END_TEST

START_TEST(a_restarted_broker_knows_nobody)
{
    connect("c", false);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_subscribe(&sample, in, 1, 1, "a/#");
    sample_publish(&sample, in, 0, 4, "kept", "x");
    ck_assert_uint_eq(model->retained_count, 1);
    sample_event(&sample, EVENT_BROKER_STARTED, 0, 0, 0);
    ck_assert_int_eq(client("c")->state, MODEL_ENDED);
    ck_assert_uint_eq(client("c")->subscription_count, 0);
    ck_assert_uint_eq(model->retained_count, 0);
}
END_TEST

/* What a broker tells of itself when somebody begins to watch. */
static void snapshot(unsigned ran_s)
{
    struct buf bytes = {0};
    struct record record = {.type = RECORD_EVT,
                            .seq = ++sample.seq,
                            .time_ns = sample.time_ns,
                            .flags = RECORD_SNAPSHOT};

    record_begin(&bytes, EVENT_BROKER_STARTED);
    record_put_number(&bytes, RECORD_NUMBER, ran_s);
    record.bytes = buf_slice(&bytes);
    take(NULL, &record);
    buf_release(&bytes);
}

START_TEST(another_watcher_does_not_end_the_sessions)
{
    snapshot(7);
    connect("c", false);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_subscribe(&sample, in, 1, 2, "a/#");
    sample_publish(&sample, out, 5, 2, "a/b", "x");
    sample_publish(&sample, in, 0, 4, "kept", "x");
    sample_wait(&sample, 2900);
    snapshot(9);
    ck_assert_int_eq(client("c")->state, MODEL_CONNECTED);
    ck_assert_str_eq(client("c")->why, "");
    ck_assert_uint_eq(model_in_flight(client("c"), false), 1);
    ck_assert(!model_flow_is_from(client("c"), 0));
    ck_assert_uint_eq(model->retained_count, 1);
    snapshot(0);
    ck_assert_int_eq(client("c")->state, MODEL_ENDED);
    ck_assert_uint_eq(model_in_flight(client("c"), false), 0);
    ck_assert_uint_eq(model->retained_count, 0);
}
END_TEST

START_TEST(what_is_under_way_does_not_wait_as_well)
{
    connect("c", false);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_publish(&sample, out, 5, 2, "a", "x");
    sample_event(&sample, EVENT_CONN_CLOSED, 1, 0, 0);
    sample_event(&sample, EVENT_SESSION_AWAY, 1, 0, RECORD_CLIENT_ID, "c",
                 RECORD_NUMBER, "1", RECORD_EXPIRY, "4294967295", 0);
    ck_assert_uint_eq(model_in_flight(client("c"), false), 1);
    ck_assert_uint_eq(client("c")->queued, 0);
    sample_event(&sample, EVENT_MESSAGE_QUEUED, 0, 0, RECORD_CLIENT_ID, "c",
                 RECORD_NUMBER, "1", 0);
    ck_assert_uint_eq(client("c")->queued, 1);
}
END_TEST

/* A client that the snapshot of a proxy names: it knows no more of it. */
START_TEST(a_proxy_does_not_know_a_session_of_before)
{
    struct buf bytes = {0};
    struct record record = {.type = RECORD_EVT,
                            .seq = ++sample.seq,
                            .time_ns = sample.time_ns,
                            .connection = 1,
                            .flags = RECORD_SNAPSHOT};

    record_begin(&bytes, EVENT_CONNECT_ACCEPTED);
    record_put_string(&bytes, RECORD_CLIENT_ID, "c");
    record.bytes = buf_slice(&bytes);
    take(NULL, &record);
    buf_release(&bytes);
    ck_assert_int_eq(client("c")->state, MODEL_CONNECTED);
    ck_assert(client("c")->untold);
    ck_assert_uint_eq(client("c")->connected_ns, 0);
    ck_assert(!model->tells_causes);
    connect("c", true);
    ck_assert(!client("c")->untold);
    sample_event(&sample, EVENT_SESSION_CREATED, 1, 0, RECORD_CLIENT_ID, "c",
                 0);
    ck_assert(model->tells_causes);
}
END_TEST

/* ---- topics ---- */

START_TEST(a_message_is_counted_once_however_many_get_it)
{
    struct sample_way copy = out;

    connect("c", true);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    copy.cause = sample_publish(&sample, in, 0, 0, "a/b", "x");
    sample_publish(&sample, copy, 0, 0, "a/b", "x");
    sample_publish(&sample, copy, 0, 0, "a/b", "x");
    ck_assert_uint_eq(topic("a/b")->published, 1);
    ck_assert_uint_eq(topic("a")->published, 0);
    ck_assert(!topic("a")->named);
    ck_assert_uint_eq(model->named_count, 1);
}
END_TEST

START_TEST(a_repetition_is_the_same_message)
{
    connect("c", true);
    sample_publish(&sample, in, 3, 1, "t", "x");
    sample_publish(&sample, in, 3, 1 | 8, "t", "x");
    ck_assert_uint_eq(topic("t")->published, 1);
}
END_TEST

/* [MQTT-3.3.1-5] [MQTT-3.3.1-6] */
START_TEST(the_broker_keeps_a_retained_message_until_an_empty_one)
{
    connect("c", true);
    sample_publish(&sample, in, 0, 4, "t", "x");
    ck_assert(topic("t")->retained);
    sample_publish(&sample, in, 0, 0, "t", "y");
    ck_assert(topic("t")->retained);
    ck_assert(!topic("t")->retain);
    sample_publish(&sample, in, 0, 4, "t", "");
    ck_assert(!topic("t")->retained);
    ck_assert_uint_eq(model->retained_count, 0);
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

    connect("c", true);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        sample_publish(&sample, in, 0, 0, names[i], "x");
    while ((at = model_topic_next(model, at, false))) {
        buf_clear(&name);
        model_topic_name(at, &name);
        ck_assert_str_eq(buf_string(&name), expected[count++]);
    }
    ck_assert_uint_eq(count, sizeof(expected) / sizeof(expected[0]));
    topic("b")->folded = true;
    ck_assert_ptr_null(model_topic_next(model, topic("b"), false));
    ck_assert_ptr_eq(model_topic_next(model, topic("b"), true), topic("b/x"));
    buf_release(&name);
}
END_TEST

START_TEST(subscribers_are_counted_again_when_subscriptions_change)
{
    connect("c", true);
    sample_ack(&sample, out, MQTT_CONNACK, 0);
    sample_publish(&sample, in, 0, 0, "a/b", "x");
    ck_assert_uint_eq(model_subscribers(model, topic("a/b")), 0);
    sample_subscribe(&sample, in, 1, 0, "a/+");
    sample_subscribe(&sample, in, 2, 0, "#");
    ck_assert_uint_eq(model_subscribers(model, topic("a/b")), 1);
    sample_ack(&sample, in, MQTT_DISCONNECT, 0);
    ck_assert_uint_eq(model_subscribers(model, topic("a/b")), 0);
}
END_TEST

/* ---- wills ---- */

static void connect_with_will(void)
{
    sample_connect(&sample, in,
                   &(struct mqtt_connect){
                       .clean_start = true,
                       .client_id = slice_of_string("c"),
                       .will = {.set = true,
                                .topic = slice_of_string("gone"),
                                .payload = slice_of_string("bye")}
    });
    sample_ack(&sample, out, MQTT_CONNACK, 0);
}

/* [MQTT-3.14.4-3] */
START_TEST(disconnect_cancels_the_will)
{
    connect_with_will();
    ck_assert_int_eq(client("c")->will->state, MODEL_WILL_ARMED);
    ck_assert_uint_eq(client("c")->will->armed_by, 1);
    sample_ack(&sample, in, MQTT_DISCONNECT, 0);
    ck_assert_int_eq(client("c")->will->state, MODEL_WILL_CANCELLED);
}
END_TEST

/* [MQTT-3.1.2-8] */
START_TEST(a_will_that_fired_has_its_cause_and_its_packets)
{
    struct sample_way copy = {2, MQTT_3_1_1, true, 0};

    connect_with_will();
    sample_event(&sample, EVENT_CONN_CLOSED, 1, 0, RECORD_CLIENT_ID, "c", 0);
    copy.cause = sample_event(&sample, EVENT_WILL_FIRED, 1, 0, RECORD_CLIENT_ID,
                              "c", RECORD_TOPIC, "gone", RECORD_TEXT,
                              "the connection was cut", 0);
    sample_publish(&sample, copy, 0, 0, "gone", "bye");
    sample_publish(&sample, copy, 0, 0, "gone", "bye");
    ck_assert_int_eq(client("c")->will->state, MODEL_WILL_FIRED);
    ck_assert_str_eq(client("c")->will->cause, "the connection was cut");
    ck_assert_uint_eq(client("c")->will->made_count, 2);
    ck_assert_uint_eq(client("c")->will->made[0], 3);
}
END_TEST

START_TEST(a_recording_without_events_shows_a_will_fire_too)
{
    connect_with_will();
    sample_event(&sample, EVENT_CONN_CLOSED, 1, 0, RECORD_CLIENT_ID, "c", 0);
    ck_assert_int_eq(client("c")->will->state, MODEL_WILL_FIRED);
}
END_TEST

/* ---- limits and counters ---- */

START_TEST(clients_and_topics_are_bounded_and_the_rest_is_counted)
{
    for (int i = 0; i < MODEL_CLIENTS_MAX + 10; i++) {
        char name[32];

        snprintf(name, sizeof(name), "client-%d", i);
        connect(name, true);
        sample_ack(&sample, out, MQTT_CONNACK, 0);
        sample_ack(&sample, in, MQTT_DISCONNECT, 0);
        sample_event(&sample, EVENT_CONN_CLOSED, 1, 0, 0);
    }
    ck_assert_uint_eq(model->client_count, MODEL_CLIENTS_MAX);
    ck_assert_uint_eq(model->clients_dropped, 10);
    ck_assert_ptr_null(model_client(model, "client-0"));
    ck_assert_ptr_nonnull(model_client(model, "client-4105"));
    for (int i = 0; i < MODEL_TOPICS_MAX + 10; i++) {
        char name[32];

        snprintf(name, sizeof(name), "t-%d", i);
        sample_publish(&sample, in, 0, 0, name, "x");
    }
    ck_assert_uint_eq(model->topic_count, MODEL_TOPICS_MAX);
    ck_assert_uint_eq(model->topics_dropped, 10);
}
END_TEST

START_TEST(the_rate_is_that_of_the_last_whole_second)
{
    uint64_t second = SAMPLE_START_NS / CLOCK_NS_PER_S;

    connect("c", true);
    for (int i = 0; i < 9; i++)
        sample_publish(&sample, in, 0, 0, "t", "x");
    ck_assert_uint_eq(model_rate(model, SAMPLE_START_NS), 0);
    ck_assert_uint_eq(model_rate(model, (second + 1) * CLOCK_NS_PER_S), 10);
    ck_assert_uint_eq(model_rate(model, (second + 2) * CLOCK_NS_PER_S), 0);
    ck_assert_uint_eq(model->counters.publishes[0], 9);
    ck_assert_uint_eq(model->counters.packets[true][MQTT_PUBLISH], 9);
}
END_TEST

START_TEST(the_story_ends_as_it_was_told)
{
    sample_story(&sample);
    ck_assert_uint_eq(model->client_count, 4);
    ck_assert_int_eq(client("dash-1")->state, MODEL_CONNECTED);
    ck_assert_int_eq(client("sensor-1")->state, MODEL_ENDED);
    ck_assert_str_eq(client("sensor-1")->user_name, "alice");
    ck_assert_int_eq(client("old-7")->state, MODEL_AWAY);
    ck_assert_uint_eq(client("old-7")->queued, 1);
    ck_assert(client("dash-1")->on_right);
    ck_assert(!client("sensor-1")->on_right);
    ck_assert_uint_eq(model->retained_count, 2);
    ck_assert_uint_eq(model->counters.malformed, 1);
    ck_assert_uint_eq(model_in_flight(client("dash-1"), true), 1);
}
END_TEST

Suite *model_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = unit_case(suite, "model", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_client_is_connected_once_its_connack_came);
    tcase_add_test(tcase, a_refused_client_is_not_connected);
    tcase_add_loop_test(tcase, what_stays_of_a_session_depends_on_clean_session,
                        0, sizeof(ends) / sizeof(ends[0]));
    tcase_add_test(tcase, session_present_0_means_that_nothing_is_left);
    tcase_add_test(tcase, a_subscription_has_the_qos_that_was_granted);
    tcase_add_test(tcase, handshakes_are_in_flight_until_their_last_packet);
    tcase_add_test(tcase, keep_alive_runs_from_the_last_packet_of_the_client);
    tcase_add_test(tcase,
                   the_broker_gives_a_client_up_at_one_and_a_half_keep_alives);
    tcase_add_test(tcase, a_client_whose_packet_is_held_loses_patience);
    tcase_add_test(
        tcase,
        a_client_waits_one_keep_alive_for_an_answer_that_is_held_or_lost);
    tcase_add_test(tcase, a_session_and_a_will_that_wait_run_out);
    tcase_add_test(tcase, a_restarted_broker_knows_nobody);
    tcase_add_test(tcase, another_watcher_does_not_end_the_sessions);
    tcase_add_test(tcase, what_is_under_way_does_not_wait_as_well);
    tcase_add_test(tcase, a_proxy_does_not_know_a_session_of_before);
    tcase_add_test(tcase, a_message_is_counted_once_however_many_get_it);
    tcase_add_test(tcase, a_repetition_is_the_same_message);
    tcase_add_test(tcase,
                   the_broker_keeps_a_retained_message_until_an_empty_one);
    tcase_add_test(tcase, the_tree_is_in_order_and_skips_what_is_folded);
    tcase_add_test(tcase,
                   subscribers_are_counted_again_when_subscriptions_change);
    tcase_add_test(tcase, disconnect_cancels_the_will);
    tcase_add_test(tcase, a_will_that_fired_has_its_cause_and_its_packets);
    tcase_add_test(tcase, a_recording_without_events_shows_a_will_fire_too);
    tcase_add_test(tcase,
                   clients_and_topics_are_bounded_and_the_rest_is_counted);
    tcase_add_test(tcase, the_rate_is_that_of_the_last_whole_second);
    tcase_add_test(tcase, the_story_ends_as_it_was_told);
    return suite;
}
