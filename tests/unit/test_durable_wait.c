#include "durable_rig.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/connection.h"
#include "broker/session.h"
#include "broker/snapshot.h"
#include "wire/tap_reader.h"

/*
 * What is promised waits until it is stored. A disk that is full makes every
 * commit fail, so what leaves while it is did not wait.
 */

static struct durable_rig durable;
static struct rig *const rig = &durable.rig;
static struct rig_client client;
static struct rig_client other;

/* A subscriber to "t" whose session is kept, and a publisher with one. */
static void start(void)
{
    durable_rig_start(&durable);
    client = other = (struct rig_client){.rig = rig};
    rig_login(rig, &client, MQTT_3_1_1, "sub", false);
    rig_subscribe(&client, "t", 2);
    rig_login(rig, &other, MQTT_3_1_1, "pub", false);
}

static void set_up(void)
{
    durable_rig_init(&durable);
    durable.sync = CONFIG_SYNC_FULL;
    start();
}

static void tear_down(void)
{
    durable_rig_empty_disk();
    rig_close(&client);
    rig_close(&other);
    durable_rig_release(&durable);
}

/* The disk has room again, which the broker finds when it tries once more. */
static void go_on(void)
{
    durable_rig_empty_disk();
    rig_advance(rig, 1.1);
}

static void expect_id(struct rig_client *from, enum mqtt_type type, uint16_t id)
{
    struct mqtt_packet packet;

    rig_expect(from, type, &packet);
    ck_assert_uint_eq(packet.puback.packet_id, id);
}

/* A PUBLISH "x" to "t", with a number as its identifier. */
static void send_publish(struct rig_client *from, unsigned qos, uint16_t id,
                         bool retain)
{
    rig_send(from, &(struct mqtt_packet){
                       .type = MQTT_PUBLISH,
                       .publish = {.qos = qos & 3,
                                   .retain = retain,
                                   .packet_id = id,
                                   .topic = slice_of_string("t"),
                                   .payload = slice_of_string("x")},
    });
}

START_TEST(puback_waits_and_the_message_does_not)
{
    struct mqtt_publish got;

    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false);
    rig_expect_publish(&client, "t", "x", 1, &got);
    rig_expect_nothing(&other);
    rig_advance(rig, 5);
    rig_expect_nothing(&other);
    go_on();
    expect_id(&other, MQTT_PUBACK, 7);
    rig_expect_nothing(&other);
}
END_TEST

START_TEST(puback_waits_for_a_retained_message)
{
    rig_logout(&client);
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, true);
    rig_expect_nothing(&other);
    go_on();
    expect_id(&other, MQTT_PUBACK, 7);
}
END_TEST

START_TEST(puback_of_what_nobody_keeps_does_not_wait)
{
    durable_rig_fill_disk(&durable);
    rig_publish(&other, "nobody", "x", 1);
    expect_id(&other, MQTT_PUBACK, 1);
}
END_TEST

START_TEST(pubrec_and_a_publish_of_qos_2_wait)
{
    durable_rig_fill_disk(&durable);
    send_publish(&other, 2, 7, false);
    rig_expect_nothing(&other);
    rig_expect_nothing(&client);
    go_on();
    expect_id(&other, MQTT_PUBREC, 7);
    rig_expect_publish(&client, "t", "x", 2, NULL);
}
END_TEST

/* Alone it would go at once; when the other has gone it does so again. */
START_TEST(a_publish_of_qos_1_does_not_overtake_one_of_qos_2)
{
    durable_rig_fill_disk(&durable);
    send_publish(&other, 2, 7, false);
    send_publish(&other, 1, 8, false);
    rig_expect_nothing(&client);
    go_on();
    rig_expect_publish(&client, "t", "x", 2, NULL);
    rig_expect_publish(&client, "t", "x", 1, NULL);
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 9, false);
    rig_expect_publish(&client, "t", "x", 1, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(pubcomp_waits)
{
    send_publish(&other, 2, 7, false);
    expect_id(&other, MQTT_PUBREC, 7);
    durable_rig_fill_disk(&durable);
    rig_ack(&other, MQTT_PUBREL, 7);
    rig_expect_nothing(&other);
    go_on();
    expect_id(&other, MQTT_PUBCOMP, 7);
}
END_TEST

START_TEST(pubrel_waits)
{
    struct mqtt_publish got;

    send_publish(&other, 2, 7, false);
    rig_expect_publish(&client, "t", "x", 2, &got);
    durable_rig_fill_disk(&durable);
    rig_ack(&client, MQTT_PUBREC, got.packet_id);
    rig_expect_nothing(&client);
    go_on();
    expect_id(&client, MQTT_PUBREL, got.packet_id);
}
END_TEST

/* A repetition promises what was promised before, and that may not be stored
   yet either. */
START_TEST(the_answer_to_a_repetition_waits_as_the_first_one)
{
    durable_rig_fill_disk(&durable);
    send_publish(&other, 2, 7, false);
    send_publish(&other, 2, 7, false);
    rig_expect_nothing(&other);
    go_on();
    expect_id(&other, MQTT_PUBREC, 7);
    expect_id(&other, MQTT_PUBREC, 7);
    rig_expect_publish(&client, "t", "x", 2, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(suback_and_unsuback_wait)
{
    durable_rig_fill_disk(&durable);
    rig_send_hex(&client, "82 06 0009 0001 75 01");
    rig_send_hex(&client, "a2 05 000a 0001 75");
    rig_expect_nothing(&client);
    go_on();
    rig_expect_hex(&client, "90 03 0009 01 b0 02 000a");
}
END_TEST

START_TEST(connack_waits_and_everything_behind_it)
{
    static const struct {
        const char *id;
        bool clean;
        bool present;
    } cases[] = {
        {"new", false, false},
        {"sub", true,  false}, /* the old session is gone */
        {"sub", false, true },
    };
    bool present = cases[_i].present;

    rig_logout(&client);
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false); /* waits for "sub" */
    rig_open(rig, &client, MQTT_3_1_1);
    struct mqtt_packet packet = rig_connect(&client, cases[_i].id);
    packet.connect.clean_start = cases[_i].clean;
    rig_send(&client, &packet);
    rig_send_hex(&client, "c0 00"); /* PINGREQ */
    rig_expect_nothing(&client);
    go_on();
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert(packet.connack.session_present == present);
    if (present)
        rig_expect_publish(&client, "t", "x", 1, NULL);
    rig_expect_hex(&client, "d0 00");
}
END_TEST

/* More waits than may wait in an output: it goes on when that is written. */
START_TEST(a_long_queue_goes_on_behind_a_connack_that_waited)
{
    char *payload = alloc_zero(1, 100001);
    struct mqtt_packet packet;
    unsigned came = 0;

    memset(payload, 'x', 100000);
    rig_logout(&client);
    for (int i = 0; i < 30; i++)
        rig_publish(&other, "t", payload, 1);
    durable_rig_fill_disk(&durable);
    rig_open(rig, &client, MQTT_3_1_1);
    packet = rig_connect(&client, "sub");
    packet.connect.clean_start = false;
    rig_send(&client, &packet);
    rig_expect_nothing(&client);
    go_on();
    rig_expect(&client, MQTT_CONNACK, &packet);
    while (rig_next(&client, &packet))
        came += packet.type == MQTT_PUBLISH;
    ck_assert_uint_eq(came, 30);
    free(payload);
}
END_TEST

START_TEST(connack_of_a_session_that_is_not_kept_does_not_wait)
{
    struct rig_client third;

    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false);
    rig_login(rig, &third, MQTT_3_1_1, "third", true);
    rig_close(&third);
}
END_TEST

START_TEST(who_leaves_before_is_promised_nothing)
{
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false);
    send_publish(&other, 2, 8, false);
    rig_cut(&other);
    rig_cut(&client);
    rig_open(rig, &client, MQTT_3_1_1);
    struct mqtt_packet packet = rig_connect(&client, "third");
    packet.connect.clean_start = false;
    rig_send(&client, &packet);
    rig_cut(&client);
    go_on();
    ck_assert_uint_eq(durable_stats(rig->broker->durable).held, 0);
    ck_assert(rig_login(rig, &client, MQTT_3_1_1, "sub", false));
    rig_expect_publish(&client, "t", "x", 1, NULL);
    rig_expect_publish(&client, "t", "x", 2, NULL);
}
END_TEST

/* [MQTT-4.6.0-2] */
START_TEST(answers_leave_in_the_order_of_what_they_answer)
{
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 1, false);
    rig_send_hex(&other, "32 08 0004 6e6f6e65 0002"); /* to "none" */
    send_publish(&other, 1, 3, false);
    rig_expect_nothing(&other);
    go_on();
    for (uint16_t id = 1; id <= 3; id++)
        expect_id(&other, MQTT_PUBACK, id);
}
END_TEST

/* ---- what need not be written ---- */

START_TEST(what_its_receiver_acknowledges_before_the_commit_is_not_written)
{
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 1, false);
    rig_expect_publish(&client, "t", "x", 1, NULL);
    uint64_t before = durable_stats(rig->broker->durable).changes;
    for (uint16_t id = 2; id <= 50; id++) {
        struct mqtt_publish got;

        send_publish(&other, 1, id, false);
        rig_expect_publish(&client, "t", "x", 1, &got);
        rig_ack(&client, MQTT_PUBACK, got.packet_id);
    }
    go_on();
    struct durable_stats stats = durable_stats(rig->broker->durable);
    ck_assert_uint_eq(stats.changes - before, 2); /* message and delivery */
    for (uint16_t id = 1; id <= 50; id++)
        expect_id(&other, MQTT_PUBACK, id);
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM outgoing"), 1);
}
END_TEST

/* ---- a store that fails ---- */

START_TEST(a_failure_is_logged_once_and_so_is_its_end)
{
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false);
    ck_assert(rig_logged(rig, "The store fails"));
    ck_assert(durable_stats(rig->broker->durable).failing);
    buf_clear(&rig->lines);
    rig_advance(rig, 30);
    ck_assert(!rig_logged(rig, "The store fails"));
    rig_advance(rig, 31); /* and once a minute */
    ck_assert(rig_logged(rig, "The store fails"));
    go_on();
    ck_assert(rig_logged(rig, "The store works again"));
    ck_assert(!durable_stats(rig->broker->durable).failing);
    ck_assert_uint_gt(durable_stats(rig->broker->durable).failures, 30);
}
END_TEST

static bool shows(struct tap_reader *reader, enum event_code code)
{
    struct record record;

    while (tap_reader_next(reader, &record)) {
        if (record.type == RECORD_EVT && record_code(record.bytes) == code)
            return true;
    }
    return false;
}

START_TEST(who_watches_sees_that_it_fails_and_works_again)
{
    struct tap_reader reader;
    int fd = tap_attach(&rig->broker->tap);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(tap_reader_open(&reader, fd), 0);
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false);
    ck_assert(shows(&reader, EVENT_STORE_FAILED));
    rig_advance(rig, 5);
    ck_assert(!shows(&reader, EVENT_STORE_FAILED)); /* once is enough */
    go_on();
    ck_assert(shows(&reader, EVENT_STORE_WORKS));
    tap_reader_close(&reader);
    tap_detach(&rig->broker->tap);
}
END_TEST

START_TEST(while_it_fails_messages_still_pass_and_memory_stays_bounded)
{
    char *payload = alloc_zero(1, (1 << 20) + 1);
    const struct connection *from =
        session_store_find(&rig->broker->sessions, slice_of_string("pub"))
            ->connection;
    unsigned sent = 0;

    rig->config.max_queued_bytes = 0;
    memset(payload, 'x', 1 << 20);
    rig_logout(&client);
    durable_rig_fill_disk(&durable);
    while (!(from->link.holds & HOLD_STORE) && sent < 200) {
        sent++;
        rig_publish(&other, "t", payload, 1);
    }
    ck_assert_uint_ge(sent, 60);
    ck_assert_uint_le(sent, 70);
    rig_advance(rig, 200); /* and it is not taken for a silent client */
    ck_assert_ptr_nonnull(other.transport);
    rig_publish(&other, "t", "last", 1);
    rig_expect_nothing(&other);
    go_on();
    rig_advance(rig, 1);
    for (uint16_t id = 1; id <= sent + 1; id++)
        expect_id(&other, MQTT_PUBACK, id);
    free(payload);
}
END_TEST

START_TEST(a_clean_stop_tries_once_more)
{
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false);
    durable_rig_empty_disk();
    rig_close(&client);
    rig_close(&other);
    durable_rig_restart(&durable, DURABLE_STOPPED, 0);
    ck_assert_int_eq(
        durable_rig_number(&durable, "SELECT count(*) FROM outgoing"), 1);
}
END_TEST

static void on_stopped(struct broker *broker)
{
    *(bool *)broker->owner = true;
}

START_TEST(a_stop_that_cannot_store_says_so_and_ends)
{
    bool stopped = false;

    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false);
    broker_stop(rig->broker, on_stopped, &stopped);
    loop_settle(&rig->loop);
    ck_assert(stopped);
    ck_assert(rig_logged(rig, "changes that are not stored"));
    ck_assert(!durable_close(rig->broker->durable));
}
END_TEST

START_TEST(the_state_of_the_store_is_logged)
{
    send_publish(&other, 1, 7, false);
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 8, false);
    snapshot_log(rig->broker); /* SIGUSR2 */
    ck_assert(rig_logged(rig, " commits of "));
    ck_assert(rig_logged(rig, "1 failed; 1 packets wait for one"));
}
END_TEST

/* ---- on request ---- */

/* persistence_sync off, with an interval and what it counts. */
static void start_on_request(uint32_t interval, bool changes)
{
    rig_close(&client);
    rig_close(&other);
    durable_rig_release(&durable);
    durable_rig_init(&durable);
    durable.sync = CONFIG_SYNC_OFF;
    rig->config.autosave_interval = interval;
    rig->config.autosave_on_changes = changes;
    start();
}

static int64_t stored_subscriptions(void)
{
    return durable_rig_number(&durable, "SELECT count(*) FROM subscriptions");
}

START_TEST(on_request_nothing_waits_and_a_clean_stop_stores_all)
{
    start_on_request(1800, false);
    durable_rig_fill_disk(&durable);
    send_publish(&other, 1, 7, false);
    expect_id(&other, MQTT_PUBACK, 7);
    send_publish(&other, 2, 8, false);
    expect_id(&other, MQTT_PUBREC, 8);
    durable_rig_empty_disk();
    ck_assert_int_eq(stored_subscriptions(), 0);
    rig_close(&client);
    rig_close(&other);
    durable_rig_restart(&durable, DURABLE_STOPPED, 0);
    ck_assert_int_eq(stored_subscriptions(), 1);
    ck_assert(rig_login(rig, &client, MQTT_3_1_1, "sub", false));
    rig_expect_publish(&client, "t", "x", 1, NULL);
    rig_expect_publish(&client, "t", "x", 2, NULL);
}
END_TEST

START_TEST(on_request_it_is_stored_after_autosave_interval)
{
    start_on_request(20, false);
    rig_advance(rig, 19);
    ck_assert_int_eq(stored_subscriptions(), 0);
    rig_advance(rig, 2);
    ck_assert_int_eq(stored_subscriptions(), 1);
    rig_subscribe(&client, "u", 0);
    ck_assert_int_eq(stored_subscriptions(), 1);
    rig_advance(rig, 20);
    ck_assert_int_eq(stored_subscriptions(), 2);
}
END_TEST

START_TEST(on_request_it_is_stored_after_so_many_changes)
{
    start_on_request(5, true); /* two sessions, one subscription: 3 */
    ck_assert_int_eq(stored_subscriptions(), 0);
    rig_subscribe(&client, "u", 0);
    ck_assert_int_eq(stored_subscriptions(), 0);
    rig_subscribe(&client, "v", 0);
    ck_assert_int_eq(stored_subscriptions(), 3);
}
END_TEST

START_TEST(on_request_it_is_stored_when_somebody_asks)
{
    start_on_request(0, false);
    rig_advance(rig, 10000);
    ck_assert_int_eq(stored_subscriptions(), 0);
    rig->broker->save(rig->broker); /* SIGUSR1 */
    loop_settle(&rig->loop);
    ck_assert_int_eq(stored_subscriptions(), 1);
}
END_TEST

Suite *durable_wait_suite(void)
{
    Suite *suite = suite_create("durable_wait");
    TCase *tcase = unit_case(suite, "durable_wait", 60);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, puback_waits_and_the_message_does_not);
    tcase_add_test(tcase, puback_waits_for_a_retained_message);
    tcase_add_test(tcase, puback_of_what_nobody_keeps_does_not_wait);
    tcase_add_test(tcase, pubrec_and_a_publish_of_qos_2_wait);
    tcase_add_test(tcase, a_publish_of_qos_1_does_not_overtake_one_of_qos_2);
    tcase_add_test(tcase, pubcomp_waits);
    tcase_add_test(tcase, pubrel_waits);
    tcase_add_test(tcase, the_answer_to_a_repetition_waits_as_the_first_one);
    tcase_add_test(tcase, suback_and_unsuback_wait);
    tcase_add_loop_test(tcase, connack_waits_and_everything_behind_it, 0, 3);
    tcase_add_test(tcase, a_long_queue_goes_on_behind_a_connack_that_waited);
    tcase_add_test(tcase, connack_of_a_session_that_is_not_kept_does_not_wait);
    tcase_add_test(tcase, who_leaves_before_is_promised_nothing);
    tcase_add_test(tcase, answers_leave_in_the_order_of_what_they_answer);
    tcase_add_test(
        tcase, what_its_receiver_acknowledges_before_the_commit_is_not_written);
    tcase_add_test(tcase, a_failure_is_logged_once_and_so_is_its_end);
    tcase_add_test(tcase, who_watches_sees_that_it_fails_and_works_again);
    tcase_add_test(tcase,
                   while_it_fails_messages_still_pass_and_memory_stays_bounded);
    tcase_add_test(tcase, a_clean_stop_tries_once_more);
    tcase_add_test(tcase, the_state_of_the_store_is_logged);
    tcase_add_test(tcase, a_stop_that_cannot_store_says_so_and_ends);
    tcase_add_test(tcase, on_request_nothing_waits_and_a_clean_stop_stores_all);
    tcase_add_test(tcase, on_request_it_is_stored_after_autosave_interval);
    tcase_add_test(tcase, on_request_it_is_stored_after_so_many_changes);
    tcase_add_test(tcase, on_request_it_is_stored_when_somebody_asks);
    return suite;
}
