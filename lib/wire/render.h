/*
 * A record as text: one line, a tree of fields, bytes in hex.
 *
 * Text from peers is made harmless: control characters and what is not UTF-8
 * become "\xNN"; nothing here can move a terminal's cursor.
 */
#ifndef WIRE_RENDER_H
#define WIRE_RENDER_H

#include "wire/dissect.h"
#include "wire/history.h"

/* Append bytes as text that is safe to show, at most max_columns wide (0: no
   limit); a cut is shown as "...". It is UTF-8, at most four bytes a column. */
void render_text(struct buf *out, struct slice bytes, size_t max_columns);

/* How many columns of a terminal the bytes take when render_text shows all of
   them. */
size_t render_width(struct slice bytes);

/* Append "Topic / info" of a row: "lab/temp  21.5", "keep alive 60 s",
   "2 of 4", a sentence for an event. */
void render_info(struct buf *out, const struct history_row *row);

/* Append the sentence of a record that is no packet: "client old-7: will
   FIRED, sent to lab/old-7/state: TCP connection cut, no DISCONNECT". */
void render_event(struct buf *out, const struct history_row *row);

/* Append the flags of a PUBLISH: "Q2 D R"; nothing for other records. */
void render_flags(struct buf *out, const struct history_row *row);

/* Append one line for a row: number, time of day, client, direction, type,
   id, flags, info of a packet; for the rest time of day and sentence. */
void render_line(struct buf *out, const struct history_row *row);

/* Append the tree of fields, one line each, indented; "!" stands before what
   is wrong. */
void render_tree(struct buf *out, const struct dissection *dissection);

/* Append a hex dump: 16 bytes a line, and beside them as ASCII; "." stands for
   what cannot be shown. */
void render_hex(struct buf *out, struct slice bytes);

/* Append "1.204": seconds since origin. */
void render_time(struct buf *out, uint64_t time_ns, uint64_t origin_ns);

#endif
