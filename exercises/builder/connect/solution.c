#include "mqtt/connect.h"

#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/topic.h"

static void read_version(struct reader *reader, struct mqtt_connect *connect)
{
    struct slice name = reader_binary(reader);
    uint8_t byte = reader_u8(reader);

    connect->bridge = byte == 0x83 || byte == 0x84;
    connect->version = connect->bridge ? byte & 0x7f : byte;
    bool known = connect->version >= MQTT_3_1 && connect->version <= MQTT_5;
    const char *want = connect->version == MQTT_3_1 ? "MQIsdp" : "MQTT";
    if (!known || !slice_equal_string(name, want))
        reader_fail(reader, MQTT_UNSUPPORTED_PROTOCOL_VERSION);
}

static enum mqtt_reason judge_flags(enum mqtt_version version, uint8_t flags)
{
    bool will = flags & 0x04;
    unsigned will_qos = flags >> 3 & 3;
    bool will_retain = flags & 0x20;

    if (flags & 0x01 && version > MQTT_3_1)
        return MQTT_MALFORMED_PACKET;
    if (will_qos == 3)
        return MQTT_MALFORMED_PACKET;
    if (!will && (will_qos || will_retain))
        return MQTT_MALFORMED_PACKET;
    if (version < MQTT_5 && (flags & 0xc0) == 0x40)
        return MQTT_PROTOCOL_ERROR;
    return MQTT_SUCCESS;
}

static void read_will(struct reader *reader, struct mqtt_connect *connect)
{
    struct mqtt_will *will = &connect->will;

    if (connect->version >= MQTT_5)
        will->properties = property_read(reader, PROPERTY_IN_WILL);
    will->topic = reader_string(reader);
    will->payload = reader_binary(reader);
    if (!reader->reason && !topic_name_valid(will->topic))
        reader_fail(reader, MQTT_TOPIC_NAME_INVALID);
}

/* In 3.1 a flag may be set and its field missing. */
static bool comes(const struct reader *reader, enum mqtt_version version,
                  uint8_t flag)
{
    return flag && (version > MQTT_3_1 || reader->rest.len > 0);
}

enum mqtt_reason connect_decode(struct mqtt_connect *connect, struct slice body)
{
    struct reader reader = {.rest = body};

    *connect = (struct mqtt_connect){0};
    read_version(&reader, connect);
    uint8_t flags = reader_u8(&reader);
    if (connect->version == MQTT_3_1 && !(flags & 0x04))
        flags &= 0xc7; /* nobody looks at what the Will would have */
    enum mqtt_reason reason = judge_flags(connect->version, flags);
    if (reader.reason || reason)
        return reader.reason ? reader.reason : reason;

    connect->clean_start = flags & 0x02;
    connect->will.set = flags & 0x04;
    connect->will.qos = flags >> 3 & 3;
    connect->will.retain = flags & 0x20;
    connect->keep_alive_s = reader_u16(&reader);
    if (connect->version >= MQTT_5)
        connect->properties = property_read(&reader, MQTT_CONNECT);
    connect->client_id = reader_string(&reader);
    if (connect->will.set)
        read_will(&reader, connect);
    connect->has_user_name = comes(&reader, connect->version, flags & 0x80);
    if (connect->has_user_name)
        connect->user_name = reader_string(&reader);
    connect->has_password = comes(&reader, connect->version, flags & 0x40);
    if (connect->has_password)
        connect->password = reader_binary(&reader);
    reader_end(&reader);
    if (!reader.reason && connect->version == MQTT_3_1 &&
        connect->client_id.len == 0)
        return MQTT_CLIENT_IDENTIFIER_NOT_VALID;
    return reader.reason;
}
