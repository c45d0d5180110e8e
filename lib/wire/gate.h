/*
 * The gate: rules that do something to packets on their way, for teaching.
 *
 * Between the links of a broker and their owner, in both directions: a packet
 * that matches a rule is held until somebody lets it go, comes late, twice or
 * damaged, or not at all. Each deed leaves a record, so whoever looks on can
 * tell what a rule did from what the peers did.
 *
 * Packets of one connection and direction never overtake each other: what
 * comes behind a held packet waits as well. While a client's packets are held
 * it is not read from, and its silence does not count (broker/connection_time).
 *
 * A gate lives in its tap, watches through it, and costs nothing when there is
 * none: links ask for it only where they write a record.
 */
#ifndef WIRE_GATE_H
#define WIRE_GATE_H

#include "wire/filter.h"
#include "wire/link.h"

struct gate;

enum gate_kind {
    GATE_HOLD, /* until it is released */
    GATE_DROP,
    GATE_DELAY,
    GATE_DUPLICATE, /* a PUBLISH of QoS 1 or 2 has DUP the second time */
    GATE_CORRUPT,   /* its last byte is another */
    GATE_KINDS,
};

/* "hold", "drop" and so on; GATE_KINDS when there is none of this name. */
enum gate_kind gate_kind_of(const char *name);
const char *gate_kind_name(enum gate_kind kind);

/* So many packets are kept at most; one more, and all are let go and the rules
   end (an EVENT_LIMIT says so). */
#define GATE_WAITING_MAX   4096
#define GATE_WAITING_BYTES (8u << 20)
#define GATE_RULES_MAX     64

/*
 * A gate for this tap, put into tap->gate. on_attach writes the snapshot of
 * what is true now, so that the gate knows the clients that are there. NULL
 * when the tap cannot be watched.
 */
struct gate *gate_new(struct tap *tap, struct loop *loop,
                      void (*on_attach)(void *owner), void *owner);

/* Lets all packets go. tap->gate is NULL then. NULL does nothing. */
void gate_free(struct gate *gate);

/* A rule. The first that matches a packet, in the order in which they were
   set, decides. */
struct gate_rule {
    enum gate_kind kind;
    bool always;       /* else it ends with the first packet; GATE_HOLD: always
                          is meant */
    uint64_t delay_ms; /* of GATE_DELAY */
    uint64_t owner;    /* who set it, for gate_forget_owner */
};

/*
 * Set a rule for packets that match the text of a filter ("": all). Returns
 * its number, from 1, or 0 with *error filled.
 */
unsigned gate_set(struct gate *gate, const struct gate_rule *rule,
                  const char *text, struct filter_error *error);

/* Record the rules that are in force, with RECORD_SNAPSHOT, for somebody who
   begins to watch. */
void gate_snapshot(struct gate *gate);

/* End the rule with this number, or all of this kind (GATE_KINDS: all). What
   they hold is let go. Returns how many. */
unsigned gate_unset(struct gate *gate, unsigned number);
unsigned gate_unset_kind(struct gate *gate, enum gate_kind kind);

/* Whoever set rules is gone: so are they. */
void gate_forget_owner(struct gate *gate, uint64_t owner);

/* No rule, no packet: the gate can be freed. */
bool gate_idle(const struct gate *gate);

/* Packets that wait now; for tests. */
size_t gate_waiting(const struct gate *gate);

enum gate_release {
    GATE_RELEASED,
    GATE_NOT_THERE, /* nothing is held, or not this packet */
    GATE_BEHIND,    /* it waits behind another of its connection */
};

/* Let the packet of this record go, or the oldest (seq 0). With drop it goes
   nowhere. */
enum gate_release gate_release(struct gate *gate, uint64_t seq, bool drop);

/* Let all go that wait now; rules stay. Returns how many were held. */
unsigned gate_release_all(struct gate *gate);

/* ---- for links ---- */

/* A packet came, and somebody watches: record it and do what the rules say. */
void gate_take_in(struct gate *gate, struct link *link,
                  const struct frame *frame);

/* The same for one that goes. Returns the seq of its record. */
uint64_t gate_send(struct gate *gate, struct link *link, struct slice packet,
                   uint64_t cause);

/* The link closes: what waits of it is gone. */
void gate_forget_link(struct gate *gate, struct link *link);

#endif
