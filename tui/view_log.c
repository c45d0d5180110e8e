/*
 * Log: what the broker decided, in words, one line each.
 */
#include "base/alloc.h"
#include "tui/event_list.h"
#include "wire/render.h"

struct view_log {
    struct view view;
    struct event_list list;
};

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_log *view = (struct view_log *)base;

    if (store_count(base->store, STORE_LOG))
        event_list_draw(&view->list, base, area, pane >= 0);
    else
        view_empty(base, area,
                   "The broker has decided nothing yet. Here stand"
                   " connections, subscriptions, wills, and what was"
                   " refused.");
}

static bool act(struct view *base, enum action action, int pane)
{
    (void)pane;
    return event_list_act(&((struct view_log *)base)->list, base, action);
}

static int click(struct view *base, int y, int x)
{
    (void)x;
    event_list_click(&((struct view_log *)base)->list, base, y);
    return 0;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    return view_search_rows(base->store, STORE_LOG, wanted, forward,
                            render_event);
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
    };
    struct view_log *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
