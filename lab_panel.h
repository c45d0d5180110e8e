/*
 * Joins the screen and the labs: fills tui/panel.h from labs/live.h.
 *
 * These files (lab_panel_lines.c is the text) and main.c alone know both.
 */
#ifndef LAB_PANEL_H
#define LAB_PANEL_H

#include <stdbool.h>

struct lab_plain_options;

/* Is there a screen for it? That a terminal is none is said. */
bool lab_panel_possible(void);

/*
 * Do a lab in the dashboard, with a broker as the lab wants it. Returns an exit
 * status; what goes wrong is said on standard error.
 */
int lab_panel_run(const struct lab_plain_options *options);

#endif
