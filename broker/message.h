/*
 * An Application Message that must outlive a turn: queued, retained, a will.
 *
 * One allocation, a struct shared (base/shared.h), holds the message, its
 * topic, its Properties and its payload, so that link_send_shared can refer
 * to the payload where it lies. Whoever keeps a pointer holds a reference. A
 * message never changes; a queue that needs state of its own keeps it beside.
 */
#ifndef BROKER_MESSAGE_H
#define BROKER_MESSAGE_H

#include "base/buf.h"
#include "base/shared.h"
#include "base/slice.h"
#include "mqtt/publish.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message {
    uint64_t cause;          /* seq of the publisher's record, 0 for none */
    uint64_t arrived_ms;     /* by the loop's monotonic clock; of one from
                                before the system's start: below 0, modulo 2^64 */
    uint32_t expiry_s;       /* Message Expiry Interval, if has_expiry */
    uint32_t properties_len; /* bytes of each part, in this order */
    uint32_t payload_len;
    uint32_t stored; /* its row in the durable store; 0: none */
    uint16_t topic_len;
    uint8_t qos;         /* the publisher's */
    bool retain : 1;     /* the publisher's */
    bool has_expiry : 1; /* the publisher gave a Message Expiry Interval */
    bool has_source : 1; /* it is known who the publisher was */
    uint8_t bytes[];     /* topic, Properties, payload, source */
};

/*
 * Copy what the publisher sent; publish->topic is the whole Topic Name, also
 * when a Topic Alias stood for it. Of the Properties only those are kept that
 * go on to subscribers unaltered [MQTT-3.3.2-4] [MQTT-3.3.2-15]
 * [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]; Topic
 * Alias and Subscription Identifiers are not, and the Message Expiry Interval
 * is kept as a number. A will is made the same way: its Will Delay Interval is
 * left out. now_ms is clock_ms of the loop. The caller has one reference.
 */
struct message *message_new(const struct mqtt_publish *publish, uint64_t now_ms,
                            uint64_t cause);

/* The same with a note of its publisher (retain_source.h); empty: none. */
struct message *message_new_from(const struct mqtt_publish *publish,
                                 uint64_t now_ms, uint64_t cause,
                                 struct slice source);

/* The allocation that the message lies in, for link_send_shared. */
static inline struct shared *message_shared(const struct message *message)
{
    return (struct shared *)((uintptr_t)message -
                             offsetof(struct shared, bytes));
}

static inline struct message *message_ref(struct message *message)
{
    shared_ref(message_shared(message));
    return message;
}

/* The last reference frees; NULL does nothing. */
void message_unref(struct message *message);

static inline struct slice message_topic(const struct message *message)
{
    return slice_of(message->bytes, message->topic_len);
}

/* Without the Message Expiry Interval; message_put_properties adds it. */
static inline struct slice message_properties(const struct message *message)
{
    return slice_of(message->bytes + message->topic_len,
                    message->properties_len);
}

static inline struct slice message_payload(const struct message *message)
{
    return slice_of(message->bytes + message->topic_len +
                        message->properties_len,
                    message->payload_len);
}

/* Where the payload begins in message_shared(message)->bytes. */
static inline size_t message_payload_offset(const struct message *message)
{
    return offsetof(struct message, bytes) + message->topic_len +
           message->properties_len;
}

/* Who has published it, as message_new_from was told; empty: nobody knows. */
static inline struct slice message_source(const struct message *message)
{
    size_t at = message_payload_offset(message) + message->payload_len;

    return message->has_source ? slice_of((const uint8_t *)message + at,
                                          message_shared(message)->len - at)
                               : slice_of(NULL, 0);
}

/* What it costs in memory, for limits on bytes. */
static inline size_t message_size_bytes(const struct message *message)
{
    return sizeof(struct shared) + message_shared(message)->len;
}

/* Is its Message Expiry Interval over? [MQTT-3.3.2-5] */
static inline bool message_expired(const struct message *message,
                                   uint64_t now_ms)
{
    return message->has_expiry &&
           now_ms - message->arrived_ms >= message->expiry_s * UINT64_C(1000);
}

/*
 * What is left of the Message Expiry Interval, in seconds, rounded up, which
 * is what a subscriber is told [MQTT-3.3.2-6]; 0 when it has none.
 */
uint32_t message_remaining_s(const struct message *message, uint64_t now_ms);

/*
 * Append the Properties that a version 5 subscriber gets: what is left of the
 * Message Expiry Interval, then the others in the order they came.
 */
void message_put_properties(const struct message *message, uint64_t now_ms,
                            struct buf *properties);

/*
 * Append those of properties that a publisher's message passes on, without
 * the Message Expiry Interval: for sending one at once, without a message.
 */
void message_forward_properties(struct slice properties, struct buf *out);

#endif
