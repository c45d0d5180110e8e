/*
 * Which views are seen at once, and where, for a size of the screen.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include "tui/grid.h"
#include "tui/keys.h"

/* Below this size there is only a header and the last packet. */
#define LAYOUT_LEAST_HEIGHT 12
#define LAYOUT_LEAST_WIDTH  40

enum layout_kind {
    LAYOUT_TINY,    /* two lines */
    LAYOUT_COMPACT, /* header, name of the view, the view, keys */
    LAYOUT_NORMAL,  /* header, tabs, filter, the view, a rule, keys */
    LAYOUT_FULL,    /* the same with several views side by side */
    LAYOUT_PRESENT, /* one view, a rule, keys */
};

struct layout_slot {
    enum view_id view;
    int y;
    int x;
    int height;
    int width;
    bool titled; /* the row above it is a rule with its name */
};

struct layout {
    enum layout_kind kind;
    struct layout_slot slots[8];
    int count;
    int filter_y; /* row of the filter; -1: none */
    int rule_y;   /* row above the keys; -1: none */
    int keys_y;
    int divider_x; /* column between left and right; -1: none */
    int body_y;
    int body_height;
};

/* What gets a place on a large screen. */
enum { LAYOUT_LAB = 1, LAYOUT_SHELL = 2 };

/*
 * Lay out a screen. view is the one that has the focus; zoomed: it alone. with:
 * LAYOUT_LAB, LAYOUT_SHELL.
 */
void layout_make(struct layout *layout, int height, int width,
                 enum view_id view, bool zoomed, unsigned with);

/* The slot of a view, or NULL when it is not seen. */
const struct layout_slot *layout_slot_of(const struct layout *layout,
                                         enum view_id view);

#endif
