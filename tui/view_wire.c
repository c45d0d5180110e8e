/*
 * Wire: what the ends of a connection understand, and beside it what crosses
 * the cable, as an eavesdropper gets it; and what he learns.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/packet_detail.h"
#include "tui/view.h"
#include "tui/wire_keys.h"
#include "tui/wire_leaks.h"
#include "tui/wire_lines.h"
#include "tui/wire_text.h"

enum pane { PANE_LINES, PANE_TREE, PANE_BYTES, PANES };

#define SMALL 12 /* rows: below it one pane is shown */
#define LARGE 28 /* from here on all of them are */

struct view_wire {
    struct view view;
    struct wire_leaks leaks;
    struct wire_lines lines;
    struct packet_detail detail;
    struct wire_keys keys;
    bool with_keys; /* they are shown instead of what an eavesdropper reads */
    struct dissection scratch;
    uint32_t connection;  /* that is shown; 0: none */
    uint64_t cursor_seen; /* the store's when the line was chosen */
    size_t line;          /* chosen, of those that the filter leaves */
    size_t place;         /* the same line, of all */
    size_t top;           /* first line that is seen */
    int height[PANES];    /* rows of each pane when drawn last */
    int start[PANES];
    int width;
};

static const struct wire_line *chosen_line(const struct view_wire *view)
{
    return view->line < wire_lines_count(&view->lines)
               ? wire_lines_at(&view->lines, view->line)
               : NULL;
}

static const struct wire_connection *shown(const struct view_wire *view)
{
    size_t at = wire_leaks_find(&view->leaks, view->connection);

    return at < view->leaks.count ? view->leaks.connections[at] : NULL;
}

/* ---- what is looked at ---- */

static void look_at_connection(struct view_wire *view)
{
    const struct wire_connection *connection = shown(view);

    if (connection)
        wire_lines_look(&view->lines, view->view.store, connection->number,
                        connection->first, connection->eavesdropper.overhead);
}

static void set_line(struct view_wire *view, size_t line)
{
    view->line = line;
    view->place =
        chosen_line(view) ? (size_t)(chosen_line(view) - view->lines.lines) : 0;
}

/* The line of the packet that is chosen in all views. */
static void find_line(struct view_wire *view, uint64_t position)
{
    size_t count = wire_lines_count(&view->lines);

    for (size_t i = count; i-- > 0;) {
        if (wire_lines_at(&view->lines, i)->packet == position) {
            set_line(view, i);
            return;
        }
    }
    set_line(view, count ? count - 1 : 0);
}

/* Somebody has chosen another packet, here or in another view, or it is the
   newest: its connection is shown. */
static void follow_cursor(struct view_wire *view)
{
    const struct store *store = view->view.store;
    uint64_t position = store_chosen_at(store, STORE_ALL);
    struct history_row row;
    bool moved = position != view->cursor_seen;

    view->cursor_seen = position;
    if (moved && store_row(store, position, &row) &&
        wire_leaks_find(&view->leaks, row.record.connection) <
            view->leaks.count)
        view->connection = row.record.connection;
    if (!view->connection && view->leaks.count)
        view->connection =
            view->leaks.connections[view->leaks.count - 1]->number;
    look_at_connection(view);
    if (!wire_lines_count(&view->lines)) {
        size_t at = wire_leaks_next(&view->leaks, view->view.store,
                                    view->leaks.count, false);

        if (at < view->leaks.count)
            view->connection = view->leaks.connections[at]->number;
        look_at_connection(view);
    }
    if (moved && position != STORE_NOWHERE)
        find_line(view, position);
    else
        set_line(view, wire_lines_place(&view->lines, view->place));
}

/* The unit of the chosen line, field by field; of a packet in the same record
   as the one before, that. */
static void look_at_unit(struct view_wire *view)
{
    const struct wire_line *line = chosen_line(view);
    uint64_t before = view->detail.position;

    if (line)
        line = wire_lines_holder(&view->lines, line);
    detail_look(&view->detail, view->view.store,
                line ? line->cable : STORE_NOWHERE);
    if (line && view->detail.here &&
        (before != line->cable || view->detail.unit_at != line->at))
        detail_choose_unit(&view->detail, line->at);
}

static void look(struct view_wire *view)
{
    wire_leaks_catch_up(&view->leaks, view->view.store);
    follow_cursor(view);
    look_at_unit(view);
}

/* ---- drawing ---- */

static void draw_title(const struct view_wire *view, const struct area *area)
{
    const struct wire_connection *connection = shown(view);
    size_t at = wire_leaks_find(&view->leaks, view->connection);
    struct history_row row;
    struct buf text = {0};

    if (!connection)
        return;
    buf_printf(&text, "connection %zu of %zu: ", at + 1, view->leaks.count);
    for (size_t i = view->lines.count; i-- > 0;) {
        const struct wire_line *line = &view->lines.lines[i];

        if (!store_row(view->view.store,
                       line->packet != STORE_NOWHERE ? line->packet
                                                     : line->cable,
                       &row))
            continue;
        if (*row.note.client_id) {
            view_client(&row, 24, &text);
            buf_append_string(&text, ", ");
        }
        buf_printf(&text, "%s > %s, ", row.note.peer, row.note.local);
        break;
    }
    buf_append_string(&text,
                      eavesdropper_cover_name(connection->eavesdropper.cover));
    grid_column(area, 0, 1, area->width - 2, STYLE_HEADING, buf_string(&text));
    buf_release(&text);
}

static int half(const struct area *area)
{
    return area->width / 2;
}

/* Did it cross encrypted, before a proxy that records only what was in it? */
static bool is_unrecorded(struct view_wire *view, const struct wire_line *line)
{
    const struct wire_connection *connection = shown(view);
    struct history_row row;

    return connection &&
           connection->eavesdropper.cover >= EAVESDROPPER_TLS_1_2 &&
           store_row(view->view.store, line->cable, &row) &&
           row.record.type == RECORD_MQTT;
}

/* Of two in one record the second says only that, below the first. */
static void put_cable(struct view_wire *view, size_t index, struct buf *out)
{
    const struct wire_line *line = wire_lines_at(&view->lines, index);

    if (line->shares &&
        (!index || wire_lines_at(&view->lines, index - 1) != line - 1))
        line = wire_lines_holder(&view->lines, line);
    if (line && is_unrecorded(view, line))
        buf_append_string(out, "  encrypted, and not recorded");
    else if (line)
        wire_text_cable(view->view.store, &view->scratch, line, out);
}

static void draw_line(struct view_wire *view, const struct area *area, int y,
                      size_t index, bool focus)
{
    const struct wire_line *line = wire_lines_at(&view->lines, index);
    int middle = half(area);
    struct history_row row;
    struct buf text = {0};
    enum style style = STYLE_PLAIN;

    if (store_row(view->view.store, line->packet, &row))
        style = view_style(view->view.store, &row);
    wire_text_packet(view->view.store, line, &text);
    grid_column(area, y, 2, middle - 3, style, buf_string(&text));
    buf_clear(&text);
    put_cable(view, index, &text);
    grid_glyph(area, y, middle - 1, STYLE_DIM, GLYPH_VERTICAL);
    view_peer_text(area, y, middle + 1, area->width - middle - 1, STYLE_PLAIN,
                   buf_string(&text));
    if (index == view->line) {
        grid_text(area, y, 0, STYLE_PLAIN, ">");
        if (focus)
            grid_select(area, y);
    }
    buf_release(&text);
}

static void draw_lines(struct view_wire *view, const struct area *area,
                       bool focus)
{
    int middle = half(area);
    int height = area->height - 1;

    if (area->height < 1)
        return;
    grid_column(area, 0, 2, middle - 3, STYLE_HEADING, "BROKER AND CLIENT SEE");
    grid_glyph(area, 0, middle - 1, STYLE_DIM, GLYPH_VERTICAL);
    grid_column(area, 0, middle + 1, area->width - middle - 1, STYLE_HEADING,
                "AN EAVESDROPPER SEES");
    size_t count = wire_lines_count(&view->lines);

    view->top = view_scroll(view->top, view->line, count, height);
    for (int y = 0; y < height && view->top + (size_t)y < count; y++)
        draw_line(view, area, y + 1, view->top + (size_t)y, focus);
}

static void draw_detail(struct view_wire *view, const struct area *area,
                        int pane)
{
    bool explain = view->detail.explain && pane != PANE_BYTES;
    struct area tree = grid_part(area, view->start[PANE_TREE], 0,
                                 view->height[PANE_TREE], area->width);
    struct area bytes = grid_part(area, view->start[PANE_BYTES], 0,
                                  view->height[PANE_BYTES], area->width);
    struct buf title = {0};

    detail_title(&view->detail, &title);
    detail_add_frame(&view->detail, area->width, &title);
    if (view->height[PANE_TREE] > 0) {
        view_rule(area, view->start[PANE_TREE] - 1, buf_string(&title),
                  pane == PANE_TREE);
        detail_draw_tree(&view->detail, &tree, pane == PANE_TREE);
    }
    if (view->height[PANE_BYTES] > 0) {
        view_rule(area, view->start[PANE_BYTES] - 1,
                  explain ? "what it is for" : "bytes", pane == PANE_BYTES);
        if (explain)
            detail_draw_explanation(&view->detail, &bytes);
        else
            detail_draw_bytes(&view->detail, &bytes, pane == PANE_BYTES);
    }
    buf_release(&title);
}

/* Who gets how many rows. Returns the first row of the table, below its rule;
   0: there is none. */
static int arrange(struct view_wire *view, const struct area *area, int pane)
{
    int rows = area->height;
    int small = rows < SMALL;
    int table = small ? 3 : WIRE_LEAKS_ROWS;
    int above = 1; /* the title */

    memset(view->height, 0, sizeof(view->height));
    view->width = area->width;
    view->start[PANE_LINES] = above;
    if (pane > PANE_LINES && rows < LARGE)
        table = 0;
    int rest = rows - above - (table ? table + 1 : 0);
    if (pane <= PANE_LINES && rows < LARGE) {
        if (rest < 4) {
            table = rows - above - 5;
            rest = table > 0 ? 4 : rows - above;
        }
        view->height[PANE_LINES] = rest;
        return table > 0 ? rows - table : 0;
    }
    int lines = small ? 0 : pane > PANE_LINES ? rest / 3 : rest / 2;
    int needed = (int)(view->detail.row.record.bytes.len / 16) + 2;
    int bytes = small ? (pane == PANE_BYTES ? rest - 1 : 0) : rest / 5 + 1;
    if (!small && !view->detail.explain && needed < bytes)
        bytes = needed;
    int tree = rest - lines - bytes - (bytes > 0) - 1;
    if (small && pane == PANE_BYTES)
        tree = 0;
    view->height[PANE_LINES] = lines;
    view->start[PANE_TREE] = above + lines + 1;
    view->height[PANE_TREE] = tree > 0 ? tree : 0;
    view->start[PANE_BYTES] =
        view->start[PANE_TREE] + view->height[PANE_TREE] + (tree > 0);
    view->height[PANE_BYTES] = bytes;
    return table ? rows - table : 0;
}

static void draw_keys(struct view_wire *view, const struct area *area)
{
    const struct wire_connection *connection = shown(view);

    if (connection)
        wire_keys_look(&view->keys, view->view.store, connection->number,
                       connection->first, view->detail.position);
    wire_keys_draw(&view->keys, area,
                   connection &&
                       connection->eavesdropper.cover >= EAVESDROPPER_TLS_1_2);
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_wire *view = (struct view_wire *)base;

    look(view);
    if (!wire_lines_count(&view->lines)) {
        view_empty(base, area, NULL);
        return;
    }
    int table = arrange(view, area, pane);
    struct area lines = grid_part(area, view->start[PANE_LINES], 0,
                                  view->height[PANE_LINES], area->width);
    draw_title(view, area);
    draw_lines(view, &lines, pane == PANE_LINES);
    draw_detail(view, area, pane);
    if (table) {
        struct area rest =
            grid_part(area, table, 0, area->height - table, area->width);

        grid_rule(area, table - 1,
                  view->with_keys ? "what somebody with the keys reads"
                                  : "what an eavesdropper reads");
        if (view->with_keys)
            draw_keys(view, &rest);
        else
            wire_leaks_draw(&view->leaks, &rest, shown(view));
    }
}

/* ---- what can be asked of it ---- */

/* The chosen line's packet is the chosen one in all views. */
static void choose_line(struct view_wire *view, size_t line)
{
    struct store *store = view->view.store;
    const struct wire_line *at;

    set_line(view, line);
    at = chosen_line(view);
    if (!at)
        return;
    store_choose(store, at->packet != STORE_NOWHERE ? at->packet : at->cable);
    view->cursor_seen = store_chosen_at(store, STORE_ALL);
}

static void choose_connection(struct view_wire *view, bool next)
{
    size_t at = wire_leaks_find(&view->leaks, view->connection);

    at = at < view->leaks.count
             ? wire_leaks_next(&view->leaks, view->view.store, at, next)
             : at;
    if (at == view->leaks.count)
        return;
    view->connection = view->leaks.connections[at]->number;
    look_at_connection(view);
    choose_line(view, 0);
    view->top = 0;
}

static bool act_lines(struct view_wire *view, enum action action)
{
    int64_t step = view_step(action, view->height[PANE_LINES] - 1);
    size_t count = wire_lines_count(&view->lines);

    if (step && count) {
        bool last = step > 0 && view->line + 1 == count;

        choose_line(view, view_stepped(view->line, count, step));
        view->view.store->follow = last;
        return true;
    }
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        choose_connection(view, action == ACTION_RIGHT);
        return true;
    }
    if (action == ACTION_OPEN)
        view->view.host->focus(view->view.host->app, PANE_TREE);
    return action == ACTION_OPEN;
}

static void filter_to_value(struct view_wire *view, bool out)
{
    const struct view_host *host = view->view.host;
    const struct field *field = detail_field(&view->detail);
    struct buf test = {0};
    struct buf text = {0};

    if (!field || !detail_filter(&view->detail, &test)) {
        host->say(host->app, "this line has no value to filter by");
    } else {
        buf_printf(&text, out ? "!(%s)" : "%s", buf_string(&test));
        host->filter(host->app, buf_string(&text));
    }
    buf_release(&test);
    buf_release(&text);
}

/* Only this connection, or, where a field is chosen, what has its value. */
static void add_filter(struct view_wire *view, int pane, bool out)
{
    const struct view_host *host = view->view.host;
    const struct wire_line *line = chosen_line(view);
    struct history_row row;
    char text[48];

    if (pane != PANE_LINES) {
        filter_to_value(view, out);
        return;
    }
    if (!line ||
        !store_row(view->view.store,
                   line->packet != STORE_NOWHERE ? line->packet : line->cable,
                   &row))
        return;
    snprintf(text, sizeof(text),
             out ? "!(tcp.stream == %u)" : "tcp.stream == %u",
             (unsigned)row.note.stream);
    host->filter(host->app, text);
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_wire *view = (struct view_wire *)base;

    look(view);
    if (action == ACTION_BACK && view->detail.explain) {
        view->detail.explain = false;
        return true;
    }
    if (pane > PANE_LINES && (action == ACTION_BACK || action == ACTION_LEAVE ||
                              action == ACTION_OPEN)) {
        base->host->focus(base->host->app, PANE_LINES);
        return true;
    }
    if (pane <= PANE_LINES && act_lines(view, action))
        return true;
    if (pane == PANE_TREE &&
        detail_act_tree(&view->detail, action, view->height[PANE_TREE]))
        return true;
    if (pane == PANE_BYTES &&
        detail_act_bytes(&view->detail, action, view->width))
        return true;
    if (action == ACTION_EXPLAIN)
        view->detail.explain = !view->detail.explain;
    else if (action == ACTION_FILTER_TO || action == ACTION_FILTER_OUT)
        add_filter(view, pane, action == ACTION_FILTER_OUT);
    else if (action == ACTION_KEYS)
        view->with_keys = !view->with_keys;
    else if (action == ACTION_CABLE)
        base->host->show(base->host->app, VIEW_PACKETS);
    else
        return false;
    return true;
}

static int click(struct view *base, int y, int x)
{
    struct view_wire *view = (struct view_wire *)base;
    int row = y - view->start[PANE_LINES] - 1;

    if (view->height[PANE_BYTES] > 0 && y >= view->start[PANE_BYTES] &&
        y < view->start[PANE_BYTES] + view->height[PANE_BYTES]) {
        detail_click_bytes(&view->detail, y - view->start[PANE_BYTES], x,
                           view->width);
        return PANE_BYTES;
    }
    if (view->height[PANE_TREE] > 0 && y >= view->start[PANE_TREE] &&
        y < view->start[PANE_TREE] + view->height[PANE_TREE]) {
        detail_click_tree(&view->detail, y - view->start[PANE_TREE]);
        return PANE_TREE;
    }
    if (row >= 0 && row < view->height[PANE_LINES] - 1 &&
        view->top + (size_t)row < wire_lines_count(&view->lines))
        choose_line(view, view->top + (size_t)row);
    return PANE_LINES;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    struct view_wire *view = (struct view_wire *)base;
    size_t index = view->line;
    struct history_row row;
    struct buf line = {0};
    bool found = false;

    look(view);
    size_t count = wire_lines_count(&view->lines);
    for (size_t i = 0; i < count && !found; i++) {
        index = view_next(index, count, forward);
        const struct wire_line *at = wire_lines_at(&view->lines, index);
        buf_clear(&line);
        wire_text_packet(base->store, at, &line);
        buf_append_u8(&line, ' ');
        put_cable(view, index, &line);
        found = search_in_text(wanted, buf_string(&line)) ||
                (store_row(base->store, at->cable, &row) &&
                 search_in_bytes(wanted, row.record.bytes));
    }
    if (found)
        choose_line(view, index);
    buf_release(&line);
    return found;
}

/* What nobody but an eavesdropper sees can be chosen, too. */
static uint64_t chosen(const struct view *base)
{
    const struct wire_line *line = chosen_line((const struct view_wire *)base);

    if (!line)
        return STORE_NOWHERE;
    return line->packet != STORE_NOWHERE ? line->packet : line->cable;
}

static void release(struct view *base)
{
    struct view_wire *view = (struct view_wire *)base;

    wire_leaks_release(&view->leaks);
    wire_lines_release(&view->lines);
    wire_keys_release(&view->keys);
    detail_release(&view->detail);
    dissect_release(&view->scratch);
}

struct view *view_wire_new(void)
{
    static const struct view_class class = {
        .id = VIEW_WIRE,
        .panes = PANES,
        .inner_open = "Enter Lines",
        .draw = draw,
        .act = act,
        .click = click,
        .search = search,
        .chosen = chosen,
        .release = release,
    };
    struct view_wire *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    view->cursor_seen = STORE_NOWHERE;
    detail_init(&view->detail);
    return &view->view;
}
