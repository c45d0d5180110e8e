/*
 * Filters that have a name.
 */
#ifndef TUI_PRESETS_H
#define TUI_PRESETS_H

struct preset {
    const char *name; /* "no-ping" */
    const char *text; /* the filter */
    const char *what; /* what it shows */
};

/* The table; a row whose name is NULL ends it. */
const struct preset *presets_table(void);

/* The filter that text names, or text itself. */
const char *presets_expand(const char *text);

#endif
