#include "net/transport_proxy.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "net/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct proxied {
    struct transport transport;
    struct transport *below;     /* owned */
    struct buf in;               /* of a header that is not complete */
    struct proxy_header *header; /* owned; NULL: not read yet */
    int versions;                /* that are welcome */
    bool failed;                 /* what came is no header */
    bool closing;                /* transport_close was called */
};

/* ---- what the transport below says ---- */

static void below_open(void *owner)
{
    (void)owner; /* the header is still to come */
}

static void fail(struct proxied *proxied)
{
    proxied->failed = true;
    buf_release(&proxied->in);
    proxied->transport.events->on_end(proxied->transport.owner, -EPROTO);
}

/* Behind the header the first bytes of the client may have come. */
static void open_now(struct proxied *proxied, size_t used)
{
    struct buf in = proxied->in;

    proxied->in = (struct buf){0};
    proxied->transport.events->on_open(proxied->transport.owner);
    if (in.len > used && !proxied->closing)
        proxied->transport.events->on_bytes(proxied->transport.owner,
                                            slice_skip(buf_slice(&in), used));
    buf_release(&in);
}

static void below_bytes(void *owner, struct slice bytes)
{
    struct proxied *proxied = owner;
    struct proxy_header header;

    if (proxied->header) {
        proxied->transport.events->on_bytes(proxied->transport.owner, bytes);
        return;
    }
    if (proxied->failed || proxied->closing)
        return;
    buf_append_slice(&proxied->in, bytes);
    int used = proxy_header_decode(buf_slice(&proxied->in), proxied->versions,
                                   &header);
    if (used < 0)
        fail(proxied);
    if (used <= 0)
        return;
    proxied->header = alloc_bytes(sizeof(header));
    *proxied->header = header;
    open_now(proxied, (size_t)used);
}

static void below_writable(void *owner)
{
    struct proxied *proxied = owner;

    proxied->transport.events->on_writable(proxied->transport.owner);
}

static void below_end(void *owner, int error)
{
    struct proxied *proxied = owner;

    if (!proxied->failed)
        proxied->transport.events->on_end(proxied->transport.owner, error);
}

static void free_proxied(struct proxied *proxied)
{
    buf_release(&proxied->in);
    free(proxied->header);
    free(proxied);
}

static void below_closed(void *owner)
{
    struct proxied *proxied = owner;

    proxied->transport.events->on_closed(proxied->transport.owner);
    free_proxied(proxied);
}

const struct transport_events transport_proxy_below = {
    .on_open = below_open,
    .on_bytes = below_bytes,
    .on_writable = below_writable,
    .on_end = below_end,
    .on_closed = below_closed,
};

/* ---- the transport ---- */

static ssize_t proxied_writev(struct transport *transport,
                              const struct iovec *parts, int count)
{
    struct proxied *proxied = (struct proxied *)transport;

    /* Nobody writes before on_open but who says goodbye. */
    return proxied->header ? transport_writev(proxied->below, parts, count) : 0;
}

static void proxied_pause(struct transport *transport, bool pause)
{
    transport_pause(((struct proxied *)transport)->below, pause);
}

static void proxied_close(struct transport *transport, bool abort)
{
    struct proxied *proxied = (struct proxied *)transport;

    proxied->closing = true;
    transport_close(proxied->below, abort);
}

/* The proxy speaks for itself where the header has no address. */
static void proxied_peer(struct transport *transport, char *text, size_t size)
{
    const struct proxied *proxied = (struct proxied *)transport;
    const struct proxy_header *header = proxied->header;

    if (header && header->len)
        address_print((const struct sockaddr *)&header->source, header->len,
                      text, size);
    else
        proxied->below->ops->peer(proxied->below, text, size);
}

static void proxied_local(struct transport *transport, char *text, size_t size)
{
    struct transport *below = ((struct proxied *)transport)->below;

    below->ops->local(below, text, size);
}

/* To who looks at it, it is what it carries. */
static const struct transport_ops ops = {
    .name = "tcp",
    .writev = proxied_writev,
    .pause = proxied_pause,
    .close = proxied_close,
    .peer = proxied_peer,
    .local = proxied_local,
};

struct transport *transport_proxy_new(int versions,
                                      const struct transport_events *events,
                                      void *owner)
{
    struct proxied *proxied = alloc_zero(1, sizeof(*proxied));

    proxied->transport = (struct transport){&ops, events, owner};
    proxied->versions = versions;
    return &proxied->transport;
}

void transport_proxy_carry(struct transport *transport, struct transport *below)
{
    ((struct proxied *)transport)->below = below;
}

void transport_proxy_discard(struct transport *transport)
{
    free_proxied((struct proxied *)transport);
}

bool transport_proxy_failed(const struct transport *transport)
{
    return ((const struct proxied *)(const void *)transport)->failed;
}

bool transport_is_proxy(const struct transport *transport)
{
    return transport->ops == &ops;
}
