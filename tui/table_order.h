/*
 * The rows of a table in the order of what stands in one of its columns.
 */
#ifndef TUI_TABLE_ORDER_H
#define TUI_TABLE_ORDER_H

#include "tui/table.h"

struct table_order {
    int column;  /* 1: the first one; 0: as they came */
    bool down;   /* the largest first */
    void **rows; /* owned: in order */
    size_t count;
};

void table_order_release(struct table_order *order);

/*
 * Put rows in order by the text of their cells: numbers as numbers, before all
 * else also when the largest is first; equal ones stay as they came.
 */
void table_order_make(struct table_order *order, const struct table *table,
                      void *const *rows, size_t count);

/* Order by this column (from 0), or, when that is so, the other way round. */
void table_order_by(struct table_order *order, int column);

/* By the next column that is shown in an area so wide, behind the last as they
   came. */
void table_order_next(struct table_order *order, const struct table *table,
                      int width);

#endif
