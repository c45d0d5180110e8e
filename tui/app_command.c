/*
 * What can be typed behind ":".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/app.h"
#include "wire/pcapng.h"

/* ---- writing files ---- */

static int write_records(const struct store *store, FILE *file)
{
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);
    struct history_row row;
    int error = 0;

    for (uint64_t at = history_first(store->history);
         !error && at < history_end(store->history); at++) {
        if (history_get(store->history, at, &row))
            error = pcapng_write(writer, &row.record);
    }
    if (!error)
        error = pcapng_flush(writer);
    pcapng_writer_free(writer);
    return error;
}

static void do_write(struct app *app, const char *path)
{
    FILE *file = fopen(path, "wb");
    int error = file ? write_records(app->store, file) : -errno;

    if (file && fclose(file) && !error)
        error = -errno;
    if (error)
        app_say(app, "%s: %s", path, strerror(-error));
    else
        app_say(app, "written to %s; Wireshark opens it", path);
}

static void do_save_display(struct app *app, const char *path)
{
    struct grid grid;
    struct buf text = {0};
    FILE *file = fopen(path, "w");

    if (!file) {
        app_say(app, "%s: %s", path, strerror(errno));
        return;
    }
    grid_init(&grid, app->height, app->width, false);
    app_draw(app, &grid);
    grid_dump(&grid, false, &text);
    fputs(buf_string(&text), file);
    if (fclose(file))
        app_say(app, "%s: %s", path, strerror(errno));
    else
        app_say(app, "this screen is in %s now", path);
    buf_release(&text);
    grid_release(&grid);
}

/* ---- the table ---- */

static void do_quit(struct app *app, const char *rest)
{
    (void)rest;
    app->quit = true;
}

static void do_filter(struct app *app, const char *rest)
{
    app->host.filter(app, rest);
}

static void do_view(struct app *app, const char *rest)
{
    enum view_id view = keys_view_of(rest);

    if (view == VIEW_COUNT)
        app_say(app, "no view '%s'; 1 to 9 show the views", rest);
    else
        app_show(app, view);
}

static void do_publish(struct app *app, const char *rest)
{
    if (!app->deeds) {
        app_say(app, "nothing can be published into a recording");
        return;
    }
    app_ask(app, APP_PUBLISH, rest);
    if (*rest)
        app_ask_key(app, KEYS_ENTER);
}

static void do_help(struct app *app, const char *rest)
{
    (void)rest;
    app_say(app, ":N  :filter EXPR  :view NAME  :publish TOPIC MESSAGE "
                 " :w FILE  :save-display FILE  :q");
}

static const struct {
    const char *name;
    bool wants_rest;
    void (*run)(struct app *app, const char *rest);
} commands[] = {
    {"q",            false, do_quit        },
    {"quit",         false, do_quit        },
    {"filter",       false, do_filter      },
    {"view",         true,  do_view        },
    {"w",            true,  do_write       },
    {"write",        true,  do_write       },
    {"save-display", true,  do_save_display},
    {"publish",      false, do_publish     },
    {"help",         false, do_help        },
};

void app_command(struct app *app, const char *line)
{
    size_t len;
    char *end = NULL;
    unsigned long long number;

    line += strspn(line, " ");
    number = strtoull(line, &end, 10);
    if (end != line && !*end) {
        if (!store_choose_packet(app->store, number))
            app_say(app, "there is no packet %llu (any more)", number);
        return;
    }
    len = strcspn(line, " ");
    const char *rest = line + len + strspn(line + len, " ");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strlen(commands[i].name) != len ||
            memcmp(commands[i].name, line, len) != 0)
            continue;
        if (commands[i].wants_rest && !*rest)
            app_say(app, ":%s needs something behind it", commands[i].name);
        else
            commands[i].run(app, rest);
        return;
    }
    if (len)
        app_say(app, "no command '%s'; :help lists them", line);
}
