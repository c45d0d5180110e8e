#include "suites.h"

#include "mqtt/topic_alias.h"

static struct topic_aliases aliases;

static void setup(void)
{
    topic_aliases_init(&aliases, 10);
}

static void teardown(void)
{
    topic_aliases_release(&aliases);
}

/* Inbound with an alias; returns the reason and what the topic became. */
static enum mqtt_reason in(uint16_t alias, const char *topic,
                           const char *became)
{
    struct slice slice = slice_of_string(topic);
    enum mqtt_reason reason =
        topic_aliases_inbound(&aliases, true, alias, &slice);

    if (!reason)
        ck_assert(slice_equal_string(slice, became));
    return reason;
}

START_TEST(an_alias_stands_for_the_topic_it_came_with)
{
    ck_assert_int_eq(in(1, "a/b", "a/b"), MQTT_SUCCESS);
    ck_assert_int_eq(in(10, "c", "c"), MQTT_SUCCESS);
    ck_assert_int_eq(in(1, "", "a/b"), MQTT_SUCCESS);
    ck_assert_int_eq(in(10, "", "c"), MQTT_SUCCESS);
    ck_assert_int_eq(in(1, "", "a/b"), MQTT_SUCCESS);
}
END_TEST

START_TEST(an_alias_can_be_given_another_topic)
{
    ck_assert_int_eq(in(3, "old", "old"), MQTT_SUCCESS);
    ck_assert_int_eq(in(3, "new topic", "new topic"), MQTT_SUCCESS);
    ck_assert_int_eq(in(3, "", "new topic"), MQTT_SUCCESS);
}
END_TEST

START_TEST(the_table_keeps_a_copy_of_the_topic)
{
    char topic[] = "a/b";
    struct slice slice = slice_of_string(topic);

    ck_assert_int_eq(topic_aliases_inbound(&aliases, true, 2, &slice),
                     MQTT_SUCCESS);
    topic[0] = 'x';
    ck_assert_int_eq(in(2, "", "a/b"), MQTT_SUCCESS);
}
END_TEST

/* [MQTT-3.3.2-8] [MQTT-3.3.2-9] */
START_TEST(an_alias_of_0_or_above_the_maximum_is_invalid)
{
    ck_assert_int_eq(in(0, "a", "a"), MQTT_TOPIC_ALIAS_INVALID);
    ck_assert_int_eq(in(0, "", ""), MQTT_TOPIC_ALIAS_INVALID);
    ck_assert_int_eq(in(11, "a", "a"), MQTT_TOPIC_ALIAS_INVALID);
    ck_assert_int_eq(in(65535, "", ""), MQTT_TOPIC_ALIAS_INVALID);
}
END_TEST

START_TEST(an_alias_that_is_not_known_is_a_protocol_error)
{
    ck_assert_int_eq(in(1, "", ""), MQTT_PROTOCOL_ERROR);
    ck_assert_int_eq(in(5, "a", "a"), MQTT_SUCCESS);
    ck_assert_int_eq(in(4, "", ""), MQTT_PROTOCOL_ERROR);
    ck_assert_int_eq(in(6, "", ""), MQTT_PROTOCOL_ERROR);
}
END_TEST

START_TEST(without_an_alias_the_topic_must_be_there)
{
    struct slice topic = slice_of_string("a");
    struct slice empty = slice_of(NULL, 0);

    ck_assert_int_eq(topic_aliases_inbound(&aliases, false, 0, &topic),
                     MQTT_SUCCESS);
    ck_assert(slice_equal_string(topic, "a"));
    ck_assert_int_eq(topic_aliases_inbound(&aliases, false, 0, &empty),
                     MQTT_PROTOCOL_ERROR);
}
END_TEST

/* [MQTT-3.2.2-18] */
START_TEST(a_maximum_of_0_allows_none)
{
    topic_aliases_init(&aliases, 0);
    ck_assert_int_eq(in(1, "a", "a"), MQTT_TOPIC_ALIAS_INVALID);
}
END_TEST

START_TEST(a_table_of_the_largest_maximum_works)
{
    topic_aliases_init(&aliases, UINT16_MAX);
    ck_assert_int_eq(in(UINT16_MAX, "last", "last"), MQTT_SUCCESS);
    ck_assert_int_eq(in(1, "first", "first"), MQTT_SUCCESS);
    ck_assert_int_eq(in(UINT16_MAX, "", "last"), MQTT_SUCCESS);
    ck_assert_int_eq(in(1, "", "first"), MQTT_SUCCESS);
}
END_TEST

Suite *topic_alias_suite(void)
{
    Suite *suite = suite_create("topic_alias");
    TCase *tcase = unit_case(suite, "topic_alias", 0);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_alias_stands_for_the_topic_it_came_with);
    tcase_add_test(tcase, an_alias_can_be_given_another_topic);
    tcase_add_test(tcase, the_table_keeps_a_copy_of_the_topic);
    tcase_add_test(tcase, an_alias_of_0_or_above_the_maximum_is_invalid);
    tcase_add_test(tcase, an_alias_that_is_not_known_is_a_protocol_error);
    tcase_add_test(tcase, without_an_alias_the_topic_must_be_there);
    tcase_add_test(tcase, a_maximum_of_0_allows_none);
    tcase_add_test(tcase, a_table_of_the_largest_maximum_works);
    return suite;
}
