#include "tui/event_list.h"

#include "tui/table.h"
#include "wire/event.h"
#include "wire/render.h"

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

static void draw_row(const struct store *store, const struct area *area, int y,
                     size_t index)
{
    struct history_row row;
    struct buf time = {0};
    struct buf text = {0};
    const int width = store->time_of_day ? 12 : 8;
    int x = 2;

    if (!store_row(store, store_at(store, STORE_LOG, index), &row))
        return;
    view_time(store, row.record.time_ns, &time);
    render_event(&text, &row);
    if (area->width >= 36) {
        grid_column(area, y, x, -width, STYLE_DIM, buf_string(&time));
        x += width + 1;
    }
    grid_column(area, y, x, area->width - x, event_style(&row),
                buf_string(&text));
    buf_release(&time);
    buf_release(&text);
}

/* The chosen sentence, which may be longer than its row, as a whole. */
static void draw_whole(const struct store *store, const struct area *area,
                       int y, size_t index)
{
    struct history_row row;
    struct buf text = {0};
    struct area inner =
        grid_part(area, y + 1, 1, area->height - y - 1, area->width - 2);

    if (!store_row(store, store_at(store, STORE_LOG, index), &row))
        return;
    grid_rule(area, y, NULL);
    render_event(&text, &row);
    view_paragraph(&inner, 0, STYLE_PLAIN, buf_string(&text));
    buf_release(&text);
}

void event_list_draw(struct event_list *list, const struct view *view,
                     const struct area *area, bool focus)
{
    const struct store *store = view->store;
    size_t count = store_count(store, STORE_LOG);
    size_t chosen = store_chosen(store, STORE_LOG);
    bool whole = area->height >= 9 && count;

    list->height = whole ? area->height - 3 : area->height;
    list->top = view_scroll(list->top, chosen, count, list->height);
    if (whole)
        draw_whole(store, area, list->height, chosen);
    for (int y = 0; y < list->height && list->top + (size_t)y < count; y++) {
        draw_row(store, area, y, list->top + (size_t)y);
        if (list->top + (size_t)y == chosen)
            table_mark(area, y, focus);
    }
}

bool event_list_act(const struct event_list *list, const struct view *view,
                    enum action action)
{
    int64_t step = view_step(action, list->height);

    if (step) {
        store_move(view->store, STORE_LOG, step);
        return true;
    }
    if (action != ACTION_OPEN)
        return false;
    store_choose(view->store, store_chosen_at(view->store, STORE_LOG));
    view->host->show(view->host->app, VIEW_LADDER);
    return true;
}

void event_list_click(const struct event_list *list, const struct view *view,
                      int y)
{
    size_t index = list->top + (size_t)(y > 0 ? y : 0);

    if (y < list->height && index < store_count(view->store, STORE_LOG))
        store_choose(view->store, store_at(view->store, STORE_LOG, index));
}
