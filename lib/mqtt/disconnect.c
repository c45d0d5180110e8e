/*
 *               7   6   5   4   3   2   1   0
 *             +---------------+---------------+
 *  byte 1     | type: 12..15  | 0   0   0   0 |
 *             +---------------+---------------+
 *  byte 2..   | Remaining Length              |  0: nothing follows
 *             +-------------------------------+
 *             | Reason Code, 1 byte           |  DISCONNECT, AUTH in version 5
 *             +-------------------------------+
 *             | Property Length, 1 to 4 bytes |
 *             | Properties                    |
 *             +-------------------------------+
 *
 * PINGREQ (12) and PINGRESP (13) are two bytes in every version, and so is
 * DISCONNECT (14) before version 5. AUTH (15) is new in version 5. A DISCONNECT
 * may end after its Reason Code; both may end before it, which means 0x00.
 */
#include "mqtt/disconnect.h"

#include <assert.h>

#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/writer.h"

enum mqtt_reason disconnect_decode(struct mqtt_disconnect *disconnect,
                                   enum mqtt_version version,
                                   enum mqtt_type type, struct slice body)
{
    struct reader reader = {.rest = body};

    *disconnect = (struct mqtt_disconnect){0};
    if (version < MQTT_5) /* type 15 is reserved there [MQTT311 2.2.1] */
        return type == MQTT_AUTH || body.len > 0 ? MQTT_MALFORMED_PACKET
                                                 : MQTT_SUCCESS;
    if (body.len == 0) /* [MQTT5 3.14.2.1, 3.15.2.1] */
        return MQTT_SUCCESS;

    disconnect->reason = reader_u8(&reader);
    if (type == MQTT_AUTH || reader.rest.len > 0) /* [MQTT5 3.14.2.2.1] */
        disconnect->properties = property_read(&reader, type);
    reader_end(&reader);

    if (reader.reason)
        return reader.reason;
    /* [MQTT-3.14.2-1] [MQTT-3.15.2-1] */
    if (!reason_allowed(type, disconnect->reason))
        return MQTT_PROTOCOL_ERROR;
    struct property method;
    /* An AUTH with Properties names the method [MQTT5 3.15.2.2.2]. */
    if (type == MQTT_AUTH &&
        !property_find(disconnect->properties, PROPERTY_AUTHENTICATION_METHOD,
                       &method))
        return MQTT_PROTOCOL_ERROR;
    return MQTT_SUCCESS;
}

void disconnect_encode(struct buf *out, enum mqtt_version version,
                       enum mqtt_type type,
                       const struct mqtt_disconnect *disconnect)
{
    bool has_properties = disconnect->properties.len > 0;
    bool has_reason = disconnect->reason || has_properties;
    uint8_t first = (uint8_t)(type << 4);

    assert(version >= MQTT_5 || type == MQTT_DISCONNECT);
    if (version < MQTT_5 || !has_reason) {
        writer_header(out, first, 0);
        return;
    }
    /* In AUTH the Property Length stands even when it is 0. */
    if (type == MQTT_AUTH)
        has_properties = true;
    size_t len =
        1 + (has_properties ? property_size(disconnect->properties) : 0);
    writer_header(out, first, (uint32_t)len);
    writer_u8(out, (uint8_t)disconnect->reason);
    if (has_properties)
        property_write(out, disconnect->properties);
}

enum mqtt_reason ping_decode(struct slice body)
{
    return body.len > 0 ? MQTT_MALFORMED_PACKET : MQTT_SUCCESS;
}

void ping_encode(struct buf *out, enum mqtt_type type)
{
    writer_header(out, (uint8_t)(type << 4), 0);
}
