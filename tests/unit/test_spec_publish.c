/* Application Messages: statements of [MQTT5 3.1.2.5, 3.3, 4.7]. */
#include "broker_rig.h"

#include <string.h>

#include "mqtt/property.h"

static struct rig rig;
static struct rig_client publisher;
static struct rig_client client;

/* What is tested in both, is tested with _i. */
static const enum mqtt_version versions[] = {MQTT_3_1_1, MQTT_5};

static void set_up(void)
{
    rig_init(&rig);
    publisher = client = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&publisher);
    rig_close(&client);
    rig_release(&rig);
}

static void start(enum mqtt_version version)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, version, "pub", true);
    rig_login(&rig, &client, version, "a", true);
}

static void publish_5(const char *topic, const char *properties, unsigned qos,
                      bool retain)
{
    uint8_t bytes[256];
    size_t len = unit_hex(properties, bytes, sizeof(bytes));
    struct mqtt_packet packet = {
        .type = MQTT_PUBLISH,
        .publish = {.qos = (uint8_t)qos,
                    .retain = retain,
                    .packet_id = qos ? 1 : 0,
                    .topic = slice_of_string(topic),
                    .properties = slice_of(bytes, len),
                    .payload = slice_of_string("x")},
    };

    rig_send(&publisher, &packet);
}

/* The next message has exactly these Properties. */
static void expect_properties(const char *properties)
{
    uint8_t bytes[256];
    size_t len = unit_hex(properties, bytes, sizeof(bytes));
    struct mqtt_packet packet;

    rig_expect(&client, MQTT_PUBLISH, &packet);
    ck_assert(slice_equal(packet.publish.properties, slice_of(bytes, len)));
}

/* ---- Properties that are passed on ---- */

static const char *const forwarded[] = {
    "01 00",                              /* [MQTT-3.3.2-4] */
    "01 01",                              /* [MQTT-3.3.2-4] */
    "08 0003 612f62",                     /* [MQTT-3.3.2-15] */
    "09 0004 00ff0a00",                   /* [MQTT-3.3.2-16] */
    "09 0000",                            /* [MQTT-3.3.2-16] */
    "03 000a 746578742f706c61696e",       /* [MQTT-3.3.2-20] */
    "26 0001 6b 0001 76",                 /* [MQTT-3.3.2-17] */
    ("26 0001 62 0001 31 26 0001 61 0000" /* [MQTT-3.3.2-18] */
     "26 0001 62 0001 31 26 0000 0001 32"),
    "26 0001 62 0001 31 09 0001 63 26 0001 61 0001 32 03 0001 74 01 01",
};

#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

/* At each QoS. */
START_TEST(what_belongs_to_the_message_is_passed_on_unchanged)
{
    unsigned qos = (unsigned)_i % 3;

    start(MQTT_5);
    rig_subscribe(&client, "t", qos);
    publish_5("t", forwarded[_i / 3], qos, false);
    expect_properties(forwarded[_i / 3]);
}
END_TEST

START_TEST(retained_messages_keep_what_belongs_to_them)
{
    start(MQTT_5);
    publish_5("t", forwarded[_i], 1, true);
    rig_subscribe(&client, "t", 1);
    expect_properties(forwarded[_i]);
}
END_TEST

START_TEST(messages_that_wait_keep_what_belongs_to_them)
{
    start(MQTT_5);
    rig_logout(&client);
    rig_login_5(&rig, &client, "a", false, slice_of("\x11\x00\x00\x10\x00", 5));
    rig_subscribe(&client, "t", 1);
    rig_cut(&client);
    publish_5("t", forwarded[_i], 1, false);
    rig_login_5(&rig, &client, "a", false, slice_of(NULL, 0));
    expect_properties(forwarded[_i]);
}
END_TEST

/* What is for the broker stays with it [MQTT-3.3.2-7]. */
START_TEST(a_topic_alias_is_not_passed_on)
{
    start(MQTT_5);
    rig_subscribe(&client, "t", 0);
    publish_5("t", "23 0001 26 0001 6b 0001 76", 0, false);
    expect_properties("26 0001 6b 0001 76");
}
END_TEST

/* ---- who gets it ---- */

static const struct {
    const char *filter;
    const char *topic;
    bool matches;
} matching[] = {
    {"a/b",         "a/b",          true },
    {"a/b",         "A/b",          false},
    {"a/b",         "a/b/",         false},
    {"a/b",         "/a/b",         false},
    {"a/+",         "a/",           true },
    {"a/+",         "a",            false},
    {"a/#",         "a",            true },
    {"a/#",         "a/b/c",        true },
    {"caf\xc3\xa9", "caf\xc3\xa9",  true },
    {"caf\xc3\xa9", "cafe\xcc\x81", false},
    {"a b",         "a b",          true },
    {"+",           "a/b",          false},
};

#define MATCHING (sizeof(matching) / sizeof(matching[0]))

/* [MQTT-3.3.2-3] [MQTT-4.7.3-4]: what is not equal byte by byte does not match,
   not even another way to write the same character. */
START_TEST(a_message_comes_to_filters_that_match_its_topic)
{
    size_t row = (size_t)_i / 2;

    start(versions[_i % 2]);
    rig_subscribe(&client, matching[row].filter, 0);
    rig_publish(&publisher, matching[row].topic, "x", 0);
    if (matching[row].matches)
        rig_expect_publish(&client, matching[row].topic, "x", 0, NULL);
    rig_expect_nothing(&client);
}
END_TEST

static void subscribe_as(const char *filter, uint32_t identifier)
{
    const struct mqtt_subscription subscription = {.topic_filter =
                                                       slice_of_string(filter)};
    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};
    struct buf filters = {0};
    struct buf properties = {0};

    subscribe_put(&filters, MQTT_SUBSCRIBE, &subscription);
    property_put_number(&properties, PROPERTY_SUBSCRIPTION_IDENTIFIER,
                        identifier);
    packet.subscribe.packet_id = ++client.last_id;
    packet.subscribe.filters = buf_slice(&filters);
    packet.subscribe.properties = buf_slice(&properties);
    rig_send(&client, &packet);
    rig_expect(&client, MQTT_SUBACK, &packet);
    buf_release(&filters);
    buf_release(&properties);
}

/* [MQTT-3.3.4-5] A shared subscription has a copy of its own. */
START_TEST(each_copy_has_the_identifier_of_its_subscription)
{
    struct mqtt_packet packet;
    uint32_t seen[2];

    start(MQTT_5);
    subscribe_as("t", 5);
    subscribe_as("$share/g/t", 300);
    rig_publish(&publisher, "t", "x", 0);
    for (int i = 0; i < 2; i++) {
        struct property property;

        rig_expect(&client, MQTT_PUBLISH, &packet);
        struct slice rest = packet.publish.properties;
        ck_assert(property_next(&rest, &property));
        ck_assert_int_eq(property.info->id, PROPERTY_SUBSCRIPTION_IDENTIFIER);
        ck_assert_uint_eq(rest.len, 0);
        seen[i] = property.number;
    }
    rig_expect_nothing(&client);
    ck_assert((seen[0] == 5 && seen[1] == 300) ||
              (seen[0] == 300 && seen[1] == 5));
}
END_TEST

/* The same for subscriptions that overlap, if the configuration wants it; and
   at the QoS of each [MQTT-3.3.4-2]. */
START_TEST(allow_duplicate_messages_gives_each_subscription_its_copy)
{
    struct mqtt_packet packet;
    unsigned seen = 0;

    rig.config.allow_duplicate_messages = _i;
    start(versions[1]);
    rig_subscribe(&client, "t", 0);
    rig_subscribe(&client, "+", 2);
    rig_subscribe(&client, "#", 1);
    rig_publish(&publisher, "t", "x", 2);
    while (rig_next(&client, &packet))
        seen |= 1u << packet.publish.qos
                   << (seen & 1u << packet.publish.qos ? 4 : 0);
    ck_assert_uint_eq(seen, _i ? 7 : 4); /* each QoS once, or QoS 2 alone */
}
END_TEST

/* ---- retained messages ---- */

/* [MQTT-3.3.1-5] [MQTT311-3.3.1-7] [MQTT311-3.3.1-6] [MQTT311-3.3.1-8] */
START_TEST(a_retained_message_of_any_qos_replaces_the_one_before)
{
    struct mqtt_publish publish;
    unsigned qos = (unsigned)_i / 2;

    start(versions[_i % 2]);
    rig_publish_retained(&publisher, "t", "old", 2);
    rig_publish_retained(&publisher, "t", "new", qos);
    rig_subscribe(&client, "t", 2);
    rig_expect_publish(&client, "t", "new", qos, &publish);
    ck_assert(publish.retain);
    rig_expect_nothing(&client);
}
END_TEST

/* [MQTT-3.3.1-8] */
START_TEST(a_message_that_is_not_retained_leaves_the_retained_one_alone)
{
    start(versions[_i]);
    rig_publish_retained(&publisher, "t", "kept", 0);
    rig_publish(&publisher, "t", "passing", 1);
    rig_publish(&publisher, "t", "", 0); /* nor does it remove it */
    rig_subscribe(&client, "t", 0);
    rig_expect_publish(&client, "t", "kept", 0, NULL);
    rig_expect_nothing(&client);
}
END_TEST

/* ---- wills ---- */

static void login_dying(struct rig_client *to, const struct mqtt_will *will)
{
    rig_open(&rig, to, MQTT_5);
    struct mqtt_packet packet = rig_connect(to, "dying");
    packet.connect.will = *will;
    rig_send(to, &packet);
    rig_expect(to, MQTT_CONNACK, &packet);
}

/* [MQTT-3.1.2-7] [MQTT-3.1.3-10] */
START_TEST(a_will_is_published_with_all_that_belongs_to_it)
{
    const char *properties = forwarded[_i];
    uint8_t bytes[256];
    size_t len = unit_hex(properties, bytes, sizeof(bytes));

    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "watcher", true);
    rig_subscribe(&client, "w", 2);
    login_dying(&publisher,
                &(struct mqtt_will){.set = true,
                                    .qos = 1,
                                    .properties = slice_of(bytes, len),
                                    .topic = slice_of_string("w"),
                                    .payload = slice_of_string("gone")});
    memset(bytes, 0xee, sizeof(bytes)); /* the broker has a copy */
    rig_expect_nothing(&client);
    rig_cut(&publisher);
    expect_properties(properties);
}
END_TEST

/* [MQTT-3.1.2-14] [MQTT-3.1.2-15] */
START_TEST(a_will_is_retained_if_it_says_so_and_only_then)
{
    bool retain = _i;
    struct mqtt_publish publish;

    rig_start(&rig);
    login_dying(&publisher,
                &(struct mqtt_will){.set = true,
                                    .retain = retain,
                                    .topic = slice_of_string("w"),
                                    .payload = slice_of_string("gone")});
    rig_cut(&publisher);
    rig_login(&rig, &client, MQTT_3_1_1, "watcher", true);
    rig_subscribe(&client, "w", 0);
    if (retain) {
        rig_expect_publish(&client, "w", "gone", 0, &publish);
        ck_assert(publish.retain);
    }
    rig_expect_nothing(&client);
}
END_TEST

/* [MQTT311-3.1.2-12] */
START_TEST(without_a_will_nothing_is_published)
{
    start(versions[_i]);
    rig_subscribe(&client, "#", 0);
    rig_cut(&publisher);
    rig_expect_nothing(&client);
}
END_TEST

Suite *spec_publish_suite(void)
{
    Suite *suite = suite_create("spec_publish");
    TCase *tcase = unit_case(suite, "publish", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase,
                        what_belongs_to_the_message_is_passed_on_unchanged, 0,
                        3 * FORWARDED);
    tcase_add_loop_test(tcase, retained_messages_keep_what_belongs_to_them, 0,
                        FORWARDED);
    tcase_add_loop_test(tcase, messages_that_wait_keep_what_belongs_to_them, 0,
                        FORWARDED);
    tcase_add_test(tcase, a_topic_alias_is_not_passed_on);
    tcase_add_loop_test(tcase, a_message_comes_to_filters_that_match_its_topic,
                        0, 2 * MATCHING);
    tcase_add_test(tcase, each_copy_has_the_identifier_of_its_subscription);
    tcase_add_loop_test(
        tcase, allow_duplicate_messages_gives_each_subscription_its_copy, 0, 2);
    tcase_add_loop_test(
        tcase, a_retained_message_of_any_qos_replaces_the_one_before, 0, 6);
    tcase_add_loop_test(
        tcase, a_message_that_is_not_retained_leaves_the_retained_one_alone, 0,
        2);
    tcase_add_loop_test(tcase, a_will_is_published_with_all_that_belongs_to_it,
                        0, FORWARDED);
    tcase_add_loop_test(tcase, a_will_is_retained_if_it_says_so_and_only_then,
                        0, 2);
    tcase_add_loop_test(tcase, without_a_will_nothing_is_published, 0, 2);
    return suite;
}
