/*
 *   +-----------------+-----+-------+-----+-------+ - -
 *   | Property Length | id  | value | id  | value |
 *   +-----------------+-----+-------+-----+-------+ - -
 *     varint            1     by the id
 */
#include "wire/dissect_body.h"

#include "mqtt/property.h"
#include "mqtt/topic.h"

#include <string.h>

/* What was seen of one list, for the rules that look at the whole list. */
struct seen {
    unsigned where;
    bool overrun; /* the list claims to be longer than the packet */
    uint64_t ids; /* bit n: identifier n */
};

static uint64_t bit(uint32_t id)
{
    return UINT64_C(1) << id;
}

/* The value of a Property that is a number. */
static void number(struct dissector *d, const struct property_info *info)
{
    static const uint8_t sizes[] = {
        [PROPERTY_BYTE] = 1, [PROPERTY_U16] = 2, [PROPERTY_U32] = 4};
    enum dissect_id id = DISSECT_PROP_NUMBER;

    if (info->id == PROPERTY_MAXIMUM_QOS)
        id = DISSECT_MAX_QOS;
    else if (info->id == PROPERTY_TOPIC_ALIAS)
        id = DISSECT_TOPIC_ALIAS;

    uint32_t value = info->type == PROPERTY_VARINT
                         ? dissector_varint(d, id)
                         : dissector_number(d, id, sizes[info->type]);
    if (d->stopped)
        return;
    dissector_explain(d, dissect_explain_property(info->id));
    if (info->type == PROPERTY_BYTE && value > 1)
        dissector_fail(d, RULE_PROPERTY_NOT_0_1);
    if (info->id == PROPERTY_PAYLOAD_FORMAT_INDICATOR)
        d->payload_is_text = value == 1;
    if (value == 0 && info->id == PROPERTY_TOPIC_ALIAS)
        dissector_fail(d, RULE_TOPIC_ALIAS_0); /* [MQTT-3.3.2-8] */
    if (value == 0 && (info->id == PROPERTY_SUBSCRIPTION_IDENTIFIER ||
                       info->id == PROPERTY_RECEIVE_MAXIMUM ||
                       info->id == PROPERTY_MAXIMUM_PACKET_SIZE))
        dissector_fail(d, RULE_PROPERTY_ZERO);
}

static void text(struct dissector *d, const struct property_info *info)
{
    struct slice value;

    if (info->id == PROPERTY_CONTENT_TYPE)
        value = dissector_prefixed(d, DISSECT_CONTENT_TYPE);
    else
        value =
            dissector_binary(d, DISSECT_PROP_STRING_LEN, DISSECT_PROP_STRING);
    if (d->stopped)
        return;
    dissector_explain(d, dissect_explain_property(info->id));
    if (info->type == PROPERTY_STRING && value.len)
        dissector_check_text(d, value);
    if (info->id == PROPERTY_RESPONSE_TOPIC &&
        (value.len == 0 || memchr(value.bytes, '+', value.len) ||
         memchr(value.bytes, '#', value.len)))
        dissector_fail(d, RULE_RESPONSE_TOPIC); /* [MQTT-3.3.2-14] */
}

static void pair(struct dissector *d)
{
    dissector_string(d, DISSECT_PROP_KEY_LEN, DISSECT_PROP_KEY);
    dissector_string(d, DISSECT_PROP_VALUE_LEN, DISSECT_PROP_VALUE);
}

/* The identifier just noted: may it stand here? */
static void check_place(struct dissector *d, const struct property_info *info,
                        struct seen *seen)
{
    bool again = seen->ids & bit(info->id);

    seen->ids |= bit(info->id);
    if (!(info->packets & PROPERTY_BIT(seen->where)))
        dissector_fail(d, RULE_PROPERTY_PLACE);
    else if (again && !info->repeatable &&
             !(info->id == PROPERTY_SUBSCRIPTION_IDENTIFIER &&
               seen->where == MQTT_PUBLISH))
        dissector_fail(d, RULE_PROPERTY_TWICE);
    else if (info->id == PROPERTY_SUBSCRIPTION_IDENTIFIER &&
             seen->where == MQTT_PUBLISH && d->from_client)
        dissector_fail(d, RULE_SUBSCRIPTION_ID_FROM_CLIENT);
    else if (info->id == PROPERTY_SESSION_EXPIRY_INTERVAL &&
             seen->where == MQTT_DISCONNECT && !d->from_client)
        dissector_fail(d, RULE_SESSION_EXPIRY_FROM_BROKER);
}

static void one(struct dissector *d, struct seen *seen)
{
    uint32_t id = dissector_number(d, DISSECT_PROPERTY_ID, 1);
    const struct property_info *info = property_info(id);

    if (!info) {
        dissector_fail(d, RULE_PROPERTY_UNKNOWN);
        if (seen->overrun)
            d->stopped = true;
        else
            dissector_rest(d, DISSECT_PROP_UNKNOWN);
        return;
    }
    dissector_explain(d, dissect_explain_property(id));
    check_place(d, info, seen);
    switch (info->type) {
    case PROPERTY_BYTE:
    case PROPERTY_U16:
    case PROPERTY_U32:
    case PROPERTY_VARINT: number(d, info); break;
    case PROPERTY_STRING:
    case PROPERTY_BINARY: text(d, info); break;
    case PROPERTY_STRING_PAIR: pair(d); break;
    }
}

static void list(struct dissector *d, unsigned where, bool overrun)
{
    struct seen seen = {.where = where, .overrun = overrun};

    while (dissector_more(d) && !dissector_full(d))
        one(d, &seen);
    if (seen.ids & bit(PROPERTY_AUTHENTICATION_DATA) &&
        !(seen.ids & bit(PROPERTY_AUTHENTICATION_METHOD)) && !d->stopped) {
        dissector_heading(d, DISSECT_NO_FIELD, 0,
                          "Authentication Method: missing");
        dissector_fail(d, RULE_AUTH_DATA_ALONE);
    }
}

void dissect_properties(struct dissector *d, enum dissect_id id, unsigned where)
{
    if (d->stopped)
        return;

    size_t group = dissector_group_begin(d, id);
    if (!dissector_more(d)) {
        dissector_fail(d, RULE_NO_PROPERTY_LENGTH); /* [MQTT-2.2.2-1] */
        d->stopped = true;
        d->out->fields[group].info = NULL; /* as Wireshark has it */
        dissector_group_end(d, group);
        return;
    }

    uint32_t len = dissector_varint(d, DISSECT_PROPERTY_LEN);
    if (d->stopped)
        d->out->fields[group].info = NULL;
    uint32_t outer = d->end;
    bool overrun = !d->stopped && len > outer - d->at;
    if (overrun)
        dissector_fail(d, RULE_OVERRUN);
    if (!d->stopped) {
        /* What is there of a list that is too long is worth looking at; where
           it should end nobody knows. */
        if (!overrun)
            d->end = d->at + len;
        d->in_properties = true;
        list(d, where, overrun);
        d->in_properties = false;
        dissector_leave(d, outer);
        d->stopped = d->stopped || overrun;
    }
    dissector_group_end(d, group);
}
