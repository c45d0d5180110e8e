#include "broker/outgoing_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/shared.h"
#include "broker/message.h"

/*
 * Two sizes to begin with: most clients have one or two messages in flight,
 * and who has more has usually as many as the default limit of 20 allows.
 */
#define INFLIGHT_FEW  4u
#define INFLIGHT_MANY 32u
#define WAITING_FEW   16u

/* A ring: count deliveries from first on. */
struct outgoing_waiting {
    size_t bytes; /* by delivery_size_bytes */
    uint32_t first;
    uint32_t count;
    uint32_t cap;   /* a power of two */
    uint32_t qos_0; /* deliveries of QoS 0 among them */
    struct delivery ring[];
};

void delivery_release(struct delivery *delivery)
{
    message_unref(delivery->message);
    shared_unref(delivery->identifiers);
    *delivery = (struct delivery){0};
}

void outgoing_queue_release(struct outgoing_queue *queue)
{
    for (uint32_t i = 0; i < queue->inflight_cap; i++)
        delivery_release(&queue->inflight[i]);
    free(queue->inflight);
    free(queue->resend);
    while (outgoing_queue_waiting(queue)) {
        struct delivery delivery = outgoing_queue_take(queue);

        delivery_release(&delivery);
    }
    *queue = (struct outgoing_queue){.last_id = queue->last_id};
}

void outgoing_queue_visit(struct outgoing_queue *queue,
                          void (*visit)(void *context,
                                        struct delivery *delivery),
                          void *context)
{
    struct outgoing_waiting *waiting = queue->waiting;

    for (uint32_t i = 0; waiting && i < waiting->count; i++)
        visit(context,
              &waiting->ring[(waiting->first + i) & (waiting->cap - 1)]);
    for (uint32_t i = 0; i < queue->inflight_cap; i++) {
        if (queue->inflight[i].packet_id)
            visit(context, &queue->inflight[i]);
    }
}

/* ---- waiting ---- */

size_t outgoing_queue_waiting(const struct outgoing_queue *queue)
{
    return queue->waiting ? queue->waiting->count : 0;
}

size_t outgoing_queue_waiting_bytes(const struct outgoing_queue *queue)
{
    return queue->waiting ? queue->waiting->bytes : 0;
}

bool outgoing_queue_has_qos_0(const struct outgoing_queue *queue)
{
    return queue->waiting && queue->waiting->qos_0;
}

static struct delivery *at(struct outgoing_waiting *waiting, uint32_t index)
{
    return &waiting->ring[(waiting->first + index) & (waiting->cap - 1)];
}

static struct outgoing_waiting *grown(struct outgoing_waiting *old)
{
    uint32_t cap = old ? 2 * old->cap : WAITING_FEW;
    struct outgoing_waiting *waiting =
        alloc_bytes(sizeof(*waiting) + cap * sizeof(waiting->ring[0]));

    *waiting = (struct outgoing_waiting){.cap = cap};
    if (old) {
        waiting->count = old->count;
        waiting->bytes = old->bytes;
        waiting->qos_0 = old->qos_0;
        for (uint32_t i = 0; i < old->count; i++)
            waiting->ring[i] = *at(old, i);
    }
    free(old);
    return waiting;
}

size_t delivery_size_bytes(const struct delivery *delivery)
{
    return (delivery->message ? message_size_bytes(delivery->message) : 0) +
           (delivery->identifiers ? delivery->identifiers->len : 0);
}

void outgoing_queue_push(struct outgoing_queue *queue,
                         const struct delivery *delivery)
{
    if (!queue->waiting || queue->waiting->count == queue->waiting->cap)
        queue->waiting = grown(queue->waiting);
    *at(queue->waiting, queue->waiting->count++) = *delivery;
    queue->waiting->bytes += delivery_size_bytes(delivery);
    queue->waiting->qos_0 += delivery->qos == 0;
}

struct delivery *outgoing_queue_first(struct outgoing_queue *queue)
{
    return queue->waiting ? at(queue->waiting, 0) : NULL;
}

struct delivery outgoing_queue_take(struct outgoing_queue *queue)
{
    struct outgoing_waiting *waiting = queue->waiting;

    assert(waiting && waiting->count);
    struct delivery delivery = *at(waiting, 0);
    waiting->bytes -= delivery_size_bytes(&delivery);
    waiting->qos_0 -= delivery.qos == 0;
    waiting->first++;
    if (--waiting->count == 0) {
        free(waiting);
        queue->waiting = NULL;
    }
    return delivery;
}

/* ---- in flight ---- */

static struct delivery *place(const struct outgoing_queue *queue,
                              uint16_t packet_id)
{
    return &queue->inflight[packet_id & (queue->inflight_cap - 1)];
}

/* Two identifiers that differ in the low bits do so in more of them, too. */
static void grow_inflight(struct outgoing_queue *queue)
{
    struct delivery *old = queue->inflight;
    uint32_t old_cap = queue->inflight_cap;

    if (old_cap == 0)
        queue->inflight_cap = INFLIGHT_FEW;
    else if (old_cap < INFLIGHT_MANY)
        queue->inflight_cap = INFLIGHT_MANY;
    else
        queue->inflight_cap = 2 * old_cap;
    queue->inflight =
        alloc_zero(queue->inflight_cap, sizeof(queue->inflight[0]));
    for (uint32_t i = 0; i < old_cap; i++) {
        if (old[i].packet_id)
            *place(queue, old[i].packet_id) = old[i];
    }
    free(old);
}

/* The next identifier whose place is free; 0 is none [MQTT-2.2.1-3]. */
static uint16_t free_id(const struct outgoing_queue *queue)
{
    uint16_t packet_id = queue->last_id;

    do
        packet_id++;
    while (packet_id == 0 || place(queue, packet_id)->packet_id);
    return packet_id;
}

struct delivery *outgoing_queue_start(struct outgoing_queue *queue,
                                      const struct delivery *delivery)
{
    /* Identifier 0 wastes its place when the table has one for every other. */
    assert(delivery->qos && queue->inflight_count < UINT16_MAX);
    if (queue->inflight_count == queue->inflight_cap)
        grow_inflight(queue);
    queue->last_id = free_id(queue);
    queue->inflight_count++;
    queue->inflight_bytes += delivery_size_bytes(delivery);

    struct delivery *started = place(queue, queue->last_id);
    *started = *delivery;
    started->packet_id = queue->last_id;
    started->order = queue->next_order++;
    return started;
}

void outgoing_queue_restore(struct outgoing_queue *queue,
                            const struct delivery *delivery)
{
    assert(!outgoing_queue_find(queue, delivery->packet_id));
    while (queue->inflight_count == queue->inflight_cap ||
           place(queue, delivery->packet_id)->packet_id)
        grow_inflight(queue);
    queue->inflight_count++;
    queue->inflight_bytes += delivery_size_bytes(delivery);

    struct delivery *restored = place(queue, delivery->packet_id);
    *restored = *delivery;
    restored->order = queue->next_order++;
}

struct delivery *outgoing_queue_find(const struct outgoing_queue *queue,
                                     uint16_t packet_id)
{
    if (!queue->inflight_cap || !packet_id)
        return NULL;

    struct delivery *found = place(queue, packet_id);
    return found->packet_id == packet_id ? found : NULL;
}

void outgoing_queue_drop_message(struct outgoing_queue *queue,
                                 struct delivery *delivery)
{
    queue->inflight_bytes -= delivery_size_bytes(delivery);
    message_unref(delivery->message);
    shared_unref(delivery->identifiers);
    delivery->message = NULL;
    delivery->identifiers = NULL;
}

void outgoing_queue_finish(struct outgoing_queue *queue,
                           struct delivery *delivery)
{
    assert(delivery->packet_id);
    if (delivery->resend)
        queue->resend_count--;
    queue->inflight_bytes -= delivery_size_bytes(delivery);
    delivery_release(delivery);
    if (--queue->inflight_count == 0) {
        free(queue->inflight);
        queue->inflight = NULL;
        queue->inflight_cap = 0;
    }
}

/* ---- sending again ---- */

/* Identifiers, the one sent first in front. */
struct outgoing_resend {
    uint32_t next;
    uint32_t count;
    struct resend_item {
        uint32_t age; /* how many were sent after it */
        uint16_t packet_id;
    } items[];
};

static int oldest_first(const void *a, const void *b)
{
    uint32_t age_a = ((const struct resend_item *)a)->age;
    uint32_t age_b = ((const struct resend_item *)b)->age;

    return (age_a < age_b) - (age_a > age_b);
}

void outgoing_queue_resume(struct outgoing_queue *queue)
{
    free(queue->resend);
    queue->resend = NULL;
    queue->resend_count = queue->inflight_count;
    if (!queue->resend_count)
        return;

    struct outgoing_resend *resend = alloc_bytes(
        sizeof(*resend) + queue->inflight_count * sizeof(resend->items[0]));
    *resend = (struct outgoing_resend){0};
    for (uint32_t i = 0; i < queue->inflight_cap; i++) {
        struct delivery *one = &queue->inflight[i];

        if (!one->packet_id)
            continue;
        one->resend = true;
        /* The difference is right after the counter wraps around, too. */
        resend->items[resend->count++] = (struct resend_item){
            .age = queue->next_order - one->order,
            .packet_id = one->packet_id,
        };
    }
    qsort(resend->items, resend->count, sizeof(resend->items[0]), oldest_first);
    queue->resend = resend;
}

struct delivery *outgoing_queue_next_resend(struct outgoing_queue *queue)
{
    struct outgoing_resend *resend = queue->resend;

    while (resend && resend->next < resend->count) {
        struct delivery *one =
            outgoing_queue_find(queue, resend->items[resend->next++].packet_id);

        if (!one || !one->resend) /* acknowledged meanwhile */
            continue;
        one->resend = false;
        queue->resend_count--;
        return one;
    }
    free(resend);
    queue->resend = NULL;
    return NULL;
}
