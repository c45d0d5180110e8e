/*
 *   +------------+-------------------+------------+---------+
 *   | Topic Name | Packet Identifier | Properties | Payload |      PUBLISH
 *   +------------+-------------------+------------+---------+
 *     string       2, QoS 1 and 2      version 5    the rest
 *
 *   +-------------------+-------------+------------+
 *   | Packet Identifier | Reason Code | Properties |              PUBACK ...
 *   +-------------------+-------------+------------+
 *     2                   version 5; both may be left out
 */
#include "wire/dissect_body.h"

#include "mqtt/property.h"
#include "mqtt/utf8.h"

#include <string.h>

void dissect_packet_id(struct dissector *d)
{
    uint32_t packet_id = dissector_number(d, DISSECT_MSGID, 2);

    if (d->stopped || packet_id != 0)
        return;
    /* [MQTT-2.2.1-3] [MQTT-2.2.1-4] */
    if (d->type == MQTT_PUBLISH && !d->from_client)
        dissector_fail(d, RULE_PACKET_ID_0_BROKER);
    else
        dissector_fail(d, RULE_PACKET_ID_0);
}

/* The Properties stand further on, but decide whether an empty Topic Name is
   right: then a Topic Alias stands for it. */
static bool alias_follows(const struct dissector *d)
{
    uint32_t end = d->end < d->bytes.len ? d->end : (uint32_t)d->bytes.len;
    uint32_t skip = d->flags & 0x06 ? 2 : 0;
    struct property property;

    if (d->version != MQTT_5 || end - d->at < skip)
        return false;

    uint32_t from = d->at + skip;
    struct reader reader = {.rest =
                                slice_of(d->bytes.bytes + from, end - from)};
    struct slice properties = property_read(&reader, MQTT_PUBLISH);

    return !reader.reason &&
           property_find(properties, PROPERTY_TOPIC_ALIAS, &property);
}

/* Returns whether an alias stands for the topic. */
static bool topic_name(struct dissector *d)
{
    uint32_t len = dissector_number(d, DISSECT_TOPIC_LEN, 2);

    if (d->stopped)
        return false;
    if (len == 0) {
        if (alias_follows(d))
            return true;
        dissector_fail_as(d, RULE_TOPIC_EMPTY, DISSECT_ILLEGAL_TOPIC_LENGTH);
        return false;
    }

    struct slice topic = dissector_bytes(d, DISSECT_TOPIC, len);
    if (topic.len == 0)
        return false;
    dissector_check_text(d, topic);
    if (memchr(topic.bytes, '+', topic.len) ||
        memchr(topic.bytes, '#', topic.len))
        dissector_fail(d, RULE_TOPIC_WILDCARD); /* [MQTT-3.3.2-2] */
    return false;
}

/* The topic that an alias stands for is in an earlier packet. */
static void topic_of_alias(struct dissector *d)
{
    if (!d->knows_alias)
        return;
    dissector_derived(d, DISSECT_TOPIC, d->alias_topic);
    if (!*d->alias_topic)
        dissector_fail_as(d, RULE_TOPIC_ALIAS_UNKNOWN,
                          DISSECT_UNKNOWN_TOPIC_ALIAS);
}

static void payload(struct dissector *d)
{
    uint32_t count = d->end - d->at;

    if (d->stopped)
        return;
    /* What is there of a payload is worth looking at. */
    bool whole = d->end <= d->bytes.len;
    if (!whole)
        count = (uint32_t)d->bytes.len - d->at;

    struct slice message = dissector_bytes(d, DISSECT_MSG, count);
    if (whole && d->payload_is_text && !utf8_valid(message))
        dissector_fail(d, RULE_PAYLOAD_FORMAT);
    dissector_as_text(d, DISSECT_MSG_TEXT, message);
}

void dissect_publish(struct dissector *d)
{
    bool alias = topic_name(d);

    if (d->flags & 0x06)
        dissect_packet_id(d);
    if (d->version == MQTT_5)
        dissect_properties(d, DISSECT_PROPERTIES, MQTT_PUBLISH);
    if (alias)
        topic_of_alias(d);
    payload(d);
}

void dissect_puback(struct dissector *d)
{
    static const struct {
        enum dissect_id id;
        enum dissect_rule rule;
    } reasons[] = {
        {DISSECT_PUBACK_REASON,  RULE_PUBACK_REASON },
        {DISSECT_PUBREC_REASON,  RULE_PUBREC_REASON },
        {DISSECT_PUBREL_REASON,  RULE_PUBREL_REASON },
        {DISSECT_PUBCOMP_REASON, RULE_PUBCOMP_REASON},
    };
    unsigned row = d->type - (unsigned)MQTT_PUBACK;

    dissect_packet_id(d);
    if (d->version != MQTT_5 || !dissector_more(d))
        return;
    dissect_reason(d, reasons[row].id, reasons[row].rule);
    if (dissector_more(d))
        dissect_properties(d, DISSECT_PROPERTIES, d->type);
}
