#include "mqtt/varint.h"

#include "mqtt/mqtt.h"
#include "mqtt/reason.h"

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
            return -MQTT_MALFORMED_PACKET;
        *value = sum;
        return (int)i + 1;
    }
    return -MQTT_MALFORMED_PACKET;
}

size_t varint_encode(uint8_t *out, uint32_t value)
{
    size_t count = 0;

    while (value >= 128) {
        out[count++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[count++] = (uint8_t)value;
    return count;
}

size_t varint_size(uint32_t value)
{
    uint8_t bytes[4];

    return varint_encode(bytes, value);
}
