/*
 * Messages on their way to one session [MQTT5 4.3, 4.4, 4.6, 4.9].
 *
 * A delivery first waits, in the order in which it came. When the client's
 * Receive Maximum allows, it is in flight: it has a Packet Identifier and a
 * state of its QoS flow, until the last acknowledgement. Whatever is not
 * acknowledged when the connection ends is sent again on the next one, in the
 * order of the first time [MQTT-4.6.0-1].
 *
 * In-flight deliveries lie in a table whose size is a power of two, at the
 * place that the low bits of the Packet Identifier name. A free place means a
 * free identifier, so the table is also what hands out identifiers. All memory
 * is given back when nothing is under way.
 */
#ifndef BROKER_OUTGOING_QUEUE_H
#define BROKER_OUTGOING_QUEUE_H

#include "base/shared.h"
#include "mqtt/flow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message;

struct delivery {
    struct message *message; /* one reference; NULL when only PUBREL is left */
    struct shared *identifiers; /* Subscription Identifiers, encoded as
                                   Properties; one reference; NULL: none */
    uint32_t order;             /* when it was sent first, among the others */
    uint32_t stored;            /* its row in the durable store; 0: none */
    uint16_t packet_id;         /* 0: not in flight */
    uint8_t state;              /* enum flow_state */
    uint8_t qos : 2;
    bool retain : 1;
    bool resend : 1; /* a new connection has not been sent it yet */
};

struct outgoing_waiting; /* the ring of what waits */
struct outgoing_resend;  /* the order in which to send again */

/* A zeroed struct is an empty queue. */
struct outgoing_queue {
    struct delivery *inflight;        /* owned; inflight_cap places, or NULL */
    struct outgoing_waiting *waiting; /* owned; NULL when nothing waits */
    struct outgoing_resend *resend;   /* owned; NULL: all was sent again */
    size_t inflight_bytes;            /* of the deliveries in flight */
    uint32_t next_order;
    uint32_t inflight_cap; /* 0 or a power of two */
    uint16_t inflight_count;
    uint16_t resend_count; /* those of them with resend set */
    uint16_t last_id;      /* the identifier handed out last */
};

/* Drop everything. */
void outgoing_queue_release(struct outgoing_queue *queue);

/* Visit all deliveries: those that wait in their order, those in flight in
   none. */
void outgoing_queue_visit(struct outgoing_queue *queue,
                          void (*visit)(void *context,
                                        struct delivery *delivery),
                          void *context);

/* Give up the references that a delivery holds. */
void delivery_release(struct delivery *delivery);

/* Topic, Properties and payload of its message, and its identifiers, which may
   be far more than a small message. */
size_t delivery_size_bytes(const struct delivery *delivery);

/* ---- waiting ---- */

size_t outgoing_queue_waiting(const struct outgoing_queue *queue);

/* Topic, Properties and payload of all that waits. */
size_t outgoing_queue_waiting_bytes(const struct outgoing_queue *queue);

/* Does something of QoS 0 wait? */
bool outgoing_queue_has_qos_0(const struct outgoing_queue *queue);

/* Put at the end; takes over the delivery's references. */
void outgoing_queue_push(struct outgoing_queue *queue,
                         const struct delivery *delivery);

/* The delivery that waits longest, until the next push or take; or NULL. */
struct delivery *outgoing_queue_first(struct outgoing_queue *queue);

/* Take it out; the references are the caller's. Something must wait. */
struct delivery outgoing_queue_take(struct outgoing_queue *queue);

/* ---- in flight ---- */

/*
 * Put a delivery of QoS 1 or 2 in flight; takes over its references. Gives it
 * a free Packet Identifier [MQTT-2.2.1-4] and its place in the order. Fewer
 * than 65,535 may be in flight. The pointer is valid until the next start or
 * finish.
 */
struct delivery *outgoing_queue_start(struct outgoing_queue *queue,
                                      const struct delivery *delivery);

/*
 * The same for one that has its Packet Identifier from before the broker's
 * start, which must be free. They are sent again in the order of these calls.
 */
void outgoing_queue_restore(struct outgoing_queue *queue,
                            const struct delivery *delivery);

/* The delivery in flight with this identifier, or NULL. */
struct delivery *outgoing_queue_find(const struct outgoing_queue *queue,
                                     uint16_t packet_id);

/* The message of a delivery in flight will not be sent again. */
void outgoing_queue_drop_message(struct outgoing_queue *queue,
                                 struct delivery *delivery);

/* The flow is over: forget a delivery that find or start returned. */
void outgoing_queue_finish(struct outgoing_queue *queue,
                           struct delivery *delivery);

/* Mark all that is in flight to be sent again. */
void outgoing_queue_resume(struct outgoing_queue *queue);

/*
 * The earliest of those still to be sent again, with its mark taken away; NULL
 * when there is none.
 */
struct delivery *outgoing_queue_next_resend(struct outgoing_queue *queue);

/* How many the client has been sent and has not acknowledged. */
static inline unsigned
outgoing_queue_unacknowledged(const struct outgoing_queue *queue)
{
    return queue->inflight_count - queue->resend_count;
}

#endif
