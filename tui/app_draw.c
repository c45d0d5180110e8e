/*
 * What is around the views: header, tabs, filter, keys; and where views go.
 */
#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "tui/shell_pane.h"
#include "wire/render.h"

/* ---- the header ---- */

static const char *mode_name(const struct app *app)
{
    if (app->store->frozen)
        return "FROZEN";
    switch (app->mode) {
    case APP_LIVE: return "LIVE";
    case APP_REPLAY: return "REPLAY";
    case APP_GONE: return "ENDED";
    }
    return "?";
}

static void put_count(struct buf *out, uint64_t count)
{
    if (count < 100000)
        buf_printf(out, "%llu", (unsigned long long)count);
    else if (count < 10000000)
        buf_printf(out, "%lluk", (unsigned long long)(count / 1000));
    else
        buf_printf(out, "%lluM", (unsigned long long)(count / 1000000));
}

static void put_lab(const struct app *app, const char *word, struct buf *out)
{
    const struct panel *lab = app->lab;
    size_t count = lab ? lab->steps(lab->lab) : 0;
    struct panel_step step;

    for (size_t i = 0; i < count; i++) {
        lab->step(lab->lab, i, &step);
        if (step.shown)
            buf_printf(out, " %s%zu/%zu", word, i + 1, count);
    }
}

static void put_memory(const struct app *app, struct buf *out)
{
    const double megabyte = 1 << 20;
    double used = (double)history_bytes(app->store->history) / megabyte;

    if (app->max_bytes)
        buf_printf(out, "  mem %.1f/%.0f MB", used,
                   (double)app->max_bytes / megabyte);
    else
        buf_printf(out, "  mem %.1f MB", used);
}

static void draw_compact_header(const struct app *app, const struct area *area)
{
    const struct store *store = app->store;
    const struct model_counters *counters = &store->model->counters;
    struct buf text = {0};

    buf_printf(&text, " %s ", mode_name(app));
    put_count(&text, history_packets(store->history));
    buf_printf(&text, "p held%llu drop%llu",
               (unsigned long long)store->model->waiting_count,
               (unsigned long long)counters->dropped);
    if (store->model->rule_count)
        buf_printf(&text, " rules%zu", store->model->rule_count);
    /* What is zero gives way to rules. */
    if (history_lost(store->history) || text.len + 12 < (unsigned)area->width) {
        buf_append_string(&text, " lost");
        put_count(&text, history_lost(store->history));
    }
    if (text.len + 15 < (unsigned)area->width)
        put_lab(app, "lab ", &text);
    grid_shade(area, 0, STYLE_TITLE);
    grid_text(area, 0, 0, STYLE_TITLE, buf_string(&text));
    if ((int)text.len + 6 < area->width)
        grid_text(area, 0, area->width - 6, STYLE_TITLE, "?help");
    buf_release(&text);
}

static void draw_header(const struct app *app, const struct area *area)
{
    const struct store *store = app->store;
    const struct model *model = store->model;
    struct buf text = {0};
    struct buf time = {0};
    int width;

    buf_printf(&text, " mqttlab [%s]", mode_name(app));
    put_lab(app, " step ", &text);
    buf_append_string(&text, "  ");
    put_count(&text, history_packets(store->history));
    buf_printf(&text, " pkt  %u/s  held %llu  drop %llu  lost ",
               (unsigned)model_rate(model, store->now_ns),
               (unsigned long long)model->waiting_count,
               (unsigned long long)model->counters.dropped);
    put_count(&text, history_lost(store->history));
    if (model->rule_count)
        buf_printf(&text, "  rules %zu", model->rule_count);
    uint32_t without_memory = text.len;

    put_memory(app, &text);
    if (!app->hide_time)
        view_clock(store->now_ns, false, &time);
    width = grid_text_width(buf_string(&time));
    if (grid_text_width(buf_string(&text)) + width + 2 >= area->width)
        text.len = without_memory;
    grid_shade(area, 0, STYLE_TITLE);
    grid_text(area, 0, 0, STYLE_TITLE, buf_string(&text));
    if (grid_text_width(buf_string(&text)) + width + 2 < area->width)
        grid_text(area, 0, area->width - width - 1, STYLE_TITLE,
                  buf_string(&time));
    buf_release(&text);
    buf_release(&time);
}

/* ---- tabs ---- */

static void draw_tabs(const struct app *app, const struct area *area, int y)
{
    int x = 1;

    for (int i = 0; i < VIEW_HELP; i++) {
        enum view_id view = (enum view_id)i;

        x += grid_printf(area, y, x,
                         view == app->view ? STYLE_TAB_ON : STYLE_TAB, "%c%s",
                         keys_view_digit(view), keys_view_tab(view));
        /* Without colours it is the mark that says which. */
        x += grid_text(area, y, x, STYLE_PLAIN, view == app->view ? "* " : " ");
    }
    if (app->plan != LAYOUT_ALL && x + 36 < area->width)
        grid_printf(area, y, area->width - 36, STYLE_DIM, "layout: %s (V)",
                    layout_plan_name(app->plan));
    if (x + 14 < area->width)
        grid_text(area, y, area->width - 14, STYLE_DIM, "?help  :cmd");
    else if (x + 7 < area->width)
        grid_text(area, y, area->width - 7, STYLE_DIM, "?help");
}

/* What there is to say: of the last key, else what is wrong with the lab. */
static const char *to_say(const struct app *app)
{
    const struct panel *lab = app->lab;
    const char *trouble = lab ? lab->trouble(lab->lab) : "";

    return app->said || !*trouble ? app->said : trouble;
}

static void draw_compact_tabs(const struct app *app, const struct area *area)
{
    const char *filter = app->store->filter_text;

    if (to_say(app))
        return;
    grid_printf(area, 1, 1, STYLE_TAB_ON, "%s", keys_view_tab(app->view));
    if (*filter)
        view_peer_text(area, 1, 9, area->width - 18, STYLE_WARNING, filter);
    grid_text(area, 1, area->width - 9, STYLE_DIM, "Tab=next");
}

/* ---- filter ---- */

static void draw_filter(const struct app *app, const struct area *area, int y)
{
    const struct store *store = app->store;
    struct buf state = {0};
    int width;

    if (app->filter_bad)
        buf_append_string(&state, "[bad]  ");
    else if (*store->filter_text)
        buf_append_string(&state, filter_is_own(store->filter)
                                      ? "[ok, mqttlab only]  "
                                      : "[ok]  ");
    if (store->filter && filter_is_cable(store->filter))
        buf_printf(&state, "%zu pkt, %zu on the cable",
                   store_count(store, STORE_PACKETS),
                   store_count(store, STORE_CABLE));
    else
        buf_printf(&state, "%zu of %llu pkt", store_count(store, STORE_PACKETS),
                   (unsigned long long)history_packets(store->history));
    if (!store->follow)
        buf_append_string(&state, "  F=newest");
    else if (app->mode == APP_LIVE)
        buf_append_string(&state, "  following");
    width = grid_text_width(buf_string(&state));
    grid_text(area, y, area->width - width - 1,
              app->filter_bad ? STYLE_ERROR : STYLE_PLAIN, buf_string(&state));
    grid_text(area, y, 1, STYLE_DIM, "filter:");
    if (*store->filter_text)
        view_peer_text(area, y, 9, area->width - width - 12, STYLE_WARNING,
                       store->filter_text);
    else
        grid_text(area, y, 9, STYLE_DIM, "none, all packets are shown");
    buf_release(&state);
}

/* ---- the line of keys ---- */

/* The key that quits at last only goes back by a step now. */
static void say_back(struct buf *line)
{
    static const char quits[] = "q Quit";
    const char *all = buf_string(line);
    const char *at = strstr(all, quits);
    struct buf said = {0};

    if (!at)
        return;
    buf_printf(&said, "%.*sq Back%s", (int)(at - all), all, at + strlen(quits));
    buf_release(line);
    *line = said;
}

/* The names of keys stand out from what they do. */
static void draw_key_line(const struct app *app, const struct area *area, int y)
{
    struct buf line = {0};
    const char *text;
    int x = 0;

    const char *open =
        app->pane > 0 ? app->views[app->view]->class->inner_open : NULL;
    if (app->view == VIEW_LAB && !app->lab)
        buf_append_string(&line, " 1 Packets  2 Ladder  q Quit  ? Help");
    else
        keys_line(app->view, open, area->width, &line);
    if (app_goes_back(app))
        say_back(&line);
    text = buf_string(&line);
    while (*text) {
        size_t blanks = strspn(text, " ");
        size_t key = strcspn(text + blanks, " ");
        const char *end = strstr(text + blanks, "  ");
        size_t len = end ? (size_t)(end - text) : strlen(text);

        if (len < blanks + key)
            key = len - blanks;
        grid_printf(area, y, x, STYLE_KEY, "%.*s", (int)(blanks + key), text);
        x += (int)(blanks + key);
        x += grid_printf(area, y, x, STYLE_DIM, "%.*s",
                         (int)(len - blanks - key), text + blanks + key);
        text += len;
    }
    buf_release(&line);
}

/* What is asked, and where it is typed: on one line, if that leaves room. */
static void draw_question(struct app *app, const struct area *area, int y)
{
    const char *label = app_ask_label(app);
    bool typed = app->asking < APP_KILL;
    /* The names of all columns are long. */
    const int room = app->asking == APP_COLUMNS ? 60 : typed ? 20 : 0;
    int lines = 0;

    if (grid_text_width(label) + room > area->width) {
        struct area above = grid_part(area, 0, 1, 0, area->width - 2);

        lines = view_paragraph(&above, 0, STYLE_KEY, label + 1);
        above = grid_part(area, y - lines, 1, lines, area->width - 2);
        for (int i = 0; i <= lines; i++)
            grid_shade(area, y - i, STYLE_PLAIN);
        view_paragraph(&above, 0, STYLE_KEY, label + 1);
        label = " > ";
    }
    grid_shade(area, y, STYLE_PLAIN);
    if (typed)
        prompt_draw(&app->prompts[app->asking], area, y, label);
    else
        grid_cursor(area, y, grid_text(area, y, 0, STYLE_KEY, label));
}

/*
 * What there is to say stands in the rule, or on a small screen in the line of
 * the view's name. What is longer gets the lines that it needs; true: one of
 * them is that of the keys, at y.
 */
static bool draw_said(const struct app *app, const struct area *area,
                      const char *said, int y)
{
    int rule = app->layout.rule_y;
    int width = said ? grid_text_width(said) : 0;
    bool typing = app->asking != APP_NOTHING || app_in_shell(app);
    struct area box = grid_part(area, 0, 1, 0, area->width - 2);
    int lines;

    if (width + (rule >= 0 ? 5 : 1) < area->width) {
        if (rule >= 0)
            grid_rule(area, rule, said);
        else if (said)
            grid_column(area, 1, 1, area->width - 1, STYLE_WARNING, said);
        return false;
    }
    lines = view_paragraph(&box, 0, STYLE_HEADING, said);
    int top = rule < 0 ? 1 : (typing ? rule : y) - lines + 1;
    top = top < 1 ? 1 : top;
    for (int i = 0; i < lines; i++)
        grid_shade(area, top + i, STYLE_PLAIN);
    box = grid_part(area, top, 1, lines, area->width - 2);
    view_paragraph(&box, 0, rule < 0 ? STYLE_WARNING : STYLE_HEADING, said);
    if (rule >= 0)
        grid_rule(area, top - 1, NULL);
    return top + lines > y;
}

static void draw_bottom(struct app *app, const struct area *area)
{
    const struct layout *layout = &app->layout;
    const char *said = to_say(app);
    /* Hidden, the line comes back over the last row for what is typed. */
    bool hidden = layout->keys_y >= area->height;
    int y = hidden ? area->height - 1 : layout->keys_y;
    char error[300];

    if (app->asking == APP_FILTER && app->filter_bad && !app->said) {
        snprintf(error, sizeof(error), "column %u: %s",
                 app->filter_error.column, app->filter_error.message);
        said = error;
    }
    bool covered = draw_said(app, area, said, y);
    if (app_in_shell(app))
        grid_text(area, y, 1, STYLE_KEY, "Ctrl-] Back to the dashboard");
    else if (app->asking == APP_NOTHING && !hidden && !covered)
        draw_key_line(app, area, y);
    else if (app->asking != APP_NOTHING)
        draw_question(app, area, y);
}

/* ---- the views ---- */

static void draw_slot(struct app *app, const struct area *area,
                      const struct layout_slot *slot)
{
    struct view *view = app->views[slot->view];
    struct area inner =
        grid_part(area, slot->y, slot->x, slot->height, slot->width);
    bool focus = slot->view == app->view;

    if (slot->titled) {
        struct area rule =
            grid_part(area, slot->y - 1, slot->x, 1, slot->width);
        char title[64];

        snprintf(title, sizeof(title), "%s%c %s", focus ? "> " : "",
                 keys_view_digit(slot->view), keys_view_name(slot->view));
        grid_rule(&rule, 0, title);
    }
    view->class->draw(view, &inner, focus ? app->pane : -1);
}

/* Too small for anything else: the header and the newest packet. */
static void draw_tiny(struct app *app, const struct area *area)
{
    struct history_row row;
    struct buf line = {0};

    draw_compact_header(app, area);
    if (store_row(app->store, store_chosen_at(app->store, STORE_PACKETS),
                  &row)) {
        buf_printf(&line, "%llu %s %s ", (unsigned long long)row.number,
                   row.record.direction == RECORD_C2B ? ">" : "<",
                   mqtt_type_name(row.note.type));
        render_info(&line, &row);
        grid_column(area, 1, 0, area->width, STYLE_PLAIN, buf_string(&line));
        grid_cursor(area, 1, 0);
    }
    buf_release(&line);
}

static void make_layout(const struct app *app, enum view_id view, bool zoomed,
                        struct layout *layout)
{
    /* A shell needs the line that says how one leaves it. */
    bool hide = app->hide_keys && !app_in_shell(app);
    const struct layout_wish wish = {
        .view = view,
        .plan = app->plan,
        .zoomed = zoomed,
        .with = (app->lab ? LAYOUT_LAB : 0u) |
                (shell_pane_runs(app->host.shell) ? LAYOUT_SHELL : 0u),
    };

    layout_make(layout, app->height + hide, app->width, &wish);
}

void app_make_layout(const struct app *app, enum view_id view,
                     struct layout *layout)
{
    make_layout(app, view, app->zoomed, layout);
}

bool app_is_zoomed(const struct app *app)
{
    struct layout layout;

    make_layout(app, app->view, false, &layout);
    return app->zoomed && layout.kind == LAYOUT_FULL;
}

void app_draw(struct app *app, struct grid *grid)
{
    struct area area;
    struct layout *layout = &app->layout;

    grid_clear(grid);
    area = grid_area(grid);
    app->height = grid->height;
    app->width = grid->width;
    app_make_layout(app, app->view, layout);
    if (layout->kind == LAYOUT_TINY) {
        draw_tiny(app, &area);
        return;
    }
    if (layout->kind == LAYOUT_COMPACT) {
        draw_compact_header(app, &area);
        draw_compact_tabs(app, &area);
    } else if (layout->kind != LAYOUT_PRESENT) {
        draw_header(app, &area);
        draw_tabs(app, &area, 1);
        draw_filter(app, &area, layout->filter_y);
    }
    if (layout->divider_x >= 0) {
        struct area body = grid_part(&area, layout->body_y, 0,
                                     layout->body_height, area.width);

        grid_divide(&body, layout->divider_x);
    }
    for (int i = 0; i < layout->count; i++)
        draw_slot(app, &area, &layout->slots[i]);
    draw_bottom(app, &area);
}
