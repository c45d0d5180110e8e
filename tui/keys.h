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
    VIEW_WIRE,
    VIEW_LAB,
    VIEW_STATS,
    VIEW_LOG,
    VIEW_SHELL,
    VIEW_HELP, /* those from here on have no tab */
    VIEW_PRESENT,
    VIEW_PAYLOAD,
    VIEW_COUNT,
};

#define KEYS_IN(view)   (1u << (view))
#define KEYS_EVERYWHERE 0u

/* What can be asked for: X(NAME, what settings call it). The views stand in the
   order of enum view_id. */
/* clang-format off */
#define ACTIONS(X) \
    X(NONE, "none") \
    X(DOWN, "down") \
    X(UP, "up") \
    X(LEFT, "left") \
    X(RIGHT, "right") \
    X(PAGE_DOWN, "page-down") \
    X(PAGE_UP, "page-up") \
    X(HALF_DOWN, "half-down") \
    X(HALF_UP, "half-up") \
    X(FIRST, "first") \
    X(LAST, "last") \
    X(VIEW_PACKETS, "view-packets") \
    X(VIEW_LADDER, "view-ladder") \
    X(VIEW_SESSIONS, "view-sessions") \
    X(VIEW_TOPICS, "view-topics") \
    X(VIEW_WILLS, "view-wills") \
    X(VIEW_WIRE, "view-wire") \
    X(VIEW_LAB, "view-lab") \
    X(VIEW_STATS, "view-stats") \
    X(VIEW_LOG, "view-log") \
    X(VIEW_SHELL, "view-shell") \
    X(HELP, "help") \
    X(NEXT_PANE, "next-pane") \
    X(PREVIOUS_PANE, "previous-pane") \
    X(ZOOM, "zoom") \
    X(OPEN, "open") \
    X(BACK, "back") \
    X(LEAVE, "leave") \
    X(QUIT, "quit") \
    X(FOLLOW, "follow") \
    X(FREEZE, "freeze") \
    X(FILTER, "filter") \
    X(FILTER_TO, "filter-to") \
    X(FILTER_OUT, "filter-out") \
    X(SEARCH, "search") \
    X(SEARCH_NEXT, "search-next") \
    X(SEARCH_PREVIOUS, "search-previous") \
    X(TAG, "tag") \
    X(UNTAG, "untag") \
    X(MARK, "mark") \
    X(JUMP, "jump") \
    X(PAIR, "pair") \
    X(EXPLAIN, "explain") \
    X(CABLE, "cable") \
    X(KEYS, "keys") \
    X(TIME, "time") \
    X(COLOUR, "colour") \
    X(EVENTS, "events") \
    X(COLUMNS, "columns") \
    X(SORT, "sort") \
    X(REVERSE, "reverse") \
    X(COMMAND, "command") \
    X(PUBLISH, "publish") \
    X(SUBSCRIBE, "subscribe") \
    X(CONNECT, "connect") \
    X(SEND_AGAIN, "send-again") \
    X(KILL, "kill") \
    X(HOLD, "hold") \
    X(STEP, "step") \
    X(RELEASE, "release") \
    X(RELEASE_ALL, "release-all") \
    X(NOTE, "note") \
    X(DROP_HELD, "drop-held") \
    X(PRESENT, "present") \
    X(BLANK, "blank") \
    X(SLIDE, "slide") \
    X(PAYLOAD, "payload") \
    X(FORM, "form") \
    X(DIFF, "compare") \
    X(PLOT, "plot") \
    X(NUMBER, "number") \
    X(COPY, "copy") \
    X(EXPORT, "export") \
    X(WRITE, "write") \
    X(LOAD, "load") \
    X(CLEAR, "clear") \
    X(LAYOUT, "layout") \
    X(HIDE_KEYS, "hide-keys") \
    X(REDRAW, "redraw") \
    X(SUSPEND, "suspend") \
    X(LAB_NEXT, "lab-next") \
    X(LAB_PREVIOUS, "lab-previous") \
    X(LAB_RUN, "lab-run") \
    X(LAB_HINT, "lab-hint") \
    X(LAB_RESET, "lab-reset") \
    X(LAB_SUBMIT, "lab-submit") \
    X(LAB_ANSWER, "lab-answer")
/* clang-format on */

enum action {
#define ACTION_ENUM(name, text) ACTION_##name,
    ACTIONS(ACTION_ENUM)
#undef ACTION_ENUM
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

/* "page-down"; and the action of a name, ACTION_NONE when there is none. */
const char *keys_action_name(enum action action);
enum action keys_action_of(const char *name);

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
