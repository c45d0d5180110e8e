/*
 * Properties of MQTT 5 [MQTT5 2.2.2]: one table says what each is.
 *
 * A decoded packet keeps its Properties as the bytes they came in, checked
 * once: every identifier known and allowed in this packet, none twice that
 * may not be, every value in its range. So reading them later cannot fail, and
 * passing them on costs a copy of bytes. For versions 3.1 and 3.1.1 the slice
 * is empty.
 */
#ifndef MQTT_PROPERTY_H
#define MQTT_PROPERTY_H

#include "base/buf.h"
#include "mqtt/reader.h"
#include "mqtt/reason.h"

enum property_id {
    PROPERTY_PAYLOAD_FORMAT_INDICATOR = 0x01,
    PROPERTY_MESSAGE_EXPIRY_INTERVAL = 0x02,
    PROPERTY_CONTENT_TYPE = 0x03,
    PROPERTY_RESPONSE_TOPIC = 0x08,
    PROPERTY_CORRELATION_DATA = 0x09,
    PROPERTY_SUBSCRIPTION_IDENTIFIER = 0x0b,
    PROPERTY_SESSION_EXPIRY_INTERVAL = 0x11,
    PROPERTY_ASSIGNED_CLIENT_IDENTIFIER = 0x12,
    PROPERTY_SERVER_KEEP_ALIVE = 0x13,
    PROPERTY_AUTHENTICATION_METHOD = 0x15,
    PROPERTY_AUTHENTICATION_DATA = 0x16,
    PROPERTY_REQUEST_PROBLEM_INFORMATION = 0x17,
    PROPERTY_WILL_DELAY_INTERVAL = 0x18,
    PROPERTY_REQUEST_RESPONSE_INFORMATION = 0x19,
    PROPERTY_RESPONSE_INFORMATION = 0x1a,
    PROPERTY_SERVER_REFERENCE = 0x1c,
    PROPERTY_REASON_STRING = 0x1f,
    PROPERTY_RECEIVE_MAXIMUM = 0x21,
    PROPERTY_TOPIC_ALIAS_MAXIMUM = 0x22,
    PROPERTY_TOPIC_ALIAS = 0x23,
    PROPERTY_MAXIMUM_QOS = 0x24,
    PROPERTY_RETAIN_AVAILABLE = 0x25,
    PROPERTY_USER_PROPERTY = 0x26,
    PROPERTY_MAXIMUM_PACKET_SIZE = 0x27,
    PROPERTY_WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28,
    PROPERTY_SUBSCRIPTION_IDENTIFIERS_AVAILABLE = 0x29,
    PROPERTY_SHARED_SUBSCRIPTION_AVAILABLE = 0x2a,
};

enum property_type {
    PROPERTY_BYTE = 1,
    PROPERTY_U16,
    PROPERTY_U32,
    PROPERTY_VARINT,
    PROPERTY_STRING,
    PROPERTY_BINARY,
    PROPERTY_STRING_PAIR,
};

/* Where Properties stand: a packet type, or the Will inside CONNECT. */
#define PROPERTY_IN_WILL    0u
#define PROPERTY_BIT(where) (1u << (where))

struct property_info {
    enum property_id id;
    const char *name;   /* as the standard writes it */
    const char *option; /* as mosquitto's -D writes it: "topic-alias" */
    enum property_type type;
    uint16_t packets; /* bits PROPERTY_BIT(type or PROPERTY_IN_WILL) */
    bool repeatable;  /* may occur more than once in any packet */
};

/* What an identifier means, or NULL when the standard has none such. */
const struct property_info *property_info(uint32_t id);

/* The whole table, in order of identifier, ended by a row with id 0. */
const struct property_info *property_table(void);

/* One Property, borrowed from its packet. */
struct property {
    const struct property_info *info;
    uint32_t number;     /* of a byte or integer */
    struct slice string; /* of a string, binary data, or a pair's name */
    struct slice value;  /* of a pair */
    struct slice bytes;  /* identifier and value as encoded */
};

/*
 * Read Property Length and Properties and check them for a packet type or
 * PROPERTY_IN_WILL. Returns the Properties without their length; on failure
 * the reader has the reason: MQTT_MALFORMED_PACKET for one that is unknown,
 * not for this packet [MQTT5 2.2.2.2], cut short or ill-formed text;
 * MQTT_PROTOCOL_ERROR for one twice or a value out of range.
 */
struct slice property_read(struct reader *reader, unsigned where);

/*
 * Take the next Property from properties, which were checked. Returns false
 * at the end. Usage: for (struct slice p = all; property_next(&p, &one);)
 */
bool property_next(struct slice *properties, struct property *property);

/* Find the first with this id. */
bool property_find(struct slice properties, enum property_id id,
                   struct property *property);

/* The number of a Property, or what to assume when it is absent. */
uint32_t property_number(struct slice properties, enum property_id id,
                         uint32_t absent);

/* The string or binary data of a Property; empty when it is absent. */
struct slice property_string(struct slice properties, enum property_id id);

/* Append one Property: identifier and value, by the table's type. */
void property_put_number(struct buf *properties, enum property_id id,
                         uint32_t number);
void property_put_string(struct buf *properties, enum property_id id,
                         struct slice string);
void property_put_pair(struct buf *properties, struct slice name,
                       struct slice value);

/* Write Property Length and the Properties. */
void property_write(struct buf *out, struct slice properties);

/* The number of bytes that property_write writes. */
size_t property_size(struct slice properties);

#endif
