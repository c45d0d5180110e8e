/*
 * Shell: a terminal beside the packets, in which the lectures' commands are
 * this program.
 */
#include "base/alloc.h"
#include "tui/shell_pane.h"
#include "tui/view.h"

static void draw(struct view *view, const struct area *area, int pane)
{
    struct shell_pane *shell = view->host->shell;

    if (shell_pane_runs(shell)) {
        shell_pane_draw(shell, area, pane >= 0);
        return;
    }
    struct area inner = grid_part(area, 0, 1, area->height, area->width - 2);
    view_paragraph(&inner, 1, STYLE_DIM,
                   shell ? "Enter starts a shell here. In it mosquitto_pub, "
                           "mosquitto_sub and mqttlab are this program and "
                           "know the port. Ctrl-] comes back from it."
                         : "There is no shell here.");
    if (pane >= 0)
        grid_cursor(area, 0, 0);
}

static bool act(struct view *view, enum action action, int pane)
{
    (void)pane;
    if (action != ACTION_OPEN)
        return false;
    view->host->start_shell(view->host->app);
    return true;
}

struct view *view_shell_new(void)
{
    static const struct view_class class = {
        .id = VIEW_SHELL,
        .panes = 1,
        .draw = draw,
        .act = act,
    };
    struct view *view = alloc_zero(1, sizeof(*view));

    view->class = &class;
    return view;
}
