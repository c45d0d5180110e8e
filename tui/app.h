/*
 * The dashboard without a terminal: keys in, pictures out.
 *
 * It owns the views, knows which is shown and has the focus, and asks for
 * lines to be typed. A terminal (cmd_dashboard.c), `mqttlab screen` and the tests
 * drive it in the same way.
 */
#ifndef TUI_APP_H
#define TUI_APP_H

#include "tui/layout.h"
#include "tui/prompt.h"
#include "tui/view.h"

enum app_mode {
    APP_LIVE,
    APP_REPLAY, /* of a file */
    APP_GONE,   /* the broker that was watched has ended */
};

/* What can be done to a running broker; each returns what to say. */
struct app_deeds {
    void *owner;
    const char *(*publish)(void *owner, const char *topic, const char *payload,
                           unsigned qos, bool retain);
    /* how: "disconnect", "cut" or "silent" */
    const char *(*kick)(void *owner, const char *client_id, const char *how);
};

/* What the line that is typed is for. */
enum app_asking {
    APP_NOTHING,
    APP_FILTER,
    APP_SEARCH,
    APP_COMMAND,
    APP_ANSWER,
    APP_PUBLISH,
    APP_KILL, /* from here on: one key, no line */
    APP_MARK,
    APP_JUMP,
    APP_QUIT,
    APP_ASKINGS,
};

struct app {
    struct store *store;           /* borrowed, as the next three */
    const struct panel *lab;       /* NULL: no lab is running */
    const struct app_deeds *deeds; /* NULL: nothing can be done */
    const char *about_quit;        /* asked before q ends it; NULL: nothing */
    enum app_mode mode;
    size_t max_bytes; /* limit of the history, for the header */
    bool hide_time;   /* no clock in the header, so that pictures are equal */

    struct view_host host;
    struct view *views[VIEW_COUNT];
    enum view_id view;   /* has the focus */
    enum view_id before; /* to come back to from help */
    int pane;            /* of it */
    bool zoomed;
    bool quit;    /* the user wants to leave */
    bool suspend; /* the user wants to put it aside; whoever does, resets it */
    bool redraw;  /* likewise: everything is to be drawn anew */

    enum app_asking asking;
    struct prompt prompts[APP_ASKINGS];
    struct filter_error filter_error; /* of what is being typed */
    bool filter_bad;
    char *old_filter; /* to go back to with Esc */
    char *sought;     /* searched last */
    bool backward;
    char *said;     /* shown until the next key; NULL: nothing */
    char *kill_who; /* Client Identifier that is asked about */
    int height;     /* of the picture drawn last */
    int width;
    struct layout layout;
};

/* invitation: what to do while nothing is seen; borrowed, may be NULL. */
struct app *app_new(struct store *store, const struct panel *lab,
                    const char *invitation);
void app_free(struct app *app);

/* Draw everything into the grid, whatever its size. */
void app_draw(struct app *app, struct grid *grid);

/* A key was pressed; mouse only for KEYS_MOUSE. */
void app_key(struct app *app, int key, const struct keys_mouse *mouse);

/* Type keys as keys_parse reads them. */
void app_type(struct app *app, const char *keys);

/* Show a view. */
void app_show(struct app *app, enum view_id view);

/* Say something until the next key. */
void app_say(struct app *app, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- parts; used among app*.c ---- */

/* app_ask.c: begin to ask, and what a key does then. */
void app_ask(struct app *app, enum app_asking asking, const char *text);
void app_ask_key(struct app *app, int key);
/* "filter: " and so on. */
const char *app_ask_label(const struct app *app);
/* Search again for what was sought. */
void app_search(struct app *app, bool forward);

/* app_command.c: do what was typed behind ":". */
void app_command(struct app *app, const char *line);

#endif
