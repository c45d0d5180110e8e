/*
 * Wills and events: each will with its life, and the broker's decisions.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "tui/view.h"
#include "wire/render.h"

enum pane { PANE_WILLS, PANE_EVENTS, PANES };

struct view_wills {
    struct view view;
    size_t chosen; /* will, counted from the newest, so that it is on top */
    size_t top;
    size_t event_top;
    int rows; /* of wills when drawn last */
    int start;
    int height; /* of events */
};

static const struct model_will *will_at(const struct view_wills *view,
                                        size_t index)
{
    const struct model *model = view->view.store->model;

    if (index >= model->will_count)
        return NULL;
    return model->wills[model->will_count - 1 - index];
}

/* ---- wills ---- */

static enum style will_style(const struct model_will *will)
{
    switch ((enum model_will_state)will->state) {
    case MODEL_WILL_FIRED: return STYLE_WARNING;
    case MODEL_WILL_ARMED:
    case MODEL_WILL_WAITING: return STYLE_GOOD;
    case MODEL_WILL_CANCELLED:
    case MODEL_WILL_NONE: break;
    }
    return STYLE_DIM;
}

static void draw_will(const struct area *area, int y,
                      const struct model_will *will)
{
    int name = area->width >= 60 ? 16 : 12;

    view_peer_text(area, y, 2, name, STYLE_PLAIN, will->client_id);
    grid_column(area, y, 3 + name, 9, will_style(will),
                model_will_name(will->state));
    view_peer_text(area, y, 13 + name, area->width - 13 - name, STYLE_PLAIN,
                   will->topic);
}

static void put_payload(const struct model_will *will, struct buf *out)
{
    size_t kept = will->payload_len < MODEL_PAYLOAD_MAX ? will->payload_len
                                                        : MODEL_PAYLOAD_MAX;

    buf_append_u8(out, '"');
    render_text(out, slice_of(will->payload, kept), 40);
    buf_append_u8(out, '"');
}

static int draw_line(const struct area *area, int y, struct buf *line)
{
    int used = view_paragraph(area, y, STYLE_PLAIN, buf_string(line));

    buf_clear(line);
    return y + used;
}

static void put_end(const struct store *store, const struct model_will *will,
                    struct buf *out)
{
    if (will->ended_ns)
        view_time(store, will->ended_ns, out);
    buf_printf(out, "%s%s", will->ended_ns ? "  " : "",
               model_will_name(will->state));
    if (will->state == MODEL_WILL_ARMED)
        buf_append_string(out, ": published if the client goes without"
                               " DISCONNECT");
    if (will->state == MODEL_WILL_WAITING)
        buf_printf(out, ": published in %u s unless the client comes back",
                   (unsigned)will->delay_s);
    if (will->cause) {
        buf_append_string(out, ": ");
        render_text(out, slice_of_string(will->cause), 0);
    }
}

static void put_made(const struct model_will *will, struct buf *out)
{
    const size_t room = sizeof(will->made) / sizeof(will->made[0]);

    if (!will->made_count)
        buf_append_string(out, "nobody subscribed to its topic");
    for (size_t i = 0; i < will->made_count && i < room; i++)
        buf_printf(out, "%s%llu", i ? ", " : "became packet ",
                   (unsigned long long)will->made[i]);
    if (will->made_count > room)
        buf_printf(out, " and %llu more",
                   (unsigned long long)(will->made_count - room));
}

/* The life of a will, step by step. */
static int draw_life(const struct view_wills *view, const struct area *area,
                     const struct model_will *will)
{
    struct buf line = {0};
    int y = 0;

    view_time(view->view.store, will->armed_ns, &line);
    if (will->armed_by)
        buf_printf(&line, "  armed by packet %llu (CONNECT): ",
                   (unsigned long long)will->armed_by);
    else
        buf_append_string(&line, "  armed before we watched: ");
    put_payload(will, &line);
    buf_append_string(&line, " to ");
    render_text(&line, slice_of_string(will->topic), 60);
    buf_printf(&line, ", QoS %u%s", will->qos, will->retain ? ", Retain" : "");
    if (will->delay_s)
        buf_printf(&line, ", delay %u s", (unsigned)will->delay_s);
    y = draw_line(area, y, &line);
    put_end(view->view.store, will, &line);
    y = draw_line(area, y, &line);
    if (will->state == MODEL_WILL_FIRED) {
        put_made(will, &line);
        y = draw_line(area, y, &line);
    }
    buf_release(&line);
    return y;
}

static void draw_no_wills(const struct area *area)
{
    struct area inner = grid_part(area, 0, 1, area->height, area->width - 2);
    int y = view_paragraph(
        &inner, 0, STYLE_DIM,
        "No client has left a will: a message that the broker publishes for a"
        " client that goes without DISCONNECT. Try this, and kill it with"
        " kill -9:");

    grid_text(&inner, y, 2, STYLE_NAME,
              "mosquitto_sub -t x --will-topic gone --will-payload bye");
}

static void draw_wills(struct view_wills *view, const struct area *area,
                       bool focus)
{
    size_t count = view->view.store->model->will_count;
    int rows = area->height;

    if (!count) {
        draw_no_wills(area);
        return;
    }
    if (view->chosen >= count)
        view->chosen = count - 1;
    if (rows > 2)
        rows = rows / 2 < (int)count ? rows / 2 : (int)count;
    view->rows = rows;
    view->top = view_scroll(view->top, view->chosen, count, rows);
    for (int y = 0; y < rows && view->top + (size_t)y < count; y++) {
        bool here = view->top + (size_t)y == view->chosen;

        draw_will(area, y, will_at(view, view->top + (size_t)y));
        if (here)
            grid_text(area, y, 0, STYLE_PLAIN, ">");
        if (here && focus)
            grid_select(area, y);
    }
    struct area life =
        grid_part(area, rows, 4, area->height - rows, area->width - 5);
    draw_life(view, &life, will_at(view, view->chosen));
}

/* ---- events ---- */

static void draw_events(struct view_wills *view, const struct area *area,
                        bool focus)
{
    const struct store *store = view->view.store;
    size_t count = store_count(store, STORE_LOG);
    size_t chosen = store_chosen(store, STORE_LOG);
    struct buf line = {0};

    view->height = area->height;
    view->event_top = view_scroll(view->event_top, chosen, count, area->height);
    for (int y = 0; y < area->height; y++) {
        size_t index = view->event_top + (size_t)y;
        struct history_row row;

        if (index >= count ||
            !store_row(store, store_at(store, STORE_LOG, index), &row))
            continue;
        buf_clear(&line);
        view_time(store, row.record.time_ns, &line);
        buf_append_string(&line, "  ");
        render_event(&line, &row);
        grid_column(area, y, 2, area->width - 2, STYLE_EVENT,
                    buf_string(&line));
        if (index == chosen)
            grid_text(area, y, 0, STYLE_PLAIN, ">");
        if (index == chosen && focus)
            grid_select(area, y);
    }
    buf_release(&line);
}

/* ---- the view ---- */

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_wills *view = (struct view_wills *)base;
    int rows = area->height >= 8 ? (area->height - 1) / 2 : area->height;
    struct area wills = grid_part(area, 0, 0, rows, area->width);
    struct area events =
        grid_part(area, rows + 1, 0, area->height - rows - 1, area->width);

    if (area->height < 8 && pane == PANE_EVENTS) {
        draw_events(view, area, true);
        return;
    }
    draw_wills(view, &wills, pane == PANE_WILLS);
    view->start = rows + 1;
    if (area->height < 8)
        return;
    grid_rule(area, rows, pane == PANE_EVENTS ? "> events" : "events");
    draw_events(view, &events, pane == PANE_EVENTS);
}

static bool act_wills(struct view_wills *view, enum action action)
{
    const struct view_host *host = view->view.host;
    size_t count = view->view.store->model->will_count;
    const struct model_will *will = will_at(view, view->chosen);
    int64_t step = view_step(action, view->rows);
    uint64_t packet;

    if (step) {
        view->chosen = view_stepped(view->chosen, count, step);
        return true;
    }
    if (action != ACTION_OPEN || !will)
        return false;
    packet = will->made_count ? will->made[0] : will->armed_by;
    if (packet && store_choose_packet(view->view.store, packet))
        host->show(host->app, VIEW_PACKETS);
    else
        host->say(host->app, "its packets are not here (any more)");
    return true;
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_wills *view = (struct view_wills *)base;
    int64_t step = view_step(action, view->height);

    if (pane == PANE_WILLS)
        return act_wills(view, action);
    if (step) {
        store_move(base->store, STORE_LOG, step);
        return true;
    }
    if (action != ACTION_OPEN)
        return false;
    store_choose(base->store, store_chosen_at(base->store, STORE_LOG));
    base->host->show(base->host->app, VIEW_LADDER);
    return true;
}

static int click(struct view *base, int y, int x)
{
    struct view_wills *view = (struct view_wills *)base;
    size_t event =
        view->event_top + (size_t)(y > view->start ? y - view->start : 0);

    (void)x;
    if (y >= view->start) {
        if (event < store_count(base->store, STORE_LOG))
            store_choose(base->store, store_at(base->store, STORE_LOG, event));
        return PANE_EVENTS;
    }
    if (y < view->rows && will_at(view, view->top + (size_t)y))
        view->chosen = view->top + (size_t)y;
    return PANE_WILLS;
}

static bool search(struct view *base, const char *text, bool forward)
{
    struct view_wills *view = (struct view_wills *)base;
    size_t count = base->store->model->will_count;
    size_t index = view->chosen;

    for (size_t i = 0; i < count; i++) {
        const struct model_will *will;

        index = (index + (forward ? 1 : count - 1)) % count;
        will = will_at(view, index);
        if (view_contains(will->client_id, text) ||
            view_contains(will->topic, text)) {
            view->chosen = index;
            return true;
        }
    }
    return false;
}

static void free_view(struct view *base)
{
    free(base);
}

struct view *view_wills_new(void)
{
    static const struct view_class class = {
        .id = VIEW_WILLS,
        .panes = PANES,
        .draw = draw,
        .act = act,
        .click = click,
        .search = search,
        .free = free_view,
    };
    struct view_wills *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
