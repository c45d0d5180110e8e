/*
 * Which Topic Filters in a trie match a Topic Name [MQTT5 4.7].
 *
 * The name is followed level by level. At each, the nodes reached are those
 * whose filters match so far; from one of them at most two lead on: the child
 * of that very level, and "+". What is not reached is not looked at.
 */
#ifndef BROKER_TRIE_MATCH_H
#define BROKER_TRIE_MATCH_H

#include "base/slice.h"
#include "broker/node_list.h"
#include "broker/topic_trie.h"

/* The memory is kept from one use to the next; start with a zeroed struct. */
struct trie_match {
    struct node_list matched; /* the result: nodes that have a value */
    struct node_list reached;
    struct node_list next;
    size_t looked_at; /* nodes, for the last match */
};

void trie_match_release(struct trie_match *match);

/*
 * Find all nodes that have a value and whose filter matches a valid Topic
 * Name; they are in match->matched, each once.
 */
void trie_match_find(struct trie_match *match, const struct topic_trie *filters,
                     struct slice topic_name);

#endif
