#include "mqtt/mqtt.h"

const char *mqtt_type_name(unsigned type)
{
    static const char *const names[] = {
        "RESERVED",  "CONNECT",  "CONNACK",     "PUBLISH",
        "PUBACK",    "PUBREC",   "PUBREL",      "PUBCOMP",
        "SUBSCRIBE", "SUBACK",   "UNSUBSCRIBE", "UNSUBACK",
        "PINGREQ",   "PINGRESP", "DISCONNECT",  "AUTH",
    };

    return names[type <= MQTT_AUTH ? type : 0];
}

const char *mqtt_version_name(unsigned version)
{
    switch (version) {
    case MQTT_3_1: return "3.1";
    case MQTT_3_1_1: return "3.1.1";
    case MQTT_5: return "5.0";
    default: return "?";
    }
}
