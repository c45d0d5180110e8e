/*
 * A WebSocket server, given anything: frames after a proper upgrade, or
 * whatever is to be HTTP. What it brings up it sends back, to a peer that takes
 * little at a time. In the end everything must be closed.
 *
 * The first byte of the input says where it begins (its lowest bit) and how
 * many bytes come at a time; the rest is the stream.
 */
#include "net/transport_memory.h"
#include "net/transport_ws.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define TURNS 3000

static const char upgrade[] = "GET /mqtt HTTP/1.1\r\n"
                              "Host: localhost\r\n"
                              "Upgrade: websocket\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Protocol: mqtt\r\n\r\n";

/* Made once: libwebsockets takes its time. */
static struct loop loop;
static struct ws_context *context;

struct end {
    struct transport *transport;
    bool opened;
    bool closed;
    bool close_called;
};

static void close_end(struct end *end)
{
    if (!end->close_called)
        transport_close(end->transport, false);
    end->close_called = true;
}

static void on_open(void *owner)
{
    struct end *end = owner;

    if (end->opened || end->close_called)
        abort();
    end->opened = true;
}

static void on_bytes(void *owner, struct slice bytes)
{
    struct end *end = owner;
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.bytes,
                         .iov_len = bytes.len};

    if (!end->opened || end->close_called || !bytes.len)
        abort();
    transport_writev(end->transport, &part, 1);
    if (bytes.bytes[0] == 'C')
        close_end(end);
}

static void ignore(void *owner)
{
    (void)owner;
}

static void ignore_bytes(void *owner, struct slice bytes)
{
    (void)owner;
    (void)bytes;
}

static void on_end(void *owner, int error)
{
    (void)error;
    close_end(owner);
}

static void on_closed(void *owner)
{
    ((struct end *)owner)->closed = true;
}

static const struct transport_events server_events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_writable = ignore,
    .on_end = on_end,
    .on_closed = on_closed,
};

static const struct transport_events peer_events = {
    .on_open = ignore,
    .on_bytes = ignore_bytes,
    .on_writable = ignore,
    .on_end = on_end,
    .on_closed = on_closed,
};

static void prepare(void)
{
    static const char *const protocols[] = {"mqtt", NULL};
    static const struct ws_settings settings = {.protocols = protocols};

    if (context)
        return;
    if (loop_init(&loop))
        abort();
    clock_init_manual(&loop.clock, 1, 1);
    context = ws_context_new(&loop, &settings);
    if (!context)
        abort();
}

static void send_all(struct end *peer, struct slice bytes, size_t at_most)
{
    for (int i = 0; i < TURNS && bytes.len && !peer->close_called; i++) {
        struct iovec part = {
            .iov_base = (void *)(uintptr_t)bytes.bytes,
            .iov_len = bytes.len < at_most ? bytes.len : at_most,
        };
        ssize_t taken = transport_writev(peer->transport, &part, 1);

        if (taken < 0)
            return;
        bytes = slice_skip(bytes, (size_t)taken);
        loop_turn(&loop, false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char text[] = "hello";
    static const struct ws_page page = {
        "/index.html", {(const uint8_t *)text, sizeof(text)}
    };
    static const struct ws_site site = {
        .directory = -1, .pages = &page, .page_count = 1};
    static const struct transport_memory_faults few = {.capacity_bytes = 50};
    struct end peer = {0};
    struct end server = {0};
    struct transport *ends[2];
    const struct transport_events *both[2] = {&peer_events,
                                              &transport_ws_below};

    if (!len)
        return 0;
    prepare();
    server.transport =
        transport_ws_accept(context, &site, &server_events, &server);
    transport_memory_pair(&loop, ends, both,
                          (void *[]){&peer, server.transport});
    transport_ws_carry(server.transport, ends[1]);
    transport_memory_set_faults(ends[1], &few);
    peer.transport = ends[0];
    loop_turn(&loop, false);
    if (bytes[0] & 1)
        send_all(&peer, slice_of_string(upgrade), sizeof(upgrade));
    loop_turn(&loop, false);
    if (server.opened != (bytes[0] & 1))
        abort();
    send_all(&peer, slice_of(bytes + 1, len - 1), 1 + (bytes[0] >> 1) * 7u);
    close_end(&peer);
    for (int i = 0; i < TURNS && !(peer.closed && server.closed); i++) {
        clock_advance(&loop.clock, 100 * CLOCK_NS_PER_MS);
        loop_turn(&loop, false);
    }
    if (!peer.closed || !server.closed)
        abort();
    return 0;
}
