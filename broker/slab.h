/*
 * A slab: many small items of one size, named by number, found by hash.
 *
 * For what there may be a million of: an item costs its own bytes and about
 * six more, no header of malloc's, and four bytes refer to it instead of
 * eight. Items never move. Numbers begin at 1, so 0 can mean none; the number
 * of a freed item is given out again. When the last item is freed, so is all
 * the memory.
 *
 * The first member of an item is a struct slab_item. Items with the same hash
 * are chained through it; the owner compares keys itself:
 *
 *     for (uint32_t n = slab_first(slab, hash); n; n = slab_next(slab, n))
 */
#ifndef BROKER_SLAB_H
#define BROKER_SLAB_H

#include <stddef.h>
#include <stdint.h>

#define SLAB_CHUNK_ITEMS 128u

struct slab_item {
    uint32_t next; /* number of the next item in the chain, or free */
};

struct slab {
    uint8_t **chunks;    /* owned, each of SLAB_CHUNK_ITEMS items; owned */
    uint32_t *heads;     /* owned; first item of each chain */
    uint32_t head_count; /* 0 or a power of two */
    uint32_t item_bytes;
    uint32_t used; /* numbers 1..used were given out at some time */
    uint32_t free; /* number of the first freed item */
    uint32_t count;
    /* The hash of an item, for when the chains are made anew. */
    uint64_t (*hash)(const struct slab *slab, const void *item);
    uint64_t seed[2]; /* random, for the owner's hash */
};

void slab_init(struct slab *slab, size_t item_bytes,
               uint64_t (*hash)(const struct slab *slab, const void *item));

/* Free everything; the slab is as after slab_init. */
void slab_release(struct slab *slab);

static inline void *slab_at(const struct slab *slab, uint32_t number)
{
    uint32_t index = number - 1;

    return slab->chunks[index / SLAB_CHUNK_ITEMS] +
           (size_t)(index % SLAB_CHUNK_ITEMS) * slab->item_bytes;
}

/* A new item, zero but for its slab_item; returns its number. */
uint32_t slab_add(struct slab *slab, uint64_t hash);

/* Free an item; hash is what it was added with. */
void slab_remove(struct slab *slab, uint32_t number, uint64_t hash);

static inline uint32_t slab_first(const struct slab *slab, uint64_t hash)
{
    return slab->count ? slab->heads[hash & (slab->head_count - 1)] : 0;
}

static inline uint32_t slab_next(const struct slab *slab, uint32_t number)
{
    return ((const struct slab_item *)slab_at(slab, number))->next;
}

/* Memory in use. */
size_t slab_bytes(const struct slab *slab);

#endif
