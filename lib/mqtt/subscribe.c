/*
 *                  7   6   5   4   3   2   1   0
 *                +---------------+---------------+
 *  byte 1        | type: 8..11   | 0   0   X   0 |  X: 1 in SUBSCRIBE and
 *                +---------------+---------------+     UNSUBSCRIBE, else 0
 *  byte 2..      | Remaining Length              |
 *                +-------------------------------+
 *                | Packet Identifier, 2 bytes    |
 *                +-------------------------------+
 *                | Property Length, 1 to 4 bytes |  version 5
 *                | Properties                    |
 *                +-------------------------------+
 *
 *  SUBSCRIBE (8), once or more:        SUBACK (9), one byte a filter:
 *
 *  +-------------------------------+   +-------------------------------+
 *  | Topic Filter: length, 2 bytes;|   | Reason Code: granted QoS, or  |
 *  | UTF-8                         |   | 0x80 and above: refused       |
 *  +-------+-------+---+---+-------+   +-------------------------------+
 *  | 0   0 |  RH   |RAP|NL |  QoS  |
 *  +-------+-------+---+---+-------+
 *     7   6   5   4   3   2   1   0    RH, RAP, NL: 0 before version 5
 *
 *  UNSUBSCRIBE (10), once or more:     UNSUBACK (11), one byte a filter,
 *                                      version 5 only:
 *  +-------------------------------+   +-------------------------------+
 *  | Topic Filter: length, 2 bytes;|   | Reason Code                   |
 *  | UTF-8                         |   +-------------------------------+
 *  +-------------------------------+
 */
#include "mqtt/subscribe.h"

#include <assert.h>

#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/topic.h"
#include "mqtt/writer.h"

/* Subscription Options [MQTT5 3.8.3.1]. */
enum {
    OPTION_QOS = 0x03,
    OPTION_NO_LOCAL = 0x04,
    OPTION_RETAIN_AS_PUBLISHED = 0x08,
    OPTION_RETAIN_HANDLING = 0x30,
    OPTION_RESERVED = 0xc0,
    OPTION_RETAIN_HANDLING_SHIFT = 4,
};

static enum mqtt_reason judge_options(uint8_t options,
                                      enum mqtt_version version,
                                      struct slice topic_filter)
{
    if (version < MQTT_5) /* [MQTT311-3.8.3-4] */
        return options > 2 ? MQTT_MALFORMED_PACKET : MQTT_SUCCESS;
    if (options & OPTION_RESERVED)
        return MQTT_MALFORMED_PACKET; /* [MQTT-3.8.3-5] */
    if ((options & OPTION_QOS) == 3 ||
        options >> OPTION_RETAIN_HANDLING_SHIFT == 3)
        return MQTT_PROTOCOL_ERROR; /* [MQTT5 3.8.3.1] */
    if ((options & OPTION_NO_LOCAL) &&
        slice_starts_with(topic_filter, slice_of_string("$share/")))
        return MQTT_PROTOCOL_ERROR; /* [MQTT-3.8.3-4] */
    return MQTT_SUCCESS;
}

/* Read one filter of the list and judge it as far as the header says. */
static void read_filter(struct reader *reader, enum mqtt_version version,
                        enum mqtt_type type)
{
    struct slice topic_filter = reader_string(reader);
    uint8_t options = type == MQTT_SUBSCRIBE ? reader_u8(reader) : 0;

    if (reader->reason)
        return;
    if (!topic_filter_valid(topic_filter)) /* [MQTT-4.7.1-1] [MQTT-4.8.2-1] */
        reader_fail(reader, MQTT_MALFORMED_PACKET);
    enum mqtt_reason reason = judge_options(options, version, topic_filter);
    if (reason)
        reader_fail(reader, reason);
}

enum mqtt_reason subscribe_decode(struct mqtt_subscribe *subscribe,
                                  enum mqtt_version version,
                                  enum mqtt_type type, struct slice body)
{
    struct reader reader = {.rest = body};

    *subscribe = (struct mqtt_subscribe){.packet_id = reader_u16(&reader)};
    if (version >= MQTT_5)
        subscribe->properties = property_read(&reader, type);
    subscribe->filters = reader.rest;
    if (reader.reason)
        return reader.reason;
    if (subscribe->packet_id == 0)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-2.2.1-3] */

    for (; reader.rest.len > 0; subscribe->count++) {
        read_filter(&reader, version, type);
        if (reader.reason)
            return reader.reason;
    }
    if (subscribe->count == 0)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-3.8.3-2] [MQTT-3.10.3-2] */
    return MQTT_SUCCESS;
}

bool subscribe_next(struct slice *filters, enum mqtt_type type,
                    struct mqtt_subscription *subscription)
{
    struct reader reader = {.rest = *filters};

    *subscription = (struct mqtt_subscription){0};
    if (filters->len == 0)
        return false;
    subscription->topic_filter = reader_binary(&reader);
    if (type == MQTT_SUBSCRIBE) {
        uint8_t options = reader_u8(&reader);

        subscription->qos = options & OPTION_QOS;
        subscription->no_local = options & OPTION_NO_LOCAL;
        subscription->retain_as_published =
            options & OPTION_RETAIN_AS_PUBLISHED;
        subscription->retain_handling =
            (options & OPTION_RETAIN_HANDLING) >> OPTION_RETAIN_HANDLING_SHIFT;
    }
    assert(!reader.reason); /* the decoder has checked the list */
    *filters = reader.rest;
    return true;
}

void subscribe_put(struct buf *filters, enum mqtt_type type,
                   const struct mqtt_subscription *subscription)
{
    assert(subscription->qos <= 2 && subscription->retain_handling <= 2);
    writer_binary(filters, subscription->topic_filter);
    if (type != MQTT_SUBSCRIBE)
        return;
    unsigned options = subscription->qos;
    if (subscription->no_local)
        options |= OPTION_NO_LOCAL;
    if (subscription->retain_as_published)
        options |= OPTION_RETAIN_AS_PUBLISHED;
    options |= (unsigned)subscription->retain_handling
               << OPTION_RETAIN_HANDLING_SHIFT;
    writer_u8(filters, (uint8_t)options);
}

/* What all four have in common: fixed header, identifier, Properties. */
static void put_head(struct buf *out, enum mqtt_version version, uint8_t first,
                     uint16_t packet_id, struct slice properties,
                     size_t payload_len)
{
    size_t len = 2 + payload_len;

    assert(packet_id > 0);
    if (version >= MQTT_5)
        len += property_size(properties);
    assert(len <= MQTT_MAX_REMAINING_LENGTH);
    buf_reserve(out, 5 + len);
    writer_header(out, first, (uint32_t)len);
    writer_u16(out, packet_id);
    if (version >= MQTT_5)
        property_write(out, properties);
}

void subscribe_encode(struct buf *out, enum mqtt_version version,
                      enum mqtt_type type,
                      const struct mqtt_subscribe *subscribe)
{
    assert(subscribe->filters.len > 0);
    /* The flags are 0010 [MQTT-3.8.1-1] [MQTT-3.10.1-1]. */
    put_head(out, version, (uint8_t)(type << 4 | 0x02), subscribe->packet_id,
             subscribe->properties, subscribe->filters.len);
    buf_append_slice(out, subscribe->filters);
}

static bool code_allowed(enum mqtt_version version, enum mqtt_type type,
                         uint8_t reason)
{
    if (version >= MQTT_5) /* [MQTT-3.9.3-2] [MQTT-3.11.3-2] */
        return reason_allowed(type, reason);
    return reason <= 2 || reason == 0x80; /* [MQTT311-3.9.3-2] */
}

enum mqtt_reason suback_decode(struct mqtt_suback *suback,
                               enum mqtt_version version, enum mqtt_type type,
                               struct slice body)
{
    struct reader reader = {.rest = body};

    *suback = (struct mqtt_suback){.packet_id = reader_u16(&reader)};
    if (version >= MQTT_5)
        suback->properties = property_read(&reader, type);
    if (version >= MQTT_5 || type == MQTT_SUBACK)
        suback->reasons = reader_rest(&reader);
    else /* UNSUBACK had no payload [MQTT311 3.11.3]. */
        reader_end(&reader);

    if (reader.reason)
        return reader.reason;
    if (suback->packet_id == 0)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-2.2.1-6] */
    /* One code a filter, and there was at least one filter. */
    if (suback->reasons.len == 0 && (version >= MQTT_5 || type == MQTT_SUBACK))
        return MQTT_PROTOCOL_ERROR;
    for (size_t i = 0; i < suback->reasons.len; i++) {
        if (!code_allowed(version, type, suback->reasons.bytes[i]))
            return MQTT_PROTOCOL_ERROR;
    }
    return MQTT_SUCCESS;
}

void suback_encode(struct buf *out, enum mqtt_version version,
                   enum mqtt_type type, const struct mqtt_suback *suback)
{
    struct slice reasons = suback->reasons;

    if (version < MQTT_5 && type == MQTT_UNSUBACK)
        reasons = slice_of(NULL, 0);
    put_head(out, version, (uint8_t)(type << 4), suback->packet_id,
             suback->properties, reasons.len);
    buf_append_slice(out, reasons);
}
