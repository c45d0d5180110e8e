/*
 * Wills and events: each will with its life, and the broker's decisions.
 */
#include "base/alloc.h"
#include "tui/event_list.h"
#include "tui/table.h"
#include "wire/render.h"

enum pane { PANE_WILLS, PANE_EVENTS, PANES };

struct view_wills {
    struct view view;
    size_t chosen; /* will, counted from the newest, so that it is on top */
    size_t top;
    struct event_list events;
    int rows;  /* of wills when drawn last */
    int start; /* of the events */
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
        buf_printf(out, ": published in %lld s unless the client comes back",
                   (long long)model_will_left_s(will, store->now_ns));
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

    grid_text(&inner, y, 2, STYLE_NAME, "mosquitto_sub -t x --will-topic gone");
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
        draw_will(area, y, will_at(view, view->top + (size_t)y));
        if (view->top + (size_t)y == view->chosen)
            table_mark(area, y, focus);
    }
    struct area life =
        grid_part(area, rows, 4, area->height - rows, area->width - 5);
    draw_life(view, &life, will_at(view, view->chosen));
}

/* ---- the view ---- */

/* Half of the area; in a low one more while one is at them, for the life of a
   will takes several lines. */
static int rows_of_wills(int height, int pane)
{
    if (height < 8)
        return height;
    return height < 14 && pane != PANE_EVENTS ? height - 3 : (height - 1) / 2;
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_wills *view = (struct view_wills *)base;
    int rows = rows_of_wills(area->height, pane);
    struct area wills = grid_part(area, 0, 0, rows, area->width);
    struct area events =
        grid_part(area, rows + 1, 0, area->height - rows - 1, area->width);

    if (area->height < 8 && pane == PANE_EVENTS) {
        event_list_draw(&view->events, base, area, true);
        return;
    }
    draw_wills(view, &wills, pane == PANE_WILLS);
    view->start = rows + 1;
    if (area->height < 8)
        return;
    grid_rule(area, rows, pane == PANE_EVENTS ? "> events" : "events");
    event_list_draw(&view->events, base, &events, pane == PANE_EVENTS);
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

    if (pane == PANE_WILLS)
        return act_wills(view, action);
    return event_list_act(&view->events, base, action);
}

static int click(struct view *base, int y, int x)
{
    struct view_wills *view = (struct view_wills *)base;

    (void)x;
    if (y >= view->start) {
        event_list_click(&view->events, base, y - view->start);
        return PANE_EVENTS;
    }
    if (y < view->rows && will_at(view, view->top + (size_t)y))
        view->chosen = view->top + (size_t)y;
    return PANE_WILLS;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    struct view_wills *view = (struct view_wills *)base;
    size_t count = base->store->model->will_count;
    size_t index = view->chosen;

    for (size_t i = 0; i < count; i++) {
        index = view_next(index, count, forward);
        const struct model_will *will = will_at(view, index);
        if (search_in_text(wanted, will->client_id) ||
            search_in_text(wanted, will->topic)) {
            view->chosen = index;
            return true;
        }
    }
    return false;
}

struct view *view_wills_new(void)
{
    static const struct view_class class = {
        .id = VIEW_WILLS,
        .panes = PANES,
        .inner_open = "Enter Ladder",
        .draw = draw,
        .act = act,
        .click = click,
        .search = search,
    };
    struct view_wills *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
