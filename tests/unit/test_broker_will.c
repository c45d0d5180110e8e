#include "broker_rig.h"

#include "broker/connection.h"
#include "broker/session.h"
#include "mqtt/property.h"
#include "wire/tap_reader.h"

static struct rig rig;
static struct rig_client client; /* the one with a will */
static struct rig_client other;  /* another of the same name */
static struct rig_client watcher;

static void set_up(void)
{
    rig_init(&rig);
    client = other = watcher = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&client);
    rig_close(&other);
    rig_close(&watcher);
    rig_release(&rig);
}

/* What a client may not publish it may not leave to its will either. */
START_TEST(a_will_below_sys_is_refused)
{
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    struct mqtt_packet packet = rig_connect(&client, "a");
    packet.connect.will = (struct mqtt_will){
        .set = true,
        .retain = true,
        .topic = slice_of_string("$SYS/broker/version"),
        .payload = slice_of_string("lie"),
    };
    rig_send(&client, &packet);
    ck_assert_str_eq(rig_take_reason_string(&client), "Not authorized");
    rig_expect_hex(&client, "20 03 00 87 00");
    rig_expect_ended(&client);
}
END_TEST

struct will_of {
    uint32_t delay_s;
    uint32_t expiry_s; /* of the session */
    uint32_t message_expiry_s;
    uint16_t keep_alive_s;
    bool retain;
    bool keep_session; /* 3.1.1: no Clean Session */
};

static void login(struct rig_client *to, enum mqtt_version version,
                  struct will_of with)
{
    struct buf will_properties = {0};
    struct buf properties = {0};

    rig_open(&rig, to, version);
    struct mqtt_packet packet = rig_connect(to, "dev");
    if (with.delay_s)
        property_put_number(&will_properties, PROPERTY_WILL_DELAY_INTERVAL,
                            with.delay_s);
    if (with.message_expiry_s)
        property_put_number(&will_properties, PROPERTY_MESSAGE_EXPIRY_INTERVAL,
                            with.message_expiry_s);
    if (with.expiry_s)
        property_put_number(&properties, PROPERTY_SESSION_EXPIRY_INTERVAL,
                            with.expiry_s);
    packet.connect.clean_start = !with.keep_session;
    packet.connect.keep_alive_s = with.keep_alive_s;
    packet.connect.properties = buf_slice(&properties);
    packet.connect.will = (struct mqtt_will){
        .set = true,
        .qos = 1,
        .retain = with.retain,
        .properties = buf_slice(&will_properties),
        .topic = slice_of_string("state"),
        .payload = slice_of_string("gone"),
    };
    rig_send(to, &packet);
    rig_expect(to, MQTT_CONNACK, &packet);
    buf_release(&will_properties);
    buf_release(&properties);
}

static void start(enum mqtt_version version, struct will_of with)
{
    rig_start(&rig);
    rig_login(&rig, &watcher, MQTT_5, "watcher", true);
    rig_subscribe(&watcher, "state", 1);
    login(&client, version, with);
}

static void expect_will(void)
{
    rig_expect_publish(&watcher, "state", "gone", 1, NULL);
}

/* ---- when it is published, and when not ---- */

/* [MQTT-3.1.2-8] */
START_TEST(a_cut_connection_fires_the_will)
{
    start(_i ? MQTT_5 : MQTT_3_1_1, (struct will_of){0});
    rig_expect_nothing(&watcher);
    rig_cut(&client);
    expect_will();
    rig_expect_nothing(&watcher);
}
END_TEST

/* [MQTT-3.1.2-10] [MQTT-3.14.4-3] */
START_TEST(disconnect_discards_the_will)
{
    start(_i ? MQTT_5 : MQTT_3_1_1, (struct will_of){0});
    rig_logout(&client);
    rig_expect_nothing(&watcher);
}
END_TEST

START_TEST(disconnect_with_will_message_fires_it)
{
    start(MQTT_5, (struct will_of){0});
    rig_send_hex(&client, "e0 01 04");
    expect_will();
}
END_TEST

/* [MQTT311-3.1.2-24] */
START_TEST(silence_fires_the_will)
{
    start(MQTT_3_1_1, (struct will_of){.keep_alive_s = 10});
    rig_advance(&rig, 14.9);
    rig_expect_nothing(&watcher);
    rig_advance(&rig, 0.2);
    expect_will();
}
END_TEST

START_TEST(a_protocol_error_fires_the_will)
{
    start(MQTT_3_1_1, (struct will_of){0});
    rig_send_hex(&client, "00 00");
    expect_will();
}
END_TEST

START_TEST(a_kick_fires_the_will)
{
    start(MQTT_5, (struct will_of){0});
    struct session *session =
        session_store_find(&rig.broker->sessions, slice_of_string("dev"));
    connection_end(session->connection,
                   &(struct connection_ending){.why = END_KICKED});
    loop_settle(&rig.loop);
    rig_expect_hex(&client, "e0 01 98");
    expect_will();
}
END_TEST

START_TEST(a_takeover_fires_the_will)
{
    start(MQTT_3_1_1, (struct will_of){0});
    rig_login(&rig, &other, MQTT_3_1_1, "dev", true);
    expect_will();
}
END_TEST

START_TEST(a_will_is_kept_as_a_retained_message_if_it_says_so)
{
    struct mqtt_publish publish;

    start(MQTT_3_1_1, (struct will_of){.retain = true});
    rig_cut(&client);
    expect_will();
    rig_subscribe(&watcher, "+", 0);
    rig_expect_publish(&watcher, "state", "gone", 0, &publish);
    ck_assert(publish.retain); /* [MQTT-3.1.2-15] */
}
END_TEST

/* ---- Will Delay Interval [MQTT5 3.1.3.2.2] ---- */

START_TEST(a_will_waits_for_its_delay)
{
    start(MQTT_5, (struct will_of){.delay_s = 10, .expiry_s = 100});
    rig_cut(&client);
    rig_advance(&rig, 9.9);
    rig_expect_nothing(&watcher);
    rig_advance(&rig, 0.2);
    expect_will();
    rig_advance(&rig, 200);
    rig_expect_nothing(&watcher);
}
END_TEST

START_TEST(the_end_of_the_session_ends_the_delay)
{
    start(MQTT_5, (struct will_of){.delay_s = 100, .expiry_s = 10});
    rig_cut(&client);
    rig_advance(&rig, 9.9);
    rig_expect_nothing(&watcher);
    rig_advance(&rig, 0.2);
    expect_will();
}
END_TEST

START_TEST(a_session_that_ends_at_once_leaves_no_time_for_a_delay)
{
    start(MQTT_5, (struct will_of){.delay_s = 100});
    rig_cut(&client);
    expect_will();
}
END_TEST

START_TEST(a_goodbye_that_asks_for_the_will_does_not_shorten_its_delay)
{
    start(MQTT_5, (struct will_of){.delay_s = 10, .expiry_s = 100});
    rig_send_hex(&client, "e0 01 04");
    rig_expect_ended(&client);
    rig_advance(&rig, 9.9);
    rig_expect_nothing(&watcher);
    rig_advance(&rig, 0.2);
    expect_will();
}
END_TEST

START_TEST(a_goodbye_that_ends_the_session_ends_the_delay)
{
    start(MQTT_5, (struct will_of){.delay_s = 10, .expiry_s = 100});
    rig_send_hex(&client, "e0 07 04 05 11 00000000");
    expect_will();
}
END_TEST

/* [MQTT-3.1.3-9] */
START_TEST(who_comes_back_in_time_has_no_will_published)
{
    start(MQTT_5, (struct will_of){.delay_s = 10, .expiry_s = 100});
    rig_cut(&client);
    rig_advance(&rig, 5);
    ck_assert(rig_login(&rig, &other, MQTT_5, "dev", false));
    rig_advance(&rig, 50);
    rig_expect_nothing(&watcher);
}
END_TEST

START_TEST(a_takeover_within_the_delay_publishes_no_will)
{
    start(MQTT_5, (struct will_of){.delay_s = 10, .expiry_s = 100});
    ck_assert(rig_login(&rig, &other, MQTT_5, "dev", false));
    rig_advance(&rig, 50);
    rig_expect_nothing(&watcher);
}
END_TEST

START_TEST(a_new_session_does_not_wait_for_the_delay_of_the_old)
{
    start(MQTT_5, (struct will_of){.delay_s = 10, .expiry_s = 100});
    rig_cut(&client);
    rig_expect_nothing(&watcher);
    ck_assert(!rig_login(&rig, &other, MQTT_5, "dev", true));
    expect_will();
}
END_TEST

START_TEST(the_lifetime_of_a_will_begins_when_it_is_published)
{
    struct mqtt_publish publish;

    start(MQTT_5, (struct will_of){.message_expiry_s = 30});
    rig_advance(&rig, 100);
    rig_cut(&client);
    rig_expect_publish(&watcher, "state", "gone", 1, &publish);
    ck_assert_uint_eq(property_number(publish.properties,
                                      PROPERTY_MESSAGE_EXPIRY_INTERVAL, 0),
                      30);
}
END_TEST

/* ---- records: each with its cause ---- */

static struct tap_reader reader;

static void watch(void)
{
    int fd = tap_attach(&rig.broker->tap);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(tap_reader_open(&reader, fd), 0);
}

/* The next record of this event; its seq is returned. */
static uint64_t expect_event(enum event_code code, struct record *record)
{
    loop_settle(&rig.loop);
    while (tap_reader_next(&reader, record)) {
        if ((record->type == RECORD_EVT || record->type == RECORD_CONN) &&
            record_code(record->bytes) == code)
            return record->seq;
    }
    ck_abort_msg("no event %s", event_name(code));
}

static void expect_text(const struct record *record, const char *text)
{
    struct slice value = record_get(record->bytes, RECORD_TEXT);

    ck_assert_msg(slice_equal_string(value, text), "\"%.*s\" is not \"%s\"",
                  SLICE_ARGS(value), text);
}

START_TEST(the_life_of_a_will_is_recorded_with_its_cause)
{
    struct record record;

    rig_start(&rig);
    rig_login(&rig, &watcher, MQTT_3_1_1, "watcher", true);
    rig_subscribe(&watcher, "state", 1);
    watch();
    login(&client, MQTT_3_1_1, (struct will_of){.keep_alive_s = 10});
    expect_event(EVENT_WILL_ARMED, &record);
    ck_assert(
        slice_equal_string(record_get(record.bytes, RECORD_TOPIC), "state"));
    rig_advance(&rig, 16);
    uint64_t missed = expect_event(EVENT_KEEP_ALIVE_MISSED, &record);
    expect_text(&record, "silent for 1.5 x Keep Alive (15 s)");
    expect_event(EVENT_CONN_CLOSED, &record);
    uint64_t fired = expect_event(EVENT_WILL_FIRED, &record);
    ck_assert_uint_eq(record.cause, missed);
    expect_text(&record, "silent for 1.5 x Keep Alive (15 s)");
    /* What the watcher gets is caused by the will. */
    ck_assert(tap_reader_next(&reader, &record));
    ck_assert_uint_eq(record.type, RECORD_MQTT);
    ck_assert_uint_eq(record.cause, fired);
    tap_reader_close(&reader);
    tap_detach(&rig.broker->tap);
}
END_TEST

START_TEST(a_delivery_that_waited_is_caused_by_its_publish)
{
    struct record record;
    uint64_t published = 0;
    uint64_t cause = 0;

    rig_start(&rig);
    rig_login(&rig, &watcher, MQTT_3_1_1, "watcher", false);
    rig_subscribe(&watcher, "t", 1);
    rig_cut(&watcher);
    rig_login(&rig, &client, MQTT_3_1_1, "dev", true);
    watch();
    rig_publish(&client, "t", "x", 1);
    expect_event(EVENT_MESSAGE_QUEUED, &record);
    expect_text(&record, "the client is away");
    published = record.cause;
    ck_assert_uint_ne(published, 0);
    rig_login(&rig, &watcher, MQTT_3_1_1, "watcher", false);
    expect_event(EVENT_SESSION_RESUMED, &record);
    while (tap_reader_next(&reader, &record)) {
        if (record.type == RECORD_MQTT && record.bytes.bytes[0] >> 4 == 3)
            cause = record.cause;
    }
    ck_assert_uint_eq(cause, published);
    tap_reader_close(&reader);
    tap_detach(&rig.broker->tap);
}
END_TEST

Suite *broker_will_suite(void)
{
    Suite *suite = suite_create("broker_will");
    TCase *tcase = unit_case(suite, "will", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_cut_connection_fires_the_will, 0, 2);
    tcase_add_loop_test(tcase, disconnect_discards_the_will, 0, 2);
    tcase_add_test(tcase, a_will_below_sys_is_refused);
    tcase_add_test(tcase, disconnect_with_will_message_fires_it);
    tcase_add_test(tcase, silence_fires_the_will);
    tcase_add_test(tcase, a_protocol_error_fires_the_will);
    tcase_add_test(tcase, a_kick_fires_the_will);
    tcase_add_test(tcase, a_takeover_fires_the_will);
    tcase_add_test(tcase, a_will_is_kept_as_a_retained_message_if_it_says_so);
    tcase_add_test(tcase, a_will_waits_for_its_delay);
    tcase_add_test(tcase, the_end_of_the_session_ends_the_delay);
    tcase_add_test(tcase,
                   a_session_that_ends_at_once_leaves_no_time_for_a_delay);
    tcase_add_test(tcase,
                   a_goodbye_that_asks_for_the_will_does_not_shorten_its_delay);
    tcase_add_test(tcase, a_goodbye_that_ends_the_session_ends_the_delay);
    tcase_add_test(tcase, who_comes_back_in_time_has_no_will_published);
    tcase_add_test(tcase, a_takeover_within_the_delay_publishes_no_will);
    tcase_add_test(tcase, a_new_session_does_not_wait_for_the_delay_of_the_old);
    tcase_add_test(tcase, the_lifetime_of_a_will_begins_when_it_is_published);
    tcase_add_test(tcase, the_life_of_a_will_is_recorded_with_its_cause);
    tcase_add_test(tcase, a_delivery_that_waited_is_caused_by_its_publish);
    return suite;
}
