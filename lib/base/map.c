#include "base/map.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h> /* getentropy, on macOS */
#include <unistd.h>

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

uint64_t map_hash(const uint64_t seed[2], struct slice bytes)
{
    uint64_t v[4] = {
        seed[0] ^ 0x736f6d6570736575u, seed[1] ^ 0x646f72616e646f6du,
        seed[0] ^ 0x6c7967656e657261u, seed[1] ^ 0x7465646279746573u};
    const uint8_t *at = bytes.bytes;
    size_t left = bytes.len;
    uint64_t word;

    for (; left >= 8; at += 8, left -= 8) {
        memcpy(&word, at, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = (uint64_t)bytes.len << 56;
    for (size_t i = 0; i < left; i++)
        word |= (uint64_t)at[i] << (8 * i);
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_random_seed(uint64_t seed[2])
{
    if (getentropy(seed, 2 * sizeof(seed[0])) != 0)
        abort(); /* a system without randomness is not one to listen on */
}

void map_release(struct map *map)
{
    free(map->entries);
    *map = (struct map){0};
}

/* As much of it as an entry keeps: tables do not grow beyond that. */
static uint32_t hash_of(const struct map *map, struct slice key)
{
    return (uint32_t)map_hash(map->seed, key);
}

/* Where key is, or the free place where it would go. */
static struct map_entry *find(const struct map *map, struct slice key,
                              uint32_t hash)
{
    for (size_t i = hash & (map->cap - 1);; i = (i + 1) & (map->cap - 1)) {
        struct map_entry *entry = &map->entries[i];

        if (!entry->value ||
            (entry->hash == hash &&
             slice_equal(slice_of(entry->key, entry->key_len), key)))
            return entry;
    }
}

static void resize(struct map *map, size_t cap)
{
    struct map old = *map;

    map->cap = cap;
    map->entries = alloc_zero(cap, sizeof(map->entries[0]));
    for (size_t i = 0; i < old.cap; i++) {
        struct map_entry *entry = &old.entries[i];

        if (entry->value)
            *find(map, slice_of(entry->key, entry->key_len), entry->hash) =
                *entry;
    }
    free(old.entries);
}

void *map_get(const struct map *map, struct slice key)
{
    return map->count ? find(map, key, hash_of(map, key))->value : NULL;
}

void *map_set(struct map *map, struct slice key, void *value)
{
    assert(value && key.len <= UINT32_MAX);
    if (!map->cap)
        map_random_seed(map->seed);
    if ((map->count + 1) * 4 > map->cap * 3)
        resize(map, map->cap ? map->cap * 2 : 8);

    uint32_t hash = hash_of(map, key);
    struct map_entry *entry = find(map, key, hash);
    void *old = entry->value;
    *entry = (struct map_entry){
        .key = key.bytes,
        .value = value,
        .key_len = (uint32_t)key.len,
        .hash = hash,
    };
    map->count += !old;
    return old;
}

/* Close the gap at hole by moving back what was pushed past it. */
static void close_gap(struct map *map, size_t hole)
{
    size_t mask = map->cap - 1;

    for (size_t i = (hole + 1) & mask; map->entries[i].value;
         i = (i + 1) & mask) {
        size_t home = map->entries[i].hash & mask;

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            map->entries[hole] = map->entries[i];
            hole = i;
        }
    }
    map->entries[hole] = (struct map_entry){0};
}

void *map_remove(struct map *map, struct slice key)
{
    if (!map->count)
        return NULL;

    struct map_entry *entry = find(map, key, hash_of(map, key));
    void *old = entry->value;
    if (!old)
        return NULL;
    close_gap(map, (size_t)(entry - map->entries));
    map->count--;
    if (map->cap > 64 && map->count * 8 < map->cap)
        resize(map, map->cap / 4);
    return old;
}

void *map_next(const struct map *map, size_t *position)
{
    while (*position < map->cap) {
        void *value = map->entries[(*position)++].value;

        if (value)
            return value;
    }
    return NULL;
}
