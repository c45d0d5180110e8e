/*
 * PINGREQ, PINGRESP, DISCONNECT, AUTH [MQTT5 3.12-3.15].
 */
#ifndef MQTT_DISCONNECT_H
#define MQTT_DISCONNECT_H

#include "base/buf.h"
#include "mqtt/reason.h"

/* DISCONNECT and AUTH: a Reason Code and Properties, both may be left out. */
struct mqtt_disconnect {
    enum mqtt_reason reason;
    struct slice properties;
};

/*
 * type is MQTT_DISCONNECT or MQTT_AUTH; *disconnect borrows from body. Returns
 * MQTT_SUCCESS; MQTT_MALFORMED_PACKET for a field that is cut short, for bytes
 * behind the last one, and for an AUTH before version 5; MQTT_PROTOCOL_ERROR
 * for a Reason Code that this packet must not have [MQTT-3.14.2-1]
 * [MQTT-3.15.2-1] and for an AUTH without Authentication Method; or what
 * property_read finds.
 */
enum mqtt_reason disconnect_decode(struct mqtt_disconnect *disconnect,
                                   enum mqtt_version version,
                                   enum mqtt_type type, struct slice body);

/* Append the packet; before version 5 only a DISCONNECT, without reason. */
void disconnect_encode(struct buf *out, enum mqtt_version version,
                       enum mqtt_type type,
                       const struct mqtt_disconnect *disconnect);

/* MQTT_PINGREQ or MQTT_PINGRESP: the body must be empty. */
enum mqtt_reason ping_decode(struct slice body);
void ping_encode(struct buf *out, enum mqtt_type type);

#endif
