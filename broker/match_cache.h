/*
 * What Topic Names matched lately, so that the trie is not walked again.
 *
 * A fixed number of places in sets of four; a name can only be in its set. A
 * result is good as long as the generation of the tree is the one that it was
 * made at; a place with an older result is as good as free. A name takes a
 * free place at once. In a full set it must have come before (names that come
 * once take nobody's place) and then takes the place of one that was not asked
 * for since the last time somebody wanted its place. The bytes of all results
 * have a limit too. So whatever names are published, memory is bounded, and
 * names that are used often stay.
 */
#ifndef BROKER_MATCH_CACHE_H
#define BROKER_MATCH_CACHE_H

#include "base/slice.h"
#include "broker/subscription_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MATCH_CACHE_WAYS 4u
#define MATCH_CACHE_SETS 8192u

struct match_result;

struct match_set {
    struct match_result *results[MATCH_CACHE_WAYS]; /* owned; NULL: free */
    uint32_t tags[MATCH_CACHE_WAYS];  /* of the name's hash; 0: free */
    uint32_t missed;                  /* tag of the last name refused */
    uint8_t credit[MATCH_CACHE_WAYS]; /* goes down when a place is wanted */
};

struct match_cache {
    struct match_set *sets;    /* owned; NULL until something is kept */
    struct match_result *last; /* given out last; NULL: none, or dropped */
    size_t entries;
    size_t bytes;     /* of all results */
    size_t max_bytes; /* not exceeded */
    uint32_t hand;    /* the set where room is looked for next */
    uint64_t hits;
    uint64_t misses;
    uint64_t seed[2];
};

void match_cache_init(struct match_cache *cache, size_t max_bytes);
void match_cache_release(struct match_cache *cache);

/*
 * Find the matches of a name that is the one asked for last: what one read of
 * a publisher brings has often one topic. Returns false when it is another.
 * Borrowed as below.
 */
bool match_cache_again(struct match_cache *cache, struct slice topic_name,
                       uint64_t generation,
                       const struct subscription_match **matches,
                       size_t *count);

/* The hash of a name, for the two functions below. */
uint64_t match_cache_hash(const struct match_cache *cache,
                          struct slice topic_name);

/*
 * Find the matches of a name, made at this generation. Returns false when
 * they are not known. Borrowed until the next match_cache_put.
 */
bool match_cache_get(struct match_cache *cache, uint64_t hash,
                     struct slice topic_name, uint64_t generation,
                     const struct subscription_match **matches, size_t *count);

/* Keep a copy of the matches of a name that was not found, or do not. */
void match_cache_put(struct match_cache *cache, uint64_t hash,
                     struct slice topic_name, uint64_t generation,
                     const struct subscription_match *matches, size_t count);

#endif
