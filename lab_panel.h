/*
 * Joins the screen and the labs: fills tui/panel.h from labs/live.h.
 *
 * This and main.c are the only files that know both.
 */
#ifndef LAB_PANEL_H
#define LAB_PANEL_H

#include "tui/panel.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Open a lab for the dashboard. student and dir may be NULL. Returns NULL with
 * a message in error.
 */
struct panel *lab_panel_open(const char *name, const char *dir,
                             const char *student, uint16_t port, char *error,
                             size_t error_size);
void lab_panel_close(struct panel *panel);

/* "12 of 30 points", for the time after the dashboard was left. */
void lab_panel_summary(const struct panel *panel, char *text, size_t size);

#endif
