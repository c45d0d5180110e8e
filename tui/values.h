/*
 * Numbers that were published to a topic, over time.
 */
#ifndef TUI_VALUES_H
#define TUI_VALUES_H

#include "tui/store.h"

#define VALUES_MAX  400
#define VALUES_LOOK 20000 /* rows that are looked at, at most */

struct values {
    double items[VALUES_MAX]; /* the newest first */
    size_t count;
    double least;
    double most;
};

/*
 * Those of the messages to this topic up to a position, at most so many: the
 * number of this name in them (payload_number; NULL: the first). Of a message
 * that passed several times, in and out, one direction counts: that of the
 * newest.
 */
void values_collect(const struct store *store, uint64_t position,
                    const char *topic, const char *name, size_t most,
                    struct values *values);

/* Where one of them lies between the least, 0, and the most, 1; 0.5 when they
   are all the same. */
double values_part(const struct values *values, size_t index);

/* Append them as a row of signs, the newest at the right. */
void values_put_row(const struct values *values, struct buf *out);

#endif
