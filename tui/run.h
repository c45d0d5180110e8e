/*
 * The dashboard on a terminal: keys and records in, pictures out.
 */
#ifndef TUI_RUN_H
#define TUI_RUN_H

#include "tui/screen.h"
#include "tui/source.h"

/*
 * Run until the user leaves or a signal ends it. Takes over the terminal and
 * gives it back. Returns 0 or a negative errno: -ENOTTY when the terminal
 * cannot be used.
 */
int run_screen(struct app *app, struct source *source,
               const struct screen_options *options);

/*
 * Without a screen: write one line for each packet and event, as text or as an
 * object of JSON, until the source has ended or a signal comes. Returns 0 or a
 * negative errno.
 */
int run_plain(struct source *source, bool json);

#endif
