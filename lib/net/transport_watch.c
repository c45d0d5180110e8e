#include "net/transport_watch.h"

#include "base/alloc.h"

#include <stdlib.h>

struct watch {
    struct transport transport;
    struct transport *below; /* owned */
    const struct transport_watcher *watcher;
    void *context;
};

/* ---- what the transport below says ---- */

static void below_open(void *owner)
{
    struct watch *watch = owner;

    watch->transport.events->on_open(watch->transport.owner);
}

static void below_bytes(void *owner, struct slice bytes)
{
    struct watch *watch = owner;

    watch->watcher->on_bytes(watch->context, true, bytes, false);
    watch->transport.events->on_bytes(watch->transport.owner, bytes);
}

static void below_writable(void *owner)
{
    struct watch *watch = owner;

    watch->transport.events->on_writable(watch->transport.owner);
}

static void below_end(void *owner, int error)
{
    struct watch *watch = owner;

    watch->transport.events->on_end(watch->transport.owner, error);
}

static void release(struct watch *watch)
{
    free(watch);
}

static void below_closed(void *owner)
{
    struct watch *watch = owner;

    watch->watcher->on_over(watch->context);
    watch->transport.events->on_closed(watch->transport.owner);
    release(watch);
}

const struct transport_events transport_watch_below = {
    .on_open = below_open,
    .on_bytes = below_bytes,
    .on_writable = below_writable,
    .on_end = below_end,
    .on_closed = below_closed,
};

/* ---- the transport ---- */

static ssize_t watch_writev(struct transport *transport,
                            const struct iovec *parts, int count)
{
    struct watch *watch = (struct watch *)transport;
    ssize_t taken = transport_writev(watch->below, parts, count);
    size_t left = taken > 0 ? (size_t)taken : 0;

    for (int i = 0; i < count && left; i++) {
        size_t len = parts[i].iov_len < left ? parts[i].iov_len : left;

        left -= len;
        watch->watcher->on_bytes(watch->context, false,
                                 slice_of(parts[i].iov_base, len), left > 0);
    }
    return taken;
}

static void watch_pause(struct transport *transport, bool pause)
{
    transport_pause(((struct watch *)transport)->below, pause);
}

static void watch_close(struct transport *transport, bool abort)
{
    transport_close(((struct watch *)transport)->below, abort);
}

static void watch_peer(struct transport *transport, char *text, size_t size)
{
    struct transport *below = ((struct watch *)transport)->below;

    below->ops->peer(below, text, size);
}

static void watch_local(struct transport *transport, char *text, size_t size)
{
    struct transport *below = ((struct watch *)transport)->below;

    below->ops->local(below, text, size);
}

static const struct transport_ops ops = {
    .name = "watch",
    .writev = watch_writev,
    .pause = watch_pause,
    .close = watch_close,
    .peer = watch_peer,
    .local = watch_local,
};

struct transport *transport_watch_new(const struct transport_watcher *watcher,
                                      void *context,
                                      const struct transport_events *events,
                                      void *owner)
{
    struct watch *watch = alloc_zero(1, sizeof(*watch));

    watch->transport = (struct transport){&ops, events, owner};
    watch->watcher = watcher;
    watch->context = context;
    return &watch->transport;
}

void transport_watch_carry(struct transport *transport, struct transport *below)
{
    ((struct watch *)transport)->below = below;
}

bool transport_is_watch(const struct transport *transport)
{
    return transport->ops == &ops;
}

struct transport *transport_watch_carrier(const struct transport *transport)
{
    return ((const struct watch *)(const void *)transport)->below;
}

void transport_watch_discard(struct transport *transport)
{
    struct watch *watch = (struct watch *)transport;

    watch->watcher->on_over(watch->context);
    release(watch);
}
