/*
 * History: the records seen so far, with their notes, within a memory limit.
 *
 * One store, many views: rows are found by number (their record's seq) or by
 * position. When the limit is reached the oldest go, some hundred at a time.
 * Adding never invalidates what is not dropped.
 */
#ifndef WIRE_HISTORY_H
#define WIRE_HISTORY_H

#include "wire/record.h"
#include "wire/track.h"

struct history;

struct history_row {
    struct record record; /* bytes borrowed from the history */
    struct track_note note;
    uint64_t number; /* of the packet in this history, from 1; 0: no packet */
    uint64_t frame;  /* of a file, that brought the last byte; 0: no file, or it
                        is not known */
    uint64_t origin_ns;   /* time of the first packet of all */
    uint64_t previous_ns; /* time of the packet before this one; 0: none */
    uint32_t frame_len;   /* of a frame that another program captured; 0: it is
                             as long as in a file of ours */
    const char *comment;  /* what RECORD_NOTEs say of it; NULL: nothing. Lives
                             as long as the history */
};

/* max_bytes bounds rows and bytes together; 0: no limit. What the tracker
   remembers has limits of its own. */
struct history *history_new(size_t max_bytes);
void history_free(struct history *history);

/* The tracker that notes the rows, for strings and the state of flows. */
struct tracker *history_tracker(struct history *history);

/* Append a copy of the record; its note comes from the history's tracker. */
void history_add(struct history *history, const struct record *record);
/* The same of a record that a frame of a file brought; 0: none did. */
void history_add_frame(struct history *history, const struct record *record,
                       uint64_t frame);

/* Positions run from history_first to history_end - 1, and never change
   meaning: what is dropped just raises history_first. */
uint64_t history_first(const struct history *history);
uint64_t history_end(const struct history *history);

/* The row at a position; false when it is not there (any more). */
bool history_get(const struct history *history, uint64_t position,
                 struct history_row *row);

/* The position of the record with this seq; UINT64_MAX when not there. Seqs
   rise from record to record. */
uint64_t history_find_seq(const struct history *history, uint64_t seq);
/* The position of the packet with this number; UINT64_MAX when not there. */
uint64_t history_find_number(const struct history *history, uint64_t number);
/* The position of the packet that this frame of the file brought, or else the
   next frame that brought one; UINT64_MAX when there is none. frame >= 1. */
uint64_t history_find_frame(const struct history *history, uint64_t frame);

uint64_t history_packets(const struct history *history); /* seen, ever */
uint64_t history_lost(const struct history *history); /* records lost, ever */
size_t history_bytes(const struct history *history);  /* memory used */

#endif
