#include "suites.h"

#include "access_rig.h"
#include "mqtt/property.h"

/* What waits in a session is for who may read it when it is sent. */

static struct rig rig;
static struct rig_client client;
static struct rig_client other;

static const char users[] = "anna:secret\nbert:hidden\n";

static const char acl[] = "user anna\ntopic anna/#\ntopic both/#\n"
                          "user bert\ntopic #\n";

static void set_up(void)
{
    rig_init(&rig);
    client = other = (struct rig_client){0};
    access_rig_start(&rig, users, acl);
    ck_assert_uint_eq(
        access_rig_login(&rig, &other, MQTT_5, "b", "bert", "hidden"), 0);
}

static void tear_down(void)
{
    rig_close(&client);
    rig_close(&other);
    rig_release(&rig);
}

/* The session "a" as this user; returns Session Present. */
static bool resume(const char *user_name, const char *password,
                   uint16_t receive_maximum)
{
    struct mqtt_packet packet;
    struct buf properties = {0};

    if (client.rig)
        rig_close(&client);
    property_put_number(&properties, PROPERTY_SESSION_EXPIRY_INTERVAL, 1000);
    property_put_number(&properties, PROPERTY_RECEIVE_MAXIMUM, receive_maximum);
    rig_open(&rig, &client, MQTT_5);
    packet = rig_connect(&client, "a");
    packet.connect.clean_start = false;
    packet.connect.properties = buf_slice(&properties);
    packet.connect.has_user_name = packet.connect.has_password = true;
    packet.connect.user_name = slice_of_string(user_name);
    packet.connect.password = slice_of_string(password);
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, 0);
    buf_release(&properties);
    return packet.connack.session_present;
}

START_TEST(what_was_under_way_to_one_user_does_not_come_to_another)
{
    struct mqtt_publish publish;
    unsigned qos = (unsigned)_i;

    resume("bert", "hidden", 2);
    rig_subscribe(&client, "#", qos);
    rig_publish(&other, "bert/1", "sent", qos);
    rig_publish(&other, "both/1", "sent too", qos);
    rig_publish(&other, "bert/2", "waits", qos);
    rig_publish(&other, "both/2", "waits too", qos);
    rig_expect_publish(&client, "bert/1", "sent", qos, NULL);
    rig_expect_publish(&client, "both/1", "sent too", qos, NULL);
    rig_expect_nothing(&client);
    rig_cut(&client);
    rig_publish(&other, "bert/3", "later", qos);
    rig_publish(&other, "both/3", "later too", qos);

    ck_assert(resume("anna", "secret", 10));
    rig_expect_publish(&client, "both/1", "sent too", qos, &publish);
    ck_assert(publish.dup);
    rig_expect_publish(&client, "both/2", "waits too", qos, NULL);
    rig_expect_publish(&client, "both/3", "later too", qos, NULL);
    rig_expect_nothing(&client);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 3);
    /* Nor does it come back. */
    resume("bert", "hidden", 10);
    for (int i = 0; i < 3; i++)
        rig_expect(&client, MQTT_PUBLISH, &(struct mqtt_packet){0});
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_publish_that_was_received_is_released_for_another_user_as_well)
{
    struct mqtt_publish publish;
    struct mqtt_packet packet;

    resume("bert", "hidden", 2);
    rig_subscribe(&client, "#", 2);
    rig_publish(&other, "bert/1", "sent", 2);
    rig_expect_publish(&client, "bert/1", "sent", 2, &publish);
    rig_ack(&client, MQTT_PUBREC, publish.packet_id);
    rig_cut(&client);
    ck_assert(resume("anna", "secret", 10));
    rig_expect(&client, MQTT_PUBREL, &packet);
    ck_assert_uint_eq(packet.puback.packet_id, publish.packet_id);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_reload_takes_away_what_waits)
{
    struct mqtt_publish publish;

    resume("anna", "secret", 1);
    rig_subscribe(&client, "#", 1);
    rig_publish(&other, "anna/1", "sent", 1);
    rig_publish(&other, "anna/2", "waits", 1);
    rig_publish(&other, "both/2", "waits too", 1);
    rig_expect_publish(&client, "anna/1", "sent", 1, &publish);
    ck_assert(access_rig_reload(&rig, NULL, "user anna\ntopic both/#\n"));
    rig_ack(&client, MQTT_PUBACK, publish.packet_id);
    rig_expect_publish(&client, "both/2", "waits too", 1, &publish);
    rig_ack(&client, MQTT_PUBACK, publish.packet_id);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_reload_takes_away_what_waits_for_who_is_away)
{
    resume("anna", "secret", 1);
    rig_subscribe(&client, "#", 1);
    rig_publish(&other, "anna/1", "sent", 1);
    rig_cut(&client);
    rig_publish(&other, "anna/2", "waits", 1);
    rig_publish(&other, "both/2", "waits too", 1);
    ck_assert(access_rig_reload(&rig, users, "user anna\ntopic both/#\n"));
    resume("anna", "secret", 9);
    rig_expect_publish(&client, "both/2", "waits too", 1, NULL);
    rig_expect_nothing(&client);
}
END_TEST

Suite *access_again_suite(void)
{
    Suite *suite = suite_create("access_again");
    TCase *tcase = unit_case(suite, "access_again", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(
        tcase, what_was_under_way_to_one_user_does_not_come_to_another, 1, 3);
    tcase_add_test(
        tcase,
        a_publish_that_was_received_is_released_for_another_user_as_well);
    tcase_add_test(tcase, a_reload_takes_away_what_waits);
    tcase_add_test(tcase, a_reload_takes_away_what_waits_for_who_is_away);
    return suite;
}
