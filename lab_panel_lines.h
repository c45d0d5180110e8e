/*
 * A page of a lab as lines for the screen (tui/panel.h).
 */
#ifndef LAB_PANEL_LINES_H
#define LAB_PANEL_LINES_H

#include "labs/lab_run.h"
#include "tui/panel.h"

#include <stddef.h>
#include <stdint.h>

struct lab_panel_line {
    enum panel_line_kind kind;
    char *text; /* owned */
    unsigned hang;
};

/* A zeroed struct has none. */
struct lab_panel_lines {
    struct lab_panel_line *items; /* owned */
    size_t count;
};

/* The step that is shown, instead of what was there. */
void lab_panel_lines_make(struct lab_panel_lines *lines,
                          const struct lab_run *run, uint16_t port);

/* The page behind the last step: what was seen. */
void lab_panel_lines_make_end(struct lab_panel_lines *lines,
                              const struct lab_run *run);

void lab_panel_lines_release(struct lab_panel_lines *lines);

#endif
