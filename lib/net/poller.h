/*
 * Waiting for descriptors: epoll where there is one, poll(2) everywhere.
 *
 * A descriptor costs nothing here but what the system keeps for it, and what is
 * wanted of it is changed by one system call. The loop (net/loop.h) is the only
 * caller.
 */
#ifndef NET_POLLER_H
#define NET_POLLER_H

#include <stddef.h>

struct loop_fd;
struct poller;

enum { POLLER_READABLE = 1, POLLER_WRITABLE = 2 };

/* Ready for these. An error or the end of the stream is both. */
struct poller_ready {
    struct loop_fd *watch;
    int events;
};

struct poller_ops {
    /* NULL with errno. */
    struct poller *(*open)(void);
    void (*close)(struct poller *poller);
    /* Wait for events from now on, and for nothing (not even errors) with 0;
       watch->events says what was wanted so far. Returns 0 or a negative
       errno (-EPERM: it cannot be waited for). */
    int (*want)(struct poller *poller, struct loop_fd *watch, int events);
    /* Wait for at most timeout_ms, for ever with -1. Returns how many of max
       places in ready were filled. */
    int (*wait)(struct poller *poller, int timeout_ms,
                struct poller_ready *ready, int max);
};

/* The best one here, and the one for all systems. */
extern const struct poller_ops *const poller_best;
extern const struct poller_ops poller_poll;

#endif
