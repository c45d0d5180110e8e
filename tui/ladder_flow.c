#include "tui/ladder_flow.h"

#include "tui/ladder_way.h"
#include "wire/render.h"

/* How far around the chosen row other packets of it are looked for. */
#define REACH 512
/* And how far behind it, while some are missing. */
#define FAR 16384

#define STEPS_MAX 4

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
    uint64_t first_ns;
    uint64_t last_ns;
    struct history_row publish; /* its first packet */
    bool has_publish;
    bool all; /* no further packet of it has come */
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

/* Those before the chosen one that lie far back: each packet names the one
   that it answers. */
static void gather_before(const struct store *store, uint64_t position,
                          uint64_t until, struct seen *seen)
{
    struct history_row chain[STEPS_MAX];
    size_t count = 0;

    for (uint64_t at = position;
         count < STEPS_MAX && store_row(store, at, &chain[count]);
         at = history_find_seq(store->history, chain[count - 1].note.pair)) {
        if (!chain[count++].note.pair)
            break;
    }
    while (count-- > 0) {
        if (history_find_seq(store->history, chain[count].record.seq) < until)
            see(seen, &chain[count]);
    }
}

static void gather(const struct store *store, uint64_t position,
                   const struct history_row *row, struct seen *seen)
{
    uint64_t at = position > REACH ? position - REACH : 0;
    uint64_t end = history_end(store->history);

    gather_before(store, position, at, seen);
    for (; at < end && at < position + FAR; at++) {
        struct history_row each;

        if (at >= position + REACH && seen->step >= row->note.flow_steps)
            break;
        if (store_row(store, at, &each) && each.note.flow == row->note.flow)
            see(seen, &each);
    }
    seen->all = at == end;
}

/* ---- words ---- */

/*
 * What the two sides know at each step, as far as the packets prove it: they
 * are seen at the broker, so what it sends to a client may be lost yet.
 */
struct side_words {
    const char *sender;
    const char *receiver;
};

static struct side_words states(unsigned qos, unsigned step, bool from_client)
{
    static const struct side_words one[2][3] = {
        {{"nothing yet", "nothing yet"},
         {"PUBLISH sent, keeps the message", "has not said that PUBLISH came"},
         {"PUBLISH sent -> PUBACK got [done]",
          "has the message, has forgotten the id"}},
        {{"nothing yet", "nothing yet"},
         {"PUBLISH sent, keeps the message", "has the message"},
         {"PUBLISH sent -> PUBACK got [done]",
          "has the message, has forgotten the id"}},
    };
    static const struct side_words two[2][5] = {
        {{"nothing yet", "nothing yet"},
         {"PUBLISH sent, keeps the message", "has not said that PUBLISH came"},
         {"PUBLISH sent -> PUBREC got, keeps only the id",
          "knows the id: a repetition would not be delivered again"},
         {"PUBLISH sent -> PUBREC got -> PUBREL sent",
          "has the message; keeps the id until PUBREL reaches it"},
         {"PUBLISH sent -> PUBREC got -> PUBREL sent -> PUBCOMP got [done]",
          "has forgotten the id [done]"}},
        {{"nothing yet", "nothing yet"},
         {"PUBLISH sent, keeps the message", "has the message and the id"},
         {"PUBLISH sent; keeps only the id once PUBREC reaches it",
          "knows the id: a repetition would not be delivered again"},
         {"PUBLISH sent -> PUBREC got -> PUBREL sent",
          "PUBREL came: the id is released"},
         {"PUBLISH sent -> PUBREC got -> PUBREL sent -> PUBCOMP got [done]",
          "has forgotten the id [done]"}},
    };

    if (qos == 1)
        return one[from_client][step < 2 ? step : 2];
    return two[from_client][step < 4 ? step : 4];
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

const char *ladder_flow_progress(const struct store *store, uint32_t flow)
{
    switch (tracker_flow_progress(history_tracker(store->history), flow)) {
    case TRACK_NO_FLOW: return "sent";
    case TRACK_OPEN: return "open";
    case TRACK_DONE: return "done";
    case TRACK_LOST: return "lost";
    }
    return "";
}

/* Returns how many lines it takes. */
static int draw_way(const struct store *store,
                    const struct history_row *publish, const struct area *area,
                    int y)
{
    struct buf line = {0};

    ladder_way_put(store, publish, &line);
    int lines = view_paragraph(area, y, STYLE_PLAIN, buf_string(&line));
    buf_release(&line);
    return lines;
}

/* ---- drawing ---- */

static int draw_side(const struct area *area, int y, const char *side,
                     const char *state)
{
    struct area rest = grid_part(area, 0, 10, area->height, area->width - 10);

    grid_text(area, y, 0, STYLE_HEADING, side);
    return view_paragraph(&rest, y, STYLE_PLAIN, state);
}

/* "flow F open: QoS 2, id 1, broker -> carol, PUBCOMP is missing" */
static void put_title(const struct store *store, const struct history_row *row,
                      const struct seen *seen, struct buf *out)
{
    const struct track_note *note = &row->note;
    struct buf who = {0};

    view_client(row, 24, &who);
    buf_printf(out, "flow %c %s: QoS %u, id %u, %s -> %s",
               ladder_flow_letter(note->flow),
               ladder_flow_progress(store, note->flow), note->flow_qos,
               note->packet_id, seen->from_client ? buf_string(&who) : "broker",
               seen->from_client ? "broker" : buf_string(&who));
    if (seen->step == note->flow_steps)
        buf_printf(out, ", %.1f ms",
                   (double)(int64_t)(seen->last_ns - seen->first_ns) / 1e6);
    else
        buf_printf(
            out, ", %s %s",
            mqtt_type_name(ladder_flow_type(note->flow_qos, seen->step + 1)),
            seen->all ? "is missing" : "is not near");
    buf_release(&who);
}

static void draw_flow(const struct store *store, uint64_t position,
                      const struct history_row *row, const struct area *area)
{
    struct area inner =
        grid_part(area, 1, 1, area->height - 1, area->width - 2);
    struct seen seen = {0};
    struct buf title = {0};
    int y = 0;

    gather(store, position, row, &seen);
    put_title(store, row, &seen, &title);
    grid_rule(area, 0, buf_string(&title));
    if (area->height > LADDER_FLOW_SMALL_MOST) {
        struct side_words words =
            states(row->note.flow_qos, seen.step, seen.from_client);

        y += draw_side(&inner, y, "sender:  ", words.sender);
        y += draw_side(&inner, y, "receiver:", words.receiver);
    }
    if (seen.has_publish)
        y += draw_way(store, &seen.publish, &inner, y);
    if (area->height > LADDER_FLOW_SMALL_MOST)
        view_paragraph(&inner, y, STYLE_PLAIN, why(row->note.flow_qos));
    buf_release(&title);
}

int ladder_flow_small(const struct store *store, uint64_t position,
                      const struct area *area)
{
    const struct area nowhere = grid_part(area, 0, 1, 0, area->width - 2);
    struct history_row row;
    struct seen seen = {0};
    int lines = 0;

    if (!store_row(store, position, &row) || row.record.type != RECORD_MQTT ||
        !row.note.flow)
        return LADDER_FLOW_SMALL;
    gather(store, position, &row, &seen);
    if (seen.has_publish)
        lines = draw_way(store, &seen.publish, &nowhere, 0);
    return lines > LADDER_FLOW_SMALL - 1 ? LADDER_FLOW_SMALL_MOST
                                         : LADDER_FLOW_SMALL;
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
        grid_rule(area, 0,
                  store->model->tells_causes ? "decided by the broker"
                                             : "seen on the way");
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
