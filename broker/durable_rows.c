#include "broker/durable_state.h"

#include <assert.h>

#include "base/alloc.h"
#include "broker/message.h"

static uint32_t take_place(struct durable_rows *rows)
{
    uint32_t index = rows->first_free;

    if (index) {
        rows->first_free = rows->rows[index - 1].place;
        return index;
    }
    if (rows->count == rows->cap) {
        assert(rows->cap < UINT32_MAX / 2);
        rows->cap = rows->cap ? 2 * rows->cap : 256;
        rows->rows = alloc_resize(rows->rows, rows->cap, sizeof(*rows->rows));
    }
    return ++rows->count;
}

uint32_t durable_row_new(struct durable *durable)
{
    uint32_t index = take_place(&durable->rows);

    *durable_row_at(durable, index) = (struct durable_row){
        .number = ++durable->last_number,
        .batch = durable->collecting->number,
    };
    return index;
}

void durable_row_free(struct durable *durable, uint32_t index)
{
    *durable_row_at(durable, index) =
        (struct durable_row){.place = durable->rows.first_free};
    durable->rows.first_free = index;
}

uint64_t durable_message_number(const struct durable *durable,
                                const struct message *message)
{
    return message && message->stored
               ? durable_row_at(durable, message->stored)->number
               : 0;
}
