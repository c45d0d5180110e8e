/*
 * The poller of Linux; elsewhere the one for all systems is the best.
 */
#include "net/poller.h"

#ifdef __linux__

#include "base/alloc.h"
#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 256

struct poller {
    int fd;
    struct epoll_event events[EVENTS_AT_ONCE];
};

static struct poller *epoll_open(void)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0)
        return NULL;
    struct poller *poller = alloc_bytes(sizeof(*poller));
    poller->fd = fd;
    return poller;
}

static void epoll_close(struct poller *poller)
{
    close(poller->fd);
    free(poller);
}

static int epoll_want(struct poller *poller, struct loop_fd *watch, int events)
{
    struct epoll_event event = {.data.ptr = watch};
    int how = !watch->events ? EPOLL_CTL_ADD
              : !events      ? EPOLL_CTL_DEL
                             : EPOLL_CTL_MOD;

    if (!events && !watch->events)
        return 0;
    if (events & POLLER_READABLE)
        event.events |= EPOLLIN;
    if (events & POLLER_WRITABLE)
        event.events |= EPOLLOUT;
    return epoll_ctl(poller->fd, how, watch->fd, &event) ? -errno : 0;
}

static int epoll_wait_for(struct poller *poller, int timeout_ms,
                          struct poller_ready *ready, int max)
{
    int count =
        epoll_wait(poller->fd, poller->events,
                   max < EVENTS_AT_ONCE ? max : EVENTS_AT_ONCE, timeout_ms);

    for (int i = 0; i < count; i++) {
        uint32_t events = poller->events[i].events;

        ready[i].watch = poller->events[i].data.ptr;
        ready[i].events = 0;
        if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            ready[i].events |= POLLER_READABLE;
        if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
            ready[i].events |= POLLER_WRITABLE;
    }
    return count < 0 ? 0 : count;
}

static const struct poller_ops poller_epoll = {
    .open = epoll_open,
    .close = epoll_close,
    .want = epoll_want,
    .wait = epoll_wait_for,
};

const struct poller_ops *const poller_best = &poller_epoll;

#else

const struct poller_ops *const poller_best = &poller_poll;

#endif
