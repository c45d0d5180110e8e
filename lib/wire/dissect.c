/*
 *   +-------+------------------+-----------------+---------+
 *   | flags | Remaining Length | variable header | payload |
 *   +-------+------------------+-----------------+---------+
 *     1       varint             by the type of the packet
 */
#include "wire/dissect.h"

#include "wire/dissect_body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FROM_CLIENT = 1, FROM_BROKER = 2, BOTH = FROM_CLIENT | FROM_BROKER };

struct packet {
    void (*body)(struct dissector *d);
    uint8_t flags;  /* that the packet must have; PUBLISH: any */
    uint8_t sender; /* in version 5 */
};

/* [MQTT5 2.1.2, 2.1.3] */
/* clang-format off */
static const struct packet packets[16] = {
    [0]                = {dissect_nothing,     0, BOTH},
    [MQTT_CONNECT]     = {dissect_connect,     0, FROM_CLIENT},
    [MQTT_CONNACK]     = {dissect_connack,     0, FROM_BROKER},
    [MQTT_PUBLISH]     = {dissect_publish,     0, BOTH},
    [MQTT_PUBACK]      = {dissect_puback,      0, BOTH},
    [MQTT_PUBREC]      = {dissect_puback,      0, BOTH},
    [MQTT_PUBREL]      = {dissect_puback,      2, BOTH},
    [MQTT_PUBCOMP]     = {dissect_puback,      0, BOTH},
    [MQTT_SUBSCRIBE]   = {dissect_subscribe,   2, FROM_CLIENT},
    [MQTT_SUBACK]      = {dissect_suback,      0, FROM_BROKER},
    [MQTT_UNSUBSCRIBE] = {dissect_unsubscribe, 2, FROM_CLIENT},
    [MQTT_UNSUBACK]    = {dissect_unsuback,    0, FROM_BROKER},
    [MQTT_PINGREQ]     = {dissect_nothing,     0, FROM_CLIENT},
    [MQTT_PINGRESP]    = {dissect_nothing,     0, FROM_BROKER},
    [MQTT_DISCONNECT]  = {dissect_disconnect,  0, BOTH},
    [MQTT_AUTH]        = {dissect_auth,        0, BOTH},
};
/* clang-format on */

static void message_type(struct dissector *d)
{
    unsigned sender = packets[d->type].sender;

    dissector_bits(d, DISSECT_MSGTYPE, 0xf0);
    dissector_explain(d, dissect_explain_type(d->type));
    if (d->type == MQTT_DISCONNECT && d->version < MQTT_5)
        sender = FROM_CLIENT;
    if (d->type == 0)
        dissector_fail(d, RULE_RESERVED_TYPE);
    else if (d->type == MQTT_AUTH && d->version < MQTT_5)
        dissector_fail(d, RULE_AUTH_BEFORE_5);
    else if (!(sender & (d->from_client ? FROM_CLIENT : FROM_BROKER)))
        dissector_fail(d, RULE_DIRECTION);
}

static void publish_flags(struct dissector *d)
{
    uint32_t dup = dissector_bits(d, DISSECT_DUPFLAG, 0x08);

    if (dup && !(d->flags & 0x06))
        dissector_fail(d, RULE_DUP_QOS_0); /* [MQTT-3.3.1-2] */
    if (dissector_bits(d, DISSECT_QOS, 0x06) == 3)
        dissector_fail(d, RULE_QOS_3); /* [MQTT-3.3.1-4] */
    dissector_bits(d, DISSECT_RETAIN, 0x01);
}

/* Version 3.1 gave QoS 1 to the packets that wait for an answer. */
static void old_flags(struct dissector *d)
{
    dissector_bits(d, DISSECT_DUPFLAG, 0x08);
    if (dissector_bits(d, DISSECT_QOS, 0x06) != 1)
        dissector_fail(d, RULE_FLAGS_3_1);
    if (dissector_bits(d, DISSECT_RETAIN_RESERVED, 0x01))
        dissector_fail(d, RULE_FLAGS_3_1);
}

static void flags(struct dissector *d)
{
    uint8_t want = packets[d->type].flags;

    if (d->type == MQTT_PUBLISH) {
        publish_flags(d);
        return;
    }
    if (want && d->version == MQTT_3_1) {
        old_flags(d);
        return;
    }
    /* [MQTT-2.1.3-1]; version 3.1 leaves them open */
    if (dissector_bits(d, DISSECT_HDR_RESERVED, 0x0f) != want &&
        d->version != MQTT_3_1)
        dissector_fail(d, want ? RULE_FLAGS_2 : RULE_FLAGS_0);
}

/* The first byte and the length; then the packet's end is known. */
static void fixed_header(struct dissector *d)
{
    size_t byte;

    if (!dissector_byte_begin(d, DISSECT_HDRFLAGS, &byte))
        return;
    message_type(d);
    flags(d);
    dissector_byte_end(d, byte);

    uint32_t len = dissector_varint(d, DISSECT_LEN);
    d->end = d->at + len;
    if (d->stopped)
        d->end = (uint32_t)d->bytes.len;
}

/* The bytes that no field took, or that are not there. */
static void leftovers(struct dissector *d)
{
    uint32_t len = (uint32_t)d->bytes.len;

    if (!d->stopped && d->at < d->end && d->at < len) {
        uint32_t end = d->end < len ? d->end : len;

        dissector_heading(d, DISSECT_NO_FIELD, end - d->at, "Left over");
        dissector_fail(d, RULE_LEFT_OVER);
    }
    if (d->end < len) {
        d->at = d->end;
        dissector_heading(d, DISSECT_NO_FIELD, len - d->end,
                          "Behind the packet");
        dissector_fail(d, RULE_TRAILING);
    }
    if (d->end > len && !d->missing) {
        d->at = len;
        dissector_heading(d, DISSECT_NO_FIELD, 0,
                          d->truncated ? "The rest was not recorded"
                                       : "The packet ends too early");
        if (d->truncated)
            d->out->cut = true;
        else
            dissector_fail(d, RULE_MISSING);
    }
}

void dissect_reset(struct dissection *dissection)
{
    buf_clear(&dissection->text);
    *dissection = (struct dissection){
        .fields = dissection->fields,
        .cap = dissection->cap,
        .text = dissection->text,
        .type_name = mqtt_type_name(0),
        .without_text = dissection->without_text,
    };
    if (dissection->without_text) /* the line of every field */
        buf_append_u8(&dissection->text, 0);
}

void dissect_run(struct dissector *d)
{
    struct dissection *out = d->out;
    bool known = d->version != 0;

    assert(d->bytes.len <= UINT32_MAX);
    dissect_reset(out);
    d->end = UINT32_MAX;
    d->strange = d->version < MQTT_3_1 || d->version > MQTT_5;
    if (d->strange)
        d->version = MQTT_3_1_1;
    if (d->bytes.len) {
        d->type = d->bytes.bytes[0] >> 4;
        d->flags = d->bytes.bytes[0] & 0x0f;
        out->type = d->type;
        out->type_name = mqtt_type_name(d->type);
        if (!known && d->type != MQTT_CONNECT)
            dissector_heading(
                d, DISSECT_UNKNOWN_VERSION, 0,
                dissect_fields_info(DISSECT_UNKNOWN_VERSION)->label);
    }
    fixed_header(d);
    if (!d->stopped) {
        packets[d->type].body(d);
        leftovers(d);
    }
}

void dissect_packet(struct dissection *dissection, struct slice bytes,
                    unsigned version, bool from_client)
{
    struct dissector d = {
        .out = dissection,
        .bytes = bytes,
        .version = (uint8_t)version,
        .from_client = from_client,
    };

    dissect_run(&d);
}

void dissect_release(struct dissection *dissection)
{
    free(dissection->fields);
    buf_release(&dissection->text);
    *dissection = (struct dissection){0};
}

const char *dissect_text(const struct dissection *dissection,
                         const struct field *field)
{
    return (const char *)dissection->text.bytes + field->text_at;
}

const struct field *dissect_find(const struct dissection *dissection,
                                 const char *name)
{
    for (size_t i = 0; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];

        if (field->info && !strcmp(field->info->name, name))
            return field;
    }
    return NULL;
}

const struct field *dissect_field_at(const struct dissection *dissection,
                                     uint32_t offset)
{
    const struct field *best = NULL;

    for (size_t i = 0; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];

        if (field->mask || offset < field->offset ||
            offset - field->offset >= field->len)
            continue;
        if (!best || field->depth > best->depth)
            best = field;
    }
    return best;
}
