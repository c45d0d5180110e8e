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
 * Decode the body of a CONNECT; the packet says its own version. On
 * MQTT_UNSUPPORTED_PROTOCOL_VERSION, version holds the byte that came, so the
 * answer can be written for it [MQTT-3.1.2-2]. A Client Identifier of length 0
 * is not judged here. In 3.1 it has 1 to 23 characters by the letter of
 * the standard; deployed clients send more, so only emptiness is refused, with
 * MQTT_CLIENT_IDENTIFIER_NOT_VALID.
 */
enum mqtt_reason connect_decode(struct mqtt_connect *connect,
                                struct slice body);
void connect_encode(struct buf *out, const struct mqtt_connect *connect);

enum mqtt_reason connack_decode(struct mqtt_connack *connack,
                                enum mqtt_version version, struct slice body);
void connack_encode(struct buf *out, enum mqtt_version version,
                    const struct mqtt_connack *connack);

/* The return code of 3.1 and 3.1.1 that says a Reason Code best. */
enum connack_code connack_code_3(enum mqtt_reason reason);

#endif
