/*
 * Files that the dashboard writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/whole_file.h"
#include "tui/app.h"
#include "tui/export.h"
#include "wire/pcapng.h"

static int write_records(const struct store *store, FILE *file, bool is_pcap)
{
    struct pcapng_writer *writer =
        is_pcap ? pcapng_writer_new_pcap(file) : pcapng_writer_new(file, NULL);
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

/* A recording can hold passwords and keys: it is for its owner alone, even
   where a file was that others could read. */
void app_write_records(struct app *app, const char *path)
{
    struct whole_file whole;
    bool is_pcap = pcapng_is_pcap(path);
    int error = whole_file_open(&whole, path, 0600, WHOLE_FILE_OR_IN_PLACE);

    if (!error)
        error = whole_file_close(
            &whole, write_records(app->store, whole.file, is_pcap));
    if (error)
        app_say(app, "%s: %s", path, strerror(-error));
    else
        app_say(app,
                is_pcap
                    ? "written to %s, without notes, events and keys: .pcapng"
                      " has them"
                    : "written to %s; Wireshark opens it",
                path);
}

void app_write_text(struct app *app, const char *path, const struct buf *text,
                    const char *what)
{
    int error = whole_file_store(path, buf_slice(text), 0666,
                                 WHOLE_FILE_KEEP_MODE | WHOLE_FILE_OR_IN_PLACE);

    if (error)
        app_say(app, "%s: %s", path, strerror(-error));
    else
        app_say(app, "%s is in %s now", what, path);
}

void app_load(struct app *app, const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        app_say(app, "%s is no file", path); /* a pipe may never say a word */
        return;
    }
    free(app->load);
    app->load = alloc_string(path);
}

static void write_screen(struct app *app, const char *path, bool svg)
{
    struct grid grid;
    struct buf text = {0};

    grid_init(&grid, app->height, app->width, false);
    app->asking = APP_NOTHING;
    app_draw(app, &grid);
    if (svg)
        grid_svg(&grid, app->theme ? app->theme : theme_table(), &text);
    else
        grid_dump(&grid, false, &text);
    app_write_text(app, path, &text, "this screen");
    buf_release(&text);
    grid_release(&grid);
}

void app_screenshot(struct app *app, const char *path)
{
    enum export_format format = export_format_of(path);

    if (format == EXPORT_TEXT || format == EXPORT_SVG)
        write_screen(app, path, format == EXPORT_SVG);
    else
        app_say(app, "nothing is saved: the name must end with .txt or .svg");
}

void app_save_display(struct app *app, const char *path)
{
    const char *ending = strrchr(path, '.');

    if (ending && (!strcmp(ending, ".pcapng") || !strcmp(ending, ".pcap"))) {
        app_say(app, "this writes the screen; the records: :write %s", path);
        return;
    }
    write_screen(app, path, false);
}

/* ---- export ---- */

static enum export_what what_of(enum view_id view)
{
    switch (view) {
    case VIEW_SESSIONS: return EXPORT_SESSIONS;
    case VIEW_TOPICS: return EXPORT_TOPICS;
    case VIEW_STATS: return EXPORT_STATS;
    case VIEW_PACKETS:
    case VIEW_LADDER:
    case VIEW_WILLS:
    case VIEW_WIRE:
    case VIEW_LAB:
    case VIEW_LOG:
    case VIEW_SHELL:
    case VIEW_HELP:
    case VIEW_PRESENT:
    case VIEW_PAYLOAD:
    case VIEW_COUNT: break;
    }
    return EXPORT_PACKETS;
}

void app_export(struct app *app, const char *path)
{
    enum export_format format = export_format_of(path);
    struct buf text = {0};

    if (format == EXPORT_NONE) {
        app_say(app, "nothing is exported: the name must end with .csv, "
                     ".jsonl, .md (a table), .txt, .mmd or .svg (the ladder)");
        return;
    }
    if (format >= EXPORT_TEXT)
        export_ladder(app->store, format, &text);
    else
        export_table(app->store, what_of(app->view), format, &text);
    app_write_text(app, path, &text,
                   format >= EXPORT_TEXT ? "the ladder" : "the table");
    buf_release(&text);
}
