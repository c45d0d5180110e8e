/*
 * Cuts what crosses a cable into units: TLS records, heads of HTTP, frames of
 * WebSocket.
 *
 * The cable is recorded in pieces as they were read and written, so a piece may
 * begin or end anywhere in a unit. What must be known of the bytes before it
 * is its place; with that each piece can be looked at by itself.
 */
#ifndef WIRE_CABLE_UNITS_H
#define WIRE_CABLE_UNITS_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum cable_kind {
    CABLE_UNKNOWN, /* it cannot be made out what it is */
    CABLE_TLS,
    CABLE_HTTP,
    CABLE_FRAMES,
};

/* Where a piece of one direction begins. */
struct cable_place {
    uint32_t skip; /* its first bytes belong to a unit that began before */
    uint32_t message_left : 24; /* of a handshake message in the next record */
    uint32_t kind : 2;          /* enum cable_kind, of what is skipped too */
    uint32_t from_client : 1;
    uint32_t is_encrypted : 1; /* before TLS 1.3: ChangeCipherSpec came */
    uint32_t is_1_3 : 1;       /* the server chose TLS 1.3 */
};

struct cable_unit {
    enum cable_kind kind;
    uint32_t at;           /* first byte, in the piece */
    uint32_t here;         /* bytes of it in the piece */
    uint32_t header;       /* of those, its header: of a record 5; HTTP: all */
    uint64_t len;          /* of all of it; 0: that is in a later piece */
    bool begins;           /* its first byte is in the piece */
    bool is_encrypted;     /* a record that nobody can read */
    uint32_t message_left; /* a record that begins with so many bytes of a
                              message of an earlier one */
};

/*
 * The next unit of a piece, from *at on; false at its end. Changes place and
 * *at to what holds behind the unit.
 */
bool cable_units_next(struct cable_place *place, struct slice piece,
                      uint32_t *at, struct cable_unit *unit);

#define CABLE_HEADER_BYTES 14 /* the longest, a frame's */

/* Both directions of one connection; all zero before the first piece. */
struct cable_units {
    struct cable_side {
        struct cable_place place;
        uint64_t left; /* of the unit under way */
        /* The last bytes of a unit whose length is not known yet. */
        uint8_t header[CABLE_HEADER_BYTES];
        uint8_t header_len;
        bool begun; /* a piece was seen */
    } sides[2];
    bool is_1_3;
};

/*
 * Take the next piece of a connection into account. is_web: the first bytes
 * are HTTP or frames, else TLS. Returns where the piece begins.
 */
struct cable_place cable_units_take(struct cable_units *units, bool from_client,
                                    bool is_web, struct slice piece);

/* Bytes of this direction are missing: the next piece begins anew. */
void cable_units_lose(struct cable_units *units, bool from_client);

#endif
