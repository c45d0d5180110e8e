/*
 * The life of wills in the model.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mqtt/property.h"
#include "tui/model_parts.h"
#include "wire/event.h"

const char *model_will_name(enum model_will_state state)
{
    switch (state) {
    case MODEL_WILL_NONE: return "-";
    case MODEL_WILL_ARMED: return "armed";
    case MODEL_WILL_WAITING: return "waiting";
    case MODEL_WILL_FIRED: return "FIRED";
    case MODEL_WILL_CANCELLED: return "cancelled";
    }
    return "?";
}

static void free_will(struct model_will *will)
{
    free(will->client_id);
    free(will->topic);
    free(will->cause);
    free(will);
}

void model_wills_free(struct model *model)
{
    for (size_t i = 0; i < model->will_count; i++)
        free_will(model->wills[i]);
    free(model->wills);
}

/* Forget the oldest will whose life is over, or else the oldest. */
static void make_room(struct model *model)
{
    size_t at = 0;

    if (model->will_count < MODEL_WILLS_MAX)
        return;
    while (at + 1 < model->will_count &&
           model->wills[at]->state < MODEL_WILL_FIRED)
        at++;
    if (model->wills[at]->state < MODEL_WILL_FIRED)
        at = 0;
    struct model_client *client =
        model_client(model, model->wills[at]->client_id);
    if (client && client->will == model->wills[at])
        client->will = NULL;
    if (client && client->will_before == model->wills[at])
        client->will_before = NULL;
    free_will(model->wills[at]);
    model->will_count--;
    memmove(model->wills + at, model->wills + at + 1,
            (model->will_count - at) * sizeof(struct model_will *));
}

static struct model_will *new_will(struct model *model,
                                   struct model_client *client,
                                   const struct history_row *row,
                                   struct slice topic)
{
    struct model_will *will = alloc_zero(1, sizeof(*will));

    make_room(model);
    will->client_id = alloc_string(client->client_id);
    will->topic =
        alloc_string_of(topic.len ? (const void *)topic.bytes : "", topic.len);
    will->state = MODEL_WILL_ARMED;
    will->armed_ns = row->record.time_ns;
    model->wills = alloc_resize(model->wills, model->will_count + 1,
                                sizeof(struct model_will *));
    model->wills[model->will_count++] = will;
    client->will = will;
    return will;
}

static void keep_payload(struct model_will *will, struct slice payload)
{
    size_t len =
        payload.len < MODEL_PAYLOAD_MAX ? payload.len : MODEL_PAYLOAD_MAX;

    if (len)
        memcpy(will->payload, payload.bytes, len);
    will->payload_len = (uint32_t)payload.len;
}

void model_will_arm(struct model *model, struct model_client *client,
                    const struct model_packet *packet)
{
    const struct mqtt_will *sent = &packet->packet.connect.will;
    struct model_will *will;

    client->will_before = client->will && client->will->state < MODEL_WILL_FIRED
                              ? client->will
                              : NULL;
    client->will = NULL;
    if (!sent->set)
        return;
    will = new_will(model, client, packet->row, sent->topic);
    keep_payload(will, sent->payload);
    will->qos = sent->qos;
    will->retain = sent->retain;
    will->delay_s =
        property_number(sent->properties, PROPERTY_WILL_DELAY_INTERVAL, 0);
    will->armed_by = packet->row->number;
}

static void end_will(struct model_will *will, const struct history_row *row,
                     enum model_will_state state, struct slice cause)
{
    will->state = (uint8_t)state;
    will->ended_ns = row->record.time_ns;
    will->ended_seq = row->record.seq;
    if (cause.len)
        model_keep(&will->cause, cause);
}

void model_will_guess(struct model_client *client,
                      const struct history_row *row,
                      enum model_will_state state, const char *cause)
{
    struct model_will *will = client->will;

    if (!will || will->state != MODEL_WILL_ARMED)
        return;
    /* A will that fired by a guess has no record that says so: a broker's own
       word, which comes right before or after, wins. */
    if (state == MODEL_WILL_FIRED && will->delay_s) {
        state = MODEL_WILL_WAITING;
        will->delayed_ns = row->record.time_ns;
    }
    end_will(will, row, state, slice_of_string(cause));
    will->ended_seq = 0;
}

/* A will that was armed before we watched comes with the snapshot. */
static void on_armed(struct model *model, struct model_client *client,
                     const struct history_row *row)
{
    struct slice bytes = row->record.bytes;
    struct model_will *will = client->will;

    if (!will || will->state >= MODEL_WILL_FIRED) {
        will = new_will(model, client, row, record_get(bytes, RECORD_TOPIC));
        keep_payload(will, record_get(bytes, RECORD_PAYLOAD));
        will->qos = (uint8_t)record_get_number(bytes, RECORD_QOS, 0);
        will->retain = record_get_number(bytes, RECORD_RETAIN, 0);
    }
    will->delay_s =
        (uint32_t)record_get_number(bytes, RECORD_EXPIRY, will->delay_s);
}

/* The will that an event is about. A session is taken over behind the CONNECT
   that does it, and before the broker takes that one's will. */
static struct model_will *will_meant(struct model_client *client,
                                     enum event_code code)
{
    struct model_will *before = client->will_before;

    if (code == EVENT_WILL_ARMED || code == EVENT_WILL_FIRED ||
        code == EVENT_WILL_CANCELLED)
        client->will_before = NULL;
    return before && code != EVENT_WILL_ARMED ? before : client->will;
}

void model_will_event(struct model *model, struct model_client *client,
                      const struct history_row *row)
{
    struct slice bytes = row->record.bytes;
    struct slice text = record_get(bytes, RECORD_TEXT);
    unsigned code = record_code(bytes);
    struct model_will *will = client ? will_meant(client, code) : NULL;

    if (client && code == EVENT_WILL_ARMED) {
        on_armed(model, client, row);
        return;
    }
    if (!will || will->ended_seq)
        return;
    if (code == EVENT_WILL_CANCELLED)
        end_will(will, row, MODEL_WILL_CANCELLED, text);
    else if (code == EVENT_WILL_FIRED)
        end_will(will, row, MODEL_WILL_FIRED, text);
    else if (code == EVENT_WILL_DELAYED) {
        will->state = MODEL_WILL_WAITING;
        will->delayed_ns = row->record.time_ns;
        will->delay_s =
            (uint32_t)record_get_number(bytes, RECORD_EXPIRY, will->delay_s);
        model_keep(&will->cause, text);
    }
}

void model_will_made(struct model *model, const struct history_row *row)
{
    /* What a will became is sent right after it fired: look at the latest. */
    for (size_t i = model->will_count; i-- > 0;) {
        struct model_will *will = model->wills[i];
        const size_t room = sizeof(will->made) / sizeof(will->made[0]);

        if (!will->ended_seq || will->ended_seq != row->record.cause)
            continue;
        if (will->made_count < room)
            will->made[will->made_count] = row->number;
        will->made_count++;
        return;
    }
}
