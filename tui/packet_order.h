/*
 * The rows of the list of packets in the order of what stands in a column.
 */
#ifndef TUI_PACKET_ORDER_H
#define TUI_PACKET_ORDER_H

#include "tui/store.h"
#include "tui/table_order.h"

struct packet_order {
    struct table_order order; /* column: enum packet_column + 1; rows: positions
                                 as pointers, for there are never as many as
                                 those can count */
    /* What it was made of, when, and how long that took: */
    enum store_list list;
    uint64_t filters_set;
    size_t count;
    uint64_t last;
    uint64_t made_ns; /* 0: make it anew */
    uint64_t took_ns;
};

void packet_order_release(struct packet_order *order);

/*
 * Put the rows of a list of the store in order, when they have changed since
 * that was done: at most once a second, and more seldom when it takes long. The
 * cells of the table are what a row is put in order by; a row is a position.
 */
void packet_order_look(struct packet_order *order, const struct store *store,
                       enum store_list list, const struct table *table);

/* The position at an index of the order; index is below order.count. */
uint64_t packet_order_at(const struct packet_order *order, size_t index);

#endif
