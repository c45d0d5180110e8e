#include "net/burst.h"

#include "base/alloc.h"
#include "net/loop.h"

#include <stdlib.h>

/* For fewer a ring does not pay. */
#define RING_FROM 4

struct burst {
    struct loop_task task;
    struct list writers;
    struct sender *sender;
    struct sender_item items[SENDER_AT_ONCE];
    struct burst_writer *asked[SENDER_AT_ONCE];
};

/* Returns how many have something to send, none of them on the list now. */
static int ask(struct burst *burst)
{
    struct list *node;
    int count = 0;

    while (count < SENDER_AT_ONCE &&
           (node = list_take_first(&burst->writers)) != NULL) {
        struct burst_writer *writer =
            LIST_ITEM(node, struct burst_writer, node);

        burst->asked[count] = writer;
        count += writer->events->ask(writer, &burst->items[count]);
    }
    return count;
}

static void tell(struct burst *burst, int count)
{
    for (int i = 0; i < count; i++) {
        struct burst_writer *writer = burst->asked[i];

        writer->events->tell(writer, burst->items[i].result);
    }
}

static void on_task(struct loop_task *task)
{
    struct burst *burst = LIST_ITEM(task, struct burst, task);

    while (!list_empty(&burst->writers)) {
        int count = ask(burst);

        sender_send(burst->sender, burst->items, count);
        tell(burst, count);
    }
}

static struct burst *burst_of(struct loop *loop)
{
    if (!loop->burst) {
        loop->burst = alloc_zero(1, sizeof(*loop->burst));
        loop_task_init(&loop->burst->task, on_task);
        list_init(&loop->burst->writers);
        loop->burst->sender = sender_new(RING_FROM);
    }
    return loop->burst;
}

void burst_add(struct loop *loop, struct burst_writer *writer)
{
    struct burst *burst = burst_of(loop);

    if (!list_empty(&writer->node))
        return;
    list_append(&burst->writers, &writer->node);
    loop_at_end(loop, &burst->task);
}

void burst_free(struct burst *burst)
{
    if (burst)
        sender_free(burst->sender);
    free(burst);
}
