#include "wire/dissect_values.h"

#include "mqtt/property.h"

#include <stddef.h>

static const char *name_of(const char *const *names, size_t count,
                           uint64_t value)
{
    return value < count ? names[value] : NULL;
}

#define NAME_OF(names, value) \
    name_of(names, sizeof(names) / sizeof((names)[0]), value)

const char *dissect_values_type(uint64_t value)
{
    static const char *const names[] = {
        "Reserved",
        "Connect Command",
        "Connect Ack",
        "Publish Message",
        "Publish Ack",
        "Publish Received",
        "Publish Release",
        "Publish Complete",
        "Subscribe Request",
        "Subscribe Ack",
        "Unsubscribe Request",
        "Unsubscribe Ack",
        "Ping Request",
        "Ping Response",
        "Disconnect Req",
        "Authentication Exchange",
    };

    return NAME_OF(names, value);
}

const char *dissect_values_qos(uint64_t value)
{
    static const char *const names[] = {
        "At most once delivery (Fire and Forget)",
        "At least once delivery (Acknowledged deliver)",
        "Exactly once delivery (Assured Delivery)",
        "Reserved",
    };

    return NAME_OF(names, value);
}

const char *dissect_values_granted(uint64_t value)
{
    return value == 0x80 ? "Failure" : dissect_values_qos(value);
}

const char *dissect_values_flag(uint64_t value)
{
    return value ? "Set" : "Not set";
}

const char *dissect_values_version(uint64_t value)
{
    static const char *const names[] = {
        NULL, NULL, NULL, "MQTT v3.1", "MQTT v3.1.1", "MQTT v5.0",
    };

    return NAME_OF(names, value);
}

const char *dissect_values_return_code(uint64_t value)
{
    static const char *const names[] = {
        "Connection Accepted",
        "Connection Refused: unacceptable protocol version",
        "Connection Refused: identifier rejected",
        "Connection Refused: server unavailable",
        "Connection Refused: bad user name or password",
        "Connection Refused: not authorized",
    };

    return NAME_OF(names, value);
}

const char *dissect_values_retain_handling(uint64_t value)
{
    static const char *const names[] = {
        "Send msgs at subscription time",
        "Send msgs if subscription does not exist",
        "Do not send msgs at subscription time",
        "Reserved",
    };

    return NAME_OF(names, value);
}

const char *dissect_values_property(uint64_t value)
{
    /* Wireshark kept the name that a draft of the standard gave this one. */
    if (value == PROPERTY_MESSAGE_EXPIRY_INTERVAL)
        return "Publication Expiry Interval";

    const struct property_info *info =
        value <= UINT32_MAX ? property_info((uint32_t)value) : NULL;

    return info ? info->name : NULL;
}

enum {
    IN_CONNACK = 1,
    IN_PUBACK = 2,
    IN_PUBREL = 4,
    IN_SUBACK = 8,
    IN_UNSUBACK = 16,
    IN_DISCONNECT = 32,
    IN_AUTH = 64,
};

struct reason {
    uint8_t code;
    uint8_t packets; /* where the name is used */
    const char *name;
};

/* clang-format off */
static const struct reason reasons[] = {
    {0x00, IN_CONNACK | IN_PUBACK | IN_PUBREL | IN_UNSUBACK | IN_AUTH,
           "Success"},
    {0x00, IN_SUBACK, "Granted QoS 0"},
    {0x00, IN_DISCONNECT, "Normal disconnection"},
    {0x01, IN_SUBACK, "Granted QoS 1"},
    {0x02, IN_SUBACK, "Granted QoS 2"},
    {0x04, IN_DISCONNECT, "Disconnect with Will Message"},
    {0x10, IN_PUBACK, "No matching subscribers"},
    {0x11, IN_UNSUBACK, "No subscription existed"},
    {0x18, IN_AUTH, "Continue authentication"},
    {0x19, IN_AUTH, "Re-authenticate"},
    {0x80, IN_CONNACK | IN_PUBACK | IN_SUBACK | IN_UNSUBACK | IN_DISCONNECT,
           "Unspecified error"},
    {0x81, IN_CONNACK | IN_DISCONNECT, "Malformed Packet"},
    {0x82, IN_CONNACK | IN_DISCONNECT, "Protocol Error"},
    {0x83, IN_CONNACK | IN_PUBACK | IN_SUBACK | IN_UNSUBACK | IN_DISCONNECT,
           "Implementation specific error"},
    {0x84, IN_CONNACK, "Unsupported Protocol Version"},
    {0x85, IN_CONNACK, "Client Identifier not valid"},
    {0x86, IN_CONNACK, "Bad User Name or Password"},
    {0x87, IN_CONNACK | IN_PUBACK | IN_SUBACK | IN_UNSUBACK | IN_DISCONNECT,
           "Not authorized"},
    {0x88, IN_CONNACK, "Server unavailable"},
    {0x89, IN_CONNACK | IN_DISCONNECT, "Server busy"},
    {0x8a, IN_CONNACK, "Banned"},
    {0x8b, IN_DISCONNECT, "Server shutting down"},
    {0x8c, IN_CONNACK | IN_DISCONNECT, "Bad authentication method"},
    {0x8d, IN_DISCONNECT, "Keep Alive timeout"},
    {0x8e, IN_DISCONNECT, "Session taken over"},
    {0x8f, IN_SUBACK | IN_UNSUBACK | IN_DISCONNECT, "Topic Filter invalid"},
    {0x90, IN_CONNACK | IN_PUBACK | IN_DISCONNECT, "Topic Name invalid"},
    {0x91, IN_PUBACK | IN_SUBACK | IN_UNSUBACK, "Packet Identifier in use"},
    {0x92, IN_PUBREL, "Packet Identifier not found"},
    {0x93, IN_DISCONNECT, "Receive Maximum exceeded"},
    {0x94, IN_DISCONNECT, "Topic Alias invalid"},
    {0x95, IN_CONNACK | IN_DISCONNECT, "Packet too large"},
    {0x96, IN_DISCONNECT, "Message rate too high"},
    {0x97, IN_CONNACK | IN_PUBACK | IN_SUBACK | IN_DISCONNECT,
           "Quota exceeded"},
    {0x98, IN_DISCONNECT, "Administrative action"},
    {0x99, IN_CONNACK | IN_PUBACK | IN_DISCONNECT, "Payload format invalid"},
    {0x9a, IN_CONNACK | IN_DISCONNECT, "Retain not supported"},
    {0x9b, IN_CONNACK | IN_DISCONNECT, "QoS not supported"},
    {0x9c, IN_CONNACK | IN_DISCONNECT, "Use another server"},
    {0x9d, IN_CONNACK | IN_DISCONNECT, "Server moved"},
    {0x9e, IN_SUBACK | IN_DISCONNECT, "Shared Subscription not supported"},
    {0x9f, IN_CONNACK | IN_DISCONNECT, "Connection rate exceeded"},
    {0xa0, IN_DISCONNECT, "Maximum connect time"},
    {0xa1, IN_SUBACK | IN_DISCONNECT,
           "Subscription Identifiers not supported"},
    {0xa2, IN_SUBACK | IN_DISCONNECT, "Wildcard Subscription not supported"},
};
/* clang-format on */

static const char *reason_in(uint64_t value, unsigned packet)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].code == value && reasons[i].packets & packet)
            return reasons[i].name;
    }
    return NULL;
}

const char *dissect_values_connack(uint64_t value)
{
    return reason_in(value, IN_CONNACK);
}

const char *dissect_values_puback(uint64_t value)
{
    return reason_in(value, IN_PUBACK);
}

const char *dissect_values_pubrel(uint64_t value)
{
    return reason_in(value, IN_PUBREL);
}

const char *dissect_values_suback(uint64_t value)
{
    return reason_in(value, IN_SUBACK);
}

const char *dissect_values_unsuback(uint64_t value)
{
    return reason_in(value, IN_UNSUBACK);
}

const char *dissect_values_disconnect(uint64_t value)
{
    return reason_in(value, IN_DISCONNECT);
}

const char *dissect_values_auth(uint64_t value)
{
    return reason_in(value, IN_AUTH);
}
