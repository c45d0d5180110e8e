/*
 *               7   6   5   4   3   2   1   0
 *             +---------------+---------------+
 *  byte 1     | type          | flags         |
 *             +---------------+---------------+
 *  byte 2..   | Remaining Length, 1..4 bytes  |
 *             +-------------------------------+
 *             | body: as the type says        |
 *             +-------------------------------+
 */
#include "mqtt/packet.h"

enum mqtt_reason packet_decode(struct mqtt_packet *packet,
                               enum mqtt_version version,
                               const struct frame *frame)
{
    enum mqtt_type type = frame_type(frame);

    packet->type = type;
    if (!packet_flags_allowed(version, frame))
        return MQTT_MALFORMED_PACKET;
    switch (type) {
    case MQTT_CONNECT: return connect_decode(&packet->connect, frame->body);
    case MQTT_CONNACK:
        return connack_decode(&packet->connack, version, frame->body);
    case MQTT_PUBLISH:
        return publish_decode(&packet->publish, version, frame->first & 0x0f,
                              frame->body);
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
        return puback_decode(&packet->puback, version, type, frame->body);
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
        return subscribe_decode(&packet->subscribe, version, type, frame->body);
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
        return suback_decode(&packet->suback, version, type, frame->body);
    case MQTT_PINGREQ:
    case MQTT_PINGRESP: return ping_decode(frame->body);
    case MQTT_DISCONNECT:
    case MQTT_AUTH:
        return disconnect_decode(&packet->disconnect, version, type,
                                 frame->body);
    }
    return MQTT_MALFORMED_PACKET; /* type 0 is reserved [MQTT5 2.1.2] */
}

void packet_encode(struct buf *out, enum mqtt_version version,
                   const struct mqtt_packet *packet)
{
    enum mqtt_type type = packet->type;

    switch (type) {
    case MQTT_CONNECT: connect_encode(out, &packet->connect); return;
    case MQTT_CONNACK: connack_encode(out, version, &packet->connack); return;
    case MQTT_PUBLISH: publish_encode(out, version, &packet->publish); return;
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
        puback_encode(out, version, type, &packet->puback);
        return;
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
        subscribe_encode(out, version, type, &packet->subscribe);
        return;
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
        suback_encode(out, version, type, &packet->suback);
        return;
    case MQTT_PINGREQ:
    case MQTT_PINGRESP: ping_encode(out, type); return;
    case MQTT_DISCONNECT:
    case MQTT_AUTH:
        disconnect_encode(out, version, type, &packet->disconnect);
        return;
    }
}
