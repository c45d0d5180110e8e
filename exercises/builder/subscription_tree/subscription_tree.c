/*
 * Walks through the tree of subscriptions: yours to write. broker/topic_trie.h
 * and broker/trie_match.h say what each function does; replace each abort() by
 * your own lines.
 */
#include "broker/trie_match.h"

#include "mqtt/topic.h"

#include <stdlib.h>

/* --- broker/topic_trie.h ------------------------------------------------- */

uint32_t topic_trie_find(const struct topic_trie *trie, struct slice topic)
{
    abort();
}

void topic_trie_put_path(const struct topic_trie *trie, uint32_t number,
                         struct buf *out)
{
    abort();
}

/* --- broker/trie_match.h ------------------------------------------------- */

void trie_match_release(struct trie_match *match)
{
    abort();
}

void trie_match_find(struct trie_match *match, const struct topic_trie *filters,
                     struct slice topic_name)
{
    abort();
}
