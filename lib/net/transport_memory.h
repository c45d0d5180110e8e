/*
 * Two ends in one process, for tests and labs: no sockets, no waiting.
 *
 * What one end writes the other gets in the next turn, in pieces as small as
 * asked for. The pair can be cut, delayed and made to take only so much.
 */
#ifndef NET_TRANSPORT_MEMORY_H
#define NET_TRANSPORT_MEMORY_H

#include "net/loop.h"
#include "net/transport.h"

struct transport_memory_faults {
    size_t chunk_bytes;    /* deliver at most so many at a time; 0: all */
    uint32_t delay_ms;     /* deliver so much later */
    size_t capacity_bytes; /* writev takes at most so many unread; 0: any */
};

/* Make both ends. Each is closed and freed by its own owner. */
void transport_memory_pair(struct loop *loop, struct transport *ends[2],
                           const struct transport_events *events[2],
                           void *owners[2]);

/* What happens to the bytes that this end writes from now on. */
void transport_memory_set_faults(struct transport *transport,
                                 const struct transport_memory_faults *faults);

/* Both ends see on_end with -ECONNRESET in the next turn; what is under way
   is lost. */
void transport_memory_cut(struct transport *transport);

#endif
