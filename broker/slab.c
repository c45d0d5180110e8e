#include "broker/slab.h"

#include "base/alloc.h"
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void slab_init(struct slab *slab, size_t item_bytes,
               uint64_t (*hash)(const struct slab *slab, const void *item))
{
    *slab = (struct slab){.item_bytes = (uint32_t)item_bytes, .hash = hash};
    map_random_seed(slab->seed);
}

static uint32_t chunk_count(const struct slab *slab)
{
    return (slab->used + SLAB_CHUNK_ITEMS - 1) / SLAB_CHUNK_ITEMS;
}

void slab_release(struct slab *slab)
{
    for (uint32_t i = 0; i < chunk_count(slab); i++)
        free(slab->chunks[i]);
    free(slab->chunks);
    free(slab->heads);
    slab->chunks = NULL;
    slab->heads = NULL;
    slab->head_count = slab->used = slab->free = slab->count = 0;
}

static uint32_t *chain_of(const struct slab *slab, uint64_t hash)
{
    return &slab->heads[hash & (slab->head_count - 1)];
}

/* Twice as many chains, so that they stay short: one item on average. */
static void grow_heads(struct slab *slab)
{
    uint32_t *old = slab->heads;
    uint32_t old_count = slab->head_count;

    slab->head_count = old_count ? old_count * 2 : SLAB_CHUNK_ITEMS;
    slab->heads = alloc_zero(slab->head_count, sizeof(slab->heads[0]));
    for (uint32_t i = 0; i < old_count; i++) {
        for (uint32_t number = old[i]; number;) {
            struct slab_item *item = slab_at(slab, number);
            uint32_t next = item->next;
            uint32_t *head = chain_of(slab, slab->hash(slab, item));

            item->next = *head;
            *head = number;
            number = next;
        }
    }
    free(old);
}

static uint32_t take_number(struct slab *slab)
{
    uint32_t number = slab->free;

    if (number) {
        slab->free = slab_next(slab, number);
        return number;
    }
    assert(slab->used < UINT32_MAX);
    if (slab->used % SLAB_CHUNK_ITEMS == 0) {
        uint32_t count = chunk_count(slab);

        slab->chunks =
            alloc_resize(slab->chunks, count + 1, sizeof(slab->chunks[0]));
        slab->chunks[count] =
            alloc_bytes((size_t)slab->item_bytes * SLAB_CHUNK_ITEMS);
    }
    return ++slab->used;
}

uint32_t slab_add(struct slab *slab, uint64_t hash)
{
    if (slab->count == slab->head_count)
        grow_heads(slab);

    uint32_t number = take_number(slab);
    struct slab_item *item = slab_at(slab, number);
    uint32_t *head = chain_of(slab, hash);

    memset(item, 0, slab->item_bytes);
    item->next = *head;
    *head = number;
    slab->count++;
    return number;
}

void slab_remove(struct slab *slab, uint32_t number, uint64_t hash)
{
    uint32_t *link = chain_of(slab, hash);

    while (*link != number) {
        assert(*link); /* it must be there, under this hash */
        link = &((struct slab_item *)slab_at(slab, *link))->next;
    }
    struct slab_item *item = slab_at(slab, number);
    *link = item->next;
    if (--slab->count == 0) {
        slab_release(slab);
        return;
    }
    memset(item, 0, slab->item_bytes);
    item->next = slab->free;
    slab->free = number;
}

size_t slab_bytes(const struct slab *slab)
{
    return (size_t)chunk_count(slab) *
               ((size_t)slab->item_bytes * SLAB_CHUNK_ITEMS +
                sizeof(slab->chunks[0])) +
           (size_t)slab->head_count * sizeof(slab->heads[0]);
}
