/*
 * Any Control Packet: decode and encode by type.
 */
#ifndef MQTT_PACKET_H
#define MQTT_PACKET_H

#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/framer.h"
#include "mqtt/puback.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"

struct mqtt_packet {
    enum mqtt_type type;
    union {
        struct mqtt_connect connect;
        struct mqtt_connack connack;
        struct mqtt_publish publish;
        struct mqtt_puback puback;         /* PUBACK PUBREC PUBREL PUBCOMP */
        struct mqtt_subscribe subscribe;   /* SUBSCRIBE UNSUBSCRIBE */
        struct mqtt_suback suback;         /* SUBACK UNSUBACK */
        struct mqtt_disconnect disconnect; /* DISCONNECT AUTH */
    };
};

/*
 * The framer, which knows no version, lets DUP pass in SUBSCRIBE, UNSUBSCRIBE
 * and PUBREL, where 3.1 allows it and the others do not [MQTT-2.1.3-1].
 */
static inline bool packet_flags_allowed(enum mqtt_version version,
                                        const struct frame *frame)
{
    return version == MQTT_3_1 || frame_type(frame) == MQTT_PUBLISH ||
           !(frame->first & 0x08);
}

/*
 * Decode a frame. version is the connection's; CONNECT carries its own, and
 * it is ignored there. Slices in *packet borrow from the frame. Returns
 * MQTT_SUCCESS or the Reason Code that a DISCONNECT would carry.
 */
enum mqtt_reason packet_decode(struct mqtt_packet *packet,
                               enum mqtt_version version,
                               const struct frame *frame);

/* Append the packet to out. What it says must be valid. */
void packet_encode(struct buf *out, enum mqtt_version version,
                   const struct mqtt_packet *packet);

#endif
