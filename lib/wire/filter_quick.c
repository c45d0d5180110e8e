/*
 * What filters ask for most, without dissecting the packet.
 *
 * Answers are given only where the dissector would certainly find the same: in
 * a whole packet that the broker did not refuse. Mostly the answer is that a
 * packet of this type does not have the field.
 */
#include "mqtt/varint.h"
#include "wire/filter_tree.h"

#include <string.h>

#define ONLY(type) (1u << (type))
#define ANY_TYPE   0xfffeu

/* A packet taken apart as far as it always can be. */
struct parts {
    uint8_t first; /* byte */
    uint8_t type;
    uint8_t qos;
    uint8_t version;
    struct slice body;
};

struct filter_quick {
    const char *prefix; /* of the names of the fields */
    uint16_t types;     /* packets that may have them, as bits */
    bool (*get)(const struct parts *parts, struct filter_values *values);
};

static bool add_number(struct filter_values *values, uint64_t number)
{
    filter_values_add(
        values, &(struct filter_value){.number = number, .mask = UINT32_MAX});
    return true;
}

static bool add_bytes(struct filter_values *values, struct slice bytes)
{
    filter_values_add(values, &(struct filter_value){.bytes = bytes});
    return true;
}

/* False when the packet is not all there or is no MQTT. */
static bool take_apart(const struct history_row *row, struct parts *parts)
{
    const struct record *record = &row->record;
    uint32_t remaining_length;

    if (record->bytes.len < 2 ||
        record->flags & (RECORD_TRUNCATED | RECORD_MALFORMED))
        return false;
    int size = varint_decode(record->bytes.bytes + 1, record->bytes.len - 1,
                             &remaining_length);
    if (size <= 0)
        return false;
    parts->first = record->bytes.bytes[0];
    parts->type = parts->first >> 4;
    parts->qos = parts->first >> 1 & 3;
    parts->version = row->note.version;
    parts->body = slice_skip(record->bytes, 1 + (size_t)size);
    return parts->body.len == remaining_length &&
           (parts->type != MQTT_PUBLISH || parts->qos < 3);
}

/* Is it a PUBLISH whose Topic Name is in *topic, with *rest behind it? */
static bool split_publish(const struct parts *parts, struct slice *topic,
                          struct slice *rest)
{
    struct slice body = parts->body;

    if (parts->type != MQTT_PUBLISH || body.len < 2)
        return false;
    size_t len = (size_t)body.bytes[0] << 8 | body.bytes[1];
    if (!len || body.len - 2 < len)
        return false;
    *topic = slice_of(body.bytes + 2, len);
    *rest = slice_skip(body, 2 + len);
    return true;
}

static bool get_msgtype(const struct parts *parts, struct filter_values *values)
{
    return add_number(values, parts->type);
}

static bool get_len(const struct parts *parts, struct filter_values *values)
{
    return add_number(values, parts->body.len);
}

static bool get_hdrflags(const struct parts *parts,
                         struct filter_values *values)
{
    return add_number(values, parts->first);
}

static bool get_dupflag(const struct parts *parts, struct filter_values *values)
{
    return parts->type == MQTT_PUBLISH &&
           add_number(values, parts->first >> 3 & 1);
}

static bool get_qos(const struct parts *parts, struct filter_values *values)
{
    return parts->type == MQTT_PUBLISH && add_number(values, parts->qos);
}

static bool get_retain(const struct parts *parts, struct filter_values *values)
{
    return parts->type == MQTT_PUBLISH && add_number(values, parts->first & 1);
}

static bool get_msgid(const struct parts *parts, struct filter_values *values)
{
    struct slice topic;
    struct slice rest = parts->body;

    if (parts->type == MQTT_PUBLISH && !split_publish(parts, &topic, &rest))
        return false;
    if (parts->type == MQTT_PUBLISH && parts->qos == 0)
        return true;
    return rest.len >= 2 &&
           add_number(values, (uint64_t)rest.bytes[0] << 8 | rest.bytes[1]);
}

/* Only of a PUBLISH with a topic of its own; the others have lists. */
static bool get_topic(const struct parts *parts, struct filter_values *values)
{
    struct slice topic;
    struct slice rest;

    return split_publish(parts, &topic, &rest) && add_bytes(values, topic);
}

/* Only without Properties, which may be wrong, and with something in it. */
static bool get_msg(const struct parts *parts, struct filter_values *values)
{
    struct slice topic;
    struct slice rest;
    size_t before = parts->qos ? 2 : 0;

    if (!split_publish(parts, &topic, &rest) || !parts->version)
        return false;
    if (parts->version == MQTT_5) {
        if (rest.len <= before || rest.bytes[before])
            return false;
        before++;
    }
    return rest.len > before && add_bytes(values, slice_skip(rest, before));
}

/* In version 3.1 these flags stand in more packets than in PUBLISH. */
#define FLAG_TYPES                                                   \
    (ONLY(MQTT_PUBLISH) | ONLY(MQTT_PUBREL) | ONLY(MQTT_SUBSCRIBE) | \
     ONLY(MQTT_UNSUBSCRIBE))
#define ID_TYPES                                                      \
    (ANY_TYPE &                                                       \
     ~(ONLY(MQTT_CONNECT) | ONLY(MQTT_CONNACK) | ONLY(MQTT_PINGREQ) | \
       ONLY(MQTT_PINGRESP) | ONLY(MQTT_DISCONNECT) | ONLY(MQTT_AUTH)))
#define TOPIC_TYPES \
    (ONLY(MQTT_PUBLISH) | ONLY(MQTT_SUBSCRIBE) | ONLY(MQTT_UNSUBSCRIBE))

/* clang-format off */
static const struct filter_quick table[] = {
    /* what begins with another one's prefix stands before it */
    {"mqtt.msgtype",   ANY_TYPE,            get_msgtype},
    {"mqtt.msgid",     ID_TYPES,            get_msgid},
    {"mqtt.msg_",      ONLY(MQTT_PUBLISH),  NULL},
    {"mqtt.msg",       ONLY(MQTT_PUBLISH),  get_msg},
    {"mqtt.topic_len", TOPIC_TYPES,         NULL},
    {"mqtt.topic",     TOPIC_TYPES,         get_topic},
    {"mqtt.len",       ANY_TYPE,            get_len},
    {"mqtt.hdrflags",  ANY_TYPE,            get_hdrflags},
    {"mqtt.dupflag",   FLAG_TYPES,          get_dupflag},
    {"mqtt.qos",       FLAG_TYPES,          get_qos},
    {"mqtt.retain_",   FLAG_TYPES,          NULL},
    {"mqtt.retain",    FLAG_TYPES,          get_retain},
    {"mqtt.conack",    ONLY(MQTT_CONNACK),  NULL},
    {"mqtt.connack",   ONLY(MQTT_CONNACK),  NULL},
    {"mqtt.conflag",   ONLY(MQTT_CONNECT),  NULL},
    {"mqtt.clientid",  ONLY(MQTT_CONNECT),  NULL},
    {"mqtt.username",  ONLY(MQTT_CONNECT),  NULL},
    {"mqtt.passwd",    ONLY(MQTT_CONNECT),  NULL},
    {"mqtt.will",      ONLY(MQTT_CONNECT),  NULL},
    {"mqtt.ver",       ONLY(MQTT_CONNECT),  NULL},
    {"mqtt.proto",     ONLY(MQTT_CONNECT),  NULL},
    {"mqtt.kalive",    ONLY(MQTT_CONNECT),  NULL},
    {"mqtt.sub.",      ONLY(MQTT_SUBSCRIBE), NULL},
    {"mqtt.subscript", ONLY(MQTT_SUBSCRIBE), NULL},
    {"mqtt.suback",    ONLY(MQTT_SUBACK),   NULL},
    {"mqtt.unsuback",  ONLY(MQTT_UNSUBACK), NULL},
    {"mqtt.puback",    ONLY(MQTT_PUBACK),   NULL},
    {"mqtt.pubrec",    ONLY(MQTT_PUBREC),   NULL},
    {"mqtt.pubrel",    ONLY(MQTT_PUBREL),   NULL},
    {"mqtt.pubcomp",   ONLY(MQTT_PUBCOMP),  NULL},
    {"mqtt.disconn",   ONLY(MQTT_DISCONNECT), NULL},
};
/* clang-format on */

const struct filter_quick *filter_quick_find(const char *name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (!strncmp(name, table[i].prefix, strlen(table[i].prefix)))
            return &table[i];
    }
    return NULL;
}

bool filter_quick_get(const struct filter_quick *quick,
                      const struct history_row *row,
                      struct filter_values *values)
{
    struct parts parts;

    if (!take_apart(row, &parts) || !parts.type)
        return false;
    if (!(quick->types >> parts.type & 1))
        return true;
    return quick->get && quick->get(&parts, values);
}
