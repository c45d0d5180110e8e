/*
 * Present: one packet for a whole lecture hall. Its type in large letters, its
 * handshake as a ladder with what was, what is held and what comes then.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tui/big_text.h"
#include "tui/ladder_flow.h"
#include "tui/slide.h"
#include "tui/view.h"
#include "wire/render.h"

#define STEPS_MAX 4
#define NEAR      400 /* rows that are looked at for the rest of a handshake */

struct view_present {
    struct view view;
    struct dissection dissection;
    bool blank;
    bool slide; /* the lab's text in place of a packet */
    int top;    /* line of it that is seen first */
    int lines;  /* that it has */
    int height;
};

/* One arrow. */
struct stage {
    enum mqtt_type type;
    bool from_client;
    bool there; /* row is filled: it has passed, or is held */
    struct history_row row;
};

static const char *meaning_of(enum mqtt_type type)
{
    static const char *const words[16] = {
        [MQTT_CONNECT] = "let me in",
        [MQTT_CONNACK] = "come in, or stay out",
        [MQTT_PUBLISH] = "here is a message",
        [MQTT_PUBACK] = "I have it",
        [MQTT_PUBREC] = "received",
        [MQTT_PUBREL] = "pass it on, forget its id",
        [MQTT_PUBCOMP] = "done",
        [MQTT_SUBSCRIBE] = "send me these topics",
        [MQTT_SUBACK] = "you get them",
        [MQTT_UNSUBSCRIBE] = "no more of these",
        [MQTT_UNSUBACK] = "as you wish",
        [MQTT_PINGREQ] = "are you there?",
        [MQTT_PINGRESP] = "I am",
        [MQTT_DISCONNECT] = "goodbye",
        [MQTT_AUTH] = "who are you?",
    };

    return words[type] ? words[type] : "";
}

/* ---- the handshake ---- */

static void fill_stages(const struct store *store, uint64_t position,
                        const struct history_row *row, struct stage *stages)
{
    uint64_t from = position > NEAR ? position - NEAR : 0;

    if (from < history_first(store->history))
        from = history_first(store->history);
    for (uint64_t at = from; at < position + NEAR; at++) {
        struct history_row other;

        if (!store_row(store, at, &other))
            break;
        if (other.record.type != RECORD_MQTT ||
            other.note.flow != row->note.flow || !other.note.flow_step ||
            other.note.flow_step > STEPS_MAX)
            continue;
        struct stage *stage = &stages[other.note.flow_step - 1];
        stage->row = other;
        stage->there = true;
    }
}

/* The arrows of the chosen packet's handshake, or the packet alone. */
static int make_stages(const struct store *store, uint64_t position,
                       const struct history_row *row, struct stage *stages)
{
    int count = row->note.flow ? row->note.flow_steps : 1;
    bool in = row->record.direction == RECORD_C2B;

    if (count > STEPS_MAX)
        count = STEPS_MAX;
    memset(stages, 0, STEPS_MAX * sizeof(*stages));
    if (!row->note.flow || row->note.flow_step < 1 ||
        row->note.flow_step > count) {
        stages[0] =
            (struct stage){(enum mqtt_type)row->note.type, in, true, *row};
        return 1;
    }
    fill_stages(store, position, row, stages);
    for (int i = 0; i < count; i++) {
        stages[i].type = ladder_flow_type(row->note.flow_qos, (unsigned)i + 1);
        stages[i].from_client = in == ((row->note.flow_step - 1 - i) % 2 == 0);
    }
    return count;
}

static void draw_stage(const struct view_present *view, const struct area *area,
                       int y, const struct stage *stage, bool chosen)
{
    const struct store *store = view->view.store;
    int left = 7;
    int right = area->width - 18;
    bool held =
        stage->there && model_waits(store->model, stage->row.record.seq);
    bool dropped = stage->there && stage->row.record.flags & RECORD_DROPPED;
    enum style style = chosen ? STYLE_TITLE : STYLE_DIM;
    char label[64];
    int middle;

    if (stage->there && stage->row.note.packet_id)
        snprintf(label, sizeof(label), " %s %u ", mqtt_type_name(stage->type),
                 (unsigned)stage->row.note.packet_id);
    else
        snprintf(label, sizeof(label), " %s ", mqtt_type_name(stage->type));
    grid_glyph(area, y, left, STYLE_PLAIN, GLYPH_VERTICAL);
    grid_glyph(area, y, right, STYLE_PLAIN, GLYPH_VERTICAL);
    grid_repeat(area, y, left + 1, right - left - 1,
                chosen ? STYLE_PLAIN : STYLE_DIM,
                !stage->there || dropped ? GLYPH_DOTTED
                : chosen                 ? GLYPH_DOUBLE
                                         : GLYPH_HORIZONTAL);
    grid_text(area, y, stage->from_client ? right - 1 : left + 1, style,
              dropped              ? "x"
              : stage->from_client ? ">"
                                   : "<");
    middle = (left + right - grid_text_width(label)) / 2;
    grid_text(area, y, middle, style, label);
    if (chosen)
        grid_text(area, y, left - 3, STYLE_PLAIN, ">");
    grid_text(area, y, right + 3, held ? STYLE_WARNING : STYLE_PLAIN,
              held            ? ">HELD<"
              : dropped       ? "dropped"
              : !stage->there ? "then"
              : chosen        ? "now"
                              : "");
}

static int draw_ladder(const struct view_present *view, const struct area *area,
                       int y, uint64_t position, const struct history_row *row)
{
    struct stage stages[STEPS_MAX];
    int count = make_stages(view->view.store, position, row, stages);
    int step = area->height - y >= 2 * count + 5 ? 2 : 1;
    struct buf name = {0};

    view_client(row, 20, &name);
    grid_text(area, y, 4, STYLE_KEY, buf_string(&name));
    grid_text(area, y, area->width - 21, STYLE_KEY, "BROKER");
    buf_release(&name);
    y++;
    for (int i = 0; i < count; i++, y += step) {
        bool chosen =
            stages[i].there && stages[i].row.record.seq == row->record.seq;

        if (step == 2) {
            grid_glyph(area, y, 7, STYLE_PLAIN, GLYPH_VERTICAL);
            grid_glyph(area, y, area->width - 18, STYLE_PLAIN, GLYPH_VERTICAL);
        }
        draw_stage(view, area, y + step - 1, &stages[i], chosen);
        if (chosen)
            grid_cursor(area, y + step - 1, 4);
    }
    return y + 1;
}

/* ---- the packet ---- */

static int draw_type(const struct area *area, int y,
                     const struct history_row *row)
{
    const char *type = mqtt_type_name(row->note.type);
    int width = big_text_width(type);
    bool big = area->height >= 19 && width + 8 <= area->width;
    int beside = big && width + 34 <= area->width ? width + 12 : 0;
    struct buf about = {0};

    buf_printf(&about, "packet %llu", (unsigned long long)row->number);
    if (row->note.packet_id)
        buf_printf(&about, "   id %u", row->note.packet_id);
    if (big)
        big_text_draw(area, y, 4, STYLE_KEY, type);
    else
        grid_printf(area, y, 4 + 2 + grid_text(area, y, 4, STYLE_TITLE, type),
                    STYLE_PLAIN, "%s", buf_string(&about));
    if (beside) {
        grid_printf(area, y + 1, beside, STYLE_PLAIN, "\"%s\"",
                    meaning_of((enum mqtt_type)row->note.type));
        grid_text(area, y + 3, beside, STYLE_PLAIN, buf_string(&about));
    } else {
        y += big ? BIG_TEXT_HEIGHT : 1;
        grid_printf(area, y, 4, STYLE_PLAIN, big ? "\"%s\"  %s" : "\"%s\"",
                    meaning_of((enum mqtt_type)row->note.type),
                    buf_string(&about));
        big = false;
    }
    buf_release(&about);
    return y + (big ? BIG_TEXT_HEIGHT : 1);
}

/* The first bytes, with the Packet Identifier in brackets. */
static void draw_bytes(struct view_present *view, const struct area *area,
                       int y, const struct history_row *row)
{
    const struct field *field;
    struct buf text = {0};
    uint32_t most = (uint32_t)(area->width - 10) / 3;

    dissect_row(&view->dissection, row);
    field = dissect_find(&view->dissection, "mqtt.msgid");
    for (uint32_t i = 0; i < row->record.bytes.len && i < most; i++) {
        bool first = field && i == field->offset;
        bool behind = field && i == field->offset + field->len;

        buf_printf(&text, "%s%02x",
                   first    ? "["
                   : behind ? "]"
                            : " ",
                   row->record.bytes.bytes[i]);
        if (field && i + 1 == field->offset + field->len &&
            i + 1 == row->record.bytes.len)
            buf_append_string(&text, "]");
    }
    grid_text(area, y, 3, STYLE_PLAIN, buf_string(&text));
    buf_release(&text);
}

static void draw_note(const struct area *area, int y,
                      const struct history_row *row)
{
    struct buf text = {0};
    struct area inner = grid_part(area, 0, 4, area->height, area->width - 8);

    if (row->comment) {
        buf_append_string(&text, "note: ");
        render_text(&text, slice_of_string(row->comment), 0);
        view_paragraph(&inner, y, STYLE_WARNING, buf_string(&text));
    }
    buf_release(&text);
}

/* How long it is held already: its client does not wait for ever. */
static void put_held(const struct store *store, const struct history_row *row,
                     bool narrow, struct buf *out)
{
    const struct model_client *client =
        model_client(store->model, row->note.client_id);
    uint64_t since_ns = store->now_ns > row->record.time_ns
                            ? store->now_ns - row->record.time_ns
                            : 0;

    if (!model_waits(store->model, row->record.seq))
        return;
    int64_t patience =
        client ? model_patience_left_s(store->model, client, store->now_ns)
               : -1;
    if (!narrow)
        buf_printf(out, "for %llu s%s",
                   (unsigned long long)(since_ns / CLOCK_NS_PER_S),
                   patience < 0 ? "" : ", client ");
    if (patience > 0)
        buf_printf(out, "gives up in ~%lld s", (long long)patience);
    else if (patience == 0)
        buf_append_string(out, "may give up now");
    buf_append_string(out, narrow ? "" : "   ");
}

static void draw_title(const struct view_present *view, const struct area *area,
                       const struct history_row *row)
{
    const struct store *store = view->view.store;
    bool narrow = area->width < 72;
    struct buf text = {0};

    grid_shade(area, 0, STYLE_TITLE);
    grid_text(area, 0, 1, STYLE_TITLE, "PRESENT");
    if (store->model->waiting_count)
        buf_printf(&text, "%zu held  ", store->model->waiting_count);
    if (row)
        put_held(store, row, narrow, &text);
    if (row && row->note.flow &&
        (!narrow || !model_waits(store->model, row->record.seq)))
        buf_printf(&text, "QoS %u, packet %u of %u", row->note.flow_qos,
                   row->note.flow_step, row->note.flow_steps);
    grid_text(area, 0, area->width - (int)text.len - 1, STYLE_TITLE,
              buf_string(&text));
    buf_release(&text);
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_present *view = (struct view_present *)base;
    uint64_t position = store_chosen_at(base->store, STORE_PACKETS);
    struct history_row row;
    bool any = store_row(base->store, position, &row);
    int y = area->height >= 19 ? 2 : 1;

    (void)pane;
    if (view->blank || area->height < 1)
        return;
    if (view->slide && base->lab) {
        view->height = area->height - 8;
        view->lines = slide_draw(base->lab, area, view->top);
        draw_title(view, area, NULL);
        grid_cursor(area, 0, 0);
        return;
    }
    draw_title(view, area, any ? &row : NULL);
    if (!any) {
        struct area rest = grid_part(area, 2, 0, area->height, area->width);

        view_empty(base, &rest, NULL);
        return;
    }
    y = draw_type(area, y, &row) + (area->height >= 19);
    y = draw_ladder(view, area, y, position, &row);
    draw_bytes(view, area, y++, &row);
    draw_note(area, y + (area->height >= 19), &row);
}

/* Leaf through the lab. */
static bool act_slide(struct view_present *view, enum action action)
{
    const struct view_host *host = view->view.host;
    const struct panel *lab = view->view.lab;
    int64_t step = view_step(action, view->height);
    int last = view->lines > view->height ? view->lines - view->height : 0;

    if (action == ACTION_LAB_NEXT || action == ACTION_LAB_PREVIOUS) {
        host->say(host->app, action == ACTION_LAB_NEXT
                                 ? lab->next(lab->lab)
                                 : lab->previous(lab->lab));
        view->top = 0;
    } else if (step) {
        view->top =
            (int)view_stepped((size_t)view->top, (size_t)last + 1, step);
    } else {
        return false;
    }
    return true;
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_present *view = (struct view_present *)base;
    int64_t step = view_step(action, 2);

    (void)pane;
    if (view->blank || action == ACTION_BLANK)
        view->blank = !view->blank;
    else if (action == ACTION_SLIDE && !base->lab)
        base->host->say(base->host->app, "no lab is running");
    else if (action == ACTION_SLIDE)
        view->slide = !view->slide;
    else if (view->slide && act_slide(view, action))
        return true;
    else if (step)
        store_move(base->store, STORE_PACKETS, step);
    else
        return false;
    return true;
}

static void release(struct view *base)
{
    struct view_present *view = (struct view_present *)base;

    dissect_release(&view->dissection);
}

void view_present_slide(struct view *view, bool slide)
{
    struct view_present *present = (struct view_present *)view;

    present->slide = slide;
    present->top = 0;
}

struct view *view_present_new(void)
{
    static const struct view_class class = {
        .id = VIEW_PRESENT,
        .panes = 1,
        .draw = draw,
        .act = act,
        .release = release,
    };
    struct view_present *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
