/*
 * What every view can do, and what it is given for it.
 *
 * A view draws the store into an area and answers actions; it knows neither
 * the terminal nor who else is on the screen. What it cannot do by itself it
 * asks of its host.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "tui/grid.h"
#include "tui/keys.h"
#include "tui/panel.h"
#include "tui/search.h"
#include "tui/store.h"

struct view;
struct shell_pane;
struct settings;

/* What a view can ask for; filled by the app. */
struct view_host {
    void *app;
    /* Show another view. */
    void (*show)(void *app, enum view_id view);
    /* Set the filter and say so. */
    void (*filter)(void *app, const char *text);
    /* Show of what is shown only what passes this test, or (out) what does
       not. */
    void (*narrow)(void *app, const char *test, bool out);
    /* Say something on the last line, until the next key. */
    void (*say)(void *app, const char *text);
    /* Give the focus to a pane of the view that has it. */
    void (*focus)(void *app, int pane);
    /* Ask how to end this client's connection, and do it. */
    void (*end)(void *app, const char *client_id);
    /* Clear the retained message of this topic. */
    void (*clear)(void *app, const char *topic);
    /* The view that was shown before this one. */
    enum view_id (*about)(void *app);
    /* Run a shell in its pane, if there is one. */
    void (*start_shell)(void *app);
    struct shell_pane *shell;        /* NULL: there can be none */
    const struct settings *settings; /* NULL: none */
    /* What to do first, shown while there is nothing to see: lines. */
    const char *invitation;
    const char *small_invitation; /* for a small screen; NULL: the same */
};

struct view_class {
    enum view_id id;
    unsigned panes; /* that Tab visits, at least 1 */
    /* What Enter does in the panes behind the first, for the key line; NULL:
       the same. */
    const char *inner_open;
    /* Draw into area. pane is the one that has the focus, -1: none; the
       cursor is set only by the view with the focus. May be called with any
       size, 0 too. */
    void (*draw)(struct view *view, const struct area *area, int pane);
    /* Do what the action asks, in that pane; false when it means nothing
       here. */
    bool (*act)(struct view *view, enum action action, int pane);
    /* A click at (y, x) of the area last drawn into: returns the pane that
       was hit. NULL: there is one pane, and nothing to choose in it. */
    int (*click)(struct view *view, int y, int x);
    /* Choose the next place where it is found (forward or not), starting
       behind the chosen one; false when there is none. NULL: cannot. */
    bool (*search)(struct view *view, const struct search *wanted,
                   bool forward);
    /* The position of what is chosen, where that can be something that is in no
       list of the store. NULL: it never is. */
    uint64_t (*chosen)(const struct view *view);
    /* Which field of the chosen packet is chosen in that pane; SIZE_MAX: none,
       the packet as a whole. NULL: never one. */
    size_t (*field)(const struct view *view, int pane);
    /* Free what the view owns, but not itself. NULL: it owns nothing. */
    void (*release)(struct view *view);
};

/* Begins every view. */
struct view {
    const struct view_class *class;
    struct store *store;     /* borrowed, as all below */
    const struct panel *lab; /* NULL: no lab is running */
    const struct view_host *host;
};

typedef struct view *view_constructor(void);
view_constructor view_packets_new;
view_constructor view_ladder_new;
view_constructor view_sessions_new;
view_constructor view_topics_new;
view_constructor view_wills_new;
view_constructor view_wire_new;
view_constructor view_lab_new;
view_constructor view_stats_new;
view_constructor view_log_new;
view_constructor view_shell_new;
view_constructor view_help_new;
view_constructor view_present_new;
view_constructor view_payload_new;

/* A new view of this kind, or NULL for VIEW_COUNT. */
struct view *view_new(enum view_id id, struct store *store,
                      const struct panel *lab, const struct view_host *host);
void view_free(struct view *view);

/* Let view_present show the lab's step in place of a packet, or not. */
void view_present_slide(struct view *view, bool slide);

/* Let view_help begin with this heading, a constant; "": at its beginning. */
void view_help_find(struct view *view, const char *heading);

/* The packet that brought the last message of the topic that view_topics has
   chosen; STORE_NOWHERE: none did. */
uint64_t view_topics_last(struct view *view);

/* Let view_payload compare the message with another. */
void view_payload_compare(struct view *view);

/* Let view_payload plot the number of this name; "": the first. */
void view_payload_plot(struct view *view, const char *number);

/* ---- what several views need ---- */

/*
 * A list that is longer than its area: which rows are seen. top is kept by
 * the view; the chosen row stays in sight. Returns the new top.
 */
size_t view_scroll(size_t top, size_t chosen, size_t count, int height);

/* How far an action moves in a list that is height rows high; 0 when it is
   none that moves. The first and the last are INT64_MIN and INT64_MAX. */
int64_t view_step(enum action action, int height);

/* Move an index in 0..count-1 by such a step. */
size_t view_stepped(size_t index, size_t count, int64_t step);

/* Append a local time of day, "22:13:40" or "22:13:40.201". */
void view_clock(uint64_t time_ns, bool ms, struct buf *out);
/* Append a time of the store as the user wants to see it: "41.201" since the
   start or "22:13:40.201". */
void view_time(const struct store *store, uint64_t time_ns, struct buf *out);

/* The name for a row's client: its Client Identifier made harmless, or
   "conn 3" when nobody knows it, at most width columns. */
void view_client(const struct history_row *row, int width, struct buf *out);
/* The style of a row by what the user chose: direction or client. */
enum style view_style(const struct store *store, const struct history_row *row);

/* Write text of a peer, made harmless, into a column. */
void view_peer_text(const struct area *area, int y, int x, int width,
                    enum style style, const char *text);

/* Append text as a literal of the filter language: in quotes, escaped. */
void view_quote(struct slice text, struct buf *out);

/* The next index in 0..count-1, forward or not, behind the last the first. */
size_t view_next(size_t index, size_t count, bool forward);

/* Choose the next row of a list, as search does, whose line shows what is
   wanted or whose packet has the bytes; put appends that line. */
bool view_search_rows(struct store *store, enum store_list list,
                      const struct search *wanted, bool forward,
                      void (*put)(struct buf *out,
                                  const struct history_row *row));

/* Draw the rule above a pane, with its title; focus: the pane gets the keys. */
void view_rule(const struct area *area, int y, const char *title, bool focus);

/* Fill the area with what is to be said when a list is empty: that the filter
   hides all, or else text; NULL: the host's invitation. */
void view_empty(const struct view *view, const struct area *area,
                const char *text);

/* The bytes of text that go on one line of width columns; *skip is where the
   next one begins. */
size_t view_break_line(const char *text, int width, size_t *skip);

/* Write a paragraph, broken at blanks; returns the lines it took. */
int view_paragraph(const struct area *area, int y, enum style style,
                   const char *text);

/* The same for an author's text: what stands between `ticks` is shown as code,
   without them. */
int view_prose(const struct area *area, int y, enum style style,
               const char *text);

/* As much of it as a column has room for. */
void view_prose_column(const struct area *area, int y, int x, int width,
                       enum style style, const char *text);

#endif
