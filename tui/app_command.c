/*
 * What can be typed behind ":" (tui/command_table.h).
 */
#include <stdlib.h>
#include <string.h>

#include "tui/app.h"
#include "tui/command_table.h"
#include "tui/presets.h"

static void show_view(struct app *app, const char *name)
{
    enum view_id view = keys_view_of(name);

    if (view == VIEW_COUNT)
        app_say(app, "no view '%s'; 1 to 9 show the views", name);
    else
        app_show(app, view);
}

static void go_to_frame(struct app *app, const char *text)
{
    char *end = NULL;
    unsigned long long frame = strtoull(text, &end, 10);
    struct history_row row;

    if (*end || !frame)
        app_say(app, "'%s' is not the number of a frame", text);
    else if (!store_choose_frame(app->store, frame))
        app_say(app,
                "no packet came in frame %llu or later: frames are those "
                "of a file that was opened",
                frame);
    else if (store_row(app->store, app->store->cursor, &row) &&
             row.frame != frame)
        app_say(app, "frame %llu is no packet; the next one is in frame %llu",
                frame, (unsigned long long)row.frame);
}

static void show_commands(struct app *app)
{
    app_show(app, VIEW_HELP);
    view_help_find(app->views[VIEW_HELP], "Commands");
}

static void publish(struct app *app, const char *rest)
{
    if (!app_can_do(app))
        return;
    app_ask(app, APP_PUBLISH, rest);
    if (*rest)
        app_ask_key(app, KEYS_ENTER);
}

static void kick(struct app *app, const char *client_id, const char *how)
{
    if (app_can_do(app))
        app_say(app, "%s", app->deeds->kick(app->deeds->owner, client_id, how));
}

static void clear(struct app *app, const char *topic)
{
    if (app_can_do(app))
        app_say(app, "%s", app->deeds->clear(app->deeds->owner, topic));
}

static void highlight(struct app *app, const char *rest)
{
    const char *const *colours = highlight_colours();
    size_t len = strcspn(rest, " ");
    struct filter_error error;

    if (!strcmp(rest, "off")) {
        highlight_clear(app->store->highlights);
        return;
    }
    for (int i = 0; colours[i]; i++) {
        if (strlen(colours[i]) != len || memcmp(colours[i], rest, len) != 0)
            continue;
        const char *text = rest + len + strspn(rest + len, " ");
        if (!highlight_set(app->store->highlights, i, presets_expand(text),
                           &error))
            app_say(app, "column %u of the filter: %s", error.column,
                    error.message);
        else
            app_say(app, "%s rows have the letter %c; :hi off ends it",
                    colours[i], 'a' + i);
        return;
    }
    app_say(app, "a colour comes first: blue, orange, pink, green, violet, "
                 "sand");
}

static void set_theme(struct app *app, const char *name)
{
    const struct theme *theme = theme_find(name);
    char error[200];

    if (!theme) {
        theme_explain(name, error, sizeof(error));
        app_say(app, "%s", error);
        return;
    }
    app->theme = theme;
    app_say(app, "%s", theme->text);
}

static void lay_out(struct app *app, const char *name)
{
    enum layout_plan plan = layout_plan_of(name);
    char error[200];

    if (plan == LAYOUT_PLANS) {
        layout_plan_explain(name, error, sizeof(error));
        app_say(app, "%s", error);
        return;
    }
    app_lay_out(app, plan);
}

static void plot(struct app *app, const char *number)
{
    view_payload_plot(app->views[VIEW_PAYLOAD], number);
    app_message(app);
}

void app_compare(struct app *app)
{
    struct store *store = app->store;

    if (app->view == VIEW_TOPICS) {
        uint64_t last = view_topics_last(app->views[VIEW_TOPICS]);

        if (last == STORE_NOWHERE) {
            app_say(app, "no message of this topic was seen");
            return;
        }
        store_choose(store, last);
    } else if (store->tag_count > 1 &&
               !store_tagged(store, store_chosen_at(store, STORE_PACKETS))) {
        store_choose(store, store->tags[store->tag_count - 1]);
    }
    view_payload_compare(app->views[VIEW_PAYLOAD]);
    app_message(app);
}

/* Commands about what is seen; false: it is none. */
static bool run_here(struct app *app, enum command_id id, const char *rest)
{
    if (id == COMMAND_QUIT)
        app->quit = true;
    else if (id == COMMAND_HELP)
        show_commands(app);
    else if (id == COMMAND_SET_FILTER)
        app->host.filter(app, rest);
    else if (id == COMMAND_SHOW_VIEW)
        show_view(app, rest);
    else if (id == COMMAND_FRAME)
        go_to_frame(app, rest);
    else if (id == COMMAND_WRITE)
        app_write_records(app, rest);
    else if (id == COMMAND_LOAD)
        app_load(app, rest);
    else if (id == COMMAND_SAVE_DISPLAY)
        app_save_display(app, rest);
    else if (id == COMMAND_NOTE)
        app_note(app, rest);
    else if (id == COMMAND_EXPORT)
        app_export(app, rest);
    else if (id == COMMAND_COPY)
        app_copy_command(app, rest);
    else if (id == COMMAND_WIRESHARK)
        app_wireshark(app, *rest ? rest : NULL);
    else if (id == COMMAND_COLUMNS)
        app_columns(app, rest);
    else if (id == COMMAND_PLOT)
        plot(app, rest);
    else if (id == COMMAND_SCREENSHOT)
        app_screenshot(app, rest);
    else if (id == COMMAND_HIGHLIGHT)
        highlight(app, rest);
    else if (id == COMMAND_THEME)
        set_theme(app, rest);
    else if (id == COMMAND_LAYOUT)
        lay_out(app, rest);
    else
        return false;
    return true;
}

/* Commands about what passes on the wire; false: it is none. */
static bool run_on_wire(struct app *app, enum command_id id, const char *rest)
{
    if (id == COMMAND_HOLD)
        app_hold(app, rest);
    else if (id == COMMAND_RELEASE)
        app_release(app, 0, !strcmp(rest, "all"));
    else if (id == COMMAND_DROP)
        app_disturb(app, "drop", rest);
    else if (id == COMMAND_DELAY)
        app_disturb(app, "delay", rest);
    else if (id == COMMAND_DUP)
        app_disturb(app, "dup", rest);
    else if (id == COMMAND_CORRUPT)
        app_disturb(app, "corrupt", rest);
    else if (id == COMMAND_RULES)
        app_list_rules(app);
    else if (id == COMMAND_RULES_OFF)
        app_end_rules(app);
    else
        return false;
    return true;
}

static void slow(struct app *app, const char *rest)
{
    struct buf text = {0};

    if (!strcmp(rest, "0")) {
        if (app_can_do(app))
            app_say(app, "%s", app->deeds->unrule(app->deeds->owner, "delay"));
        return;
    }
    buf_printf(&text, "%s always", rest);
    app_disturb(app, "delay", buf_string(&text));
    buf_release(&text);
}

/* Commands that start clients; false: it is none. */
static bool run_crew(struct app *app, enum command_id id, const char *rest)
{
    if (id == COMMAND_SUBSCRIBE)
        app_subscribe(app, rest);
    else if (id == COMMAND_CONNECT)
        app_connect(app, rest);
    else if (id == COMMAND_DEVICE)
        app_device(app, rest);
    else if (id == COMMAND_PLAY)
        app_play(app, rest);
    else if (id == COMMAND_STOP)
        app_stop(app, rest);
    else
        return false;
    return true;
}

static void run(struct app *app, enum command_id id, const char *rest)
{
    if (run_here(app, id, rest) || run_on_wire(app, id, rest) ||
        run_crew(app, id, rest))
        return;
    if (id == COMMAND_PUBLISH)
        publish(app, rest);
    else if (id == COMMAND_SLOW)
        slow(app, rest);
    else if (id == COMMAND_CUT)
        kick(app, rest, "cut");
    else if (id == COMMAND_SILENT)
        kick(app, rest, "silent");
    else if (id == COMMAND_DISCONNECT)
        kick(app, rest, "disconnect");
    else if (id == COMMAND_CLEAR)
        clear(app, rest);
}

static void say_unknown(struct app *app, const char *name, size_t len)
{
    const char *meant = command_suggest(name, len);

    if (meant)
        app_say(app, "no command '%.*s', did you mean %s?", (int)len, name,
                meant);
    else
        app_say(app, "no command '%.*s'; :help lists them", (int)len, name);
}

void app_command(struct app *app, const char *line)
{
    char *end = NULL;
    unsigned long long number;

    line += strspn(line, " ");
    number = strtoull(line, &end, 10);
    if (end != line && !*end) {
        if (!store_choose_packet(app->store, number))
            app_say(app, "there is no packet %llu (any more)", number);
        return;
    }
    size_t len = strcspn(line, " ");
    const struct command *command = command_find(line, len);
    const char *rest = line + len + strspn(line + len, " ");
    if (!len)
        return;
    if (!command)
        say_unknown(app, line, len);
    else if (command->needs_word && !*rest)
        app_say(app, ":%s %s: %s", command->name, command->arguments,
                command->text);
    else
        run(app, command->id, rest);
}
