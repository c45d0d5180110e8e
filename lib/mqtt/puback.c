/*
 *               7   6   5   4   3   2   1   0
 *             +---------------+---------------+
 *  byte 1     | type: 4 to 7  | 0   0   X   0 |  X: 1 in PUBREL, else 0
 *             +---------------+---------------+
 *  byte 2..   | Remaining Length              |  2 when nothing more follows
 *             +-------------------------------+
 *             | Packet Identifier, 2 bytes    |
 *             +-------------------------------+
 *             | Reason Code, 1 byte           |  version 5; may be left out
 *             +-------------------------------+  when it is 0x00
 *             | Property Length, 1 to 4 bytes |  version 5; may be left out
 *             | Properties                    |  when there are none
 *             +-------------------------------+
 */
#include "mqtt/puback.h"

#include <assert.h>

#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/writer.h"

enum mqtt_reason puback_decode(struct mqtt_puback *puback,
                               enum mqtt_version version, enum mqtt_type type,
                               struct slice body)
{
    struct reader reader = {.rest = body};

    *puback = (struct mqtt_puback){.packet_id = reader_u16(&reader)};
    if (version >= MQTT_5) {
        /* What is left out is 0x00 and no Properties [MQTT5 3.4.2.1]. */
        if (reader.rest.len > 0)
            puback->reason = reader_u8(&reader);
        if (reader.rest.len > 0)
            puback->properties = property_read(&reader, type);
    }
    reader_end(&reader);

    if (reader.reason)
        return reader.reason;
    if (puback->packet_id == 0)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-2.2.1-5] */
    /* [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] */
    if (puback->reason && !reason_allowed(type, puback->reason))
        return MQTT_PROTOCOL_ERROR;
    return MQTT_SUCCESS;
}

/* The flags of a PUBREL are 0010 [MQTT-3.6.1-1]. */
static uint8_t first_byte(enum mqtt_type type)
{
    return (uint8_t)(type << 4 | (type == MQTT_PUBREL ? 0x02 : 0x00));
}

void puback_put(uint8_t out[4], enum mqtt_type type, uint16_t packet_id)
{
    out[0] = first_byte(type);
    out[1] = 2;
    out[2] = (uint8_t)(packet_id >> 8);
    out[3] = (uint8_t)packet_id;
}

void puback_encode(struct buf *out, enum mqtt_version version,
                   enum mqtt_type type, const struct mqtt_puback *puback)
{
    bool has_properties = puback->properties.len > 0;

    assert(puback->packet_id > 0);
    if (version < MQTT_5 || (!puback->reason && !has_properties)) {
        puback_put(buf_reserve(out, 4), type, puback->packet_id);
        out->len += 4;
        return;
    }
    size_t len = 3 + (has_properties ? property_size(puback->properties) : 0);
    writer_header(out, first_byte(type), (uint32_t)len);
    writer_u16(out, puback->packet_id);
    writer_u8(out, (uint8_t)puback->reason);
    if (has_properties)
        property_write(out, puback->properties);
}
