/*
 * One connection side by side: what its ends understand, a packet a line, and
 * what lay on the cable for it.
 */
#ifndef TUI_WIRE_LINES_H
#define TUI_WIRE_LINES_H

#include "tui/store.h"

struct wire_line {
    uint64_t packet; /* position, or of what the broker says of TLS;
                          STORE_NOWHERE: none */
    uint64_t cable;  /* position of the piece that carried it, or of what is
                          no packet's; STORE_NOWHERE: none yet */
    uint32_t unit;   /* which unit of the piece, from 0 */
    uint32_t at;     /* its first byte in the piece */
    uint32_t room;   /* bytes of content; 0: none, or not known */
    bool from_client;
    bool shares; /* the line before has what carried it */
};

struct wire_lines {
    uint32_t connection;     /* 0: none */
    struct wire_line *lines; /* owned */
    size_t count;
    size_t cap;
    bool filtered; /* only these are shown: */
    size_t *shown; /* owned: their indexes, in order */
    size_t shown_count;
    size_t shown_cap;
    uint64_t read_to; /* position of the first record not taken yet */
    bool is_tls;
    bool is_wss; /* frames in TLS: they add to a packet's size */
};

void wire_lines_release(struct wire_lines *lines);

/* Look at this connection, whose first record is at a position, and take what
   has come of it; overhead: what its encryption adds to a record. A filter with
   fields of the cable decides by what carried a line's packet, another one by
   the packet; where there is but one of them, by that. */
void wire_lines_look(struct wire_lines *lines, const struct store *store,
                     uint32_t connection, uint64_t first, unsigned overhead);

/* How many lines the filter leaves, and one of them. */
size_t wire_lines_count(const struct wire_lines *lines);
const struct wire_line *wire_lines_at(const struct wire_lines *lines,
                                      size_t index);

/* The place among those of the line with this index among all, or of the one
   before it that the filter leaves; 0 when there is none. */
size_t wire_lines_place(const struct wire_lines *lines, size_t index);

/* The line with what carried the packet of this line: itself, or the one whose
   record it shares; NULL when that is not known. */
const struct wire_line *wire_lines_holder(const struct wire_lines *lines,
                                          const struct wire_line *line);

/* The piece of cable that carried the packet at this position, and the byte of
   it at which the unit begins; false when it is not known. */
bool wire_lines_carrier(const struct wire_lines *lines, uint64_t packet,
                        uint64_t *cable, uint32_t *at);

#endif
