/*
 * A grid of cells: what a view draws into, whatever shows it in the end.
 *
 * A cell has its characters and a style that says what it means, not which
 * colour it has. A back end (screen.h) turns meanings into colours; tests and
 * `mqttlab screen` print the grid as text. Nothing here knows a terminal.
 *
 * Text is UTF-8. What has no width, control characters and characters that
 * change the direction of writing become "?", so whatever reaches the grid is
 * harmless; views render text of peers (wire/render.h) before, so that nothing
 * is lost. In an ASCII grid every other character becomes "?" as well.
 */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* What a cell means. X(name, letter in the attribute layer of a dump) */
#define STYLES(X)                                                     \
    X(STYLE_PLAIN, '.')                                               \
    X(STYLE_DIM, 'd')      /* of less weight */                       \
    X(STYLE_TITLE, 'T')    /* the header */                           \
    X(STYLE_TAB, 't')      /* the name of a view that is not shown */ \
    X(STYLE_TAB_ON, 'O')   /* of the one that is */                   \
    X(STYLE_KEY, 'k')      /* a key to press */                       \
    X(STYLE_HEADING, 'h')  /* column titles, rules with a title */    \
    X(STYLE_C2B, '>')      /* client to broker */                     \
    X(STYLE_B2C, '<')      /* broker to client */                     \
    X(STYLE_EVENT, 'e')    /* a decision of the broker */             \
    X(STYLE_GOOD, 'g')     /* passed, valid, connected */             \
    X(STYLE_WARNING, 'w')  /* deserves a look */                      \
    X(STYLE_ERROR, '!')    /* wrong */                                \
    X(STYLE_MARK, 'm')     /* the bytes of the chosen field */        \
    X(STYLE_NAME, 'n')     /* name of a field, a file, a command */   \
    X(STYLE_CLIENT_0, '0') /* one for each client, in turn */         \
    X(STYLE_CLIENT_1, '1')                                            \
    X(STYLE_CLIENT_2, '2')                                            \
    X(STYLE_CLIENT_3, '3')                                            \
    X(STYLE_CLIENT_4, '4')                                            \
    X(STYLE_CLIENT_5, '5')

enum style {
#define STYLE_ENUM(name, letter) name,
    STYLES(STYLE_ENUM)
#undef STYLE_ENUM
        STYLE_COUNT,
};
#define STYLE_CLIENTS (STYLE_COUNT - STYLE_CLIENT_0)

/* Signs that are lines in UTF-8 and made of ASCII elsewhere. */
enum glyph {
    GLYPH_HORIZONTAL,
    GLYPH_VERTICAL,
    GLYPH_DOUBLE, /* the selected arrow */
    GLYPH_DOTTED, /* the arrow that is expected */
    GLYPH_CUT,    /* text goes on where the column ends */
    GLYPH_TEE_RIGHT,
    GLYPH_TEE_DOWN,
    GLYPH_TEE_UP,
    GLYPH_CROSS,
    GLYPH_COUNT,
};

#define GRID_CELL_CHARS 3

struct cell {
    wchar_t chars[GRID_CELL_CHARS]; /* a base and combining ones; 0: none */
    uint8_t width;                  /* 1, 2, or 0: right half of a wide one */
    uint8_t style;                  /* enum style */
    uint8_t selected;               /* 1: shown reversed */
    uint8_t zero;                   /* no padding: cells compare as bytes */
};

struct grid {
    struct cell *cells; /* owned; height * width, row by row */
    int height;
    int width;
    int cursor_y; /* where the terminal's cursor stands; -1: nowhere */
    int cursor_x;
    bool ascii;
};

/* A zeroed grid with `ascii` set is fine too; sizes below 1 become 1. */
void grid_init(struct grid *grid, int height, int width, bool ascii);
void grid_release(struct grid *grid);
/* Change the size; everything is blank afterwards. */
void grid_resize(struct grid *grid, int height, int width);
/* Blank everywhere, no cursor. */
void grid_clear(struct grid *grid);

/* A rectangle of a grid. Coordinates of all that follows are relative to it,
   and what does not fit is clipped. */
struct area {
    struct grid *grid;
    int y;
    int x;
    int height; /* may be 0 or less: nothing is drawn */
    int width;
};

struct area grid_area(struct grid *grid);
/* The part of area from (y, x) on, at most height high and width wide. */
struct area grid_part(const struct area *area, int y, int x, int height,
                      int width);

/* Write text at (y, x). Returns the columns it took, which are fewer than the
   text has when it was clipped. */
int grid_text(const struct area *area, int y, int x, enum style style,
              const char *text);
int grid_printf(const struct area *area, int y, int x, enum style style,
                const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Write text into a column of a table: cut text ends in GLYPH_CUT. A negative
   width means as many columns, with the text at the right. */
void grid_column(const struct area *area, int y, int x, int width,
                 enum style style, const char *text);
/* count times the same sign. */
void grid_repeat(const struct area *area, int y, int x, int count,
                 enum style style, enum glyph glyph);
void grid_glyph(const struct area *area, int y, int x, enum style style,
                enum glyph glyph);
/* Blanks of this style over a full row. */
void grid_shade(const struct area *area, int y, enum style style);
/* A line over the full width with a title in it (NULL: none). */
void grid_rule(const struct area *area, int y, const char *title);
/* A line down the full height at column x. */
void grid_divide(const struct area *area, int x);
/* Copy a row of another grid, clipped; rows that it has not stay as they
   are. */
void grid_copy_row(const struct area *area, int y, const struct grid *from,
                   int from_y);
/* Show a cell reversed. */
void grid_reverse(const struct area *area, int y, int x);
/* Show a row reversed and put the terminal's cursor on its first cell. */
void grid_select(const struct area *area, int y);
void grid_cursor(const struct area *area, int y, int x);

/* Columns that text takes on the screen. */
int grid_text_width(const char *text);
/* How many bytes of text fill at most `columns` columns. */
size_t grid_text_fit(const char *text, int columns);

/* The style for a client; number counts from 0. */
enum style grid_client_style(unsigned number);

/*
 * Append the grid as text: a line for each row, without blanks at its end.
 * With layer, a second block follows after a line "---": a letter for each
 * cell's style, "S" where it is selected, and the place of the cursor.
 */
void grid_dump(const struct grid *grid, bool layer, struct buf *out);

#endif
