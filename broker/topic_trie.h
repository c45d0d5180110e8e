/*
 * A trie over the levels of topics: the shape that Topic Filters (of
 * subscription_tree) and Topic Names (of retained_store) are kept in.
 *
 * A node is one level below its parent; a pointer to what the owner keeps
 * there is its value. All nodes lie in one slab and are found by (parent,
 * level), so a node with a million children costs what they cost and no node
 * has a table of its own.
 */
#ifndef BROKER_TOPIC_TRIE_H
#define BROKER_TOPIC_TRIE_H

#include "base/buf.h"
#include "broker/level_table.h"
#include "broker/slab.h"

#include <stdbool.h>
#include <stdint.h>

#define TRIE_ROOT 1u /* the node above the first level */

struct trie_node {
    struct slab_item item;
    uint32_t parent;      /* numbers of nodes; 0: none */
    uint32_t first_child; /* children in no particular order */
    uint32_t next_sibling;
    uint32_t prev_sibling;
    uint32_t level : 30;   /* number in the level table */
    uint32_t has_plus : 1; /* it has a child "+" */
    uint32_t has_hash : 1; /* it has a child "#" */
    void *value;           /* the owner's; NULL: none */
};

struct topic_trie {
    struct level_table levels;
    struct slab nodes; /* struct trie_node */
};

void topic_trie_init(struct topic_trie *trie);

/* The values are the owner's business. */
void topic_trie_release(struct topic_trie *trie);

static inline struct trie_node *topic_trie_node(const struct topic_trie *trie,
                                                uint32_t number)
{
    return slab_at(&trie->nodes, number);
}

/* The child of a node at a level of the table, 0 when there is none. */
uint32_t topic_trie_child(const struct topic_trie *trie, uint32_t parent,
                          uint32_t level);

/* The node of a topic or filter, 0 when there is none. */
uint32_t topic_trie_find(const struct topic_trie *trie, struct slice topic);

/* The same, but makes it, and what is missing above it. */
uint32_t topic_trie_add(struct topic_trie *trie, struct slice topic);

/*
 * Remove the node, then its parent and so on up, while they have neither a
 * value nor children. Returns how many went. With the last node goes all the
 * memory, so levels that somebody has a reference of must belong to nodes that
 * are there.
 */
size_t topic_trie_prune(struct topic_trie *trie, uint32_t number);

/* Append the topic or filter that leads to a node. */
void topic_trie_put_path(const struct topic_trie *trie, uint32_t number,
                         struct buf *out);

/* Memory in use. */
size_t topic_trie_bytes(const struct topic_trie *trie);

#endif
