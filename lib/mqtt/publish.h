/*
 * PUBLISH [MQTT5 3.3].
 */
#ifndef MQTT_PUBLISH_H
#define MQTT_PUBLISH_H

#include "base/buf.h"
#include "mqtt/reason.h"

struct mqtt_publish {
    bool dup;
    uint8_t qos;
    bool retain;
    uint16_t packet_id; /* 0 at QoS 0 */
    struct slice topic; /* empty when a Topic Alias alone stands for it */
    struct slice properties;
    struct slice payload;
};

/*
 * Decode what follows the fixed header; flags are the low four bits of its
 * first byte. Slices in *publish borrow from body. Returns MQTT_SUCCESS, or
 * the Reason Code to end the connection with:
 * MQTT_MALFORMED_PACKET for QoS 3 [MQTT-3.3.1-4], for a field that is cut
 * short, and for a Topic Name that is not UTF-8 [MQTT-3.3.2-1];
 * MQTT_TOPIC_NAME_INVALID for one with a wildcard [MQTT-3.3.2-2], and before
 * version 5 for an empty one;
 * MQTT_PROTOCOL_ERROR for DUP at QoS 0 [MQTT-3.3.1-2], which only 3.1 allows,
 * for Packet Identifier 0 [MQTT-2.2.1-3], and for an empty Topic Name without
 * Topic Alias;
 * what property_read finds wrong with the Properties.
 */
enum mqtt_reason publish_decode(struct mqtt_publish *publish,
                                enum mqtt_version version, uint8_t flags,
                                struct slice body);

/* Append the packet, which must be one that publish_decode would take. Before
   version 5 its Properties are left out. */
void publish_encode(struct buf *out, enum mqtt_version version,
                    const struct mqtt_publish *publish);

/*
 * The packet without its payload, for a payload that is sent from where it
 * lies: publish->payload.len counts into the Remaining Length.
 */
void publish_encode_head(struct buf *out, enum mqtt_version version,
                         const struct mqtt_publish *publish);

/* Size of the whole packet with its fixed header. */
size_t publish_size(enum mqtt_version version,
                    const struct mqtt_publish *publish);

#endif
