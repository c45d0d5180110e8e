/*
 *               7   6   5   4 |  3  | 2   1 |   0
 *             +---------------+-----+-------+--------+
 *  byte 1     |  0   0   1   1| DUP |  QoS  | RETAIN |
 *             +---------------+-----+-------+--------+
 *  byte 2..   |  Remaining Length, 1 to 4 bytes      |
 *             +--------------------------------------+
 *             |  Topic Name: length, 2 bytes; UTF-8  |
 *             +--------------------------------------+
 *             |  Packet Identifier, 2 bytes          |  QoS 1 and 2
 *             +--------------------------------------+
 *             |  Property Length, 1 to 4 bytes       |  version 5
 *             |  Properties                          |
 *             +--------------------------------------+
 *             |  Payload: all that is left           |
 *             +--------------------------------------+
 */
#include "mqtt/publish.h"

#include <assert.h>
#include <string.h>

#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/topic.h"
#include "mqtt/utf8.h"
#include "mqtt/varint.h"

enum {
    FLAG_RETAIN = 0x01,
    FLAG_DUP = 0x08,
};

/* Why a Topic Name that topic_name_valid() refuses is wrong, if it is. */
static enum mqtt_reason judge_topic(const struct mqtt_publish *publish,
                                    enum mqtt_version version)
{
    struct property alias;

    if (publish->topic.len > 0)
        return utf8_valid(publish->topic)
                   ? MQTT_TOPIC_NAME_INVALID /* [MQTT-3.3.2-2] [MQTT-4.7.0-1] */
                   : MQTT_MALFORMED_PACKET;  /* [MQTT-3.3.2-1] */
    if (version < MQTT_5)
        return MQTT_TOPIC_NAME_INVALID; /* [MQTT311-4.7.3-1] */
    /* An empty Topic Name needs a Topic Alias [MQTT5 3.3.2.1]. */
    if (!property_find(publish->properties, PROPERTY_TOPIC_ALIAS, &alias))
        return MQTT_PROTOCOL_ERROR;
    return MQTT_SUCCESS;
}

enum mqtt_reason publish_decode(struct mqtt_publish *publish,
                                enum mqtt_version version, uint8_t flags,
                                struct slice body)
{
    struct reader reader = {.rest = body};

    *publish = (struct mqtt_publish){
        .dup = flags & FLAG_DUP,
        .qos = (flags >> 1) & 0x03,
        .retain = flags & FLAG_RETAIN,
    };
    if (publish->qos == 3)
        return MQTT_MALFORMED_PACKET; /* [MQTT-3.3.1-4] */
    /* Version 3.1 does not forbid it, so its clients may do it. */
    if (publish->dup && publish->qos == 0 && version > MQTT_3_1)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-3.3.1-2] */

    publish->topic = reader_binary(&reader);
    if (publish->qos > 0)
        publish->packet_id = reader_u16(&reader);
    if (version >= MQTT_5)
        publish->properties = property_read(&reader, MQTT_PUBLISH);
    publish->payload = reader_rest(&reader);

    if (reader.reason)
        return reader.reason;
    if (publish->qos > 0 && publish->packet_id == 0)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-2.2.1-3] */
    if (topic_name_valid(publish->topic))
        return MQTT_SUCCESS;
    return judge_topic(publish, version);
}

static size_t remaining_length(enum mqtt_version version,
                               const struct mqtt_publish *publish)
{
    size_t len = 2 + publish->topic.len + publish->payload.len;

    if (publish->qos > 0)
        len += 2; /* [MQTT-2.2.1-2] */
    if (version >= MQTT_5)
        len += property_size(publish->properties);
    return len;
}

static uint8_t *put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put_bytes(uint8_t *at, struct slice bytes)
{
    if (bytes.len > 0)
        memcpy(at, bytes.bytes, bytes.len);
    return at + bytes.len;
}

/* Write all but the payload; returns where the payload goes. */
static uint8_t *put_head(uint8_t *at, enum mqtt_version version,
                         const struct mqtt_publish *publish, size_t remaining)
{
    assert(publish->qos <= 2 && publish->topic.len <= UINT16_MAX);
    assert(remaining <= MQTT_MAX_REMAINING_LENGTH);
    *at++ = (uint8_t)(MQTT_PUBLISH << 4 | (publish->dup ? FLAG_DUP : 0) |
                      publish->qos << 1 | (publish->retain ? FLAG_RETAIN : 0));
    at += varint_encode(at, (uint32_t)remaining);
    at = put_bytes(put_u16(at, publish->topic.len), publish->topic);
    if (publish->qos > 0)
        at = put_u16(at, publish->packet_id);
    if (version >= MQTT_5) {
        at += varint_encode(at, (uint32_t)publish->properties.len);
        at = put_bytes(at, publish->properties);
    }
    return at;
}

void publish_encode_head(struct buf *out, enum mqtt_version version,
                         const struct mqtt_publish *publish)
{
    size_t remaining = remaining_length(version, publish);
    uint8_t *start = buf_reserve(out, 5 + remaining - publish->payload.len);
    uint8_t *end = put_head(start, version, publish, remaining);

    out->len += (uint32_t)(end - start);
}

void publish_encode(struct buf *out, enum mqtt_version version,
                    const struct mqtt_publish *publish)
{
    size_t remaining = remaining_length(version, publish);
    uint8_t *start = buf_reserve(out, 5 + remaining);
    uint8_t *end = put_head(start, version, publish, remaining);

    end = put_bytes(end, publish->payload);
    out->len += (uint32_t)(end - start);
}

size_t publish_size(enum mqtt_version version,
                    const struct mqtt_publish *publish)
{
    size_t remaining = remaining_length(version, publish);

    return 1 + varint_size((uint32_t)remaining) + remaining;
}
