/*
 * The poller for all systems: one array, looked through each time.
 */
#include "base/alloc.h"
#include "net/loop.h"
#include "net/poller.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

struct poller {
    struct pollfd *fds;       /* owned */
    struct loop_fd **watches; /* owned; of each of them */
    size_t count;
    size_t cap;
    size_t hand; /* who is looked at first, so that everybody has a turn */
};

static struct poller *poll_open(void)
{
    return alloc_zero(1, sizeof(struct poller));
}

static void poll_close(struct poller *poller)
{
    free(poller->fds);
    free(poller->watches);
    free(poller);
}

/* It would always be ready: a mistake, as epoll says. */
static bool is_plain_file(int fd)
{
    struct stat status;

    return !fstat(fd, &status) && S_ISREG(status.st_mode);
}

static void add(struct poller *poller, struct loop_fd *watch)
{
    if (poller->count == poller->cap) {
        poller->cap = poller->cap ? 2 * poller->cap : 16;
        poller->fds =
            alloc_resize(poller->fds, poller->cap, sizeof(poller->fds[0]));
        poller->watches = alloc_resize(poller->watches, poller->cap,
                                       sizeof(struct loop_fd *));
    }
    watch->place = poller->count++ & 0x1fffffff;
    poller->watches[watch->place] = watch;
    poller->fds[watch->place] = (struct pollfd){.fd = watch->fd};
}

/* The last one takes its place. */
static void take_out(struct poller *poller, const struct loop_fd *watch)
{
    size_t last = --poller->count;

    poller->fds[watch->place] = poller->fds[last];
    poller->watches[watch->place] = poller->watches[last];
    poller->watches[watch->place]->place = watch->place;
}

static int poll_want(struct poller *poller, struct loop_fd *watch, int events)
{
    short wanted = 0;

    if (!watch->events && !events)
        return 0;
    if (!watch->events && is_plain_file(watch->fd))
        return -EPERM;
    if (!watch->events)
        add(poller, watch);
    if (!events) {
        take_out(poller, watch);
        return 0;
    }
    if (events & POLLER_READABLE)
        wanted |= POLLIN;
    if (events & POLLER_WRITABLE)
        wanted |= POLLOUT;
    poller->fds[watch->place].events = wanted;
    return 0;
}

static int poll_wait(struct poller *poller, int timeout_ms,
                     struct poller_ready *ready, int max)
{
    int left = poll(poller->fds, (nfds_t)poller->count, timeout_ms);
    size_t at = poller->hand;
    int count = 0;

    for (size_t i = 0; i < poller->count && count < max && count < left; i++) {
        at = at + 1 < poller->count ? at + 1 : 0;
        short events = poller->fds[at].revents;

        if (!events)
            continue;
        ready[count].watch = poller->watches[at];
        ready[count].events = 0;
        if (events & (POLLIN | POLLERR | POLLHUP | POLLNVAL))
            ready[count].events |= POLLER_READABLE;
        if (events & (POLLOUT | POLLERR | POLLHUP | POLLNVAL))
            ready[count].events |= POLLER_WRITABLE;
        count++;
    }
    poller->hand = at;
    return count;
}

const struct poller_ops poller_poll = {
    .open = poll_open,
    .close = poll_close,
    .want = poll_want,
    .wait = poll_wait,
};
