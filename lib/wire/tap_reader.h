/*
 * The reader's end of the ring of records.
 */
#ifndef WIRE_TAP_READER_H
#define WIRE_TAP_READER_H

#include "wire/record.h"

struct tap_reader {
    const struct tap_ring *ring; /* mapped read-only */
    size_t map_bytes;
    uint64_t position;       /* bytes read since the ring began */
    uint64_t next_seq;       /* expected next */
    uint64_t lost;           /* records lost so far */
    struct buf record_bytes; /* of the record just read */
    struct buf shared_bytes; /* of the last full packet, to expand from */
    uint64_t shared_seq;     /* its record; 0: none */
};

/*
 * Map the ring behind fd (which the caller keeps). Reading begins where the
 * tap was when the last reader attached, so nothing is missed between the
 * attachment and this call. 0 or a negative errno (-EPROTO: it is no ring).
 */
int tap_reader_open(struct tap_reader *reader, int fd);
void tap_reader_close(struct tap_reader *reader);

/*
 * The next record. Returns false when there is none yet. When records were
 * overwritten before they were read, an EVENT_LOST_RECORDS record comes in
 * their place, with RECORD_NUMBER saying how many; its seq is that of the first
 * one lost. A packet that was recorded by reference to a lost one has no bytes
 * and RECORD_TRUNCATED. record->bytes is valid until the next call.
 */
bool tap_reader_next(struct tap_reader *reader, struct record *record);

#endif
