/*
 * PUBACK, PUBREC, PUBREL, PUBCOMP: four packets of one layout [MQTT5 3.4-3.7].
 */
#ifndef MQTT_PUBACK_H
#define MQTT_PUBACK_H

#include "base/buf.h"
#include "mqtt/reason.h"

struct mqtt_puback {
    uint16_t packet_id;
    enum mqtt_reason reason; /* always 0 before version 5 */
    struct slice properties;
};

/*
 * type is MQTT_PUBACK, MQTT_PUBREC, MQTT_PUBREL or MQTT_PUBCOMP; body is what
 * follows the fixed header, and *puback borrows from it. Returns MQTT_SUCCESS;
 * MQTT_MALFORMED_PACKET for a field that is cut short and for bytes behind the
 * last one; MQTT_PROTOCOL_ERROR for Packet Identifier 0 and for a Reason Code
 * that this packet must not have [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1]
 * [MQTT-3.7.2-1]; or what property_read finds.
 */
enum mqtt_reason puback_decode(struct mqtt_puback *puback,
                               enum mqtt_version version, enum mqtt_type type,
                               struct slice body);

/* Append the packet; its Packet Identifier is not 0. Before version 5 reason
   and Properties are left out. */
void puback_encode(struct buf *out, enum mqtt_version version,
                   enum mqtt_type type, const struct mqtt_puback *puback);

/* The commonest case, four bytes: no reason and no Properties. */
void puback_put(uint8_t out[4], enum mqtt_type type, uint16_t packet_id);

#endif
