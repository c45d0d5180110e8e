/*
 * A line of a lab's text on the screen: prose, a row of a table, a command.
 */
#ifndef TUI_LAB_LINE_H
#define TUI_LAB_LINE_H

#include "tui/grid.h"
#include "tui/panel.h"

/* Draw it in row y, broken where it is too long; returns how many rows it took.
   A command stands further in, behind "$", and is broken so that it can be
   copied. */
int lab_line_draw(const struct area *area, int y,
                  const struct panel_line *line);

#endif
