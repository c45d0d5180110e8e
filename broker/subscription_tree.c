#include "broker/subscription_tree.h"

#include "base/alloc.h"
#include "base/map.h"
#include "broker/match_cache.h"
#include "broker/shared_group.h"
#include "broker/topic_trie.h"
#include "broker/trie_match.h"
#include "mqtt/topic.h"

#include <assert.h>
#include <stdlib.h>

#define CACHE_BYTES (16u << 20)

/* A result while it is made. */
struct found {
    struct subscription_match *matches; /* owned */
    size_t count;
    size_t cap;
    bool shared; /* there are members of groups among them */
};

struct subscription_tree {
    struct topic_trie filters; /* value: the first struct subscription */
    struct slab subscriptions; /* struct subscription */
    struct shared_groups groups;
    size_t shared;       /* subscriptions that are members of a group */
    uint64_t generation; /* goes up with every change */
    unsigned max_levels;
    uint64_t *effort; /* borrowed */
    bool (*gate)(struct subscriber *subscriber, struct slice topic_name);
    struct match_cache cache;
    /* Kept from one match to the next to save allocations. */
    struct trie_match match;
    struct found found;
    struct found arranged;
    size_t *places; /* owned; of each receiver in arranged */
    size_t places_cap;
    uint64_t pass;
};

static uint64_t hash_key(const struct slab *subscriptions, uint32_t node,
                         uint32_t group, const struct subscriber *subscriber)
{
    const uint64_t key[2] = {(uint64_t)node << 32 | group,
                             (uint64_t)(uintptr_t)subscriber};

    return map_hash(subscriptions->seed, slice_of(key, sizeof(key)));
}

static uint64_t hash_of(const struct slab *subscriptions, const void *item)
{
    const struct subscription *subscription = item;

    return hash_key(subscriptions, subscription->node, subscription->group,
                    subscription->subscriber);
}

struct subscription_tree *subscription_tree_new(unsigned max_levels,
                                                uint64_t *effort)
{
    struct subscription_tree *tree = alloc_zero(1, sizeof(*tree));

    tree->max_levels = max_levels;
    tree->effort = effort;
    topic_trie_init(&tree->filters);
    slab_init(&tree->subscriptions, sizeof(struct subscription), hash_of);
    shared_groups_init(&tree->groups);
    match_cache_init(&tree->cache, CACHE_BYTES);
    return tree;
}

void subscription_tree_free(struct subscription_tree *tree)
{
    if (!tree)
        return;
    assert(tree->subscriptions.count == 0);
    match_cache_release(&tree->cache);
    shared_groups_release(&tree->groups);
    slab_release(&tree->subscriptions);
    topic_trie_release(&tree->filters);
    trie_match_release(&tree->match);
    free(tree->found.matches);
    free(tree->arranged.matches);
    free(tree->places);
    free(tree);
}

void subscription_tree_subscriber_init(struct subscriber *subscriber)
{
    *subscriber = (struct subscriber){0};
    list_init(&subscriber->subscriptions);
}

/* --- subscribing ---------------------------------------------------------- */

static struct subscription *find(const struct subscription_tree *tree,
                                 uint32_t node, uint32_t group,
                                 const struct subscriber *subscriber)
{
    uint32_t number =
        slab_first(&tree->subscriptions,
                   hash_key(&tree->subscriptions, node, group, subscriber));

    while (number) {
        struct subscription *one = slab_at(&tree->subscriptions, number);

        if (one->node == node && one->group == group &&
            one->subscriber == subscriber)
            return one;
        number = one->item.next;
    }
    return NULL;
}

/* Put it at the end of the ring of its node, whose value is the first. */
static void hang(struct subscription_tree *tree,
                 struct subscription *subscription)
{
    struct trie_node *node =
        topic_trie_node(&tree->filters, subscription->node);
    struct subscription *first = node->value;

    list_init(&subscription->at_node);
    if (first)
        list_append(&first->at_node, &subscription->at_node);
    else
        node->value = subscription;
}

static void unhang(struct subscription_tree *tree,
                   struct subscription *subscription)
{
    struct trie_node *node =
        topic_trie_node(&tree->filters, subscription->node);

    if (list_empty(&subscription->at_node))
        node->value = NULL;
    else if (node->value == subscription)
        node->value =
            LIST_ITEM(subscription->at_node.next, struct subscription, at_node);
    list_remove(&subscription->at_node);
}

static void set_options(struct subscription *one,
                        const struct subscription_options *options)
{
    one->identifier = options->identifier;
    one->qos = options->qos;
    one->retain_handling = options->retain_handling;
    one->no_local = options->no_local;
    one->retain_as_published = options->retain_as_published;
}

/* How many levels there are from the first "+" on. */
static uint32_t wildcard_levels(const struct topic_trie *filters, uint32_t node)
{
    uint32_t levels = 0;
    uint32_t from_plus = 0;

    while (node != TRIE_ROOT) {
        const struct trie_node *one = topic_trie_node(filters, node);

        levels++;
        if (one->level == LEVEL_PLUS)
            from_plus = levels;
        node = one->parent;
    }
    return from_plus;
}

static uint32_t filter_bytes(const struct topic_trie *filters, uint32_t node)
{
    uint32_t bytes = 0;

    while (node != TRIE_ROOT) {
        const struct trie_node *one = topic_trie_node(filters, node);

        bytes += (uint32_t)level_table_text(&filters->levels, one->level).len +
                 SUBSCRIPTION_LEVEL_BYTES;
        node = one->parent;
    }
    return bytes;
}

static void add(struct subscription_tree *tree, struct subscriber *subscriber,
                uint32_t node, uint32_t group,
                const struct subscription_options *options)
{
    uint32_t number =
        slab_add(&tree->subscriptions,
                 hash_key(&tree->subscriptions, node, group, subscriber));
    struct subscription *one = slab_at(&tree->subscriptions, number);

    one->number = number;
    one->node = node;
    one->group = group;
    one->subscriber = subscriber;
    hang(tree, one);
    list_append(&subscriber->subscriptions, &one->own);
    subscriber->count++;
    subscriber->wildcard_levels += wildcard_levels(&tree->filters, node);
    subscriber->filter_bytes += filter_bytes(&tree->filters, node);
    if (group) {
        shared_group_at(&tree->groups, group)->members++;
        tree->shared++;
    }
    set_options(one, options);
}

/* The group of this name at a node, made if there is none. */
static uint32_t group_of(struct subscription_tree *tree, uint32_t node,
                         struct slice share_name)
{
    uint32_t name = level_table_ref(&tree->filters.levels, share_name);
    uint32_t group = shared_group_find(&tree->groups, node, name);

    if (!group)
        return shared_group_add(&tree->groups, node, name);
    level_table_unref(&tree->filters.levels, name); /* it has one already */
    return group;
}

enum subscription_result subscription_tree_subscribe(
    struct subscription_tree *tree, struct subscriber *subscriber,
    struct slice topic_filter, const struct subscription_options *options)
{
    struct slice share_name;
    struct slice filter = topic_filter;
    bool shared = topic_split_shared(topic_filter, &share_name, &filter);

    if (topic_level_count(filter) > tree->max_levels)
        return SUBSCRIPTION_TOO_DEEP;

    uint32_t node = topic_trie_add(&tree->filters, filter);
    uint32_t group = shared ? group_of(tree, node, share_name) : 0;
    struct subscription *old = find(tree, node, group, subscriber);

    tree->generation++;
    if (old) {
        set_options(old, options);
        return SUBSCRIPTION_REPLACED;
    }
    add(tree, subscriber, node, group, options);
    return SUBSCRIPTION_NEW;
}

static void leave_group(struct subscription_tree *tree, uint32_t number)
{
    struct shared_group *group = shared_group_at(&tree->groups, number);

    tree->shared--;
    if (--group->members > 0)
        return;
    level_table_unref(&tree->filters.levels, group->share_name);
    shared_group_remove(&tree->groups, number);
}

/* Returns how many levels went. */
static size_t take_out(struct subscription_tree *tree,
                       struct subscription *subscription)
{
    uint32_t node = subscription->node;

    tree->generation++;
    unhang(tree, subscription);
    list_remove(&subscription->own);
    if (subscription->group)
        leave_group(tree, subscription->group);
    slab_remove(&tree->subscriptions, subscription->number,
                hash_of(&tree->subscriptions, subscription));
    return topic_trie_prune(&tree->filters, node);
}

void subscription_tree_remove(struct subscription_tree *tree,
                              struct subscription *subscription)
{
    uint32_t node = subscription->node;

    subscription->subscriber->count--;
    subscription->subscriber->wildcard_levels -=
        wildcard_levels(&tree->filters, node);
    subscription->subscriber->filter_bytes -=
        filter_bytes(&tree->filters, node);
    take_out(tree, subscription);
}

static struct subscription *find_by_filter(const struct subscription_tree *tree,
                                           const struct subscriber *subscriber,
                                           struct slice topic_filter)
{
    struct slice share_name;
    struct slice filter = topic_filter;
    uint32_t group = 0;

    bool shared = topic_split_shared(topic_filter, &share_name, &filter);
    uint32_t node = topic_trie_find(&tree->filters, filter);
    if (!node)
        return NULL;
    if (shared) {
        uint32_t name = level_table_find(&tree->filters.levels, share_name);

        group = name ? shared_group_find(&tree->groups, node, name) : 0;
        if (!group)
            return NULL;
    }
    return find(tree, node, group, subscriber);
}

bool subscription_tree_unsubscribe(struct subscription_tree *tree,
                                   struct subscriber *subscriber,
                                   struct slice topic_filter)
{
    struct subscription *subscription =
        find_by_filter(tree, subscriber, topic_filter);

    if (subscription)
        subscription_tree_remove(tree, subscription);
    return subscription != NULL;
}

void subscription_tree_remove_all(struct subscription_tree *tree,
                                  struct subscriber *subscriber)
{
    subscription_tree_leave(tree, subscriber, SIZE_MAX);
}

bool subscription_tree_leave(struct subscription_tree *tree,
                             struct subscriber *subscriber, size_t work)
{
    struct list *all = &subscriber->subscriptions;
    size_t done = 0;

    tree->generation++;
    while (!list_empty(all) && done < work)
        done +=
            1 + take_out(tree, LIST_ITEM(all->next, struct subscription, own));
    subscriber->leaves = !list_empty(all);
    if (subscriber->leaves)
        return false;
    subscriber->count = 0;
    subscriber->wildcard_levels = 0;
    subscriber->filter_bytes = 0;
    return true;
}

void subscription_tree_put_filter(const struct subscription_tree *tree,
                                  const struct subscription *subscription,
                                  struct buf *out)
{
    if (subscription->group) {
        const struct shared_group *group =
            shared_group_at(&tree->groups, subscription->group);

        buf_append_string(out, "$share/");
        buf_append_slice(
            out, level_table_text(&tree->filters.levels, group->share_name));
        buf_append_u8(out, '/');
    }
    topic_trie_put_path(&tree->filters, subscription->node, out);
}

/* --- matching ------------------------------------------------------------- */

static struct subscription_match *reserve(struct found *found, size_t count)
{
    if (count > found->cap) {
        found->cap = found->cap ? found->cap : 16;
        while (found->cap < count)
            found->cap *= 2;
        found->matches =
            alloc_resize(found->matches, found->cap, sizeof(found->matches[0]));
    }
    return found->matches;
}

static struct subscription_match match_of(const struct subscription *one)
{
    return (struct subscription_match){
        .subscriber = one->subscriber,
        .identifier = one->identifier & 0xfffffff,
        .qos = one->qos & 3U,
        .no_local = one->no_local,
        .retain_as_published = one->retain_as_published,
        .group = one->group & 0x7fffffff,
    };
}

/* Add the subscriptions at a node to what was found. */
static void collect(struct found *found, const struct subscription *first)
{
    const struct subscription *one = first;

    do {
        if (!one->subscriber->leaves) {
            reserve(found, found->count + 1)[found->count] = match_of(one);
            found->count++;
            found->shared |= one->group != 0;
        }
        one = LIST_ITEM(one->at_node.next, struct subscription, at_node);
    } while (one != first);
}

/* Who receives: a subscriber for itself, or a group. */
static struct subscription_mark *mark_of(const struct subscription_tree *tree,
                                         const struct subscription_match *match)
{
    if (match->group)
        return &shared_group_at(&tree->groups, match->group)->mark;
    return &match->subscriber->mark;
}

/* Number the receivers in order of their first match and count the matches of
   each in places[]. Returns how many receivers there are. */
static size_t count_receivers(struct subscription_tree *tree)
{
    const struct found *found = &tree->found;
    size_t receivers = 0;

    if (tree->places_cap < found->count) {
        tree->places_cap = found->cap;
        tree->places = alloc_resize(tree->places, tree->places_cap,
                                    sizeof(tree->places[0]));
    }
    tree->pass++;
    for (size_t i = 0; i < found->count; i++) {
        struct subscription_mark *mark = mark_of(tree, &found->matches[i]);

        if (mark->pass != tree->pass) {
            mark->pass = tree->pass;
            mark->number = (uint32_t)receivers;
            tree->places[receivers++] = 0;
        }
        tree->places[mark->number]++;
    }
    return receivers;
}

/* Bring together what belongs to one receiver: a counting sort. */
static struct found *arrange(struct subscription_tree *tree)
{
    struct found *from = &tree->found;
    struct found *to = &tree->arranged;
    size_t receivers = count_receivers(tree);
    size_t start = 0;

    if (receivers == from->count)
        return from;
    for (size_t i = 0; i < receivers; i++) {
        size_t matches = tree->places[i];

        tree->places[i] = start;
        start += matches;
    }
    reserve(to, from->count);
    to->count = from->count;
    for (size_t i = 0; i < from->count; i++) {
        uint32_t receiver = mark_of(tree, &from->matches[i])->number;

        to->matches[tree->places[receiver]++] = from->matches[i];
    }
    /* places[] now holds where each receiver's matches end. */
    for (size_t i = 0; i < to->count; i++) {
        uint32_t receiver = mark_of(tree, &to->matches[i])->number;

        to->matches[i].more = i + 1 < tree->places[receiver];
    }
    return to;
}

/* Leave out who may not be told. */
static void pass_gate(struct subscription_tree *tree, struct slice topic_name)
{
    struct found *found = &tree->found;
    size_t passed = 0;

    for (size_t i = 0; i < found->count; i++) {
        if (tree->gate(found->matches[i].subscriber, topic_name))
            found->matches[passed++] = found->matches[i];
    }
    found->count = passed;
}

static struct found *find_matches(struct subscription_tree *tree,
                                  struct slice topic_name, bool gated)
{
    const struct node_list *nodes = &tree->match.matched;

    trie_match_find(&tree->match, &tree->filters, topic_name);
    tree->found.count = 0;
    tree->found.shared = false;
    for (size_t i = 0; i < nodes->count; i++)
        collect(&tree->found,
                topic_trie_node(&tree->filters, nodes->nodes[i])->value);
    *tree->effort += tree->match.looked_at + tree->found.count;
    if (gated)
        pass_gate(tree, topic_name);

    /* At one node a subscriber has one subscription: nothing to arrange. */
    if (nodes->count > 1 || tree->found.shared)
        return arrange(tree);
    return &tree->found;
}

const struct subscription_match *
subscription_tree_match(struct subscription_tree *tree, struct slice topic_name,
                        size_t *count)
{
    const struct subscription_match *matches;

    if (match_cache_again(&tree->cache, topic_name, tree->generation, &matches,
                          count))
        return matches;
    uint64_t hash = match_cache_hash(&tree->cache, topic_name);
    if (match_cache_get(&tree->cache, hash, topic_name, tree->generation,
                        &matches, count))
        return matches;

    struct found *found = find_matches(tree, topic_name, tree->gate != NULL);
    match_cache_put(&tree->cache, hash, topic_name, tree->generation,
                    found->matches, found->count);
    *count = found->count;
    return found->matches;
}

const struct subscription_match *
subscription_tree_match_all(struct subscription_tree *tree,
                            struct slice topic_name, size_t *count)
{
    const struct found *found = find_matches(tree, topic_name, false);

    *count = found->count;
    return found->matches;
}

void subscription_tree_set_gate(struct subscription_tree *tree,
                                bool (*gate)(struct subscriber *subscriber,
                                             struct slice topic_name))
{
    tree->gate = gate;
    subscription_tree_forget(tree);
}

void subscription_tree_forget(struct subscription_tree *tree)
{
    tree->generation++;
}

const struct subscription_match *subscription_tree_next_member(
    struct subscription_tree *tree, const struct subscription_match *first,
    size_t count, enum subscription_member (*judge)(const struct subscriber *))
{
    struct shared_group *group = shared_group_at(&tree->groups, first->group);
    size_t next = group->turn % count;
    size_t best = next;
    enum subscription_member best_can = judge(first[next].subscriber);

    for (size_t i = 1; i < count && best_can != MEMBER_READY; i++) {
        size_t member = (next + i) % count;
        enum subscription_member can = judge(first[member].subscriber);

        if (can > best_can) {
            best = member;
            best_can = can;
        }
    }
    group->turn = (uint32_t)best + 1;
    return &first[best];
}

struct subscription_tree_stats
subscription_tree_stats(const struct subscription_tree *tree)
{
    return (struct subscription_tree_stats){
        .subscriptions = tree->subscriptions.count,
        .shared = tree->shared,
        .bytes = topic_trie_bytes(&tree->filters) +
                 slab_bytes(&tree->subscriptions) +
                 slab_bytes(&tree->groups.groups),
        .cache_entries = tree->cache.entries,
        .cache_bytes = tree->cache.bytes,
        .cache_hits = tree->cache.hits,
        .cache_misses = tree->cache.misses,
    };
}
