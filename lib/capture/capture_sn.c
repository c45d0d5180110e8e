#include "capture/capture_sn.h"

#include <stdio.h>

/* Names of message types [MQTT-SN 5.2.2]; NULL: reserved. */
static const char *type_name(unsigned type)
{
    static const char *const names[] = {
        "ADVERTISE",   "SEARCHGW",    "GWINFO",       NULL,
        "CONNECT",     "CONNACK",     "WILLTOPICREQ", "WILLTOPIC",
        "WILLMSGREQ",  "WILLMSG",     "REGISTER",     "REGACK",
        "PUBLISH",     "PUBACK",      "PUBCOMP",      "PUBREC",
        "PUBREL",      NULL,          "SUBSCRIBE",    "SUBACK",
        "UNSUBSCRIBE", "UNSUBACK",    "PINGREQ",      "PINGRESP",
        "DISCONNECT",  NULL,          "WILLTOPICUPD", "WILLTOPICRESP",
        "WILLMSGUPD",  "WILLMSGRESP",
    };

    if (type == 0xfe)
        return "forwarded message";
    return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* The type of the message, or -1: its length is one byte, or 1 and two
   bytes. */
static int message_type(struct slice bytes)
{
    if (bytes.len >= 2 && bytes.bytes[0] >= 2 &&
        (bytes.bytes[0] == bytes.len || bytes.bytes[1] == 0xfe))
        return bytes.bytes[1];
    if (bytes.len >= 4 && bytes.bytes[0] == 1 &&
        (size_t)(bytes.bytes[1] << 8 | bytes.bytes[2]) == bytes.len)
        return bytes.bytes[3];
    return -1;
}

void capture_sn_take(struct capture *capture,
                     const struct capture_datagram *datagram)
{
    struct slice bytes = datagram->payload;
    struct capture_address source = datagram->source;
    struct capture_address destination = datagram->destination;
    char text[100];

    if (bytes.len < 8)
        return;
    source.port = (uint16_t)(bytes.bytes[0] << 8 | bytes.bytes[1]);
    destination.port = (uint16_t)(bytes.bytes[2] << 8 | bytes.bytes[3]);
    if (capture_protocol_at(capture, source.port) != CAPTURE_MQTT &&
        capture_protocol_at(capture, destination.port) != CAPTURE_MQTT)
        return;
    bytes = slice_skip(bytes, 8);
    int type = message_type(bytes);
    const char *name = type < 0 ? NULL : type_name((unsigned)type);
    if (!name)
        return;

    struct buf *out = &capture->attributes;
    record_begin(out, EVENT_MQTT_SN);
    snprintf(text, sizeof(text), "%s, %zu bytes", name, bytes.len);
    record_put_string(out, RECORD_TEXT, text);
    capture_address_text(&source, datagram->is_ipv6, text, sizeof(text));
    record_put_string(out, RECORD_PEER, text);
    capture_address_text(&destination, datagram->is_ipv6, text, sizeof(text));
    record_put_string(out, RECORD_LOCAL, text);
    capture_emit_attributes(capture, RECORD_EVT, NULL, &capture->now);
}
