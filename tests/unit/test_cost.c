/*
 * What must not cost more when there is more of what does not matter: counted,
 * not timed.
 */
#include "broker_rig.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

#define CROWD 1000

static struct rig rig;
static struct rig_client publisher;
static struct rig_client *crowd; /* CROWD */

static void set_up(void)
{
    rig_init(&rig);
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    crowd = alloc_zero(CROWD, sizeof(crowd[0]));
}

static void tear_down(void)
{
    rig_close(&publisher);
    for (int i = 0; i < CROWD; i++) {
        if (crowd[i].rig)
            rig_close(&crowd[i]);
    }
    free(crowd);
    rig_release(&rig);
}

static void connect_crowd(enum mqtt_version version)
{
    char id[16];

    for (int i = 0; i < CROWD; i++) {
        snprintf(id, sizeof(id), "c%d", i);
        rig_login(&rig, &crowd[i], version, id, true);
    }
}

/* ---- subscriptions that do not match ---- */

#define FILTERS 100000

static struct subscription_tree *tree;
static uint64_t effort;
static struct subscriber wanted;
static struct subscriber others;

static void subscribe(struct subscriber *subscriber, const char *filter)
{
    struct subscription_options options = {0};

    subscription_tree_subscribe(tree, subscriber, slice_of_string(filter),
                                &options);
}

/* What a match looks at: the first of a name, and one of a name known. */
static void measure(uint64_t *first, uint64_t *again)
{
    struct slice name = slice_of_string("house/1/kitchen/temperature");
    size_t count;

    effort = 0;
    subscription_tree_match(tree, name, &count);
    ck_assert_uint_eq(count, 2);
    *first = effort;
    effort = 0;
    subscription_tree_match(tree, name, &count);
    ck_assert_uint_eq(count, 2);
    *again = effort;
}

/* A number stands between the two. */
static const struct {
    const char *before;
    const char *after;
} shapes[] = {
    {"house/1/kitchen/f",            ""          }, /* beside it */
    {"house/",                       "/kitchen/+"}, /* in other houses */
    {"house/1/",                     "/+"        }, /* in other rooms */
    {"+/1/",                         "/#"        }, /* by wildcards */
    {"house/1/kitchen/temperature/", ""          }, /* below it */
    {"",                             ""          }, /* somewhere else */
};

static void subscribe_other(int shape, int number)
{
    char filter[64];

    snprintf(filter, sizeof(filter), "%s%d%s", shapes[shape].before, number,
             shapes[shape].after);
    subscribe(&others, filter);
}

START_TEST(subscriptions_that_do_not_match_cost_a_publish_nothing)
{
    uint64_t first[2];
    uint64_t again[2];

    tree = subscription_tree_new(200, &effort);
    subscription_tree_subscriber_init(&wanted);
    subscription_tree_subscriber_init(&others);
    subscribe(&wanted, "house/1/kitchen/temperature");
    subscribe(&wanted, "house/+/kitchen/#");
    /* One of the shape, so that what it shares with the name is there. */
    subscribe_other(_i, 2);
    measure(&first[0], &again[0]);
    for (int i = 3; i < FILTERS; i++)
        subscribe_other(_i, i);
    measure(&first[1], &again[1]);
    ck_assert_uint_eq(first[1], first[0]);
    ck_assert_uint_eq(again[0], 0);
    ck_assert_uint_eq(again[1], 0);
    subscription_tree_remove_all(tree, &wanted);
    subscription_tree_remove_all(tree, &others);
    subscription_tree_free(tree);
}
END_TEST

/* ---- subscribers ---- */

static const struct {
    enum mqtt_version version;
    unsigned qos;
    unsigned encodings;
} fan_outs[] = {
    {MQTT_3_1_1, 0, 0}, /* the publisher's own bytes */
    {MQTT_3_1_1, 1, 1},
    {MQTT_3_1_1, 2, 1},
    {MQTT_5,     0, 1},
    {MQTT_5,     1, 1},
};

START_TEST(a_fan_out_to_1000_subscribers_is_encoded_once)
{
    const uint64_t *encoded = &rig.broker->router.layouts.encoded;
    struct mqtt_publish publish;

    connect_crowd(fan_outs[_i].version);
    for (int i = 0; i < CROWD; i++)
        rig_subscribe(&crowd[i], "t", fan_outs[_i].qos);
    uint64_t before = *encoded;
    rig_publish(&publisher, "t", "x", fan_outs[_i].qos);
    ck_assert_uint_eq(*encoded - before, fan_outs[_i].encodings);
    for (int i = 0; i < CROWD; i++)
        rig_expect_publish(&crowd[i], "t", "x", fan_outs[_i].qos, &publish);
}
END_TEST

/* ---- connections that do nothing ---- */

static uint64_t turns_of_an_hour(void)
{
    uint64_t before = rig.loop.turns;

    rig_advance(&rig, 3600);
    return rig.loop.turns - before;
}

START_TEST(idle_connections_do_not_wake_the_loop)
{
    uint64_t alone = turns_of_an_hour();

    connect_crowd(MQTT_3_1_1);
    rig_advance(&rig, 60);
    ck_assert_uint_le(turns_of_an_hour(), alone);
    for (int i = 0; i < CROWD; i++)
        ck_assert(!crowd[i].ended);
}
END_TEST

Suite *cost_suite(void)
{
    Suite *suite = suite_create("cost");
    TCase *tcase = unit_case(suite, "cost", 60);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase,
                        subscriptions_that_do_not_match_cost_a_publish_nothing,
                        0, sizeof(shapes) / sizeof(shapes[0]));
    tcase_add_loop_test(tcase, a_fan_out_to_1000_subscribers_is_encoded_once, 0,
                        sizeof(fan_outs) / sizeof(fan_outs[0]));
    tcase_add_test(tcase, idle_connections_do_not_wake_the_loop);
    return suite;
}
