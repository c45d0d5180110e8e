/*
 * A link on the in-memory transport, all that its owner was told, and a peer
 * that takes whatever comes.
 */
#ifndef UNIT_LINK_PAIR_H
#define UNIT_LINK_PAIR_H

#include "net/transport_memory.h"
#include "wire/link.h"
#include "wire/tap.h"

struct link_subject {
    struct link link;
    struct buf packets; /* all that on_packet got */
    int count;
    int opened;
    int batches;
    int malformed;
    enum mqtt_reason reason;
    int drained;
    int ended;
    int error;
    int closed;
    uint64_t last_seq;
    int close_after; /* close in on_packet after so many; 0: never */
    int hold_every;  /* hold in on_packet after every so many; 0: never */
    int yield_every; /* likewise yield */
    int again;       /* ask for the packet again, so many times */
};

struct link_pair {
    struct loop loop; /* its clock is set by hand */
    struct tap tap;
    struct link_subject subject;
    struct transport *peer; /* NULL when it is closed */
    struct buf peer_got;
    int peer_reads;
    int peer_ended;
};

extern struct link_pair link_pair;

/* Checked fixture: a new pair, open; closed and found free of leaks. */
void link_pair_open(void);
void link_pair_close(void);

/* The peer sends, and all that follows from it happens. */
void link_pair_send(struct slice bytes);
void link_pair_send_hex(const char *hex);

/* Bytes in which every place is different from its neighbours. */
void link_pair_fill(struct shared *shared);

#endif
