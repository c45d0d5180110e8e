/*
 * The tree of subscriptions against the definition: random changes, and after
 * each what a plain list and topic_match say.
 */
#include "suites.h"

#include "base/alloc.h"
#include "broker/subscription_tree.h"
#include "mqtt/topic.h"

#include <string.h>

#define LEVELS_MAX 200

static struct subscription_tree *tree;
static uint64_t effort; /* of all matches */
static struct subscriber subscribers[8];

static void setup(void)
{
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

static const struct subscription_match *match(const char *topic, size_t *count)
{
    return subscription_tree_match(tree, slice_of_string(topic), count);
}

#define MODEL_MAX 300

struct model_subscription {
    char filter[48];
    struct subscriber *who;
    struct subscription_options options;
};

static struct model_subscription model[MODEL_MAX];
static size_t model_count;

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)random_state * limit) >> 32);
}

static void random_levels(char *text, bool wildcards)
{
    static const char *const names[] = {"a", "b", "c", "", "$x"};
    uint32_t levels = 1 + random_below(5);

    for (uint32_t i = 0; i < levels; i++) {
        uint32_t kind = random_below(wildcards ? 10 : 7);

        if (i)
            strcat(text, "/");
        if (kind == 9) {
            strcat(text, "#");
            return;
        }
        strcat(text, kind >= 7 ? "+" : names[kind < 5 ? kind : kind - 5]);
    }
}

static void random_topic(char *text, bool wildcards)
{
    do {
        text[0] = '\0';
        if (wildcards && random_below(5) == 0)
            strcpy(text, random_below(2) ? "$share/g/" : "$share/h/");
        random_levels(text, wildcards);
    } while (!(wildcards ? topic_filter_valid(slice_of_string(text))
                         : topic_name_valid(slice_of_string(text))));
}

static size_t model_find(const struct subscriber *who, const char *filter)
{
    size_t i = 0;

    while (i < model_count &&
           (model[i].who != who || strcmp(model[i].filter, filter) != 0))
        i++;
    return i;
}

static struct slice without_share(const char *filter, struct slice *share_name)
{
    struct slice rest = slice_of_string(filter);

    *share_name = slice_of(NULL, 0);
    topic_split_shared(rest, share_name, &rest);
    return rest;
}

/* Check writes a note for each assertion; these are millions. */
static void must(bool holds, const char *what)
{
    if (!holds)
        ck_abort_msg("%s", what);
}

static const char *who_is(const struct subscriber *who)
{
    static const char *const names[] = {"one",  "two", "three", "four",
                                        "five", "six", "seven", "eight"};

    return names[who - subscribers];
}

/* Each match that the definition demands is there, once; nothing else. */
static void check_against_model(const char *name)
{
    size_t count;
    size_t expected = 0;
    unit_given("the name \"%s\" and %zu filters", name, model_count);
    const struct subscription_match *matches = match(name, &count);

    for (size_t i = 0; i < model_count; i++) {
        struct slice share_name;
        struct slice filter = without_share(model[i].filter, &share_name);
        size_t found = 0;

        if (!topic_match(filter, slice_of_string(name)))
            continue;
        expected++;
        for (size_t k = 0; k < count; k++)
            found += matches[k].subscriber == model[i].who &&
                     matches[k].identifier == model[i].options.identifier &&
                     matches[k].qos == model[i].options.qos &&
                     !matches[k].group == (share_name.len == 0);
        if (found != 1)
            ck_abort_msg("%s subscribed to %s: wanted one match, got %zu",
                         who_is(model[i].who), model[i].filter, found);
    }
    if (count != expected)
        ck_abort_msg("wanted %zu matches of all %zu filters, got %zu", expected,
                     model_count, count);
}

static bool same_receiver(const struct subscription_match *one,
                          const struct subscription_match *other)
{
    return one->group == other->group &&
           (one->group || one->subscriber == other->subscriber);
}

/* Whoever receives has its matches in one piece. */
static void check_receivers(const char *name)
{
    size_t count;
    const struct subscription_match *all = match(name, &count);

    for (size_t i = 0; i < count; i++) {
        bool goes_on = i + 1 < count && same_receiver(&all[i], &all[i + 1]);

        must(all[i].more == goes_on, "more is wrong");
        for (size_t k = i + 1; k < count; k++)
            must(!same_receiver(&all[i], &all[k]) ||
                     same_receiver(&all[k - 1], &all[k]),
                 "a receiver comes twice");
    }
}

static void check_subscribers(void)
{
    size_t total = 0;

    unit_given("%zu filters subscribed to", model_count);
    for (size_t i = 0; i < 8; i++) {
        size_t listed = 0;

        LIST_FOREACH (node, &subscribers[i].subscriptions) {
            const struct subscription *one =
                LIST_ITEM(node, struct subscription, own);
            struct buf filter = {0};

            subscription_tree_put_filter(tree, one, &filter);
            if (model_find(&subscribers[i], buf_string(&filter)) >= model_count)
                ck_abort_msg("a filter reads back as %s, which %s has never "
                             "subscribed to",
                             buf_string(&filter), who_is(&subscribers[i]));
            buf_release(&filter);
            listed++;
        }
        ck_assert_uint_eq(subscribers[i].count, listed);
        total += listed;
    }
    ck_assert_uint_eq(total, model_count);
    ck_assert_uint_eq(subscription_tree_stats(tree).subscriptions, model_count);
}

static void random_change(uint32_t step)
{
    struct subscriber *who = &subscribers[random_below(8)];
    char filter[48];

    random_topic(filter, true);
    size_t at = model_find(who, filter);
    unit_given("the filter \"%s\" of %s, who %s it", filter, who_is(who),
               at < model_count ? "has" : "does not have");
    if (random_below(10) < 6 && (at < model_count || model_count < MODEL_MAX)) {
        const struct subscription_options options = {
            .identifier = step, .qos = (uint8_t)random_below(3)};

        enum subscription_result result = subscription_tree_subscribe(
            tree, who, slice_of_string(filter), &options);

        must(result ==
                 (at < model_count ? SUBSCRIPTION_REPLACED : SUBSCRIPTION_NEW),
             at < model_count ? "to subscribe did not find it"
                              : "to subscribe did not make it anew");
        strcpy(model[at].filter, filter);
        model[at].who = who;
        model[at].options = options;
        model_count += at == model_count;
        return;
    }
    must(subscription_tree_unsubscribe(tree, who, slice_of_string(filter)) ==
             (at < model_count),
         at < model_count ? "to unsubscribe did not find it"
                          : "to unsubscribe found one nevertheless");
    if (at < model_count)
        model[at] = model[--model_count];
}

START_TEST(random_filters_match_random_names_as_defined)
{
    char name[48];

    random_state = (uint32_t)_i * 7919 + 1;
    model_count = 0;
    for (uint32_t step = 1; step <= 9000; step++) {
        random_change(step);
        if (step % 16 == 0)
            check_subscribers();
        for (int i = 0; i < 3; i++) {
            random_topic(name, false);
            check_against_model(name);
            check_receivers(name);
        }
        if (random_below(1000) == 0) {
            struct subscriber *who = &subscribers[random_below(8)];

            subscription_tree_remove_all(tree, who);
            for (size_t i = model_count; i-- > 0;) {
                if (model[i].who == who)
                    model[i] = model[--model_count];
            }
        }
    }
}
END_TEST

Suite *subscription_model_suite(void)
{
    Suite *suite = suite_create("subscription_model");
    TCase *tcase = unit_case(suite, "subscription_model", 60);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, random_filters_match_random_names_as_defined, 0,
                        4);
    return suite;
}
