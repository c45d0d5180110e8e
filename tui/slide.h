/*
 * A step of a lab as a slide: for a whole lecture hall.
 */
#ifndef TUI_SLIDE_H
#define TUI_SLIDE_H

#include "tui/grid.h"
#include "tui/panel.h"

/* Draw the step that is shown, from this line of its text on; returns how many
   lines the text has. */
int slide_draw(const struct panel *lab, const struct area *area, int top);

#endif
