/*
 * Log: what the broker decided, in words, one line each.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "tui/view.h"
#include "wire/event.h"
#include "wire/render.h"

struct view_log {
    struct view view;
    size_t top;
    int height;
};

static enum style event_style(const struct history_row *row)
{
    switch (record_code(row->record.bytes)) {
    case EVENT_CONNECT_REFUSED:
    case EVENT_CONNECTION_LOST:
    case EVENT_KEEP_ALIVE_MISSED:
    case EVENT_PROTOCOL_ERROR:
    case EVENT_LIMIT:
    case EVENT_MESSAGE_DROPPED:
    case EVENT_ACCESS_REFUSED:
    case EVENT_STORE_FAILED:
    case EVENT_LOST_RECORDS:
    case EVENT_WILL_FIRED: return STYLE_WARNING;
    default: return STYLE_PLAIN;
    }
}

static void draw_row(const struct view_log *view, const struct area *area,
                     int y, size_t index)
{
    const struct store *store = view->view.store;
    struct history_row row;
    struct buf time = {0};
    struct buf text = {0};
    int x = 2;

    if (!store_row(store, store_at(store, STORE_LOG, index), &row))
        return;
    view_time(store, row.record.time_ns, &time);
    render_event(&text, &row);
    if (area->width >= 60) {
        grid_column(area, y, x, -12, STYLE_DIM, buf_string(&time));
        x += 13;
    }
    grid_column(area, y, x, area->width - x, event_style(&row),
                buf_string(&text));
    buf_release(&time);
    buf_release(&text);
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_log *view = (struct view_log *)base;
    struct store *store = base->store;
    size_t count = store_count(store, STORE_LOG);
    size_t chosen = store_chosen(store, STORE_LOG);

    view->height = area->height;
    if (!count) {
        view_empty(base, area,
                   "The broker has decided nothing yet. Here stand"
                   " connections, subscriptions, wills, and what was"
                   " refused.");
        return;
    }
    view->top = view_scroll(view->top, chosen, count, area->height);
    for (int y = 0; y < area->height && view->top + (size_t)y < count; y++) {
        bool here = view->top + (size_t)y == chosen;

        draw_row(view, area, y, view->top + (size_t)y);
        if (here)
            grid_text(area, y, 0, STYLE_PLAIN, ">");
        if (here && pane >= 0)
            grid_select(area, y);
    }
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_log *view = (struct view_log *)base;
    int64_t step = view_step(action, view->height);

    (void)pane;
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
    struct view_log *view = (struct view_log *)base;
    size_t index = view->top + (size_t)(y > 0 ? y : 0);

    (void)x;
    if (index < store_count(base->store, STORE_LOG))
        store_choose(base->store, store_at(base->store, STORE_LOG, index));
    return 0;
}

static bool search(struct view *base, const char *text, bool forward)
{
    struct store *store = base->store;
    size_t count = store_count(store, STORE_LOG);
    size_t index = store_chosen(store, STORE_LOG);
    struct buf line = {0};
    bool hit = false;

    for (size_t i = 0; i < count && !hit; i++) {
        struct history_row row;

        index = forward ? (index + 1) % count : (index + count - 1) % count;
        buf_clear(&line);
        if (!store_row(store, store_at(store, STORE_LOG, index), &row))
            continue;
        render_event(&line, &row);
        hit = view_contains(buf_string(&line), text);
    }
    if (hit)
        store_choose(store, store_at(store, STORE_LOG, index));
    buf_release(&line);
    return hit;
}

static void free_view(struct view *base)
{
    free(base);
}

struct view *view_log_new(void)
{
    static const struct view_class class = {
        .id = VIEW_LOG,
        .panes = 1,
        .draw = draw,
        .act = act,
        .click = click,
        .search = search,
        .free = free_view,
    };
    struct view_log *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
