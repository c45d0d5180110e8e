/*
 *   +-----------------+-----+-------+-----+-------+ - -
 *   | Property Length | id  | value | id  | value |
 *   +-----------------+-----+-------+-----+-------+ - -
 *     varint            varint  by the type of id
 */
#include "mqtt/property.h"

#include "mqtt/topic.h"
#include "mqtt/utf8.h"
#include "mqtt/varint.h"
#include "mqtt/writer.h"

#include <assert.h>

#define IN(type) PROPERTY_BIT(MQTT_##type)
#define WILL     PROPERTY_BIT(PROPERTY_IN_WILL)
#define ACKS                                                            \
    (IN(CONNACK) | IN(PUBACK) | IN(PUBREC) | IN(PUBREL) | IN(PUBCOMP) | \
     IN(SUBACK) | IN(UNSUBACK) | IN(DISCONNECT) | IN(AUTH))

/* [MQTT5 2.2.2.2, table 2-4] */
/* clang-format off */
static const struct property_info table[] = {
    {PROPERTY_PAYLOAD_FORMAT_INDICATOR, "Payload Format Indicator",
     "payload-format-indicator", PROPERTY_BYTE, IN(PUBLISH) | WILL, false},
    {PROPERTY_MESSAGE_EXPIRY_INTERVAL, "Message Expiry Interval",
     "message-expiry-interval", PROPERTY_U32, IN(PUBLISH) | WILL, false},
    {PROPERTY_CONTENT_TYPE, "Content Type",
     "content-type", PROPERTY_STRING, IN(PUBLISH) | WILL, false},
    {PROPERTY_RESPONSE_TOPIC, "Response Topic",
     "response-topic", PROPERTY_STRING, IN(PUBLISH) | WILL, false},
    {PROPERTY_CORRELATION_DATA, "Correlation Data",
     "correlation-data", PROPERTY_BINARY, IN(PUBLISH) | WILL, false},
    /* May be repeated in PUBLISH only; property_read sees to that. */
    {PROPERTY_SUBSCRIPTION_IDENTIFIER, "Subscription Identifier",
     "subscription-identifier", PROPERTY_VARINT, IN(PUBLISH) | IN(SUBSCRIBE),
     false},
    {PROPERTY_SESSION_EXPIRY_INTERVAL, "Session Expiry Interval",
     "session-expiry-interval", PROPERTY_U32,
     IN(CONNECT) | IN(CONNACK) | IN(DISCONNECT), false},
    {PROPERTY_ASSIGNED_CLIENT_IDENTIFIER, "Assigned Client Identifier",
     "assigned-client-identifier", PROPERTY_STRING, IN(CONNACK), false},
    {PROPERTY_SERVER_KEEP_ALIVE, "Server Keep Alive",
     "server-keep-alive", PROPERTY_U16, IN(CONNACK), false},
    {PROPERTY_AUTHENTICATION_METHOD, "Authentication Method",
     "authentication-method", PROPERTY_STRING,
     IN(CONNECT) | IN(CONNACK) | IN(AUTH), false},
    {PROPERTY_AUTHENTICATION_DATA, "Authentication Data",
     "authentication-data", PROPERTY_BINARY,
     IN(CONNECT) | IN(CONNACK) | IN(AUTH), false},
    {PROPERTY_REQUEST_PROBLEM_INFORMATION, "Request Problem Information",
     "request-problem-information", PROPERTY_BYTE, IN(CONNECT), false},
    {PROPERTY_WILL_DELAY_INTERVAL, "Will Delay Interval",
     "will-delay-interval", PROPERTY_U32, WILL, false},
    {PROPERTY_REQUEST_RESPONSE_INFORMATION, "Request Response Information",
     "request-response-information", PROPERTY_BYTE, IN(CONNECT), false},
    {PROPERTY_RESPONSE_INFORMATION, "Response Information",
     "response-information", PROPERTY_STRING, IN(CONNACK), false},
    {PROPERTY_SERVER_REFERENCE, "Server Reference",
     "server-reference", PROPERTY_STRING, IN(CONNACK) | IN(DISCONNECT), false},
    {PROPERTY_REASON_STRING, "Reason String",
     "reason-string", PROPERTY_STRING, ACKS, false},
    {PROPERTY_RECEIVE_MAXIMUM, "Receive Maximum",
     "receive-maximum", PROPERTY_U16, IN(CONNECT) | IN(CONNACK), false},
    {PROPERTY_TOPIC_ALIAS_MAXIMUM, "Topic Alias Maximum",
     "topic-alias-maximum", PROPERTY_U16, IN(CONNECT) | IN(CONNACK), false},
    {PROPERTY_TOPIC_ALIAS, "Topic Alias",
     "topic-alias", PROPERTY_U16, IN(PUBLISH), false},
    {PROPERTY_MAXIMUM_QOS, "Maximum QoS",
     "maximum-qos", PROPERTY_BYTE, IN(CONNACK), false},
    {PROPERTY_RETAIN_AVAILABLE, "Retain Available",
     "retain-available", PROPERTY_BYTE, IN(CONNACK), false},
    {PROPERTY_USER_PROPERTY, "User Property",
     "user-property", PROPERTY_STRING_PAIR,
     ACKS | WILL | IN(CONNECT) | IN(PUBLISH) | IN(SUBSCRIBE) | IN(UNSUBSCRIBE),
     true},
    {PROPERTY_MAXIMUM_PACKET_SIZE, "Maximum Packet Size",
     "maximum-packet-size", PROPERTY_U32, IN(CONNECT) | IN(CONNACK), false},
    {PROPERTY_WILDCARD_SUBSCRIPTION_AVAILABLE,
     "Wildcard Subscription Available", "wildcard-subscription-available",
     PROPERTY_BYTE, IN(CONNACK), false},
    {PROPERTY_SUBSCRIPTION_IDENTIFIERS_AVAILABLE,
     "Subscription Identifier Available", "subscription-identifier-available",
     PROPERTY_BYTE, IN(CONNACK), false},
    {PROPERTY_SHARED_SUBSCRIPTION_AVAILABLE, "Shared Subscription Available",
     "shared-subscription-available", PROPERTY_BYTE, IN(CONNACK), false},
    {0, NULL, NULL, 0, 0, false},
};
/* clang-format on */

const struct property_info *property_table(void)
{
    return table;
}

/* The row of each identifier, counted from 1; 0 where there is none. */
static const uint8_t row_of[] = {
    [0x01] = 1,  [0x02] = 2,  [0x03] = 3,  [0x08] = 4,  [0x09] = 5,
    [0x0b] = 6,  [0x11] = 7,  [0x12] = 8,  [0x13] = 9,  [0x15] = 10,
    [0x16] = 11, [0x17] = 12, [0x18] = 13, [0x19] = 14, [0x1a] = 15,
    [0x1c] = 16, [0x1f] = 17, [0x21] = 18, [0x22] = 19, [0x23] = 20,
    [0x24] = 21, [0x25] = 22, [0x26] = 23, [0x27] = 24, [0x28] = 25,
    [0x29] = 26, [0x2a] = 27,
};

const struct property_info *property_info(uint32_t id)
{
    if (id >= sizeof(row_of) || row_of[id] == 0)
        return NULL;
    return &table[row_of[id] - 1];
}

/* Text is read as bytes here: it is judged once, by property_read. */
static void read_value(struct reader *reader, struct property *property)
{
    switch (property->info->type) {
    case PROPERTY_BYTE: property->number = reader_u8(reader); break;
    case PROPERTY_U16: property->number = reader_u16(reader); break;
    case PROPERTY_U32: property->number = reader_u32(reader); break;
    case PROPERTY_VARINT: property->number = reader_varint(reader); break;
    case PROPERTY_STRING:
    case PROPERTY_BINARY: property->string = reader_binary(reader); break;
    case PROPERTY_STRING_PAIR:
        property->string = reader_binary(reader);
        property->value = reader_binary(reader);
        break;
    }
}

/* Is the value in the range that the standard gives this Property? */
static bool in_range(const struct property *property)
{
    switch (property->info->id) {
    case PROPERTY_PAYLOAD_FORMAT_INDICATOR:
    case PROPERTY_REQUEST_PROBLEM_INFORMATION:
    case PROPERTY_REQUEST_RESPONSE_INFORMATION:
    case PROPERTY_MAXIMUM_QOS:
    case PROPERTY_RETAIN_AVAILABLE:
    case PROPERTY_WILDCARD_SUBSCRIPTION_AVAILABLE:
    case PROPERTY_SUBSCRIPTION_IDENTIFIERS_AVAILABLE:
    case PROPERTY_SHARED_SUBSCRIPTION_AVAILABLE: return property->number <= 1;
    case PROPERTY_SUBSCRIPTION_IDENTIFIER:
    case PROPERTY_RECEIVE_MAXIMUM:
    case PROPERTY_MAXIMUM_PACKET_SIZE: return property->number != 0;
    case PROPERTY_RESPONSE_TOPIC: /* [MQTT-3.3.2-14] */
        return topic_name_valid(property->string);
    case PROPERTY_MESSAGE_EXPIRY_INTERVAL:
    case PROPERTY_CONTENT_TYPE:
    case PROPERTY_CORRELATION_DATA:
    case PROPERTY_SESSION_EXPIRY_INTERVAL:
    case PROPERTY_ASSIGNED_CLIENT_IDENTIFIER:
    case PROPERTY_SERVER_KEEP_ALIVE:
    case PROPERTY_AUTHENTICATION_METHOD:
    case PROPERTY_AUTHENTICATION_DATA:
    case PROPERTY_WILL_DELAY_INTERVAL:
    case PROPERTY_RESPONSE_INFORMATION:
    case PROPERTY_SERVER_REFERENCE:
    case PROPERTY_REASON_STRING:
    case PROPERTY_TOPIC_ALIAS_MAXIMUM:
    case PROPERTY_TOPIC_ALIAS:
    case PROPERTY_USER_PROPERTY: return true;
    }
    return true;
}

/* Read one Property; false when the reader failed. */
static bool read_one(struct reader *reader, struct property *property)
{
    struct slice before = reader->rest;
    uint32_t id = reader_varint(reader);

    *property = (struct property){.info = property_info(id)};
    if (!property->info) {
        reader_fail(reader, MQTT_MALFORMED_PACKET);
        return false;
    }
    read_value(reader, property);
    property->bytes = slice_first(before, before.len - reader->rest.len);
    return !reader->reason;
}

/* Is all text well-formed? [MQTT-1.5.4-1] [MQTT-1.5.7-1]; Response Topic and
   Content Type [MQTT-3.3.2-13] [MQTT-3.3.2-19] are among it. */
static bool text_valid(const struct property *property)
{
    switch (property->info->type) {
    case PROPERTY_STRING: return utf8_valid(property->string);
    case PROPERTY_STRING_PAIR:
        return utf8_valid(property->string) && utf8_valid(property->value);
    case PROPERTY_BYTE:
    case PROPERTY_U16:
    case PROPERTY_U32:
    case PROPERTY_VARINT:
    case PROPERTY_BINARY: return true;
    }
    return true;
}

/* Judge one Property that was read; seen has the bits of those before. */
static enum mqtt_reason judge(const struct property *property, unsigned where,
                              uint64_t seen)
{
    const struct property_info *info = property->info;
    bool repeatable =
        info->repeatable || (info->id == PROPERTY_SUBSCRIPTION_IDENTIFIER &&
                             where == MQTT_PUBLISH); /* [MQTT-3.3.4-4] */

    if (!(info->packets & PROPERTY_BIT(where)) || !text_valid(property))
        return MQTT_MALFORMED_PACKET; /* [MQTT5 2.2.2.2] */
    if ((seen >> info->id & 1) && !repeatable)
        return MQTT_PROTOCOL_ERROR;
    return in_range(property) ? MQTT_SUCCESS : MQTT_PROTOCOL_ERROR;
}

struct slice property_read(struct reader *reader, unsigned where)
{
    struct slice all = reader_bytes(reader, reader_varint(reader));
    struct reader inner = {.rest = all};
    uint64_t seen = 0;
    struct property property;

    while (inner.rest.len && read_one(&inner, &property)) {
        enum mqtt_reason reason = judge(&property, where, seen);

        if (reason)
            reader_fail(&inner, reason);
        seen |= UINT64_C(1) << property.info->id;
    }
    /* Data is meaningless without a method [MQTT5 3.1.2.11.10]. */
    if ((seen >> PROPERTY_AUTHENTICATION_DATA & 1) &&
        !(seen >> PROPERTY_AUTHENTICATION_METHOD & 1))
        reader_fail(&inner, MQTT_PROTOCOL_ERROR);
    if (inner.reason) {
        reader_fail(reader, inner.reason);
        return slice_of(NULL, 0);
    }
    return all;
}

bool property_next(struct slice *properties, struct property *property)
{
    struct reader reader = {.rest = *properties};

    if (!reader.rest.len || !read_one(&reader, property))
        return false;
    *properties = reader.rest;
    return true;
}

bool property_find(struct slice properties, enum property_id id,
                   struct property *property)
{
    while (property_next(&properties, property)) {
        if (property->info->id == id)
            return true;
    }
    return false;
}

uint32_t property_number(struct slice properties, enum property_id id,
                         uint32_t absent)
{
    struct property property;

    return property_find(properties, id, &property) ? property.number : absent;
}

struct slice property_string(struct slice properties, enum property_id id)
{
    struct property property;

    if (!property_find(properties, id, &property))
        return slice_of(NULL, 0);
    return property.string;
}

void property_put_number(struct buf *properties, enum property_id id,
                         uint32_t number)
{
    writer_varint(properties, id);
    switch (property_info(id)->type) {
    case PROPERTY_BYTE: writer_u8(properties, (uint8_t)number); break;
    case PROPERTY_U16: writer_u16(properties, (uint16_t)number); break;
    case PROPERTY_U32: writer_u32(properties, number); break;
    case PROPERTY_VARINT: writer_varint(properties, number); break;
    case PROPERTY_STRING:
    case PROPERTY_BINARY:
    case PROPERTY_STRING_PAIR: assert(false && "a Property that is no number");
    }
}

void property_put_string(struct buf *properties, enum property_id id,
                         struct slice string)
{
    writer_varint(properties, id);
    writer_binary(properties, string);
}

void property_put_pair(struct buf *properties, struct slice name,
                       struct slice value)
{
    writer_varint(properties, PROPERTY_USER_PROPERTY);
    writer_binary(properties, name);
    writer_binary(properties, value);
}

void property_write(struct buf *out, struct slice properties)
{
    writer_varint(out, (uint32_t)properties.len); /* [MQTT-2.2.2-1] */
    buf_append_slice(out, properties);
}

size_t property_size(struct slice properties)
{
    return varint_size((uint32_t)properties.len) + properties.len;
}
