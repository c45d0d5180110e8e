#include "wire/gate_queue.h"

#include <stdlib.h>

#include "base/alloc.h"

void gate_queue_init(struct gate_queue *queue)
{
    *queue = (struct gate_queue){0};
    list_init(&queue->waiting);
    list_init(&queue->streams);
}

struct gate_stream *gate_queue_stream(const struct gate_queue *queue,
                                      const struct link *link, bool in)
{
    LIST_FOREACH (node, &queue->streams) {
        struct gate_stream *stream = LIST_ITEM(node, struct gate_stream, node);

        if (stream->link == link && stream->in == in)
            return stream;
    }
    return NULL;
}

static struct gate_stream *make_stream(struct gate_queue *queue,
                                       struct link *link, bool in)
{
    struct gate_stream *stream = alloc_zero(1, sizeof(*stream));

    stream->link = link;
    stream->in = in;
    list_init(&stream->waiting);
    list_append(&queue->streams, &stream->node);
    return stream;
}

struct gate_waiting *gate_queue_add(struct gate_queue *queue, struct link *link,
                                    bool in, const struct gate_waiting *like,
                                    struct slice bytes)
{
    struct gate_waiting *waiting = alloc_zero(1, sizeof(*waiting));

    *waiting = *like;
    waiting->stream = gate_queue_stream(queue, link, in);
    if (!waiting->stream)
        waiting->stream = make_stream(queue, link, in);
    buf_append_slice(&waiting->bytes, bytes);
    list_append(&queue->waiting, &waiting->node);
    list_append(&waiting->stream->waiting, &waiting->behind);
    queue->count++;
    queue->bytes += bytes.len + sizeof(*waiting);
    return waiting;
}

void gate_queue_remove(struct gate_queue *queue, struct gate_waiting *waiting)
{
    struct gate_stream *stream = waiting->stream;

    list_remove(&waiting->node);
    list_remove(&waiting->behind);
    if (list_empty(&stream->waiting)) {
        list_remove(&stream->node);
        free(stream);
    }
    queue->count--;
    queue->bytes -= waiting->bytes.len + sizeof(*waiting);
    buf_release(&waiting->bytes);
    free(waiting);
}

struct gate_waiting *gate_queue_first(const struct gate_queue *queue)
{
    return list_empty(&queue->waiting)
               ? NULL
               : LIST_ITEM(queue->waiting.next, struct gate_waiting, node);
}

struct gate_waiting *gate_stream_first(const struct gate_stream *stream)
{
    return list_empty(&stream->waiting)
               ? NULL
               : LIST_ITEM(stream->waiting.next, struct gate_waiting, behind);
}

bool gate_waiting_may_go(const struct gate_waiting *waiting, uint64_t now_ms)
{
    return !waiting->rule || (!waiting->held && waiting->due_ms <= now_ms);
}

uint64_t gate_queue_next_ms(const struct gate_queue *queue)
{
    uint64_t next_ms = UINT64_MAX;

    LIST_FOREACH (node, &queue->streams) {
        const struct gate_waiting *first =
            gate_stream_first(LIST_ITEM(node, struct gate_stream, node));

        if (first->rule && !first->held && first->due_ms < next_ms)
            next_ms = first->due_ms;
    }
    return next_ms;
}
