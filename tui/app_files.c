/*
 * Files that the dashboard writes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "wire/pcapng.h"

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

void app_write_records(struct app *app, const char *path)
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

void app_save_display(struct app *app, const char *path)
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
