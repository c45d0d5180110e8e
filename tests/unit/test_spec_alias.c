/* Topic Aliases and Response Information towards clients. */
#include "broker_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mqtt/property.h"
#include "mqtt/topic_alias.h"

static struct rig rig;
static struct rig_client publisher;
static struct rig_client subscribers[3];
static struct topic_aliases known[3]; /* what each subscriber was told */

#define TOPIC "sensors/12/temperature"

static void set_up(void)
{
    rig_init(&rig);
    publisher = (struct rig_client){.rig = &rig};
    for (int i = 0; i < 3; i++) {
        subscribers[i] = (struct rig_client){.rig = &rig};
        topic_aliases_init(&known[i], 10);
    }
}

static void tear_down(void)
{
    rig_close(&publisher);
    for (int i = 0; i < 3; i++) {
        rig_close(&subscribers[i]);
        topic_aliases_release(&known[i]);
    }
    rig_release(&rig);
}

static const char *const ids[] = {"s0", "s1", "s2"};

/* A subscriber of version 5 to everything, with these Properties. */
static void login(int number, const char *properties, unsigned qos)
{
    uint8_t bytes[16];
    size_t len = unit_hex(properties, bytes, sizeof(bytes));

    rig_login_5(&rig, &subscribers[number], ids[number], true,
                slice_of(bytes, len));
    rig_subscribe(&subscribers[number], "#", qos);
}

static void start(void)
{
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
}

/* The next message as the subscriber understands it; returns the length of the
   Topic Name that was sent. */
static size_t expect(int number, const char *topic, const char *payload)
{
    struct mqtt_packet packet;
    struct property alias;

    rig_expect(&subscribers[number], MQTT_PUBLISH, &packet);
    size_t len = packet.publish.topic.len;
    bool has_alias =
        property_find(packet.publish.properties, PROPERTY_TOPIC_ALIAS, &alias);
    ck_assert_int_eq(
        topic_aliases_inbound(&known[number], has_alias,
                              has_alias ? (uint16_t)alias.number : 0,
                              &packet.publish.topic),
        MQTT_SUCCESS);
    ck_assert(slice_equal_string(packet.publish.topic, topic));
    ck_assert(slice_equal_string(packet.publish.payload, payload));
    if (packet.publish.qos)
        rig_ack(&subscribers[number], MQTT_PUBACK, packet.publish.packet_id);
    return len;
}

/* [MQTT-3.3.2-11] the alias is within what the client allows: topic_aliases
   would refuse another. */
START_TEST(a_topic_that_comes_again_is_named_by_its_alias)
{
    unsigned qos = (unsigned)_i;

    start();
    login(0, "22 000a", qos);
    for (int i = 0; i < 5; i++) {
        rig_publish(&publisher, TOPIC, "x", qos);
        ck_assert_uint_eq(expect(0, TOPIC, "x"), i < 2 ? strlen(TOPIC) : 0);
    }
    rig_publish(&publisher, "sensors/other", "y", qos);
    ck_assert_uint_eq(expect(0, "sensors/other", "y"), 13);
}
END_TEST

/* [MQTT-3.1.2-26] */
START_TEST(no_more_aliases_are_used_than_the_client_allows)
{
    char topic[32];

    start();
    topic_aliases_release(&known[0]);
    topic_aliases_init(&known[0], 2);
    login(0, "22 0002", 0);
    for (int i = 0; i < 100; i++) {
        snprintf(topic, sizeof(topic), "sensors/%d", i / 4);
        rig_publish(&publisher, topic, "x", 0);
        expect(0, topic, "x");
    }
    ck_assert_uint_gt(known[0].count, 0);
}
END_TEST

/* [MQTT-3.1.2-27] */
START_TEST(who_does_not_allow_aliases_gets_none)
{
    const char *const properties[] = {"", "22 0000"};

    start();
    login(0, properties[_i], 0);
    for (int i = 0; i < 5; i++) {
        rig_publish(&publisher, TOPIC, "x", 0);
        ck_assert_uint_eq(expect(0, TOPIC, "x"), strlen(TOPIC));
    }
    ck_assert_uint_eq(known[0].count, 0);
}
END_TEST

START_TEST(the_configuration_can_forbid_aliases)
{
    rig.config.listeners[0].max_topic_alias_broker = 0;
    start();
    login(0, "22 000a", 0);
    for (int i = 0; i < 5; i++) {
        rig_publish(&publisher, TOPIC, "x", 0);
        ck_assert_uint_eq(expect(0, TOPIC, "x"), strlen(TOPIC));
    }
}
END_TEST

/* Each of them has a table of its own, and all of them each message. */
START_TEST(subscribers_with_and_without_aliases_get_the_same)
{
    static char large[3000];
    unsigned qos = (unsigned)_i & 1;
    const char *payload = "x";

    if (_i & 2) { /* so large that it is sent from where it lies */
        memset(large, 'x', sizeof(large) - 1);
        payload = large;
    }
    start();
    login(0, "22 000a", qos);
    login(1, "", qos);
    for (int i = 0; i < 3; i++) {
        rig_publish(&publisher, TOPIC, payload, qos);
        expect(0, TOPIC, payload);
        expect(1, TOPIC, payload);
    }
    login(2, "22 0003", qos); /* knows less than the first */
    for (int i = 0; i < 5; i++) {
        rig_publish(&publisher, TOPIC, payload, qos);
        ck_assert_uint_eq(expect(0, TOPIC, payload), 0);
        ck_assert_uint_eq(expect(1, TOPIC, payload), strlen(TOPIC));
        ck_assert_uint_eq(expect(2, TOPIC, payload), i < 2 ? strlen(TOPIC) : 0);
    }
}
END_TEST

/* The packet that tells the alias is three bytes larger than the client
   accepts. */
START_TEST(an_alias_makes_no_packet_larger_than_the_client_accepts)
{
    char properties[] = "22 000a 27 0000001d";

    ck_assert_uint_eq(2 + 2 + strlen(TOPIC) + 1 + 2, 0x1d);
    start();
    login(0, properties, 0);
    for (int i = 0; i < 4; i++) {
        rig_publish(&publisher, TOPIC, "xx", 0);
        ck_assert_uint_eq(expect(0, TOPIC, "xx"), strlen(TOPIC));
    }
}
END_TEST

/* [MQTT-3.3.2-7] */
START_TEST(aliases_end_with_the_connection)
{
    start();
    login(0, "22 000a 11 00001000", 1);
    for (int i = 0; i < 3; i++) {
        rig_publish(&publisher, TOPIC, "x", 1);
        expect(0, TOPIC, "x");
    }
    rig_publish(&publisher, TOPIC, "not acknowledged", 1);
    rig_cut(&subscribers[0]);
    rig_publish(&publisher, TOPIC, "waited", 1);
    topic_aliases_release(&known[0]);
    topic_aliases_init(&known[0], 10);
    ck_assert(rig_login_5(&rig, &subscribers[0], ids[0], false,
                          slice_of("\x22\x00\x0a", 3)));
    ck_assert_uint_eq(expect(0, TOPIC, "not acknowledged"), strlen(TOPIC));
    ck_assert_uint_eq(expect(0, TOPIC, "waited"), strlen(TOPIC));
    rig_publish(&publisher, TOPIC, "x", 1);
    ck_assert_uint_eq(expect(0, TOPIC, "x"), 0);
}
END_TEST

/* ---- what a client may use ---- */

/* [MQTT-3.3.2-12] */
START_TEST(each_alias_up_to_the_maximum_is_accepted)
{
    struct mqtt_packet packet;

    rig_start(&rig);
    rig_open(&rig, &publisher, MQTT_5);
    packet = rig_connect(&publisher, "pub");
    rig_send(&publisher, &packet);
    rig_expect(&publisher, MQTT_CONNACK, &packet);
    unsigned maximum = property_number(packet.connack.properties,
                                       PROPERTY_TOPIC_ALIAS_MAXIMUM, 0);
    ck_assert_uint_eq(maximum, 10);
    login(0, "", 0);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned alias = 1; alias <= maximum; alias++) {
            char hex[64];
            char topic[2] = {(char)('a' + alias), 0};

            if (pass)
                snprintf(hex, sizeof(hex), "30 07 0000 03 23 %04x 78", alias);
            else
                snprintf(hex, sizeof(hex), "30 08 0001 %02x 03 23 %04x 78",
                         (unsigned)topic[0], alias);
            rig_send_hex(&publisher, hex);
            expect(0, topic, "x");
        }
    }
}
END_TEST

/* ---- Response Information ---- */

static const struct {
    const char *properties; /* of CONNECT */
    const char *id;
    const char *option;
    const char *told; /* empty: nothing */
} response[] = {
    {"19 01", "dev-1", NULL,           "response/dev-1"  },
    {"19 00", "dev-1", NULL,           ""                }, /* [MQTT-3.1.2-28] */
    {"",      "dev-1", NULL,           ""                },
    {"19 01", "dev+1", NULL,           ""                },
    {"19 01", "dev-1", "rpc/%u/%c/%x", "rpc/ann/dev-1/%x"},
    {"19 01", "dev-1", "answers",      "answers"         },
};

START_TEST(response_information_is_for_who_asks)
{
    struct mqtt_packet packet;
    uint8_t bytes[4];
    size_t len = unit_hex(response[_i].properties, bytes, sizeof(bytes));

    if (response[_i].option) {
        free(rig.config.listeners[0].response_information);
        rig.config.listeners[0].response_information =
            alloc_string(response[_i].option);
    }
    rig_start(&rig);
    rig_open(&rig, &publisher, MQTT_5);
    packet = rig_connect(&publisher, response[_i].id);
    packet.connect.properties = slice_of(bytes, len);
    packet.connect.has_user_name = true;
    packet.connect.user_name = slice_of_string("ann");
    rig_send(&publisher, &packet);
    rig_expect(&publisher, MQTT_CONNACK, &packet);
    ck_assert(slice_equal_string(property_string(packet.connack.properties,
                                                 PROPERTY_RESPONSE_INFORMATION),
                                 response[_i].told));
}
END_TEST

Suite *spec_alias_suite(void)
{
    Suite *suite = suite_create("spec_alias");
    TCase *tcase = unit_case(suite, "alias", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_topic_that_comes_again_is_named_by_its_alias,
                        0, 2);
    tcase_add_test(tcase, no_more_aliases_are_used_than_the_client_allows);
    tcase_add_loop_test(tcase, who_does_not_allow_aliases_gets_none, 0, 2);
    tcase_add_test(tcase, the_configuration_can_forbid_aliases);
    tcase_add_loop_test(
        tcase, subscribers_with_and_without_aliases_get_the_same, 0, 4);
    tcase_add_test(tcase,
                   an_alias_makes_no_packet_larger_than_the_client_accepts);
    tcase_add_test(tcase, aliases_end_with_the_connection);
    tcase_add_test(tcase, each_alias_up_to_the_maximum_is_accepted);
    tcase_add_loop_test(tcase, response_information_is_for_who_asks, 0,
                        sizeof(response) / sizeof(response[0]));
    return suite;
}
