/*
 * Two connected ends of any transport, and all that their owners were told.
 */
#ifndef UNIT_TRANSPORT_PAIR_H
#define UNIT_TRANSPORT_PAIR_H

#include "base/buf.h"
#include "net/loop.h"
#include "net/transport.h"

struct ws_context;

struct pair_side {
    struct transport *transport;
    struct transport *memory; /* what carries it; NULL: a socket */
    struct buf got;
    int opened;
    int writable;
    int ended;
    int error; /* of on_end */
    int closed;
    int after_close; /* events that must not come */
    bool close_called;
    bool close_on_bytes;
    bool close_on_end;
    struct slice to_send; /* goes on being sent in on_writable */
};

struct pair {
    struct loop loop;
    struct ws_context *ws; /* NULL until a pair is WebSocket */
    struct pair_side sides[2];
};

extern struct pair pair;
extern const struct transport_events pair_events;

/* A way to make a pair: a row for each transport. */
struct pair_maker {
    const char *name;
    void (*make)(void);
    bool resets; /* an abort is seen as such by the peer */
};

#define PAIR_MAKERS 10
extern const struct pair_maker pair_makers[PAIR_MAKERS];

/* Checked fixture: a loop; what a test leaves open is closed. */
void pair_open_loop(void);
void pair_close_loop(void);

/* Make a pair and wait until it is open. */
void pair_make(int maker);
void pair_make_memory(void);

/* Side 1 is a WebSocket server, which has no page; side 0 is bare memory below
   it, so that a test writes frames, or HTTP, by hand. */
void pair_make_ws_server(void);

/* Turns until the counter is not 0; fails after a long while. */
void pair_turn_until(const int *count);
void pair_turn_until_got(const struct pair_side *side, size_t len);
void pair_turn_some(void);
void pair_expect_got(const struct pair_side *side, const char *text);

ssize_t pair_send_text(struct pair_side *side, const char *text);

/* Send what the transport takes of side->to_send. */
void pair_send_more(struct pair_side *side);

void pair_close_side(struct pair_side *side, bool abort);

#endif
