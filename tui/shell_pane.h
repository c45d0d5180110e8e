/*
 * A terminal inside the dashboard: a shell on a pseudo terminal, whose picture
 * libvterm keeps.
 */
#ifndef TUI_SHELL_PANE_H
#define TUI_SHELL_PANE_H

#include "tui/grid.h"

struct shell_pane;

/* Nothing runs yet. */
struct shell_pane *shell_pane_new(void);
/* Ends what runs: it gets SIGHUP, and is waited for, half a second at most;
   then it is killed. NULL does nothing. */
void shell_pane_free(struct shell_pane *shell);

/*
 * Run a program on it; argv ends with NULL, argv[0] is its path. Returns 0 or a
 * negative errno.
 */
int shell_pane_start(struct shell_pane *shell, const char *const argv[]);

/* Does it run? */
bool shell_pane_runs(const struct shell_pane *shell);

/* Take in what the program wrote; true when there was something, or it
   ended. */
bool shell_pane_read(struct shell_pane *shell);

/* A key was pressed (tui/keys.h). */
void shell_pane_key(struct shell_pane *shell, int key);

/* Draw the picture, after giving the program the area's size. */
void shell_pane_draw(struct shell_pane *shell, const struct area *area,
                     bool focus);

#endif
