/*
 *   +---------------+---------+-------+------------+------------+
 *   | Protocol Name | Version | Flags | Keep Alive | Properties |  CONNECT
 *   +---------------+---------+-------+------------+------------+
 *     string          1         1       2            version 5
 *   +-----------+-----------------+------------+----------+-----------+------+
 *   | Client Id | Will Properties | Will Topic | Will Msg | User Name | Pass |
 *   +-----------+-----------------+------------+----------+-----------+------+
 *     string      as the flags say: each only when its flag is set
 *
 *   +-------+-------------+------------+
 *   | Flags | Reason Code | Properties |                             CONNACK
 *   +-------+-------------+------------+
 *     1       1             version 5
 */
#include "wire/dissect_body.h"

#include "mqtt/property.h"

#include <string.h>

struct connect_flags {
    bool user_name;
    bool password;
    bool will;
    bool clean;
};

/* The version that the packet's fields follow. Bridges set the top bit in
   versions 3.1 and 3.1.1. */
static void protocol(struct dissector *d)
{
    struct slice name =
        dissector_string(d, DISSECT_PROTO_LEN, DISSECT_PROTONAME);
    bool old = slice_equal_string(name, "MQIsdp");

    if (!d->stopped && !old && !slice_equal_string(name, "MQTT"))
        dissector_fail(d, RULE_PROTOCOL_NAME); /* [MQTT-3.1.2-1] */

    uint32_t version = dissector_number(d, DISSECT_VER, 1);
    if (d->stopped)
        return;
    if ((version & 0x7f) == MQTT_3_1 || (version & 0x7f) == MQTT_3_1_1)
        version &= 0x7f;
    d->version = version >= MQTT_3_1 && version <= MQTT_5 ? (uint8_t)version
                                                          : MQTT_3_1_1;
    if (version < MQTT_3_1 || version > MQTT_5)
        dissector_fail(d, RULE_VERSION); /* [MQTT-3.1.2-2] */
    else if (old != (version == MQTT_3_1))
        dissector_fail(d, RULE_PROTOCOL_NAME);
}

static void will_flags(struct dissector *d, struct connect_flags *flags)
{
    uint32_t retain = dissector_bits(d, DISSECT_CONFLAG_RETAIN, 0x20);
    uint8_t byte = d->bytes.bytes[d->at];

    flags->will = byte & 0x04;
    /* Version 3.1 looks at its flags only when there is one. */
    bool must_be_0 = !flags->will && d->version > MQTT_3_1;
    if (retain && must_be_0)
        dissector_fail(d, RULE_WILL_RETAIN_WITHOUT_WILL);

    uint32_t qos = dissector_bits(d, DISSECT_CONFLAG_QOS, 0x18);
    if (qos && must_be_0)
        dissector_fail(d, RULE_WILL_QOS_WITHOUT_WILL);
    else if (qos == 3 && (flags->will || must_be_0))
        dissector_fail(d, RULE_WILL_QOS_3); /* [MQTT-3.1.2-12] */
    dissector_bits(d, DISSECT_CONFLAG_WILLFLAG, 0x04);
}

static bool connect_flags(struct dissector *d, struct connect_flags *flags)
{
    size_t byte;

    if (!dissector_byte_begin(d, DISSECT_CONFLAGS, &byte))
        return false;
    flags->user_name = dissector_bits(d, DISSECT_CONFLAG_UNAME, 0x80);
    flags->password = dissector_bits(d, DISSECT_CONFLAG_PASSWD, 0x40);
    if (flags->password && !flags->user_name && d->version < MQTT_5)
        dissector_fail(d, RULE_PASSWORD_WITHOUT_USER);
    will_flags(d, flags);
    flags->clean = dissector_bits(d, DISSECT_CONFLAG_CLEANSESS, 0x02);
    /* The bit is not named in version 3.1. */
    if (dissector_bits(d, DISSECT_CONFLAG_RESERVED, 0x01) &&
        d->version != MQTT_3_1)
        dissector_fail(d, RULE_CONNECT_RESERVED); /* [MQTT-3.1.2-3] */
    dissector_byte_end(d, byte);
    return true;
}

static void will(struct dissector *d)
{
    if (d->version == MQTT_5)
        dissect_properties(d, DISSECT_WILL_PROPERTIES, PROPERTY_IN_WILL);

    uint32_t len = dissector_number(d, DISSECT_WILLTOPIC_LEN, 2);
    if (!d->stopped && len == 0)
        dissector_fail_as(d, RULE_TOPIC_EMPTY, DISSECT_ILLEGAL_TOPIC_LENGTH);
    if (len) {
        struct slice topic = dissector_bytes(d, DISSECT_WILLTOPIC, len);

        if (topic.len)
            dissector_check_text(d, topic);
        if (topic.len && (memchr(topic.bytes, '+', topic.len) ||
                          memchr(topic.bytes, '#', topic.len)))
            dissector_fail(d, RULE_WILL_TOPIC_WILDCARD); /* [MQTT-4.7.0-1] */
    }

    struct slice message =
        dissector_binary(d, DISSECT_WILLMSG_LEN, DISSECT_WILLMSG);
    dissector_as_text(d, DISSECT_WILLMSG_TEXT, message);
}

void dissect_connect(struct dissector *d)
{
    struct connect_flags flags = {0};

    protocol(d);
    if (!connect_flags(d, &flags))
        return;
    dissector_number(d, DISSECT_KALIVE, 2);
    if (d->version == MQTT_5)
        dissect_properties(d, DISSECT_PROPERTIES, MQTT_CONNECT);

    struct slice client_id =
        dissector_string(d, DISSECT_CLIENTID_LEN, DISSECT_CLIENTID);
    if (!d->stopped && client_id.len == 0 &&
        (d->version == MQTT_3_1 || (d->version == MQTT_3_1_1 && !flags.clean)))
        dissector_fail(d, RULE_CLIENT_ID_EMPTY);
    if (flags.will)
        will(d);
    if (flags.user_name)
        dissector_string(d, DISSECT_USERNAME_LEN, DISSECT_USERNAME);
    if (flags.password) /* binary data: any bytes are right */
        dissector_binary(d, DISSECT_PASSWD_LEN, DISSECT_PASSWD);
}

static void acknowledge_flags(struct dissector *d)
{
    size_t byte;

    if (!dissector_byte_begin(d, DISSECT_CONACK_FLAGS, &byte))
        return;
    if (dissector_bits(d, DISSECT_CONACK_RESERVED, 0xfe))
        dissector_fail(d, RULE_CONNACK_RESERVED); /* [MQTT-3.2.2-1] */

    /* The code is the next byte; the error belongs to this bit. */
    if (dissector_bits(d, DISSECT_CONACK_SP, 0x01) &&
        d->at + 1 < d->bytes.len && d->at + 1 < d->end &&
        d->bytes.bytes[d->at + 1])
        dissector_fail(d, RULE_SESSION_PRESENT_REFUSED); /* [MQTT-3.2.2-6] */
    dissector_byte_end(d, byte);
}

void dissect_connack(struct dissector *d)
{
    if (d->version == MQTT_3_1) {
        if (dissector_number(d, DISSECT_CONACK_RESERVED, 1))
            dissector_fail(d, RULE_CONNACK_RESERVED_3_1);
    } else {
        acknowledge_flags(d);
    }
    if (d->version < MQTT_5) {
        enum dissect_id id =
            d->strange ? DISSECT_CONNACK_REASON : DISSECT_CONACK_VAL;

        if (dissector_number(d, id, 1) > 5)
            dissector_fail(d, RULE_RETURN_CODE);
        return;
    }
    dissect_reason(d, DISSECT_CONNACK_REASON, RULE_CONNACK_REASON);
    dissect_properties(d, DISSECT_PROPERTIES, MQTT_CONNACK);
}
