/*
 * Themes: which colour a meaning has.
 *
 * No two meanings differ by red against green alone, and none by its colour
 * alone: a sign or a word is always there too.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include "tui/grid.h"

enum { THEME_BOLD = 1, THEME_UNDERLINE = 2, THEME_REVERSE = 4 };

struct theme_look {
    short rich[2];  /* foreground and background of 256 colours; -1: the
                       terminal's own */
    short plain[2]; /* the same of 8 */
    uint8_t colour; /* attributes beside colours */
    uint8_t mono;   /* attributes without */
};

struct theme {
    const char *name;
    const char *text; /* for whom */
    uint32_t paper;   /* 0xRRGGBB: what is thought to be behind it, for */
    uint32_t ink;     /* pictures */
    bool mono;        /* no colours at all */
    struct theme_look looks[STYLE_COUNT];
};

/* All of them; the first is the default. A NULL name ends them. */
const struct theme *theme_table(void);

/* The theme of this name; NULL: there is none. */
const struct theme *theme_find(const char *name);
/* Say in error that there is no theme of this name, and which there are. */
void theme_explain(const char *name, char *error, size_t size);

/* The RGB value of one of 256 colours. */
uint32_t theme_rgb(short colour);

#endif
