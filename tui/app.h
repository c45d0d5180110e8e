/*
 * The dashboard without a terminal: keys in, pictures out.
 *
 * It owns the views, knows which is shown and has the focus, and asks for lines
 * to be typed. A terminal (cmd_dashboard.c), `mqttlab screen` and the tests
 * drive it in the same way.
 */
#ifndef TUI_APP_H
#define TUI_APP_H

#include "tui/copy.h"
#include "tui/crew.h"
#include "tui/layout.h"
#include "tui/prompt.h"
#include "tui/settings.h"
#include "tui/theme.h"
#include "tui/view.h"

enum app_mode {
    APP_LIVE,
    APP_REPLAY, /* of a file */
    APP_GONE,   /* the broker that was watched has ended */
};

/* What is to happen to packets; see wire/gate.h. */
struct app_rule {
    const char *kind;   /* "hold", "drop" ... */
    const char *filter; /* "": every packet */
    bool always;        /* else once */
    unsigned ms;        /* of "delay" */
};

/* What can be done to a running broker; each returns what to say. */
struct app_deeds {
    void *owner;
    const char *(*publish)(void *owner, const char *topic, const char *payload,
                           unsigned qos, bool retain);
    /* how: "disconnect", "cut" or "silent" */
    const char *(*kick)(void *owner, const char *client_id, const char *how);
    /* *set: is there such a rule now? */
    const char *(*rule)(void *owner, const struct app_rule *rule, bool *set);
    /* End the rules of this kind; NULL: all. */
    const char *(*unrule)(void *owner, const char *kind);
    /* Let the held packet of this record go; 0: the oldest. */
    const char *(*release)(void *owner, uint64_t seq, bool all);
    /* Let it go nowhere. */
    const char *(*drop)(void *owner, uint64_t seq);
    /* Clear retained messages. */
    const char *(*clear)(void *owner, const char *topic);
    /* A note on a record, for all who watch. */
    const char *(*note)(void *owner, uint64_t seq, const char *text);
};

/* What the line that is typed is for. */
enum app_asking {
    APP_NOTHING,
    APP_FILTER,
    APP_SEARCH,
    APP_COMMAND,
    APP_ANSWER,
    APP_PUBLISH,
    APP_SUBSCRIBE,
    APP_CONNECT,
    APP_HOLD,
    APP_NOTE,
    APP_EXPORT,
    APP_WRITE,
    APP_COLUMNS,
    APP_LOAD,
    APP_KILL, /* from here on: one key, no line */
    APP_CLEAR,
    APP_LAB_RESET,
    APP_LAB_HINT,
    APP_COPY,
    APP_ONLY,
    APP_WITHOUT,
    APP_MARK,
    APP_JUMP,
    APP_QUIT,
    APP_ASKINGS,
};

struct app {
    struct store *store;           /* borrowed, as the next three */
    const struct panel *lab;       /* NULL: no lab is running */
    const struct app_deeds *deeds; /* NULL: nothing can be done */
    struct crew *crew;             /* clients started here; NULL: none can be */
    const char *no_deeds;          /* why not; NULL: a recording */
    const char *about_quit;        /* asked before q ends it; NULL: nothing */
    bool (*quit_ends)(
        void *owner); /* is there something to end now? NULL: yes */
    void *quit_owner;
    enum app_mode mode;
    size_t max_bytes;                /* limit of the history, for the header */
    const struct settings *settings; /* NULL: none; borrowed */
    const struct theme *theme;       /* chosen by hand; NULL: not */
    bool hide_keys;                  /* the line of keys */
    bool hide_time; /* no clock in the header, so that pictures are equal */

    struct view_host host;
    struct view *views[VIEW_COUNT];
    enum view_id view;         /* has the focus */
    enum view_id before;       /* to come back to from help */
    enum view_id presented_in; /* to come back to from present mode */
    int pane;                  /* of it */
    bool zoomed;
    enum layout_plan plan; /* which views are seen together */
    bool holding;          /* a rule of ours holds packets */
    bool quit;             /* the user wants to leave */
    bool quit_all; /* and what is below, if this is a file opened over it */
    bool step;     /* the next packet of a file is wanted; likewise reset */
    bool suspend;  /* the user wants to put it aside; whoever does, resets it */
    bool redraw;   /* likewise: everything is to be drawn anew */

    enum app_asking asking;
    struct prompt prompts[APP_ASKINGS];
    struct filter_error filter_error; /* of what is being typed */
    bool filter_bad;
    char *old_filter;  /* to go back to with Esc */
    char *sought;      /* searched last */
    char *said;        /* shown until the next key; NULL: nothing */
    char *load;        /* a file that is to be opened; whoever does, takes it */
    struct buf copied; /* for the terminal's clipboard; whoever takes it clears
                          it */
    char *kill_who;    /* Client Identifier or topic that is asked about */
    int height;        /* of the picture drawn last */
    int width;
    struct layout layout;
};

/* invitation: what to do while nothing is seen; borrowed, may be NULL. */
struct app *app_new(struct store *store, const struct panel *lab,
                    const char *invitation);
void app_free(struct app *app);

/* Use the user's settings, which must outlive it. */
void app_use(struct app *app, const struct settings *settings);

/* Draw everything into the grid, whatever its size. */
void app_draw(struct app *app, struct grid *grid);

/* A key was pressed; mouse only for KEYS_MOUSE. */
void app_key(struct app *app, int key, const struct keys_mouse *mouse);

/* Show a view. */
void app_show(struct app *app, enum view_id view);

/* Show several views as the plan has them, and say so. */
void app_lay_out(struct app *app, enum layout_plan plan);

/* app_draw.c: where views go on the picture drawn last when this one has the
   focus. */
void app_make_layout(const struct app *app, enum view_id view,
                     struct layout *layout);
/* Does a view have the window that would stand beside others without zoom? */
bool app_is_zoomed(const struct app *app);

/* Say something until the next key. */
void app_say(struct app *app, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- parts; used among app*.c ---- */

/* Would the key that quits only go back by a step? */
bool app_goes_back(const struct app *app);

/* Show the message of the chosen packet. */
void app_message(struct app *app);
/* Show how the chosen message differs from a tagged one, or the one before. */
void app_compare(struct app *app);

/* app_ask.c: begin to ask, and what a key does then. */
void app_ask(struct app *app, enum app_asking asking, const char *text);
void app_ask_key(struct app *app, int key);
/* What is typed became another text. */
void app_ask_changed(struct app *app);
/* "filter: " and so on. */
const char *app_ask_label(const struct app *app);
/* Search again for what was sought. */
void app_search(struct app *app, bool forward);

/* app_command.c: do what was typed behind ":". */
void app_command(struct app *app, const char *line);

/* app_wire.c: what is done to packets and connections. False, after saying
   why, when nothing can be done. */
bool app_can_do(struct app *app);
void app_hold(struct app *app, const char *filter);
void app_list_rules(struct app *app);
void app_end_rules(struct app *app);
/* seq 0: the oldest */
void app_release(struct app *app, uint64_t seq, bool all);
/* rest: "[TIME] [always] [EXPR]" */
void app_disturb(struct app *app, const char *kind, const char *rest);
void app_note(struct app *app, const char *text);
/* An action of these; false: it is none. */
bool app_act_on_wire(struct app *app, enum action action);

/* app_crew.c: clients that are started from here. */
void app_device(struct app *app, const char *rest);
void app_play(struct app *app, const char *demo);
void app_subscribe(struct app *app, const char *rest);
void app_connect(struct app *app, const char *client_id);
void app_stop(struct app *app, const char *name);
/* Send the chosen PUBLISH again. */
void app_send_again(struct app *app);

/* Does the shell get the keys now? */
bool app_in_shell(const struct app *app);

/* app_files.c: ":write" and the like. */
void app_write_records(struct app *app, const char *path);
void app_save_display(struct app *app, const char *path);
/* Write text to a file and say so: what is in it. */
void app_write_text(struct app *app, const char *path, const struct buf *text,
                    const char *what);
/* By the name's end: what the view shows as a table, or the ladder. */
void app_export(struct app *app, const char *path);
void app_screenshot(struct app *app, const char *path);

/* app_ask.c: show these columns in the list of packets; "": as usual. */
void app_columns(struct app *app, const char *names);

/* app_copy.c: what is chosen, into the clipboard (path NULL) or a file. */
void app_copy(struct app *app, enum copy_form form, const char *path);
/* app_files.c: open a recording over what is shown. */
void app_load(struct app *app, const char *path);
/* What is shown as a filter for Wireshark, likewise. */
void app_wireshark(struct app *app, const char *path);
/* "FORM [FILE]" */
void app_copy_command(struct app *app, const char *rest);

/* complete.c: the word before the cursor was to be completed. */
void app_complete(struct app *app);

#endif
