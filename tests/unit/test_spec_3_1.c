/*
 * Version 3.1, "MQIsdp", as clients speak it that are deployed. It is older
 * than the numbered statements; what it leaves open is done as in 3.1.1, and
 * what its clients do beyond its letter is borne.
 */
#include "broker_rig.h"

#include "broker/session.h"

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

/* ---- CONNECT ---- */

#define NAME  "0006 4d5149736470"
#define ID_23 "3132333435363738393031323334353637383930313233"

/* clang-format off */
static const struct {
    const char *name;
    const char *connect;
    const char *connack;
    bool ended;
} connects[] = {
    {"one character of Client Identifier", "10 0f " NAME " 03 02 003c 0001 61",
     "20 02 00 00", false},
    {"23 characters", "10 25 " NAME " 03 02 003c 0017 " ID_23,
     "20 02 00 00", false},
    {"24, more than 3.1 allows", "10 26 " NAME " 03 02 003c 0018 " ID_23 "34",
     "20 02 00 00", false},
    {"46", "10 3c " NAME " 03 02 003c 002e " ID_23 ID_23,
     "20 02 00 00", false},
    {"none", "10 0e " NAME " 03 02 003c 0000", "20 02 00 02", true},
    {"none, session wanted", "10 0e " NAME " 03 00 003c 0000",
     "20 02 00 02", true},
    {"the name of 3.1 with the version of 3.1.1",
     "10 0f " NAME " 04 02 003c 0001 61", "20 02 00 01", true},
    {"the name of 3.1.1 with the version of 3.1",
     "10 0d 0004 4d515454 03 02 003c 0001 61", "20 02 00 01", true},
    {"version 2", "10 0f " NAME " 02 02 003c 0001 61", "20 02 00 01", true},
    {"a bridge", "10 0f " NAME " 83 02 003c 0001 61", "20 02 00 00", false},
    {"the bit that 3.1 does not use", "10 0f " NAME " 03 03 003c 0001 61",
     "20 02 00 00", false},
    {"RETAIN and QoS of no will", "10 0f " NAME " 03 2a 003c 0001 61",
     "20 02 00 00", false},
    {"user name and password", "10 15 " NAME " 03 c2 003c 0001 61 0001 75 0001 70",
     "20 02 00 00", false},
    {"their flags, but not they", "10 0f " NAME " 03 c2 003c 0001 61",
     "20 02 00 00", false},
    {"password's flag, but not it", "10 12 " NAME " 03 c2 003c 0001 61 0001 75",
     "20 02 00 00", false},
    {"will", "10 16 " NAME " 03 2e 003c 0001 61 0001 77 0002 6869",
     "20 02 00 00", false},
    {"will of QoS 3", "10 16 " NAME " 03 1e 003c 0001 61 0001 77 0002 6869",
     "", true},
    {"more than the flags say", "10 12 " NAME " 03 02 003c 0001 61 0001 75",
     "", true},
};
/* clang-format on */

START_TEST(each_connect_gets_its_return_code)
{
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_3_1);
    rig_send_hex(&client, connects[_i].connect);
    rig_expect_hex(&client, connects[_i].connack);
    ck_assert_msg(client.ended == connects[_i].ended, "%s", connects[_i].name);
}
END_TEST

/* The return codes that a CONNECT of which nothing is wrong may get. */
START_TEST(refusals_have_a_return_code_of_3_1)
{
    rig.config.listeners[0].allow_anonymous = _i != 0;
    rig.config.max_clients = _i == 1 ? 1 : 0;
    rig_start(&rig);
    if (_i == 1)
        rig_login(&rig, &other, MQTT_3_1, "other", true);
    rig_open(&rig, &client, MQTT_3_1);
    rig_send_hex(&client, connects[0].connect);
    rig_expect_hex(&client, _i ? "20 02 00 03" : "20 02 00 05");
    rig_expect_ended(&client);
}
END_TEST

/* The byte of Session Present is reserved in 3.1. */
START_TEST(a_session_is_resumed_without_saying_so)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1, "a", false);
    rig_subscribe(&client, "t", 1);
    rig_logout(&client);
    rig_login(&rig, &other, MQTT_3_1, "b", true);
    rig_publish(&other, "t", "x", 1);
    ck_assert(!rig_login(&rig, &client, MQTT_3_1, "a", false));
    rig_expect_publish(&client, "t", "x", 1, NULL);
}
END_TEST

/* ---- DUP, which 3.1 allows where 3.1.1 does not ---- */

static const struct {
    const char *name;
    const char *sent;
    const char *answer;
} repeated[] = {
    {"SUBSCRIBE",        "8a 06 0001 0001 74 01", "90 03 0001 01"},
    {"UNSUBSCRIBE",      "aa 05 0001 0001 74",    "b0 02 0001"   },
    {"PUBLISH of QoS 0", "38 04 0001 74 78",      ""             },
    {"PUBLISH of QoS 1", "3a 06 0001 74 0001 78", "40 02 0001"   },
    {"PUBLISH of QoS 2", "3c 06 0001 74 0001 78", "50 02 0001"   },
    {"PUBREL",           "6a 02 0001",            "70 02 0001"   },
};

START_TEST(packets_may_be_sent_again_with_dup)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1, "a", true);
    for (int i = 0; i < 2; i++) {
        rig_send_hex(&client, repeated[_i].sent);
        rig_expect_hex(&client, repeated[_i].answer);
        ck_assert(!client.ended);
    }
    /* In 3.1.1 it is an error for all but PUBLISH of QoS 1 and 2. */
    rig_login(&rig, &other, MQTT_3_1_1, "b", true);
    rig_send_hex(&other, repeated[_i].sent);
    ck_assert(other.ended == (_i != 3 && _i != 4));
}
END_TEST

/* Who sends QoS 2 again, as old clients do on the same connection after a
   while, is heard once. */
START_TEST(qos_2_is_heard_once)
{
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1, "a", true);
    rig_login(&rig, &other, MQTT_3_1, "b", true);
    rig_subscribe(&other, "t", 0);
    rig_send_hex(&client, "34 06 0001 74 0001 78");
    rig_send_hex(&client, "3c 06 0001 74 0001 78");
    rig_send_hex(&client, "62 02 0001 6a 02 0001");
    rig_expect_hex(&client, "50 02 0001 50 02 0001 70 02 0001 70 02 0001");
    rig_expect_publish(&other, "t", "x", 0, NULL);
    rig_expect_nothing(&other);
}
END_TEST

START_TEST(what_was_not_acknowledged_comes_again_with_dup)
{
    struct mqtt_publish publish;

    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1, "a", false);
    rig_subscribe(&client, "t", 1);
    rig_publish(&client, "t", "x", 1);
    rig_expect_publish(&client, "t", "x", 1, NULL);
    rig_cut(&client);
    rig_login(&rig, &client, MQTT_3_1, "a", false);
    rig_expect_publish(&client, "t", "x", 1, &publish);
    ck_assert(publish.dup);
}
END_TEST

/* ---- will, subscriptions ---- */

START_TEST(the_will_is_published_as_in_later_versions)
{
    struct mqtt_publish publish;

    rig_start(&rig);
    rig_open(&rig, &client, MQTT_3_1);
    rig_send_hex(&client,
                 "10 16 " NAME " 03 2e 003c 0001 61 0001 77 0002 6869");
    rig_expect_hex(&client, "20 02 00 00");
    rig_login(&rig, &other, MQTT_3_1, "b", true);
    rig_subscribe(&other, "w", 2);
    rig_cut(&client);
    rig_expect_publish(&other, "w", "hi", 1, NULL);
    rig_subscribe(&other, "+", 2);
    rig_expect_publish(&other, "w", "hi", 1, &publish);
    ck_assert(publish.retain);
}
END_TEST

/* SUBACK has no code for a refusal yet. */
START_TEST(a_subscription_that_is_refused_looks_granted)
{
    rig.config.max_subscriptions = 1;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1, "a", true);
    rig_send_hex(&client, "82 0a 0001 0001 74 01 0001 75 01");
    rig_expect_hex(&client, "90 04 0001 01 00");
    rig_publish(&client, "u", "x", 0);
    rig_expect_nothing(&client);
}
END_TEST

Suite *spec_3_1_suite(void)
{
    Suite *suite = suite_create("spec_3_1");
    TCase *tcase = unit_case(suite, "3_1", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, each_connect_gets_its_return_code, 0,
                        sizeof(connects) / sizeof(connects[0]));
    tcase_add_loop_test(tcase, refusals_have_a_return_code_of_3_1, 0, 2);
    tcase_add_test(tcase, a_session_is_resumed_without_saying_so);
    tcase_add_loop_test(tcase, packets_may_be_sent_again_with_dup, 0,
                        sizeof(repeated) / sizeof(repeated[0]));
    tcase_add_test(tcase, qos_2_is_heard_once);
    tcase_add_test(tcase, what_was_not_acknowledged_comes_again_with_dup);
    tcase_add_test(tcase, the_will_is_published_as_in_later_versions);
    tcase_add_test(tcase, a_subscription_that_is_refused_looks_granted);
    return suite;
}
