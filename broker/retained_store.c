#include "broker/retained_store.h"

#include "base/alloc.h"
#include "broker/node_list.h"
#include "broker/topic_trie.h"
#include "mqtt/topic.h"

#include <assert.h>
#include <stdlib.h>

/* How many nodes each change looks at for messages that have expired. */
#define SWEEP_NODES 2

struct retained_store {
    struct topic_trie topics; /* value: struct message, one reference */
    struct retained_limits limits;
    size_t count;
    size_t bytes;
    struct list places;          /* struct retained_place, those kept */
    uint32_t hand;               /* the node that the sweep looked at last */
    retained_changed *on_change; /* NULL: nobody wants to know */
    void *context;
};

struct retained_store *retained_store_new(const struct retained_limits *limits)
{
    struct retained_store *store = alloc_zero(1, sizeof(*store));

    store->limits = *limits;
    list_init(&store->places);
    topic_trie_init(&store->topics);
    return store;
}

void retained_store_limit(struct retained_store *store,
                          const struct retained_limits *limits)
{
    assert(limits->max_levels == store->limits.max_levels);
    store->limits = *limits;
}

void retained_store_free(struct retained_store *store)
{
    if (!store)
        return;
    for (uint32_t number = 1; number <= store->topics.nodes.used; number++)
        message_unref(topic_trie_node(&store->topics, number)->value);
    topic_trie_release(&store->topics);
    free(store);
}

void retained_store_watch(struct retained_store *store,
                          retained_changed *on_change, void *context)
{
    store->on_change = on_change;
    store->context = context;
}

/* A message is kept, or was. */
static void tell(const struct retained_store *store, struct message *message,
                 bool kept)
{
    if (store->on_change)
        store->on_change(store->context, message, kept);
}

/* The node goes: a visit that has come to it goes on beside it. */
static void step_off(struct retained_place *place, const struct trie_node *node)
{
    place->went_below = node->next_sibling == 0;
    place->at = node->next_sibling ? node->next_sibling : node->parent;
}

/* Visits must not stand on a node that will be pruned with the last one below
   it, which has lost its message. */
static void clear_places(struct retained_store *store, uint32_t number)
{
    const struct trie_node *gone = NULL;

    while (number != TRIE_ROOT && !list_empty(&store->places)) {
        const struct trie_node *node = topic_trie_node(&store->topics, number);
        bool is_last = gone ? !gone->next_sibling && !gone->prev_sibling
                            : !node->first_child;

        if (node->value || !is_last)
            return;
        LIST_FOREACH (link, &store->places) {
            struct retained_place *place =
                LIST_ITEM(link, struct retained_place, link);

            if (place->at == number)
                step_off(place, node);
        }
        gone = node;
        number = node->parent;
    }
}

static void forget(struct retained_store *store, uint32_t number)
{
    struct trie_node *node = topic_trie_node(&store->topics, number);
    struct message *message = node->value;

    store->count--;
    store->bytes -= message_size_bytes(message);
    node->value = NULL;
    tell(store, message, false);
    message_unref(message);
    clear_places(store, number);
    topic_trie_prune(&store->topics, number);
}

static void keep(struct retained_store *store, uint32_t number,
                 struct message *message)
{
    topic_trie_node(&store->topics, number)->value = message_ref(message);
    tell(store, message, true);
    store->count++;
    store->bytes += message_size_bytes(message);
}

/* [MQTT-3.3.2-5] */
static bool has_expired(const struct retained_store *store, uint32_t number,
                        uint64_t now_ms)
{
    const struct message *message =
        topic_trie_node(&store->topics, number)->value;

    return message && message_expired(message, now_ms);
}

static void sweep(struct retained_store *store, uint64_t now_ms)
{
    for (int i = 0; i < SWEEP_NODES; i++) {
        store->hand = store->hand < store->topics.nodes.used ? store->hand + 1
                                                             : TRIE_ROOT;
        if (has_expired(store, store->hand, now_ms))
            forget(store, store->hand);
    }
}

/* The node of a topic that has a message; 0 when there is none. */
static uint32_t find(const struct retained_store *store,
                     struct slice topic_name)
{
    uint32_t number = topic_trie_find(&store->topics, topic_name);

    return number && topic_trie_node(&store->topics, number)->value ? number
                                                                    : 0;
}

bool retained_store_clear(struct retained_store *store, struct slice topic_name)
{
    uint32_t number = find(store, topic_name);

    if (number)
        forget(store, number);
    return number != 0;
}

/* Levels that have no message take far more than a message below two hundred of
   them. */
static size_t level_bytes(const struct retained_store *store)
{
    const struct topic_trie *topics = &store->topics;
    size_t nodes = topics->nodes.count - TRIE_ROOT - store->count;

    return nodes *
           (topics->nodes.item_bytes + topics->levels.levels.item_bytes);
}

/* Would a limit be exceeded by message instead of the one in the node old? */
static bool is_full(const struct retained_store *store, uint32_t old,
                    const struct message *message)
{
    size_t count = store->count + 1;
    size_t bytes = store->bytes + message_size_bytes(message);

    if (old) {
        count--;
        bytes -=
            message_size_bytes(topic_trie_node(&store->topics, old)->value);
    }
    return (store->limits.messages && count > store->limits.messages) ||
           (store->limits.bytes &&
            bytes + level_bytes(store) > store->limits.bytes);
}

enum retained_result retained_store_set(struct retained_store *store,
                                        struct message *message,
                                        uint64_t now_ms)
{
    struct slice topic_name = message_topic(message);

    sweep(store, now_ms);
    uint32_t old = find(store, topic_name);
    if (old && has_expired(store, old, now_ms)) {
        forget(store, old);
        old = 0;
    }
    if (message->payload_len == 0) {
        if (old)
            forget(store, old);
        return old ? RETAINED_CLEARED : RETAINED_NOTHING;
    }
    if (topic_level_count(topic_name) > store->limits.max_levels)
        return RETAINED_TOO_DEEP;
    if (is_full(store, old, message))
        return RETAINED_FULL;

    uint32_t number = topic_trie_add(&store->topics, topic_name);
    struct message *replaced = topic_trie_node(&store->topics, number)->value;
    if (replaced) {
        store->count--;
        store->bytes -= message_size_bytes(replaced);
        tell(store, replaced, false);
    }
    keep(store, number, message);
    message_unref(replaced);
    return replaced ? RETAINED_REPLACED : RETAINED_STORED;
}

struct message *retained_store_get(const struct retained_store *store,
                                   struct slice topic_name, uint64_t now_ms)
{
    uint32_t number = find(store, topic_name);

    return number && !has_expired(store, number, now_ms)
               ? topic_trie_node(&store->topics, number)->value
               : NULL;
}

/* --- visiting ------------------------------------------------------------- */

struct walk {
    const struct topic_trie *topics;
    struct retained_place *place;
    struct node_list levels; /* of the filter, by their numbers, without "#" at
                                its end; 0: no topic has it */
    bool has_hash;           /* there is one */
    size_t depth;            /* of the place: so many levels */
    uint64_t now_ms;
    retained_visit *visit;
    void *context;
    bool stopped;             /* visit wants no more */
    size_t looked_at;         /* nodes */
    struct node_list expired; /* met on the way; removed at the end */
};

static void read_filter(struct walk *walk, struct slice topic_filter)
{
    struct topic_levels levels = topic_levels(topic_filter);
    struct slice text;

    while (topic_next_level(&levels, &text)) {
        uint32_t level = level_table_find(&walk->topics->levels, text);

        walk->has_hash = level == LEVEL_HASH;
        if (!walk->has_hash)
            node_list_append(&walk->levels, level);
    }
}

/* At the first level wildcards do not match "$" [MQTT-4.7.2-1]. */
static bool is_hidden(const struct walk *walk, const struct trie_node *node)
{
    if (walk->depth != 1 ||
        (walk->levels.count && walk->levels.nodes[0] != LEVEL_PLUS))
        return false;
    struct slice text = level_table_text(&walk->topics->levels, node->level);
    return text.len && text.bytes[0] == '$';
}

/* The level of the filter that the place must have; LEVEL_PLUS: any. */
static uint32_t wanted(const struct walk *walk)
{
    return walk->depth > 0 && walk->depth <= walk->levels.count
               ? walk->levels.nodes[walk->depth - 1]
               : LEVEL_PLUS; /* the root, or what "#" stands for */
}

static bool fits(const struct walk *walk, const struct trie_node *node)
{
    return (wanted(walk) == LEVEL_PLUS || wanted(walk) == node->level) &&
           !is_hidden(walk, node);
}

static void visit_message(struct walk *walk, struct message *message)
{
    /* "a/#" matches "a" as well. */
    if (!message || walk->depth < walk->levels.count)
        return;
    if (message_expired(message, walk->now_ms))
        node_list_append(&walk->expired, walk->place->at);
    else
        walk->stopped = !walk->visit(walk->context, message);
}

/* The first node below the place that may match; 0: none. */
static uint32_t below(const struct walk *walk, const struct trie_node *node)
{
    if (walk->depth >= walk->levels.count)
        return walk->has_hash ? node->first_child : 0;
    uint32_t level = walk->levels.nodes[walk->depth];
    if (level == LEVEL_PLUS)
        return node->first_child;
    return level ? topic_trie_child(walk->topics, walk->place->at, level) : 0;
}

/* The next one beside it; of one level that the filter names there is but
   one. */
static uint32_t beside(const struct walk *walk, const struct trie_node *node)
{
    return wanted(walk) == LEVEL_PLUS ? node->next_sibling : 0;
}

/* Visit the node of the place and go down, or, when there is nothing, beside
   it, or up. */
static void step(struct walk *walk)
{
    struct retained_place *place = walk->place;
    const struct trie_node *node = topic_trie_node(walk->topics, place->at);
    uint32_t next = 0;

    if (!place->went_below) {
        walk->looked_at++;
        if (fits(walk, node)) {
            visit_message(walk, node->value);
            next = below(walk, node);
        }
    }
    if (next) {
        place->at = next;
        walk->depth++;
        return;
    }
    if (place->at == TRIE_ROOT) {
        place->at = 0;
        return;
    }
    next = beside(walk, node);
    place->went_below = next == 0;
    place->at = next ? next : node->parent;
    walk->depth -= next == 0;
}

static size_t depth_of(const struct topic_trie *topics,
                       const struct retained_place *place)
{
    size_t depth = 0;

    for (uint32_t number = place->at; number && number != TRIE_ROOT; depth++)
        number = topic_trie_node(topics, number)->parent;
    return depth;
}

struct retained_place retained_store_start(void)
{
    return (struct retained_place){.at = TRIE_ROOT, .max_nodes = SIZE_MAX};
}

void retained_store_keep_place(struct retained_store *store,
                               struct retained_place *place)
{
    list_append(&store->places, &place->link);
}

void retained_store_leave(struct retained_place *place)
{
    list_remove(&place->link);
}

size_t retained_store_visit_some(struct retained_store *store,
                                 struct slice topic_filter, uint64_t now_ms,
                                 struct retained_place *place,
                                 retained_visit *visit, void *context)
{
    struct walk walk = {.topics = &store->topics,
                        .place = place,
                        .depth = depth_of(&store->topics, place),
                        .now_ms = now_ms,
                        .visit = visit,
                        .context = context};

    read_filter(&walk, topic_filter);
    while (place->at && !walk.stopped && walk.looked_at < place->max_nodes)
        step(&walk);
    retained_store_keep_place(store, place);
    for (size_t i = 0; i < walk.expired.count; i++)
        forget(store, walk.expired.nodes[i]);
    retained_store_leave(place);
    node_list_release(&walk.levels);
    node_list_release(&walk.expired);
    return walk.looked_at;
}

void retained_store_visit(struct retained_store *store,
                          struct slice topic_filter, uint64_t now_ms,
                          retained_visit *visit, void *context)
{
    struct retained_place place = retained_store_start();

    retained_store_visit_some(store, topic_filter, now_ms, &place, visit,
                              context);
}

size_t retained_store_count(const struct retained_store *store)
{
    return store->count;
}

size_t retained_store_nodes(const struct retained_store *store)
{
    return store->topics.nodes.used;
}

size_t retained_store_bytes(const struct retained_store *store)
{
    return store->bytes;
}

size_t retained_store_overhead_bytes(const struct retained_store *store)
{
    return topic_trie_bytes(&store->topics);
}
