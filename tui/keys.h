/*
 * Keys: one table of what can be asked for, by which keys, in which view.
 *
 * The key line at the bottom, the help screen, the list that `mqttlab keys`
 * prints and the manual page come from it, so none of them can be wrong. A
 * view's own binding wins over one for all views.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* The views, in the order of their tabs. */
enum view_id {
    VIEW_PACKETS,
    VIEW_LADDER,
    VIEW_SESSIONS,
    VIEW_TOPICS,
    VIEW_WILLS,
    VIEW_LAB,
    VIEW_STATS,
    VIEW_LOG,
    VIEW_SHELL,
    VIEW_HELP, /* those from here on have no tab */
    VIEW_PRESENT,
    VIEW_COUNT,
};

#define KEYS_IN(view)   (1u << (view))
#define KEYS_EVERYWHERE 0u

enum action {
    ACTION_NONE,
    ACTION_DOWN,
    ACTION_UP,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_PAGE_DOWN,
    ACTION_PAGE_UP,
    ACTION_HALF_DOWN,
    ACTION_HALF_UP,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_VIEW_PACKETS, /* the views stand in the order of enum view_id */
    ACTION_VIEW_LADDER,
    ACTION_VIEW_SESSIONS,
    ACTION_VIEW_TOPICS,
    ACTION_VIEW_WILLS,
    ACTION_VIEW_LAB,
    ACTION_VIEW_STATS,
    ACTION_VIEW_LOG,
    ACTION_VIEW_SHELL,
    ACTION_HELP,
    ACTION_NEXT_PANE,
    ACTION_PREVIOUS_PANE,
    ACTION_ZOOM,
    ACTION_OPEN,
    ACTION_BACK,
    ACTION_LEAVE,
    ACTION_QUIT,
    ACTION_FOLLOW,
    ACTION_FREEZE,
    ACTION_FILTER,
    ACTION_FILTER_TO,
    ACTION_FILTER_OUT,
    ACTION_SEARCH,
    ACTION_SEARCH_NEXT,
    ACTION_SEARCH_PREVIOUS,
    ACTION_TAG,
    ACTION_UNTAG,
    ACTION_MARK,
    ACTION_JUMP,
    ACTION_PAIR,
    ACTION_EXPLAIN,
    ACTION_TIME,
    ACTION_COLOUR,
    ACTION_EVENTS,
    ACTION_COMMAND,
    ACTION_PUBLISH,
    ACTION_SUBSCRIBE,
    ACTION_CONNECT,
    ACTION_SEND_AGAIN,
    ACTION_KILL,
    ACTION_HOLD,
    ACTION_STEP,
    ACTION_RELEASE,
    ACTION_RELEASE_ALL,
    ACTION_NOTE,
    ACTION_DROP_HELD,
    ACTION_PRESENT,
    ACTION_BLANK,
    ACTION_EXPORT,
    ACTION_WRITE,
    ACTION_CLEAR,
    ACTION_REDRAW,
    ACTION_SUSPEND,
    ACTION_LAB_NEXT,
    ACTION_LAB_PREVIOUS,
    ACTION_LAB_RUN,
    ACTION_LAB_HINT,
    ACTION_LAB_RESET,
    ACTION_LAB_SUBMIT,
    ACTION_LAB_ANSWER,
    ACTION_COUNT,
};

/* A key: a code point of Unicode (Ctrl-A is 1, Enter 13, Esc 27), or: */
enum {
    KEYS_NONE = -1,
    KEYS_UP = 0x110000,
    KEYS_DOWN,
    KEYS_LEFT,
    KEYS_RIGHT,
    KEYS_HOME,
    KEYS_END,
    KEYS_PAGE_UP,
    KEYS_PAGE_DOWN,
    KEYS_DELETE,
    KEYS_BACK_TAB,
    KEYS_F1,
    KEYS_F4 = KEYS_F1 + 3,
    KEYS_F10 = KEYS_F1 + 9,
    KEYS_MOUSE, /* where: struct keys_mouse of the terminal */
    KEYS_ENTER = '\r',
    KEYS_ESCAPE = 27,
    KEYS_TAB = '\t',
    KEYS_BACKSPACE = 127,
};

enum keys_button { KEYS_CLICK, KEYS_WHEEL_UP, KEYS_WHEEL_DOWN };
struct keys_mouse {
    int y;
    int x;
    enum keys_button button;
};

struct keys_binding {
    enum action action;
    unsigned views;    /* KEYS_IN(...) | ..., or KEYS_EVERYWHERE */
    const char *keys;  /* "j <Down>": one or more, apart by a blank */
    const char *line;  /* "j/k Move" in the key line; NULL: not there */
    const char *text;  /* in the help, a short sentence */
    const char *group; /* heading of the help, on the first of each group */
};

/* The table; a row whose action is ACTION_NONE ends it. */
const struct keys_binding *keys_table(void);

/* What a key asks for in a view. */
enum action keys_action(enum view_id view, int key);

/*
 * Read one key from text as it is written in the table: "j", "<Down>",
 * "<C-d>", "<lt>" for "<". Returns the bytes used, 0 at the end; a "<" that
 * begins no name is itself.
 */
size_t keys_parse(const char *text, int *key);

/* "packets": the name of a view; NULL and VIEW_COUNT when there is none. */
const char *keys_view_name(enum view_id view);
enum view_id keys_view_of(const char *name);
/* "Pkts", and the digit that shows it (0: none). */
const char *keys_view_tab(enum view_id view);
char keys_view_digit(enum view_id view);

/*
 * The key line of a view: "j/k Move  Enter Open ...  ? Help", as much as fits
 * into width columns. open is what Enter does where that is not what the table
 * says; NULL: it is.
 */
void keys_line(enum view_id view, const char *open, int width, struct buf *out);

/*
 * The help of a view, a line "\n"-ended each: first what is special to it,
 * then what holds everywhere. A heading begins with "# ".
 */
void keys_help(enum view_id view, struct buf *out);

/* All keys as text, or as a part of a manual page. */
void keys_document(bool roff, struct buf *out);

#endif
