/*
 * What is written at the end of a turn, by many connections at once.
 *
 * Whoever has something to write puts a writer on the loop's list. At the end
 * of the turn each is asked for its bytes; those that a socket takes as they
 * are go out together (net/sender.h), and each is told what became of its own.
 */
#ifndef NET_BURST_H
#define NET_BURST_H

#include "base/list.h"
#include "net/sender.h"

#include <stdbool.h>

struct burst;
struct burst_writer;
struct loop;

/*
 * Between ask and tell nothing but other writers' ask and tell runs; neither
 * may free a writer or put one on the list.
 */
struct burst_events {
    /* Fill in fd, bytes and len, which hold until tell; false: there is nothing
       to send, or it was written in another way. */
    bool (*ask)(struct burst_writer *writer, struct sender_item *item);
    /* As sender_item.result. */
    void (*tell)(struct burst_writer *writer, ssize_t result);
};

/* Embedded in its owner; being put on the list twice is once. */
struct burst_writer {
    struct list node;
    const struct burst_events *events;
};

static inline void burst_writer_init(struct burst_writer *writer,
                                     const struct burst_events *events)
{
    list_init(&writer->node);
    writer->events = events;
}

/* Ask writer at the end of this turn, or of the next one when called by what
   runs at this one's end too late for it. */
void burst_add(struct loop *loop, struct burst_writer *writer);

static inline void burst_cancel(struct burst_writer *writer)
{
    list_remove(&writer->node);
}

/* For loop_release; burst may be NULL. */
void burst_free(struct burst *burst);

#endif
