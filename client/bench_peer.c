/*
 * One connection of the load generator. The hot paths here look at the bytes
 * of a packet themselves: what the codec checks was written by us.
 */
#include "base/alloc.h"
#include "client/bench_state.h"
#include "mqtt/packet.h"
#include "mqtt/varint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench_peer *peer_of(struct link *link)
{
    return LIST_ITEM(link, struct bench_peer, link);
}

static void put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint16_t get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* --- topics --------------------------------------------------------------- */

static void topic_of(const struct bench_peer *peer, char *text, size_t size)
{
    const struct bench *bench = peer->bench;

    switch (bench->plan->workload) {
    case BENCH_FAN_IN:
    case BENCH_SHARED:
        if (peer->subscriber)
            snprintf(text, size, "%sbench/%s/+",
                     bench->plan->workload == BENCH_SHARED ? "$share/bench/"
                                                           : "",
                     bench->token);
        else
            snprintf(text, size, "bench/%s/%u", bench->token, peer->index);
        break;
    case BENCH_FAN_OUT: snprintf(text, size, "bench/%s", bench->token); break;
    case BENCH_RETAINED: snprintf(text, size, "#"); break;
    case BENCH_PAIRS:
    case BENCH_PING_PONG:
    case BENCH_CONNECT:
    case BENCH_IDLE:
    case BENCH_SUBSCRIBED:
    case BENCH_FILTERS:
    case BENCH_MESSAGES:
    case BENCH_START:
        snprintf(text, size, "bench/%s/%u", bench->token, peer->index);
        break;
    }
}

/* The number behind the last "/" of a topic. */
static unsigned publisher_of(struct slice topic)
{
    unsigned number = 0;
    unsigned scale = 1;

    for (size_t i = topic.len; i > 0 && topic.bytes[i - 1] != '/'; i--) {
        number += (unsigned)(topic.bytes[i - 1] - '0') * scale;
        scale *= 10;
    }
    return number;
}

/* --- publishing ----------------------------------------------------------- */

void bench_peer_prepare(struct bench_peer *peer)
{
    const struct bench_plan *plan = peer->bench->plan;
    uint8_t *payload = alloc_zero(1, plan->payload_bytes + 1);
    char topic[64];

    topic_of(peer, topic, sizeof(topic));
    struct mqtt_publish publish = {
        .qos = plan->qos,
        .packet_id = 1,
        .topic = slice_of_string(topic),
        .payload = slice_of(payload, plan->payload_bytes),
    };
    publish_encode(&peer->packet, plan->version, &publish);
    peer->payload_at = peer->packet.len - plan->payload_bytes;
    peer->id_at = peer->payload_at - (plan->version == MQTT_5 ? 3 : 2);
    if (plan->payload_bytes >= BENCH_SEQUENCE_BYTES)
        memcpy(peer->packet.bytes + peer->payload_at + 8, &peer->index, 4);
    free(payload);
}

/* Messages that are not through, or not acknowledged. */
static int64_t under_way(const struct bench_peer *peer)
{
    int64_t done = peer->through;

    if (peer->bench->plan->qos > 0 && peer->acknowledged < done)
        done = peer->acknowledged;
    return peer->sent - done;
}

unsigned bench_peer_publish(struct bench_peer *peer, uint64_t limit)
{
    const struct bench_plan *plan = peer->bench->plan;
    int64_t room = (int64_t)plan->window - under_way(peer);
    uint8_t *bytes = peer->packet.bytes;
    uint64_t now_ns = clock_read_monotonic_ns();
    unsigned count = 0;

    if (plan->payload_bytes >= BENCH_STAMP_BYTES)
        memcpy(bytes + peer->payload_at, &now_ns, 8);
    for (; room > 0 && count < limit; room--, count++) {
        uint32_t sequence = (uint32_t)peer->sent;

        if (plan->payload_bytes >= BENCH_SEQUENCE_BYTES)
            memcpy(bytes + peer->payload_at + 12, &sequence, 4);
        if (plan->qos > 0)
            put_u16(bytes + peer->id_at, (uint16_t)(peer->sent % 65535 + 1));
        link_send(&peer->link, buf_slice(&peer->packet), 0);
        peer->sent++;
    }
    return count;
}

static void feed(struct bench_peer *publisher)
{
    struct bench *bench = publisher->bench;

    if (!list_empty(&publisher->hungry))
        return;
    list_append(&bench->hungry, &publisher->hungry);
    loop_at_end(&bench->loop, &bench->refill_task);
}

void bench_forget(struct bench *bench)
{
    for (unsigned i = 0; i < bench->publisher_count; i++) {
        struct bench_peer *publisher = &bench->publishers[i];

        publisher->through = publisher->sent;
        feed(publisher);
    }
    for (unsigned i = 0; bench->landed && i < bench->subscriber_count; i++)
        bench->subscribers[i].position = bench->publishers[0].sent;
    bench->forgot = true;
    if (bench->landed)
        memset(bench->landed, 0, bench->plan->window * sizeof(uint16_t));
}

/* --- receiving ------------------------------------------------------------ */

static void answer(struct bench_peer *peer, enum mqtt_type type,
                   uint16_t packet_id)
{
    uint8_t bytes[4];

    puback_put(bytes, type, packet_id);
    link_send(&peer->link, slice_of(bytes, sizeof(bytes)), 0);
}

/* The message is delivered to one subscriber; is it to all? */
static void land(struct bench_peer *subscriber, struct bench_peer *publisher)
{
    struct bench *bench = subscriber->bench;

    bench->result->delivered++;
    if (bench->landed) {
        uint16_t *landed =
            &bench->landed[subscriber->position++ % bench->plan->window];

        if (++*landed < bench->fan)
            return;
        *landed = 0;
    }
    if (++publisher->through > publisher->sent && !bench->forgot)
        bench->result->out_of_order++; /* more came than was sent */
    feed(publisher);
}

static void note_order(struct bench_peer *subscriber, unsigned publisher,
                       const uint8_t *payload)
{
    uint32_t *expected = &subscriber->expected[publisher];
    uint32_t sequence;

    memcpy(&sequence, payload + 12, 4);
    if ((int32_t)(sequence - *expected) < 0)
        subscriber->bench->result->out_of_order++;
    else
        *expected = sequence + 1;
}

/* A retained message, which comes once for each "#". */
static void land_retained(struct bench_peer *peer, const uint8_t *payload)
{
    struct bench *bench = peer->bench;
    uint32_t number;

    memcpy(&number, payload + 12, 4);
    if (number >= bench->plan->stored) {
        bench_fail(bench, "a message came back changed");
        return;
    }
    if (peer->expected[number] == peer->pass)
        bench->result->out_of_order++;
    peer->expected[number] = peer->pass;
    bench->result->delivered++;
    if (++peer->position == bench->plan->stored &&
        bench->phase < BENCH_DRAINING)
        bench_peer_ask(peer);
}

static void note_latency(struct bench_peer *peer, const uint8_t *payload)
{
    uint64_t sent_ns;

    if (peer->batch_ns == 0)
        peer->batch_ns = clock_read_monotonic_ns();
    memcpy(&sent_ns, payload, 8);
    if (peer->bench->phase == BENCH_MEASURING)
        histogram_add(&peer->bench->result->latency, peer->batch_ns - sent_ns);
}

/* Where the payload begins in the body of a PUBLISH; 0: it is not ours. */
static size_t find_payload(const struct bench_plan *plan, unsigned qos,
                           struct slice body)
{
    uint32_t properties;

    if (body.len < 2)
        return 0;
    size_t at = 2 + (size_t)get_u16(body.bytes) + (qos ? 2 : 0);
    if (at > body.len)
        return 0;
    if (plan->version == MQTT_5) {
        int used = varint_decode(body.bytes + at, body.len - at, &properties);

        if (used <= 0)
            return 0;
        at += (size_t)used + properties;
    }
    return at + plan->payload_bytes == body.len ? at : 0;
}

static void on_publish(struct bench_peer *peer, const struct frame *frame)
{
    struct bench *bench = peer->bench;
    unsigned qos = frame->first >> 1 & 3;
    struct slice body = frame->body;
    size_t at = find_payload(bench->plan, qos, body);
    enum bench_workload workload = bench->plan->workload;
    unsigned from = bench->publisher_count > 1 ? peer->index : 0;

    if (at == 0) {
        bench_fail(bench, "a message came back changed");
        return;
    }
    if (workload == BENCH_FAN_IN || workload == BENCH_SHARED)
        from = publisher_of(slice_of(body.bytes + 2, get_u16(body.bytes)));
    if (workload != BENCH_RETAINED && from >= bench->publisher_count) {
        bench_fail(bench, "a message of an unknown publisher came");
        return;
    }
    if (qos > 0)
        answer(peer, qos == 1 ? MQTT_PUBACK : MQTT_PUBREC,
               get_u16(body.bytes + 2 + get_u16(body.bytes)));
    if (workload == BENCH_RETAINED) {
        land_retained(peer, body.bytes + at);
        return;
    }
    if (bench->plan->payload_bytes >= BENCH_STAMP_BYTES)
        note_latency(peer, body.bytes + at);
    if (bench->plan->payload_bytes >= BENCH_SEQUENCE_BYTES)
        note_order(peer, from, body.bytes + at);
    land(peer, &bench->publishers[from]);
}

static void on_acknowledged(struct bench_peer *peer)
{
    peer->acknowledged++;
    peer->bench->acknowledged++;
    feed(peer);
}

/* PUBREC or PUBREL: QoS 2 goes on. */
static void on_half_way(struct bench_peer *peer, const struct frame *frame)
{
    enum mqtt_type type = frame_type(frame);

    if (frame->body.len < 2) {
        bench_fail(peer->bench, "%s is not valid", mqtt_type_name(type));
        return;
    }
    answer(peer, type == MQTT_PUBREC ? MQTT_PUBREL : MQTT_PUBCOMP,
           get_u16(frame->body.bytes));
    peer->bench->released += type == MQTT_PUBREL;
}

static void subscribe(struct bench_peer *peer, enum mqtt_type type)
{
    const struct bench_plan *plan = peer->bench->plan;
    struct buf filters = {0};
    struct buf packet = {0};
    char topic[64];

    topic_of(peer, topic, sizeof(topic));
    subscribe_put(
        &filters, type,
        &(struct mqtt_subscription){.topic_filter = slice_of_string(topic),
                                    .qos = plan->qos});
    subscribe_encode(&packet, plan->version, type,
                     &(struct mqtt_subscribe){.packet_id = 1,
                                              .filters = buf_slice(&filters),
                                              .count = 1});
    link_send(&peer->link, buf_slice(&packet), 0);
    buf_release(&filters);
    buf_release(&packet);
}

void bench_peer_ask(struct bench_peer *peer)
{
    if (peer->pass++)
        subscribe(peer, MQTT_UNSUBSCRIBE);
    subscribe(peer, MQTT_SUBSCRIBE);
    peer->position = 0;
    peer->bench->result->published += peer->bench->plan->stored;
}

static void become_ready(struct bench_peer *peer)
{
    peer->ready = true;
    bench_ready(peer);
}

/* CONNACK and SUBACK: the codec reads them. */
static void on_greeting(struct bench_peer *peer, const struct frame *frame)
{
    struct bench *bench = peer->bench;
    struct mqtt_packet packet;
    enum mqtt_reason reason =
        packet_decode(&packet, bench->plan->version, frame);

    if (reason) {
        bench_fail(bench, "%s is not valid: %s",
                   mqtt_type_name(frame_type(frame)), reason_name(0, reason));
    } else if (packet.type == MQTT_CONNACK) {
        if (packet.connack.reason)
            bench_fail(bench, "CONNACK refuses with code %d",
                       packet.connack.reason);
        else if (peer->subscriber && bench->plan->workload != BENCH_RETAINED)
            subscribe(peer, MQTT_SUBSCRIBE);
        else
            become_ready(peer);
    } else if (packet.suback.reasons.bytes[0] != bench->plan->qos) {
        bench_fail(bench, "SUBACK grants %d instead of QoS %d",
                   packet.suback.reasons.bytes[0], bench->plan->qos);
    } else if (!peer->ready) {
        become_ready(peer);
    }
}

static void on_packet(struct link *link, const struct frame *frame,
                      uint64_t record_seq)
{
    struct bench_peer *peer = peer_of(link);
    enum mqtt_type type = frame_type(frame);

    (void)record_seq;
    if (type == MQTT_PUBLISH && peer->subscriber) {
        on_publish(peer, frame);
    } else if (peer->ready && peer->filler) {
        bench_fill_settle(peer->bench, frame);
    } else if (type == MQTT_PUBACK || type == MQTT_PUBCOMP) {
        on_acknowledged(peer);
    } else if (type == MQTT_PUBREC || type == MQTT_PUBREL) {
        on_half_way(peer, frame);
    } else if (type == MQTT_CONNACK || type == MQTT_SUBACK) {
        on_greeting(peer, frame);
    } else if (type != MQTT_UNSUBACK) {
        bench_fail(peer->bench, "%s came, which was not asked for",
                   mqtt_type_name(type));
    }
}

static void on_batch_end(struct link *link)
{
    struct bench_peer *peer = peer_of(link);

    peer->batch_ns = 0;
    bench_check(peer->bench);
}

/* --- the connection ------------------------------------------------------- */

static void on_open(struct link *link)
{
    struct bench_peer *peer = peer_of(link);
    struct buf packet = {0};
    char id[40];
    bool durable = peer->subscriber && peer->bench->plan->durable;

    snprintf(id, sizeof(id), "bench-%s-%c%u", peer->bench->token,
             peer->filler       ? 'f'
             : peer->subscriber ? 's'
                                : 'p',
             peer->index);
    /* Before version 5 it is Clean Session: without it a session stays. */
    connect_encode(&packet,
                   &(struct mqtt_connect){.version = peer->bench->plan->version,
                                          .clean_start = !durable,
                                          .client_id = slice_of_string(id)});
    link_send(link, buf_slice(&packet), 0);
    buf_release(&packet);
}

static void on_malformed(struct link *link, enum mqtt_reason reason)
{
    bench_fail(peer_of(link)->bench, "the broker sent a bad packet: %s",
               reason_name(0, reason));
}

static void on_drained(struct link *link)
{
    (void)link; /* the window bounds what waits */
}

static void on_end(struct link *link, int error)
{
    struct bench_peer *peer = peer_of(link);
    const char *text = bench_way_fault(peer->bench, link->transport);

    if (peer->leaving) {
        link_close(link, false);
        return;
    }
    if (!text)
        text = error ? strerror(-error) : "end of stream";
    bench_fail(peer->bench, "%s: %s",
               peer->ready ? "the broker closed a connection"
                           : "cannot connect",
               text);
}

static void on_closed(struct link *link)
{
    struct bench_peer *peer = peer_of(link);

    peer->open = false;
    bench_closed(peer);
}

static const struct link_events events = {
    .on_open = on_open,
    .on_packet = on_packet,
    .on_batch_end = on_batch_end,
    .on_malformed = on_malformed,
    .on_drained = on_drained,
    .on_end = on_end,
    .on_closed = on_closed,
};

int bench_peer_open(struct bench_peer *peer)
{
    struct bench *bench = peer->bench;
    int error = 0;

    peer->ready = false;
    peer->leaving = false;
    peer->opened_ns = clock_read_monotonic_ns();
    link_init(&peer->link, &bench->loop, NULL, &events);
    peer->link.max_packet_size = MQTT_MAX_PACKET_SIZE;
    peer->link.transport = bench_way_open(bench, &peer->link, &error);
    if (!peer->link.transport)
        return error;
    peer->open = true;
    return 0;
}

void bench_peer_leave(struct bench_peer *peer)
{
    static const uint8_t disconnect[] = {MQTT_DISCONNECT << 4, 0};

    if (peer->ready && !peer->leaving)
        link_send(&peer->link, slice_of(disconnect, sizeof(disconnect)), 0);
    peer->leaving = true;
}

void bench_peer_close(struct bench_peer *peer)
{
    if (!peer->open)
        return;
    bench_peer_leave(peer);
    link_close(&peer->link, false);
}

void bench_peer_release(struct bench_peer *peer)
{
    list_remove(&peer->hungry);
    buf_release(&peer->packet);
    free(peer->expected);
}
