#include "broker/level_table.h"

#include "base/alloc.h"
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_BYTES 16 /* most levels are not longer */

struct level {
    struct slab_item item;
    uint32_t refs;
    uint32_t len;
    union {
        uint8_t near[NEAR_BYTES];
        uint8_t *far; /* owned, when len > NEAR_BYTES */
    } text;
};

static struct slice text_of(const struct level *level)
{
    return slice_of(level->len > NEAR_BYTES ? level->text.far
                                            : level->text.near,
                    level->len);
}

static uint64_t hash_of(const struct slab *slab, const void *item)
{
    return map_hash(slab->seed, text_of(item));
}

void level_table_init(struct level_table *table)
{
    slab_init(&table->levels, sizeof(struct level), hash_of);
    table->far_bytes = 0;

    uint32_t plus = level_table_ref(table, slice_of_string("+"));
    uint32_t hash = level_table_ref(table, slice_of_string("#"));
    assert(plus == LEVEL_PLUS && hash == LEVEL_HASH);
}

void level_table_release(struct level_table *table)
{
    for (uint32_t number = 1; number <= table->levels.used; number++) {
        struct level *level = slab_at(&table->levels, number);

        if (level->len > NEAR_BYTES)
            free(level->text.far);
    }
    table->far_bytes = 0;
    slab_release(&table->levels);
}

static uint32_t find(const struct level_table *table, struct slice text,
                     uint64_t hash)
{
    uint32_t number = slab_first(&table->levels, hash);

    while (number &&
           !slice_equal(text_of(slab_at(&table->levels, number)), text))
        number = slab_next(&table->levels, number);
    return number;
}

uint32_t level_table_find(const struct level_table *table, struct slice text)
{
    return find(table, text, map_hash(table->levels.seed, text));
}

uint32_t level_table_ref(struct level_table *table, struct slice text)
{
    uint64_t hash = map_hash(table->levels.seed, text);
    uint32_t number = find(table, text, hash);

    if (!number) {
        number = slab_add(&table->levels, hash);
        struct level *level = slab_at(&table->levels, number);
        uint8_t *to = level->text.near;

        if (text.len > NEAR_BYTES) {
            to = level->text.far = alloc_bytes(text.len);
            table->far_bytes += text.len;
        }
        if (text.len)
            memcpy(to, text.bytes, text.len);
        level->len = (uint32_t)text.len;
    }
    ((struct level *)slab_at(&table->levels, number))->refs++;
    return number;
}

void level_table_unref(struct level_table *table, uint32_t number)
{
    struct level *level = slab_at(&table->levels, number);

    assert(level->refs > 0);
    if (--level->refs > 0)
        return;
    uint64_t hash = hash_of(&table->levels, level);
    if (level->len > NEAR_BYTES) {
        table->far_bytes -= level->len;
        free(level->text.far);
    }
    slab_remove(&table->levels, number, hash);
}

struct slice level_table_text(const struct level_table *table, uint32_t number)
{
    return text_of(slab_at(&table->levels, number));
}

size_t level_table_bytes(const struct level_table *table)
{
    return slab_bytes(&table->levels) + table->far_bytes;
}
