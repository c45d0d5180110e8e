#include "suites.h"

#include "base/alloc.h"
#include "broker/subscription_tree.h"
#include "mqtt/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS_MAX 200

static struct subscription_tree *tree;
static uint64_t effort; /* of all matches */
static struct subscriber subscribers[8];
static struct subscriber *const ann = &subscribers[0];
static struct subscriber *const ben = &subscribers[1];

/* The filters subscribed to so far, as many as a line has room for. */
static char asked[120];

static void setup(void)
{
    asked[0] = '\0';
    tree = subscription_tree_new(LEVELS_MAX, &effort);
    for (size_t i = 0; i < 8; i++)
        subscription_tree_subscriber_init(&subscribers[i]);
}

static void teardown(void)
{
    for (size_t i = 0; i < 8; i++)
        subscription_tree_remove_all(tree, &subscribers[i]);
    ck_assert_uint_eq(subscription_tree_stats(tree).subscriptions, 0);
    subscription_tree_free(tree);
}

static enum subscription_result subscribe(struct subscriber *who,
                                          const char *filter, uint8_t qos,
                                          uint32_t identifier)
{
    const struct subscription_options options = {.qos = qos,
                                                 .identifier = identifier};

    if (strlen(asked) + strlen(filter) + 3 < sizeof(asked))
        sprintf(asked + strlen(asked), "%s%s", asked[0] ? ", " : "", filter);
    unit_given("a SUBSCRIBE for \"%s\"; so far: %s", filter, asked);
    return subscription_tree_subscribe(tree, who, slice_of_string(filter),
                                       &options);
}

static const struct subscription_match *match(const char *topic, size_t *count)
{
    unit_given("the name \"%s\"; subscribed to: %s", topic, asked);
    return subscription_tree_match(tree, slice_of_string(topic), count);
}

static size_t count_of(const char *topic)
{
    size_t count;

    match(topic, &count);
    return count;
}

/* --- one filter, one name ------------------------------------------------- */

/* [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1] [MQTT-4.7.3-4] */
static const struct {
    const char *filter;
    const char *name;
    bool matches;
} rules[] = {
    {"a/b",                                                    "a/b",                                  true },
    {"a/b",                                                    "a",                                    false},
    {"a/b",                                                    "a/b/c",                                false},
    {"a/b",                                                    "A/b",                                  false},
    {"sport/tennis/player1/#",                                 "sport/tennis/player1",                 true },
    {"sport/tennis/player1/#",                                 "sport/tennis/player1/ranking",         true },
    {"sport/tennis/player1/#",                                 "sport/tennis/player1/score/wimbledon", true },
    {"sport/tennis/player1/#",                                 "sport/tennis/player2",                 false},
    {"sport/#",                                                "sport",                                true },
    {"sport/#",                                                "sports",                               false},
    {"#",                                                      "a",                                    true },
    {"#",                                                      "/",                                    true },
    {"sport/tennis/+",                                         "sport/tennis/player1",                 true },
    {"sport/tennis/+",                                         "sport/tennis/player1/ranking",         false},
    {"sport/+",                                                "sport",                                false},
    {"sport/+",                                                "sport/",                               true },
    {"+",                                                      "finance",                              true },
    {"+",                                                      "/finance",                             false},
    {"+/+",                                                    "/finance",                             true },
    {"/+",                                                     "/finance",                             true },
    {"+/+",                                                    "a",                                    false},
    {"+/b/#",                                                  "a/b",                                  true },
    {"+/b/#",                                                  "a/b/c/d",                              true },
    {"+/b/#",                                                  "a/c",                                  false},
    {"a//b",                                                   "a//b",                                 true },
    {"a/+/b",                                                  "a//b",                                 true },
    {"a//b",                                                   "a/b",                                  false},
    {"/",                                                      "/",                                    true },
    {"#",                                                      "$SYS/a",                               false},
    {"+/a",                                                    "$SYS/a",                               false},
    {"+/#",                                                    "$SYS",                                 false},
    {"$SYS/#",                                                 "$SYS/a",                               true },
    {"$SYS/#",                                                 "$SYS",                                 true },
    {"$SYS/+",                                                 "$SYS/a",                               true },
    {"$SYS/a",                                                 "$SYS/a",                               true },
    {"a/+",                                                    "a/$b",                                 true },
    {"a/#",                                                    "a/$b",                                 true },
    {"$share/g/a/+",                                           "a/b",                                  true },
    {"$share/g/a/+",                                           "$share/g/a/b",                         false},
    {"$share/g/#",                                             "$SYS/a",                               false},
    {"$share/g/#",                                             "a",                                    true },
    {"a level longer than what is kept in the table itself/x",
     "a level longer than what is kept in the table itself/x",                                         true },
};

START_TEST(a_name_matches_a_filter_by_the_rules)
{
    subscribe(ann, rules[_i].filter, 0, 0);
    for (int twice = 0; twice < 2; twice++) {
        size_t count = count_of(rules[_i].name);

        ck_assert_msg(count == rules[_i].matches, "wanted %s match, got %zu",
                      rules[_i].matches ? "one" : "no", count);
    }
}
END_TEST

/* --- subscribing ---------------------------------------------------------- */

/* [MQTT-3.8.4-3] */
START_TEST(subscribing_again_replaces_the_options)
{
    size_t count;

    ck_assert_int_eq(subscribe(ann, "a/+", 0, 1), SUBSCRIPTION_NEW);
    ck_assert_uint_eq(count_of("a/b"), 1);
    ck_assert_int_eq(subscribe(ann, "a/+", 2, 9), SUBSCRIPTION_REPLACED);
    const struct subscription_match *matches = match("a/b", &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(matches[0].qos, 2);
    ck_assert_uint_eq(matches[0].identifier, 9);
    ck_assert_uint_eq(ann->count, 1);
}
END_TEST

START_TEST(all_options_reach_the_match)
{
    const struct subscription_options options = {.identifier = 268435455,
                                                 .qos = 1,
                                                 .no_local = true,
                                                 .retain_as_published = true,
                                                 .retain_handling = 2};
    size_t count;

    subscription_tree_subscribe(tree, ann, slice_of_string("a"), &options);
    const struct subscription_match *one = match("a", &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_eq(one->subscriber, ann);
    ck_assert_uint_eq(one->identifier, 268435455);
    ck_assert_uint_eq(one->qos, 1);
    ck_assert(one->no_local);
    ck_assert(one->retain_as_published);
    ck_assert_uint_eq(one->group, 0);
    ck_assert(!one->more);
    const struct subscription *kept =
        LIST_ITEM(ann->subscriptions.next, struct subscription, own);
    ck_assert_uint_eq(kept->retain_handling, 2);
}
END_TEST

/* [MQTT-3.10.4-1] [MQTT-3.10.4-2] */
START_TEST(unsubscribing_compares_the_filter_character_by_character)
{
    subscribe(ann, "a/+", 0, 0);
    subscribe(ben, "a/+", 0, 0);
    ck_assert(
        !subscription_tree_unsubscribe(tree, ann, slice_of_string("a/b")));
    ck_assert(!subscription_tree_unsubscribe(tree, ann, slice_of_string("a")));
    ck_assert(
        !subscription_tree_unsubscribe(tree, ann, slice_of_string("a/#")));
    ck_assert(!subscription_tree_unsubscribe(tree, ann,
                                             slice_of_string("$share/g/a/+")));
    ck_assert(subscription_tree_unsubscribe(tree, ann, slice_of_string("a/+")));
    ck_assert(
        !subscription_tree_unsubscribe(tree, ann, slice_of_string("a/+")));
    ck_assert_uint_eq(count_of("a/x"), 1);
}
END_TEST

START_TEST(a_filter_with_too_many_levels_is_refused)
{
    char filter[2 * LEVELS_MAX + 2];

    memset(filter, '/', sizeof(filter));
    filter[LEVELS_MAX] = '\0'; /* so many "/" make one level more */
    ck_assert_int_eq(subscribe(ann, filter, 0, 0), SUBSCRIPTION_TOO_DEEP);
    ck_assert_uint_eq(ann->count, 0);
    filter[LEVELS_MAX - 1] = '\0';
    ck_assert_int_eq(subscribe(ann, filter, 0, 0), SUBSCRIPTION_NEW);
    ck_assert_uint_eq(count_of(filter), 1);
    ck_assert_int_eq(subscribe(ben, "$share/g/a", 0, 0), SUBSCRIPTION_NEW);
}
END_TEST

START_TEST(everything_is_freed_when_the_last_subscription_goes)
{
    size_t empty = subscription_tree_stats(tree).bytes;
    char filter[64];

    for (int i = 0; i < 2000; i++) {
        snprintf(filter, sizeof(filter),
                 i % 2 ? "x/%d/a level of more than 16 bytes/%d" : "+/%d/%d/#",
                 i, i);
        subscribe(&subscribers[i % 8], filter, 0, 0);
    }
    ck_assert_uint_gt(subscription_tree_stats(tree).bytes, empty);
    for (size_t i = 0; i < 8; i++)
        subscription_tree_remove_all(tree, &subscribers[i]);
    ck_assert_uint_eq(count_of("x/1"), 0);
    ck_assert_uint_eq(subscription_tree_stats(tree).bytes, empty);
}
END_TEST

START_TEST(the_filter_of_a_subscription_can_be_read_back)
{
    static const char *const filters[] = {"a/b/c", "+/#",           "/",
                                          "#",     "$share/g/a//+", "x"};
    size_t i = 0;

    for (size_t k = 0; k < 6; k++)
        subscribe(ann, filters[k], 0, 0);
    LIST_FOREACH (node, &ann->subscriptions) {
        struct buf text = {0};

        subscription_tree_put_filter(
            tree, LIST_ITEM(node, struct subscription, own), &text);
        ck_assert_msg(!strcmp(buf_string(&text), filters[i]),
                      "wanted %s, got %s", filters[i], buf_string(&text));
        i++;
        buf_release(&text);
    }
    ck_assert_uint_eq(i, 6);
}
END_TEST

/* --- several at once ------------------------------------------------------ */

/* [MQTT-3.3.4-2] [MQTT-3.3.4-3] */
START_TEST(overlapping_subscriptions_of_one_subscriber_are_adjacent)
{
    size_t count;
    unsigned ann_seen = 0;

    subscribe(ann, "#", 0, 1);
    subscribe(ben, "a/b", 0, 0);
    subscribe(ann, "a/b", 2, 2);
    subscribe(ben, "a/+", 1, 0);
    subscribe(ann, "a/#", 1, 3);
    subscribe(&subscribers[2], "+/b", 1, 0);
    const struct subscription_match *matches = match("a/b", &count);
    ck_assert_uint_eq(count, 6);
    for (size_t i = 0; i < count; i++) {
        bool same =
            i + 1 < count && matches[i + 1].subscriber == matches[i].subscriber;

        ck_assert_int_eq(matches[i].more, same);
        if (matches[i].subscriber == ann)
            ann_seen += 1U << matches[i].identifier;
    }
    ck_assert_uint_eq(ann_seen, 2 + 4 + 8);
}
END_TEST

START_TEST(one_filter_gives_its_subscribers_in_the_order_they_came)
{
    size_t count;

    for (size_t i = 0; i < 8; i++)
        subscribe(&subscribers[7 - i], "a", 0, 0);
    subscription_tree_unsubscribe(tree, &subscribers[7], slice_of_string("a"));
    subscription_tree_unsubscribe(tree, &subscribers[4], slice_of_string("a"));
    const struct subscription_match *matches = match("a", &count);
    ck_assert_uint_eq(count, 6);
    static const size_t order[] = {6, 5, 3, 2, 1, 0};
    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_eq(matches[i].subscriber, &subscribers[order[i]]);
}
END_TEST

/* --- shared --------------------------------------------------------------- */

static enum subscription_member can[8];

static enum subscription_member judge(const struct subscriber *subscriber)
{
    return can[subscriber - subscribers];
}

static void all_can(enum subscription_member what)
{
    for (size_t i = 0; i < sizeof(can) / sizeof(can[0]); i++)
        can[i] = what;
}

/* [MQTT5 4.8.2] */
START_TEST(members_of_a_group_take_turns)
{
    unsigned got[3] = {0};
    size_t count;

    all_can(MEMBER_READY);
    for (size_t i = 0; i < 3; i++)
        subscribe(&subscribers[i], "$share/g/a/+", 1, 0);
    for (int i = 0; i < 30; i++) {
        const struct subscription_match *first = match("a/b", &count);
        ck_assert_uint_eq(count, 3);
        ck_assert(first[0].group && first[0].more && first[1].more);
        ck_assert(!first[2].more);
        got[subscription_tree_next_member(tree, first, count, judge)
                ->subscriber -
            subscribers]++;
    }
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(got[i], 10);
}
END_TEST

START_TEST(a_member_is_passed_over_when_another_can_do_better)
{
    size_t count;

    all_can(MEMBER_READY);
    can[1] = MEMBER_BUSY;
    can[2] = MEMBER_AWAY;
    for (size_t i = 0; i < 3; i++)
        subscribe(&subscribers[i], "$share/g/a", 1, 0);
    const struct subscription_match *first = match("a", &count);
    for (int i = 0; i < 10; i++)
        ck_assert_ptr_eq(
            subscription_tree_next_member(tree, first, 3, judge)->subscriber,
            &subscribers[0]);
    can[0] = MEMBER_AWAY;
    for (int i = 0; i < 10; i++)
        ck_assert_ptr_eq(
            subscription_tree_next_member(tree, first, 3, judge)->subscriber,
            &subscribers[1]);
    all_can(MEMBER_AWAY);
    ck_assert_ptr_nonnull(subscription_tree_next_member(tree, first, 3, judge));
}
END_TEST

START_TEST(groups_are_told_apart_by_name_and_filter)
{
    size_t count;

    subscribe(ann, "$share/g/a", 0, 0);
    subscribe(ann, "$share/h/a", 0, 0);
    subscribe(ann, "$share/g/+", 0, 0);
    subscribe(ann, "a", 0, 0);
    ck_assert_int_eq(subscribe(ann, "$share/g/a", 1, 0), SUBSCRIPTION_REPLACED);
    const struct subscription_match *matches = match("a", &count);
    ck_assert_uint_eq(count, 4);
    for (size_t i = 0; i < count; i++)
        ck_assert(!matches[i].more);
    ck_assert_uint_eq(subscription_tree_stats(tree).shared, 3);
    ck_assert(subscription_tree_unsubscribe(tree, ann,
                                            slice_of_string("$share/h/a")));
    ck_assert(!subscription_tree_unsubscribe(tree, ann,
                                             slice_of_string("$share/h/a")));
    ck_assert_uint_eq(count_of("a"), 3);
}
END_TEST

/* --- the cache ------------------------------------------------------------ */

START_TEST(a_change_of_the_tree_is_seen_at_once)
{
    subscribe(ann, "a/#", 0, 0);
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(count_of("a/b"), 1);
    ck_assert_uint_ge(subscription_tree_stats(tree).cache_hits, 4);
    subscribe(ben, "+/b", 0, 0);
    ck_assert_uint_eq(count_of("a/b"), 2);
    subscription_tree_remove_all(tree, ann);
    ck_assert_uint_eq(count_of("a/b"), 1);
}
END_TEST

START_TEST(who_leaves_bit_by_bit_matches_nothing_from_the_start)
{
    char filter[40];

    for (int i = 0; i < 10; i++) {
        sprintf(filter, "%d/a/b/#", i);
        subscribe(ann, filter, 0, 0);
        subscribe(ben, filter, 0, 0);
    }
    subscribe(ann, "$share/g/9/+/b", 0, 0);
    ck_assert_uint_eq(count_of("9/a/b"), 3);
    ck_assert(!subscription_tree_leave(tree, ann, 3));
    ck_assert_uint_gt(subscription_tree_stats(tree).subscriptions, 15);
    ck_assert_uint_eq(count_of("9/a/b"), 1);
    int calls = 1;
    while (!subscription_tree_leave(tree, ann, 3))
        calls++;
    ck_assert_int_gt(calls, 2);
    ck_assert_uint_eq(subscription_tree_stats(tree).subscriptions, 10);
    ck_assert_uint_eq(ann->filter_bytes + ann->wildcard_levels + ann->count, 0);
    subscribe(ann, "9/#", 0, 0);
    ck_assert_uint_eq(count_of("9/a/b"), 2);
}
END_TEST

START_TEST(a_name_is_not_taken_for_the_one_before)
{
    subscribe(ann, "a/1", 0, 0);
    subscribe(ben, "a/1", 0, 0);
    subscribe(ann, "a/2", 0, 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(count_of("a/1"), 2);
        ck_assert_uint_eq(count_of("a/1"), 2);
        ck_assert_uint_eq(count_of("a/2"), 1);
        ck_assert_uint_eq(count_of("a/2"), 1);
        ck_assert_uint_eq(count_of("a/3"), 0);
        ck_assert_uint_eq(count_of("a/"), 0);
    }
}
END_TEST

START_TEST(names_that_come_once_do_not_grow_memory_nor_drive_out_others)
{
    char name[32];
    size_t allowed = 8192 * 4;

    subscribe(ann, "once/#", 0, 0);
    subscribe(ann, "often/#", 0, 0);
    for (int i = 0; i < 200000; i++) {
        snprintf(name, sizeof(name), "once/%d", i);
        ck_assert_uint_eq(count_of(name), 1);
        snprintf(name, sizeof(name), "often/%d", i % 10);
        ck_assert_uint_eq(count_of(name), 1);
    }
    struct subscription_tree_stats stats = subscription_tree_stats(tree);
    ck_assert_uint_le(stats.cache_entries, allowed);
    ck_assert_uint_le(stats.cache_bytes, allowed * 100);
    /* Of the 200,000 of the ten, nearly all were found. */
    ck_assert_uint_ge(stats.cache_hits, 199900);
}
END_TEST

START_TEST(many_names_in_turn_are_all_kept)
{
    char name[32];

    subscribe(ann, "#", 0, 0);
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof(name), "device/%d", i % 5000);
        ck_assert_uint_eq(count_of(name), 1);
    }
    ck_assert_uint_ge(subscription_tree_stats(tree).cache_hits, 94000);
}
END_TEST

#define CROWD 20000

/* Results of 20,000 matches each must not fill the memory. */
START_TEST(large_results_keep_within_the_cache_bytes)
{
    struct subscriber *crowd = alloc_zero(CROWD, sizeof(*crowd));
    const struct subscription_options options = {0};
    char name[32];

    for (size_t i = 0; i < CROWD; i++) {
        subscription_tree_subscriber_init(&crowd[i]);
        subscription_tree_subscribe(tree, &crowd[i], slice_of_string("all/+"),
                                    &options);
    }
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof(name), "all/%d", i % 200);
        ck_assert_uint_eq(count_of(name), CROWD);
    }
    ck_assert_uint_le(subscription_tree_stats(tree).cache_bytes, 16 << 20);
    for (size_t i = 0; i < CROWD; i++)
        subscription_tree_remove_all(tree, &crowd[i]);
    free(crowd);
}
END_TEST

Suite *subscription_tree_suite(void)
{
    Suite *suite = suite_create("subscription_tree");
    TCase *tcase = unit_case(suite, "subscription_tree", 60);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_name_matches_a_filter_by_the_rules, 0,
                        sizeof(rules) / sizeof(rules[0]));
    tcase_add_test(tcase, subscribing_again_replaces_the_options);
    tcase_add_test(tcase, all_options_reach_the_match);
    tcase_add_test(tcase,
                   unsubscribing_compares_the_filter_character_by_character);
    tcase_add_test(tcase, a_filter_with_too_many_levels_is_refused);
    tcase_add_test(tcase, everything_is_freed_when_the_last_subscription_goes);
    tcase_add_test(tcase, the_filter_of_a_subscription_can_be_read_back);
    tcase_add_test(tcase,
                   overlapping_subscriptions_of_one_subscriber_are_adjacent);
    tcase_add_test(tcase,
                   one_filter_gives_its_subscribers_in_the_order_they_came);
    tcase_add_test(tcase, members_of_a_group_take_turns);
    tcase_add_test(tcase, a_member_is_passed_over_when_another_can_do_better);
    tcase_add_test(tcase, groups_are_told_apart_by_name_and_filter);
    tcase_add_test(tcase, a_change_of_the_tree_is_seen_at_once);
    tcase_add_test(tcase, who_leaves_bit_by_bit_matches_nothing_from_the_start);
    tcase_add_test(tcase, a_name_is_not_taken_for_the_one_before);
    tcase_add_test(
        tcase, names_that_come_once_do_not_grow_memory_nor_drive_out_others);
    tcase_add_test(tcase, many_names_in_turn_are_all_kept);
    tcase_add_test(tcase, large_results_keep_within_the_cache_bytes);
    return suite;
}
