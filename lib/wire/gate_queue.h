/*
 * Packets that wait in a gate (wire/gate.h), in the order in which they came.
 *
 * Each connection has two streams, one for each direction; only the first
 * packet of a stream can go. Whatever is asked here takes as long with a
 * thousand packets as with ten, but for what looks for one of them.
 */
#ifndef WIRE_GATE_QUEUE_H
#define WIRE_GATE_QUEUE_H

#include "base/buf.h"
#include "base/list.h"
#include "wire/link.h"

struct gate_stream {
    struct list node; /* in the queue */
    struct link *link;
    bool in;             /* towards the broker */
    struct list waiting; /* the oldest first */
};

/* A packet that waits. One that comes in waits in its link (link_in_wait) and
   has no bytes here. */
struct gate_waiting {
    struct list node;   /* in the queue */
    struct list behind; /* in its stream */
    struct gate_stream *stream;
    struct buf bytes;
    uint64_t seq;    /* of its record */
    uint64_t due_ms; /* by the loop's clock, if delayed */
    unsigned rule;   /* its number; 0: it only waits behind another */
    bool held;       /* until it is released */
};

struct gate_queue {
    struct list waiting; /* all, the oldest first */
    struct list streams; /* those in which something waits */
    size_t count;
    size_t bytes;
};

void gate_queue_init(struct gate_queue *queue);

/* Append a packet like this one, with a copy of its bytes. */
struct gate_waiting *gate_queue_add(struct gate_queue *queue, struct link *link,
                                    bool in, const struct gate_waiting *like,
                                    struct slice bytes);

/* Take it out and free it; its stream as well if it was the last. */
void gate_queue_remove(struct gate_queue *queue, struct gate_waiting *waiting);

/* The oldest of all, and of a stream; NULL: none. */
struct gate_waiting *gate_queue_first(const struct gate_queue *queue);
struct gate_waiting *gate_stream_first(const struct gate_stream *stream);

/* The stream of a link, or NULL when nothing of it waits. */
struct gate_stream *gate_queue_stream(const struct gate_queue *queue,
                                      const struct link *link, bool in);

/* May it go on by itself at this time? */
bool gate_waiting_may_go(const struct gate_waiting *waiting, uint64_t now_ms);

/* When the next of those that are delayed may; UINT64_MAX: none is. */
uint64_t gate_queue_next_ms(const struct gate_queue *queue);

#endif
