#include "broker/durable_batch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

/* What an empty batch keeps of its memory. */
#define KEEP_CHANGES    4096u
#define KEEP_TEXT_BYTES (1u << 20)

static void release_change(struct durable_change *change)
{
    message_unref(change->message);
    shared_unref(change->identifiers);
}

static void release_changes(struct durable_batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++)
        release_change(&batch->changes[i]);
}

void durable_batch_release(struct durable_batch *batch)
{
    release_changes(batch);
    free(batch->changes);
    buf_release(&batch->text);
    *batch = (struct durable_batch){.number = batch->number};
}

void durable_batch_clear(struct durable_batch *batch)
{
    release_changes(batch);
    batch->count = batch->first_free = batch->live = 0;
    batch->bytes = 0;
    buf_clear(&batch->text);
    if (batch->cap > KEEP_CHANGES) {
        free(batch->changes);
        batch->changes = NULL;
        batch->cap = 0;
    }
    if (batch->text.cap > KEEP_TEXT_BYTES)
        buf_release(&batch->text);
}

/* What it keeps from being freed. */
static size_t bytes_of(const struct durable_change *change)
{
    return (change->message ? message_size_bytes(change->message) : 0) +
           (change->identifiers ? change->identifiers->len : 0);
}

uint32_t durable_batch_put(struct durable_batch *batch,
                           const struct durable_change *change)
{
    if (batch->count == batch->cap) {
        batch->cap = batch->cap ? 2 * batch->cap : 64;
        batch->changes =
            alloc_resize(batch->changes, batch->cap, sizeof(*change));
    }
    batch->changes[batch->count] = *change;
    batch->live++;
    batch->bytes += bytes_of(change);
    return batch->count++;
}

uint32_t durable_batch_put_bytes(struct durable_batch *batch, struct slice text)
{
    uint32_t at = batch->text.len;

    buf_append_slice(&batch->text, text);
    batch->bytes += text.len;
    return at;
}

uint32_t durable_batch_put_text(struct durable_batch *batch,
                                const struct durable_change *change,
                                struct slice text)
{
    uint32_t place = durable_batch_put(batch, change);

    batch->changes[place].text_at = durable_batch_put_bytes(batch, text);
    batch->changes[place].text_len = (uint32_t)text.len;
    return place;
}

uint32_t durable_batch_add(struct durable_batch *batch,
                           const struct durable_change *change)
{
    if (!batch->first_free)
        return durable_batch_put(batch, change);

    uint32_t place = batch->first_free - 1;
    batch->first_free = (uint32_t)batch->changes[place].number;
    batch->changes[place] = *change;
    batch->live++;
    batch->bytes += bytes_of(change);
    return place;
}

void durable_batch_cancel(struct durable_batch *batch, uint32_t place)
{
    struct durable_change *change = &batch->changes[place];

    assert(change->kind == DURABLE_MESSAGE_ADD ||
           change->kind == DURABLE_DELIVERY_ADD);
    batch->bytes -= bytes_of(change);
    release_change(change);
    *change = (struct durable_change){.number = batch->first_free};
    batch->first_free = place + 1;
    batch->live--;
}
