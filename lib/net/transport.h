/*
 * What every transport can do. Some end in a socket (TCP, a Unix socket) or in
 * memory; others are layers on top of one (TLS, WebSocket, the stages of
 * proxies, a watcher) and look the same from above. Bytes arrive in order, none
 * is lost, and they go both ways [MQTT-4.2.0-1].
 *
 * Bytes come in by callback and go out by transport_writev. The owner learns
 * in order: on_open once, then on_bytes any number of times, on_end once at
 * most, then on_closed once. Nothing is called from inside a function that the
 * owner calls, except where it says so: everything comes from the loop.
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "base/slice.h"

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

struct transport;

/* What the owner wants to know. All run in the loop. */
struct transport_events {
    /* Connected, and for TLS and WebSocket the handshake is over. */
    void (*on_open)(void *owner);
    /*
     * Bytes came; borrowed until it returns. May call transport_close, after
     * which no more bytes come. It must take all of them: to stop the flow use
     * transport_pause, which holds from the next read on.
     */
    void (*on_bytes)(void *owner, struct slice bytes);
    /* A write that was cut short may go on. */
    void (*on_writable)(void *owner);
    /*
     * The peer closed (error 0) or the connection broke (negative errno,
     * -ECONNRESET and so on). Still to be closed with transport_close.
     */
    void (*on_end)(void *owner, int error);
    /* After transport_close: the transport is freed when this returns. */
    void (*on_closed)(void *owner);
};

struct transport_ops {
    const char *name; /* "tcp", "tls", "ws", "wss", "memory", "unix",
                         "socks5", "watch" */
    /*
     * Write what can be written without waiting. Returns the number of bytes
     * taken (0 when nothing can be; on_writable comes later whenever less than
     * everything was taken), or a negative errno when the connection is broken
     * (on_end comes as well).
     */
    ssize_t (*writev)(struct transport *transport, const struct iovec *parts,
                      int count);
    /*
     * The socket that takes what is written as it is, for net/burst.h; -1: none
     * now. NULL where a transport changes it on the way or has no socket.
     */
    int (*socket)(struct transport *transport);
    /* Of len bytes sent there, so many were taken, or -EAGAIN or another
       negative errno came. Returns what writev would have. */
    ssize_t (*sent)(struct transport *transport, ssize_t result, size_t len);
    /* Stop (true) and resume (false) reading. */
    void (*pause)(struct transport *transport, bool pause);
    /*
     * Tell the peer that nothing more is written; it may go on sending. NULL
     * where a transport cannot do that by halves.
     */
    void (*finish)(struct transport *transport);
    /*
     * Close. With abort the peer sees a reset where the transport has one.
     * No event but on_closed follows, in a later turn.
     */
    void (*close)(struct transport *transport, bool abort);
    /* "127.0.0.1:52114"; writes at most size bytes and a NUL. */
    void (*peer)(struct transport *transport, char *text, size_t size);
    void (*local)(struct transport *transport, char *text, size_t size);
};

struct transport {
    const struct transport_ops *ops;
    const struct transport_events *events;
    void *owner;
};

static inline ssize_t transport_writev(struct transport *transport,
                                       const struct iovec *parts, int count)
{
    return transport->ops->writev(transport, parts, count);
}

static inline int transport_socket(struct transport *transport)
{
    return transport->ops->socket ? transport->ops->socket(transport) : -1;
}

static inline ssize_t transport_sent(struct transport *transport,
                                     ssize_t result, size_t len)
{
    return transport->ops->sent(transport, result, len);
}

/* The bytes of all parts of a write. */
static inline size_t transport_total(const struct iovec *parts, int count)
{
    size_t sum = 0;

    for (int i = 0; i < count; i++)
        sum += parts[i].iov_len;
    return sum;
}

static inline void transport_pause(struct transport *transport, bool pause)
{
    transport->ops->pause(transport, pause);
}

static inline void transport_close(struct transport *transport, bool abort)
{
    transport->ops->close(transport, abort);
}

#endif
