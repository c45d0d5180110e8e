#include "tui/packet_order.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

#define MOST_OF_TIME 10 /* at most one part of so many goes into sorting */

void packet_order_release(struct packet_order *order)
{
    table_order_release(&order->order);
}

static bool is_due(const struct packet_order *order, const struct store *store,
                   enum store_list list, uint64_t now_ns)
{
    size_t count = store_count(store, list);
    uint64_t wait_ns = order->took_ns * MOST_OF_TIME;

    if (!order->made_ns || order->list != list ||
        order->filters_set != store->filters_set)
        return true;
    if (order->count == count &&
        (!count || order->last == store_at(store, list, count - 1)))
        return false;
    return now_ns >= order->made_ns +
                         (wait_ns > CLOCK_NS_PER_S ? wait_ns : CLOCK_NS_PER_S);
}

void packet_order_look(struct packet_order *order, const struct store *store,
                       enum store_list list, const struct table *table)
{
    size_t count = store_count(store, list);
    uint64_t now_ns = clock_read_monotonic_ns();
    void **rows;

    if (!order->order.column || !is_due(order, store, list, now_ns))
        return;
    rows = alloc_zero(count ? count : 1, sizeof(*rows));
    for (size_t i = 0; i < count; i++)
        rows[i] = (void *)(uintptr_t)store_at(store, list, i);
    table_order_make(&order->order, table, rows, count);
    free(rows);
    order->list = list;
    order->filters_set = store->filters_set;
    order->count = count;
    order->last = count ? store_at(store, list, count - 1) : 0;
    order->made_ns = now_ns;
    order->took_ns = clock_read_monotonic_ns() - now_ns;
}

uint64_t packet_order_at(const struct packet_order *order, size_t index)
{
    assert(index < order->order.count);
    return (uintptr_t)order->order.rows[index];
}
