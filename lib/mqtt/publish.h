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
    struct slice topic; /* empty when a Topic Alias stands for it */
    struct slice properties;
    struct slice payload;
};

/* flags: the low four bits of the first byte. */
enum mqtt_reason publish_decode(struct mqtt_publish *publish,
                                enum mqtt_version version, uint8_t flags,
                                struct slice body);
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
