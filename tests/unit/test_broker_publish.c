#include "broker_rig.h"

#include <sys/mman.h>

#include "broker/session.h"
#include "mqtt/property.h"

static struct rig rig;
static struct rig_client publisher;
static struct rig_client subscribers[3];

static void set_up(void)
{
    rig_init(&rig);
    publisher = (struct rig_client){.rig = &rig};
    for (int i = 0; i < 3; i++)
        subscribers[i] = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&publisher);
    for (int i = 0; i < 3; i++)
        rig_close(&subscribers[i]);
    rig_release(&rig);
}

/* One publisher and one subscriber to filter. */
static void start(enum mqtt_version from, enum mqtt_version to,
                  const char *filter, unsigned qos)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, from, "pub", true);
    rig_login(&rig, &subscribers[0], to, "sub", true);
    rig_subscribe(&subscribers[0], filter, qos);
}

/* ---- QoS 0 ---- */

static const struct {
    const char *name;
    enum mqtt_version from;
    enum mqtt_version to;
    const char *published;
    const char *delivered;
} copies[] = {
    {"3.1.1 to 3.1.1",                                            MQTT_3_1_1, MQTT_3_1_1, "30 05 0001 74 6869",
     "30 05 0001 74 6869"                                                                                                                   },
    {"3.1 to 3.1.1",                                              MQTT_3_1,   MQTT_3_1_1, "30 05 0001 74 6869",
     "30 05 0001 74 6869"                                                                                                                   },
    {"3.1.1 to 5",                                                MQTT_3_1_1, MQTT_5,     "30 05 0001 74 6869",
     "30 06 0001 74 00 6869"                                                                                                                },
    {"5 to 5",                                                    MQTT_5,     MQTT_5,     "30 06 0001 74 00 6869",
     "30 06 0001 74 00 6869"                                                                                                                },
    {"5 to 3.1.1",                                                MQTT_5,     MQTT_3_1_1, "30 06 0001 74 00 6869",
     "30 05 0001 74 6869"                                                                                                                   },
    {"an empty payload",                                          MQTT_3_1_1, MQTT_3_1_1, "30 03 0001 74",
     "30 03 0001 74"                                                                                                                        },
    {"Properties in their order [MQTT-3.3.2-17] [MQTT-3.3.2-18]", MQTT_5,
     MQTT_5,                                                                              "30 1a 0001 74 14 26 0001 62 0001 31 26 0001 61 0001 32 01 01 "
     "03 0001 78 6869",                                                                                  NULL                   },
    {"RETAIN is taken away [MQTT-3.3.1-12]",                      MQTT_3_1_1, MQTT_3_1_1,
     "31 05 0001 74 6869",                                                                                           "30 05 0001 74 6869"   },
    {"RETAIN is taken away in 5 [MQTT-3.3.1-12]",                 MQTT_5,     MQTT_5,
     "31 06 0001 74 00 6869",                                                                                        "30 06 0001 74 00 6869"},
    {"QoS 1 to a subscriber of QoS 0",                            MQTT_3_1_1, MQTT_3_1_1,
     "32 07 0001 74 0009 6869",                                                                                      "30 05 0001 74 6869"   },
    {"DUP is not passed on [MQTT-3.3.1-3] [MQTT-4.3.1-1]",        MQTT_3_1_1,
     MQTT_3_1_1,                                                                          "3a 07 0001 74 0009 6869", "30 05 0001 74 6869"   },
    {"nor in version 5 [MQTT-3.3.1-3] [MQTT-4.3.1-1]",            MQTT_5,     MQTT_5,
     "3a 08 0001 74 0009 00 6869",                                                                                   "30 06 0001 74 00 6869"},
    {"a Topic Alias is not passed on [MQTT-3.3.2-7]",             MQTT_5,     MQTT_5,
     "30 09 0001 74 03 23 0001 6869",                                                                                "30 06 0001 74 00 6869"},
};

START_TEST(what_comes_in_goes_out_as_the_subscriber_understands_it)
{
    start(copies[_i].from, copies[_i].to, "t", 0);
    rig_send_hex(&publisher, copies[_i].published);
    rig_expect_hex(&subscribers[0], copies[_i].delivered
                                        ? copies[_i].delivered
                                        : copies[_i].published);
}
END_TEST

START_TEST(everybody_who_subscribes_gets_it_and_nobody_else)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    for (int i = 0; i < 3; i++) {
        const char *const ids[] = {"s0", "s1", "s2"};

        rig_login(&rig, &subscribers[i], i == 1 ? MQTT_5 : MQTT_3_1_1, ids[i],
                  true);
    }
    rig_subscribe(&subscribers[0], "a/+/c", 0);
    rig_subscribe(&subscribers[1], "a/#", 1);
    rig_subscribe(&subscribers[2], "b/#", 2);
    rig_publish(&publisher, "a/b/c", "hello", 0);
    rig_expect_publish(&subscribers[0], "a/b/c", "hello", 0, NULL);
    rig_expect_publish(&subscribers[1], "a/b/c", "hello", 0, NULL);
    rig_expect_nothing(&subscribers[2]);
    rig_expect_nothing(&publisher);
    ck_assert_uint_eq(rig.broker->counters.publish_sent, 2);
}
END_TEST

START_TEST(a_publisher_gets_its_own_message_if_it_subscribes)
{
    start(MQTT_3_1_1, MQTT_3_1_1, "t", 0);
    rig_publish(&subscribers[0], "t", "mine", 0);
    rig_expect_publish(&subscribers[0], "t", "mine", 0, NULL);
}
END_TEST

/* No object is made for a message that nothing keeps. */
START_TEST(a_message_of_qos_0_leaves_nothing_behind)
{
    start(MQTT_3_1_1, MQTT_3_1_1, "t", 2);
    rig_publish(&publisher, "t", "x", 0);
    ck_assert_ptr_null(
        session_store_find(&rig.broker->sessions, slice_of_string("sub"))
            ->outgoing.inflight);
    rig_cut(&subscribers[0]);
    rig_publish(&publisher, "t", "y", 0);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, 0);
    subscribers[0] = (struct rig_client){.rig = &rig};
}
END_TEST

static char large[5000];

static const char *large_payload(void)
{
    for (size_t i = 0; i < sizeof(large) - 1; i++)
        large[i] = (char)('a' + i % 26);
    return large;
}

START_TEST(a_payload_that_is_sent_from_where_it_lies_arrives_whole)
{
    static const enum mqtt_version versions[] = {MQTT_3_1_1, MQTT_5};

    start(versions[_i & 1], versions[_i >> 1 & 1], "t", (unsigned)_i >> 2);
    rig_publish(&publisher, "t", large_payload(), (unsigned)_i >> 2);
    rig_expect_publish(&subscribers[0], "t", large, (unsigned)_i >> 2, NULL);
}
END_TEST

/* ---- who may publish where ---- */

START_TEST(only_the_broker_publishes_below_sys)
{
    struct mqtt_packet packet;

    start(MQTT_5, MQTT_3_1_1, "$SYS/#", 0);
    rig_publish(&publisher, "$SYS/broker/x", "lie", 1);
    rig_expect(&publisher, MQTT_PUBACK, &packet);
    ck_assert_uint_eq(packet.puback.reason, MQTT_NOT_AUTHORIZED);
    rig_expect_nothing(&subscribers[0]);
    broker_publish(rig.broker, &(struct mqtt_publish){
                                   .topic = slice_of_string("$SYS/broker/x"),
                                   .payload = slice_of_string("truth"),
                               });
    loop_settle(&rig.loop);
    rig_expect_publish(&subscribers[0], "$SYS/broker/x", "truth", 0, NULL);
}
END_TEST

/* [MQTT-4.7.2-1] */
START_TEST(a_wildcard_does_not_match_a_topic_with_a_dollar)
{
    start(MQTT_3_1_1, MQTT_3_1_1, "#", 0);
    rig_publish(&publisher, "$mine/x", "x", 0);
    rig_expect_nothing(&subscribers[0]);
}
END_TEST

/* ---- overlapping subscriptions ---- */

/* [MQTT-3.3.4-2] [MQTT311-3.3.5-1] */
START_TEST(overlapping_subscriptions_give_one_copy_at_the_highest_qos)
{
    start(MQTT_3_1_1, MQTT_3_1_1, "a/#", 0);
    rig_subscribe(&subscribers[0], "a/b", 2);
    rig_subscribe(&subscribers[0], "+/b", 1);
    rig_publish(&publisher, "a/b", "x", 2);
    rig_expect_publish(&subscribers[0], "a/b", "x", 2, NULL);
    rig_expect_nothing(&subscribers[0]);
}
END_TEST

static void subscribe_5(struct rig_client *client, const char *filter,
                        struct mqtt_subscription options, uint32_t identifier)
{
    struct buf filters = {0};
    struct buf properties = {0};
    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};

    options.topic_filter = slice_of_string(filter);
    subscribe_put(&filters, MQTT_SUBSCRIBE, &options);
    if (identifier)
        property_put_number(&properties, PROPERTY_SUBSCRIPTION_IDENTIFIER,
                            identifier);
    packet.subscribe.packet_id = ++client->last_id;
    packet.subscribe.filters = buf_slice(&filters);
    packet.subscribe.properties = buf_slice(&properties);
    rig_send(client, &packet);
    rig_expect(client, MQTT_SUBACK, &packet);
    buf_release(&filters);
    buf_release(&properties);
}

/* [MQTT-3.3.4-3] [MQTT-3.3.4-4] */
START_TEST(all_subscription_identifiers_come_with_the_one_copy)
{
    struct mqtt_publish publish;
    uint32_t sum = 0;
    struct property property;
    unsigned qos = (unsigned)_i;

    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    rig_login(&rig, &subscribers[0], MQTT_5, "sub", true);
    subscribe_5(&subscribers[0], "a/#",
                (struct mqtt_subscription){.qos = (uint8_t)qos}, 7);
    subscribe_5(&subscribers[0], "a/b",
                (struct mqtt_subscription){.qos = (uint8_t)qos}, 300);
    subscribe_5(&subscribers[0], "#",
                (struct mqtt_subscription){.qos = (uint8_t)qos}, 0);
    rig_publish(&publisher, "a/b", "x", qos);
    rig_expect_publish(&subscribers[0], "a/b", "x", qos, &publish);
    for (struct slice rest = publish.properties;
         property_next(&rest, &property);) {
        ck_assert_int_eq(property.info->id, PROPERTY_SUBSCRIPTION_IDENTIFIER);
        sum += property.number;
    }
    ck_assert_uint_eq(sum, 307);
    rig_expect_nothing(&subscribers[0]);
}
END_TEST

/* [MQTT-3.8.3-3] */
START_TEST(no_local_keeps_a_publisher_from_hearing_itself)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_5, "pub", true);
    rig_login(&rig, &subscribers[0], MQTT_5, "sub", true);
    subscribe_5(&publisher, "t", (struct mqtt_subscription){.no_local = true},
                0);
    rig_publish(&publisher, "t", "own", 0);
    rig_expect_nothing(&publisher);
    rig_publish(&subscribers[0], "t", "other", 0);
    rig_expect_publish(&publisher, "t", "other", 0, NULL);
}
END_TEST

/* It subscribes, so that 0x10, No matching subscribers, would be wrong. */
START_TEST(a_publisher_with_no_local_is_a_subscriber_all_the_same)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_5, "pub", true);
    rig_send_hex(&publisher, "32 06 0001 74 0007 00");
    rig_expect_hex(&publisher, "40 03 0007 10");
    subscribe_5(&publisher, "t", (struct mqtt_subscription){.no_local = true},
                0);
    rig_send_hex(&publisher, "32 06 0001 74 0008 00 34 06 0001 74 0009 00");
    rig_expect_hex(&publisher, "40 02 0008 50 02 0009");
}
END_TEST

/* [MQTT-3.3.1-13] */
START_TEST(retain_as_published_keeps_the_flag)
{
    struct mqtt_publish publish;

    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    rig_login(&rig, &subscribers[0], MQTT_5, "sub", true);
    subscribe_5(&subscribers[0], "t",
                (struct mqtt_subscription){.retain_as_published = true}, 0);
    rig_publish_retained(&publisher, "t", "x", 0);
    rig_expect_publish(&subscribers[0], "t", "x", 0, &publish);
    ck_assert(publish.retain);
    rig_publish(&publisher, "t", "y", 0);
    rig_expect_publish(&subscribers[0], "t", "y", 0, &publish);
    ck_assert(!publish.retain);
}
END_TEST

START_TEST(a_shared_subscription_takes_turns)
{
    int seen[2] = {0};

    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    rig_login(&rig, &subscribers[0], MQTT_5, "s0", true);
    rig_login(&rig, &subscribers[1], MQTT_3_1_1, "s1", true);
    rig_subscribe(&subscribers[0], "$share/g/t", 0);
    rig_subscribe(&subscribers[1], "$share/g/t", 0);
    for (int i = 0; i < 10; i++)
        rig_publish(&publisher, "t", "x", 0);
    for (int i = 0; i < 2; i++) {
        struct mqtt_packet packet;

        while (rig_next(&subscribers[i], &packet))
            seen[i]++;
    }
    ck_assert_int_eq(seen[0], 5);
    ck_assert_int_eq(seen[1], 5);
}
END_TEST

/* ---- version 5 ---- */

/* [MQTT5 3.3.2.3.4] */
START_TEST(a_topic_alias_stands_for_its_topic)
{
    start(MQTT_5, MQTT_3_1_1, "t", 0);
    rig_send_hex(&publisher, "30 08 0001 74 03 23 0003 61");
    rig_expect_publish(&subscribers[0], "t", "a", 0, NULL);
    rig_send_hex(&publisher, "30 07 0000 03 23 0003 62");
    rig_expect_publish(&subscribers[0], "t", "b", 0, NULL);
}
END_TEST

static const struct {
    const char *name;
    const char *publish;
    const char *answer;
} refused[] = {
    {"MQTT-3.3.2-8: alias 0",                   "30 08 0001 74 03 23 0000 61", "e0 01 94"},
    {"MQTT-3.3.2-9: alias above the maximum",   "30 08 0001 74 03 23 000b 61",
     "e0 01 94"                                                                          },
    {"an alias that nobody defined",            "30 07 0000 03 23 0001 61",    "e0 01 82"},
    {"no Topic Name and no alias",              "30 04 0000 00 61",            "e0 01 82"},
    {"MQTT-3.3.4-6: a Subscription Identifier", "30 07 0001 74 02 0b 01 61",
     "e0 01 82"                                                                          },
};

START_TEST(a_publish_against_the_rules_of_version_5_disconnects)
{
    start(MQTT_5, MQTT_5, "t", 0);
    rig_send_hex(&publisher, refused[_i].publish);
    rig_expect_hex(&publisher, refused[_i].answer);
    rig_expect_nothing(&subscribers[0]);
}
END_TEST

START_TEST(acknowledgements_say_that_nobody_subscribes)
{
    struct mqtt_packet packet;

    start(MQTT_5, MQTT_5, "t", 0);
    rig_publish(&publisher, "nobody", "x", 1);
    rig_expect(&publisher, MQTT_PUBACK, &packet);
    ck_assert_uint_eq(packet.puback.reason, MQTT_NO_MATCHING_SUBSCRIBERS);
    rig_publish(&publisher, "nobody", "x", 2);
    rig_expect(&publisher, MQTT_PUBREC, &packet);
    ck_assert_uint_eq(packet.puback.reason, MQTT_NO_MATCHING_SUBSCRIBERS);
    rig_publish(&publisher, "t", "x", 1);
    rig_expect(&publisher, MQTT_PUBACK, &packet);
    ck_assert_uint_eq(packet.puback.reason, MQTT_SUCCESS);
}
END_TEST

/* [MQTT-3.1.2-24] [MQTT-3.1.2-25] */
START_TEST(a_packet_larger_than_the_client_accepts_is_not_sent)
{
    struct buf properties = {0};
    unsigned qos = (unsigned)_i;

    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    property_put_number(&properties, PROPERTY_MAXIMUM_PACKET_SIZE, 20);
    rig_login_5(&rig, &subscribers[0], "sub", true, buf_slice(&properties));
    buf_release(&properties);
    rig_subscribe(&subscribers[0], "t", 2);
    rig_publish(&publisher, "t", "123456789012345", qos);
    rig_expect_nothing(&subscribers[0]);
    rig_publish(&publisher, "t", "1234", qos);
    rig_expect_publish(&subscribers[0], "t", "1234", qos, NULL);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 1);
    ck_assert_uint_eq(rig.broker->counters.messages_inflight, qos ? 1 : 0);
}
END_TEST

/*
 * The largest payload of version 3.1.1 does not fit into a PUBLISH of version
 * 5, which has more in it. It is never looked at: nothing is copied of it.
 */
START_TEST(what_no_packet_can_hold_is_not_sent)
{
    const size_t len = MQTT_MAX_REMAINING_LENGTH - 3;
    void *zeros =
        mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct routing routing = {
        .publish = {.topic = slice_of_string("t"),
                    .payload = slice_of(zeros, len)},
        .version = MQTT_3_1_1,
    };

    ck_assert_ptr_ne(zeros, MAP_FAILED);
    start(MQTT_3_1_1, MQTT_5, "t", 2);
    for (unsigned qos = 0; qos <= 2; qos++) {
        routing.publish.qos = qos & 3;
        routing.publish.packet_id = qos ? 1 : 0;
        ck_assert_uint_eq(router_publish(rig.broker, &routing), 1);
        ck_assert_uint_eq(rig.broker->counters.publish_dropped, qos + 1);
    }
    rig_expect_nothing(&subscribers[0]);
    munmap(zeros, len);
}
END_TEST

Suite *broker_publish_suite(void)
{
    Suite *suite = suite_create("broker_publish");
    TCase *tcase = unit_case(suite, "publish", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase,
                        what_comes_in_goes_out_as_the_subscriber_understands_it,
                        0, sizeof(copies) / sizeof(copies[0]));
    tcase_add_test(tcase, everybody_who_subscribes_gets_it_and_nobody_else);
    tcase_add_test(tcase, a_publisher_gets_its_own_message_if_it_subscribes);
    tcase_add_test(tcase, a_message_of_qos_0_leaves_nothing_behind);
    tcase_add_loop_test(
        tcase, a_payload_that_is_sent_from_where_it_lies_arrives_whole, 0, 12);
    tcase_add_test(tcase, only_the_broker_publishes_below_sys);
    tcase_add_test(tcase, a_wildcard_does_not_match_a_topic_with_a_dollar);
    tcase_add_test(tcase,
                   overlapping_subscriptions_give_one_copy_at_the_highest_qos);
    tcase_add_loop_test(
        tcase, all_subscription_identifiers_come_with_the_one_copy, 0, 3);
    tcase_add_test(tcase, no_local_keeps_a_publisher_from_hearing_itself);
    tcase_add_test(tcase,
                   a_publisher_with_no_local_is_a_subscriber_all_the_same);
    tcase_add_test(tcase, retain_as_published_keeps_the_flag);
    tcase_add_test(tcase, a_shared_subscription_takes_turns);
    tcase_add_test(tcase, a_topic_alias_stands_for_its_topic);
    tcase_add_loop_test(tcase,
                        a_publish_against_the_rules_of_version_5_disconnects, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tcase, acknowledgements_say_that_nobody_subscribes);
    tcase_add_loop_test(
        tcase, a_packet_larger_than_the_client_accepts_is_not_sent, 0, 3);
    tcase_add_test(tcase, what_no_packet_can_hold_is_not_sent);
    return suite;
}
