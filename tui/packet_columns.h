/*
 * The columns of the list of packets: which there are, and which of them the
 * user wants to see, in which order.
 */
#ifndef TUI_PACKET_COLUMNS_H
#define TUI_PACKET_COLUMNS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum packet_column {
    PACKET_COLUMN_NUMBER,
    PACKET_COLUMN_FRAME, /* of the file */
    PACKET_COLUMN_TIME,
    PACKET_COLUMN_DELTA,
    PACKET_COLUMN_CLIENT,
    PACKET_COLUMN_USER,
    PACKET_COLUMN_STREAM,
    PACKET_COLUMN_DIRECTION,
    PACKET_COLUMN_TYPE,
    PACKET_COLUMN_ID,
    PACKET_COLUMN_FLAGS,
    PACKET_COLUMN_BYTES,
    PACKET_COLUMN_TOPIC,
    PACKET_COLUMN_INFO, /* takes what the others leave */
    PACKET_COLUMN_ANSWER,
    PACKET_COLUMN_PAIR,
    PACKET_COLUMNS,
};

/* A column is as wide as what was seen in it, between least and most. */
struct packet_column_info {
    const char *name; /* for the user to write */
    const char *title;
    int least;
    int most;
    bool right; /* its text stands at the right */
    int from;   /* width of the list from which it is shown, if the user has not
                   chosen; 0: always; -1: never */
};

extern const struct packet_column_info packet_column_table[PACKET_COLUMNS];

/* What the user has chosen; none: as usual. */
struct packet_columns {
    unsigned char items[PACKET_COLUMNS]; /* enum packet_column, in order */
    int count;
};

/*
 * Understand names with blanks or commas between them; "" is as usual. Returns
 * NULL or what is wrong, which may lie in error.
 */
const char *packet_columns_parse(struct packet_columns *columns,
                                 const char *text, char *error,
                                 size_t error_size);

/* Append the names of those that are shown in a list so wide. */
void packet_columns_put(const struct packet_columns *columns, int width,
                        struct buf *out);

/* The column that stands at this place in a list so wide; PACKET_COLUMNS: there
   are no more. */
enum packet_column packet_columns_at(const struct packet_columns *columns,
                                     int place, int width);

#endif
