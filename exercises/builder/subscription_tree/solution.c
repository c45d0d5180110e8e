#include "broker/trie_match.h"

#include "mqtt/topic.h"

uint32_t topic_trie_find(const struct topic_trie *trie, struct slice topic)
{
    struct topic_levels levels = topic_levels(topic);
    struct slice text;
    uint32_t node = TRIE_ROOT;

    while (node && topic_next_level(&levels, &text)) {
        uint32_t level = level_table_find(&trie->levels, text);

        node = level ? topic_trie_child(trie, node, level) : 0;
    }
    return node;
}

void topic_trie_put_path(const struct topic_trie *trie, uint32_t number,
                         struct buf *out)
{
    const struct trie_node *node = topic_trie_node(trie, number);

    if (number == TRIE_ROOT)
        return;
    topic_trie_put_path(trie, node->parent, out);
    if (node->parent != TRIE_ROOT)
        buf_append_u8(out, '/');
    buf_append_slice(out, level_table_text(&trie->levels, node->level));
}

void trie_match_release(struct trie_match *match)
{
    node_list_release(&match->matched);
    node_list_release(&match->reached);
    node_list_release(&match->next);
}

static void go_to(struct node_list *to, const struct topic_trie *filters,
                  uint32_t parent, uint32_t level)
{
    uint32_t child = topic_trie_child(filters, parent, level);

    if (child)
        node_list_append(to, child);
}

void trie_match_find(struct trie_match *match, const struct topic_trie *filters,
                     struct slice topic_name)
{
    struct topic_levels levels = topic_levels(topic_name);
    struct slice text;
    bool wild = topic_name.bytes[0] != '$';

    match->matched.count = 0;
    match->reached.count = 0;
    node_list_append(&match->reached, TRIE_ROOT);
    match->looked_at = 1;
    while (topic_next_level(&levels, &text)) {
        uint32_t level = level_table_find(&filters->levels, text);

        match->next.count = 0;
        for (size_t i = 0; i < match->reached.count; i++) {
            uint32_t node = match->reached.nodes[i];

            if (wild)
                go_to(&match->matched, filters, node, LEVEL_HASH);
            if (wild)
                go_to(&match->next, filters, node, LEVEL_PLUS);
            if (level)
                go_to(&match->next, filters, node, level);
        }
        match->looked_at += match->next.count;
        wild = true;
        struct node_list swap = match->reached;
        match->reached = match->next;
        match->next = swap;
    }
    for (size_t i = 0; i < match->reached.count; i++) {
        uint32_t node = match->reached.nodes[i];

        if (topic_trie_node(filters, node)->value)
            node_list_append(&match->matched, node);
        go_to(&match->matched, filters, node, LEVEL_HASH);
    }
}
