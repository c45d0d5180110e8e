#include "tui/table_order.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct key {
    void *row;
    char *text; /* owned */
    double number;
    bool is_number;
    size_t place; /* as it came */
};

void table_order_release(struct table_order *order)
{
    free(order->rows);
    *order = (struct table_order){0};
}

/* Numbers come before all else, whatever the order. */
static int compare(const struct key *a, const struct key *b, bool down)
{
    int order = a->is_number ? (a->number > b->number) - (a->number < b->number)
                             : strcmp(a->text, b->text);

    if (a->is_number != b->is_number)
        return a->is_number ? -1 : 1;
    if (!order)
        return (a->place > b->place) - (a->place < b->place);
    return down ? -order : order;
}

static int up(const void *left, const void *right)
{
    return compare(left, right, false);
}

static int down(const void *left, const void *right)
{
    return compare(left, right, true);
}

/* "41 s" is one; "inform" and "nancy" begin like one for strtod. */
static bool is_number(const char *text)
{
    text += strspn(text, "+-");
    return isdigit((unsigned char)*text) ||
           (*text == '.' && isdigit((unsigned char)text[1]));
}

static struct key key_of(const struct table *table, int column, void *row,
                         size_t place)
{
    struct key key = {.row = row, .place = place};
    struct buf text = {0};

    table->cell(table->owner, row, column, &text);
    key.text = buf_take_string(&text);
    key.is_number = is_number(key.text);
    if (key.is_number)
        key.number = strtod(key.text, NULL);
    return key;
}

void table_order_make(struct table_order *order, const struct table *table,
                      void *const *rows, size_t count)
{
    struct key *keys;

    order->rows =
        alloc_resize(order->rows, count ? count : 1, sizeof(*order->rows));
    order->count = count;
    if (count)
        memcpy(order->rows, rows, count * sizeof(*rows));
    if (!order->column)
        return;
    keys = alloc_zero(count ? count : 1, sizeof(*keys));
    for (size_t i = 0; i < count; i++)
        keys[i] = key_of(table, order->column - 1, rows[i], i);
    qsort(keys, count, sizeof(*keys), order->down ? down : up);
    for (size_t i = 0; i < count; i++) {
        order->rows[i] = keys[i].row;
        free(keys[i].text);
    }
    free(keys);
}

void table_order_by(struct table_order *order, int column)
{
    order->down = order->column == column + 1 && !order->down;
    order->column = column + 1;
}

void table_order_next(struct table_order *order, const struct table *table,
                      int width)
{
    order->down = false;
    do {
        order->column = order->column == table->count ? 0 : order->column + 1;
    } while (order->column && table->columns[order->column - 1].from > width);
}
