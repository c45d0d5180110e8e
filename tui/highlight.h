/*
 * Highlights: filters whose rows are coloured and get a letter, without hiding
 * the others.
 */
#ifndef TUI_HIGHLIGHT_H
#define TUI_HIGHLIGHT_H

#include "tui/grid.h"
#include "wire/filter.h"

#define HIGHLIGHTS_MAX STYLE_CLIENTS

struct highlights {
    struct filter *filters[HIGHLIGHTS_MAX]; /* by colour; NULL: none */
    struct dissection scratch;
    bool any;
};

/* "blue", "orange" and so on, ended by NULL. */
const char *const *highlight_colours(void);

/* Colour what matches text; false with *error filled. colour: an index of
   highlight_colours. */
bool highlight_set(struct highlights *highlights, int colour, const char *text,
                   struct filter_error *error);
void highlight_clear(struct highlights *highlights);
void highlight_release(struct highlights *highlights);

/* The colour of a row, or -1. Its letter is 'a' + colour. */
int highlight_of(struct highlights *highlights, const struct history_row *row);

#endif
