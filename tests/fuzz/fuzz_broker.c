/*
 * Bytes through the whole session engine: two connections over the in-memory
 * transport. The input is a script: a byte says what to do, then follow the
 * bytes that belong to it.
 *
 *   0..3   open connection (bit 0), logged in as version 3.1.1 or 5 (bit 1)
 *   4, 5   cut connection 0, 1
 *   6      a second passes
 *   7      connection 0 stops to take anything
 *   8..    send to connection (bit 0) the next n bytes, n being the next byte
 */
#include "broker/broker.h"

#include <stdlib.h>

#include "net/transport_memory.h"
#include "wire/link.h"

struct peer {
    struct transport *transport; /* our end; NULL when closed */
    struct transport *far;       /* the broker's end, while ours is open */
};

static struct loop loop;
static struct broker *broker;
static struct peer peers[2];

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
    struct peer *peer = owner;

    (void)error;
    transport_close(peer->transport, false);
}

static void on_closed(void *owner)
{
    ((struct peer *)owner)->transport = NULL;
}

static const struct transport_events events = {
    .on_open = ignore,
    .on_bytes = ignore_bytes,
    .on_writable = ignore,
    .on_end = on_end,
    .on_closed = on_closed,
};

static void send_bytes(struct peer *peer, const uint8_t *bytes, size_t len)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};

    if (peer->transport && len)
        transport_writev(peer->transport, &part, 1);
    loop_settle(&loop);
}

static void cut(struct peer *peer)
{
    if (peer->transport)
        transport_memory_cut(peer->transport);
    loop_settle(&loop);
}

static void open_peer(struct peer *peer, uint8_t client, bool version_5)
{
    uint8_t connect_3[] = {0x10, 0x0d, 0, 4, 'M', 'Q', 'T',   'T',
                           4,    0,    0, 3, 0,   1,   client};
    uint8_t connect_5[] = {0x10, 0x13, 0,    4, 'M', 'Q', 'T', 'T', 5, 0,     0,
                           3,    5,    0x11, 0, 0,   0,   9,   0,   1, client};

    cut(peer);
    struct link *link = broker_connect(broker, 0);
    if (!link)
        return;
    struct transport *ends[2];
    transport_memory_pair(
        &loop, ends,
        (const struct transport_events *[]){&events, &link_transport_events},
        (void *[]){peer, link});
    peer->transport = ends[0];
    peer->far = link->transport = ends[1];
    if (version_5)
        send_bytes(peer, connect_5, sizeof(connect_5));
    else
        send_bytes(peer, connect_3, sizeof(connect_3));
}

static void run(const uint8_t *at, size_t left)
{
    while (left) {
        uint8_t what = *at++;

        left--;
        if (what < 4) {
            open_peer(&peers[what & 1], (uint8_t)('a' + (what & 1)), what & 2);
        } else if (what < 6) {
            cut(&peers[what & 1]);
        } else if (what == 6) {
            loop_advance(&loop, 1000);
        } else if (what == 7) {
            if (peers[0].transport)
                transport_memory_set_faults(
                    peers[0].far,
                    &(struct transport_memory_faults){.capacity_bytes = 1});
        } else if (left) {
            size_t len = *at++;

            left--;
            len = len < left ? len : left;
            send_bytes(&peers[what & 1], at, len);
            at += len;
            left -= len;
        }
    }
}

static void discard(void *context, enum log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct log log = {.level = LOG_DEBUG, .sink = discard};
    struct config config;

    config_init(&config);
    config_add_listener(&config, 0, NULL);
    config_finish(&config);
    config.listeners[0].allow_anonymous = true;
    config.max_inflight_messages = 3;
    config.max_queued_messages = 5;
    config.sys_interval = 0;
    if (loop_init(&loop))
        abort();
    clock_init_manual(&loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    broker = broker_new(&loop, &config, &log);
    int fd = len % 8 == 1 ? tap_attach(&broker->tap) : -1;
    run(bytes, len);
    for (int i = 0; i < 2; i++)
        cut(&peers[i]);
    broker_stop(broker, NULL, NULL);
    loop_settle(&loop);
    if (fd >= 0)
        tap_detach(&broker->tap);
    broker_free(broker);
    loop_release(&loop);
    config_release(&config);
    return 0;
}
