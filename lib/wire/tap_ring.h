/*
 * The ring of records as it lies in shared memory: for tap and tap_reader.
 *
 * Positions count bytes since the ring began and never go back; the place in
 * memory is the position modulo the size. Entries follow each other without a
 * hole and may run over the end of the memory to its start.
 *
 * The writer never looks at a reader. Before it writes an entry it moves
 * reserved to the entry's end or further; at the end of a turn it moves
 * published to the end of what it wrote. A reader copies an entry, then looks
 * at reserved: when that is more than the size of the ring ahead of the entry,
 * the writer may have been over it meanwhile, and the copy is thrown away.
 */
#ifndef WIRE_TAP_RING_H
#define WIRE_TAP_RING_H

#include "wire/record.h"
#include "wire/tap.h"

#include <stdatomic.h>
#include <stdint.h>

#define TAP_RING_MAGIC       UINT64_C(0x3130676e69727061) /* "apring01" */
#define TAP_RING_DATA        4096u /* where the data begins */
#define TAP_RING_BLOCK_BYTES 65536u
#define TAP_RING_BLOCKS      (TAP_RING_BYTES / TAP_RING_BLOCK_BYTES)

/* A reader in another process must not see half a number. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics without locks");

struct tap_ring {
    _Alignas(64) _Atomic uint64_t reserved;
    _Alignas(64) _Atomic uint64_t published;
    uint64_t magic;
    uint64_t bytes; /* of the data */
    /* Where the last reader begins; changing while changes is odd. */
    _Atomic uint64_t changes;
    _Atomic uint64_t attach_position;
    _Atomic uint64_t attach_seq; /* of the next record */
    /* The first entry that begins in each block: where a reader that fell
       behind can go on. It may be of an earlier round. */
    _Atomic uint64_t starts[TAP_RING_BLOCKS];
};

_Static_assert(sizeof(struct tap_ring) <= TAP_RING_DATA, "header fits");

/* What stands before the bytes of a record. Sizes are multiples of 8. */
struct tap_entry {
    uint32_t entry_bytes;  /* this, the header, the bytes, what fills up */
    uint32_t bytes;        /* of the record; 0 for RECORD_SAME_BYTES */
    uint32_t base_seq;     /* RECORD_SAME_BYTES: low half of the seq of the
                              record whose bytes are meant */
    uint16_t packet_id;    /* RECORD_SAME_BYTES: what differs */
    uint16_t packet_id_at; /* and where; 0: nothing differs */
    uint8_t header[RECORD_HEADER_BYTES];
};

_Static_assert(sizeof(struct tap_entry) == 56, "the same for all");

static inline uint32_t tap_entry_bytes(size_t bytes)
{
    return (uint32_t)((sizeof(struct tap_entry) + bytes + 7) & ~(size_t)7);
}

#endif
