#include "inspect/inspect_pair.h"

#include "base/alloc.h"
#include "net/socket.h"
#include "net/transport_tcp.h"
#include "net/transport_tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENT, BROKER };

static unsigned number_of(const struct inspect_side *side)
{
    return side == &side->pair->sides[BROKER];
}

static struct inspect_side *other_of(struct inspect_side *side)
{
    return &side->pair->sides[!number_of(side)];
}

/* ---- the end ---- */

static void free_if_closed(struct inspect_pair *pair)
{
    struct inspect_pairs *all = pair->all;

    if (pair->sides[CLIENT].transport || pair->sides[BROKER].transport)
        return;
    capture_live_close(all->capture, pair->stream, pair->how,
                       all->loop->clock.wall_ns);
    list_remove(&pair->in_open);
    buf_release(&pair->sides[CLIENT].out);
    buf_release(&pair->sides[BROKER].out);
    free(pair);
}

static void on_closed(void *owner)
{
    struct inspect_side *side = owner;

    side->transport = NULL;
    free_if_closed(side->pair);
}

static void close_side(struct inspect_side *side)
{
    if (side->transport)
        transport_close(side->transport, side->pair->aborted);
}

static void close_pair(struct inspect_pair *pair, const char *how)
{
    if (pair->how)
        return;
    pair->how = how;
    close_side(&pair->sides[CLIENT]);
    close_side(&pair->sides[BROKER]);
}

/* All that came for it was taken: what else is to be passed on? */
static void pass_end(struct inspect_side *side)
{
    struct inspect_side *from = other_of(side);
    struct inspect_pair *pair = side->pair;

    if (pair->how || !side->transport)
        return;
    if (pair->aborted) {
        close_pair(pair, pair->sides[CLIENT].broken
                             ? "the client's end is broken"
                             : "the broker's end is broken");
        return;
    }
    if (!from->ended || !side->opened || side->out.len)
        return;
    if (!from->out.len && (side->ended || !side->transport->ops->finish)) {
        close_pair(pair, side->ended ? "both ends have closed it"
                                     : "one end has closed it");
        return;
    }
    if (!side->finished && side->transport->ops->finish)
        side->transport->ops->finish(side->transport);
    side->finished = true;
}

/* ---- bytes ---- */

/* Write what can be written; the number of bytes, negative when it broke. */
static ssize_t write_now(struct inspect_side *side, struct slice bytes)
{
    struct iovec part = {(void *)(uintptr_t)bytes.bytes, bytes.len};

    if (!side->opened || side->out.len || side->broken)
        return 0;
    return transport_writev(side->transport, &part, 1);
}

static void on_bytes(void *owner, struct slice bytes)
{
    struct inspect_side *side = owner;
    struct inspect_side *to = other_of(side);
    struct inspect_pair *pair = side->pair;
    ssize_t written = write_now(to, bytes);

    if (written >= 0 && (size_t)written < bytes.len && !to->broken)
        buf_append_slice(&to->out, slice_skip(bytes, (size_t)written));
    if (to->out.len > INSPECT_PAIR_MAX_BYTES)
        transport_pause(side->transport, true);
    capture_live_bytes(pair->all->capture, pair->stream, number_of(side), bytes,
                       pair->all->loop->clock.wall_ns);
}

static void on_writable(void *owner)
{
    struct inspect_side *side = owner;
    struct iovec part = {side->out.bytes, side->out.len};
    ssize_t written =
        part.iov_len ? transport_writev(side->transport, &part, 1) : 0;

    if (written < 0)
        return; /* on_end comes */
    buf_consume(&side->out, (size_t)written);
    struct inspect_side *from = other_of(side);
    if (side->out.len <= INSPECT_PAIR_MAX_BYTES / 2 && from->transport &&
        !from->ended)
        transport_pause(from->transport, false);
    if (side->out.len)
        return;
    pass_end(side);
    pass_end(from);
}

/* What was agreed on, for all who watch. */
static void tell_tls(const struct inspect_side *side)
{
    bool broker = number_of(side) == BROKER;
    char *agreed;
    char *text;

    if (!transport_is_tls(side->transport))
        return;
    agreed = transport_tls_told(side->transport, broker ? "broker" : "client");
    text = alloc_printf("%s%s", broker ? "to the broker: " : "", agreed);
    capture_live_tls(side->pair->stream, number_of(side), text);
    free(agreed);
    free(text);
}

static void on_open(void *owner)
{
    struct inspect_side *side = owner;

    side->opened = true;
    tell_tls(side);
    on_writable(side);
}

/* Why it broke, for who runs the proxy. */
static void say_broken(const struct inspect_side *side, int error)
{
    const char *reason = transport_is_tls(side->transport)
                             ? transport_tls_reason(side->transport)
                             : NULL;

    fprintf(stderr, "mqttlab: inspect: %s: %s\n",
            number_of(side) == CLIENT ? "a client" : "the broker",
            reason ? reason : strerror(-error));
}

static void on_end(void *owner, int error)
{
    struct inspect_side *side = owner;
    struct inspect_side *to = other_of(side);

    if (!side->opened) { /* it never was there */
        error = error ? error : -ECONNABORTED;
        say_broken(side, error);
    }
    side->ended = true;
    if (error) {
        side->broken = true;
        side->pair->aborted = true;
        buf_release(&side->out);
    }
    if (!to->out.len || !to->opened)
        pass_end(to);
}

static const struct transport_events events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_writable = on_writable,
    .on_end = on_end,
    .on_closed = on_closed,
};

/* ---- the begin ---- */

/* TCP, or TLS over it. NULL: no descriptors, no memory. */
static struct transport *make_client(struct inspect_side *side, int fd,
                                     const struct sockaddr *peer)
{
    const struct inspect_pairs *all = side->pair->all;

    if (!all->server_tls)
        return transport_tcp_accept(all->loop, fd, peer, &events, side);

    struct transport *tls = transport_tls_new(all->server_tls, &events, side);
    struct transport *below =
        transport_tcp_accept(all->loop, fd, peer, &transport_tls_below, tls);
    if (below) {
        transport_tls_carry(tls, below);
        return tls;
    }
    transport_tls_discard(tls);
    return NULL;
}

static struct transport *make_broker(struct inspect_side *side)
{
    const struct inspect_pairs *all = side->pair->all;
    int fd = socket_connect(all->host, all->port, NULL);

    if (fd < 0) {
        fprintf(stderr, "mqttlab: inspect: %s port %u: %s\n", all->host,
                all->port, strerror(-fd));
        return NULL;
    }
    if (!all->client_tls)
        return transport_tcp_new(all->loop, fd, true, &events, side);

    struct transport *tls = transport_tls_new(all->client_tls, &events, side);
    struct transport *below =
        transport_tcp_new(all->loop, fd, true, &transport_tls_below, tls);
    if (below) {
        transport_tls_expect_host(tls, all->host);
        transport_tls_carry(tls, below);
        return tls;
    }
    transport_tls_discard(tls);
    return NULL;
}

void inspect_pair_accept(struct inspect_pairs *all, int fd,
                         const struct sockaddr *peer)
{
    struct inspect_pair *pair = alloc_zero(1, sizeof(*pair));
    char client[80] = "";
    char server[80] = "";

    pair->all = all;
    pair->sides[CLIENT].pair = pair->sides[BROKER].pair = pair;
    list_append(&all->open, &pair->in_open);
    pair->sides[CLIENT].transport = make_client(&pair->sides[CLIENT], fd, peer);
    if (pair->sides[CLIENT].transport) {
        struct transport *transport = pair->sides[CLIENT].transport;

        transport->ops->peer(transport, client, sizeof(client) - 1);
        transport->ops->local(transport, server, sizeof(server) - 1);
        pair->sides[BROKER].transport = make_broker(&pair->sides[BROKER]);
    }
    pair->stream = capture_live_open(all->capture, client, server);
    if (pair->sides[BROKER].transport)
        return;
    pair->aborted = true;
    close_pair(pair, "the broker cannot be reached");
    if (!pair->sides[CLIENT].transport)
        free_if_closed(pair);
}

void inspect_pair_close_all(struct inspect_pairs *all)
{
    LIST_FOREACH_SAFE (node, &all->open)
        close_pair(LIST_ITEM(node, struct inspect_pair, in_open),
                   "the proxy has ended");
}
