#include "wire/render.h"

#include "mqtt/reason.h"
#include "wire/dissect_fields.h"
#include "wire/render_cable.h"

#include <inttypes.h>
#include <string.h>

/* Longest topic and message in a line, most bytes shown in hex. */
#define MAX_COLUMNS 120
#define MAX_HEX     16

/* A row's packet and where its line goes. */
struct info {
    struct buf *out;
    const struct history_row *row;
    struct dissection fields;
};

static struct slice text_of(const struct info *info, const char *name)
{
    const struct field *field = dissect_find(&info->fields, name);

    return field ? field->value : slice_of(NULL, 0);
}

static uint64_t number_of(const struct info *info, const char *name)
{
    const struct field *field = dissect_find(&info->fields, name);

    return field ? field->number : 0;
}

static bool has(const struct info *info, const char *name)
{
    return dissect_find(&info->fields, name);
}

static size_t count_of(const struct info *info, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < info->fields.count; i++) {
        const struct field_info *field = info->fields.fields[i].info;

        count += field && !strcmp(field->name, name);
    }
    return count;
}

static void put(struct info *info, const char *text)
{
    buf_append_string(info->out, text);
}

/* "Not authorized" becomes "not authorized", for the middle of a line; "QoS
   not supported" stays. */
static void put_lower(struct info *info, const char *text)
{
    size_t letters = 0;
    uint32_t at = info->out->len;

    put(info, text);
    while (text[letters] && text[letters + 1] >= 'a' &&
           text[letters + 1] <= 'z')
        letters++;
    if (letters && text[0] >= 'A' && text[0] <= 'Z' &&
        !(text[letters + 1] >= 'A' && text[letters + 1] <= 'Z'))
        info->out->bytes[at] |= 0x20;
}

static void put_message(struct info *info)
{
    struct slice message = text_of(info, "mqtt.msg");

    if (message.len == 0) {
        put(info, "(empty)");
    } else if (has(info, "mqtt.msg_text")) {
        render_text(info->out, message, MAX_COLUMNS);
    } else {
        for (size_t i = 0; i < message.len && i < MAX_HEX; i++)
            buf_printf(info->out, "%02x ", message.bytes[i]);
        buf_printf(info->out, "%s(%zu bytes)",
                   message.len > MAX_HEX ? "... " : "", message.len);
    }
}

static void publish(struct info *info)
{
    struct slice topic = text_of(info, "mqtt.topic");

    if (topic.len)
        render_text(info->out, topic, MAX_COLUMNS);
    else
        put(info, "(unknown topic)");
    put(info, "  ");
    put_message(info);
}

/* "0.4 ms", "12 ms", "3.1 s" */
static void put_duration(struct info *info, uint64_t ns)
{
    uint64_t us = ns / 1000;

    if (us < 10000)
        buf_printf(info->out, "%" PRIu64 ".%" PRIu64 " ms", us / 1000,
                   us / 100 % 10);
    else if (us < 10000000)
        buf_printf(info->out, "%" PRIu64 " ms", us / 1000);
    else
        buf_printf(info->out, "%" PRIu64 ".%" PRIu64 " s", us / 1000000,
                   us / 100000 % 10);
}

/* The Reason Code of an acknowledgement, when it is there and says more than
   that all is well. */
static void put_reason(struct info *info)
{
    static const char *const names[] = {
        [MQTT_PUBACK] = "mqtt.puback.reason_code",
        [MQTT_PUBREC] = "mqtt.pubrec.reason_code",
        [MQTT_PUBREL] = "mqtt.pubrel.reason_code",
        [MQTT_PUBCOMP] = "mqtt.pubcomp.reason_code",
    };
    enum mqtt_type type = (enum mqtt_type)info->fields.type;
    uint64_t reason = number_of(info, names[type]);

    if (reason) {
        put(info, ", ");
        put_lower(info, reason_name(type, (unsigned)reason));
    }
}

static void acknowledge(struct info *info)
{
    const struct track_note *note = &info->row->note;

    if (note->flow == 0)
        put(info, "of no known message");
    else
        buf_printf(info->out, "%u of %u", note->flow_step, note->flow_steps);
    if (note->progress == TRACK_DONE)
        put(info, ", done");
    if (note->progress == TRACK_LOST)
        put(info, ", never completed");
    if (note->pair) {
        put(info, ", ");
        put_duration(info, note->rtt_ns);
    }
    put_reason(info);
}

static void connect(struct info *info)
{
    struct slice client_id = text_of(info, "mqtt.clientid");
    uint64_t keep_alive = number_of(info, "mqtt.kalive");

    if (client_id.len)
        render_text(info->out, client_id, MAX_COLUMNS);
    else
        put(info, "(no name)");
    put(info,
        number_of(info, "mqtt.conflag.cleansess") ? ", clean" : ", resume");
    if (keep_alive)
        buf_printf(info->out, ", keep alive %" PRIu64 " s", keep_alive);
    if (has(info, "mqtt.username")) {
        put(info, ", user ");
        render_text(info->out, text_of(info, "mqtt.username"), MAX_COLUMNS);
    }
    if (has(info, "mqtt.willtopic")) {
        put(info, ", will ");
        render_text(info->out, text_of(info, "mqtt.willtopic"), MAX_COLUMNS);
    }
}

static void connack(struct info *info)
{
    static const char refused[] = "Connection Refused: ";
    const struct field *code =
        dissect_find(&info->fields, "mqtt.connack.reason_code");
    uint8_t version = info->row->note.version ? info->row->note.version
                                              : info->row->record.version;

    if (!code)
        code = dissect_find(&info->fields, "mqtt.conack.val");
    if (!code)
        return;
    if (code->number == 0) {
        put(info, number_of(info, "mqtt.conack.flags.sp")
                      ? "accepted, session present"
                      : "accepted, new session");
        return;
    }

    const char *name = code->info->value_name(code->number);
    if (!name && version != MQTT_5) /* of 3.1.1, or nobody knows */
        name =
            dissect_fields_info(DISSECT_CONACK_VAL)->value_name(code->number);
    if (!name)
        name = "unknown code";
    if (!strncmp(name, refused, strlen(refused)))
        name += strlen(refused);
    put(info, "refused: ");
    put_lower(info, name);
}

/* "lab/# q1 (+2 more)" */
static void filters(struct info *info, const char *qos_name)
{
    size_t count = count_of(info, "mqtt.topic");

    if (count == 0)
        return;
    render_text(info->out, text_of(info, "mqtt.topic"), MAX_COLUMNS);
    if (qos_name)
        buf_printf(info->out, " q%" PRIu64, number_of(info, qos_name));
    if (count > 1)
        buf_printf(info->out, " (+%zu more)", count - 1);
}

static void subscribe(struct info *info)
{
    filters(info, has(info, "mqtt.sub.qos") ? "mqtt.sub.qos"
                                            : "mqtt.subscription_options_qos");
}

static void unsubscribe(struct info *info)
{
    filters(info, NULL);
}

/* Most codes of a SUBACK or UNSUBACK that are listed. */
#define MAX_CODES 8

static void put_code(struct info *info, const struct field *code,
                     const char *good)
{
    const char *name = code->info->value_name(code->number);

    if (code->number >= 0x80) {
        put(info, "refused: ");
        put_lower(info, code->number == 0x80 || !name ? "no reason" : name);
    } else if (!strcmp(good, "granted")) {
        buf_printf(info->out, "granted %" PRIu64, code->number);
    } else {
        put_lower(info, code->number ? name ? name : "unknown code" : good);
    }
}

static void codes(struct info *info, const char *name, const char *good)
{
    size_t count = 0;

    for (size_t i = 0; i < info->fields.count; i++) {
        const struct field *field = &info->fields.fields[i];

        if (!field->info || strcmp(field->info->name, name) != 0)
            continue;
        if (count == MAX_CODES) {
            put(info, ", ...");
            return;
        }
        if (count++)
            put(info, ", ");
        put_code(info, field, good);
    }
}

static void suback(struct info *info)
{
    codes(info,
          has(info, "mqtt.suback.qos") ? "mqtt.suback.qos"
                                       : "mqtt.suback.reason_code",
          "granted");
}

static void unsuback(struct info *info)
{
    if (has(info, "mqtt.unsuback.reason_code"))
        codes(info, "mqtt.unsuback.reason_code", "removed");
    else
        put(info, "removed");
}

static void ping(struct info *info)
{
    if (info->fields.type == MQTT_PINGREQ)
        put(info, "keep alive");
    else if (info->row->note.pair)
        put_duration(info, info->row->note.rtt_ns);
}

static void disconnect(struct info *info)
{
    uint64_t reason = number_of(info, "mqtt.disconnect.reason_code");

    if (reason == MQTT_SUCCESS)
        put(info, "normal");
    else if (reason == MQTT_DISCONNECT_WITH_WILL)
        put(info, "with will");
    else
        put_lower(info, reason_name(MQTT_DISCONNECT, (unsigned)reason));
}

static void auth(struct info *info)
{
    put_lower(info, reason_name(MQTT_AUTH, (unsigned)number_of(
                                               info, "mqtt.auth.reason_code")));
}

static void nothing(struct info *info)
{
    (void)info;
}

static void (*const packets[16])(struct info *) = {
    [0] = nothing,
    [MQTT_CONNECT] = connect,
    [MQTT_CONNACK] = connack,
    [MQTT_PUBLISH] = publish,
    [MQTT_PUBACK] = acknowledge,
    [MQTT_PUBREC] = acknowledge,
    [MQTT_PUBREL] = acknowledge,
    [MQTT_PUBCOMP] = acknowledge,
    [MQTT_SUBSCRIBE] = subscribe,
    [MQTT_SUBACK] = suback,
    [MQTT_UNSUBSCRIBE] = unsubscribe,
    [MQTT_UNSUBACK] = unsuback,
    [MQTT_PINGREQ] = ping,
    [MQTT_PINGRESP] = ping,
    [MQTT_DISCONNECT] = disconnect,
    [MQTT_AUTH] = auth,
};

static void put_error(struct info *info)
{
    const struct dissection *fields = &info->fields;

    buf_printf(info->out, "! byte %" PRIu32 ": %s", fields->error_offset,
               fields->error);
    if (fields->statement)
        buf_printf(info->out, " [%s]", fields->statement);
}

static void packet(struct buf *out, const struct history_row *row)
{
    struct info info = {
        .out = out, .row = row, .fields = {.without_text = true}};

    dissect_row(&info.fields, row);
    if (info.fields.error)
        put_error(&info);
    else
        packets[info.fields.type](&info);
    if (row->record.flags & RECORD_TRUNCATED && !info.fields.error)
        buf_printf(out, ", only %zu of %" PRIu32 " bytes are here",
                   row->record.bytes.len, row->record.original_len);
    if (row->record.flags & RECORD_MALFORMED && !info.fields.error)
        buf_append_string(out, ", ! refused by the broker");
    if (row->record.flags & RECORD_HELD)
        buf_append_string(out, ", held");
    if (row->record.flags & RECORD_DROPPED)
        buf_append_string(out, ", dropped by a rule");
    dissect_release(&info.fields);
}

/* The beginning of bytes that are no packet. */
static void wire(struct buf *out, const struct record *record)
{
    struct slice bytes = record->bytes;

    buf_printf(out, "%zu bytes that are no packet: ", bytes.len);
    for (size_t i = 0; i < bytes.len && i < MAX_HEX; i++)
        buf_printf(out, "%s%02x", i ? " " : "", bytes.bytes[i]);
    if (bytes.len > MAX_HEX)
        buf_append_string(out, " ...");
}

void render_info(struct buf *out, const struct history_row *row)
{
    if (row->record.type == RECORD_MQTT)
        packet(out, row);
    else if (row->record.type == RECORD_WIRE &&
             row->record.layer == RECORD_CABLE)
        render_cable(out, row);
    else if (row->record.type == RECORD_WIRE)
        wire(out, &row->record);
    else
        render_event(out, row);
}
