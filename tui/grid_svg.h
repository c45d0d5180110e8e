/*
 * A grid as a picture in SVG.
 */
#ifndef TUI_GRID_SVG_H
#define TUI_GRID_SVG_H

#include "tui/theme.h"

/* Append the grid as an SVG document. */
void grid_svg(const struct grid *grid, const struct theme *theme,
              struct buf *out);

/* Append text with what means something to XML escaped. */
void grid_svg_text(const char *text, struct buf *out);

#endif
