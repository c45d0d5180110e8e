/*
 *  CONNECT          7   6   5   4   3   2   1   0
 *                 +---------------+---------------+
 *  byte 1         | 0   0   0   1 | 0   0   0   0 |
 *                 +---------------+---------------+
 *  byte 2..       | Remaining Length              |
 *                 +-------------------------------+
 *                 | 0 4 "MQTT", or in version 3.1 |  Protocol Name
 *                 | 0 6 "MQIsdp"                  |
 *                 +-------------------------------+
 *                 | 3, 4 or 5                     |  Protocol Version
 *                 +---+---+---+-------+---+---+---+
 *  Connect Flags  |usr|pwd|wrt| w.QoS |wil|cln| 0 |
 *                 +---+---+---+-------+---+---+---+
 *                 | Keep Alive, 2 bytes           |  seconds
 *                 +-------------------------------+
 *                 | Properties                    |  version 5
 *                 +-------------------------------+
 *                 | Client Identifier             |
 *                 +-------------------------------+
 *                 | Will Properties               |  version 5, if wil
 *                 | Will Topic                    |  if wil
 *                 | Will Payload                  |  if wil
 *                 +-------------------------------+
 *                 | User Name                     |  if usr
 *                 +-------------------------------+
 *                 | Password                      |  if pwd
 *                 +-------------------------------+
 *
 *  CONNACK          7   6   5   4   3   2   1   0
 *                 +---------------+---------------+
 *  byte 1         | 0   0   1   0 | 0   0   0   0 |
 *                 +---------------+---------------+
 *  byte 2..       | Remaining Length              |
 *                 +---------------------------+---+
 *                 | 0   0   0   0   0   0   0 |SP |  Session Present
 *                 +---------------------------+---+
 *                 | Reason Code or return code    |
 *                 +-------------------------------+
 *                 | Properties                    |  version 5
 *                 +-------------------------------+
 */
#include "mqtt/connect.h"

#include <assert.h>
#include <string.h>

#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/topic.h"
#include "mqtt/writer.h"

enum {
    FLAG_RESERVED = 0x01,
    FLAG_CLEAN_START = 0x02,
    FLAG_WILL = 0x04,
    FLAG_WILL_QOS = 0x18,
    FLAG_WILL_QOS_SHIFT = 3,
    FLAG_WILL_RETAIN = 0x20,
    FLAGS_OF_WILL = FLAG_WILL_QOS | FLAG_WILL_RETAIN,
    FLAG_PASSWORD = 0x40,
    FLAG_USER_NAME = 0x80,
    VERSION_BRIDGE = 0x80,
};

static const char *protocol_name(enum mqtt_version version)
{
    return version == MQTT_3_1 ? "MQIsdp" : "MQTT";
}

/*
 * Protocol Name and Protocol Version. A name that is none of ours is answered
 * like a version that is none of ours [MQTT-3.1.2-1] [MQTT-3.1.2-2].
 */
static void read_version(struct reader *reader, struct mqtt_connect *connect)
{
    struct slice name = reader_binary(reader);
    uint8_t byte = reader_u8(reader);

    connect->version = byte;
    if (byte == (VERSION_BRIDGE | MQTT_3_1) ||
        byte == (VERSION_BRIDGE | MQTT_3_1_1)) {
        connect->bridge = true;
        connect->version = byte & ~VERSION_BRIDGE;
    }
    if (connect->version < MQTT_3_1 || connect->version > MQTT_5 ||
        !slice_equal_string(name, protocol_name(connect->version)))
        reader_fail(reader, MQTT_UNSUPPORTED_PROTOCOL_VERSION);
}

static enum mqtt_reason judge_flags(enum mqtt_version version, uint8_t flags)
{
    /* Version 3.1 calls the bit unused and asks for no value. */
    if ((flags & FLAG_RESERVED) && version > MQTT_3_1)
        return MQTT_MALFORMED_PACKET; /* [MQTT-3.1.2-3] */
    if ((flags & FLAG_WILL_QOS) == FLAG_WILL_QOS)
        return MQTT_MALFORMED_PACKET; /* [MQTT-3.1.2-12] */
    /* No Will: its QoS and RETAIN are 0 [MQTT-3.1.2-11] [MQTT-3.1.2-13]. */
    if (!(flags & FLAG_WILL) && (flags & FLAGS_OF_WILL))
        return MQTT_MALFORMED_PACKET;
    /* Version 5 allows a Password alone [MQTT5 3.1.2.9]. */
    if (version < MQTT_5 && (flags & FLAG_PASSWORD) &&
        !(flags & FLAG_USER_NAME))
        return MQTT_PROTOCOL_ERROR; /* [MQTT311-3.1.2-22] */
    return MQTT_SUCCESS;
}

static void read_will(struct reader *reader, enum mqtt_version version,
                      struct mqtt_will *will)
{
    if (version >= MQTT_5)
        will->properties = property_read(reader, PROPERTY_IN_WILL);
    will->topic = reader_string(reader); /* [MQTT-3.1.3-11] */
    will->payload = reader_binary(reader);
    if (!reader->reason && !topic_name_valid(will->topic))
        reader_fail(reader, MQTT_TOPIC_NAME_INVALID); /* [MQTT-4.7.3-1] */
}

static void read_payload(struct reader *reader, struct mqtt_connect *connect,
                         uint8_t flags)
{
    connect->client_id = reader_string(reader); /* [MQTT-3.1.3-4] */
    if (connect->will.set)
        read_will(reader, connect->version, &connect->will);
    /*
     * In version 3.1 the Remaining Length wins over the flags: older clients
     * set them without sending the fields.
     */
    if (connect->version == MQTT_3_1 && reader->rest.len == 0)
        flags &= (uint8_t) ~(FLAG_USER_NAME | FLAG_PASSWORD);
    if (flags & FLAG_USER_NAME) {
        connect->has_user_name = true;
        connect->user_name = reader_string(reader); /* [MQTT-3.1.3-12] */
    }
    if (connect->version == MQTT_3_1 && reader->rest.len == 0)
        return;
    if (flags & FLAG_PASSWORD) {
        connect->has_password = true;
        connect->password = reader_binary(reader);
    }
}

enum mqtt_reason connect_decode(struct mqtt_connect *connect, struct slice body)
{
    struct reader reader = {.rest = body};

    *connect = (struct mqtt_connect){0};
    read_version(&reader, connect);
    uint8_t flags = reader_u8(&reader);
    if (reader.reason)
        return reader.reason;
    /* Version 3.1 looks at the flags of a Will only when there is one. */
    if (connect->version == MQTT_3_1 && !(flags & FLAG_WILL))
        flags &= (uint8_t)~FLAGS_OF_WILL;
    enum mqtt_reason reason = judge_flags(connect->version, flags);
    if (reason)
        return reason;

    connect->clean_start = flags & FLAG_CLEAN_START;
    connect->will.set = flags & FLAG_WILL;
    connect->will.qos = (flags & FLAG_WILL_QOS) >> FLAG_WILL_QOS_SHIFT;
    connect->will.retain = flags & FLAG_WILL_RETAIN;
    connect->keep_alive_s = reader_u16(&reader);
    if (connect->version >= MQTT_5)
        connect->properties = property_read(&reader, MQTT_CONNECT);
    read_payload(&reader, connect, flags);
    reader_end(&reader);

    if (reader.reason)
        return reader.reason;
    if (connect->version == MQTT_3_1 && connect->client_id.len == 0)
        return MQTT_CLIENT_IDENTIFIER_NOT_VALID;
    return MQTT_SUCCESS;
}

static uint8_t connect_flags(const struct mqtt_connect *connect)
{
    unsigned flags = 0;

    if (connect->clean_start)
        flags |= FLAG_CLEAN_START;
    if (connect->will.set) {
        assert(connect->will.qos <= 2);
        flags |= FLAG_WILL;
        flags |= (unsigned)connect->will.qos << FLAG_WILL_QOS_SHIFT;
        if (connect->will.retain)
            flags |= FLAG_WILL_RETAIN;
    }
    if (connect->has_user_name)
        flags |= FLAG_USER_NAME;
    if (connect->has_password)
        flags |= FLAG_PASSWORD;
    return (uint8_t)flags;
}

static size_t connect_length(const struct mqtt_connect *connect)
{
    size_t len = 2 + strlen(protocol_name(connect->version)) + 4;

    len += 2 + connect->client_id.len;
    if (connect->version >= MQTT_5)
        len += property_size(connect->properties);
    if (connect->will.set) {
        if (connect->version >= MQTT_5)
            len += property_size(connect->will.properties);
        len += 2 + connect->will.topic.len + 2 + connect->will.payload.len;
    }
    if (connect->has_user_name)
        len += 2 + connect->user_name.len;
    if (connect->has_password)
        len += 2 + connect->password.len;
    return len;
}

void connect_encode(struct buf *out, const struct mqtt_connect *connect)
{
    bool has_properties = connect->version >= MQTT_5;
    size_t len = connect_length(connect);

    assert(len <= MQTT_MAX_REMAINING_LENGTH);
    assert(!connect->bridge || !has_properties);
    assert(has_properties || connect->has_user_name || !connect->has_password);
    writer_header(out, MQTT_CONNECT << 4, (uint32_t)len);
    writer_binary(out, slice_of_string(protocol_name(connect->version)));
    writer_u8(out, (uint8_t)(connect->version |
                             (connect->bridge ? VERSION_BRIDGE : 0)));
    writer_u8(out, connect_flags(connect));
    writer_u16(out, connect->keep_alive_s);
    if (has_properties)
        property_write(out, connect->properties);
    /* The order of the payload is fixed [MQTT-3.1.3-1]. */
    writer_binary(out, connect->client_id);
    if (connect->will.set) {
        if (has_properties)
            property_write(out, connect->will.properties);
        writer_binary(out, connect->will.topic);
        writer_binary(out, connect->will.payload);
    }
    if (connect->has_user_name)
        writer_binary(out, connect->user_name);
    if (connect->has_password)
        writer_binary(out, connect->password);
}

enum mqtt_reason connack_decode(struct mqtt_connack *connack,
                                enum mqtt_version version, struct slice body)
{
    struct reader reader = {.rest = body};
    uint8_t flags = reader_u8(&reader);

    /* In version 3.1 the byte is unused and says nothing. */
    if (version == MQTT_3_1)
        flags = 0;
    *connack = (struct mqtt_connack){.session_present = flags & 0x01};
    connack->reason = reader_u8(&reader);
    if (version >= MQTT_5)
        connack->properties = property_read(&reader, MQTT_CONNACK);
    reader_end(&reader);

    if (reader.reason)
        return reader.reason;
    if (flags > 1)
        return MQTT_MALFORMED_PACKET; /* [MQTT-3.2.2-1] */
    if (version >= MQTT_5 ? !reason_allowed(MQTT_CONNACK, connack->reason)
                          : connack->reason > CONNACK_NOT_AUTHORIZED)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-3.2.2-8] */
    if (connack->session_present && connack->reason)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-3.2.2-6] */
    return MQTT_SUCCESS;
}

void connack_encode(struct buf *out, enum mqtt_version version,
                    const struct mqtt_connack *connack)
{
    size_t len = 2;

    if (version >= MQTT_5)
        len += property_size(connack->properties);
    writer_header(out, MQTT_CONNACK << 4, (uint32_t)len);
    writer_u8(out, connack->session_present && version > MQTT_3_1);
    writer_u8(out, connack->reason);
    if (version >= MQTT_5)
        property_write(out, connack->properties);
}

enum connack_code connack_code_3(enum mqtt_reason reason)
{
    static const struct {
        enum mqtt_reason reason;
        enum connack_code code;
    } codes[] = {
        {MQTT_SUCCESS,                      CONNACK_ACCEPTED                 },
        {MQTT_UNSUPPORTED_PROTOCOL_VERSION,
         CONNACK_UNACCEPTABLE_PROTOCOL_VERSION                               },
        {MQTT_CLIENT_IDENTIFIER_NOT_VALID,  CONNACK_IDENTIFIER_REJECTED      },
        {MQTT_BAD_USER_NAME_OR_PASSWORD,    CONNACK_BAD_USER_NAME_OR_PASSWORD},
        {MQTT_BAD_AUTHENTICATION_METHOD,    CONNACK_NOT_AUTHORIZED           },
        {MQTT_NOT_AUTHORIZED,               CONNACK_NOT_AUTHORIZED           },
        {MQTT_BANNED,                       CONNACK_NOT_AUTHORIZED           },
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].reason == reason)
            return codes[i].code;
    }
    return CONNACK_SERVER_UNAVAILABLE;
}
