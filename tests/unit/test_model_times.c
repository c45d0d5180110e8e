/*
 * What runs out: Keep Alive, patience, sessions and wills that wait.
 */
#include "suites.h"

#include "base/clock.h"
#include "model_stage.h"

#define AFTER(start, s) ((start) + (s)*CLOCK_NS_PER_S)

static const struct sample_way in = {1, MQTT_3_1_1, false, 0};
static const struct sample_way out = {1, MQTT_3_1_1, true, 0};

START_TEST(keep_alive_runs_from_the_last_packet_of_the_client)
{
    uint64_t heard;

    told_connect("c", true);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_wait(&told.sample, 50000);
    heard = told.sample.time_ns;
    sample_ack(&told.sample, in, MQTT_PINGREQ, 0);
    sample_ack(&told.sample, out, MQTT_PINGRESP, 0);
    ck_assert_int_eq(model_keep_alive_left_s(told_client("c"), heard), 60);
    ck_assert_int_eq(
        model_keep_alive_left_s(told_client("c"), heard + 59 * CLOCK_NS_PER_S),
        1);
    ck_assert_int_eq(
        model_keep_alive_left_s(told_client("c"), heard + 99 * CLOCK_NS_PER_S),
        0);
}
END_TEST

/* [MQTT-3.1.2-22] */
START_TEST(the_broker_gives_a_client_up_at_one_and_a_half_keep_alives)
{
    told_connect("c", true);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    uint64_t heard = told_client("c")->heard_ns;
    ck_assert_int_eq(model_given_up_in_s(told.model, told_client("c"), heard),
                     90);
    ck_assert_int_eq(
        model_given_up_in_s(told.model, told_client("c"), AFTER(heard, 89)), 1);
    ck_assert_int_eq(
        model_given_up_in_s(told.model, told_client("c"), AFTER(heard, 99)), 0);
    ck_assert_int_eq(model_patience_left_s(told.model, told_client("c"), heard),
                     -1);
    sample_event(&told.sample, EVENT_CONN_CLOSED, 1, 0, 0);
    ck_assert_int_eq(model_given_up_in_s(told.model, told_client("c"), heard),
                     -1);
}
END_TEST

static uint64_t hold(enum mqtt_type type)
{
    static const uint8_t puback[] = {0x40, 2, 0, 7};
    static const uint8_t pingresp[] = {0xd0, 0};
    bool ping = type == MQTT_PINGRESP;

    return sample_bytes(&told.sample, out, RECORD_HELD,
                        ping ? pingresp : puback,
                        ping ? sizeof(pingresp) : sizeof(puback));
}

/* It sends PINGREQ after one Keep Alive and waits another one for the
   answer. */
START_TEST(a_client_whose_packet_is_held_loses_patience)
{
    told_connect("c", true);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    uint64_t heard = told_client("c")->heard_ns;
    uint64_t held = hold(MQTT_PUBACK);
    ck_assert(model_holds(told.model, told_client("c")));
    ck_assert_int_eq(
        model_patience_left_s(told.model, told_client("c"), AFTER(heard, 10)),
        110);
    ck_assert_int_eq(model_given_up_in_s(told.model, told_client("c"), heard),
                     -1);
    ck_assert_int_eq(
        model_patience_left_s(told.model, told_client("c"), AFTER(heard, 200)),
        0);
    sample_event(&told.sample, EVENT_PACKET_RELEASED, 1, held, 0);
    ck_assert(!model_holds(told.model, told_client("c")));
    ck_assert_int_eq(
        model_patience_left_s(told.model, told_client("c"), AFTER(heard, 10)),
        -1);
}
END_TEST

START_TEST(a_client_waits_one_keep_alive_for_an_answer_that_is_held_or_lost)
{
    told_connect("c", true);
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    sample_wait(&told.sample, 40000);
    sample_ack(&told.sample, in, MQTT_PINGREQ, 0);
    uint64_t pinged = told_client("c")->heard_ns;
    uint64_t held = hold(MQTT_PINGRESP);
    ck_assert_int_eq(
        model_patience_left_s(told.model, told_client("c"), AFTER(pinged, 2)),
        58);
    sample_event(&told.sample, EVENT_PACKET_RELEASED, 1, held, 0);
    ck_assert_int_eq(
        model_patience_left_s(told.model, told_client("c"), AFTER(pinged, 2)),
        -1);
    sample_ack(&told.sample, in, MQTT_PINGREQ, 0);
    pinged = told_client("c")->heard_ns;
    ck_assert_int_eq(
        model_patience_left_s(told.model, told_client("c"), pinged), -1);
    ck_assert_int_eq(
        model_patience_left_s(told.model, told_client("c"), AFTER(pinged, 2)),
        58);
    sample_ack(&told.sample, out, MQTT_PINGRESP, 0);
    ck_assert_int_eq(
        model_patience_left_s(told.model, told_client("c"), AFTER(pinged, 2)),
        -1);
}
END_TEST

START_TEST(a_session_and_a_will_that_wait_run_out)
{
    sample_connect(&told.sample, in,
                   &(struct mqtt_connect){
                       .keep_alive_s = 60,
                       .client_id = slice_of_string("c"),
                       .will = {.set = true, .topic = slice_of_string("w")}
    });
    sample_ack(&told.sample, out, MQTT_CONNACK, 0);
    ck_assert_int_eq(
        model_session_left_s(told_client("c"), told.sample.time_ns), -1);
    ck_assert_int_eq(
        model_will_left_s(told_client("c")->will, told.sample.time_ns), -1);
    sample_event(&told.sample, EVENT_SESSION_AWAY, 1, 0, RECORD_CLIENT_ID, "c",
                 RECORD_EXPIRY, "60", 0);
    uint64_t went = told_client("c")->ended_ns;
    sample_event(&told.sample, EVENT_WILL_DELAYED, 1, 0, RECORD_CLIENT_ID, "c",
                 RECORD_EXPIRY, "20", 0);
    ck_assert_int_eq(model_session_left_s(told_client("c"), AFTER(went, 15)),
                     45);
    uint64_t delayed = told_client("c")->will->delayed_ns;
    ck_assert_int_eq(
        model_will_left_s(told_client("c")->will, AFTER(delayed, 15)), 5);
    ck_assert_int_eq(
        model_will_left_s(told_client("c")->will, AFTER(delayed, 25)), 0);
    ck_assert_int_eq(model_session_left_s(told_client("c"), AFTER(went, 99)),
                     0);
}
END_TEST

Suite *model_times_suite(void)
{
    Suite *suite = suite_create("model_times");
    TCase *tcase = unit_case(suite, "model_times", 20);

    tcase_add_checked_fixture(tcase, model_stage_open, model_stage_close);
    tcase_add_test(tcase, keep_alive_runs_from_the_last_packet_of_the_client);
    tcase_add_test(tcase,
                   the_broker_gives_a_client_up_at_one_and_a_half_keep_alives);
    tcase_add_test(tcase, a_client_whose_packet_is_held_loses_patience);
    tcase_add_test(
        tcase,
        a_client_waits_one_keep_alive_for_an_answer_that_is_held_or_lost);
    tcase_add_test(tcase, a_session_and_a_will_that_wait_run_out);
    return suite;
}
