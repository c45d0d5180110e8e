/*
 * The tap: the broker's end of the ring of records (the readers': tap_reader).
 *
 * The ring lies in shared memory and is a broadcast: the writer never looks at
 * a reader, so no reader can slow it, stop it or hurt it. A reader that is too
 * slow loses the oldest records and sees the hole in the sequence numbers.
 * With nobody attached every call is one predicted branch; callers test
 * tap_on() before they gather anything.
 */
#ifndef WIRE_TAP_H
#define WIRE_TAP_H

#include "base/clock.h"
#include "wire/record.h"

#include <stdbool.h>

#define TAP_RING_BYTES (8u << 20)
#define TAP_SNAP_BYTES 16384u /* of a longer packet only so many are kept */

struct tap_ring; /* the shared memory */
struct gate;

struct tap {
    bool on;                   /* somebody is attached */
    bool show_passwords;       /* a lab that is about reading them */
    const struct clock *clock; /* one time for all records of a turn */
    uint64_t last_seq;
    struct gate *gate;     /* rules for packets (wire/gate.h); NULL: none */
    struct tap_ring *ring; /* NULL until the first reader comes */
    int ring_fd;           /* read-only descriptor to hand over; -1 */
    unsigned readers;
    uint64_t written;    /* bytes since the ring began */
    uint64_t published;  /* of those, what readers may see */
    uint64_t reserved;   /* what readers know will be overwritten */
    uint64_t next_block; /* the next block whose first entry is to be noted */
    uint64_t base_at;    /* where the bytes of the last packet written in full
                              lie, as a count of bytes since the ring began */
    uint64_t base_seq;   /* its record; 0: none */
    uint32_t base_len;   /* how many of its bytes are there */
    uint32_t base_original_len;
};

static inline bool tap_on(const struct tap *tap)
{
    return __builtin_expect(tap->on, 0);
}

void tap_init(struct tap *tap, const struct clock *clock);
void tap_release(struct tap *tap);

/*
 * A reader comes: makes the ring if there is none. Returns the descriptor to
 * hand over (the tap keeps it), or a negative errno.
 */
int tap_attach(struct tap *tap);
/* A reader went. With the last one the tap is off and the ring freed. */
void tap_detach(struct tap *tap);

/*
 * Append one record; seq and time_ns are filled in here. Returns its seq, 0
 * when the tap is off. record->bytes is copied; of more than TAP_SNAP_BYTES
 * only the first, with RECORD_TRUNCATED. original_len 0 means the length of
 * bytes.
 *
 * The password of a CONNECT is replaced unless show_passwords is set. Where it
 * cannot be found with certainty (a malformed or half CONNECT), everything
 * behind the Client Identifier is replaced.
 */
uint64_t tap_write(struct tap *tap, const struct record *record);

/*
 * The same for a packet of a fan-out: record->bytes followed by rest (which may
 * be empty; no CONNECT). When that is what the last packet written in full was,
 * but for the Packet Identifier, it costs a header only. packet_id_at is where
 * the Packet Identifier lies in record->bytes; 0: there is none.
 */
uint64_t tap_write_same(struct tap *tap, const struct record *record,
                        struct slice rest, size_t packet_id_at);

/* Let the readers see what was written: once a turn (a long turn is published
   in between as well). */
void tap_publish(struct tap *tap);

#endif
