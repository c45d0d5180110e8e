/*
 * An event as a sentence. What follows the event's own words is a template:
 * {name} is an attribute, and a part in [ ] is left out when the attribute in
 * it is absent.
 */
#include "wire/render.h"

#include "mqtt/reason.h"
#include "wire/event.h"

#include <inttypes.h>
#include <string.h>

/* Longest text of one attribute. */
#define MAX_COLUMNS 100

/* A session that never expires [MQTT5 3.1.2.11.2]. */
#define FOR_EVER UINT32_MAX

struct sentence {
    enum event_code code;
    const char *template;
};

#define MESSAGE "[ {topic}][, QoS {qos}][: {text}]"
#define ABOUT   "[ {id}][: {text}]"

/* clang-format off */
static const struct sentence sentences[] = {
    {EVENT_CONN_OPENED, "[ from {peer}][ to {local}][ ({transport})]"},
    {EVENT_CONN_CLOSED, "[: {text}][: {reason}]"},
    {EVENT_TLS_OPENED, "[: {text}]"},
    {EVENT_TLS_FAILED, "[: {text}]"},
    {EVENT_TLS_KEYS, ""}, /* they are for programs */
    {EVENT_BROKER_STARTED, "[: {text}]"},
    {EVENT_BROKER_STOPPED, "[: {text}]"},
    {EVENT_LISTENER, "[ at {local}][ ({transport})][: {text}]"},
    {EVENT_CONFIG_READ, "[: {text}]"},
    {EVENT_CONFIG_REFUSED, "[: {text}]"},
    {EVENT_CONNECT_ACCEPTED, "[ with MQTT {version}][, user {user}]"
                             "[, {clean}][, keep alive {keep_alive}][: {text}]"},
    {EVENT_CONNECT_REFUSED, "[, user {user}][: {reason}][: {text}]"
                            "[ [{statement}]]"},
    {EVENT_DISCONNECTED, "[: {text}][: {reason}]"},
    {EVENT_CONNECTION_LOST, "[: {text}]"},
    {EVENT_KEEP_ALIVE_MISSED, "[: {text}]"},
    {EVENT_PROTOCOL_ERROR, "[: {text}][: {reason}][ [{statement}]]"},
    {EVENT_LIMIT, "[: {text}][: {reason}][, {topic}][, {number}]"},
    {EVENT_SESSION_CREATED, "[, kept {expiry} after the connection]"},
    {EVENT_SESSION_RESUMED, "[, messages waiting: {number}][: {text}]"},
    {EVENT_SESSION_TAKEN_OVER, "[: {text}]"},
    {EVENT_SESSION_AWAY, "[: {expiry}][, messages waiting: {number}]"
                         "[: {text}]"},
    {EVENT_SESSION_ENDED, "[, {number} messages lost][: {text}]"},
    {EVENT_SESSION_EXPIRED, "[, {number} messages lost][: {text}]"},
    {EVENT_SUBSCRIBED, "[ to {topic}][, QoS {qos} granted][: {text}]"},
    {EVENT_SUBSCRIBE_REFUSED, "[ to {topic}][: {reason}][: {text}]"},
    {EVENT_UNSUBSCRIBED, "[ from {topic}][: {text}]"},
    {EVENT_WILL_ARMED, "[ for {topic}][, QoS {qos}][: {text}]"},
    {EVENT_WILL_CANCELLED, "[ for {topic}][: {text}]"},
    {EVENT_WILL_DELAYED, "[ {expiry}][ for {topic}][: {text}]"},
    {EVENT_WILL_FIRED, "[, sent to {topic}][, QoS {qos}][: {text}]"},
    {EVENT_RETAINED_STORED, "[ for {topic}][: {payload}]"},
    {EVENT_RETAINED_REPLACED, "[ for {topic}][: {payload}]"},
    {EVENT_RETAINED_CLEARED, "[ for {topic}][: {text}]"},
    {EVENT_MESSAGE_QUEUED, "[: {topic}][, QoS {qos}][, {number} waiting]"
                           "[: {text}]"},
    {EVENT_MESSAGE_DROPPED, MESSAGE},
    {EVENT_MESSAGE_EXPIRED, MESSAGE},
    {EVENT_NOBODY, "[: {topic}][: {text}]"},
    {EVENT_ACCESS_REFUSED, "[ to {topic}][: {reason}][: {text}]"},
    {EVENT_STORE_FAILED, "[: {text}]"},
    {EVENT_STORE_WORKS, ""},
    {EVENT_LOST_RECORDS, "[: {number}][: {text}]"},
    {EVENT_RULE_SET, "[: {text}]"},
    {EVENT_RULE_ENDED, "[: {text}]"},
    {EVENT_RULE_DID, "[: {text}]"},
    {EVENT_PACKET_RELEASED, "[: {text}]"},
    {EVENT_LAB_STARTED, "[: {id}][, version {text}][, for {user}]"},
    {EVENT_LAB_STEP, ABOUT},
    {EVENT_LAB_CHECK, ABOUT},
    {EVENT_LAB_ANSWER, ABOUT},
    {EVENT_LAB_HINT, ABOUT},
    {EVENT_LAB_RESET, ABOUT},
    {EVENT_NOTE, "[: {text}]"},
    {EVENT_STREAM_LOST, "[: {number}][ {text}]"},
    {EVENT_STREAM_SKIPPED, "[: {number}][ {text}]"},
    {EVENT_STREAM_HIDDEN, "[: {text}]"},
    {EVENT_MQTT_SN, "[: {text}][ from {peer}][ to {local}]"},
};

static const struct attribute {
    const char *name;
    enum record_key key;
} attributes[] = {
    {"user", RECORD_USER_NAME},     {"topic", RECORD_TOPIC},
    {"text", RECORD_TEXT},          {"number", RECORD_NUMBER},
    {"peer", RECORD_PEER},          {"local", RECORD_LOCAL},
    {"transport", RECORD_TRANSPORT}, {"qos", RECORD_QOS},
    {"reason", RECORD_REASON},      {"statement", RECORD_STATEMENT},
    {"payload", RECORD_PAYLOAD},    {"keep_alive", RECORD_KEEP_ALIVE},
    {"version", RECORD_VERSION},    {"clean", RECORD_CLEAN},
    {"expiry", RECORD_EXPIRY},      {"id", RECORD_ID},
    {"subject", RECORD_SUBJECT},
};
/* clang-format on */

static enum record_key key_of(struct slice name)
{
    size_t row = 0;

    while (!slice_equal_string(name, attributes[row].name))
        row++;
    return attributes[row].key;
}

static void put_seconds(struct buf *out, uint64_t seconds)
{
    if (seconds == FOR_EVER)
        buf_append_string(out, "for ever");
    else
        buf_printf(out, "%" PRIu64 " s", seconds);
}

/* The value of an attribute as people read it. False when it is absent. */
static bool put_attribute(struct buf *out, struct slice bytes,
                          enum record_key key)
{
    struct slice value = record_get(bytes, key);
    uint64_t number = record_get_number(bytes, key, UINT64_MAX);

    if (value.len == 0)
        return false;
    if (number == UINT64_MAX)
        key = RECORD_TEXT;
    if (key == RECORD_REASON)
        buf_append_string(out, reason_name(0, (unsigned)number));
    else if (key == RECORD_VERSION)
        buf_append_string(out, mqtt_version_name((unsigned)number));
    else if (key == RECORD_CLEAN)
        buf_append_string(out, number ? "clean start" : "session wanted");
    else if (key == RECORD_EXPIRY || key == RECORD_KEEP_ALIVE)
        put_seconds(out, number);
    else
        render_text(out, value, MAX_COLUMNS);
    return true;
}

/* Which record it is about, by the number that this has here. */
static bool put_about(struct buf *out, const struct record *record)
{
    uint64_t about = record_subject(record);

    if (about)
        buf_printf(out, "%" PRIu64, about);
    return about != 0;
}

/* One part "[...{name}...]"; nothing when its attribute is absent. */
static void put_part(struct buf *out, struct slice part,
                     const struct record *record)
{
    const uint8_t *open = memchr(part.bytes, '{', part.len);
    const uint8_t *close = memchr(part.bytes, '}', part.len);
    size_t before = (size_t)(open - part.bytes);
    size_t behind = (size_t)(close - part.bytes) + 1;
    uint32_t start = out->len;

    enum record_key key = key_of(slice_of(open + 1, behind - before - 2));

    buf_append(out, part.bytes, before);
    if (key == RECORD_SUBJECT ? !put_about(out, record)
                              : !put_attribute(out, record->bytes, key)) {
        out->len = start;
        return;
    }
    buf_append_slice(out, slice_skip(part, behind));
}

static void put_template(struct buf *out, const char *at,
                         const struct record *record)
{
    while (*at) {
        const char *name_end = strchr(at, '}');
        const char *end = strchr(name_end, ']');

        /* A "]" of the sentence itself stands before the part's own. */
        if (end[1] == ']')
            end++;
        put_part(out, slice_of(at + 1, (size_t)(end - at - 1)), record);
        at = end + 1;
    }
}

static const char *template_of(unsigned code)
{
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (sentences[i].code == code)
            return sentences[i].template;
    }
    return MESSAGE;
}

static void put_subject(struct buf *out, const struct history_row *row)
{
    struct slice client_id = record_get(row->record.bytes, RECORD_CLIENT_ID);

    if (client_id.len == 0 && row->note.client_id)
        client_id = slice_of_string(row->note.client_id);
    if (client_id.len) {
        buf_append_string(out, "client ");
        render_text(out, client_id, MAX_COLUMNS);
        buf_append_string(out, ": ");
    } else if (row->record.connection) {
        buf_printf(out, "connection %" PRIu32 ": ", row->record.connection);
    }
}

void render_event(struct buf *out, const struct history_row *row)
{
    unsigned code = record_code(row->record.bytes);

    put_subject(out, row);
    if (!strcmp(event_text(code), "?"))
        buf_printf(out, "%s %u", record_type_name(row->record.type), code);
    else
        buf_append_string(out, event_text(code));
    put_template(out, template_of(code), &row->record);
    if (row->record.flags & RECORD_SNAPSHOT)
        buf_append_string(out, " (from before)");
}
