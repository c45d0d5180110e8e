#include "broker/match_cache.h"

#include "base/alloc.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define CREDIT_MAX 3
/* How many sets are looked at for one result's bytes. */
#define SWEEP_SETS 64

struct match_result {
    uint64_t generation;
    uint32_t bytes; /* of the whole */
    uint32_t topic_len;
    size_t count;
    struct subscription_match matches[]; /* the Topic Name lies behind them */
};

static const uint8_t *topic_of(const struct match_result *result)
{
    return (const uint8_t *)(result->matches + result->count);
}

void match_cache_init(struct match_cache *cache, size_t max_bytes)
{
    *cache = (struct match_cache){.max_bytes = max_bytes};
    map_random_seed(cache->seed);
}

static void drop(struct match_cache *cache, struct match_set *set, unsigned way)
{
    if (set->results[way] == cache->last)
        cache->last = NULL;
    cache->bytes -= set->results[way]->bytes;
    cache->entries--;
    free(set->results[way]);
    set->results[way] = NULL;
    set->tags[way] = 0;
}

void match_cache_release(struct match_cache *cache)
{
    for (size_t i = 0; cache->sets && i < MATCH_CACHE_SETS; i++) {
        for (unsigned way = 0; way < MATCH_CACHE_WAYS; way++) {
            if (cache->sets[i].results[way])
                drop(cache, &cache->sets[i], way);
        }
    }
    free(cache->sets);
    cache->sets = NULL;
}

uint64_t match_cache_hash(const struct match_cache *cache,
                          struct slice topic_name)
{
    return map_hash(cache->seed, topic_name);
}

static struct match_set *set_of(const struct match_cache *cache, uint64_t hash)
{
    return &cache->sets[hash % MATCH_CACHE_SETS];
}

/* The half of the hash that did not choose the set; never 0. */
static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1;
}

static bool is_for(const struct match_result *result, struct slice topic_name)
{
    return slice_equal(slice_of(topic_of(result), result->topic_len),
                       topic_name);
}

bool match_cache_again(struct match_cache *cache, struct slice topic_name,
                       uint64_t generation,
                       const struct subscription_match **matches, size_t *count)
{
    const struct match_result *last = cache->last;

    if (!last || last->generation != generation || !is_for(last, topic_name))
        return false;
    *matches = last->matches;
    *count = last->count;
    cache->hits++;
    return true;
}

bool match_cache_get(struct match_cache *cache, uint64_t hash,
                     struct slice topic_name, uint64_t generation,
                     const struct subscription_match **matches, size_t *count)
{
    struct match_set *set = cache->sets ? set_of(cache, hash) : NULL;

    for (unsigned way = 0; set && way < MATCH_CACHE_WAYS; way++) {
        struct match_result *result = set->results[way];

        if (set->tags[way] != tag_of(hash) ||
            result->generation != generation || !is_for(result, topic_name))
            continue;
        if (set->credit[way] < CREDIT_MAX)
            set->credit[way] = CREDIT_MAX;
        *matches = result->matches;
        *count = result->count;
        cache->last = result;
        cache->hits++;
        return true;
    }
    cache->misses++;
    return false;
}

/* A free place, one with an old result, or one whose credit is used up;
   MATCH_CACHE_WAYS when there is none. */
static unsigned choose(struct match_set *set, uint32_t tag, uint64_t generation)
{
    unsigned idle = MATCH_CACHE_WAYS;

    for (unsigned way = 0; way < MATCH_CACHE_WAYS; way++) {
        if (!set->results[way] || set->results[way]->generation != generation)
            return way;
        if (set->credit[way] == 0)
            idle = way;
    }
    if (set->missed != tag) {
        set->missed = tag;
        return MATCH_CACHE_WAYS;
    }
    set->missed = 0;
    for (unsigned way = 0; way < MATCH_CACHE_WAYS; way++) {
        if (set->credit[way] > 0)
            set->credit[way]--;
    }
    return idle;
}

/* Free what is old or not asked for, a few sets from where it ended last. */
static bool make_room(struct match_cache *cache, size_t bytes,
                      uint64_t generation)
{
    for (unsigned i = 0;
         i < SWEEP_SETS && cache->bytes + bytes > cache->max_bytes; i++) {
        struct match_set *set = &cache->sets[cache->hand];

        cache->hand = (cache->hand + 1) % MATCH_CACHE_SETS;
        for (unsigned way = 0; way < MATCH_CACHE_WAYS; way++) {
            const struct match_result *result = set->results[way];

            if (!result)
                continue;
            if (result->generation != generation || set->credit[way] == 0)
                drop(cache, set, way);
            else
                set->credit[way]--;
        }
    }
    return cache->bytes + bytes <= cache->max_bytes;
}

static struct match_result *make(struct slice topic_name,
                                 const struct subscription_match *matches,
                                 size_t count, size_t bytes)
{
    struct match_result *result = alloc_bytes(bytes);

    result->bytes = (uint32_t)bytes;
    result->topic_len = (uint32_t)topic_name.len;
    result->count = count;
    if (count)
        memcpy(result->matches, matches, count * sizeof(*matches));
    memcpy(result->matches + count, topic_name.bytes, topic_name.len);
    return result;
}

void match_cache_put(struct match_cache *cache, uint64_t hash,
                     struct slice topic_name, uint64_t generation,
                     const struct subscription_match *matches, size_t count)
{
    size_t bytes =
        sizeof(struct match_result) + count * sizeof(*matches) + topic_name.len;

    if (bytes > cache->max_bytes / 4)
        return; /* one name must not drive out all others */
    if (!cache->sets)
        cache->sets = alloc_zero(MATCH_CACHE_SETS, sizeof(cache->sets[0]));

    struct match_set *set = set_of(cache, hash);
    unsigned way = choose(set, tag_of(hash), generation);
    if (way == MATCH_CACHE_WAYS)
        return;
    if (set->results[way])
        drop(cache, set, way);
    if (!make_room(cache, bytes, generation))
        return;
    set->results[way] = make(topic_name, matches, count, bytes);
    set->results[way]->generation = generation;
    set->tags[way] = tag_of(hash);
    set->credit[way] = 1;
    cache->entries++;
    cache->bytes += bytes;
}
