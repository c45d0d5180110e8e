/*
 * CONNECT and CONNACK [MQTT5 3.1, 3.2].
 */
#ifndef MQTT_CONNECT_H
#define MQTT_CONNECT_H

#include "base/buf.h"
#include "mqtt/reason.h"

struct mqtt_will {
    bool set;
    uint8_t qos;
    bool retain;
    struct slice properties; /* Will Properties [3.1.3.2] */
    struct slice topic;
    struct slice payload;
};

struct mqtt_connect {
    enum mqtt_version version;
    bool bridge; /* top bit of the version byte, which bridges set in 3.x */
    bool clean_start; /* Clean Session in 3.1 and 3.1.1 */
    uint16_t keep_alive_s;
    struct slice properties;
    struct slice client_id;
    struct mqtt_will will;
    bool has_user_name;
    struct slice user_name;
    bool has_password;
    struct slice password;
};

struct mqtt_connack {
    bool session_present; /* always false in 3.1 */
    uint8_t reason;       /* Reason Code, or return code 0..5 in 3.1, 3.1.1 */
    struct slice properties;
};

/* CONNACK return codes of 3.1 and 3.1.1 [MQTT311 3.2.2.3]. */
enum connack_code {
    CONNACK_ACCEPTED,
    CONNACK_UNACCEPTABLE_PROTOCOL_VERSION,
    CONNACK_IDENTIFIER_REJECTED,
    CONNACK_SERVER_UNAVAILABLE,
    CONNACK_BAD_USER_NAME_OR_PASSWORD,
    CONNACK_NOT_AUTHORIZED,
};

/*
 * Decode what follows the fixed header of a CONNECT; the packet says its own
 * version. Slices in *connect borrow from body. Returns MQTT_SUCCESS, or the
 * Reason Code for the CONNACK:
 * MQTT_UNSUPPORTED_PROTOCOL_VERSION; version holds the byte that came, so the
 * answer can be written for it [MQTT-3.1.2-2];
 * MQTT_MALFORMED_PACKET for flags that contradict each other, for a field that
 * is cut short or no UTF-8, and for bytes behind the last one;
 * MQTT_PROTOCOL_ERROR for a Password without User Name before version 5
 * [MQTT311-3.1.2-22];
 * MQTT_TOPIC_NAME_INVALID for the Will Topic;
 * MQTT_CLIENT_IDENTIFIER_NOT_VALID for an empty Client Identifier in 3.1,
 * which asks for 1 to 23 characters: deployed clients send more. In later
 * versions it is not judged here;
 * what property_read finds wrong with the Properties.
 */
enum mqtt_reason connect_decode(struct mqtt_connect *connect,
                                struct slice body);

/* Append the packet, which must be one that connect_decode would take. */
void connect_encode(struct buf *out, const struct mqtt_connect *connect);

/*
 * version is that of the CONNECT. Slices borrow from body. Returns
 * MQTT_SUCCESS, MQTT_MALFORMED_PACKET, or MQTT_PROTOCOL_ERROR for a code that
 * a CONNACK must not have.
 */
enum mqtt_reason connack_decode(struct mqtt_connack *connack,
                                enum mqtt_version version, struct slice body);
void connack_encode(struct buf *out, enum mqtt_version version,
                    const struct mqtt_connack *connack);

/* The return code of 3.1 and 3.1.1 that says a Reason Code best. */
enum connack_code connack_code_3(enum mqtt_reason reason);

#endif
