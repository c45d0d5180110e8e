/*
 * A hash map from byte strings to pointers, by open addressing.
 *
 * The map borrows its keys: a key must live as long as its entry, so it
 * usually lies inside the value. Keys come from peers, so the hash has a
 * random seed for every map (SipHash-1-3): nobody can choose keys that collide.
 * A zeroed struct is an empty map.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

struct map_entry {
    const uint8_t *key; /* borrowed */
    void *value;        /* NULL in a free place */
    uint32_t key_len;
    uint32_t hash; /* the lower half */
};

struct map {
    struct map_entry *entries; /* owned */
    size_t cap;                /* 0 or a power of two */
    size_t count;              /* entries in use */
    uint64_t seed[2];          /* drawn when the first entry comes */
};

void map_release(struct map *map);

/* The value of key, or NULL. */
void *map_get(const struct map *map, struct slice key);

/*
 * Set the value of key, which must not be NULL. Returns the old value, or
 * NULL when the key is new. A key that is already there is replaced by the
 * one given (the old one may be about to be freed).
 */
void *map_set(struct map *map, struct slice key, void *value);

/* Remove key; returns its value, or NULL when it was not there. */
void *map_remove(struct map *map, struct slice key);

/*
 * Visit all entries in no particular order: start with *position = 0; returns
 * the next value, or NULL at the end. The map must not change meanwhile.
 */
void *map_next(const struct map *map, size_t *position);

/* SipHash-1-3 of bytes under seed, for other tables keyed by peers. */
uint64_t map_hash(const uint64_t seed[2], struct slice bytes);

/* Fill a seed with random bytes. */
void map_random_seed(uint64_t seed[2]);

#endif
