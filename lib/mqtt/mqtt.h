/*
 * The words of MQTT: protocol versions, Control Packet types, limits.
 */
#ifndef MQTT_MQTT_H
#define MQTT_MQTT_H

#include <stdint.h>

/* The Protocol Version byte of CONNECT. */
enum mqtt_version {
    MQTT_3_1 = 3,   /* Protocol Name "MQIsdp" */
    MQTT_3_1_1 = 4, /* Protocol Name "MQTT" */
    MQTT_5 = 5,     /* Protocol Name "MQTT" */
};

/* Control Packet types, as in the fixed header [MQTT5 2.1.2]. */
enum mqtt_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_PUBACK,
    MQTT_PUBREC,
    MQTT_PUBREL,
    MQTT_PUBCOMP,
    MQTT_SUBSCRIBE,
    MQTT_SUBACK,
    MQTT_UNSUBSCRIBE,
    MQTT_UNSUBACK,
    MQTT_PINGREQ,
    MQTT_PINGRESP,
    MQTT_DISCONNECT,
    MQTT_AUTH, /* version 5 only */
};

/* "CONNECT" and so on; "RESERVED" for anything else. */
const char *mqtt_type_name(unsigned type);

/* "3.1", "3.1.1", "5.0"; "?" for anything else. */
const char *mqtt_version_name(unsigned version);

/* Largest value of Remaining Length and of any Variable Byte Integer. */
#define MQTT_MAX_REMAINING_LENGTH UINT32_C(268435455)

/* Largest packet: fixed header and the largest Remaining Length. */
#define MQTT_MAX_PACKET_SIZE (MQTT_MAX_REMAINING_LENGTH + 5)

#endif
