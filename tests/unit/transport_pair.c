#include "transport_pair.h"

#include "suites.h"

#include "net/socket.h"
#include "net/transport_memory.h"
#include "net/transport_socks.h"
#include "net/transport_tcp.h"
#include "net/transport_tls.h"
#include "net/transport_ws.h"
#include "tls_pair.h"

#include <string.h>
#include <unistd.h>

#define TURNS 5000 /* until a test gives up */

/* ---- an end, and all that it was told ---- */

struct pair pair;

static struct listener listener;

void pair_close_side(struct pair_side *side, bool abort)
{
    if (side->close_called)
        return;
    side->close_called = true;
    transport_close(side->transport, abort);
}

void pair_send_more(struct pair_side *side)
{
    while (side->to_send.len) {
        struct iovec part = {
            .iov_base = (void *)(uintptr_t)side->to_send.bytes,
            .iov_len = side->to_send.len,
        };
        ssize_t taken = transport_writev(side->transport, &part, 1);

        ck_assert_int_ge(taken, 0);
        side->to_send = slice_skip(side->to_send, (size_t)taken);
        if ((size_t)taken < part.iov_len)
            return;
    }
}

static void on_open(void *owner)
{
    struct pair_side *side = owner;

    side->opened++;
    side->after_close += side->close_called;
    ck_assert_uint_eq(side->got.len, 0);
}

static void on_bytes(void *owner, struct slice bytes)
{
    struct pair_side *side = owner;

    ck_assert_uint_gt(bytes.len, 0);
    ck_assert_int_eq(side->opened, 1);
    ck_assert_int_eq(side->ended, 0);
    side->after_close += side->close_called;
    buf_append_slice(&side->got, bytes);
    if (side->close_on_bytes)
        pair_close_side(side, false);
}

static void on_writable(void *owner)
{
    struct pair_side *side = owner;

    side->writable++;
    side->after_close += side->close_called;
    pair_send_more(side);
}

static void on_end(void *owner, int error)
{
    struct pair_side *side = owner;

    side->ended++;
    side->error = error;
    side->after_close += side->close_called;
    if (side->close_on_end)
        pair_close_side(side, false);
}

static void on_closed(void *owner)
{
    struct pair_side *side = owner;

    ck_assert(side->close_called);
    side->closed++;
    side->transport = NULL;
}

const struct transport_events pair_events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_writable = on_writable,
    .on_end = on_end,
    .on_closed = on_closed,
};

/* ---- the transports ---- */

void pair_make_memory(void)
{
    struct transport *ends[2];
    const struct transport_events *both[2] = {&pair_events, &pair_events};
    void *owners[2] = {&pair.sides[0], &pair.sides[1]};

    transport_memory_pair(&pair.loop, ends, both, owners);
    for (int i = 0; i < 2; i++)
        pair.sides[i].transport = pair.sides[i].memory = ends[i];
}

static void on_accept(struct listener *from, int fd,
                      const struct sockaddr *peer, socklen_t peer_len)
{
    (void)peer;
    (void)peer_len;
    pair.sides[1].transport =
        transport_tcp_new(&pair.loop, fd, false, &pair_events, &pair.sides[1]);
    socket_listener_close(from);
}

static void make_tcp(void)
{
    ck_assert_int_eq(socket_listen(&pair.loop, &listener,
                                   &(struct socket_place){0}, on_accept),
                     0);
    int fd = socket_connect("127.0.0.1", listener.port, NULL);
    ck_assert_int_ge(fd, 0);
    pair.sides[0].transport =
        transport_tcp_new(&pair.loop, fd, true, &pair_events, &pair.sides[0]);
    while (!pair.sides[1].transport)
        loop_turn(&pair.loop, true);
}

static void make_unix(void)
{
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(socket_prepare(fds[i]), 0);
        pair.sides[i].transport = transport_tcp_new(
            &pair.loop, fds[i], false, &pair_events, &pair.sides[i]);
    }
}

/* The far end is a proxy until it has been asked to connect. */
static struct buf asked;

static void on_proxy_open(void *owner)
{
    (void)owner;
}

static void on_proxy_bytes(void *owner, struct slice bytes)
{
    static const char method[] = {5, 0};
    static const char reply[] = {5, 0, 0, 1, 127, 0, 0, 1, 7, 91};
    /* 05 01 00, and 05 01 00 03 04 "host" 07 5b */
    const uint32_t whole = 3 + 4 + 1 + 4 + 2;
    struct pair_side *side = owner;
    struct iovec part = {.iov_base = (void *)(uintptr_t)method,
                         .iov_len = sizeof(method)};

    if (asked.len == 0)
        transport_writev(side->transport, &part, 1);
    buf_append_slice(&asked, bytes);
    if (asked.len < whole)
        return;
    ck_assert_uint_eq(asked.len, whole);
    ck_assert(slice_starts_with(slice_skip(buf_slice(&asked), 8),
                                slice_of_string("host")));
    buf_release(&asked);
    part = (struct iovec){.iov_base = (void *)(uintptr_t)reply,
                          .iov_len = sizeof(reply)};
    transport_writev(side->transport, &part, 1);
    side->transport->events = &pair_events;
    pair_events.on_open(side);
}

static const struct transport_events proxy_events = {
    .on_open = on_proxy_open,
    .on_bytes = on_proxy_bytes,
    .on_writable = on_writable,
    .on_end = on_end,
    .on_closed = on_closed,
};

static void make_socks(void)
{
    struct socks_request request = {.host = "host", .port = 1883};
    struct transport_memory_faults faults = {.capacity_bytes = 70000};
    struct transport *stage =
        transport_socks_new(&request, &pair_events, &pair.sides[0]);
    struct transport *ends[2];
    const struct transport_events *both[2] = {&transport_socks_events,
                                              &proxy_events};
    void *owners[2] = {stage, &pair.sides[1]};

    transport_memory_pair(&pair.loop, ends, both, owners);
    transport_memory_set_faults(ends[0], &faults);
    transport_socks_put(stage, ends[0]);
    pair.sides[0].transport = stage;
    pair.sides[1].transport = ends[1];
}

static void make_tls_over_memory(void)
{
    struct transport *tls[2];
    struct transport *ends[2];
    const struct transport_events *below[2] = {&transport_tls_below,
                                               &transport_tls_below};

    for (int i = 0; i < 2; i++)
        tls[i] = tls_pair_end(&pair.loop, i == 1, &pair_events, &pair.sides[i]);
    transport_memory_pair(&pair.loop, ends, below, (void **)tls);
    for (int i = 0; i < 2; i++) {
        transport_tls_carry(tls[i], ends[i]);
        pair.sides[i].transport = tls[i];
        pair.sides[i].memory = ends[i];
    }
}

static void on_accept_tls(struct listener *from, int fd,
                          const struct sockaddr *peer, socklen_t peer_len)
{
    struct transport *tls =
        tls_pair_end(&pair.loop, true, &pair_events, &pair.sides[1]);

    (void)peer;
    (void)peer_len;
    transport_tls_carry(tls, transport_tcp_new(&pair.loop, fd, false,
                                               &transport_tls_below, tls));
    pair.sides[1].transport = tls;
    socket_listener_close(from);
}

static void make_tls(void)
{
    ck_assert_int_eq(socket_listen(&pair.loop, &listener,
                                   &(struct socket_place){0}, on_accept_tls),
                     0);
    int fd = socket_connect("127.0.0.1", listener.port, NULL);
    ck_assert_int_ge(fd, 0);
    struct transport *tls =
        tls_pair_end(&pair.loop, false, &pair_events, &pair.sides[0]);
    transport_tls_carry(tls, transport_tcp_new(&pair.loop, fd, true,
                                               &transport_tls_below, tls));
    pair.sides[0].transport = tls;
    while (!pair.sides[1].transport)
        loop_turn(&pair.loop, true);
}

static struct ws_context *ws_context(void)
{
    static const char *const protocols[] = {"mqtt", "mqttv3.1", NULL};
    struct ws_settings settings = {.protocols = protocols};

    if (!pair.ws)
        pair.ws = ws_context_new(&pair.loop, &settings);
    ck_assert_ptr_nonnull(pair.ws);
    return pair.ws;
}

static struct transport *ws_end(int side, bool server)
{
    static const struct ws_site site = {.directory = -1};
    static const struct ws_request request = {
        .host = "localhost",
        .path = "/mqtt",
        .protocol = "mqtt",
    };
    struct pair_side *owner = &pair.sides[side];

    owner->transport =
        server ? transport_ws_accept(ws_context(), &site, &pair_events, owner)
               : transport_ws_new(ws_context(), &request, &pair_events, owner);
    return owner->transport;
}

/* server is the side that is one. */
static void put_ws_on_memory(int server)
{
    struct transport *ws[2];
    struct transport *ends[2];
    const struct transport_events *below[2] = {&transport_ws_below,
                                               &transport_ws_below};

    for (int i = 0; i < 2; i++)
        ws[i] = ws_end(i, i == server);
    transport_memory_pair(&pair.loop, ends, below, (void **)ws);
    for (int i = 0; i < 2; i++) {
        transport_ws_carry(ws[i], ends[i]);
        pair.sides[i].memory = ends[i];
    }
}

static void make_ws_over_memory(void)
{
    put_ws_on_memory(1);
}

/* The other way round: what a server sends goes another way. */
static void make_ws_from_server(void)
{
    put_ws_on_memory(0);
}

void pair_make_ws_server(void)
{
    struct transport *ws = ws_end(1, true);
    struct transport *ends[2];
    const struct transport_events *both[2] = {&pair_events,
                                              &transport_ws_below};

    transport_memory_pair(&pair.loop, ends, both,
                          (void *[]){&pair.sides[0], ws});
    transport_ws_carry(ws, ends[1]);
    pair.sides[0].transport = ends[0];
    pair.sides[0].memory = ends[0];
    pair.sides[1].memory = ends[1];
    pair_turn_until(&pair.sides[0].opened);
}

static void on_accept_ws(struct listener *from, int fd,
                         const struct sockaddr *peer, socklen_t peer_len)
{
    struct transport *ws = ws_end(1, true);

    (void)peer;
    (void)peer_len;
    transport_ws_carry(
        ws, transport_tcp_new(&pair.loop, fd, false, &transport_ws_below, ws));
    socket_listener_close(from);
}

static void make_ws(void)
{
    ck_assert_int_eq(socket_listen(&pair.loop, &listener,
                                   &(struct socket_place){0}, on_accept_ws),
                     0);
    int fd = socket_connect("127.0.0.1", listener.port, NULL);
    ck_assert_int_ge(fd, 0);
    struct transport *ws = ws_end(0, false);
    transport_ws_carry(
        ws, transport_tcp_new(&pair.loop, fd, true, &transport_ws_below, ws));
    while (!pair.sides[1].transport)
        loop_turn(&pair.loop, true);
}

static void make_wss(void)
{
    struct transport *ends[2];
    struct transport *tls[2];
    const struct transport_events *below[2] = {&transport_tls_below,
                                               &transport_tls_below};

    for (int i = 0; i < 2; i++) {
        struct transport *ws = ws_end(i, i == 1);

        tls[i] = tls_pair_end(&pair.loop, i == 1, &transport_ws_below, ws);
        transport_ws_carry(ws, tls[i]);
    }
    transport_memory_pair(&pair.loop, ends, below, (void **)tls);
    for (int i = 0; i < 2; i++) {
        transport_tls_carry(tls[i], ends[i]);
        pair.sides[i].memory = ends[i];
    }
}

const struct pair_maker pair_makers[PAIR_MAKERS] = {
    {"memory", pair_make_memory,     true },
    {"tcp",    make_tcp,             true },
    {"unix",   make_unix,            false},
    {"socks5", make_socks,           true },
    {"tls",    make_tls_over_memory, true },
    {"tls",    make_tls,             true },
    {"ws",     make_ws_over_memory,  true },
    {"ws",     make_ws,              true },
    {"wss",    make_wss,             true },
    {"ws",     make_ws_from_server,  true },
};

/* ---- helpers ---- */

void pair_open_loop(void)
{
    ck_assert_int_eq(loop_init(&pair.loop), 0);
    pair.ws = NULL;
    memset(pair.sides, 0, sizeof(pair.sides));
}

void pair_turn_until(const int *count)
{
    for (int i = 0; i < TURNS && !*count; i++) {
        loop_turn(&pair.loop, false);
        if (i > 100)
            usleep(100); /* the kernel is not a manual clock */
    }
    ck_assert_int_ne(*count, 0);
}

void pair_turn_until_got(const struct pair_side *side, size_t len)
{
    for (int i = 0; i < TURNS && side->got.len < len; i++) {
        loop_turn(&pair.loop, false);
        if (i > 100)
            usleep(100);
    }
    ck_assert_uint_eq(side->got.len, len);
}

void pair_turn_some(void)
{
    for (int i = 0; i < 20; i++)
        loop_turn(&pair.loop, false);
}

void pair_make(int maker)
{
    pair_makers[maker].make();
    pair_turn_until(&pair.sides[0].opened);
    pair_turn_until(&pair.sides[1].opened);
    pair_turn_some(); /* a TLS server still sends tickets */
}

void pair_close_loop(void)
{
    for (int i = 0; i < 2; i++) {
        if (pair.sides[i].transport) {
            pair_close_side(&pair.sides[i], false);
            pair_turn_until(&pair.sides[i].closed);
        }
        ck_assert_int_le(pair.sides[i].opened, 1);
        ck_assert_int_le(pair.sides[i].ended, 1);
        ck_assert_int_eq(pair.sides[i].after_close, 0);
        buf_release(&pair.sides[i].got);
    }
    ws_context_unref(pair.ws);
    loop_release(&pair.loop);
}

ssize_t pair_send_text(struct pair_side *side, const char *text)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)text,
                         .iov_len = strlen(text)};

    return transport_writev(side->transport, &part, 1);
}

void pair_expect_got(const struct pair_side *side, const char *text)
{
    pair_turn_until_got(side, strlen(text));
    ck_assert(slice_equal_string(buf_slice(&side->got), text));
}
