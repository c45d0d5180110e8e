/*
 * Lines are commands: "+N FILTER" subscribes, "-N FILTER" unsubscribes,
 * "!N" removes all of N, anything else is a Topic Name to match. N is a digit.
 * What matches must be what topic_match says.
 */
#include "broker/subscription_tree.h"
#include "mqtt/topic.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define PEOPLE 8

/* topic_match would take the inner "$share/NAME/" for one too. */
static bool is_shared_twice(struct slice filter)
{
    struct slice share_name;

    return topic_split_shared(filter, &share_name, &filter) &&
           topic_split_shared(filter, &share_name, &filter);
}

static size_t count_matches(const struct subscription_tree *tree,
                            const struct subscriber *who, struct slice name)
{
    size_t count = 0;

    LIST_FOREACH (node, &who->subscriptions) {
        struct buf text = {0};
        struct slice share_name;

        subscription_tree_put_filter(
            tree, LIST_ITEM(node, struct subscription, own), &text);
        struct slice filter = buf_slice(&text);
        topic_split_shared(filter, &share_name, &filter);
        count += topic_match(filter, name);
        buf_release(&text);
    }
    return count;
}

static void match(struct subscription_tree *tree,
                  const struct subscriber *people, struct slice name)
{
    size_t expected = 0;
    size_t count;

    if (!topic_name_valid(name))
        return;
    const struct subscription_match *matches =
        subscription_tree_match(tree, name, &count);
    assert(!count || !matches[count - 1].more);
    for (size_t i = 0; i < PEOPLE; i++)
        expected += count_matches(tree, &people[i], name);
    assert(count == expected);
}

static void command(struct subscription_tree *tree, struct subscriber *people,
                    struct slice line)
{
    const struct subscription_options options = {.qos = 1};

    if (line.len >= 2 && line.bytes[0] == '!') {
        subscription_tree_remove_all(tree, &people[line.bytes[1] % PEOPLE]);
        return;
    }
    if (line.len < 3 || (line.bytes[0] != '+' && line.bytes[0] != '-') ||
        line.bytes[2] != ' ') {
        match(tree, people, line);
        return;
    }
    struct subscriber *who = &people[line.bytes[1] % PEOPLE];
    struct slice filter = slice_skip(line, 3);
    if (!topic_filter_valid(filter) || is_shared_twice(filter))
        return;
    if (line.bytes[0] == '-') {
        subscription_tree_unsubscribe(tree, who, filter);
        return;
    }
    uint32_t before = who->count;
    enum subscription_result result =
        subscription_tree_subscribe(tree, who, filter, &options);
    assert(who->count == before + (result == SUBSCRIPTION_NEW));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint64_t effort = 0;
    struct subscription_tree *tree = subscription_tree_new(20, &effort);
    struct subscriber people[PEOPLE];
    size_t start = 0;

    for (size_t i = 0; i < PEOPLE; i++)
        subscription_tree_subscriber_init(&people[i]);
    for (size_t i = 0; i <= len; i++) {
        if (i < len && bytes[i] != '\n')
            continue;
        command(tree, people, slice_of(bytes + start, i - start));
        start = i + 1;
    }
    for (size_t i = 0; i < PEOPLE; i++)
        subscription_tree_remove_all(tree, &people[i]);
    assert(subscription_tree_stats(tree).subscriptions == 0);
    subscription_tree_free(tree);
    return 0;
}
