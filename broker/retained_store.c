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
    uint32_t hand;               /* the node that the sweep looked at last */
    retained_changed *on_change; /* NULL: nobody wants to know */
    void *context;
};

struct retained_store *retained_store_new(const struct retained_limits *limits)
{
    struct retained_store *store = alloc_zero(1, sizeof(*store));

    store->limits = *limits;
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

static void forget(struct retained_store *store, uint32_t number)
{
    struct trie_node *node = topic_trie_node(&store->topics, number);
    struct message *message = node->value;

    store->count--;
    store->bytes -= message_size_bytes(message);
    node->value = NULL;
    tell(store, message, false);
    message_unref(message);
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

struct visit {
    const struct topic_trie *topics;
    uint64_t now_ms;
    bool (*on_message)(void *context, struct message *message);
    void *context;
    bool stopped;             /* on_message wants no more */
    size_t looked_at;         /* nodes */
    struct node_list expired; /* met on the way; removed at the end */
};

static void visit_node(struct visit *visit, uint32_t number)
{
    struct message *message = topic_trie_node(visit->topics, number)->value;

    visit->looked_at++;
    if (!message)
        return;
    if (message_expired(message, visit->now_ms))
        node_list_append(&visit->expired, number);
    else if (!visit->on_message(visit->context, message))
        visit->stopped = true;
}

/* The node that comes after this one and all below it, within top. */
static uint32_t next_beside(const struct topic_trie *topics, uint32_t number,
                            uint32_t top)
{
    while (number != top) {
        const struct trie_node *node = topic_trie_node(topics, number);

        if (node->next_sibling)
            return node->next_sibling;
        number = node->parent;
    }
    return 0;
}

/* A node and all below it. */
static void visit_all(struct visit *visit, uint32_t top)
{
    uint32_t number = top;

    while (number && !visit->stopped) {
        uint32_t child = topic_trie_node(visit->topics, number)->first_child;

        visit_node(visit, number);
        number = child ? child : next_beside(visit->topics, number, top);
    }
}

/* At the first level wildcards do not match "$" [MQTT-4.7.2-1]. */
static bool is_hidden(const struct topic_trie *topics, uint32_t number)
{
    const struct trie_node *node = topic_trie_node(topics, number);
    struct slice text = level_table_text(&topics->levels, node->level);

    return node->parent == TRIE_ROOT && text.len && text.bytes[0] == '$';
}

/* What the rest of a filter matches below a node. It goes only as deep as
   there are topics. */
static void visit_below(struct visit *visit, uint32_t number,
                        struct topic_levels filter)
{
    const struct topic_trie *topics = visit->topics;
    struct slice text;

    if (!topic_next_level(&filter, &text)) {
        visit_node(visit, number);
        return;
    }
    bool all = slice_equal_string(text, "#");
    if (!all && !slice_equal_string(text, "+")) {
        uint32_t level = level_table_find(&topics->levels, text);
        uint32_t child = level ? topic_trie_child(topics, number, level) : 0;

        if (child)
            visit_below(visit, child, filter);
        return;
    }
    if (all)
        visit_node(visit, number); /* "a/#" matches "a" as well */
    for (uint32_t child = topic_trie_node(topics, number)->first_child;
         child && !visit->stopped;
         child = topic_trie_node(topics, child)->next_sibling) {
        visit->looked_at++;
        if (is_hidden(topics, child))
            continue;
        if (all)
            visit_all(visit, child);
        else
            visit_below(visit, child, filter);
    }
}

size_t retained_store_visit(
    struct retained_store *store, struct slice topic_filter, uint64_t now_ms,
    bool (*visit)(void *context, struct message *message), void *context)
{
    struct visit walk = {.topics = &store->topics,
                         .now_ms = now_ms,
                         .on_message = visit,
                         .context = context};

    visit_below(&walk, TRIE_ROOT, topic_levels(topic_filter));
    for (size_t i = 0; i < walk.expired.count; i++)
        forget(store, walk.expired.nodes[i]);
    node_list_release(&walk.expired);
    return walk.looked_at;
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
