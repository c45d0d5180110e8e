/*
 *   +-------------------+------------+--------------+---------+ - -
 *   | Packet Identifier | Properties | Topic Filter | Options |   SUBSCRIBE
 *   +-------------------+------------+--------------+---------+ - -
 *     2                   version 5    string         1
 *
 *   UNSUBSCRIBE is the same without Options; SUBACK has one code for each
 *   Topic Filter instead, and so has UNSUBACK in version 5.
 */
#include "wire/dissect_body.h"

#include "mqtt/topic.h"

#include <string.h>

static void check_share(struct dissector *d, struct slice filter)
{
    struct slice rest = slice_skip(filter, strlen("$share/"));
    const uint8_t *slash = rest.len ? memchr(rest.bytes, '/', rest.len) : NULL;
    size_t name_len = slash ? (size_t)(slash - rest.bytes) : rest.len;

    if (name_len == 0) {
        dissector_fail(d, RULE_SHARE_NAME); /* [MQTT-4.8.2-1] */
        return;
    }
    /* [MQTT-4.8.2-2] */
    if (!slash || name_len + 1 == rest.len ||
        memchr(rest.bytes, '+', name_len) || memchr(rest.bytes, '#', name_len))
        dissector_fail(d, RULE_SHARE_FILTER);
}

/* Returns whether it is a shared subscription. */
static bool check_filter(struct dissector *d, struct slice filter)
{
    struct topic_levels levels = topic_levels(filter);
    struct slice level;

    dissector_check_text(d, filter);
    while (topic_next_level(&levels, &level)) {
        if (level.len == 0)
            continue;
        if (memchr(level.bytes, '#', level.len) &&
            (level.len > 1 || levels.more)) {
            dissector_fail(d, RULE_FILTER_HASH); /* [MQTT-4.7.1-1] */
            break;
        }
        if (memchr(level.bytes, '+', level.len) && level.len > 1) {
            dissector_fail(d, RULE_FILTER_PLUS); /* [MQTT-4.7.1-2] */
            break;
        }
    }
    if (d->version != MQTT_5 ||
        !slice_starts_with(filter, slice_of_string("$share/")))
        return false;
    check_share(d, filter);
    return true;
}

static bool topic_filter(struct dissector *d)
{
    uint32_t len = dissector_number(d, DISSECT_TOPIC_LEN, 2);

    if (d->stopped)
        return false;
    if (len == 0) {
        dissector_fail_as(d, RULE_TOPIC_EMPTY, DISSECT_ILLEGAL_TOPIC_LENGTH);
        return false;
    }

    struct slice filter = dissector_bytes(d, DISSECT_TOPIC, len);
    return filter.len && check_filter(d, filter);
}

static void options(struct dissector *d, bool shared)
{
    size_t byte;

    if (!dissector_byte_begin(d, DISSECT_OPTIONS, &byte))
        return;
    if (dissector_bits(d, DISSECT_OPTIONS_RESERVED, 0xc0))
        dissector_fail(d, RULE_OPTIONS_RESERVED); /* [MQTT-3.8.3-5] */
    if (dissector_bits(d, DISSECT_OPTIONS_RETAIN, 0x30) == 3)
        dissector_fail(d, RULE_RETAIN_HANDLING_3);
    dissector_bits(d, DISSECT_OPTIONS_RAP, 0x08);
    if (dissector_bits(d, DISSECT_OPTIONS_NL, 0x04) && shared)
        dissector_fail(d, RULE_NO_LOCAL_SHARED); /* [MQTT-3.8.3-4] */
    if (dissector_bits(d, DISSECT_OPTIONS_QOS, 0x03) == 3)
        dissector_fail(d, RULE_OPTIONS_QOS_3);
    dissector_byte_end(d, byte);
}

/* Before version 5 the byte holds nothing but the QoS. */
static void requested_qos(struct dissector *d)
{
    uint32_t qos = dissector_number(d, DISSECT_SUB_QOS, 1);

    if (qos == 3)
        dissector_fail(d, RULE_OPTIONS_QOS_3);
    else if (qos > 3)
        dissector_fail(d, RULE_OPTIONS_RESERVED);
}

/* The list is there: a heading for the error of an empty one. */
static void need_one(struct dissector *d, enum dissect_rule rule)
{
    if (d->stopped || dissector_more(d))
        return;
    dissector_heading(d, DISSECT_NO_FIELD, 0, "The list is empty");
    dissector_fail(d, rule);
}

void dissect_subscribe(struct dissector *d)
{
    dissect_packet_id(d);
    if (d->version == MQTT_5)
        dissect_properties(d, DISSECT_PROPERTIES, MQTT_SUBSCRIBE);
    need_one(d, RULE_NO_FILTER); /* [MQTT-3.8.3-2] */
    while (dissector_more(d) && !dissector_full(d)) {
        bool shared = topic_filter(d);

        if (d->version == MQTT_5)
            options(d, shared);
        else
            requested_qos(d);
    }
}

void dissect_unsubscribe(struct dissector *d)
{
    dissect_packet_id(d);
    if (d->version == MQTT_5)
        dissect_properties(d, DISSECT_PROPERTIES, MQTT_UNSUBSCRIBE);
    need_one(d, RULE_NO_FILTER_UNSUBSCRIBE); /* [MQTT-3.10.3-2] */
    while (dissector_more(d) && !dissector_full(d))
        topic_filter(d);
}

void dissect_suback(struct dissector *d)
{
    dissect_packet_id(d);
    if (d->version == MQTT_5)
        dissect_properties(d, DISSECT_PROPERTIES, MQTT_SUBACK);
    need_one(d, RULE_NO_REASON);
    while (dissector_more(d) && !dissector_full(d)) {
        if (d->version == MQTT_5) {
            dissect_reason(d, DISSECT_SUBACK_REASON, RULE_SUBACK_REASON);
            continue;
        }
        uint32_t qos = dissector_number(
            d, d->strange ? DISSECT_SUBACK_REASON : DISSECT_SUBACK_QOS, 1);
        if (qos > 2 && qos != 0x80)
            dissector_fail(d, RULE_GRANTED_QOS);
    }
}

void dissect_unsuback(struct dissector *d)
{
    dissect_packet_id(d);
    if (d->version != MQTT_5)
        return;
    dissect_properties(d, DISSECT_PROPERTIES, MQTT_UNSUBACK);
    need_one(d, RULE_NO_REASON);
    while (dissector_more(d) && !dissector_full(d))
        dissect_reason(d, DISSECT_UNSUBACK_REASON, RULE_UNSUBACK_REASON);
}
