#include "broker_rig.h"

#include "broker/retained_store.h"

#include <stdio.h>
#include <string.h>

/* Listener 0 has no mount_point, 1 has "lab/", 2 has "other/". */
static struct rig rig;
static struct rig_client whole;
static struct rig_client lab;
static struct rig_client lab2;
static struct rig_client other;

static void set_up(void)
{
    rig_init(&rig);
    config_add_listener(&rig.config, 0, NULL)->mount_point = strdup("lab/");
    config_add_listener(&rig.config, 0, NULL)->mount_point = strdup("other/");
    for (size_t i = 0; i < 3; i++)
        rig.config.listeners[i].allow_anonymous = true;
    rig_start(&rig);
    whole = lab = lab2 = other = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&whole);
    rig_close(&lab);
    rig_close(&lab2);
    rig_close(&other);
    rig_release(&rig);
}

static bool login(struct rig_client *client, size_t listener,
                  enum mqtt_version version, const char *id, bool clean)
{
    rig.listener = listener;
    return rig_login(&rig, client, version, id, clean);
}

static void login_all(enum mqtt_version version)
{
    login(&whole, 0, version, "whole", true);
    login(&lab, 1, version, "lab", true);
    login(&lab2, 1, version, "lab2", true);
    login(&other, 2, version, "other", true);
}

static void expect(struct rig_client *client, const char *topic,
                   const char *payload, unsigned qos)
{
    struct mqtt_publish publish;

    rig_expect_publish(client, topic, payload, qos, &publish);
    if (qos == 1)
        rig_ack(client, MQTT_PUBACK, publish.packet_id);
}

static const enum mqtt_version versions[] = {MQTT_3_1, MQTT_3_1_1, MQTT_5};

START_TEST(each_group_sees_its_own_part_without_the_mount_point)
{
    for (unsigned qos = 0; qos < 2; qos++) {
        login_all(versions[_i]);
        rig_subscribe(&whole, "#", 1);
        rig_subscribe(&lab2, "#", 1);
        rig_subscribe(&other, "#", 1);
        uint16_t id = rig_publish(&lab, "a/b", "hello", qos);
        expect(&whole, "lab/a/b", "hello", qos);
        expect(&lab2, "a/b", "hello", qos);
        rig_expect_nothing(&other);
        if (id) {
            struct mqtt_packet packet;

            rig_expect(&lab, MQTT_PUBACK, &packet);
        }
        rig_publish(&whole, "other/x", "there", 0);
        expect(&whole, "other/x", "there", 0);
        expect(&other, "x", "there", 0);
        rig_publish(&whole, "lax", "nowhere", 0);
        expect(&whole, "lax", "nowhere", 0);
        rig_expect_nothing(&lab2);
        rig_expect_nothing(&other);
        tear_down();
        set_up();
    }
}
END_TEST

START_TEST(what_a_client_unsubscribes_from_is_below_the_mount_point)
{
    login_all(MQTT_5);
    rig_subscribe(&lab, "a", 0);
    rig_subscribe(&whole, "a", 0);
    rig_send_hex(&lab, "a2 06 00 09 00 00 01 61");
    rig_expect_hex(&lab, "b0 04 00 09 00 00");
    rig_publish(&whole, "lab/a", "x", 0);
    rig_expect_nothing(&lab);
    rig_publish(&whole, "a", "still", 0);
    expect(&whole, "a", "still", 0);
}
END_TEST

START_TEST(retained_messages_are_kept_and_sent_below_the_mount_point)
{
    login_all(MQTT_5);
    rig_publish_retained(&lab, "r", "kept", 0);
    ck_assert_ptr_nonnull(
        retained_store_get(rig.broker->retained, slice_of_string("lab/r"), 0));
    ck_assert_ptr_null(
        retained_store_get(rig.broker->retained, slice_of_string("r"), 0));
    rig_subscribe(&lab2, "r", 0);
    expect(&lab2, "r", "kept", 0);
    rig_subscribe(&other, "r", 0);
    rig_expect_nothing(&other);
    rig_subscribe(&whole, "+/r", 0);
    expect(&whole, "lab/r", "kept", 0);
    rig_publish_retained(&lab2, "r", "", 0);
    ck_assert_ptr_null(
        retained_store_get(rig.broker->retained, slice_of_string("lab/r"), 0));
}
END_TEST

START_TEST(a_will_is_published_below_the_mount_point)
{
    login(&whole, 0, MQTT_5, "whole", true);
    login(&lab2, 1, MQTT_5, "lab2", true);
    rig_subscribe(&whole, "#", 0);
    rig_subscribe(&lab2, "#", 0);
    rig.listener = 1;
    rig_open(&rig, &lab, MQTT_5);
    struct mqtt_packet packet = rig_connect(&lab, "dying");
    packet.connect.will = (struct mqtt_will){
        .set = true,
        .topic = slice_of_string("gone"),
        .payload = slice_of_string("x"),
    };
    rig_send(&lab, &packet);
    rig_expect(&lab, MQTT_CONNACK, &packet);
    rig_cut(&lab);
    expect(&whole, "lab/gone", "x", 0);
    expect(&lab2, "gone", "x", 0);
}
END_TEST

START_TEST(a_shared_subscription_has_it_behind_the_name_of_the_group)
{
    login_all(MQTT_5);
    ck_assert_uint_eq(rig_subscribe(&lab, "$share/g/s/+", 1), 1);
    ck_assert_uint_eq(rig_subscribe(&lab2, "$share/g/s/+", 1), 1);
    ck_assert_uint_eq(rig_subscribe(&other, "$share/g/s/+", 1), 1);
    rig_publish(&whole, "lab/s/1", "one", 0);
    rig_publish(&whole, "lab/s/2", "two", 0);
    rig_publish(&whole, "s/3", "nobody's", 0);
    expect(&lab, "s/1", "one", 0);
    expect(&lab2, "s/2", "two", 0);
    rig_expect_nothing(&other);
}
END_TEST

START_TEST(with_a_subscription_identifier_the_topic_is_short_too)
{
    login_all(MQTT_5);
    /* SUBSCRIBE, Subscription Identifier 7, filter "i" */
    rig_send_hex(&lab, "82 09 00 01 02 0b 07 00 01 69 00");
    rig_expect_hex(&lab, "90 04 00 01 00 00");
    rig_publish(&whole, "lab/i", "p", 0);
    rig_expect_hex(&lab, "30 07 00 01 69 02 0b 07 70");
}
END_TEST

START_TEST(a_topic_alias_stands_for_the_short_topic)
{
    login_all(MQTT_5);
    rig_subscribe(&lab2, "#", 0);
    /* PUBLISH "t" with Topic Alias 1, then the alias alone */
    rig_send_hex(&lab, "30 08 00 01 74 03 23 00 01 31");
    rig_send_hex(&lab, "30 07 00 00 03 23 00 01 32");
    expect(&lab2, "t", "1", 0);
    expect(&lab2, "t", "2", 0);
}
END_TEST

START_TEST(sys_is_not_seen_from_below_a_mount_point)
{
    login_all(MQTT_5);
    rig_subscribe(&lab, "$SYS/#", 0);
    const struct mqtt_publish message = {
        .retain = true,
        .topic = slice_of_string("$SYS/broker/x"),
        .payload = slice_of_string("1"),
    };
    broker_publish(rig.broker, &message);
    rig_expect_nothing(&lab);
}
END_TEST

START_TEST(a_topic_that_is_too_long_with_it_is_refused)
{
    static char topic[UINT16_MAX + 1];

    login_all(MQTT_5);
    memset(topic, 'x', UINT16_MAX - 3); /* one more than there is room for */
    ck_assert_uint_eq(rig_subscribe(&lab, topic, 0), MQTT_TOPIC_FILTER_INVALID);
    rig_publish(&lab, topic, "p", 0);
    rig_expect_ended(&lab);
    topic[UINT16_MAX - 4] = '\0';
    ck_assert_uint_eq(rig_subscribe(&lab2, topic, 0), 0);
    rig_publish(&lab2, topic, "p", 0);
    expect(&lab2, topic, "p", 0);
}
END_TEST

/* So many that they are not all entered in one turn. */
START_TEST(a_long_list_of_filters_is_below_the_mount_point_to_its_end)
{
    enum { FILTERS = 20000 };

    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};
    struct buf filters = {0};
    char text[32];

    login_all(MQTT_5);
    for (int i = 0; i < FILTERS; i++) {
        snprintf(text, sizeof(text), "f/%d", i);
        subscribe_put(
            &filters, MQTT_SUBSCRIBE,
            &(struct mqtt_subscription){.topic_filter = slice_of_string(text)});
    }
    packet.subscribe.packet_id = 1;
    packet.subscribe.filters = buf_slice(&filters);
    rig_send(&lab, &packet);
    buf_release(&filters);
    rig_expect(&lab, MQTT_SUBACK, &packet);
    ck_assert_uint_eq(packet.suback.reasons.len, FILTERS);
    for (int i = 0; i < FILTERS; i += FILTERS - 1) {
        snprintf(text, sizeof(text), "lab/f/%d", i);
        rig_publish(&whole, text, "p", 0);
        expect(&lab, text + 4, "p", 0);
        rig_publish(&whole, text + 4, "p", 0);
        rig_expect_nothing(&lab);
    }
}
END_TEST

START_TEST(a_session_that_comes_back_keeps_its_short_topics)
{
    login(&whole, 0, MQTT_3_1_1, "whole", true);
    login(&lab, 1, MQTT_3_1_1, "durable", false);
    rig_subscribe(&lab, "q", 1);
    rig_cut(&lab);
    rig_publish(&whole, "lab/q", "waited", 1);
    ck_assert(login(&lab, 1, MQTT_3_1_1, "durable", false));
    expect(&lab, "q", "waited", 1);
}
END_TEST

/* Else it would bring what others' part of the tree holds. */
START_TEST(a_session_of_another_mount_point_is_not_resumed)
{
    login(&whole, 0, MQTT_3_1_1, "whole", true);
    login(&lab, 1, MQTT_3_1_1, "durable", false);
    rig_subscribe(&lab, "q", 1);
    rig_cut(&lab);
    rig_publish(&whole, "lab/q", "for the lab", 1);
    ck_assert(!login(&other, 2, MQTT_3_1_1, "durable", false));
    rig_publish(&whole, "lab/q", "for the lab", 1);
    rig_expect_nothing(&other);
}
END_TEST

/* "lab/#" matches "lab" too, and "lab/" would have no topic at all. */
START_TEST(what_would_have_no_topic_below_the_mount_point_is_not_sent)
{
    static const char *const outside[] = {"lab", "lab/", "la", "labor/x"};

    login_all(MQTT_5);
    rig_publish_retained(&whole, "lab", "retained", 0);
    rig_subscribe(&lab, "#", 1);
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        for (unsigned qos = 0; qos < 2; qos++)
            rig_publish(&whole, outside[i], "no", qos);
    }
    rig_expect_nothing(&lab);
    rig_publish(&whole, "lab/x", "yes", 0);
    expect(&lab, "x", "yes", 0);
}
END_TEST

START_TEST(a_session_from_below_a_mount_point_is_not_resumed_without_one)
{
    login(&lab, 1, MQTT_3_1_1, "durable", false);
    rig_subscribe(&lab, "q", 1);
    rig_cut(&lab);
    ck_assert(!login(&whole, 0, MQTT_3_1_1, "durable", false));
    rig_cut(&whole);
    ck_assert(login(&whole, 0, MQTT_3_1_1, "durable", false));
}
END_TEST

Suite *mount_suite(void)
{
    Suite *suite = suite_create("mount");
    TCase *tcase = unit_case(suite, "mount", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase,
                        each_group_sees_its_own_part_without_the_mount_point, 0,
                        sizeof(versions) / sizeof(versions[0]));
    tcase_add_test(tcase,
                   what_a_client_unsubscribes_from_is_below_the_mount_point);
    tcase_add_test(tcase,
                   retained_messages_are_kept_and_sent_below_the_mount_point);
    tcase_add_test(tcase, a_will_is_published_below_the_mount_point);
    tcase_add_test(tcase,
                   a_shared_subscription_has_it_behind_the_name_of_the_group);
    tcase_add_test(tcase,
                   with_a_subscription_identifier_the_topic_is_short_too);
    tcase_add_test(tcase, a_topic_alias_stands_for_the_short_topic);
    tcase_add_test(tcase, sys_is_not_seen_from_below_a_mount_point);
    tcase_add_test(tcase, a_topic_that_is_too_long_with_it_is_refused);
    tcase_add_test(tcase,
                   a_long_list_of_filters_is_below_the_mount_point_to_its_end);
    tcase_add_test(tcase, a_session_that_comes_back_keeps_its_short_topics);
    tcase_add_test(tcase, a_session_of_another_mount_point_is_not_resumed);
    tcase_add_test(tcase,
                   what_would_have_no_topic_below_the_mount_point_is_not_sent);
    tcase_add_test(
        tcase, a_session_from_below_a_mount_point_is_not_resumed_without_one);
    return suite;
}
