/*
 * Letters of five lines, to be read from the last row.
 */
#ifndef TUI_BIG_TEXT_H
#define TUI_BIG_TEXT_H

#include "tui/grid.h"

#define BIG_TEXT_HEIGHT 5

/* Columns that text takes. */
int big_text_width(const char *text);

/* Draw the letters of packet types and "STEP", and digits; what is neither is a
   gap. */
void big_text_draw(const struct area *area, int y, int x, enum style style,
                   const char *text);

#endif
