#include "wire/track_packet.h"

#include "mqtt/mqtt.h"
#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/varint.h"

/* Properties that say how long the session lives [MQTT5 3.1.2.11.2]. */
static void take_expiry(struct track_packet *packet, struct slice properties)
{
    struct property expiry;

    if (!property_find(properties, PROPERTY_SESSION_EXPIRY_INTERVAL, &expiry))
        return;
    packet->has_expiry = true;
    packet->expiry_s = expiry.number;
}

/* [MQTT5 3.1] */
static void read_connect(struct track_packet *packet, struct reader *reader)
{
    reader_binary(reader); /* Protocol Name */
    uint8_t version = reader_u8(reader);
    if (reader->reason)
        return; /* the connection's stays */
    packet->version = version;
    if (version == (0x80 | MQTT_3_1) || version == (0x80 | MQTT_3_1_1))
        packet->version &= 0x7f; /* a bridge */
    uint8_t flags = reader_u8(reader);
    reader_u16(reader); /* Keep Alive */
    packet->clean = flags & 0x02;
    if (packet->version == MQTT_5)
        take_expiry(packet, property_read(reader, MQTT_CONNECT));
    packet->client_id = reader_binary(reader);
    if (flags & 0x04) {
        if (packet->version == MQTT_5)
            property_read(reader, PROPERTY_IN_WILL);
        reader_binary(reader); /* Will Topic */
        reader_binary(reader); /* Will Payload */
    }
    if (flags & 0x80)
        packet->user_name = reader_binary(reader);
}

/* [MQTT5 3.2] */
static void read_connack(struct track_packet *packet, struct reader *reader)
{
    packet->session_present = reader_u8(reader) & 0x01;
    packet->reason = reader_u8(reader);
    if (packet->version != MQTT_5)
        return;

    struct slice properties = property_read(reader, MQTT_CONNACK);
    take_expiry(packet, properties);
    packet->client_id =
        property_string(properties, PROPERTY_ASSIGNED_CLIENT_IDENTIFIER);
}

/* [MQTT5 3.3] */
static void read_publish(struct track_packet *packet, struct reader *reader)
{
    packet->topic = reader_binary(reader);
    if (packet->qos)
        packet->packet_id = reader_u16(reader);
    if (packet->version != MQTT_5 || !reader->rest.len ||
        !reader->rest.bytes[0])
        return;
    packet->alias = (uint16_t)property_number(
        property_read(reader, MQTT_PUBLISH), PROPERTY_TOPIC_ALIAS, 0);
}

/* [MQTT5 3.8, 3.10] */
static void read_subscribe(struct track_packet *packet, struct reader *reader)
{
    packet->packet_id = reader_u16(reader);
    if (packet->version == MQTT_5)
        property_read(reader, packet->type);
    packet->topic = reader_binary(reader);
}

/* The four acknowledgements of PUBLISH [MQTT5 3.4-3.7]. */
static void read_puback(struct track_packet *packet, struct reader *reader)
{
    packet->packet_id = reader_u16(reader);
    if (packet->version == MQTT_5 && reader->rest.len)
        packet->reason = reader_u8(reader);
}

/* [MQTT5 3.14] */
static void read_disconnect(struct track_packet *packet, struct reader *reader)
{
    if (packet->version != MQTT_5 || !reader->rest.len)
        return;
    packet->reason = reader_u8(reader);
    if (reader->rest.len)
        take_expiry(packet, property_read(reader, MQTT_DISCONNECT));
}

static void read_ack(struct track_packet *packet, struct reader *reader)
{
    packet->packet_id = reader_u16(reader);
}

typedef void read_function(struct track_packet *packet, struct reader *reader);

static read_function *const readers[16] = {
    [MQTT_CONNECT] = read_connect, [MQTT_CONNACK] = read_connack,
    [MQTT_PUBLISH] = read_publish, [MQTT_PUBACK] = read_puback,
    [MQTT_PUBREC] = read_puback,   [MQTT_PUBREL] = read_puback,
    [MQTT_PUBCOMP] = read_puback,  [MQTT_SUBSCRIBE] = read_subscribe,
    [MQTT_SUBACK] = read_ack,      [MQTT_UNSUBSCRIBE] = read_subscribe,
    [MQTT_UNSUBACK] = read_ack,    [MQTT_DISCONNECT] = read_disconnect,
};

void track_packet_read(struct track_packet *packet, struct slice bytes,
                       unsigned version)
{
    uint32_t remaining_length;

    *packet = (struct track_packet){.version = (uint8_t)version};
    if (!bytes.len)
        return;
    packet->type = bytes.bytes[0] >> 4;
    if (packet->type == MQTT_PUBLISH) {
        packet->qos = (bytes.bytes[0] >> 1) & 0x03;
        packet->dup = bytes.bytes[0] & 0x08;
    }

    int size = varint_decode(bytes.bytes + 1, bytes.len - 1, &remaining_length);
    if (size <= 0 || !readers[packet->type])
        return;
    struct reader reader = {.rest = slice_skip(bytes, 1 + (size_t)size)};
    readers[packet->type](packet, &reader);
}
