#include "broker/trie_match.h"

#include "mqtt/topic.h"

#include <stdbool.h>

void trie_match_release(struct trie_match *match)
{
    node_list_release(&match->matched);
    node_list_release(&match->reached);
    node_list_release(&match->next);
}

static void reach_child(struct trie_match *match,
                        const struct topic_trie *filters, uint32_t parent,
                        uint32_t level)
{
    uint32_t child = topic_trie_child(filters, parent, level);

    if (child)
        node_list_append(&match->next, child);
}

/* "#" ends a filter, so a node of that level always has a value. */
static void match_hash(struct trie_match *match,
                       const struct topic_trie *filters, uint32_t parent)
{
    if (topic_trie_node(filters, parent)->has_hash)
        node_list_append(&match->matched,
                         topic_trie_child(filters, parent, LEVEL_HASH));
}

/* From the nodes reached go on by one level of the name. */
static void step(struct trie_match *match, const struct topic_trie *filters,
                 struct slice text, bool wildcards)
{
    uint32_t level = level_table_find(&filters->levels, text);

    match->next.count = 0;
    match->looked_at += match->reached.count;
    for (size_t i = 0; i < match->reached.count; i++) {
        uint32_t node = match->reached.nodes[i];

        if (wildcards)
            match_hash(match, filters, node);
        if (level)
            reach_child(match, filters, node, level);
        if (wildcards && topic_trie_node(filters, node)->has_plus)
            reach_child(match, filters, node, LEVEL_PLUS);
    }
    struct node_list swap = match->reached;
    match->reached = match->next;
    match->next = swap;
}

void trie_match_find(struct trie_match *match, const struct topic_trie *filters,
                     struct slice topic_name)
{
    struct topic_levels levels = topic_levels(topic_name);
    struct slice text;
    /* At the first level wildcards do not match "$" [MQTT-4.7.2-1]. */
    bool wildcards = topic_name.len == 0 || topic_name.bytes[0] != '$';

    match->matched.count = match->reached.count = 0;
    match->looked_at = 0;
    node_list_append(&match->reached, TRIE_ROOT);
    while (match->reached.count && topic_next_level(&levels, &text)) {
        step(match, filters, text, wildcards);
        wildcards = true;
    }
    match->looked_at += match->reached.count;
    for (size_t i = 0; i < match->reached.count; i++) {
        uint32_t node = match->reached.nodes[i];

        if (topic_trie_node(filters, node)->value)
            node_list_append(&match->matched, node);
        /* "a/#" matches "a" as well [MQTT5 4.7.1.2]. */
        match_hash(match, filters, node);
    }
}
