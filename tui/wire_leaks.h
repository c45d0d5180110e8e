/*
 * What an eavesdropper reads of all connections that records are here of: a
 * table of what there is to learn, by what protects the connection.
 */
#ifndef TUI_WIRE_LEAKS_H
#define TUI_WIRE_LEAKS_H

#include "base/map.h"
#include "tui/store.h"
#include "wire/eavesdropper.h"

#define WIRE_LEAKS_ROWS 8 /* of the table, with its heading */

struct wire_connection {
    uint32_t number;
    bool listed;     /* something crossed; of others only TLS is known */
    size_t place;    /* among those that are listed */
    uint64_t first;  /* position of the first record that crossed */
    uint64_t latest; /* and of the latest one of all */
    struct eavesdropper eavesdropper;
};

struct wire_leaks {
    struct map by_number;                 /* owned: all of them */
    struct wire_connection **connections; /* listed; in order of appearance */
    size_t count;
    size_t cap;
    size_t sweep_at;  /* count at which those that are gone are forgotten */
    uint64_t read_to; /* position of the first record not taken yet */
};

void wire_leaks_release(struct wire_leaks *leaks);

/* Take what came since the last time. */
void wire_leaks_catch_up(struct wire_leaks *leaks, const struct store *store);

/* Its index; the count when it is not known. */
size_t wire_leaks_find(const struct wire_leaks *leaks, uint32_t number);

/* The connection of which the filter leaves something that comes next behind,
   or in front of, the one at an index; the count when there is none. */
size_t wire_leaks_next(const struct wire_leaks *leaks,
                       const struct store *store, size_t at, bool forward);

/* Draw the table, with the connection's own values: as many of its rows as fit.
   NULL: no connection. */
void wire_leaks_draw(const struct wire_leaks *leaks, const struct area *area,
                     const struct wire_connection *shown);

#endif
