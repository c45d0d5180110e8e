/*
 * The user's settings: $XDG_CONFIG_HOME/mqttlab/dashboard.conf, or the same in
 * ~/.config. One on each line; "#" begins a comment:
 *
 *   theme light
 *   layout lecture
 *   ascii | mono | no-mouse | no-keys
 *   memory 64
 *   time day
 *   filter no-ping
 *   columns number time client type info
 *   bind KEY ACTION [VIEW]
 *
 * Keys are written as in the table of keys ("x", "<C-d>", "<F5>"), actions as
 * `mqttlab keys --actions` lists them. What is said on the command line wins.
 */
#ifndef TUI_SETTINGS_H
#define TUI_SETTINGS_H

#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/packet_columns.h"
#include "tui/screen.h"

#define SETTINGS_BINDINGS_MAX 64

struct settings_binding {
    int key;
    char text[12]; /* the key, as it was written */
    enum action action;
    enum view_id view; /* VIEW_COUNT: in every one */
};

struct settings {
    struct screen_options screen;
    size_t memory_bytes; /* 0: not said */
    bool time_of_day;
    bool hide_keys; /* the line of keys */
    enum layout_plan plan;
    struct packet_columns columns;
    char *filter; /* owned; NULL: none */
    struct settings_binding bindings[SETTINGS_BINDINGS_MAX];
    size_t binding_count;
};

/*
 * Read the file, if it is there. Returns false with "FILE:LINE: what is wrong"
 * in error. The settings are to be released in any case.
 */
bool settings_load(struct settings *settings, char *error, size_t error_size);

/* Understand one line; false with what is wrong in error. */
bool settings_take(struct settings *settings, const char *line, char *error,
                   size_t error_size);

void settings_release(struct settings *settings);

/* What a key asks for by the user's own bindings; ACTION_NONE: the table
   says. */
enum action settings_action(const struct settings *settings, enum view_id view,
                            int key);

/* Fill in what the command line has not said. */
void settings_complete(const struct settings *settings,
                       struct screen_options *screen, size_t *max_bytes);

#endif
