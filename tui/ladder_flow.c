#include "tui/ladder_flow.h"

#include <string.h>

#include "wire/render.h"

/* How far around the chosen row other packets of it are looked for. */
#define REACH 512

char ladder_flow_letter(uint32_t flow)
{
    return (char)('A' + (flow - 1) % 26);
}

enum mqtt_type ladder_flow_type(unsigned qos, unsigned step)
{
    static const enum mqtt_type types[3][4] = {
        [1] = {MQTT_PUBLISH, MQTT_PUBACK },
        [2] = { MQTT_PUBLISH, MQTT_PUBREC, MQTT_PUBREL, MQTT_PUBCOMP},
    };

    return qos < 3 && step >= 1 && step <= 4 ? types[qos][step - 1]
                                             : (enum mqtt_type)0;
}

/* ---- what was seen of a handshake ---- */

struct seen {
    unsigned step;    /* the furthest */
    bool from_client; /* the message goes to the broker */
    bool lost;
    uint64_t first_ns;
    uint64_t last_ns;
    struct history_row publish; /* its first packet */
    bool has_publish;
};

static void see(struct seen *seen, const struct history_row *row)
{
    unsigned step = row->note.flow_step;

    if (row->record.type != RECORD_MQTT)
        return;
    if (row->note.type == MQTT_PUBLISH && !seen->has_publish) {
        seen->publish = *row;
        seen->has_publish = true;
    }
    if (!seen->first_ns)
        seen->first_ns = row->record.time_ns;
    seen->last_ns = row->record.time_ns;
    seen->step = step > seen->step ? step : seen->step;
    seen->from_client =
        (row->record.direction == RECORD_C2B) == (step % 2 == 1);
}

static void gather(const struct store *store, uint64_t position, uint32_t flow,
                   struct seen *seen)
{
    uint64_t from = position > REACH ? position - REACH : 0;

    for (uint64_t at = from; at < position + REACH; at++) {
        struct history_row row;

        if (store_row(store, at, &row) && row.note.flow == flow)
            see(seen, &row);
    }
}

/* ---- words ---- */

static const char *sender_states(unsigned qos, unsigned step)
{
    static const char *const one[] = {"nothing yet",
                                      "PUBLISH sent, keeps the message",
                                      "PUBLISH sent -> PUBACK got [done]"};
    static const char *const two[] = {
        "nothing yet",
        "PUBLISH sent, keeps the message",
        "PUBLISH sent -> PUBREC got, keeps only the id",
        "PUBLISH sent -> PUBREC got -> PUBREL sent",
        "PUBLISH sent -> PUBREC got -> PUBREL sent -> PUBCOMP got [done]",
    };

    if (qos == 1)
        return one[step < 2 ? step : 2];
    return two[step < 4 ? step : 4];
}

static const char *receiver_states(unsigned qos, unsigned step)
{
    static const char *const one[] = {"nothing yet", "has the message",
                                      "has the message, has forgotten the id"};
    static const char *const two[] = {
        "nothing yet",
        "has the message and the id",
        "knows the id: a repetition would not be delivered again",
        "PUBREL came: the id is released",
        "has forgotten the id [done]",
    };

    if (qos == 1)
        return one[step < 2 ? step : 2];
    return two[step < 4 ? step : 4];
}

static const char *why(unsigned qos)
{
    if (qos == 1)
        return "why 2 packets: the sender repeats PUBLISH until PUBACK comes;"
               " if PUBACK is lost the message arrives twice"
               " [MQTT5 4.3.2]";
    return "why 4 packets: the receiver keeps the id until PUBREL, so that a"
           " repeated PUBLISH is not delivered a second time [MQTT5 4.3.3]";
}

/* What a packet without a handshake is for. */
static const char *about_type(const struct history_row *row)
{
    static const char *const texts[] = {
        [MQTT_CONNECT] = "CONNECT: the first packet on a connection; the client"
                         " says who it is and what session it wants"
                         " [MQTT5 3.1]",
        [MQTT_CONNACK] = "CONNACK: the broker lets the client in or says why"
                         " not, and whether it knew its session [MQTT5 3.2]",
        [MQTT_PUBLISH] = "PUBLISH at QoS 0: one packet, no answer; if it is"
                         " lost nobody repeats it [MQTT5 4.3.1]",
        [MQTT_SUBSCRIBE] = "SUBSCRIBE: the client asks for all messages whose"
                           " topic matches its filters [MQTT5 3.8]",
        [MQTT_SUBACK] = "SUBACK: for each filter the QoS that is granted, or"
                        " that it is refused [MQTT5 3.9]",
        [MQTT_UNSUBSCRIBE] = "UNSUBSCRIBE: the client wants these messages no"
                             " longer [MQTT5 3.10]",
        [MQTT_UNSUBACK] = "UNSUBACK: the broker has removed the subscriptions"
                          " [MQTT5 3.11]",
        [MQTT_PINGREQ] = "PINGREQ: the client has nothing to say but is still"
                         " there, so that Keep Alive does not run out"
                         " [MQTT5 3.12]",
        [MQTT_PINGRESP] = "PINGRESP: so is the broker [MQTT5 3.13]",
        [MQTT_DISCONNECT] = "DISCONNECT: goodbye; after it the broker deletes"
                            " the will instead of publishing it"
                            " [MQTT5 3.14]",
        [MQTT_AUTH] = "AUTH: a further step of an authentication that takes"
                      " several [MQTT5 3.15]",
    };
    unsigned type = row->note.type;

    if (row->record.flags & RECORD_MALFORMED)
        return "against the rules: the broker refused to understand it;"
               " Enter shows what is wrong";
    if (type == MQTT_PUBLISH && row->note.packet_id)
        return "PUBLISH of a handshake whose beginning was not seen";
    if (type >= sizeof(texts) / sizeof(texts[0]) || !texts[type])
        return "";
    return texts[type];
}

/* ---- where from, where to ---- */

static void put_origin(const struct store *store,
                       const struct history_row *publish, struct buf *out)
{
    uint64_t at = history_find_seq(store->history, publish->record.cause);
    const struct model_client *client =
        model_client(store->model, publish->note.client_id);
    const struct model_subscription *by =
        client ? model_subscription_for(client,
                                        slice_of_string(publish->note.topic))
               : NULL;
    struct history_row cause;

    if (!store_row(store, at, &cause)) {
        buf_append_string(out, "came from: the broker itself");
    } else if (cause.record.type == RECORD_MQTT) {
        buf_printf(out, "came from: packet %llu by ",
                   (unsigned long long)cause.number);
        view_client(&cause, 20, out);
    } else {
        buf_append_string(out, "came from: ");
        render_event(out, &cause);
    }
    if (!by)
        return;
    buf_append_string(out, ", through ");
    render_text(out, slice_of_string(by->topic_filter), 30);
    buf_printf(out, " granted QoS %u", by->qos);
}

/* The copies that went out because of this packet. */
static void put_copies(const struct store *store,
                       const struct history_row *publish, struct buf *out)
{
    size_t count = 0;
    uint64_t from = history_find_seq(store->history, publish->record.seq);
    struct buf names = {0};

    for (uint64_t at = from; from != UINT64_MAX && at < from + REACH; at++) {
        struct history_row row;

        if (!store_row(store, at, &row) || row.note.type != MQTT_PUBLISH ||
            row.record.direction != RECORD_B2C ||
            row.record.cause != publish->record.seq)
            continue;
        if (count++ >= 4)
            continue;
        buf_append_string(&names, count > 1 ? ", " : ": ");
        view_client(&row, 16, &names);
        buf_printf(&names, " with QoS %u (packet %llu)",
                   row.record.bytes.len ? row.record.bytes.bytes[0] >> 1 & 3
                                        : 0,
                   (unsigned long long)row.number);
    }
    if (count)
        buf_printf(out, "went to %zu subscriber%s%s%s", count,
                   count == 1 ? "" : "s", buf_string(&names),
                   count > 4 ? ", ..." : "");
    else
        buf_append_string(out, "went to: nobody so far");
    buf_release(&names);
}

static void draw_way(const struct store *store,
                     const struct history_row *publish, const struct area *area,
                     int y)
{
    struct buf line = {0};

    if (publish->record.direction == RECORD_B2C)
        put_origin(store, publish, &line);
    else
        put_copies(store, publish, &line);
    view_paragraph(area, y, STYLE_PLAIN, buf_string(&line));
    buf_release(&line);
}

/* ---- drawing ---- */

static int draw_side(const struct area *area, int y, const char *side,
                     const char *state)
{
    struct area rest = grid_part(area, 0, 10, area->height, area->width - 10);

    grid_text(area, y, 0, STYLE_HEADING, side);
    return view_paragraph(&rest, y, STYLE_PLAIN, state);
}

static void draw_flow(const struct store *store, uint64_t position,
                      const struct history_row *row, const struct area *area)
{
    struct area inner =
        grid_part(area, 1, 1, area->height - 1, area->width - 2);
    struct seen seen = {0};
    struct buf title = {0};
    struct buf who = {0};
    int y = 0;

    gather(store, position, row->note.flow, &seen);
    view_client(row, 24, &who);
    buf_printf(&title, "flow %c: QoS %u, id %u, %s -> %s",
               ladder_flow_letter(row->note.flow), row->note.flow_qos,
               row->note.packet_id,
               seen.from_client ? buf_string(&who) : "broker",
               seen.from_client ? "broker" : buf_string(&who));
    if (seen.step == row->note.flow_steps)
        buf_printf(&title, ", %.1f ms",
                   (double)(seen.last_ns - seen.first_ns) / 1e6);
    grid_rule(area, 0, buf_string(&title));
    y += draw_side(&inner, y,
                   "sender:  ", sender_states(row->note.flow_qos, seen.step));
    y += draw_side(&inner, y,
                   "receiver:", receiver_states(row->note.flow_qos, seen.step));
    y += view_paragraph(&inner, y, STYLE_PLAIN, why(row->note.flow_qos));
    if (seen.has_publish)
        draw_way(store, &seen.publish, &inner, y);
    buf_release(&title);
    buf_release(&who);
}

void ladder_flow_draw(const struct store *store, uint64_t position,
                      const struct area *area)
{
    struct area inner =
        grid_part(area, 1, 1, area->height - 1, area->width - 2);
    struct history_row row;
    struct buf line = {0};
    int y = 0;

    if (!store_row(store, position, &row)) {
        grid_rule(area, 0, NULL);
        return;
    }
    if (row.note.flow && row.record.type == RECORD_MQTT) {
        draw_flow(store, position, &row, area);
        return;
    }
    if (row.record.type != RECORD_MQTT) {
        grid_rule(area, 0, "decided by the broker");
        render_event(&line, &row);
        view_paragraph(&inner, y, STYLE_EVENT, buf_string(&line));
        buf_release(&line);
        return;
    }
    buf_printf(&line, "packet %llu", (unsigned long long)row.number);
    grid_rule(area, 0, buf_string(&line));
    buf_release(&line);
    y += view_paragraph(&inner, y, STYLE_PLAIN, about_type(&row));
    if (row.note.type == MQTT_PUBLISH)
        draw_way(store, &row, &inner, y);
}
