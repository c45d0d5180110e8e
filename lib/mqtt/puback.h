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

/* type is MQTT_PUBACK, MQTT_PUBREC, MQTT_PUBREL or MQTT_PUBCOMP. */
enum mqtt_reason puback_decode(struct mqtt_puback *puback,
                               enum mqtt_version version, enum mqtt_type type,
                               struct slice body);
void puback_encode(struct buf *out, enum mqtt_version version,
                   enum mqtt_type type, const struct mqtt_puback *puback);

/* The commonest case, four bytes: no reason and no Properties. */
void puback_put(uint8_t out[4], enum mqtt_type type, uint16_t packet_id);

#endif
