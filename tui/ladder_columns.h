/*
 * The columns of the ladder: which clients have one, and where it stands.
 *
 * Clients that publish stand left of the broker, clients that receive stand
 * right of it. A column stays where it is as long as its client is needed.
 */
#ifndef TUI_LADDER_COLUMNS_H
#define TUI_LADDER_COLUMNS_H

#include "tui/store.h"
#include "tui/view.h"

#define LADDER_CLIENTS_MAX 8
#define LADDER_NAME        14 /* columns of a name at most */

struct ladder_columns {
    char *clients[LADDER_CLIENTS_MAX]; /* owned; from left to right */
    size_t count;
    size_t first;  /* whose column is the first that is seen */
    bool scrolled; /* by hand, until another row is chosen */
};

/* Rows of STORE_ALL that are in sight: indices [from, to). */
struct ladder_rows {
    size_t from;
    size_t to;
};

/* Where things stand in the area. */
struct ladder_frame {
    const struct area *area;
    int time;    /* width of the times; 0: not shown */
    int flow_x;  /* where the text at the right begins */
    int room;    /* columns from the first line of a client to the last */
    int fit;     /* clients that there is room for */
    int columns; /* of clients that are seen */
    const char *clients[LADDER_CLIENTS_MAX]; /* borrowed; from left to right */
    int x[LADDER_CLIENTS_MAX];
    int broker_x;
};

void ladder_columns_release(struct ladder_columns *columns);

/* Choose columns for the rows in sight and say where they stand. */
void ladder_columns_place(struct ladder_columns *columns,
                          const struct store *store, const struct area *area,
                          struct ladder_rows rows, struct ladder_frame *frame);

/* Where the line of a client stands; -1 when it has none in sight. */
int ladder_column_of(const struct ladder_frame *frame, const char *client_id);

#endif
