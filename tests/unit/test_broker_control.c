#include "broker_rig.h"

#include "broker/broker_control.h"
#include "broker/session.h"
#include "broker/snapshot.h"
#include "wire/tap_reader.h"

static struct rig rig;
static struct rig_client client;
static struct rig_client other;
static json_t *answer;

static void set_up(void)
{
    rig_init(&rig);
    rig_start(&rig);
    client = other = (struct rig_client){.rig = &rig};
    answer = json_object();
}

static void tear_down(void)
{
    json_decref(answer);
    rig_close(&client);
    rig_close(&other);
    rig_release(&rig);
}

static bool run(const char *line)
{
    return rig_control(&rig, line, answer);
}

static long long number(const char *name)
{
    return json_integer_value(json_object_get(answer, name));
}

/* ---- commands ---- */

START_TEST(status_and_stats_tell_what_is)
{
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_login(&rig, &other, MQTT_3_1_1, "b", false);
    rig_logout(&other);
    rig_advance(&rig, 10);
    ck_assert(run("{\"cmd\":\"status\"}"));
    ck_assert_int_eq(number("clients"), 1);
    ck_assert_int_eq(number("away"), 1);
    ck_assert_int_eq(number("uptime_s"), 10);
    ck_assert(json_is_array(json_object_get(answer, "listeners")));
    ck_assert(run("{\"cmd\":\"stats\"}"));
    ck_assert_int_eq(number("connections_opened"), 2);
    ck_assert_int_eq(number("messages_received"), 3);
    ck_assert_int_eq(number("messages_sent"), 2);
    other = (struct rig_client){.rig = &rig};
}
END_TEST

START_TEST(stats_do_not_count_what_is_gone)
{
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_login(&rig, &other, MQTT_3_1_1, "b", false);
    rig_subscribe(&client, "t", 1);
    rig_subscribe(&other, "t", 1);
    rig_cut(&other);
    rig_publish_retained(&client, "t", "x", 1);
    ck_assert(run("{\"cmd\":\"stats\"}"));
    ck_assert_int_eq(number("subscriptions"), 2);
    ck_assert_int_eq(number("stored_messages"), 3); /* one each, one retained */
    rig_logout(&client);
    ck_assert(run("{\"cmd\":\"stats\"}"));
    ck_assert_int_eq(number("subscriptions"), 1);
    ck_assert_int_eq(number("stored_messages"), 2);
    client = other = (struct rig_client){.rig = &rig};
}
END_TEST

START_TEST(publish_is_delivered_and_can_be_retained)
{
    struct mqtt_publish publish;

    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_subscribe(&client, "t", 2);
    ck_assert(run("{\"cmd\":\"publish\",\"topic\":\"t\",\"payload\":\"x\","
                  "\"qos\":1,\"retain\":true}"));
    ck_assert_int_eq(number("receivers"), 1);
    rig_expect_publish(&client, "t", "x", 1, &publish);
    ck_assert(!publish.retain);
    rig_subscribe(&client, "t", 0);
    rig_expect_publish(&client, "t", "x", 0, &publish);
    ck_assert(publish.retain);
}
END_TEST

static const char *const mistakes[] = {
    "{\"cmd\":\"publish\"}",
    "{\"cmd\":\"publish\",\"topic\":\"a/#\"}",
    "{\"cmd\":\"publish\",\"topic\":7}",
    "{\"cmd\":\"publish\",\"topic\":\"t\",\"payload\":7}",
    "{\"cmd\":\"publish\",\"topic\":\"t\",\"qos\":3}",
    "{\"cmd\":\"publish\",\"topic\":\"t\",\"qos\":\"1\"}",
    "{\"cmd\":\"kick\"}",
    "{\"cmd\":\"kick\",\"client\":\"nobody\",\"how\":\"cut\"}",
    "{\"cmd\":\"kick\",\"client\":\"a\",\"how\":\"softly\"}",
    "{\"cmd\":\"kick\",\"client\":\"a\",\"how\":\"silent\"}", /* no Keep Alive */
    "{\"cmd\":\"clear_retained\",\"topic\":\"a#\"}",
    "{\"cmd\":\"actor\",\"client\":\"a\"}",
    "{\"cmd\":\"actor\",\"client\":\"a\",\"actor\":\"robot\"}",
    "{\"cmd\":\"hold\"}",
};

START_TEST(a_mistake_is_answered_with_an_error)
{
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    ck_assert(!run(mistakes[_i]));
    ck_assert(!client.ended);
}
END_TEST

START_TEST(kick_disconnect_says_why)
{
    rig_login(&rig, &client, MQTT_5, "a", true);
    ck_assert(
        run("{\"cmd\":\"kick\",\"client\":\"a\",\"how\":\"disconnect\"}"));
    rig_expect_hex(&client, "e0 01 98");
    rig_expect_ended(&client);
}
END_TEST

START_TEST(kick_cut_says_nothing)
{
    rig_login(&rig, &client, MQTT_5, "a", true);
    ck_assert(run("{\"cmd\":\"kick\",\"client\":\"a\",\"how\":\"cut\"}"));
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
}
END_TEST

START_TEST(kick_silent_lets_the_keep_alive_run_out)
{
    rig_open(&rig, &client, MQTT_3_1_1);
    struct mqtt_packet packet = rig_connect(&client, "a");
    packet.connect.keep_alive_s = 10;
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert(run("{\"cmd\":\"kick\",\"client\":\"a\",\"how\":\"silent\"}"));
    ck_assert_int_eq(number("seconds"), 15);
    rig_advance(&rig, 8);
    rig_send_hex(&client, "c0 00"); /* does not get through */
    rig_expect_nothing(&client);
    rig_advance(&rig, 6.9);
    ck_assert(!client.ended);
    rig_advance(&rig, 0.2);
    rig_expect_ended(&client);
}
END_TEST

START_TEST(clear_retained_takes_a_name_a_filter_or_all)
{
    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_publish_retained(&client, "a/1", "x", 0);
    rig_publish_retained(&client, "a/2", "x", 0);
    rig_publish_retained(&client, "b/1", "x", 0);
    rig_publish_retained(&client, "c", "x", 0);
    ck_assert(run("{\"cmd\":\"clear_retained\",\"topic\":\"b/1\"}"));
    ck_assert_int_eq(number("cleared"), 1);
    ck_assert(run("{\"cmd\":\"clear_retained\",\"topic\":\"a/#\"}"));
    ck_assert_int_eq(number("cleared"), 2);
    ck_assert(run("{\"cmd\":\"clear_retained\"}"));
    ck_assert_int_eq(number("cleared"), 1);
    ck_assert_uint_eq(retained_store_count(rig.broker->retained), 0);
}
END_TEST

/* Or a lab would take what the reset does for what comes after it. */
START_TEST(what_a_reset_does_is_in_the_tap_when_it_is_answered)
{
    struct tap *tap = &rig.broker->tap;
    json_t *request = json_pack("{s:s}", "cmd", "reset");

    rig_login(&rig, &client, MQTT_3_1_1, "a", true);
    rig_publish_retained(&client, "t", "x", 0);
    ck_assert_int_ge(tap_attach(tap), 0);
    uint64_t before = tap->published;
    ck_assert(broker_control_handle(rig.broker, "reset", request, answer));
    ck_assert_uint_gt(tap->published, before);
    ck_assert_uint_eq(tap->published, tap->written);
    json_decref(request);
    tap_detach(tap);
}
END_TEST

START_TEST(reset_forgets_what_was_before)
{
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_subscribe(&client, "#", 1);
    rig_login(&rig, &other, MQTT_3_1_1, "b", false);
    rig_subscribe(&other, "#", 1);
    rig_publish_retained(&client, "t", "x", 1);
    rig_logout(&other);
    ck_assert(run("{\"cmd\":\"reset\"}"));
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 1);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
    ck_assert_uint_eq(retained_store_count(rig.broker->retained), 0);
    buf_clear(&client.in);
    rig_publish(&client, "t", "y", 0); /* who is connected stays subscribed */
    rig_expect_publish(&client, "t", "y", 0, NULL);
    other = (struct rig_client){.rig = &rig};
}
END_TEST

/* ---- who watches ---- */

static struct tap_reader reader;

static void watch(void)
{
    int fd = tap_attach(&rig.broker->tap);

    ck_assert_int_ge(fd, 0);
    snapshot_write(rig.broker);
    ck_assert_int_eq(tap_reader_open(&reader, fd), 0);
}

static void stop_watching(void)
{
    tap_reader_close(&reader);
    tap_detach(&rig.broker->tap);
}

START_TEST(scripted_clients_are_known_from_their_connect_on)
{
    struct record record;
    unsigned packets = 0;

    ck_assert(run("{\"cmd\":\"actor\",\"client\":\"a\",\"actor\":\"script\"}"));
    ck_assert(run("{\"cmd\":\"actor\",\"client\":\"c\",\"actor\":\"script\"}"));
    ck_assert(
        run("{\"cmd\":\"actor\",\"client\":\"c\",\"actor\":\"student\"}"));
    watch();
    for (int i = 0; i < 3; i++) {
        const char *const ids[] = {"a", "b", "c"};

        rig_login(&rig, &client, MQTT_3_1_1, ids[i], true);
        rig_logout(&client);
        while (tap_reader_next(&reader, &record)) {
            if (record.type != RECORD_MQTT)
                continue;
            packets++;
            ck_assert_uint_eq(record.actor,
                              i == 0 ? RECORD_SCRIPT : RECORD_STUDENT);
        }
    }
    ck_assert_uint_eq(packets, 9);
    stop_watching();
    client = (struct rig_client){.rig = &rig};
}
END_TEST

/* How many records of the snapshot have this code. */
static unsigned count_of(enum event_code code)
{
    struct record record;
    unsigned count = 0;

    watch();
    while (tap_reader_next(&reader, &record)) {
        ck_assert(record.flags & RECORD_SNAPSHOT);
        count += record_code(record.bytes) == code;
    }
    stop_watching();
    return count;
}

START_TEST(a_snapshot_says_what_is_true_now)
{
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_subscribe(&client, "x/#", 1);
    rig_subscribe(&client, "$share/g/y", 0);
    rig_publish_retained(&client, "r/1", "one", 0);
    rig_publish_retained(&client, "r/2", "two", 0);
    rig_open(&rig, &other, MQTT_3_1_1);
    struct mqtt_packet packet = rig_connect(&other, "b");
    packet.connect.clean_start = false;
    packet.connect.will =
        (struct mqtt_will){.set = true, .topic = slice_of_string("w")};
    rig_send(&other, &packet);
    rig_expect(&other, MQTT_CONNACK, &packet);
    rig_subscribe(&other, "z", 2);
    ck_assert_uint_eq(count_of(EVENT_CONN_OPENED), 2);
    ck_assert_uint_eq(count_of(EVENT_CONNECT_ACCEPTED), 2);
    ck_assert_uint_eq(count_of(EVENT_SESSION_CREATED), 2);
    ck_assert_uint_eq(count_of(EVENT_SUBSCRIBED), 3);
    ck_assert_uint_eq(count_of(EVENT_WILL_ARMED), 1);
    ck_assert_uint_eq(count_of(EVENT_RETAINED_STORED), 2);
    ck_assert_uint_eq(count_of(EVENT_BROKER_STARTED), 1);
    rig_cut(&other);
    ck_assert_uint_eq(count_of(EVENT_CONN_OPENED), 1);
    ck_assert_uint_eq(count_of(EVENT_SESSION_AWAY), 1);
    ck_assert_uint_eq(count_of(EVENT_SUBSCRIBED), 3);
    other = (struct rig_client){.rig = &rig};
}
END_TEST

START_TEST(a_snapshot_has_the_filters_as_they_were_given)
{
    struct record record;
    bool seen = false;

    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_subscribe(&client, "$share/g/y/+", 1);
    watch();
    while (tap_reader_next(&reader, &record)) {
        if (record_code(record.bytes) != EVENT_SUBSCRIBED)
            continue;
        seen = true;
        ck_assert(slice_equal_string(record_get(record.bytes, RECORD_TOPIC),
                                     "$share/g/y/+"));
        ck_assert_uint_eq(record_get_number(record.bytes, RECORD_QOS, 9), 1);
    }
    ck_assert(seen);
    stop_watching();
}
END_TEST

Suite *broker_control_suite(void)
{
    Suite *suite = suite_create("broker_control");
    TCase *tcase = unit_case(suite, "control", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, status_and_stats_tell_what_is);
    tcase_add_test(tcase, stats_do_not_count_what_is_gone);
    tcase_add_test(tcase, publish_is_delivered_and_can_be_retained);
    tcase_add_loop_test(tcase, a_mistake_is_answered_with_an_error, 0,
                        sizeof(mistakes) / sizeof(mistakes[0]));
    tcase_add_test(tcase, kick_disconnect_says_why);
    tcase_add_test(tcase, kick_cut_says_nothing);
    tcase_add_test(tcase, kick_silent_lets_the_keep_alive_run_out);
    tcase_add_test(tcase, clear_retained_takes_a_name_a_filter_or_all);
    tcase_add_test(tcase, what_a_reset_does_is_in_the_tap_when_it_is_answered);
    tcase_add_test(tcase, reset_forgets_what_was_before);
    tcase_add_test(tcase, scripted_clients_are_known_from_their_connect_on);
    tcase_add_test(tcase, a_snapshot_says_what_is_true_now);
    tcase_add_test(tcase, a_snapshot_has_the_filters_as_they_were_given);
    return suite;
}
