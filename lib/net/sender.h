/*
 * Bytes for many sockets in one system call.
 *
 * A turn of a fan-out ends with a short write for each subscriber, and what
 * the system asks for crossing its border is then a good part of the work. So
 * io_uring carries all of them over at once where the system has it and lets us
 * use it; elsewhere, and for a few, each has its send(2). Nobody waits and
 * nothing is left under way: when sender_send returns, each result is known.
 */
#ifndef NET_SENDER_H
#define NET_SENDER_H

#include <stddef.h>
#include <sys/types.h>

struct sender;

/* So many are carried over at once. */
#define SENDER_AT_ONCE 256

struct sender_item {
    int fd;
    const void *bytes; /* borrowed */
    size_t len;        /* not 0 */
    ssize_t result;    /* bytes taken, or a negative errno; -EAGAIN: none now */
};

/* Fewer than from_count are sent one by one (INT_MAX: always). */
struct sender *sender_new(int from_count);

/* sender may be NULL. */
void sender_free(struct sender *sender);

/*
 * Send what can be sent without waiting, in no order between sockets, and fill
 * in each result. No descriptor may be in items twice. Returns the number of
 * system calls that it took.
 */
int sender_send(struct sender *sender, struct sender_item *items, int count);

/* One send(2), as above. */
ssize_t sender_send_one(int fd, const void *bytes, size_t len);

#endif
