#include "mqtt/reason.h"

#include <stddef.h>

#define IN(type)     (1u << MQTT_##type)
#define ACKNOWLEDGES (IN(PUBACK) | IN(PUBREC))
#define SUBSCRIBES   (IN(SUBACK) | IN(UNSUBACK))

/* [MQTT5 2.4, table 2-6] */
struct row {
    uint8_t reason;
    uint16_t packets;
    const char *name;
};

/* clang-format off */
static const struct row rows[] = {
    {0x00, IN(CONNACK) | ACKNOWLEDGES | IN(PUBREL) | IN(PUBCOMP) |
           IN(UNSUBACK) | IN(AUTH), "Success"},
    {0x00, IN(DISCONNECT), "Normal disconnection"},
    {0x00, IN(SUBACK), "Granted QoS 0"},
    {0x01, IN(SUBACK), "Granted QoS 1"},
    {0x02, IN(SUBACK), "Granted QoS 2"},
    {0x04, IN(DISCONNECT), "Disconnect with Will Message"},
    {0x10, ACKNOWLEDGES, "No matching subscribers"},
    {0x11, IN(UNSUBACK), "No subscription existed"},
    {0x18, IN(AUTH), "Continue authentication"},
    {0x19, IN(AUTH), "Re-authenticate"},
    {0x80, IN(CONNACK) | ACKNOWLEDGES | SUBSCRIBES | IN(DISCONNECT),
     "Unspecified error"},
    {0x81, IN(CONNACK) | IN(DISCONNECT), "Malformed Packet"},
    {0x82, IN(CONNACK) | IN(DISCONNECT), "Protocol Error"},
    {0x83, IN(CONNACK) | ACKNOWLEDGES | SUBSCRIBES | IN(DISCONNECT),
     "Implementation specific error"},
    {0x84, IN(CONNACK), "Unsupported Protocol Version"},
    {0x85, IN(CONNACK), "Client Identifier not valid"},
    {0x86, IN(CONNACK), "Bad User Name or Password"},
    {0x87, IN(CONNACK) | ACKNOWLEDGES | SUBSCRIBES | IN(DISCONNECT),
     "Not authorized"},
    {0x88, IN(CONNACK), "Server unavailable"},
    {0x89, IN(CONNACK) | IN(DISCONNECT), "Server busy"},
    {0x8a, IN(CONNACK), "Banned"},
    {0x8b, IN(DISCONNECT), "Server shutting down"},
    {0x8c, IN(CONNACK) | IN(DISCONNECT), "Bad authentication method"},
    {0x8d, IN(DISCONNECT), "Keep Alive timeout"},
    {0x8e, IN(DISCONNECT), "Session taken over"},
    {0x8f, SUBSCRIBES | IN(DISCONNECT), "Topic Filter invalid"},
    {0x90, IN(CONNACK) | ACKNOWLEDGES | IN(DISCONNECT), "Topic Name invalid"},
    {0x91, ACKNOWLEDGES | SUBSCRIBES, "Packet Identifier in use"},
    {0x92, IN(PUBREL) | IN(PUBCOMP), "Packet Identifier not found"},
    {0x93, IN(DISCONNECT), "Receive Maximum exceeded"},
    {0x94, IN(DISCONNECT), "Topic Alias invalid"},
    {0x95, IN(CONNACK) | IN(DISCONNECT), "Packet too large"},
    {0x96, IN(DISCONNECT), "Message rate too high"},
    {0x97, IN(CONNACK) | ACKNOWLEDGES | IN(SUBACK) | IN(DISCONNECT),
     "Quota exceeded"},
    {0x98, IN(DISCONNECT), "Administrative action"},
    {0x99, IN(CONNACK) | ACKNOWLEDGES | IN(DISCONNECT),
     "Payload format invalid"},
    {0x9a, IN(CONNACK) | IN(DISCONNECT), "Retain not supported"},
    {0x9b, IN(CONNACK) | IN(DISCONNECT), "QoS not supported"},
    {0x9c, IN(CONNACK) | IN(DISCONNECT), "Use another server"},
    {0x9d, IN(CONNACK) | IN(DISCONNECT), "Server moved"},
    {0x9e, IN(SUBACK) | IN(DISCONNECT), "Shared Subscriptions not supported"},
    {0x9f, IN(CONNACK) | IN(DISCONNECT), "Connection rate exceeded"},
    {0xa0, IN(DISCONNECT), "Maximum connect time"},
    {0xa1, IN(SUBACK) | IN(DISCONNECT),
     "Subscription Identifiers not supported"},
    {0xa2, IN(SUBACK) | IN(DISCONNECT),
     "Wildcard Subscriptions not supported"},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const char *reason_name(enum mqtt_type type, unsigned reason)
{
    const char *name = "unknown Reason Code";
    bool found = false;

    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].reason != reason)
            continue;
        if (rows[i].packets >> type & 1)
            return rows[i].name;
        if (!found)
            name = rows[i].name;
        found = true;
    }
    return name;
}

bool reason_allowed(enum mqtt_type type, unsigned reason)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].reason == reason && rows[i].packets >> type & 1)
            return true;
    }
    return false;
}
