/*
 * What changed since the last commit, collected for one transaction.
 *
 * The loop fills a batch and hands it over to the thread that writes
 * (durable.c). From then on until it comes back it is not changed. No
 * payload is copied: a change refers to the message and holds a reference.
 *
 * Rows of deliveries and of messages have numbers that are never used again,
 * so a row that is added and removed before the batch is handed over needs no
 * change at all: durable_batch_cancel takes the first one back, and its place
 * is used for the next one of that kind.
 */
#ifndef BROKER_DURABLE_BATCH_H
#define BROKER_DURABLE_BATCH_H

#include "base/buf.h"
#include "base/shared.h"
#include "broker/message.h"
#include "broker/subscription_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum durable_kind {
    DURABLE_NOTHING, /* was taken back: a free place */
    DURABLE_SESSION_SET,
    DURABLE_SESSION_REMOVE, /* with its subscriptions and incoming ids */
    DURABLE_SUBSCRIPTION_SET,
    DURABLE_SUBSCRIPTION_REMOVE,
    DURABLE_MESSAGE_ADD,
    DURABLE_MESSAGE_SET, /* whether it is retained */
    DURABLE_MESSAGE_REMOVE,
    DURABLE_DELIVERY_ADD,
    DURABLE_DELIVERY_SET,
    DURABLE_DELIVERY_REMOVE,
    DURABLE_INCOMING_ADD,
    DURABLE_INCOMING_REMOVE,
    DURABLE_INCOMING_CLEAR, /* of one session */
};

#define DURABLE_KINDS (DURABLE_INCOMING_CLEAR + 1)

/* One row to be added, set or removed; a kind uses the members it needs. */
struct durable_change {
    uint8_t kind;  /* enum durable_kind */
    uint8_t qos;   /* of a delivery, a subscription */
    uint8_t state; /* enum flow_state of a delivery */
    bool retain;   /* of a delivery; of a message: it is retained */
    uint16_t packet_id;
    bool no_local; /* of a subscription */
    bool retain_as_published;
    uint8_t retain_handling;
    uint8_t voucher;   /* enum identity_voucher of a session */
    uint16_t listener; /* of a session: index of where it came in */
    uint32_t seconds;  /* Session Expiry Interval; Subscription Identifier */
    uint32_t text_at;  /* in the batch's text: Client Identifier, filter */
    uint32_t text_len; /* of it */
    uint32_t user_at;  /* in the batch's text: the user of a session */
    uint32_t user_len;
    uint64_t number;         /* of the row */
    uint64_t session;        /* whose it is */
    uint64_t message_id;     /* of a delivery; the will of a session; 0: none */
    uint32_t delay_s;        /* of the will */
    uint64_t wall_ms;        /* since 1970: when the message arrived; when the
                            client of a session left, 0: it is here */
    struct message *message; /* DURABLE_MESSAGE_ADD: one reference */
    struct shared *identifiers; /* DURABLE_DELIVERY_ADD: one, or NULL */
};

struct durable_batch {
    uint64_t number;                /* counts up; commits come in this order */
    struct durable_change *changes; /* owned */
    uint32_t count;                 /* places in use, free ones among them */
    uint32_t cap;
    uint32_t first_free; /* a place that was taken back, and 1; 0: none */
    uint32_t live;       /* changes that are still to be made */
    size_t bytes;        /* of messages and text, about */
    struct buf text;
};

/* A zeroed struct is an empty batch. */
void durable_batch_release(struct durable_batch *batch);

/* Empty it: references are given up, some memory stays. */
void durable_batch_clear(struct durable_batch *batch);

/*
 * Put a change at the end; takes over its references. Returns its place, for
 * durable_batch_at and durable_batch_cancel.
 */
uint32_t durable_batch_put(struct durable_batch *batch,
                           const struct durable_change *change);

/* The same with a text that is copied. */
uint32_t durable_batch_put_text(struct durable_batch *batch,
                                const struct durable_change *change,
                                struct slice text);

/* Append to the batch's text; returns where it lies. */
uint32_t durable_batch_put_bytes(struct durable_batch *batch,
                                 struct slice text);

/*
 * The same where order does not matter, because the row's number is new:
 * DURABLE_MESSAGE_ADD, DURABLE_DELIVERY_ADD.
 */
uint32_t durable_batch_add(struct durable_batch *batch,
                           const struct durable_change *change);

static inline struct durable_change *
durable_batch_at(const struct durable_batch *batch, uint32_t place)
{
    return &batch->changes[place];
}

/* Take back what durable_batch_add has put. */
void durable_batch_cancel(struct durable_batch *batch, uint32_t place);

static inline struct slice
durable_batch_text(const struct durable_batch *batch,
                   const struct durable_change *change)
{
    return slice_of(batch->text.bytes + change->text_at, change->text_len);
}

#endif
