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

/* Which views are seen side by side; what the user chooses. */
enum layout_plan {
    LAYOUT_ALL,     /* as many as there is room for */
    LAYOUT_LECTURE, /* two large ones */
    LAYOUT_STATE,   /* what the broker keeps */
    LAYOUT_CABLE,   /* what an eavesdropper sees */
    LAYOUT_ONE,     /* never more than one */
    LAYOUT_PLANS,
};

/* Its name, "lecture"; LAYOUT_PLANS when none has this name. */
const char *layout_plan_name(enum layout_plan plan);
enum layout_plan layout_plan_of(const char *name);
/* Say in error that there is no layout of this name, and which there are. */
void layout_plan_explain(const char *name, char *error, size_t size);
/* The screen that it needs, columns and rows: "120x40". */
const char *layout_plan_least(enum layout_plan plan);
/* What is seen in it, for people. */
const char *layout_plan_text(enum layout_plan plan);

/* What gets a place on a large screen. */
enum { LAYOUT_LAB = 1, LAYOUT_SHELL = 2 };

struct layout_wish {
    enum view_id view; /* has the focus */
    enum layout_plan plan;
    bool zoomed;   /* it alone */
    unsigned with; /* LAYOUT_LAB, LAYOUT_SHELL */
};

/*
 * Lay out a screen. Plans of two columns need 120x40, lecture and state put one
 * view above the other from 60x20 on. A view that has no place in the plan, and
 * any view on a smaller screen, is seen alone.
 */
void layout_make(struct layout *layout, int height, int width,
                 const struct layout_wish *wish);

/* The view that comes first in a plan; VIEW_COUNT in LAYOUT_ONE. */
enum view_id layout_plan_first(enum layout_plan plan);

#endif
