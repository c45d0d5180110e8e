/*
 * A recording that was opened from the dashboard: it lies over what was shown
 * before, which goes on below it.
 */
#ifndef TUI_LOADED_H
#define TUI_LOADED_H

#include "tui/source.h"

struct loaded {
    struct store *store;
    struct source source;
    struct app *app;
    struct loaded *under; /* opened before; NULL: none */
};

/* Open a file to be shown as `like` is; NULL, with what is wrong in error. */
struct loaded *loaded_new(const char *path, const struct app *like, char *error,
                          size_t error_size);
void loaded_free(struct loaded *loaded);

#endif
