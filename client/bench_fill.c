/*
 * What is there before a benchmark begins: Topic Filters that match nothing of
 * it, or retained messages. Another client brings it, in batches.
 */
#include "client/bench_state.h"
#include "mqtt/packet.h"

#include <stdio.h>
#include <string.h>

/* In one SUBSCRIBE. */
#define FILTERS_AT_ONCE 500u

/* Retained messages under way. */
#define MESSAGES_AT_ONCE 200u

/* So many have one level in common: trees have both, width and depth. */
#define BELOW_ONE 100u

static uint32_t left(const struct bench *bench)
{
    return bench->plan->stored - bench->filled;
}

/* ---- filters ---- */

/* They begin as the topics that are published, and half of them with a
   wildcard, but all are one level too deep to match. */
static void put_filter(struct bench *bench, struct buf *filters)
{
    uint32_t number = bench->filled++;
    char filter[64];

    snprintf(filter, sizeof(filter), "bench/%s/%u/f%u",
             number % 2 ? "+" : bench->token, number / BELOW_ONE, number);
    subscribe_put(
        filters, MQTT_SUBSCRIBE,
        &(struct mqtt_subscription){.topic_filter = slice_of_string(filter)});
}

static void send_filters(struct bench *bench)
{
    struct mqtt_subscribe subscribe = {.packet_id = 1};
    struct buf filters = {0};
    struct buf packet = {0};

    for (; left(bench) && subscribe.count < FILTERS_AT_ONCE; subscribe.count++)
        put_filter(bench, &filters);
    subscribe.filters = buf_slice(&filters);
    subscribe_encode(&packet, bench->plan->version, MQTT_SUBSCRIBE, &subscribe);
    link_send(&bench->filler.link, buf_slice(&packet), 0);
    buf_release(&filters);
    buf_release(&packet);
}

/* ---- retained messages ---- */

static void send_message(struct bench *bench)
{
    const struct bench_plan *plan = bench->plan;
    uint32_t number = bench->filled++;
    struct buf payload = {0};
    struct buf packet = {0};
    char topic[64];

    snprintf(topic, sizeof(topic), "bench/%s/%u/r%u", bench->token,
             number / BELOW_ONE, number);
    memset(buf_reserve(&payload, plan->payload_bytes), 0, plan->payload_bytes);
    payload.len = plan->payload_bytes;
    if (payload.len >= BENCH_SEQUENCE_BYTES)
        memcpy(payload.bytes + 12, &number, 4);
    publish_encode(
        &packet, plan->version,
        &(struct mqtt_publish){.qos = 1,
                               .retain = true,
                               .packet_id = (uint16_t)(number % 65535 + 1),
                               .topic = slice_of_string(topic),
                               .payload = buf_slice(&payload)});
    link_send(&bench->filler.link, buf_slice(&packet), 0);
    bench->fill_bytes += strlen(topic) + payload.len;
    buf_release(&payload);
    buf_release(&packet);
}

/* ---- both ---- */

static bool stores_messages(const struct bench *bench)
{
    return bench->plan->workload == BENCH_RETAINED ||
           bench->plan->workload == BENCH_MESSAGES;
}

static void send_more(struct bench *bench)
{
    if (!stores_messages(bench) && left(bench))
        send_filters(bench);
    while (stores_messages(bench) && left(bench) &&
           bench->filled - bench->settled < MESSAGES_AT_ONCE)
        send_message(bench);
}

void bench_fill_begin(struct bench *bench)
{
    send_more(bench);
}

/* Were all filters of a SUBSCRIBE granted? */
static bool all_granted(const struct bench *bench, const struct frame *frame)
{
    struct mqtt_packet packet;

    if (packet_decode(&packet, bench->plan->version, frame))
        return false;
    for (size_t i = 0; i < packet.suback.reasons.len; i++) {
        if (packet.suback.reasons.bytes[i] > MQTT_GRANTED_QOS_2)
            return false;
    }
    return true;
}

void bench_fill_settle(struct bench *bench, const struct frame *frame)
{
    enum mqtt_type type = frame_type(frame);

    if (type == MQTT_PUBACK) {
        bench->settled++;
    } else if (type == MQTT_SUBACK && all_granted(bench, frame)) {
        bench->settled = bench->filled;
    } else {
        bench_fail(bench, "the broker does not take what is to be stored: %s",
                   mqtt_type_name(type));
        return;
    }
    if (bench->settled == bench->plan->stored)
        bench_filled(bench);
    else
        send_more(bench);
}
