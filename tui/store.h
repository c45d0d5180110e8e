/*
 * The store behind all views: records, what follows from them, and which of
 * them are shown.
 *
 * Records come in as fast as they like (store_add); lists, filter and model
 * follow in store_catch_up, which works only as long as it may. A view reads
 * here and nowhere else. While the display is frozen nothing that a view reads
 * changes, but records are still kept and counted.
 */
#ifndef TUI_STORE_H
#define TUI_STORE_H

#include "tui/highlight.h"
#include "tui/model.h"
#include "tui/packet_columns.h"
#include "wire/filter.h"
#include "wire/history.h"

#define STORE_NOWHERE UINT64_MAX

/* Lists of positions in the history, in order. */
enum store_list {
    STORE_PACKETS, /* packets that match the filter */
    STORE_ALL,     /* packets and turning points that match the filter */
    STORE_LOG,     /* what is no packet; the filter does not apply */
    STORE_CABLE,   /* what crossed the cable around packets, and what is told
                      of TLS, that match the filter; empty while there is none */
    STORE_LISTS,
};

/* What gives a row its colour. */
enum store_colour {
    STORE_BY_DIRECTION,
    STORE_BY_CLIENT,
    STORE_BY_FLOW,
    STORE_BY_TYPE,
    STORE_BY_QOS,
    STORE_COLOURS,
};

struct store_rows {
    uint64_t *positions; /* owned; [first, end) are in use */
    size_t first;
    size_t end;
    size_t cap;
};

struct store {
    struct history *history;
    size_t max_bytes; /* of the history; 0: no limit */
    struct model *model;
    struct store_rows lists[STORE_LISTS];
    struct filter *filter; /* NULL: everything is shown */
    char *filter_text;     /* "" when there is none */
    uint64_t filters_set;  /* counts, for caches */
    struct dissection scratch;
    uint64_t last_seq;          /* of the record added last */
    uint64_t seq_offset;        /* added to numbers, so that they always grow */
    uint32_t last_connection;   /* highest number so far */
    uint32_t connection_offset; /* added to those of the broker watched now */
    uint64_t modelled_to;       /* position of the first row not in the model */
    uint64_t listed_to;         /* the same for the lists */
    uint64_t origin_ns;         /* time of the first record */
    uint64_t last_ns;           /* of the last record */
    uint64_t now_ns;            /* the present, as the views see it */
    bool frozen;
    uint64_t frozen_end; /* rows from here on are not shown */
    uint64_t frozen_ns;
    uint64_t cursor;  /* position that is chosen, in every view; or
                        STORE_NOWHERE */
    bool follow;      /* the newest is chosen, always */
    bool follow_held; /* rather the oldest packet that is held, if one is */
    uint64_t *tags;   /* positions, in order */
    size_t tag_count;
    uint64_t marks[26];
    uint64_t jumped_from;
    bool time_of_day; /* show times of day rather than since origin */
    enum store_colour colour;
    struct highlights *highlights; /* owned */
    struct packet_columns columns; /* of the packet list */
    bool with_events; /* the packet list shows turning points too */
};

/* max_bytes bounds the history; 0: no limit. */
struct store *store_new(size_t max_bytes);
void store_free(struct store *store);

/*
 * Keep a copy of the record. When the numbers of records begin again, because
 * another broker is watched, they are kept growing.
 */
void store_add(struct store *store, const struct record *record);
/* The same of a record that this frame of a file brought. */
void store_add_frame(struct store *store, const struct record *record,
                     uint64_t frame);

/*
 * Write a note on the record with this number. It takes the number of the
 * newest record, so that those to come keep theirs.
 */
void store_note(struct store *store, uint64_t seq, const char *text);

/*
 * Another broker is watched from now on. It counts its connections from 1 as
 * the one before did: they get numbers that none has had yet.
 */
void store_other_broker(struct store *store);

/*
 * Bring model and lists up to date for at most budget_ns (0: until done).
 * Returns whether anything is left to do.
 */
bool store_catch_up(struct store *store, uint64_t budget_ns);

/* Set the present, as the views see it; it stands still while frozen. */
void store_set_now(struct store *store, uint64_t now_ns);

void store_freeze(struct store *store, bool frozen);

/*
 * Show only what matches text; "" shows all. Returns false, with *error
 * filled and nothing changed, when it is no filter.
 */
bool store_set_filter(struct store *store, const char *text,
                      struct filter_error *error);

/* ---- lists ---- */

size_t store_count(const struct store *store, enum store_list list);
/* The position at an index of the list; index is below the count. */
uint64_t store_at(const struct store *store, enum store_list list,
                  size_t index);
/* The index of the first entry at or behind position; the count if none. */
size_t store_find(const struct store *store, enum store_list list,
                  uint64_t position);
/* Does the filter leave what is at this position: a packet, or a piece of the
   cable? */
bool store_shows(const struct store *store, uint64_t position);
/* The row at a position; false when it was dropped from the history. */
bool store_row(const struct store *store, uint64_t position,
               struct history_row *row);

/* ---- the cursor ---- */

/* The index of the chosen row in the list: the newest while following, else
   the cursor's or the nearest before it. 0 when the list is empty. */
size_t store_chosen(const struct store *store, enum store_list list);
/* The position of that row; STORE_NOWHERE when the list is empty. */
uint64_t store_chosen_at(const struct store *store, enum store_list list);
/* Choose the row `by` further down; stops following, or starts again when
   the end is reached from above. */
void store_move(struct store *store, enum store_list list, int64_t by);
/* Choose this position and stop following. */
void store_choose(struct store *store, uint64_t position);
/* Choose the packet with this number; false when it is not there. */
bool store_choose_packet(struct store *store, uint64_t number);
/* Choose the packet that a frame of the file brought, or the next one that any
   did; false when there is none. */
bool store_choose_frame(struct store *store, uint64_t frame);

/* ---- tags and marks ---- */

bool store_tagged(const struct store *store, uint64_t position);
void store_tag(struct store *store, uint64_t position, bool tagged);
void store_untag(struct store *store);
/* letter 'a'..'z': remember the cursor; go there ('\'': where one was before
   the last jump). False for another letter or when nothing is there. */
bool store_mark(struct store *store, int letter);
bool store_jump(struct store *store, int letter);

#endif
