/*
 *   bit   7    6 5 4 3 2 1 0
 *       +----+---------------+
 *       |more| seven bits    |   1 to 4 such bytes, low bits first
 *       +----+---------------+
 */
#include "mqtt/varint.h"

#include "mqtt/mqtt.h"
#include "mqtt/reason.h"

#include <assert.h>

int varint_decode(const uint8_t *in, size_t len, uint32_t *value)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < 4; i++) {
        if (i == len)
            return 0;
        sum |= (uint32_t)(in[i] & 0x7f) << (7 * i);
        if (in[i] & 0x80)
            continue;
        if (i > 0 && in[i] == 0)
            return -MQTT_MALFORMED_PACKET; /* [MQTT-1.5.5-1] */
        *value = sum;
        return (int)i + 1;
    }
    return -MQTT_MALFORMED_PACKET;
}

size_t varint_encode(uint8_t *out, uint32_t value)
{
    size_t count = 0;

    assert(value <= MQTT_MAX_REMAINING_LENGTH);
    do {
        out[count] = value & 0x7f;
        value >>= 7;
        if (value)
            out[count] |= 0x80;
        count++;
    } while (value);
    return count;
}

size_t varint_size(uint32_t value)
{
    return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : 4;
}
