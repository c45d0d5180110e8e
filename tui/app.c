#include "tui/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/process.h"
#include "net/address.h"
#include "tui/presets.h"
#include "tui/shell_pane.h"

/* ---- what views ask of their host ---- */

static void host_show(void *owner, enum view_id view)
{
    app_show(owner, view);
}

static void host_filter(void *owner, const char *text)
{
    struct app *app = owner;
    struct filter_error error;

    if (store_set_filter(app->store, presets_expand(text), &error))
        app_say(app, *text ? "filter: %s" : "no filter: everything is shown%s",
                app->store->filter_text);
    else
        app_say(app, "column %u: %s", error.column, error.message);
}

static void host_narrow(void *owner, const char *test, bool out)
{
    const struct app *app = owner;
    const char *old = app->store->filter_text;
    struct buf text = {0};

    if (*old)
        buf_printf(&text, "(%s) && ", old);
    buf_printf(&text, out ? "!(%s)" : "%s", test);
    host_filter(owner, buf_string(&text));
    buf_release(&text);
}

static void host_say(void *owner, const char *text)
{
    app_say(owner, "%s", text);
}

static void host_focus(void *owner, int pane)
{
    struct app *app = owner;

    app->pane = pane;
}

static enum view_id host_about(void *owner)
{
    struct app *app = owner;

    return app->before;
}

static void host_clear(void *owner, const char *topic)
{
    struct app *app = owner;

    if (!app_can_do(app))
        return;
    free(app->kill_who);
    app->kill_who = alloc_string(topic);
    app_ask(app, APP_CLEAR, "");
}

static void host_end(void *owner, const char *client_id)
{
    struct app *app = owner;

    if (!app_can_do(app))
        return;
    free(app->kill_who);
    app->kill_who = alloc_string(client_id);
    app_ask(app, APP_KILL, "");
}

static void host_start_shell(void *owner)
{
    struct app *app = owner;
    char port[16];
    char *program = process_self_path("mqttlab");
    const char *const argv[] = {program, "shell", "-p", port, NULL};
    int error = -ENOTSUP;

    snprintf(port, sizeof(port), "%u",
             app->crew && app->crew->port ? app->crew->port : ADDRESS_PORT);
    if (program && app->host.shell)
        error = shell_pane_start(app->host.shell, argv);
    if (error)
        app_say(app, "no shell: %s", strerror(-error));
    free(program);
}

bool app_in_shell(const struct app *app)
{
    return app->view == VIEW_SHELL && app->asking == APP_NOTHING &&
           shell_pane_runs(app->host.shell);
}

/* ---- life ---- */

struct app *app_new(struct store *store, const struct panel *lab,
                    const char *invitation)
{
    struct app *app = alloc_zero(1, sizeof(*app));

    app->store = store;
    app->lab = lab;
    app->view = lab ? VIEW_LAB : VIEW_PACKETS;
    app->before = app->view;
    app->host = (struct view_host){
        .app = app,
        .show = host_show,
        .filter = host_filter,
        .narrow = host_narrow,
        .say = host_say,
        .focus = host_focus,
        .end = host_end,
        .clear = host_clear,
        .about = host_about,
        .start_shell = host_start_shell,
        .invitation = invitation,
    };
    for (int view = 0; view < VIEW_COUNT; view++)
        app->views[view] = view_new((enum view_id)view, store, lab, &app->host);
    return app;
}

void app_free(struct app *app)
{
    if (!app)
        return;
    for (int view = 0; view < VIEW_COUNT; view++)
        view_free(app->views[view]);
    for (int i = 0; i < APP_ASKINGS; i++)
        prompt_release(&app->prompts[i]);
    free(app->old_filter);
    free(app->sought);
    free(app->said);
    free(app->kill_who);
    buf_release(&app->copied);
    free(app->load);
    free(app);
}

void app_use(struct app *app, const struct settings *settings)
{
    struct filter_error error;

    app->settings = app->host.settings = settings;
    app->store->time_of_day = settings->time_of_day;
    app->hide_keys = settings->hide_keys;
    app->plan = settings->plan;
    app->store->columns = settings->columns;
    if (settings->filter)
        store_set_filter(app->store, presets_expand(settings->filter), &error);
}

void app_say(struct app *app, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    free(app->said);
    app->said = *text ? alloc_string(text) : NULL;
}

void app_show(struct app *app, enum view_id view)
{
    if (view == app->view)
        return;
    if (app->view != VIEW_HELP)
        app->before = app->view;
    app->view = view;
    app->pane = 0;
    app->store->follow_held = view == VIEW_PRESENT;
}

/* ---- panes ---- */

/* The view that Tab visits after this one: as the layout has them, or in the
   order of the tabs. */
static enum view_id next_view(const struct app *app, int step)
{
    const struct layout *layout = &app->layout;

    if (layout->kind == LAYOUT_FULL) {
        int at = 0;

        while (at < layout->count - 1 && layout->slots[at].view != app->view)
            at++;
        return layout->slots[(at + step + layout->count) % layout->count].view;
    }
    return (enum view_id)(((int)app->view + step + VIEW_HELP) % VIEW_HELP);
}

static void next_pane(struct app *app, int step)
{
    int panes = (int)app->views[app->view]->class->panes;
    int pane = app->pane + step;

    if (app->view < VIEW_HELP && pane >= 0 && pane < panes) {
        app->pane = pane;
        return;
    }
    app_show(app, next_view(app, step));
    if (step < 0)
        app->pane = (int)app->views[app->view]->class->panes - 1;
}

void app_lay_out(struct app *app, enum layout_plan plan)
{
    enum view_id first = layout_plan_first(plan);

    app->plan = plan;
    app->zoomed = false;
    app_say(app, "layout %s: %s; V goes to the next", layout_plan_name(plan),
            layout_plan_text(plan));
    if (first == VIEW_COUNT || app->view >= VIEW_HELP)
        return;
    /* As the terminal is now: is the view among them? */
    struct layout layout;
    app_make_layout(app, app->view, &layout);
    if (layout.kind == LAYOUT_FULL)
        return;
    app_make_layout(app, first, &layout);
    /* That of the cable is about its first view, seen alone if need be. */
    if (layout.kind == LAYOUT_FULL || plan == LAYOUT_CABLE)
        app_show(app, first);
    if (layout.kind != LAYOUT_FULL)
        app_say(app, "layout %s needs a screen of %s: %s",
                layout_plan_name(plan), layout_plan_least(plan),
                layout_plan_text(plan));
}

/* ---- actions ---- */

static void show_small(struct app *app)
{
    app->zoomed = false;
    app_say(app,
            "beside the other views again; now q quits, and z gives it the "
            "whole window");
}

bool app_goes_back(const struct app *app)
{
    return app->view == VIEW_HELP || app->view >= VIEW_PRESENT ||
           app_is_zoomed(app);
}

/* Back by one step; false when there is none. */
static bool go_back(struct app *app)
{
    if (app->view == VIEW_HELP)
        app_show(app, app->before);
    else if (app->view >= VIEW_PRESENT)
        app_show(app, app->presented_in);
    else if (app_is_zoomed(app))
        show_small(app);
    else
        return false;
    return true;
}

/* Show one of the views without a tab, or what was shown before. */
static void toggle(struct app *app, enum view_id view)
{
    if (app->view == view) {
        app_show(app, app->presented_in);
        return;
    }
    if (app->view < VIEW_HELP)
        app->presented_in = app->view;
    if (view == VIEW_PRESENT)
        view_present_slide(app->views[view], app->view == VIEW_LAB && app->lab);
    app_show(app, view);
}

void app_message(struct app *app)
{
    if (app->view != VIEW_PAYLOAD)
        toggle(app, VIEW_PAYLOAD);
}

static void leave(struct app *app)
{
    if (go_back(app))
        return;
    if (app->about_quit && (!app->quit_ends || app->quit_ends(app->quit_owner)))
        app_ask(app, APP_QUIT, "");
    else
        app->quit = true;
}

static void escape(struct app *app)
{
    if (go_back(app))
        return;
    if (*app->store->filter_text)
        host_filter(app, "");
    else
        app_say(app, "q quits");
}

static void toggle_follow(struct app *app)
{
    struct store *store = app->store;

    if (store->follow)
        store_choose(store, store_chosen_at(store, STORE_ALL));
    else
        store->follow = true;
}

static void toggle_freeze(struct app *app)
{
    store_freeze(app->store, !app->store->frozen);
    if (app->store->frozen)
        app_say(app, "frozen: everything is still counted and kept; Z goes on");
}

/* Its number comes back to a view's beginning, too. */
static void show_first_pane(struct app *app, enum view_id view)
{
    app_show(app, view);
    app->pane = 0;
}

/* It begins with the keys of the view that one comes from. */
static void toggle_help(struct app *app)
{
    view_help_find(app->views[VIEW_HELP], "");
    app_show(app, app->view == VIEW_HELP ? app->before : VIEW_HELP);
}

/* What is done by the app whatever the view; false: it is not ours. */
static bool act_on_screen(struct app *app, enum action action)
{
    if (action >= ACTION_VIEW_PACKETS && action <= ACTION_VIEW_SHELL)
        show_first_pane(app, (enum view_id)(action - ACTION_VIEW_PACKETS));
    else if (action == ACTION_HELP)
        toggle_help(app);
    else if (action == ACTION_NEXT_PANE)
        next_pane(app, 1);
    else if (action == ACTION_PREVIOUS_PANE)
        next_pane(app, -1);
    else if (action == ACTION_PRESENT)
        toggle(app, VIEW_PRESENT);
    else if (action == ACTION_PAYLOAD)
        toggle(app, VIEW_PAYLOAD);
    else if (action == ACTION_DIFF && app->view != VIEW_PAYLOAD)
        app_compare(app);
    else if (action == ACTION_ZOOM)
        app->zoomed = !app->zoomed;
    else if (action == ACTION_LAYOUT)
        app_lay_out(app, (enum layout_plan)((app->plan + 1) % LAYOUT_PLANS));
    else if (action == ACTION_BACK)
        escape(app);
    else if (action == ACTION_LEAVE)
        leave(app);
    else if (action == ACTION_QUIT)
        app->quit = app->quit_all = true;
    else if (action == ACTION_HIDE_KEYS)
        app->hide_keys = !app->hide_keys;
    else if (action == ACTION_REDRAW)
        app->redraw = true;
    else if (action == ACTION_SUSPEND)
        app->suspend = true;
    else
        return false;
    return true;
}

static void next_colour(struct app *app)
{
    static const char *const names[STORE_COLOURS] = {
        "direction", "client", "handshake", "packet type", "QoS"};
    enum store_colour *colour = &app->store->colour;

    *colour = (enum store_colour)((*colour + 1u) % STORE_COLOURS);
    app_say(app, "colours by %s", names[*colour]);
}

static bool act_on_store(struct app *app, enum action action)
{
    if (action == ACTION_FOLLOW)
        toggle_follow(app);
    else if (action == ACTION_FREEZE)
        toggle_freeze(app);
    else if (action == ACTION_UNTAG)
        store_untag(app->store);
    else if (action == ACTION_TIME)
        app->store->time_of_day = !app->store->time_of_day;
    else if (action == ACTION_COLOUR)
        next_colour(app);
    else
        return false;
    return true;
}

static bool act_on_lab(struct app *app, enum action action)
{
    if (!app->lab)
        return false;
    if (action == ACTION_LAB_ANSWER)
        app_ask(app, APP_ANSWER, "");
    else if (action == ACTION_LAB_RESET)
        app_ask(app, APP_LAB_RESET, "");
    else if (action == ACTION_LAB_HINT)
        app_ask(app, APP_LAB_HINT, "");
    else
        return false;
    return true;
}

static bool act_by_asking(struct app *app, enum action action)
{
    if (action == ACTION_FILTER)
        app_ask(app, APP_FILTER, app->store->filter_text);
    else if (action == ACTION_SEARCH)
        app_ask(app, APP_SEARCH, "");
    else if (action == ACTION_SEARCH_NEXT)
        app_search(app, true);
    else if (action == ACTION_SEARCH_PREVIOUS)
        app_search(app, false);
    else if (action == ACTION_COMMAND)
        app_ask(app, APP_COMMAND, "");
    else if (action == ACTION_SUBSCRIBE && app_can_do(app))
        app_ask(app, APP_SUBSCRIBE, "");
    else if (action == ACTION_CONNECT && app_can_do(app))
        app_ask(app, APP_CONNECT, "");
    else if (action == ACTION_FILTER_TO)
        app_ask(app, APP_ONLY, "");
    else if (action == ACTION_FILTER_OUT)
        app_ask(app, APP_WITHOUT, "");
    else if (action == ACTION_LOAD)
        app_ask(app, APP_LOAD, "");
    else if (action == ACTION_COLUMNS)
        app_ask(app, APP_COLUMNS, NULL);
    else if (action == ACTION_COPY)
        app_ask(app, APP_COPY, "");
    else if (action == ACTION_EXPORT)
        app_ask(app, APP_EXPORT, "");
    else if (action == ACTION_WRITE)
        app_ask(app, APP_WRITE, "");
    else if (action == ACTION_MARK)
        app_ask(app, APP_MARK, "");
    else if (action == ACTION_JUMP)
        app_ask(app, APP_JUMP, "");
    else if (action == ACTION_PUBLISH && app_can_do(app))
        app_ask(app, APP_PUBLISH, "");
    else
        return false;
    return true;
}

static void act(struct app *app, enum action action)
{
    struct view *view = app->views[app->view];

    if (view->class->act(view, action, app->pane))
        return;
    if (!act_on_screen(app, action) && !act_on_store(app, action) &&
        !app_act_on_wire(app, action) && !act_on_lab(app, action))
        act_by_asking(app, action);
}

/* ---- keys and mouse ---- */

static void click(struct app *app, const struct layout_slot *slot,
                  const struct keys_mouse *mouse)
{
    struct view *view = app->views[slot->view];
    int pane = 0;

    if (view->class->click)
        pane = view->class->click(view, mouse->y - slot->y, mouse->x - slot->x);

    app_show(app, slot->view);
    app->pane = pane;
}

/* A click on the line of tabs shows the view. */
static void click_tab(struct app *app, int x)
{
    int at = 1;

    for (int view = 0; view < VIEW_HELP; view++) {
        int width = grid_text_width(keys_view_tab((enum view_id)view)) + 1;

        if (x >= at && x < at + width)
            app_show(app, (enum view_id)view);
        at += width + 1;
    }
}

static void on_mouse(struct app *app, const struct keys_mouse *mouse)
{
    for (int i = 0; i < app->layout.count; i++) {
        const struct layout_slot *slot = &app->layout.slots[i];
        struct view *view = app->views[slot->view];

        if (mouse->y < slot->y || mouse->y >= slot->y + slot->height ||
            mouse->x < slot->x || mouse->x >= slot->x + slot->width)
            continue;
        if (mouse->button == KEYS_CLICK) {
            click(app, slot, mouse);
            return;
        }
        for (int step = 0; step < 3; step++)
            view->class->act(
                view, mouse->button == KEYS_WHEEL_UP ? ACTION_UP : ACTION_DOWN,
                slot->view == app->view ? app->pane : 0);
        return;
    }
    if (mouse->button == KEYS_CLICK && mouse->y == 1 &&
        (app->layout.kind == LAYOUT_NORMAL || app->layout.kind == LAYOUT_FULL))
        click_tab(app, mouse->x);
}

static enum action action_of(const struct app *app, int key)
{
    enum action own = settings_action(app->settings, app->view, key);

    return own ? own : keys_action(app->view, key);
}

/* A key that does nothing here: where does it, if anywhere? */
static void say_no_use(struct app *app, int key)
{
    char name[] = {(char)key, '\0'};
    struct buf views = {0};

    for (int view = 0; view < VIEW_HELP; view++) {
        if (keys_action((enum view_id)view, key))
            buf_printf(&views, "%s%c", views.len ? ", " : "; it has in view ",
                       keys_view_digit((enum view_id)view));
    }
    app_say(app, "%s has no use here%s; ? lists the keys",
            key > ' ' && key < 127 ? name : "this key", buf_string(&views));
    buf_release(&views);
}

static void act_on_key(struct app *app, int key)
{
    enum action action = action_of(app, key);

    if (action)
        act(app, action);
    else if (!app->views[app->view]->class->act(app->views[app->view], action,
                                                app->pane))
        say_no_use(app, key);
}

void app_key(struct app *app, int key, const struct keys_mouse *mouse)
{
    const int leave_shell = 29; /* Ctrl-], as in telnet */

    app_say(app, "%s", "");
    if (app_in_shell(app) && key == leave_shell)
        app_show(app, app->before);
    else if (app_in_shell(app) && key != KEYS_MOUSE)
        shell_pane_key(app->host.shell, key);
    else if (app->asking != APP_NOTHING && key != KEYS_MOUSE)
        app_ask_key(app, key);
    else if (key == KEYS_MOUSE && mouse)
        on_mouse(app, mouse);
    else
        act_on_key(app, key);
}
