#include "broker/message.h"

#include "mqtt/property.h"

#include <assert.h>
#include <string.h>

/*
 * Does the Server pass this Property on, unaltered? Those are the Properties
 * of a Will Message, without the two that count time: Payload Format Indicator
 * [MQTT-3.3.2-4], Response Topic [MQTT-3.3.2-15], Correlation Data
 * [MQTT-3.3.2-16], User Property [MQTT-3.3.2-17], Content Type
 * [MQTT-3.3.2-20].
 */
static bool is_forwarded(const struct property *property)
{
    return (property->info->packets & PROPERTY_BIT(PROPERTY_IN_WILL)) &&
           property->info->id != PROPERTY_WILL_DELAY_INTERVAL &&
           property->info->id != PROPERTY_MESSAGE_EXPIRY_INTERVAL;
}

static size_t forwarded_size(struct slice properties)
{
    struct property property;
    size_t size = 0;

    while (property_next(&properties, &property))
        size += is_forwarded(&property) ? property.bytes.len : 0;
    return size;
}

static uint8_t *put(uint8_t *to, struct slice slice)
{
    if (slice.len)
        memcpy(to, slice.bytes, slice.len);
    return to + slice.len;
}

/* Copy in the order they came, which User Properties keep [MQTT-3.3.2-18]. */
static uint8_t *put_forwarded(uint8_t *to, struct slice properties)
{
    struct property property;

    while (property_next(&properties, &property)) {
        if (is_forwarded(&property))
            to = put(to, property.bytes);
    }
    return to;
}

struct message *message_new(const struct mqtt_publish *publish, uint64_t now_ms,
                            uint64_t cause)
{
    return message_new_from(publish, now_ms, cause, slice_of(NULL, 0));
}

struct message *message_new_from(const struct mqtt_publish *publish,
                                 uint64_t now_ms, uint64_t cause,
                                 struct slice source)
{
    struct property expiry;
    size_t properties_len =
        publish->properties.len ? forwarded_size(publish->properties) : 0;
    size_t len = offsetof(struct message, bytes) + publish->topic.len +
                 properties_len + publish->payload.len + source.len;

    if (len < sizeof(struct message)) /* which is padded at its end */
        len = sizeof(struct message);
    assert(publish->topic.len <= UINT16_MAX);
    assert(publish->payload.len <= MQTT_MAX_REMAINING_LENGTH);

    struct message *message = (struct message *)shared_new(len)->bytes;
    *message = (struct message){
        .cause = cause,
        .arrived_ms = now_ms,
        .properties_len = (uint32_t)properties_len,
        .payload_len = (uint32_t)publish->payload.len,
        .topic_len = (uint16_t)publish->topic.len,
        .qos = publish->qos,
        .retain = publish->retain,
        .has_source = source.len != 0,
    };
    uint8_t *to = put(message->bytes, publish->topic);
    if (publish->properties.len) {
        to = put_forwarded(to, publish->properties);
        message->has_expiry = property_find(
            publish->properties, PROPERTY_MESSAGE_EXPIRY_INTERVAL, &expiry);
        message->expiry_s = message->has_expiry ? expiry.number : 0;
    }
    to = put(to, publish->payload);
    put(to, source);
    return message;
}

void message_unref(struct message *message)
{
    if (message)
        shared_unref(message_shared(message));
}

uint32_t message_remaining_s(const struct message *message, uint64_t now_ms)
{
    uint64_t all_ms = message->expiry_s * UINT64_C(1000);
    uint64_t age_ms =
        now_ms - message->arrived_ms; /* before 0 it is right too */

    if (!message->has_expiry || age_ms >= all_ms)
        return 0;
    return (uint32_t)((all_ms - age_ms + 999) / 1000);
}

void message_put_properties(const struct message *message, uint64_t now_ms,
                            struct buf *properties)
{
    if (message->has_expiry)
        property_put_number(properties, PROPERTY_MESSAGE_EXPIRY_INTERVAL,
                            message_remaining_s(message, now_ms));
    buf_append_slice(properties, message_properties(message));
}

void message_forward_properties(struct slice properties, struct buf *out)
{
    size_t size = forwarded_size(properties);
    uint8_t *to = buf_reserve(out, size);

    put_forwarded(to, properties);
    out->len += (uint32_t)size;
}
