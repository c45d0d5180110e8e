#include "broker_rig.h"

#include "broker/connection.h"
#include "broker/session.h"
#include "broker/will.h"

static struct rig rig;
static struct rig_client client;

static void set_up(void)
{
    rig_init(&rig);
    rig_start(&rig);
    client = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&client);
    rig_release(&rig);
}

static struct session *find(const char *client_id)
{
    return session_store_find(&rig.broker->sessions,
                              slice_of_string(client_id));
}

START_TEST(a_session_is_found_by_its_client_identifier)
{
    struct session *session =
        session_new(rig.broker, slice_of_string("sensor-7"));

    ck_assert_ptr_eq(find("sensor-7"), session);
    ck_assert_ptr_null(find("sensor-"));
    ck_assert_str_eq(session->client_id, "sensor-7");
    ck_assert_ptr_eq(session_of(&session->subscriber), session);
    session_free(rig.broker, session);
    ck_assert_ptr_null(find("sensor-7"));
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
}
END_TEST

START_TEST(all_sessions_are_visited)
{
    char id[2] = "a";
    unsigned seen = 0;
    size_t position = 0;

    for (; *id <= 'z'; ++*id)
        session_new(rig.broker, slice_of_string(id));
    while (session_store_next(&rig.broker->sessions, &position))
        seen++;
    ck_assert_uint_eq(seen, 26);
}
END_TEST

START_TEST(the_end_of_a_session_takes_its_subscriptions_along)
{
    struct session *session = session_new(rig.broker, slice_of_string("a"));
    const struct subscription_options options = {.qos = 1};

    subscription_tree_subscribe(rig.broker->subscriptions, &session->subscriber,
                                slice_of_string("t"), &options);
    session_free(rig.broker, session);
    ck_assert_uint_eq(
        subscription_tree_stats(rig.broker->subscriptions).subscriptions, 0);
}
END_TEST

/* CONNECT of version 5 with a will of delay 20 and a session of 60 seconds. */
#define CONNECT_WITH_WILL                                   \
    "10 22 0004 4d515454 05 06 0000 05 11 0000003c 0001 61" \
    "05 18 00000014 0001 77 0004 676f6e65"

START_TEST(an_away_session_knows_how_long_it_stays)
{
    rig_open(&rig, &client, MQTT_5);
    rig_send_hex(&client, CONNECT_WITH_WILL);
    ck_assert_uint_eq(session_expires_in_s(rig.broker, find("a")), 60);
    ck_assert_uint_eq(session_will_in_s(rig.broker, find("a")), 0);
    rig_cut(&client);
    ck_assert_uint_eq(rig.broker->counters.clients_disconnected, 1);
    ck_assert_uint_eq(session_expires_in_s(rig.broker, find("a")), 60);
    ck_assert_uint_eq(session_will_in_s(rig.broker, find("a")), 20);
    rig_advance(&rig, 15);
    ck_assert_uint_eq(session_expires_in_s(rig.broker, find("a")), 45);
    ck_assert_uint_eq(session_will_in_s(rig.broker, find("a")), 5);
    rig_advance(&rig, 30);
    ck_assert_ptr_null(find("a")->will);
    ck_assert_uint_eq(session_will_in_s(rig.broker, find("a")), 0);
    rig_advance(&rig, 20);
    ck_assert_ptr_null(find("a"));
    ck_assert_uint_eq(rig.broker->counters.clients_disconnected, 0);
    client = (struct rig_client){.rig = &rig};
}
END_TEST

START_TEST(a_session_of_version_3_never_expires)
{
    rig_login(&rig, &client, MQTT_3_1_1, "a", false);
    rig_logout(&client);
    rig_advance(&rig, 1e7);
    ck_assert_ptr_nonnull(find("a"));
    ck_assert_uint_eq(session_expires_in_s(rig.broker, find("a")),
                      SESSION_NEVER_EXPIRES);
    client = (struct rig_client){.rig = &rig};
}
END_TEST

Suite *session_suite(void)
{
    Suite *suite = suite_create("session");
    TCase *tcase = unit_case(suite, "session", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_session_is_found_by_its_client_identifier);
    tcase_add_test(tcase, all_sessions_are_visited);
    tcase_add_test(tcase, the_end_of_a_session_takes_its_subscriptions_along);
    tcase_add_test(tcase, an_away_session_knows_how_long_it_stays);
    tcase_add_test(tcase, a_session_of_version_3_never_expires);
    return suite;
}
