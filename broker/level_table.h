/*
 * Levels of topics, each text kept once and named by a number.
 *
 * "a/b/c" and "x/b/y" share the level "b". Comparing levels is then comparing
 * numbers, and a level that is in no filter at all is known to match none
 * after one look-up.
 */
#ifndef BROKER_LEVEL_TABLE_H
#define BROKER_LEVEL_TABLE_H

#include "base/slice.h"
#include "broker/slab.h"

#include <stdint.h>

/* The wildcards have the same numbers in every table. */
enum { LEVEL_NONE = 0, LEVEL_PLUS = 1, LEVEL_HASH = 2 };

struct level_table {
    struct slab levels; /* struct level */
    size_t far_bytes;   /* of texts that lie outside the slab */
};

void level_table_init(struct level_table *table);
void level_table_release(struct level_table *table);

/* The number of a level; LEVEL_NONE when the table does not have it. */
uint32_t level_table_find(const struct level_table *table, struct slice text);

/* The same, but adds it when it is new; the caller has one more reference. */
uint32_t level_table_ref(struct level_table *table, struct slice text);

/* Give a reference back; the last one removes the level. */
void level_table_unref(struct level_table *table, uint32_t number);

/* The text of a level, borrowed until the level goes. */
struct slice level_table_text(const struct level_table *table, uint32_t number);

/* Memory in use. */
size_t level_table_bytes(const struct level_table *table);

#endif
