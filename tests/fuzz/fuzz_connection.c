/*
 * Bytes through the whole session engine: four connections over the in-memory
 * transport, and a clock that the input moves. Whatever comes in, what the
 * broker says must be well-formed packets that this client can take.
 *
 * The input is a script. Its first two bytes choose the configuration; then a
 * byte says what to do with which connection (its two low bits), and the bytes
 * that belong to it follow.
 *
 *   00..03  open it; nothing is sent yet
 *   04..0f  open it and log in as version 3.1, 3.1.1 or 5, as "a" to "d", with a
 *           session that is kept and, in version 5, small limits
 *   10..13  cut it
 *   14..17  it stops to take anything
 *   18..1b  it takes all again
 *   1c..1f  a second, a minute, an hour passes; the broker is reset
 *   20..    send it the next n bytes, n being the byte that follows
 */
#include "broker/broker.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "mqtt/packet.h"
#include "mqtt/property.h"
#include "mqtt/topic_alias.h"
#include "net/transport_memory.h"
#include "wire/link.h"

#define PEERS 4

struct peer {
    struct transport *transport;  /* our end; NULL when closed */
    struct transport *far;        /* the broker's end, while ours is open */
    struct buf sent;              /* to the broker, until CONNECT is complete */
    struct buf in;                /* the start of a packet from the broker */
    enum mqtt_version version;    /* 0: no CONNECT was sent */
    uint32_t max_packet_size;     /* what CONNECT said */
    struct topic_aliases aliases; /* what the broker has told */
    bool connected;               /* CONNACK came */
    bool disconnected;            /* DISCONNECT came */
};

static struct loop loop;
static struct broker *broker;
static struct peer peers[PEERS];

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* ---- what the broker says ---- */

static void check_publish(struct peer *peer, const struct mqtt_publish *publish)
{
    struct slice topic = publish->topic;
    struct property alias;
    bool has_alias =
        property_find(publish->properties, PROPERTY_TOPIC_ALIAS, &alias);

    must(!topic_aliases_inbound(&peer->aliases, has_alias,
                                has_alias ? (uint16_t)alias.number : 0,
                                &topic));
}

static void check(struct peer *peer, const struct frame *frame)
{
    struct mqtt_packet packet;
    enum mqtt_type type = frame_type(frame);

    must(peer->version && !peer->disconnected);
    must(!packet_decode(&packet, peer->version, frame));
    must(frame->whole.len <= peer->max_packet_size);
    must(type == MQTT_CONNACK ? !peer->connected : peer->connected);
    peer->connected = true;
    switch (type) {
    case MQTT_PUBLISH: check_publish(peer, &packet.publish); break;
    case MQTT_DISCONNECT:
        must(peer->version >= MQTT_5);
        peer->disconnected = true;
        break;
    case MQTT_CONNECT:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
    case MQTT_PINGREQ:
    case MQTT_AUTH: abort(); /* a Server does not send it, or not here */
    case MQTT_CONNACK:
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
    case MQTT_PINGRESP: break;
    }
}

static void on_bytes(void *owner, struct slice bytes)
{
    struct peer *peer = owner;
    struct frame frame;
    int used;

    buf_append_slice(&peer->in, bytes);
    while ((used = framer_next(buf_slice(&peer->in), MQTT_MAX_PACKET_SIZE,
                               &frame)) > 0) {
        check(peer, &frame);
        buf_consume(&peer->in, (size_t)used);
    }
    must(used == 0);
}

static void ignore(void *owner)
{
    (void)owner;
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
    .on_bytes = on_bytes,
    .on_writable = ignore,
    .on_end = on_end,
    .on_closed = on_closed,
};

/* ---- what the input does ---- */

/* What does the CONNECT say, if it is here? */
static void read_connect(struct peer *peer)
{
    struct mqtt_connect connect;
    struct frame frame;

    if (peer->version ||
        framer_next(buf_slice(&peer->sent), MQTT_MAX_PACKET_SIZE, &frame) <= 0)
        return;
    bool valid = !connect_decode(&connect, frame.body);
    /* One that nobody knows is answered as 3.1.1 wants it. */
    peer->version = connect.version == MQTT_5     ? MQTT_5
                    : connect.version == MQTT_3_1 ? MQTT_3_1
                                                  : MQTT_3_1_1;
    peer->max_packet_size = MQTT_MAX_PACKET_SIZE;
    if (!valid)
        return;
    peer->max_packet_size = property_number(
        connect.properties, PROPERTY_MAXIMUM_PACKET_SIZE, MQTT_MAX_PACKET_SIZE);
    peer->aliases.maximum = (uint16_t)property_number(
        connect.properties, PROPERTY_TOPIC_ALIAS_MAXIMUM, 0);
}

static void send_bytes(struct peer *peer, const uint8_t *bytes, size_t len)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};

    if (peer->transport && len) {
        if (!peer->version)
            buf_append(&peer->sent, bytes, len);
        read_connect(peer);
        transport_writev(peer->transport, &part, 1);
    }
    loop_settle(&loop);
}

static void cut(struct peer *peer)
{
    if (peer->transport)
        transport_memory_cut(peer->transport);
    loop_settle(&loop);
    topic_aliases_release(&peer->aliases);
    buf_release(&peer->sent);
    buf_release(&peer->in);
}

static void open_peer(struct peer *peer)
{
    cut(peer);
    struct link *link = broker_connect(broker, 0);
    if (!link)
        return;
    *peer = (struct peer){0};
    struct transport *ends[2];
    transport_memory_pair(
        &loop, ends,
        (const struct transport_events *[]){&events, &link_transport_events},
        (void *[]){peer, link});
    peer->transport = ends[0];
    peer->far = link->transport = ends[1];
    loop_settle(&loop);
}

static void log_in(struct peer *peer, enum mqtt_version version)
{
    static const uint8_t properties[] = {
        0x11, 0, 0, 0, 99,  /* Session Expiry Interval */
        0x21, 0, 2,         /* Receive Maximum */
        0x22, 0, 3,         /* Topic Alias Maximum */
        0x27, 0, 0, 0, 200, /* Maximum Packet Size */
        0x19, 1,            /* Request Response Information */
    };
    uint8_t name = (uint8_t)('a' + (peer - peers));
    struct mqtt_connect connect = {
        .version = version,
        .keep_alive_s = 30,
        .client_id = slice_of(&name, 1),
    };
    struct buf bytes = {0};

    if (version >= MQTT_5)
        connect.properties = slice_of(properties, sizeof(properties));
    connect_encode(&bytes, &connect);
    open_peer(peer);
    send_bytes(peer, bytes.bytes, bytes.len);
    buf_release(&bytes);
}

static void take(struct peer *peer, size_t capacity_bytes)
{
    const struct transport_memory_faults faults = {.capacity_bytes =
                                                       capacity_bytes};

    if (peer->transport)
        transport_memory_set_faults(peer->far, &faults);
    loop_settle(&loop);
}

static void pass_time(unsigned what)
{
    static const uint64_t ms[] = {1000, 60000, 3600000};

    if (what < 3)
        loop_advance(&loop, ms[what]);
    else
        broker_reset(broker);
    loop_settle(&loop);
}

static void run(const uint8_t *at, size_t left)
{
    while (left) {
        uint8_t what = *at++;
        struct peer *peer = &peers[what % PEERS];

        left--;
        if (what < 0x04) {
            open_peer(peer);
        } else if (what < 0x10) {
            log_in(peer, (enum mqtt_version)(MQTT_3_1 + what / 4 - 1));
        } else if (what < 0x14) {
            cut(peer);
        } else if (what < 0x1c) {
            take(peer, what < 0x18 ? 1 : 0);
        } else if (what < 0x20) {
            pass_time(what % 4);
        } else if (left) {
            size_t len = *at++;

            left--;
            len = len < left ? len : left;
            send_bytes(peer, at, len);
            at += len;
            left -= len;
        }
    }
}

/* ---- one input ---- */

static void discard(void *context, enum log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)line;
}

static void configure(struct config *config, const uint8_t *choice)
{
    config_init(config);
    config_add_listener(config, 0, NULL);
    config_finish(config);
    struct config_listener *listener = &config->listeners[0];

    listener->allow_anonymous = true;
    config->sys_interval = 0;
    config->max_inflight_messages = 3;
    config->max_queued_messages = 5;
    listener->max_qos = choice[0] & 1 ? 1 : 2;
    config->retain_available = !(choice[0] & 2);
    config->queue_qos0_messages = choice[0] & 4;
    config->upgrade_outgoing_qos = choice[0] & 8;
    config->max_packet_size = choice[0] & 16 ? 100 : 0;
    config->max_keepalive = choice[0] & 32 ? 20 : 0;
    config->persistent_client_expiration = choice[0] & 64 ? 30 : 0;
    if (choice[1] & 1)
        listener->mount_point = alloc_string("in/side/");
    config->max_topic_levels = choice[1] & 2 ? 3 : 200;
    config->max_subscriptions = choice[1] & 4 ? 2 : 0;
    config->max_retained_messages = choice[1] & 8 ? 2 : 0;
    config->message_size_limit = choice[1] & 16 ? 10 : 0;
    config->max_messages_per_second = choice[1] & 32 ? 2 : 0;
    config->max_wildcard_levels = choice[1] & 64 ? 4 : 0;
    config->memory_limit = choice[1] & 128 ? 5000 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct log log = {.level = LOG_DEBUG, .sink = discard};
    struct config config;

    if (len < 2)
        return 0;
    configure(&config, bytes);
    if (loop_init(&loop))
        abort();
    clock_init_manual(&loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    broker = broker_new(&loop, &config, &log);
    int fd = bytes[0] & 128 ? tap_attach(&broker->tap) : -1;
    run(bytes + 2, len - 2);
    for (int i = 0; i < PEERS; i++)
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
