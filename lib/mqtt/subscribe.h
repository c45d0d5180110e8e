/*
 * SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK [MQTT5 3.8-3.11].
 */
#ifndef MQTT_SUBSCRIBE_H
#define MQTT_SUBSCRIBE_H

#include "base/buf.h"
#include "mqtt/reason.h"

/* One Topic Filter with its Subscription Options [3.8.3.1]. */
struct mqtt_subscription {
    struct slice topic_filter;
    uint8_t qos;
    bool no_local; /* the rest: version 5 only */
    bool retain_as_published;
    uint8_t retain_handling; /* 0 send, 1 send if new, 2 do not send */
};

/* Both SUBSCRIBE and UNSUBSCRIBE; the list was checked by the decoder. */
struct mqtt_subscribe {
    uint16_t packet_id;
    struct slice properties;
    struct slice filters; /* as encoded; read it with subscribe_next */
    size_t count;         /* Topic Filters in it, at least 1 */
};

/* Both SUBACK and UNSUBACK. */
struct mqtt_suback {
    uint16_t packet_id;
    struct slice properties;
    struct slice reasons; /* one byte a filter; empty in UNSUBACK before 5 */
};

/*
 * type is MQTT_SUBSCRIBE or MQTT_UNSUBSCRIBE; body is what follows the fixed
 * header, and *subscribe borrows from it. Returns MQTT_SUCCESS, or the Reason
 * Code to end the connection with:
 * MQTT_MALFORMED_PACKET for a field that is cut short or no UTF-8, for reserved
 * bits in the Subscription Options [MQTT-3.8.3-5], and for a Topic Filter that
 * is none (MQTT_TOPIC_FILTER_INVALID is for those that are correctly formed and
 * not allowed [MQTT5 3.9.3]);
 * MQTT_PROTOCOL_ERROR for Packet Identifier 0 [MQTT-2.2.1-3], no filter at all
 * [MQTT-3.8.3-2] [MQTT-3.10.3-2], and in version 5 for QoS 3, Retain Handling
 * 3, or No Local on a shared subscription [MQTT-3.8.3-4];
 * what property_read finds wrong with the Properties.
 */
enum mqtt_reason subscribe_decode(struct mqtt_subscribe *subscribe,
                                  enum mqtt_version version,
                                  enum mqtt_type type, struct slice body);

/* Take the next filter from *filters; false at the end. */
bool subscribe_next(struct slice *filters, enum mqtt_type type,
                    struct mqtt_subscription *subscription);

/* Append one filter to a list for subscribe_encode. */
void subscribe_put(struct buf *filters, enum mqtt_type type,
                   const struct mqtt_subscription *subscription);

/* Append the packet; the list has at least one filter. */
void subscribe_encode(struct buf *out, enum mqtt_version version,
                      enum mqtt_type type,
                      const struct mqtt_subscribe *subscribe);

/*
 * type is MQTT_SUBACK or MQTT_UNSUBACK; *suback borrows from body. Returns
 * MQTT_SUCCESS; MQTT_MALFORMED_PACKET; MQTT_PROTOCOL_ERROR for Packet
 * Identifier 0, no code at all, and a code that this packet must not have
 * [MQTT-3.9.3-2] [MQTT-3.11.3-2]; or what property_read finds.
 */
enum mqtt_reason suback_decode(struct mqtt_suback *suback,
                               enum mqtt_version version, enum mqtt_type type,
                               struct slice body);
void suback_encode(struct buf *out, enum mqtt_version version,
                   enum mqtt_type type, const struct mqtt_suback *suback);

#endif
