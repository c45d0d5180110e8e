/*
 * Tables: columns that come with the width of the screen, a row of titles, rows
 * of which one is chosen.
 */
#ifndef TUI_TABLE_H
#define TUI_TABLE_H

#include "base/buf.h"
#include "tui/grid.h"

#include <stdbool.h>

struct table_column {
    const char *title;
    int width;  /* 0: it shares what the others leave */
    int most;   /* of what it gets so; 0: no bound */
    bool right; /* its text stands at the right */
    int from;   /* width of the area from which it is shown */
};

struct table {
    const struct table_column *columns;
    int count; /* of columns */
    /* Append the text of a row's cell; returns its style. */
    enum style (*cell)(const void *owner, void *row, int column,
                       struct buf *out);
    const void *owner;
    int sorted; /* column by which the rows are in order, from 1; 0: none */
    bool down;  /* the largest first */
};

/* Draw a row of the table at y; NULL: the titles. */
void table_draw_row(const struct table *table, const struct area *area, int y,
                    void *row);

/* The column that stands at x in an area so wide; -1: none. */
int table_column_at(const struct table *table, int width, int x);

/* Give the chosen row its sign and, where the focus is, the cursor. */
void table_mark(const struct area *area, int y, bool focus);

#endif
