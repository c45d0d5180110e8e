#include "wire/dissect_fields.h"

#include "base/slice.h"
#include "wire/dissect_cable.h"
#include "wire/dissect_cable_fields.h"
#include "wire/dissect_values.h"

#include <stddef.h>

#define NUMBER(bytes, name, label, explain)                  \
    {                                                        \
        name, label, FIELD_UINT, bytes, false, NULL, explain \
    }
#define NAMED(bytes, name, label, values, explain)                      \
    {                                                                   \
        name, label, FIELD_UINT, bytes, false, dissect_values_##values, \
            explain                                                     \
    }
#define HEX(bytes, name, label, explain)                    \
    {                                                       \
        name, label, FIELD_UINT, bytes, true, NULL, explain \
    }
#define FLAG(name, label, explain)                                      \
    {                                                                   \
        name, label, FIELD_BOOL, 0, false, dissect_values_flag, explain \
    }
#define TEXT(name, label, explain)                         \
    {                                                      \
        name, label, FIELD_STRING, 0, false, NULL, explain \
    }
#define BYTES(name, label, explain)                       \
    {                                                     \
        name, label, FIELD_BYTES, 0, false, NULL, explain \
    }
#define GROUP(name, label, explain)                       \
    {                                                     \
        name, label, FIELD_GROUP, 0, false, NULL, explain \
    }
#define REASON(name, values, explain) \
    NAMED(1, "mqtt." name ".reason_code", "Reason Code", values, explain)

/* Names, labels and types are those of Wireshark 4.0. */
/* clang-format off */
static const struct field_info table[] = {
[DISSECT_LEN] = NUMBER(8, "mqtt.len", "Msg Len",
    "How many bytes follow in this packet. It takes one to four bytes: seven "
    "bits of each count, the top bit says that another byte comes. "
    "MQTT 5 section 2.1.4."),
[DISSECT_HDRFLAGS] = HEX(1, "mqtt.hdrflags", "Header Flags",
    "The first byte of every packet: its type in the upper four bits, flags "
    "in the lower four. MQTT 5 section 2.1.1."),
[DISSECT_MSGTYPE] = NAMED(1, "mqtt.msgtype", "Message Type", type,
    "Which of the 15 kinds of packet this is. MQTT 5 section 2.1.2."),
[DISSECT_HDR_RESERVED] = NUMBER(1, "mqtt.hdr_reserved", "Reserved",
    "Flags that this type of packet does not use. They have a fixed value: 2 "
    "in PUBREL, SUBSCRIBE and UNSUBSCRIBE, 0 in all others. "
    "MQTT 5 section 2.1.3."),
[DISSECT_RETAIN_RESERVED] = NUMBER(1, "mqtt.retain_reserved", "Reserved",
    "In version 3.1 PUBREL, SUBSCRIBE and UNSUBSCRIBE still had DUP and QoS "
    "flags; the place of RETAIN stayed unused. MQTT 3.1 section 2.1."),
[DISSECT_DUPFLAG] = FLAG("mqtt.dupflag", "DUP Flag",
    "Set when the sender repeats a message because no answer came. It does "
    "not prove that the receiver has seen it before. "
    "MQTT 5 section 3.3.1.1."),
[DISSECT_QOS] = NAMED(1, "mqtt.qos", "QoS Level", qos,
    "How sure the delivery is: 0 sends once and forgets, 1 repeats until it "
    "is acknowledged, 2 makes sure that it arrives exactly once. "
    "MQTT 5 section 3.3.1.2."),
[DISSECT_RETAIN] = FLAG("mqtt.retain", "Retain",
    "From a client: keep this message for later subscribers of the topic. "
    "From the broker: this is such a kept message. MQTT 5 section 3.3.1.3."),
[DISSECT_CONACK_RESERVED] = FLAG("mqtt.conack.flags.reserved", "Reserved",
    "Bits that are not used and must be 0. MQTT 5 section 3.2.2.1."),
[DISSECT_CONACK_FLAGS] = HEX(1, "mqtt.conack.flags", "Acknowledge Flags",
    "The first byte of CONNACK; only its lowest bit has a meaning. "
    "MQTT 5 section 3.2.2.1."),
[DISSECT_CONACK_SP] = FLAG("mqtt.conack.flags.sp", "Session Present",
    "Set when the broker still had a session of this client: its "
    "subscriptions and waiting messages go on. MQTT 5 section 3.2.2.1.1."),
[DISSECT_CONACK_VAL] = NAMED(1, "mqtt.conack.val", "Return Code", return_code,
    "0 when the broker accepts the connection, or why it does not. "
    "MQTT 3.1.1 section 3.2.2.3."),
[DISSECT_MSGID] = NUMBER(2, "mqtt.msgid", "Message Identifier",
    "The number that ties an answer to what it answers. The sender chooses "
    "it, from 1 to 65535, and may use it again when the exchange is over. "
    "The standard calls it Packet Identifier. MQTT 5 section 2.2.1."),
[DISSECT_SUB_QOS] = NAMED(1, "mqtt.sub.qos", "Requested QoS", qos,
    "The highest QoS at which the client wants to get messages for this "
    "filter. MQTT 3.1.1 section 3.8.3."),
[DISSECT_SUBACK_QOS] = NAMED(1, "mqtt.suback.qos", "Granted QoS", granted,
    "The answer to one filter of the SUBSCRIBE, in the same order: the "
    "highest QoS that the broker will use, or 128 for refused. "
    "MQTT 3.1.1 section 3.9.3."),
[DISSECT_TOPIC_LEN] = NUMBER(2, "mqtt.topic_len", "Topic Length",
    "How many bytes the topic has; two bytes in front of every string. "
    "MQTT 5 section 1.5.4."),
[DISSECT_TOPIC] = TEXT("mqtt.topic", "Topic",
    "In PUBLISH the Topic Name, under which the message goes out; in "
    "SUBSCRIBE and UNSUBSCRIBE a Topic Filter, where + stands for one level "
    "and # for all the rest. MQTT 5 sections 3.3.2.1 and 4.7."),
[DISSECT_WILLTOPIC_LEN] = NUMBER(2, "mqtt.willtopic_len", "Will Topic Length",
    "How many bytes the Will Topic has. MQTT 5 section 3.1.3.3."),
[DISSECT_WILLTOPIC] = TEXT("mqtt.willtopic", "Will Topic",
    "Where the broker publishes the Will Message when the client vanishes. "
    "MQTT 5 section 3.1.3.3."),
[DISSECT_WILLMSG] = BYTES("mqtt.willmsg", "Will Message",
    "What the broker publishes for the client when the connection ends "
    "without a normal DISCONNECT. MQTT 5 section 3.1.3.4."),
[DISSECT_WILLMSG_TEXT] = TEXT("mqtt.willmsg_text", "Will Message",
    "The Will Message once more, as text. Wireshark shows it when its "
    "preference \"Show Publish Message as text\" is on. "
    "MQTT 5 section 3.1.3.4."),
[DISSECT_WILLMSG_LEN] = NUMBER(2, "mqtt.willmsg_len", "Will Message Length",
    "How many bytes the Will Message has. MQTT 5 section 3.1.3.4."),
[DISSECT_USERNAME_LEN] = NUMBER(2, "mqtt.username_len", "User Name Length",
    "How many bytes the user name has. MQTT 5 section 3.1.3.5."),
[DISSECT_USERNAME] = TEXT("mqtt.username", "User Name",
    "Who the client says it is, for the broker's password check. Without "
    "TLS everyone on the way can read it. MQTT 5 section 3.1.3.5."),
[DISSECT_PASSWD_LEN] = NUMBER(2, "mqtt.passwd_len", "Password Length",
    "How many bytes the password has. MQTT 5 section 3.1.3.6."),
[DISSECT_PASSWD] = TEXT("mqtt.passwd", "Password",
    "The secret that goes with the user name. MQTT does not encrypt it; only "
    "TLS below MQTT does. MQTT 5 section 3.1.3.6."),
[DISSECT_MSG] = BYTES("mqtt.msg", "Message",
    "The Application Message: what the sender has to say. MQTT does not look "
    "into it; it can be text, a picture or nothing. MQTT 5 section 3.3.3."),
[DISSECT_MSG_TEXT] = TEXT("mqtt.msg_text", "Message",
    "The message once more, as text, when it is text. Wireshark shows it "
    "when its preference \"Show Publish Message as text\" is on. "
    "MQTT 5 section 3.3.3."),
[DISSECT_MSG_DECODED_AS] = TEXT("mqtt.msg_decoded_as", "Message decoded as",
    "The protocol inside the message. It exists only when Wireshark's user "
    "chose a decoder for the topic, so it is never present here. "
    "MQTT 5 section 3.3.3."),
[DISSECT_PROTO_LEN] = NUMBER(2, "mqtt.proto_len", "Protocol Name Length",
    "How many bytes the protocol's name has: 4, or 6 in version 3.1. "
    "MQTT 5 section 3.1.2.1."),
[DISSECT_PROTONAME] = TEXT("mqtt.protoname", "Protocol Name",
    "Always MQTT (MQIsdp in version 3.1), so that a server of another "
    "protocol notices at once that it is not meant. "
    "MQTT 5 section 3.1.2.1."),
[DISSECT_CLIENTID_LEN] = NUMBER(2, "mqtt.clientid_len", "Client ID Length",
    "How many bytes the Client Identifier has; with 0 the broker chooses "
    "one. MQTT 5 section 3.1.3.1."),
[DISSECT_CLIENTID] = TEXT("mqtt.clientid", "Client ID",
    "The name of the client. The broker keeps the session under it, so two "
    "clients with one name throw each other out. MQTT 5 section 3.1.3.1."),
[DISSECT_VER] = NAMED(1, "mqtt.ver", "Version", version,
    "The version of MQTT that the client speaks: 3 is 3.1, 4 is 3.1.1, 5 is "
    "5.0. All later packets of the connection are read by it. "
    "MQTT 5 section 3.1.2.2."),
[DISSECT_CONFLAGS] = HEX(1, "mqtt.conflags", "Connect Flags",
    "Eight bits that say how to connect and which fields follow in the "
    "payload. MQTT 5 section 3.1.2.3."),
[DISSECT_CONFLAG_UNAME] = FLAG("mqtt.conflag.uname", "User Name Flag",
    "Set when a user name follows in the payload. MQTT 5 section 3.1.2.8."),
[DISSECT_CONFLAG_PASSWD] = FLAG("mqtt.conflag.passwd", "Password Flag",
    "Set when a password follows in the payload. MQTT 5 section 3.1.2.9."),
[DISSECT_CONFLAG_RETAIN] = FLAG("mqtt.conflag.retain", "Will Retain",
    "Set when the Will Message is to be kept as the topic's retained "
    "message. MQTT 5 section 3.1.2.7."),
[DISSECT_CONFLAG_QOS] = NAMED(1, "mqtt.conflag.qos", "QoS Level", qos,
    "The QoS with which the Will Message is published. "
    "MQTT 5 section 3.1.2.6."),
[DISSECT_CONFLAG_WILLFLAG] = FLAG("mqtt.conflag.willflag", "Will Flag",
    "Set when the client leaves a Will Message with the broker. "
    "MQTT 5 section 3.1.2.5."),
[DISSECT_CONFLAG_CLEANSESS] = FLAG("mqtt.conflag.cleansess",
    "Clean Session Flag",
    "Set when the broker has to forget an older session of this client and "
    "begin a new one. Version 5 calls it Clean Start. "
    "MQTT 5 section 3.1.2.4."),
[DISSECT_CONFLAG_RESERVED] = FLAG("mqtt.conflag.reserved", "(Reserved)",
    "Not used; a broker closes the connection when it is set. "
    "MQTT 5 section 3.1.2.3."),
[DISSECT_KALIVE] = NUMBER(2, "mqtt.kalive", "Keep Alive",
    "The client promises to send something at least this often, in seconds. "
    "After one and a half times as long in silence the broker takes it for "
    "lost; 0 switches this off. MQTT 5 section 3.1.2.10."),
[DISSECT_OPTIONS] = HEX(1, "mqtt.subscription_options", "Subscription Options",
    "One byte behind each Topic Filter that says how to deliver what "
    "matches. MQTT 5 section 3.8.3.1."),
[DISSECT_OPTIONS_QOS] = NAMED(1, "mqtt.subscription_options_qos", "QoS", qos,
    "The highest QoS at which the client wants to get messages for this "
    "filter. MQTT 5 section 3.8.3.1."),
[DISSECT_OPTIONS_NL] = FLAG("mqtt.subscription_options_nl", "No Local",
    "Set when the client does not want its own messages back. "
    "MQTT 5 section 3.8.3.1."),
[DISSECT_OPTIONS_RAP] = FLAG("mqtt.subscription_options_rap",
    "Retain As Published",
    "Set when forwarded messages keep the RETAIN flag that their publisher "
    "gave them; otherwise it is cleared. MQTT 5 section 3.8.3.1."),
[DISSECT_OPTIONS_RETAIN] = NAMED(1, "mqtt.subscription_options_retain",
    "Retain Handling", retain_handling,
    "Whether retained messages come at once when subscribing: always, only "
    "for a new subscription, or never. MQTT 5 section 3.8.3.1."),
[DISSECT_OPTIONS_RESERVED] = HEX(1, "mqtt.subscription_options_reserved",
    "Reserved", "Bits that are not used and must be 0. "
    "MQTT 5 section 3.8.3.1."),
[DISSECT_CONNACK_REASON] = REASON("connack", connack,
    "0 when the broker accepts the connection; from 128 on, why it does "
    "not. MQTT 5 section 3.2.2.2."),
[DISSECT_PUBACK_REASON] = REASON("puback", puback,
    "What became of the message with QoS 1; from 128 on it was refused. "
    "Left out when it is 0. MQTT 5 section 3.4.2.1."),
[DISSECT_PUBREC_REASON] = REASON("pubrec", puback,
    "What became of the message with QoS 2; from 128 on it was refused and "
    "the exchange ends here. MQTT 5 section 3.5.2.1."),
[DISSECT_PUBREL_REASON] = REASON("pubrel", pubrel,
    "Whether the sender of the message still knows the number that is "
    "released. MQTT 5 section 3.6.2.1."),
[DISSECT_PUBCOMP_REASON] = REASON("pubcomp", pubrel,
    "Whether the receiver still knew the number that was released. "
    "MQTT 5 section 3.7.2.1."),
[DISSECT_SUBACK_REASON] = REASON("suback", suback,
    "The answer to one filter of the SUBSCRIBE, in the same order: the QoS "
    "granted, or from 128 on why it was refused. MQTT 5 section 3.9.3."),
[DISSECT_UNSUBACK_REASON] = REASON("unsuback", unsuback,
    "The answer to one filter of the UNSUBSCRIBE, in the same order. "
    "MQTT 5 section 3.11.3."),
[DISSECT_DISCONNECT_REASON] = REASON("disconnect", disconnect,
    "Why the connection ends. With 0 from the client the broker throws the "
    "Will Message away. MQTT 5 section 3.14.2.1."),
[DISSECT_AUTH_REASON] = REASON("auth", auth,
    "Whether the exchange of authentication data goes on, begins anew, or "
    "has succeeded. MQTT 5 section 3.15.2.1."),
[DISSECT_PROPERTIES] = GROUP("mqtt.properties", "Properties",
    "A list of extras, new in version 5: their total length, then for each "
    "an identifier and a value. MQTT 5 section 2.2.2."),
[DISSECT_WILL_PROPERTIES] = GROUP("mqtt.will_properties", "Will Properties",
    "Extras that belong to the Will Message. MQTT 5 section 3.1.3.2."),
[DISSECT_PROPERTY_LEN] = NUMBER(8, "mqtt.property_len", "Total Length",
    "How many bytes of Properties follow; 0 when there are none. "
    "MQTT 5 section 2.2.2.1."),
[DISSECT_PROPERTY_ID] = {"mqtt.property_id", "ID", FIELD_UINT, 1, true,
    dissect_values_property,
    "Which Property this is; it also decides the kind of value that "
    "follows. MQTT 5 section 2.2.2.2."},
[DISSECT_PROP_NUMBER] = NUMBER(4, "mqtt.prop_number", "Value",
    "The value of a Property that is a number. MQTT 5 section 2.2.2.2."),
[DISSECT_CONTENT_TYPE] = TEXT("mqtt.property.content_type", "Content Type",
    "What kind of data the message holds, often a MIME type such as "
    "application/json. The broker only passes it on. "
    "MQTT 5 section 3.3.2.3.9."),
[DISSECT_MAX_QOS] = NAMED(1, "mqtt.property.max_qos", "QoS", qos,
    "The highest QoS that this broker accepts in PUBLISH. "
    "MQTT 5 section 3.2.2.3.4."),
[DISSECT_TOPIC_ALIAS] = NUMBER(2, "mqtt.property.topic_alias", "Topic Alias",
    "A short number for a topic: sent once together with the topic, it can "
    "stand for it in later messages of the connection. "
    "MQTT 5 section 3.3.2.3.4."),
[DISSECT_PROP_UNKNOWN] = TEXT("mqtt.prop_unknown", "Unknown Property",
    "Bytes behind an identifier that the standard does not have. Nobody can "
    "know how long its value is, so the rest of the list is lost. "
    "MQTT 5 section 2.2.2.2."),
[DISSECT_PROP_STRING_LEN] = NUMBER(4, "mqtt.prop_string_len", "Length",
    "How many bytes the value of the Property has. MQTT 5 section 1.5.4."),
[DISSECT_PROP_STRING] = TEXT("mqtt.prop_string", "Value",
    "The value of a Property that is text or bytes. "
    "MQTT 5 section 2.2.2.2."),
[DISSECT_PROP_KEY_LEN] = NUMBER(4, "mqtt.prop_key_len", "Key Length",
    "How many bytes the name of the User Property has. "
    "MQTT 5 section 1.5.7."),
[DISSECT_PROP_KEY] = TEXT("mqtt.prop_key", "Key",
    "The name of a User Property. Applications choose the names; the same "
    "may come several times. MQTT 5 section 3.3.2.3.7."),
[DISSECT_PROP_VALUE_LEN] = NUMBER(4, "mqtt.prop_value_len", "Value Length",
    "How many bytes the value of the User Property has. "
    "MQTT 5 section 1.5.7."),
[DISSECT_PROP_VALUE] = TEXT("mqtt.prop_value", "Value",
    "The value of a User Property; MQTT gives it no meaning. "
    "MQTT 5 section 3.3.2.3.7."),
[DISSECT_ILLEGAL_TOPIC_LENGTH] = GROUP("mqtt.illegal_topic_length",
    "Length cannot be 0",
    "A topic has at least one character; only with a Topic Alias may it be "
    "left out. MQTT 5 section 4.7.3."),
[DISSECT_UNKNOWN_VERSION] = GROUP("mqtt.unknown_version",
    "Unknown version (missing the CONNECT packet?)",
    "Only CONNECT says which version is spoken. It was not seen, so this "
    "packet is read as one of 3.1.1. MQTT 5 section 3.1.2.2."),
[DISSECT_UNKNOWN_TOPIC_ALIAS] = GROUP("mqtt.unknown_topic_alias",
    "Unknown topic alias",
    "No earlier PUBLISH of this connection gave the alias a topic, so nobody "
    "can tell what the message is about. MQTT 5 section 3.3.2.3.4."),
DISSECT_CABLE_FIELDS
[DISSECT_NO_FIELD] = {NULL, NULL, FIELD_GROUP, 0, false, NULL, NULL},
};
/* clang-format on */

const struct field_info *dissect_fields_info(enum dissect_id id)
{
    return id == DISSECT_NO_FIELD ? NULL : &table[id];
}

bool dissect_fields_is_cable(const struct field_info *info)
{
    return info >= &table[DISSECT_TLS_RECORD] &&
           info < &table[DISSECT_NO_FIELD];
}

const struct field_info *dissect_field_table(void)
{
    return table;
}

const struct field_info *dissect_field_info(const char *name, size_t len)
{
    for (const struct field_info *info = table; info->name; info++) {
        if (slice_equal_string(slice_of(name, len), info->name))
            return info;
    }
    return NULL;
}
