#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "mqtt/topic_alias_out.h"

static struct topic_alias_out *out;
static uint16_t alias;

static void set_up(void)
{
    out = topic_alias_out_new(10);
}

static void tear_down(void)
{
    topic_alias_out_free(out);
}

static enum topic_alias_use choose(const char *topic)
{
    struct slice name = slice_of_string(topic);

    alias = 0;
    return topic_alias_out_choose(out, name, topic_alias_out_hash(name),
                                  &alias);
}

START_TEST(an_alias_is_told_the_second_time_and_used_from_then_on)
{
    ck_assert_int_eq(choose("sensors/12/temperature"), TOPIC_ALIAS_NONE);
    ck_assert_int_eq(choose("sensors/12/temperature"), TOPIC_ALIAS_NEW);
    uint16_t given = alias;
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(choose("sensors/12/temperature"), TOPIC_ALIAS_KNOWN);
        ck_assert_uint_eq(alias, given);
    }
}
END_TEST

START_TEST(a_topic_that_is_very_short_or_long_gets_none)
{
    char topic[1026];

    for (size_t len = 1; len < sizeof(topic); len++) {
        bool pays = len >= 8 && len <= 1024;

        memset(topic, 'x', len);
        topic[len] = 0;
        choose(topic);
        ck_assert_int_eq(choose(topic),
                         pays ? TOPIC_ALIAS_NEW : TOPIC_ALIAS_NONE);
    }
}
END_TEST

/* [MQTT-3.1.2-26] [MQTT-3.3.2-8] [MQTT-3.3.2-11] */
START_TEST(no_alias_is_0_or_above_the_maximum)
{
    char topic[32];
    unsigned given = 0;

    for (int i = 0; i < 1000; i++) {
        snprintf(topic, sizeof(topic), "sensors/%d", i / 2);
        if (choose(topic) == TOPIC_ALIAS_NONE)
            continue;
        given++;
        ck_assert_uint_ge(alias, 1);
        ck_assert_uint_le(alias, 10);
    }
    ck_assert_uint_gt(given, 100);
}
END_TEST

/* Two topics that share the only alias. */
static void start_with_one(void)
{
    topic_alias_out_free(out);
    out = topic_alias_out_new(1);
    choose("sensors/12");
    ck_assert_int_eq(choose("sensors/12"), TOPIC_ALIAS_NEW);
}

START_TEST(a_topic_that_goes_on_keeps_its_alias)
{
    start_with_one();
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(choose("sensors/13"), TOPIC_ALIAS_NONE);
        ck_assert_int_eq(choose("sensors/12"), TOPIC_ALIAS_KNOWN);
    }
}
END_TEST

START_TEST(a_topic_that_is_sent_no_more_loses_its_alias)
{
    start_with_one();
    ck_assert_int_eq(choose("sensors/13"), TOPIC_ALIAS_NONE);
    ck_assert_int_eq(choose("sensors/13"), TOPIC_ALIAS_NEW);
    ck_assert_int_eq(choose("sensors/12"), TOPIC_ALIAS_NONE);
    ck_assert_int_eq(choose("sensors/13"), TOPIC_ALIAS_KNOWN);
}
END_TEST

START_TEST(what_the_peer_was_not_told_is_told_again)
{
    start_with_one();
    topic_alias_out_forget(out, 1);
    ck_assert_int_eq(choose("sensors/12"), TOPIC_ALIAS_NONE);
    ck_assert_int_eq(choose("sensors/12"), TOPIC_ALIAS_NEW);
}
END_TEST

Suite *topic_alias_out_suite(void)
{
    Suite *suite = suite_create("topic_alias_out");
    TCase *tcase = unit_case(suite, "topic_alias_out", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase,
                   an_alias_is_told_the_second_time_and_used_from_then_on);
    tcase_add_test(tcase, a_topic_that_is_very_short_or_long_gets_none);
    tcase_add_test(tcase, no_alias_is_0_or_above_the_maximum);
    tcase_add_test(tcase, a_topic_that_goes_on_keeps_its_alias);
    tcase_add_test(tcase, a_topic_that_is_sent_no_more_loses_its_alias);
    tcase_add_test(tcase, what_the_peer_was_not_told_is_told_again);
    return suite;
}
