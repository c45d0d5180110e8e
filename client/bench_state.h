/*
 * The inside of a running benchmark, for the files that make it up: bench.c
 * (its course), bench_peer.c (one connection), bench_fill.c (what is there
 * before it begins).
 */
#ifndef CLIENT_BENCH_STATE_H
#define CLIENT_BENCH_STATE_H

#include "client/bench.h"
#include "net/timer.h"
#include "wire/link.h"

struct bench;
struct tls_context;
struct ws_context;

struct bench_peer {
    struct link link;
    struct bench *bench;
    struct list hungry; /* in bench->hungry: its window has room */
    unsigned index;     /* among the publishers or the subscribers */
    bool subscriber;
    bool filler; /* neither: it fills the broker */
    bool open;
    bool ready;         /* connected, and subscribed if it subscribes */
    bool leaving;       /* DISCONNECT was sent */
    uint64_t opened_ns; /* when connecting began */

    /* A publisher's */
    struct buf packet; /* its PUBLISH, of which some bytes change */
    uint32_t id_at;    /* where the Packet Identifier lies */
    uint32_t payload_at;
    int64_t sent;
    int64_t acknowledged; /* PUBACK or PUBCOMP came */
    int64_t through;      /* delivered to all its subscribers */

    /* A subscriber's */
    int64_t position;   /* messages received; set anew after a loss, and for
                           each "#" of BENCH_RETAINED */
    uint32_t *expected; /* owned; by publisher: the next sequence number; of
                           BENCH_RETAINED by message: the last pass that it
                           came in */
    uint32_t pass;      /* BENCH_RETAINED: how often "#" was subscribed to */
    uint64_t batch_ns;  /* when the batch came that is being read; 0: none */
};

enum bench_phase {
    BENCH_OPENING,
    BENCH_FILLING,
    BENCH_WARMING,
    BENCH_MEASURING,
    BENCH_DRAINING,
    BENCH_CLOSING,
};

struct bench {
    struct loop loop;
    const struct bench_plan *plan;
    struct tls_context *tls; /* one reference; NULL: nothing is encrypted */
    struct ws_context *ws;   /* one reference; NULL: not in WebSocket */
    struct bench_result *result;
    enum bench_phase phase;
    struct bench_peer *publishers;  /* owned */
    struct bench_peer *subscribers; /* owned */
    struct bench_peer filler;       /* if has_filler */
    unsigned publisher_count;
    unsigned subscriber_count;
    bool has_filler;
    bool forgot;      /* messages were given up: what comes late is no error */
    uint32_t filled;  /* of plan->stored: sent, and... */
    uint32_t settled; /* ...acknowledged */
    uint64_t fill_bytes; /* of their topics and payloads */
    unsigned fan;        /* deliveries of one message */
    unsigned started;    /* connections begun */
    unsigned ready;
    unsigned open;    /* links that are not closed yet */
    uint16_t *landed; /* owned; fan-out: by position in the window, how many
                          subscribers have that message */
    char token[20];   /* makes topics and Client Identifiers ours alone */
    struct list hungry;
    struct loop_task refill_task;
    struct loop_task awake_task;
    struct timer tick;
    struct loop_signal signals[2]; /* SIGINT, SIGTERM */
    int64_t private_bytes; /* of the broker, before what is measured comes */
    uint64_t begun_ns;     /* when publishing began */
    uint64_t from_ns;      /* when measuring began */
    uint64_t from_count;   /* delivered then */
    int64_t from_broker_us;
    int64_t from_own_us;
    uint64_t progress;    /* sum of all that has happened, at... */
    uint64_t progress_ns; /* ...this time */
    uint64_t acknowledged;
    uint64_t released; /* QoS 2: PUBREL came */
};

/* bench.c */

/* A peer is connected and subscribed. */
void bench_ready(struct bench_peer *peer);

/* A peer's link is closed. */
void bench_closed(struct bench_peer *peer);

/* It cannot go on: say why, once, and close all. */
void bench_fail(struct bench *bench, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is to be there before is there. */
void bench_filled(struct bench *bench);

/* Something was delivered or acknowledged: is all done? */
void bench_check(struct bench *bench);

/* bench_way.c */

/* What all connections share. Returns false with an error in the result. */
bool bench_way_prepare(struct bench *bench);
void bench_way_release(struct bench *bench);
/* A connection for link; NULL and a negative errno when there can be none. */
struct transport *bench_way_open(struct bench *bench, struct link *link,
                                 int *error);
/* Why one ended, in words that are borrowed until it is closed; NULL: only
   on_end's error tells. */
const char *bench_way_fault(const struct bench *bench,
                            struct transport *transport);

/* bench_peer.c */

/* Begin to connect; returns 0 or a negative errno. */
int bench_peer_open(struct bench_peer *peer);
/* Send DISCONNECT, if it is connected, and close. */
void bench_peer_close(struct bench_peer *peer);
/* Send DISCONNECT and let the broker close, as BENCH_CONNECT wants it: the
   side that closes first keeps the port for a while. */
void bench_peer_leave(struct bench_peer *peer);
void bench_peer_release(struct bench_peer *peer);

/* Write the publisher's PUBLISH packet. */
void bench_peer_prepare(struct bench_peer *peer);

/* Publish as many as the window allows; returns how many. */
unsigned bench_peer_publish(struct bench_peer *peer, uint64_t limit);

/* BENCH_RETAINED: subscribe to "#", for all that is retained to come. */
void bench_peer_ask(struct bench_peer *peer);

/* What is under way will not arrive any more: forget it. */
void bench_forget(struct bench *bench);

/* bench_fill.c */

/* Begin to send what plan->stored says. */
void bench_fill_begin(struct bench *bench);
/* A packet came to the filler, SUBACK or PUBACK. */
void bench_fill_settle(struct bench *bench, const struct frame *frame);

#endif
