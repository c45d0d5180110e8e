#include "wire/eavesdropper.h"

#include "mqtt/framer.h"
#include "wire/cable_units.h"
#include "wire/dissect_fields.h"
#include "wire/dissect_line.h"
#include "wire/event.h"
#include "wire/render.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MAX_HELD   (1u << 20) /* bytes of a packet that is not whole */
#define ACK_BYTES  4u         /* PUBACK, PUBREC, PUBREL, PUBCOMP */
#define FRAME_LESS 2u         /* header of a small frame */
#define MASK       4u

/* ---- what is found ---- */

static void note(struct eavesdropper *e, enum eavesdropper_secret secret,
                 enum eavesdropper_answer answer, struct slice value)
{
    struct buf text = {0};

    if (e->secrets[secret].answer > answer ||
        (e->secrets[secret].answer == answer && *e->secrets[secret].value))
        return;
    e->secrets[secret].answer = answer;
    render_text(&text, value, EAVESDROPPER_VALUE_BYTES / 4);
    snprintf(e->secrets[secret].value, EAVESDROPPER_VALUE_BYTES, "%s",
             buf_string(&text));
    buf_release(&text);
}

static void hide(struct eavesdropper *e, enum eavesdropper_secret secret)
{
    if (e->secrets[secret].answer == EAVESDROPPER_NOTHING)
        e->secrets[secret].answer = EAVESDROPPER_HIDDEN;
}

/* ---- packets ---- */

/* Fields of a packet, and what they tell. */
static const struct told {
    const char *field;
    enum eavesdropper_secret secret;
} told[] = {
    {"mqtt.clientid", EAVESDROPPER_CLIENT_ID},
    {"mqtt.username", EAVESDROPPER_USER_NAME},
    {"mqtt.passwd",   EAVESDROPPER_PASSWORD },
    {"mqtt.topic",    EAVESDROPPER_TOPIC    },
    {"mqtt.msg",      EAVESDROPPER_MESSAGE  },
};

/* A packet of which all is known, or that lies where he cannot read. */
static void take_packet(struct eavesdropper *e, bool readable)
{
    const struct dissection *packet = &e->packet;
    const struct field *qos = dissect_find(packet, "mqtt.qos");
    const struct field *version = dissect_find(packet, "mqtt.ver");
    char text[8];

    if (version)
        e->version = (unsigned)version->number;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        const struct field *field = dissect_find(packet, told[i].field);

        if (!field || !field->value.len ||
            (told[i].secret == EAVESDROPPER_TOPIC &&
             packet->type != MQTT_PUBLISH))
            continue;
        if (readable)
            note(e, told[i].secret, EAVESDROPPER_READ, field->value);
        else
            hide(e, told[i].secret);
    }
    if (!qos || packet->type != MQTT_PUBLISH)
        return;
    snprintf(text, sizeof(text), "QoS %u", (unsigned)qos->number & 3);
    if (readable)
        note(e, EAVESDROPPER_QOS, EAVESDROPPER_READ, slice_of_string(text));
    else
        hide(e, EAVESDROPPER_QOS);
}

static bool knows_all(const struct eavesdropper *e,
                      enum eavesdropper_answer enough)
{
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if (e->secrets[told[i].secret].answer < enough)
            return false;
    }
    return true;
}

static void take_record(struct eavesdropper *e, const struct history_row *row,
                        bool readable)
{
    if (knows_all(e, readable ? EAVESDROPPER_READ : EAVESDROPPER_HIDDEN))
        return; /* it would tell nothing new */
    e->packet.without_text = true;
    dissect_row(&e->packet, row);
    take_packet(e, readable);
}

/* Packets in what frames have carried so far. */
static void read_packets(struct eavesdropper *e, bool from_client)
{
    struct buf *mqtt = &e->sides[!from_client].mqtt;
    struct frame frame;
    int used;

    while ((used = framer_next(buf_slice(mqtt), MAX_HELD, &frame)) > 0) {
        e->packet.without_text = true;
        dissect_packet(&e->packet, frame.whole, e->version, from_client);
        take_packet(e, true);
        buf_consume(mqtt, (size_t)used);
    }
    e->sides[!from_client].broken |= used < 0;
    if (!mqtt->len || used < 0)
        buf_release(mqtt);
}

/* The mask of a frame lies beside what it masks. */
static void read_frames(struct eavesdropper *e, bool from_client,
                        struct slice bytes)
{
    struct ws_frame_reader *frames = &e->sides[!from_client].frames;
    struct buf *mqtt = &e->sides[!from_client].mqtt;

    while (!e->sides[!from_client].broken) {
        struct ws_frame_part part = ws_frame_next(frames, &bytes, from_client);

        if (part.kind == WS_FRAME_NOTHING)
            break;
        e->sides[!from_client].broken = part.kind == WS_FRAME_WRONG;
        if (part.kind != WS_FRAME_PAYLOAD ||
            ws_frame_is_control(&frames->frame))
            continue;
        ws_frame_unmask(frames, part.bytes, buf_reserve(mqtt, part.bytes.len));
        mqtt->len += (uint32_t)part.bytes.len;
    }
    read_packets(e, from_client);
}

/* ---- sizes ---- */

/* Can this be an acknowledgement? Within WebSocket it has a frame around it. */
static bool is_ack(const struct eavesdropper *e, unsigned i)
{
    uint32_t len = e->sizes[i].len - e->overhead;

    return len == ACK_BYTES || len == ACK_BYTES + FRAME_LESS ||
           (e->sizes[i].from_client && len == ACK_BYTES + FRAME_LESS + MASK);
}

/* The beginning of a handshake, at that size? */
static bool is_large(const struct eavesdropper *e, unsigned i)
{
    return e->sizes[i].len > e->overhead + ACK_BYTES && !is_ack(e, i);
}

static bool turns(const struct eavesdropper *e, unsigned i)
{
    return e->sizes[i].len &&
           e->sizes[i].from_client != e->sizes[i - 1].from_client;
}

/* A long one and an answer is QoS 1, two small ones more are QoS 2. */
static void guess(struct eavesdropper *e)
{
    char text[EAVESDROPPER_VALUE_BYTES];

    if (!turns(e, 3) || !is_ack(e, 3))
        return;
    if (turns(e, 2) && turns(e, 1) && is_ack(e, 2) && is_ack(e, 1) &&
        is_large(e, 0)) {
        snprintf(text, sizeof(text), "%u %u %u %u: Q2",
                 (unsigned)e->sizes[0].len, (unsigned)e->sizes[1].len,
                 (unsigned)e->sizes[2].len, (unsigned)e->sizes[3].len);
        e->secrets[EAVESDROPPER_QOS].answer = EAVESDROPPER_NOTHING;
        note(e, EAVESDROPPER_QOS, EAVESDROPPER_GUESSED, slice_of_string(text));
    } else if (is_large(e, 2) && e->has_exchange) {
        snprintf(text, sizeof(text), "%u %u: Q1 or 2",
                 (unsigned)e->sizes[2].len, (unsigned)e->sizes[3].len);
        note(e, EAVESDROPPER_QOS, EAVESDROPPER_GUESSED, slice_of_string(text));
    }
    e->has_exchange = true; /* the first answers CONNECT */
}

static void take_size(struct eavesdropper *e, uint32_t len, bool from_client)
{
    const unsigned last = sizeof(e->sizes) / sizeof(e->sizes[0]) - 1;

    memmove(e->sizes, e->sizes + 1, last * sizeof(e->sizes[0]));
    e->sizes[last].len = len;
    e->sizes[last].from_client = from_client;
    if (e->overhead && len > e->overhead)
        guess(e);
}

/* What a suite adds to each record [RFC 8446 5.2, RFC 5288, RFC 7905]: a tag of
   16, before TLS 1.3 mostly 8 more of the nonce, in TLS 1.3 the type. The suite
   has the standard's name or OpenSSL's; others than these are padded. */
static unsigned overhead_of(enum eavesdropper_cover cover, const char *suite)
{
    if (cover == EAVESDROPPER_TLS_1_3)
        return 17;
    if (!suite)
        return 0;
    if (strstr(suite, "CHACHA20") || strstr(suite, "CCM_8") ||
        strstr(suite, "CCM8"))
        return 16;
    return strstr(suite, "GCM") || strstr(suite, "CCM") ? 24 : 0;
}

/* ---- TLS ---- */

static bool is(const struct field *field, enum dissect_id id)
{
    return field->info && field->info == dissect_fields_info(id);
}

static void server_hello(struct eavesdropper *e, const struct field *suite,
                         bool is_1_3)
{
    e->cover = is_1_3 ? EAVESDROPPER_TLS_1_3 : EAVESDROPPER_TLS_1_2;
    e->overhead = overhead_of(e->cover, suite->info->value_name(suite->number));
}

/* The fields of a piece, one after the other. */
static void take_fields(struct eavesdropper *e, const struct history_row *row)
{
    bool from_client = row->record.direction == RECORD_C2B;
    bool first_subject = true;
    uint64_t handshake = 0;

    for (size_t i = 0; i < e->cable.count; i++) {
        const struct field *field = &e->cable.fields[i];

        if (is(field, DISSECT_TLS_HANDSHAKE_TYPE))
            handshake = field->number;
        if (is(field, DISSECT_TLS_SUITE) && handshake == 2)
            server_hello(e, field, false);
        if (is(field, DISSECT_TLS_VERSION) && handshake == 2) {
            e->cover = EAVESDROPPER_TLS_1_3;
            e->overhead = overhead_of(e->cover, NULL);
        }
        if (is(field, DISSECT_TLS_SNI) || is(field, DISSECT_HTTP_HOST))
            note(e, EAVESDROPPER_HOST, EAVESDROPPER_READ, field->value);
        if (is(field, DISSECT_X509_SUBJECT) && first_subject) {
            note(e, from_client ? EAVESDROPPER_CLIENT : EAVESDROPPER_SERVER,
                 EAVESDROPPER_READ, field->value);
            first_subject = false;
        }
        if (is(field, DISSECT_TLS_IDENTITY) ||
            (is(field, DISSECT_TLS_PSK_ID) &&
             dissect_line_printable(field->value)))
            note(e, EAVESDROPPER_CLIENT, EAVESDROPPER_READ, field->value);
        if (is(field, DISSECT_TLS_APP_DATA))
            take_size(e, field->len, from_client);
    }
}

/* ---- pieces ---- */

/* The frames of a piece begin where the head of HTTP ends. */
static struct slice frames_of(const struct history_row *row)
{
    struct cable_place place = row->note.cable;
    struct slice bytes = row->record.bytes;
    struct cable_unit unit;
    uint32_t at = 0;

    while (cable_units_next(&place, bytes, &at, &unit)) {
        if (unit.kind == CABLE_FRAMES)
            return slice_skip(bytes, unit.at);
    }
    return slice_of(NULL, 0);
}

static void take_cable(struct eavesdropper *e, const struct history_row *row)
{
    bool from_client = row->record.direction == RECORD_C2B;
    struct slice frames = frames_of(row);

    e->cable.without_text = true;
    dissect_row(&e->cable, row);
    take_fields(e, row);
    if (frames.len || row->note.cable.kind == CABLE_HTTP)
        e->cover = EAVESDROPPER_WS;
    if (frames.len)
        read_frames(e, from_client, frames);
}

/* What the broker says of the handshake. */
struct agreed {
    bool is_cable; /* else it is of another one, between proxy and broker */
    bool is_1_3;
    bool resumed;
    bool by_key;
    bool by_certificate;
    struct slice suite;
    struct slice host; /* that the client asked for, in clear */
    struct slice name; /* of the client: its identity, or whose certificate */
};

static bool skip(struct slice *text, const char *words)
{
    if (!slice_starts_with(*text, slice_of_string(words)))
        return false;
    *text = slice_skip(*text, strlen(words));
    return true;
}

static struct slice take_word(struct slice *text)
{
    struct slice word = *text;

    while (text->len && !slice_starts_with(*text, slice_of_string(", ")))
        *text = slice_skip(*text, 1);
    return slice_first(word, word.len - text->len);
}

/* Each part is looked for at its place only: names that the client chose stand
   behind all others, and may hold the same words. */
static struct agreed read_agreed(struct slice text)
{
    struct slice version = take_word(&text);
    struct agreed agreed = {
        .is_cable = slice_starts_with(version, slice_of_string("TLSv1")),
        .is_1_3 = slice_equal_string(version, "TLSv1.3"),
    };

    if (skip(&text, ", "))
        agreed.suite = take_word(&text);
    agreed.resumed = skip(&text, ", resumed");
    if (skip(&text, ", certificate "))
        take_word(&text);
    if (skip(&text, ", server name "))
        agreed.host = take_word(&text);
    if (slice_equal_string(agreed.host, "that is none"))
        agreed.host = slice_of(NULL, 0);
    agreed.by_key = skip(&text, ", PSK identity ");
    agreed.by_certificate =
        !agreed.by_key && skip(&text, ", client certificate of ");
    agreed.name = text;
    return agreed;
}

/* What crossed before anybody watched, or where nobody does, in front of a
   proxy: who listened there has read it, but for what TLS 1.3 encrypts. The
   identity of a key is never encrypted. */
static void take_earlier(struct eavesdropper *e, const struct agreed *agreed)
{
    struct buf suite = {0};

    if (e->cover != EAVESDROPPER_UNKNOWN)
        return;
    buf_append_slice(&suite, agreed->suite);
    e->cover = agreed->is_1_3 ? EAVESDROPPER_TLS_1_3 : EAVESDROPPER_TLS_1_2;
    e->overhead = overhead_of(e->cover, buf_string(&suite));
    buf_release(&suite);
    if (agreed->host.len)
        note(e, EAVESDROPPER_HOST, EAVESDROPPER_READ, agreed->host);
    if (agreed->by_key)
        note(e, EAVESDROPPER_CLIENT, EAVESDROPPER_READ, agreed->name);
    if (agreed->is_1_3 || agreed->resumed || agreed->by_key)
        return;
    note(e, EAVESDROPPER_SERVER, EAVESDROPPER_READ, slice_of(NULL, 0));
    if (agreed->by_certificate)
        note(e, EAVESDROPPER_CLIENT, EAVESDROPPER_READ, agreed->name);
}

/* What the broker says of the handshake: what there was to learn. */
static void take_handshake(struct eavesdropper *e, const struct record *record)
{
    struct agreed agreed;

    if (record_code(record->bytes) != EVENT_TLS_OPENED)
        return;
    agreed = read_agreed(record_get(record->bytes, RECORD_TEXT));
    if (!agreed.is_cable)
        return;
    take_earlier(e, &agreed);
    if (agreed.by_key || agreed.by_certificate)
        hide(e, EAVESDROPPER_CLIENT);
    if (!agreed.by_key)
        hide(e, EAVESDROPPER_SERVER);
}

void eavesdropper_take(struct eavesdropper *e, const struct history_row *row)
{
    const struct record *record = &row->record;
    bool on_cable = record->type == RECORD_WIRE;

    if (record->type == RECORD_TLS) {
        take_handshake(e, record);
        return;
    }
    if (!on_cable && record->type != RECORD_MQTT)
        return;
    if (record->layer != RECORD_WITHIN) {
        if (record->layer == RECORD_CABLE || e->cover < EAVESDROPPER_TLS_1_2)
            e->bytes[record->direction != RECORD_C2B] += record->original_len;
        note(e, EAVESDROPPER_SIZES, EAVESDROPPER_READ,
             slice_of_string(row->note.peer));
    }
    if (on_cable && record->layer == RECORD_CABLE) {
        take_cable(e, row);
    } else if (record->type == RECORD_MQTT) {
        if (record->layer == RECORD_PLAIN && e->cover < EAVESDROPPER_TLS_1_2)
            e->cover = EAVESDROPPER_PLAIN;
        take_record(e, row,
                    record->layer == RECORD_PLAIN &&
                        e->cover == EAVESDROPPER_PLAIN);
    }
}

void eavesdropper_release(struct eavesdropper *e)
{
    for (int i = 0; i < 2; i++)
        buf_release(&e->sides[i].mqtt);
    dissect_release(&e->cable);
    dissect_release(&e->packet);
    *e = (struct eavesdropper){0};
}

/* ---- words ---- */

const char *eavesdropper_cover_name(enum eavesdropper_cover cover)
{
    static const char *const names[] = {
        [EAVESDROPPER_UNKNOWN] = "?",       [EAVESDROPPER_PLAIN] = "plain",
        [EAVESDROPPER_WS] = "WebSocket",    [EAVESDROPPER_TLS_1_2] = "TLS 1.2",
        [EAVESDROPPER_TLS_1_3] = "TLS 1.3",
    };

    assert(cover < EAVESDROPPER_COVERS);
    return names[cover];
}

const char *eavesdropper_answer_name(enum eavesdropper_answer answer)
{
    static const char *const names[] = {
        [EAVESDROPPER_NOTHING] = "-",
        [EAVESDROPPER_HIDDEN] = "no",
        [EAVESDROPPER_GUESSED] = "guess",
        [EAVESDROPPER_READ] = "YES",
    };

    return names[answer];
}
