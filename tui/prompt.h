/*
 * A line that is being typed, with the lines typed before.
 */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "tui/grid.h"

#define PROMPT_LINES_MAX 50
#define PROMPT_BYTES_MAX 1000

struct prompt {
    struct buf text;               /* owned */
    size_t at;                     /* byte where the next character goes */
    char *lines[PROMPT_LINES_MAX]; /* owned; typed before, the oldest first */
    size_t line_count;
    size_t line; /* of those shown; line_count: a new one */
};

enum prompt_result {
    PROMPT_GOES_ON,
    PROMPT_CHANGED, /* goes on, with another text */
    PROMPT_DONE,    /* Enter */
    PROMPT_LEFT,    /* Esc, or backspace in an empty line */
};

void prompt_release(struct prompt *prompt);

/* Begin a line with this text in it. */
void prompt_begin(struct prompt *prompt, const char *text);

/* A key was pressed (tui/keys.h). */
enum prompt_result prompt_key(struct prompt *prompt, int key);

/* What was typed; valid until the next key. */
const char *prompt_text(struct prompt *prompt);

/* Put text in the place of what stands between byte from and the cursor. */
void prompt_replace(struct prompt *prompt, size_t from, const char *text);

/* Draw label and line into a row and put the cursor where one types. */
void prompt_draw(struct prompt *prompt, const struct area *area, int y,
                 const char *label);

#endif
