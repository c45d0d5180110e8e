/*
 * All packets: decode, encode, decode and encode again; both encodings are the
 * same. The input is a version (its first byte) and a stream of packets.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/packet.h"
#include "mqtt/property.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Visit the filters as a handler does. */
static void read_filters(const struct mqtt_subscribe *subscribe,
                         enum mqtt_type type)
{
    struct slice filters = subscribe->filters;
    struct mqtt_subscription one;
    size_t count = 0;
    struct buf again = {0};

    for (; subscribe_next(&filters, type, &one); count++)
        subscribe_put(&again, type, &one);
    assert(count == subscribe->count && count > 0);
    assert(slice_equal(buf_slice(&again), subscribe->filters));
    buf_release(&again);
}

static void check(const struct mqtt_packet *packet, enum mqtt_version version)
{
    struct buf once = {0};
    struct buf twice = {0};
    struct frame frame;
    struct mqtt_packet again;

    if (packet->type == MQTT_CONNECT)
        version = packet->connect.version;
    if (packet->type == MQTT_SUBSCRIBE || packet->type == MQTT_UNSUBSCRIBE)
        read_filters(&packet->subscribe, packet->type);
    packet_encode(&once, version, packet);
    if (packet->type == MQTT_PUBLISH)
        assert(publish_size(version, &packet->publish) == once.len);
    int used = framer_next(buf_slice(&once), MQTT_MAX_PACKET_SIZE, &frame);
    assert(used == (int)once.len);
    assert(packet_decode(&again, version, &frame) == MQTT_SUCCESS);
    packet_encode(&twice, version, &again);
    assert(slice_equal(buf_slice(&once), buf_slice(&twice)));
    buf_release(&once);
    buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    enum mqtt_version version = (enum mqtt_version)(MQTT_3_1 + bytes[0] % 3);
    struct slice in = slice_of(bytes + 1, len - 1);
    struct frame frame;
    int used;

    while ((used = framer_next(in, MQTT_MAX_PACKET_SIZE, &frame)) > 0) {
        struct mqtt_packet packet;

        if (packet_decode(&packet, version, &frame) == MQTT_SUCCESS)
            check(&packet, version);
        in = slice_skip(in, (size_t)used);
    }
    return 0;
}
