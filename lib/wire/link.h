/*
 * A link: MQTT packets on a transport.
 *
 * Cuts the bytes that come into packets, gathers packets that go until the end
 * of the turn, and shows both to the tap, which has no other caller for
 * packets.
 *
 * In:  one read of the transport may bring many packets; each is handed to
 *      on_packet in place, in the loop's scratch memory. Only an incomplete
 *      packet is kept, in link->in, and in link->rest what the owner wants to
 *      have later (link_yield, link_hold).
 * Out: link_send appends to link->out (or refers to shared bytes, when they
 *      are many) and puts the link on the loop's list of writers; at the end of
 *      the turn all that came together goes out in one gathered write, and
 *      those of many links in one system call (net/burst.h).
 */
#ifndef WIRE_LINK_H
#define WIRE_LINK_H

#include "base/buf.h"
#include "base/shared.h"
#include "mqtt/framer.h"
#include "net/burst.h"
#include "net/loop.h"
#include "net/transport.h"
#include "wire/tap.h"

struct link;

struct link_events {
    /* The transport is ready. */
    void (*on_open)(struct link *link);
    /* Somebody watches and the version is not known yet: a packet is about to
       be recorded, so the owner may set actor now. May be NULL. */
    void (*on_hello)(struct link *link, const struct frame *frame);
    /* One packet; everything is borrowed. record_seq is the seq of its record,
       0 when the tap is off. */
    void (*on_packet)(struct link *link, const struct frame *frame,
                      uint64_t record_seq);
    /* All packets of one read were handed over, or as many of them as the owner
       wanted in this turn, and the link was not closed meanwhile; may be
       NULL. */
    void (*on_batch_end)(struct link *link);
    /* The stream is beyond help; the owner should say why and close. */
    void (*on_malformed)(struct link *link, enum mqtt_reason reason);
    /* Everything waiting was written after the transport had taken less; may be
       NULL. */
    void (*on_drained)(struct link *link);
    /* The peer closed (0) or the connection broke (negative errno). */
    void (*on_end)(struct link *link, int error);
    /* After link_close: nothing refers to the link any more; free it. */
    void (*on_closed)(struct link *link);
};

/* Payloads of at least this length are sent from where they lie. */
#define LINK_SHARE_BYTES 1024

/* What each packet that goes needs comes first, so that a fan-out touches few
   cache lines of each link. */
struct link {
    struct tap *tap; /* NULL: none (clients) */
    struct loop *loop;
    struct buf out;           /* what is to be written */
    uint32_t out_done;        /* bytes at the front of out already written */
    uint32_t pending_bytes;   /* all that waits, shared bytes included */
    struct link_parts *parts; /* order of copied and shared bytes; owned; NULL
                                 while there are only copied ones */
    uint16_t usual_bytes; /* what the last turn sent: a guess for the next */
    uint8_t version; /* enum mqtt_version, for the records; 0 until CONNECT */
    uint8_t actor;   /* enum record_actor, for the records */
    bool closing : 1;
    bool blocked : 1; /* the transport took less than it was given */
    bool broken : 1; /* a write failed: on_end comes, what is sent is dropped */
    bool malformed : 1; /* on_malformed was called: what comes is dropped */
    bool corked : 1;    /* what is sent waits in out until link_uncork */
    bool within : 1;    /* its transport has TLS or WebSocket in it, whose bytes
                        have records of their own */
    bool gated : 1;     /* packets that go wait in the gate (wire/gate.h) */
    uint8_t holds;      /* reasons to hand over nothing: see link_hold */
    uint8_t pace;       /* used while packets are handed over */
    uint32_t connection;      /* number in the records */
    uint32_t max_packet_size; /* a larger one is malformed */
    struct burst_writer writer;
    struct transport *transport; /* owned */
    const struct link_events *events;
    struct buf in;          /* the start of a packet whose rest has not come */
    struct link_rest *rest; /* packets for later; NULL: none */
    uint64_t last_in_ms;    /* when bytes last came, by the loop's clock */
    uint64_t last_out_ms;
};

/* The link's transport must be given link_transport_events and the link as
   owner, then be put into link->transport. */
extern const struct transport_events link_transport_events;

/* tap may be NULL. A link that never got a transport needs no release. */
void link_init(struct link *link, struct loop *loop, struct tap *tap,
               const struct link_events *events);

/*
 * Send one whole packet: copied. cause is the seq of the record that brought
 * it about, 0 for none. Returns the seq of its record, 0 when the tap is off.
 * Once the link is closed or broken this and the others do nothing.
 */
uint64_t link_send(struct link *link, struct slice packet, uint64_t cause);

/*
 * Send a packet that lies in two parts, the second shared and referred to
 * (when it is at least LINK_SHARE_BYTES long) until it is written. offset and
 * len say which part of shared is meant.
 */
uint64_t link_send_shared(struct link *link, struct slice head,
                          struct shared *shared, size_t offset, size_t len,
                          uint64_t cause);

/*
 * As link_send, for a PUBLISH that is passed on: when it is, but for the Packet
 * Identifier, the packet that was recorded last, as it came or went on whatever
 * link, it is recorded by reference. packet_id_at is where the Packet
 * Identifier lies in packet (0: it has none).
 */
uint64_t link_send_same(struct link *link, struct slice packet,
                        size_t packet_id_at, uint64_t cause);

/* How many bytes wait to be written. */
static inline uint32_t link_pending(const struct link *link)
{
    return link->pending_bytes;
}

/* Write now what can be written; normally the end of the turn does. */
void link_flush(struct link *link);

/*
 * For on_packet: that was enough for this turn. The other packets of this read
 * are handed over in the next turn, and nothing is read before they are. With
 * again they begin with this very packet, which has the same record then.
 */
void link_yield(struct link *link, bool again);

/*
 * Hand over no more packets, not even those of the read under way, as long as
 * there is a reason. The reasons are the owner's: bits, each held and resumed
 * for itself. What has come meanwhile is handed over in the next turn.
 */
#define LINK_HOLD_GATE 128 /* the reason of wire/gate.h */
void link_hold(struct link *link, unsigned reason);
void link_resume(struct link *link, unsigned reason);

/*
 * Write nothing until link_uncork: what is sent is kept as when the transport
 * takes nothing, and as then on_drained comes when all is written. Before
 * anything was written, or not at all; what waits is lost with a link that is
 * closed meanwhile.
 */
void link_cork(struct link *link);
void link_uncork(struct link *link);

/*
 * Close: first writes what waits if the transport takes it at once (not with
 * abort). on_closed comes in a later turn; no other event does.
 */
void link_close(struct link *link, bool abort);

#endif
