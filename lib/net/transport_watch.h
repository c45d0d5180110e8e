/*
 * A transport that carries everything unchanged, and shows the bytes to
 * somebody: what an eavesdropper on the cable sees when it lies right above
 * the socket, below TLS and WebSocket.
 */
#ifndef NET_TRANSPORT_WATCH_H
#define NET_TRANSPORT_WATCH_H

#include "net/transport.h"

#include <stdbool.h>

struct transport_watcher {
    /* Bytes came (in), before the owner gets them, or went; borrowed. more: the
       next call has what went in the same write. Must not close anything. */
    void (*on_bytes)(void *context, bool in, struct slice bytes, bool more);
    /* Nothing more comes; context is not used again. */
    void (*on_over)(void *context);
};

/* The events that the lower transport must be made with; their owner is the
   transport that transport_watch_new returned. */
extern const struct transport_events transport_watch_below;

/* Follow it with transport_watch_carry before the next turn, or with
   transport_watch_discard. */
struct transport *transport_watch_new(const struct transport_watcher *watcher,
                                      void *context,
                                      const struct transport_events *events,
                                      void *owner);

/* Put it on the transport that carries it, which it takes: an own
   transport_close closes both. */
void transport_watch_carry(struct transport *transport,
                           struct transport *below);

/* Is it one of ours? What lies below, to ask it what only it knows. */
bool transport_is_watch(const struct transport *transport);
struct transport *transport_watch_carrier(const struct transport *transport);

/* For one that was never put on anything: no event comes, but on_over. */
void transport_watch_discard(struct transport *transport);

#endif
