#include "tui/ladder_way.h"

#include <string.h>

#include "tui/ladder_flow.h"
#include "tui/payload.h"
#include "wire/event.h"
#include "wire/render.h"

/* How far from the message its source and its copies are looked for: one that
   waits may go much later. */
#define REACH 16384

/* Copies that are named one by one. */
#define COPIES_NAMED 4

/*
 * Only our broker says which packet brought another about. Of any other, topic
 * and message must do: is this row the same message in the other direction?
 */
static bool same_message(const struct history_row *publish,
                         const struct history_row *row)
{
    struct slice here;
    struct slice there;

    return row->note.type == MQTT_PUBLISH &&
           row->record.direction != publish->record.direction &&
           !strcmp(row->note.topic, publish->note.topic) &&
           payload_of(publish, &here) && payload_of(row, &there) &&
           slice_equal(here, there);
}

/* The nearest PUBLISH from a client before this one that may be its source. */
static bool find_likely(const struct store *store,
                        const struct history_row *publish,
                        struct history_row *source)
{
    uint64_t at = history_find_seq(store->history, publish->record.seq);

    for (unsigned i = 0; at != UINT64_MAX && at > 0 && i < REACH; i++) {
        if (store_row(store, --at, source) && same_message(publish, source))
            return true;
    }
    return false;
}

static void put_source(const struct history_row *source, struct buf *out)
{
    if (source->record.type != RECORD_MQTT) {
        render_event(out, source);
        return;
    }
    buf_printf(out, "packet %llu by ", (unsigned long long)source->number);
    view_client(source, 20, out);
}

static void put_origin(const struct store *store,
                       const struct history_row *publish, struct buf *out)
{
    uint64_t at = history_find_seq(store->history, publish->record.cause);
    bool told = store->model->tells_causes;
    const struct model_client *client =
        model_client(store->model, publish->note.client_id);
    const struct model_subscription *by =
        client ? model_subscription_for(client,
                                        slice_of_string(publish->note.topic))
               : NULL;
    struct history_row source;

    buf_append_string(out, "came from");
    if (publish->record.cause && store_row(store, at, &source)) {
        buf_append_string(out, ": ");
        put_source(&source, out);
    } else if (publish->record.cause) {
        buf_append_string(out, ": a packet that is not kept here");
    } else if (told) {
        buf_append_string(out, ": the broker itself");
    } else if (find_likely(store, publish, &source)) {
        buf_append_string(out, ", by topic and message: ");
        put_source(&source, out);
    } else {
        buf_append_string(out, ": a packet that was not seen");
    }
    if (!by)
        return;
    buf_append_string(out, ", through ");
    render_text(out, slice_of_string(by->topic_filter), 30);
    buf_printf(out, " granted QoS %u", by->qos);
}

/* Where one message goes. */
struct copies {
    struct copy {
        struct history_row row; /* PUBLISH to the client; else it waits */
        uint64_t again;         /* number of its repetition; 0: none */
    } named[COPIES_NAMED];
    size_t named_count;
    size_t sent; /* clients, those without a name included */
    size_t waits;
};

static bool is_sent(const struct history_row *row)
{
    return row->record.type == RECORD_MQTT;
}

static bool is_copy(const struct store *store,
                    const struct history_row *publish,
                    const struct history_row *row)
{
    bool queued = row->record.type == RECORD_EVT &&
                  record_code(row->record.bytes) == EVENT_MESSAGE_QUEUED;
    bool caused = row->record.cause == publish->record.seq;

    if (queued)
        return caused;
    if (row->note.type != MQTT_PUBLISH || row->record.direction != RECORD_B2C)
        return false;
    return store->model->tells_causes ? caused : same_message(publish, row);
}

static unsigned first_byte(const struct history_row *row)
{
    return row->record.bytes.len ? row->record.bytes.bytes[0] : 0;
}

/* What waited and came, and what came again, is no other copy. */
static bool goes_on(struct copies *copies, const struct history_row *row)
{
    bool again = is_sent(row) && first_byte(row) & 0x08;

    for (size_t i = 0; i < copies->named_count; i++) {
        struct copy *copy = &copies->named[i];

        if (strcmp(copy->row.note.client_id, row->note.client_id) != 0 ||
            !is_sent(row))
            continue;
        if (!is_sent(&copy->row)) {
            copy->row = *row;
            copies->waits--;
            copies->sent++;
            return true;
        }
        if (again) {
            copy->again = row->number;
            return true;
        }
    }
    return again && copies->sent > copies->named_count;
}

static void gather_copies(const struct store *store,
                          const struct history_row *publish,
                          struct copies *copies)
{
    uint64_t from = history_find_seq(store->history, publish->record.seq);
    uint64_t end = history_end(store->history);

    if (from == UINT64_MAX)
        return;
    for (uint64_t at = from; at < end && at < from + REACH; at++) {
        struct history_row row;

        if (!store_row(store, at, &row) || !is_copy(store, publish, &row) ||
            goes_on(copies, &row))
            continue;
        *(is_sent(&row) ? &copies->sent : &copies->waits) += 1;
        if (copies->named_count < COPIES_NAMED)
            copies->named[copies->named_count++].row = row;
    }
}

static void put_sent(const struct store *store, const struct copies *copies,
                     struct buf *out)
{
    const char *between = ": ";

    for (size_t i = 0; i < copies->named_count; i++) {
        const struct copy *copy = &copies->named[i];

        if (!is_sent(&copy->row))
            continue;
        buf_append_string(out, between);
        view_client(&copy->row, 16, out);
        buf_printf(out, " with QoS %u, %s (packet %llu",
                   first_byte(&copy->row) >> 1 & 3,
                   ladder_flow_progress(store, copy->row.note.flow),
                   (unsigned long long)copy->row.number);
        if (copy->again)
            buf_printf(out, ", again %llu", (unsigned long long)copy->again);
        buf_append_string(out, ")");
        between = ", ";
    }
}

static void put_waits(const struct copies *copies, struct buf *out)
{
    const char *between = "waits for ";

    for (size_t i = 0; i < copies->named_count; i++) {
        if (is_sent(&copies->named[i].row))
            continue;
        buf_append_string(out, between);
        view_client(&copies->named[i].row, 16, out);
        between = ", ";
    }
}

/* The copies that went out because of this packet, or wait to. */
static void put_copies(const struct store *store,
                       const struct history_row *publish, struct buf *out)
{
    bool told = store->model->tells_causes;
    struct copies copies = {0};

    gather_copies(store, publish, &copies);
    if (copies.sent) {
        buf_printf(out, "went to %zu subscriber%s%s", copies.sent,
                   copies.sent == 1 ? "" : "s",
                   told ? "" : " by topic and message");
        put_sent(store, &copies, out);
    }
    if (copies.waits && copies.sent)
        buf_append_string(out, "; ");
    put_waits(&copies, out);
    if (copies.sent + copies.waits > copies.named_count)
        buf_append_string(out, ", ...");
    if (!copies.sent && !copies.waits)
        buf_append_string(out, told ? "went to: nobody so far"
                                    : "went to: nobody that was seen");
}

void ladder_way_put(const struct store *store,
                    const struct history_row *publish, struct buf *out)
{
    if (publish->record.direction == RECORD_B2C)
        put_origin(store, publish, out);
    else
        put_copies(store, publish, out);
}
