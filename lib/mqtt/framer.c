/*
 *   bit   7 6 5 4   3 2 1 0
 *       +---------+---------+
 *       |  type   |  flags  |   byte 1
 *       +---------+---------+
 *       | Remaining Length  |   1 to 4 bytes
 *       +-------------------+
 *       | body              |   as many bytes as Remaining Length says
 */
#include "mqtt/framer.h"

#include "mqtt/varint.h"

/*
 * The flags that each type must have [MQTT5 2.1.3]; PUBLISH has its own. MQTT
 * 3.1 has DUP in SUBSCRIBE, UNSUBSCRIBE and PUBREL, so that bit alone is not
 * refused there: the framer does not know the version.
 */
static bool flags_valid(uint8_t first)
{
    switch (first >> 4) {
    case 0: return false;
    case MQTT_PUBLISH: return true;
    case MQTT_PUBREL:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE: return (first & 0x07) == 0x02;
    default: return (first & 0x0f) == 0;
    }
}

int framer_next(struct slice in, uint32_t max_size, struct frame *frame)
{
    uint32_t length;

    if (in.len == 0)
        return 0;
    if (!flags_valid(in.bytes[0]))
        /* [MQTT-2.1.3-1] [MQTT-3.14.1-1] [MQTT-3.15.1-1] */
        return -MQTT_MALFORMED_PACKET;

    int used = varint_decode(in.bytes + 1, in.len - 1, &length);
    if (used <= 0)
        return used;

    uint32_t size = 1 + (uint32_t)used + length;
    if (size > max_size)
        return -MQTT_PACKET_TOO_LARGE;
    if (in.len < size)
        return 0;
    frame->first = in.bytes[0];
    frame->whole = slice_first(in, size);
    frame->body = slice_skip(frame->whole, 1 + (size_t)used);
    return (int)size;
}

uint32_t framer_size(struct slice in)
{
    uint32_t length;

    if (in.len < 2)
        return 0;
    int used = varint_decode(in.bytes + 1, in.len - 1, &length);
    return used > 0 ? 1 + (uint32_t)used + length : 0;
}
