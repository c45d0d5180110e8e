/*
 * Ladder: one column for each client and one for the broker, time going down,
 * an arrow for each packet; handshakes have a letter.
 */
#include "base/alloc.h"
#include "tui/ladder_columns.h"
#include "tui/ladder_flow.h"
#include "tui/view.h"
#include "wire/render.h"

#define EXPECTED_MAX 3

struct view_ladder {
    struct view view;
    size_t top;
    int height; /* of the ladder's rows when drawn last */
    struct ladder_columns columns;
};

/* ---- names and lines ---- */

static void draw_name(const struct ladder_frame *frame, int x, enum style style,
                      const char *name)
{
    struct buf text = {0};
    int width;

    render_text(&text, slice_of_string(name), LADDER_NAME);
    width = grid_text_width(buf_string(&text));
    x -= width / 2;
    x = x > frame->time ? x : frame->time + 1;
    grid_text(frame->area, 0, x, style, buf_string(&text));
    buf_release(&text);
}

static void draw_head(const struct view_ladder *view,
                      const struct ladder_frame *frame)
{
    size_t hidden = view->columns.count - (size_t)frame->columns;

    if (frame->time)
        grid_column(frame->area, 0, 0, -frame->time, STYLE_HEADING, "Time");
    for (int i = 0; i < frame->columns; i++) {
        const struct model_client *client =
            model_client(view->view.store->model, frame->clients[i]);

        draw_name(frame, frame->x[i],
                  client ? grid_client_style(client->number) : STYLE_PLAIN,
                  frame->clients[i]);
    }
    draw_name(frame, frame->broker_x, STYLE_HEADING, "BROKER");
    if (frame->area->width - frame->flow_x >= 20)
        grid_text(frame->area, 0, frame->flow_x, STYLE_HEADING, "Flow");
    if (view->columns.count > (size_t)frame->columns &&
        frame->area->width - frame->flow_x >= 20)
        grid_printf(frame->area, 0, frame->flow_x + 5, STYLE_WARNING,
                    "h/l: %zu more", hidden);
}

static void draw_lines(const struct ladder_frame *frame, int y)
{
    for (int i = 0; i < frame->columns; i++)
        grid_glyph(frame->area, y, frame->x[i], STYLE_DIM, GLYPH_VERTICAL);
    grid_glyph(frame->area, y, frame->broker_x, STYLE_DIM, GLYPH_VERTICAL);
}

/* ---- arrows ---- */

struct arrow {
    int from;
    int to;
    enum glyph line;
    enum style style;
    const char *head; /* pointing right */
    const char *head_left;
    const char *label;
};

static void draw_arrow(const struct ladder_frame *frame, int y,
                       const struct arrow *arrow)
{
    bool right = arrow->to > arrow->from;
    int left = right ? arrow->from : arrow->to;
    int width = (right ? arrow->to - arrow->from : arrow->from - arrow->to) - 1;
    struct area inner =
        grid_part(frame->area, 0, left + 1, frame->area->height, width);
    struct buf label = {0};
    int label_width;
    int room = width - 3;
    int x;

    if (width < 3)
        return;
    grid_repeat(&inner, y, 0, width, arrow->style, arrow->line);
    if (right)
        grid_text(&inner, y, width - grid_text_width(arrow->head), arrow->style,
                  arrow->head);
    else
        grid_text(&inner, y, 0, arrow->style, arrow->head_left);
    buf_printf(&label, " %s ", arrow->label);
    buf_string(&label);
    label_width = grid_text_width(buf_string(&label));
    if (label_width > width - 1) { /* the blanks go first */
        buf_clear(&label);
        buf_append_string(&label, arrow->label);
        room = width - 2;
    }
    if (label_width > room) {
        label.len = (uint32_t)grid_text_fit(buf_string(&label), room);
        label_width = grid_text_width(buf_string(&label));
    }
    x = (width - label_width) / 2;
    grid_text(&inner, y,
              x > 1   ? x
              : right ? 0
                      : 2,
              arrow->style, buf_string(&label));
    buf_release(&label);
}

static bool is_dup(const struct history_row *row)
{
    return row->note.type == MQTT_PUBLISH && row->record.bytes.len &&
           row->record.bytes.bytes[0] & 0x08;
}

static void put_label(const struct history_row *row, struct buf *out)
{
    unsigned qos =
        row->record.bytes.len ? row->record.bytes.bytes[0] >> 1 & 3 : 0;

    /* First: what does not fit into the arrow is cut behind. */
    if (row->record.flags & RECORD_HELD)
        buf_append_string(out, "HELD ");
    buf_append_string(out, mqtt_type_name(row->note.type));
    if (row->note.packet_id)
        buf_printf(out, " %u", row->note.packet_id);
    if (row->note.type == MQTT_PUBLISH)
        buf_printf(out, " Q%u%s", qos, is_dup(row) ? " DUP" : "");
}

/* A packet of a client that has no column in sight. */
static void draw_elsewhere(const struct ladder_frame *frame, int y,
                           const struct history_row *row, const char *label)
{
    int x = frame->time + 6;
    struct buf text = {0};

    buf_append_string(&text, " ");
    view_client(row, 14, &text);
    buf_printf(&text, " %s %s ",
               row->record.direction == RECORD_C2B ? ">" : "<", label);
    grid_column(frame->area, y, x, frame->flow_x - x - 1, STYLE_DIM,
                buf_string(&text));
    buf_release(&text);
}

static void draw_packet(const struct view_ladder *view,
                        const struct ladder_frame *frame, int y,
                        const struct history_row *row, bool chosen)
{
    int client_x = ladder_column_of(frame, row->note.client_id);
    bool in = row->record.direction == RECORD_C2B;
    struct buf label = {0};
    struct arrow arrow = {
        .from = in ? client_x : frame->broker_x,
        .to = in ? frame->broker_x : client_x,
        .line = chosen ? GLYPH_DOUBLE : GLYPH_HORIZONTAL,
        .style = view_style(view->view.store, row),
        .head = is_dup(row) ? ">>" : ">",
        .head_left = is_dup(row) ? "<<" : "<",
    };

    put_label(row, &label);
    if (row->record.flags & RECORD_DROPPED) {
        arrow.head = arrow.head_left = "x";
        arrow.line = GLYPH_DOTTED;
    }
    arrow.label = buf_string(&label);
    if (client_x >= 0)
        draw_arrow(frame, y, &arrow);
    else
        draw_elsewhere(frame, y, row, buf_string(&label));
    buf_release(&label);
}

/* ---- the text at the right ---- */

static void draw_flow(const struct ladder_frame *frame, int y,
                      const struct history_row *row)
{
    int room = frame->area->width - frame->flow_x;
    bool end = row->note.flow_step == 1 || row->note.progress == TRACK_DONE;
    struct buf text = {0};

    if (room < 3)
        return;
    if (row->note.flow)
        grid_printf(frame->area, y, frame->flow_x, STYLE_NAME, "%s%c",
                    end ? "+" : "|", ladder_flow_letter(row->note.flow));
    if (room < 20)
        return;
    render_info(&text, row);
    grid_column(frame->area, y, frame->flow_x + 3, room - 3, STYLE_PLAIN,
                buf_string(&text));
    buf_release(&text);
}

static void draw_event(const struct ladder_frame *frame, int y,
                       const struct history_row *row)
{
    struct buf text = {0};
    int x = ladder_column_of(frame, row->note.client_id);

    render_event(&text, row);
    if (x >= 0)
        grid_text(frame->area, y, x, STYLE_EVENT, "*");
    x = (x >= 0 && x < frame->area->width / 2 ? x : frame->time + 1) + 2;
    grid_column(frame->area, y, x, frame->area->width - x, STYLE_EVENT,
                buf_string(&text));
    buf_release(&text);
}

static void draw_row(const struct view_ladder *view,
                     const struct ladder_frame *frame, int y, size_t index,
                     bool chosen)
{
    const struct store *store = view->view.store;
    struct history_row row;
    struct buf time = {0};

    if (!store_row(store, store_at(store, STORE_ALL, index), &row))
        return;
    draw_lines(frame, y);
    view_time(store, row.record.time_ns, &time);
    if (frame->time)
        grid_column(frame->area, y, 1, -frame->time + 1, STYLE_DIM,
                    buf_string(&time));
    buf_release(&time);
    if (row.record.type == RECORD_MQTT) {
        draw_packet(view, frame, y, &row, chosen);
        draw_flow(frame, y, &row);
    } else {
        draw_event(frame, y, &row);
    }
    if (chosen)
        grid_text(frame->area, y, 0, STYLE_PLAIN, ">");
}

/* ---- what is expected next ---- */

/* Is a later packet of the flow among the rows already looked at? */
static bool seen_flow(const uint32_t *flows, size_t count, uint32_t flow)
{
    for (size_t i = 0; i < count; i++) {
        if (flows[i] == flow)
            return true;
    }
    return false;
}

static void draw_expected_arrow(const struct ladder_frame *frame, int y,
                                const struct history_row *row)
{
    int client_x = ladder_column_of(frame, row->note.client_id);
    bool in = row->record.direction == RECORD_B2C;
    struct buf label = {0};
    struct arrow arrow = {
        .from = in ? client_x : frame->broker_x,
        .to = in ? frame->broker_x : client_x,
        .line = GLYPH_DOTTED,
        .style = STYLE_DIM,
        .head = ">",
        .head_left = "<",
    };

    buf_printf(&label, "%s %u",
               mqtt_type_name(ladder_flow_type(row->note.flow_qos,
                                               row->note.flow_step + 1u)),
               row->note.packet_id);
    arrow.label = buf_string(&label);
    draw_lines(frame, y);
    draw_arrow(frame, y, &arrow);
    grid_printf(frame->area, y, frame->flow_x, STYLE_NAME, "|%c",
                ladder_flow_letter(row->note.flow));
    if (frame->area->width - frame->flow_x >= 20)
        grid_text(frame->area, y, frame->flow_x + 3, STYLE_DIM,
                  "expected next");
    buf_release(&label);
}

/* Draw the packets that open handshakes wait for, below the last row. */
static void draw_expected(const struct view_ladder *view,
                          const struct ladder_frame *frame, int y)
{
    const struct store *store = view->view.store;
    size_t count = store_count(store, STORE_ALL);
    uint32_t flows[64];
    size_t flow_count = 0;
    int left = EXPECTED_MAX;

    for (size_t i = count; i-- > 0 && count - i < 64 && left > 0;) {
        const struct model_client *client;
        struct history_row row;

        if (!store_row(store, store_at(store, STORE_ALL, i), &row) ||
            !row.note.flow || row.record.type != RECORD_MQTT ||
            seen_flow(flows, flow_count, row.note.flow))
            continue;
        flows[flow_count++] = row.note.flow;
        client = model_client(store->model, row.note.client_id);
        if (row.note.progress != TRACK_OPEN || !client ||
            client->state != MODEL_CONNECTED ||
            ladder_column_of(frame, row.note.client_id) < 0)
            continue;
        draw_expected_arrow(frame, y++, &row);
        left--;
    }
}

/* ---- the view ---- */

static void draw_rows(struct view_ladder *view, const struct area *area,
                      bool focus)
{
    const struct store *store = view->view.store;
    size_t count = store_count(store, STORE_ALL);
    size_t chosen = store_chosen(store, STORE_ALL);
    int rows = area->height - 1;
    struct ladder_frame frame;
    int y = 1;

    /* Following, there is room below for what is expected. */
    int spare = store->follow && rows > 6 ? EXPECTED_MAX : 0;
    view->height = rows - spare;
    view->top = view_scroll(view->top, chosen, count, view->height);
    size_t end = view->top + (size_t)(rows > 0 ? rows : 0);
    end = end < count ? end : count;
    ladder_columns_place(&view->columns, store, area,
                         (struct ladder_rows){view->top, end}, &frame);
    draw_head(view, &frame);
    for (size_t i = view->top; i < end; i++, y++) {
        draw_row(view, &frame, y, i, i == chosen);
        if (i == chosen && focus)
            grid_select(area, y);
    }
    if (end == count)
        draw_expected(view, &frame, y);
}

/* Rows for what is said about the chosen packet. */
static int about_height(const struct store *store, const struct area *area)
{
    const int narrow = 60;
    const int folded = 4; /* lines that a narrow one has more */

    if (area->height < 9)
        return 0;
    if (area->height < 15)
        return ladder_flow_small(store, store_chosen_at(store, STORE_ALL),
                                 area);
    return LADDER_FLOW_HEIGHT + (area->width < narrow ? folded : 0);
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_ladder *view = (struct view_ladder *)base;
    const struct store *store = base->store;
    struct area rows = *area;
    int about = about_height(store, area);

    if (area->height < 1)
        return;
    if (!store_count(store, STORE_ALL)) {
        view_empty(base, area,
                   "Nothing has passed yet. Each packet becomes an arrow"
                   " here, from who sends it to who gets it.");
        return;
    }
    if (about) {
        struct area detail =
            grid_part(area, area->height - about, 0, about, area->width);

        rows.height -= about;
        ladder_flow_draw(store, store_chosen_at(store, STORE_ALL), &detail);
    }
    draw_rows(view, &rows, pane >= 0);
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_ladder *view = (struct view_ladder *)base;
    struct store *store = base->store;
    int64_t step = view_step(action, view->height);
    uint64_t position = store_chosen_at(store, STORE_ALL);
    struct history_row row;

    (void)pane;
    view->columns.scrolled = action == ACTION_LEFT || action == ACTION_RIGHT;
    if (step)
        store_move(store, STORE_ALL, step);
    else if (action == ACTION_LEFT)
        view->columns.first -= view->columns.first > 0;
    else if (action == ACTION_RIGHT)
        view->columns.first++;
    else if (action == ACTION_OPEN)
        base->host->show(base->host->app, VIEW_PACKETS);
    else if (action == ACTION_TAG && position != STORE_NOWHERE)
        store_tag(store, position, !store_tagged(store, position));
    else if (action == ACTION_PAIR && store_row(store, position, &row) &&
             row.note.pair)
        store_choose(store, history_find_seq(store->history, row.note.pair));
    else
        return false;
    return true;
}

static int click(struct view *base, int y, int x)
{
    struct view_ladder *view = (struct view_ladder *)base;
    size_t index = view->top + (size_t)(y > 0 ? y - 1 : 0);

    (void)x;
    if (y > 0 && index < store_count(base->store, STORE_ALL))
        store_choose(base->store, store_at(base->store, STORE_ALL, index));
    return 0;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    return view_search_rows(base->store, STORE_ALL, wanted, forward,
                            render_line);
}

static void release(struct view *base)
{
    struct view_ladder *view = (struct view_ladder *)base;

    ladder_columns_release(&view->columns);
}

struct view *view_ladder_new(void)
{
    static const struct view_class class = {
        .id = VIEW_LADDER,
        .panes = 1,
        .draw = draw,
        .act = act,
        .click = click,
        .search = search,
        .release = release,
    };
    struct view_ladder *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
