#include "tui/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "mqtt/framer.h"
#include "mqtt/varint.h"
#include "tui/model_parts.h"
#include "wire/event.h"

struct model *model_new(const struct history *history)
{
    struct model *model = alloc_zero(1, sizeof(*model));

    model->history = history;
    return model;
}

static void forget_tls(struct model *model)
{
    for (size_t i = 0; i < MODEL_TLS_MAX; i++) {
        free(model->tls[i].text);
        free(model->tls[i].sides[0]);
        free(model->tls[i].sides[1]);
        model->tls[i] = (struct model_tls){0};
    }
}

void model_free(struct model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->client_count; i++)
        model_client_free(model->clients[i]);
    free(model->clients);
    free(model->waiting);
    free(model->waiting_on);
    forget_tls(model);
    map_release(&model->clients_by_id);
    model_rules_end(model);
    model_topics_free(model);
    model_wills_free(model);
    free(model);
}

void model_keep(char **owned, struct slice text)
{
    free(*owned);
    *owned =
        alloc_string_of(text.len ? (const void *)text.bytes : "", text.len);
}

/* ---- counting ---- */

static void count_second(struct model_counters *counters, uint64_t second)
{
    if (second > counters->second) {
        uint64_t gap = second - counters->second;

        if (gap >= MODEL_SECONDS)
            memset(counters->per_second, 0, sizeof(counters->per_second));
        for (uint64_t i = 1; i <= gap && gap < MODEL_SECONDS; i++)
            counters->per_second[(counters->second + i) % MODEL_SECONDS] = 0;
        counters->second = second;
    }
    if (counters->second - second < MODEL_SECONDS)
        counters->per_second[second % MODEL_SECONDS]++;
}

uint32_t model_rate(const struct model *model, uint64_t now_ns)
{
    const struct model_counters *counters = &model->counters;
    uint64_t second = now_ns / CLOCK_NS_PER_S;

    if (second == 0 || second - 1 > counters->second ||
        counters->second - (second - 1) >= MODEL_SECONDS)
        return 0;
    return counters->per_second[(second - 1) % MODEL_SECONDS];
}

static void count_packet(struct model_counters *counters,
                         const struct model_packet *packet)
{
    const struct record *record = &packet->row->record;
    unsigned type = packet->row->note.type & 15;

    counters->packets[packet->from_client][type]++;
    counters->bytes[packet->from_client] += record->original_len;
    if (packet->from_client && type == MQTT_PUBLISH && record->bytes.len) {
        unsigned qos = record->bytes.bytes[0] >> 1 & 3;

        if (qos < 3)
            counters->publishes[qos]++;
    }
    counters->held += (record->flags & RECORD_HELD) != 0;
    counters->dropped += (record->flags & RECORD_DROPPED) != 0;
    counters->malformed += (record->flags & RECORD_MALFORMED) != 0;
    count_second(counters, record->time_ns / CLOCK_NS_PER_S);
}

/* ---- packets that a rule holds ---- */

static size_t find_waiting(const struct model *model, uint64_t seq)
{
    size_t at = model->waiting_count;

    while (at > 0 && model->waiting[at - 1] >= seq)
        at--;
    return at;
}

bool model_waits(const struct model *model, uint64_t seq)
{
    size_t at = find_waiting(model, seq);

    return at < model->waiting_count && model->waiting[at] == seq;
}

static void begin_waiting(struct model *model, const struct record *record)
{
    if (model->waiting_count == MODEL_WAITING_MAX)
        return;
    model->waiting = alloc_resize(model->waiting, model->waiting_count + 1,
                                  sizeof(*model->waiting));
    model->waiting_on =
        alloc_resize(model->waiting_on, model->waiting_count + 1,
                     sizeof(*model->waiting_on));
    model->waiting_on[model->waiting_count] = record->connection;
    model->waiting[model->waiting_count++] = record->seq;
}

static void end_waiting(struct model *model, uint64_t seq)
{
    size_t at = find_waiting(model, seq);

    if (!model_waits(model, seq))
        return;
    model->waiting_count--;
    memmove(model->waiting + at, model->waiting + at + 1,
            (model->waiting_count - at) * sizeof(*model->waiting));
    memmove(model->waiting_on + at, model->waiting_on + at + 1,
            (model->waiting_count - at) * sizeof(*model->waiting_on));
}

/* What was held is on its way: a PINGREQ may have its answer now. */
static void on_released(struct model *model, struct model_client *client,
                        uint64_t seq)
{
    uint64_t position = history_find_seq(model->history, seq);
    struct history_row row;

    end_waiting(model, seq);
    if (client && history_get(model->history, position, &row) &&
        row.record.type == RECORD_MQTT && row.note.type == MQTT_PINGRESP)
        client->pinged_ns = 0;
}

/* ---- one row ---- */

/*
 * Decode a record's packet. Of a long PUBLISH only the beginning is here: its
 * topic is, and as much of the payload.
 */
static bool decode(struct model_packet *packet)
{
    const struct record *record = &packet->row->record;
    struct slice bytes = record->bytes;
    uint32_t remaining = 0;
    int used = bytes.len > 1
                   ? varint_decode(bytes.bytes + 1, bytes.len - 1, &remaining)
                   : 0;
    struct frame frame;

    if (used <= 0)
        return false;
    frame.first = bytes.bytes[0];
    frame.whole = bytes;
    frame.body = slice_skip(bytes, 1 + (size_t)used);
    if (frame.body.len > remaining)
        frame.body.len = remaining;
    if (frame.body.len < remaining && frame_type(&frame) != MQTT_PUBLISH)
        return false;
    unsigned version = packet->row->note.version;
    return packet_decode(&packet->packet,
                         version ? (enum mqtt_version)version : MQTT_3_1_1,
                         &frame) == MQTT_SUCCESS;
}

static void add_packet(struct model *model, const struct history_row *row)
{
    struct model_packet packet = {
        .row = row,
        .from_client = row->record.direction == RECORD_C2B,
    };
    struct model_client *client = model_client_of(model, row);

    count_packet(&model->counters, &packet);
    if (row->record.flags & RECORD_HELD)
        begin_waiting(model, &row->record);
    packet.known = decode(&packet);
    if (client)
        model_client_packet(model, client, &packet);
    if (packet.known && packet.packet.type == MQTT_PUBLISH)
        model_topic_packet(model, &packet);
    model->tells_causes |= !packet.from_client && row->record.cause;
    if (!packet.from_client && row->record.cause)
        model_will_made(model, row);
}

/*
 * The broker tells what it has whenever another reader comes: a second
 * dashboard, or the first rule. Its snapshot says how many seconds it has run,
 * so one that began when ours did is ours, and nothing is over.
 */
static bool same_broker(struct model *model, const struct record *record)
{
    uint64_t ran_s = record_get_number(record->bytes, RECORD_NUMBER, 0);
    uint64_t known_ns = model->broker_began_ns;
    uint64_t began_ns = record->time_ns - ran_s * CLOCK_NS_PER_S;

    model->broker_began_ns = began_ns;
    return record->flags & RECORD_SNAPSHOT && known_ns &&
           began_ns < known_ns + CLOCK_NS_PER_S &&
           known_ns < began_ns + CLOCK_NS_PER_S;
}

static struct model_tls *tls_of(struct model *model, uint32_t connection)
{
    struct model_tls *tls = model->tls;

    for (; tls < model->tls + MODEL_TLS_MAX; tls++) {
        if (tls->text && tls->connection == connection)
            return tls;
    }
    tls = &model->tls[model->tls_next++ % MODEL_TLS_MAX];
    free(tls->sides[0]);
    free(tls->sides[1]);
    tls->sides[0] = tls->sides[1] = NULL;
    tls->connection = connection;
    return tls;
}

/* Its client is known when CONNECT comes. A proxy tells two, in any order. */
static void keep_tls(struct model *model, const struct history_row *row)
{
    struct model_tls *tls = tls_of(model, row->record.connection);
    struct slice text = record_get(row->record.bytes, RECORD_TEXT);
    bool broker = slice_starts_with(text, slice_of_string("to the broker: "));
    char *joined;

    model_keep(&tls->sides[broker], text);
    joined = alloc_printf("%s%s%s", tls->sides[0] ? tls->sides[0] : "",
                          tls->sides[0] && tls->sides[1] ? "; " : "",
                          tls->sides[1] ? tls->sides[1] : "");
    free(tls->text);
    tls->text = joined;
}

static void add_event(struct model *model, const struct history_row *row)
{
    struct model_client *client = model_client_of(model, row);
    unsigned code = record_code(row->record.bytes);

    model->counters.events++;
    model->tells_causes |=
        row->record.type == RECORD_EVT &&
        (code == EVENT_BROKER_STARTED || code == EVENT_SESSION_CREATED);
    if (code == EVENT_BROKER_STARTED && !same_broker(model, &row->record)) {
        model->waiting_count = 0;
        model_clients_restart(model);
        model_topics_restart(model);
        model_rules_end(model);
        forget_tls(model); /* it numbers its connections anew */
    }
    if (code == EVENT_TLS_OPENED)
        keep_tls(model, row);
    if (code == EVENT_PACKET_RELEASED)
        on_released(model, client, row->record.cause);
    if (client)
        model_client_event(model, client, row);
    model_will_event(model, client, row);
    model_rule_event(model, row);
    model_topic_event(model, row);
}

void model_add(struct model *model, const struct history_row *row)
{
    switch ((enum record_type)row->record.type) {
    case RECORD_MQTT: add_packet(model, row); break;
    case RECORD_CONN:
    case RECORD_TLS:
    case RECORD_EVT: add_event(model, row); break;
    case RECORD_WIRE:
    case RECORD_LAB:
    case RECORD_NOTE: break;
    }
}
