/*
 * Linux's io_uring as net/sender.c needs it; elsewhere there is none.
 */
#ifndef NET_SENDER_RING_H
#define NET_SENDER_RING_H

struct sender_item;
struct sender_ring;

/* NULL: the system has none, or none for us (kernel.io_uring_disabled, a
   container's filter of system calls). It belongs to this thread. */
struct sender_ring *sender_ring_new(void);

/* ring may be NULL. */
void sender_ring_free(struct sender_ring *ring);

/*
 * Send at most SENDER_AT_ONCE items and fill in their results. Returns how many
 * of the first were sent; if fewer than count the ring is of no more use.
 */
int sender_ring_send(struct sender_ring *ring, struct sender_item *items,
                     int count);

#endif
