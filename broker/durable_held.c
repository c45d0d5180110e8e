#include "broker/durable_held.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/durable_state.h"
#include "broker/pump.h"
#include "broker/session.h"

enum held_kind {
    HELD_ANSWER,  /* its bytes follow */
    HELD_PUBLISH, /* of the delivery with packet_id */
    HELD_CONNACK, /* it is in the link already */
};

struct held_item {
    uint64_t batch; /* that must be committed */
    uint64_t cause;
    uint32_t len;       /* of the bytes that follow */
    uint16_t packet_id; /* of HELD_PUBLISH */
    uint8_t kind;
};

/* What one connection keeps back. */
struct durable_held {
    struct list node; /* in durable->held */
    struct connection *connection;
    struct buf items;    /* struct held_item, each with its bytes */
    uint32_t done;       /* bytes at the front of items that are let go */
    uint64_t last_batch; /* of the newest item */
    uint32_t publishes;  /* items of HELD_PUBLISH */
};

static struct durable_held *held_by(const struct connection *connection)
{
    return connection->extras ? connection->extras->held : NULL;
}

/* ---- keeping back ---- */

void durable_held_begin(struct durable *durable)
{
    durable->mark = durable->changes;
}

static void hold(struct connection *connection, struct held_item *item,
                 const void *bytes)
{
    struct durable *durable = connection->broker->durable;
    struct durable_held *held = held_by(connection);

    if (!held) {
        held = alloc_zero(1, sizeof(*held));
        held->connection = connection;
        list_append(&durable->held, &held->node);
        connection_extras(connection)->held = held;
    }
    /* Not past those that wait already. */
    if (item->batch < held->last_batch)
        item->batch = held->last_batch;
    held->last_batch = item->batch;
    held->publishes += item->kind == HELD_PUBLISH;
    buf_append(&held->items, item, sizeof(*item));
    if (item->len)
        buf_append(&held->items, bytes, item->len);
    durable->held_bytes += sizeof(*item) + item->len;
    durable->stats.held++;
    durable_touch(durable);
}

/* The newest batch with something in it that is not stored; 0: none. */
static uint64_t newest(const struct durable *durable)
{
    if (durable->collecting->live)
        return durable->collecting->number;
    return durable->writing ? durable->writing->number : 0;
}

/*
 * The batch that an answer waits for, 0: none. What was changed by the packet
 * that it answers is in the one that is collected. An answer may also repeat a
 * promise of before, so where a session is stored it waits for all that is
 * under way; only a PUBACK says nothing but of its own PUBLISH.
 */
static uint64_t batch_for(const struct durable *durable,
                          const struct session *session, bool puback)
{
    if (durable->on_request)
        return 0;
    if (durable->changes != durable->mark)
        return durable->collecting->number;
    return session->stored && !puback ? newest(durable) : 0;
}

bool durable_held_answer(struct connection *connection, struct slice packet,
                         uint64_t cause)
{
    const struct durable *durable = connection->broker->durable;
    struct held_item item = {
        .kind = HELD_ANSWER,
        .cause = cause,
        .len = (uint32_t)packet.len,
        .batch = batch_for(durable, connection->session,
                           packet.bytes[0] >> 4 == MQTT_PUBACK),
    };

    if (!item.batch && !held_by(connection))
        return false;
    hold(connection, &item, packet.bytes);
    return true;
}

bool durable_held_publish(struct session *session,
                          const struct delivery *delivery)
{
    struct durable *durable = session->connection->broker->durable;
    struct held_item item = {
        .kind = HELD_PUBLISH,
        .packet_id = delivery->packet_id,
    };

    if (delivery->stored && delivery->qos == 2 && !durable->on_request)
        item.batch = durable->collecting->number;
    else if (!durable_held_publishes(session->connection))
        return false;
    hold(session->connection, &item, NULL);
    return true;
}

bool durable_held_publishes(const struct connection *connection)
{
    const struct durable_held *held = held_by(connection);

    return held && held->publishes;
}

void durable_held_connack(struct connection *connection)
{
    struct durable *durable = connection->broker->durable;
    struct held_item item = {.kind = HELD_CONNACK};

    item.batch = batch_for(durable, connection->session, false);
    if (!item.batch)
        return;
    link_cork(&connection->link);
    hold(connection, &item, NULL);
}

/* ---- letting go ---- */

static void let_go(struct durable_held *held, const struct held_item *item,
                   const uint8_t *bytes)
{
    struct connection *connection = held->connection;

    switch ((enum held_kind)item->kind) {
    case HELD_ANSWER:
        connection_send(connection, slice_of(bytes, item->len), item->cause);
        break;
    case HELD_PUBLISH:
        pump_send_held(connection->broker, connection->session,
                       item->packet_id);
        break;
    case HELD_CONNACK: link_uncork(&connection->link); break;
    }
}

static void held_free(struct durable_held *held)
{
    held->connection->extras->held = NULL;
    list_remove(&held->node);
    buf_release(&held->items);
    free(held);
}

/* An item was dealt with. */
static void count_done(struct durable *durable, struct durable_held *held,
                       const struct held_item *item)
{
    size_t bytes = sizeof(*item) + item->len;

    held->done += (uint32_t)bytes;
    held->publishes -= item->kind == HELD_PUBLISH;
    durable->held_bytes -= bytes;
    durable->stats.held--;
}

/* Let go what waits for no later batch; frees it when that is all. */
static void release_some(struct durable *durable, struct durable_held *held)
{
    struct held_item item;

    while (held->done < held->items.len) {
        const uint8_t *at = held->items.bytes + held->done;

        memcpy(&item, at, sizeof(item));
        if (item.batch > durable->committed) {
            buf_consume(&held->items, held->done);
            held->done = 0;
            return;
        }
        let_go(held, &item, at + sizeof(item));
        count_done(durable, held, &item);
    }
    held_free(held);
}

void durable_held_release(struct durable *durable)
{
    LIST_FOREACH_SAFE (node, &durable->held)
        release_some(durable, LIST_ITEM(node, struct durable_held, node));
}

void durable_held_forget(struct connection *connection)
{
    struct durable *durable = connection->broker->durable;
    struct durable_held *held = held_by(connection);
    struct held_item item;

    while (held->done < held->items.len) {
        memcpy(&item, held->items.bytes + held->done, sizeof(item));
        count_done(durable, held, &item);
    }
    held_free(held);
}
