/*
 * The terminal: shows a grid, reads keys (over ncurses).
 *
 * Only rows that changed are handed to ncurses. The terminal's own cursor
 * stands where the grid says, so that screen readers and braille lines follow
 * the selection. The terminal is as before after screen_free, and also after
 * a crash.
 */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "tui/grid.h"
#include "tui/keys.h"
#include "tui/theme.h"

struct screen_options {
    bool mono;  /* no colours, whatever the terminal can; also when the
                      environment has a NO_COLOR that is not empty */
    bool ascii; /* no line characters, whatever the locale says */
    const struct theme *theme; /* NULL: the default */
    bool no_mouse; /* leave the mouse to the terminal, to mark text */
};

/* How many colours there are to choose from. */
enum screen_depth { SCREEN_MONO, SCREEN_8, SCREEN_16, SCREEN_256 };

struct screen;

/*
 * Can standard input and output be a screen? False for a pipe, TERM=dumb and
 * a terminal whose cursor cannot be moved.
 */
bool screen_possible(void);

/* Why it is none, if they are a terminal: said on standard error. */
void screen_explain(void);

/* Does the locale (set before with setlocale) show UTF-8? */
bool screen_is_utf8(void);

/* Take over the terminal. NULL when it is none that can be used. */
struct screen *screen_new(const struct screen_options *options);
/* Give the terminal back as it was. */
void screen_free(struct screen *screen);

bool screen_ascii(const struct screen *screen);

/* The size now, after the signal SIGWINCH too; of a larger terminal only so
   much is used. */
#define SCREEN_MAX_HEIGHT 500
#define SCREEN_MAX_WIDTH  1000
void screen_size(struct screen *screen, int *height, int *width);

/* Is not all of the terminal used? How large it says that it is. */
bool screen_exceeded(const struct screen *screen, int *height, int *width);

/* Show the grid. */
void screen_show(struct screen *screen, const struct grid *grid);

/* The next key that was pressed, without waiting; KEYS_NONE when there is
   none. mouse is filled for KEYS_MOUSE. */
int screen_read(struct screen *screen, struct keys_mouse *mouse);

/*
 * Append how a terminal without colours marks each cell: a blank for nothing,
 * "b" bold, "u" underlined, "r" reversed; after a line "---".
 */
void screen_dump_mono(const struct grid *grid, struct buf *out);

/* Put text into the clipboard of the terminal, by OSC 52: some terminals have
   none, and none says so. */
void screen_copy(struct screen *screen, struct slice text);

/* From the next screen_show on. */
void screen_set_theme(struct screen *screen, const struct theme *theme);

/* Draw everything anew at the next screen_show. */
void screen_redraw(struct screen *screen);

/* Give the terminal back, stop this process, take it again on SIGCONT. */
void screen_suspend(struct screen *screen);

#endif
