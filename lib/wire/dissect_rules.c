#include "wire/dissect_rules.h"

#include "mqtt/mqtt.h"

#include <stddef.h>

/* clang-format off */
static const struct dissect_rule_info table[RULE_COUNT] = {
[RULE_MISSING] = {
    "bytes are missing: the packet should go on here",
    NULL, NULL, "MQTT 5 section 2.1.4"},
[RULE_TRAILING] = {
    "bytes follow that the length in the header does not count",
    NULL, NULL, "MQTT 5 section 2.1.4"},
[RULE_LEFT_OVER] = {
    "bytes are left over behind the last field of the packet",
    NULL, NULL, "MQTT 5 section 2.1.4"},
[RULE_OVERRUN] = {
    "the field needs more bytes than the packet has left",
    NULL, NULL, "MQTT 5 section 2.1.4"},
[RULE_LENGTH_TOO_LONG] = {
    "a length takes at most four bytes, but a fifth is announced",
    NULL, NULL, "MQTT 5 section 1.5.5"},
[RULE_LENGTH_NOT_SHORTEST] = {
    "the number has to be written with as few bytes as possible",
    "MQTT-1.5.5-1", NULL, "MQTT 3.1.1 section 2.2.3"},
[RULE_RESERVED_TYPE] = {
    "packet type 0 is reserved and must not be sent",
    NULL, NULL, "MQTT 5 section 2.1.2"},
[RULE_AUTH_BEFORE_5] = {
    "packet type 15 exists only since version 5",
    NULL, NULL, "MQTT 3.1.1 section 2.2.1"},
[RULE_DIRECTION] = {
    "this packet is only sent in the other direction",
    NULL, NULL, "MQTT 5 section 2.1.2"},
[RULE_FLAGS_0] = {
    "the reserved flags of this packet must be 0",
    "MQTT-2.1.3-1", "MQTT311-2.2.2-1", NULL},
[RULE_FLAGS_2] = {
    "the reserved flags of this packet must be 2 (bits 0010)",
    "MQTT-2.1.3-1", "MQTT311-2.2.2-1", NULL},
[RULE_FLAGS_3_1] = {
    "in version 3.1 this packet has QoS 1 and its lowest bit is 0",
    NULL, NULL, "MQTT 3.1 section 2.1"},
[RULE_PACKET_ID_0] = {
    "a Packet Identifier must not be 0",
    "MQTT-2.2.1-3", "MQTT311-2.3.1-1", NULL},
[RULE_PACKET_ID_0_BROKER] = {
    "a Packet Identifier of the broker must not be 0",
    "MQTT-2.2.1-4", "MQTT311-2.3.1-1", NULL},
[RULE_UTF8] = {
    "the text is not well-formed UTF-8",
    "MQTT-1.5.4-1", "MQTT311-1.5.3-1", NULL},
[RULE_NUL] = {
    "text must not contain the character U+0000",
    "MQTT-1.5.4-2", "MQTT311-1.5.3-2", NULL},

[RULE_PROTOCOL_NAME] = {
    "the name must be MQTT, or MQIsdp in version 3.1",
    "MQTT-3.1.2-1", "MQTT311-3.1.2-1", NULL},
[RULE_VERSION] = {
    "there is no such version of MQTT: 3 is 3.1, 4 is 3.1.1, 5 is 5.0",
    "MQTT-3.1.2-2", "MQTT311-3.1.2-2", NULL},
[RULE_CONNECT_RESERVED] = {
    "the reserved bit of the Connect Flags must be 0",
    "MQTT-3.1.2-3", "MQTT311-3.1.2-3", NULL},
[RULE_WILL_QOS_3] = {
    "the Will has QoS 3, which does not exist",
    "MQTT-3.1.2-12", "MQTT311-3.1.2-14", NULL},
[RULE_WILL_QOS_WITHOUT_WILL] = {
    "there is no Will, so its QoS must be 0",
    "MQTT-3.1.2-11", "MQTT311-3.1.2-13", NULL},
[RULE_WILL_RETAIN_WITHOUT_WILL] = {
    "there is no Will, so Will Retain must be 0",
    "MQTT-3.1.2-13", "MQTT311-3.1.2-15", NULL},
[RULE_PASSWORD_WITHOUT_USER] = {
    "before version 5 there is no password without a user name",
    NULL, "MQTT311-3.1.2-22", NULL},
[RULE_CLIENT_ID_EMPTY] = {
    "without a Client Identifier only a clean session is possible, and in "
    "version 3.1 none at all",
    NULL, "MQTT311-3.1.3-7", NULL},
[RULE_WILL_TOPIC_WILDCARD] = {
    "the Will Topic is a Topic Name: + and # must not be in it",
    "MQTT-4.7.0-1", "MQTT311-4.7.1-1", NULL},
[RULE_CONNACK_RESERVED] = {
    "bits 7 to 1 of the Acknowledge Flags must be 0",
    "MQTT-3.2.2-1", NULL, "MQTT 3.1.1 section 3.2.2.1"},
[RULE_CONNACK_RESERVED_3_1] = {
    "this byte is not used in version 3.1 and should be 0",
    NULL, NULL, "MQTT 3.1 section 3.2"},
[RULE_SESSION_PRESENT_REFUSED] = {
    "a refused connection has no session: Session Present must be 0",
    "MQTT-3.2.2-6", "MQTT311-3.2.2-4", NULL},
[RULE_RETURN_CODE] = {
    "there is no such return code: they go from 0 to 5",
    NULL, "MQTT311-3.2.2-6", NULL},

[RULE_QOS_3] = {
    "QoS 3 does not exist",
    "MQTT-3.3.1-4", "MQTT311-3.3.1-4", NULL},
[RULE_DUP_QOS_0] = {
    "a message with QoS 0 is never repeated, so DUP must be 0",
    "MQTT-3.3.1-2", "MQTT311-3.3.1-2", NULL},
[RULE_TOPIC_EMPTY] = {
    "a topic has at least one character",
    "MQTT-4.7.3-1", "MQTT311-4.7.3-1", NULL},
[RULE_TOPIC_WILDCARD] = {
    "a message goes to one topic: + and # must not be in its name",
    "MQTT-3.3.2-2", "MQTT311-3.3.2-2", NULL},
[RULE_PAYLOAD_FORMAT] = {
    "the Payload Format Indicator promises UTF-8 text, but this is none",
    NULL, NULL, "MQTT 5 section 3.3.2.3.2"},

[RULE_FILTER_HASH] = {
    "# may only be the last level of a Topic Filter, alone in it",
    "MQTT-4.7.1-1", "MQTT311-4.7.1-2", NULL},
[RULE_FILTER_PLUS] = {
    "+ has to be alone in its level of a Topic Filter",
    "MQTT-4.7.1-2", "MQTT311-4.7.1-3", NULL},
[RULE_SHARE_NAME] = {
    "behind $share/ comes a name of at least one character",
    "MQTT-4.8.2-1", NULL, NULL},
[RULE_SHARE_FILTER] = {
    "$share/name has no + or # in the name, then / and a Topic Filter",
    "MQTT-4.8.2-2", NULL, NULL},
[RULE_NO_FILTER] = {
    "SUBSCRIBE needs at least one Topic Filter",
    "MQTT-3.8.3-2", "MQTT311-3.8.3-3", NULL},
[RULE_NO_FILTER_UNSUBSCRIBE] = {
    "UNSUBSCRIBE needs at least one Topic Filter",
    "MQTT-3.10.3-2", "MQTT311-3.10.3-2", NULL},
[RULE_OPTIONS_RESERVED] = {
    "the reserved bits behind the Topic Filter must be 0",
    "MQTT-3.8.3-5", "MQTT311-3.8.3-4", NULL},
[RULE_OPTIONS_QOS_3] = {
    "the subscription asks for QoS 3, which does not exist",
    NULL, "MQTT311-3.8.3-4", "MQTT 5 section 3.8.3.1"},
[RULE_RETAIN_HANDLING_3] = {
    "Retain Handling is 0, 1 or 2",
    NULL, NULL, "MQTT 5 section 3.8.3.1"},
[RULE_NO_LOCAL_SHARED] = {
    "a shared subscription must not have No Local",
    "MQTT-3.8.3-4", NULL, NULL},
[RULE_NO_REASON] = {
    "the answer has one code for each Topic Filter, so at least one",
    NULL, NULL, "MQTT 5 sections 3.9.3 and 3.11.3"},
[RULE_GRANTED_QOS] = {
    "the answer to a Topic Filter is 0, 1, 2 or 128",
    NULL, "MQTT311-3.9.3-2", NULL},

[RULE_CONNACK_REASON] = {
    "CONNACK must not carry this Reason Code",
    "MQTT-3.2.2-8", NULL, NULL},
[RULE_PUBACK_REASON] = {
    "PUBACK must not carry this Reason Code",
    "MQTT-3.4.2-1", NULL, NULL},
[RULE_PUBREC_REASON] = {
    "PUBREC must not carry this Reason Code",
    "MQTT-3.5.2-1", NULL, NULL},
[RULE_PUBREL_REASON] = {
    "PUBREL must not carry this Reason Code",
    "MQTT-3.6.2-1", NULL, NULL},
[RULE_PUBCOMP_REASON] = {
    "PUBCOMP must not carry this Reason Code",
    "MQTT-3.7.2-1", NULL, NULL},
[RULE_SUBACK_REASON] = {
    "SUBACK must not carry this Reason Code",
    "MQTT-3.9.3-2", NULL, NULL},
[RULE_UNSUBACK_REASON] = {
    "UNSUBACK must not carry this Reason Code",
    "MQTT-3.11.3-2", NULL, NULL},
[RULE_DISCONNECT_REASON] = {
    "DISCONNECT must not carry this Reason Code",
    "MQTT-3.14.2-1", NULL, NULL},
[RULE_AUTH_REASON] = {
    "AUTH must not carry this Reason Code",
    "MQTT-3.15.2-1", NULL, NULL},
[RULE_REASON_SIDE] = {
    "this Reason Code is only sent by the other side",
    NULL, NULL, "MQTT 5 sections 3.14.2.1 and 3.15.2.1"},

[RULE_NO_PROPERTY_LENGTH] = {
    "the length of the Properties is missing; without any it is 0",
    "MQTT-2.2.2-1", NULL, NULL},
[RULE_PROPERTY_OVERRUN] = {
    "the field needs more bytes than the Properties have left",
    NULL, NULL, "MQTT 5 section 2.2.2.1"},
[RULE_PROPERTY_UNKNOWN] = {
    "there is no Property with this identifier",
    NULL, NULL, "MQTT 5 section 2.2.2.2"},
[RULE_PROPERTY_PLACE] = {
    "this Property does not belong into this packet",
    NULL, NULL, "MQTT 5 section 2.2.2.2"},
[RULE_PROPERTY_TWICE] = {
    "this Property must not come twice",
    NULL, NULL, "MQTT 5 section 2.2.2.2"},
[RULE_PROPERTY_NOT_0_1] = {
    "the value of this Property is 0 or 1",
    NULL, NULL, "MQTT 5 section 2.2.2.2"},
[RULE_PROPERTY_ZERO] = {
    "the value of this Property must not be 0",
    NULL, NULL, "MQTT 5 section 2.2.2.2"},
[RULE_TOPIC_ALIAS_0] = {
    "a Topic Alias must not be 0",
    "MQTT-3.3.2-8", NULL, NULL},
[RULE_TOPIC_ALIAS_UNKNOWN] = {
    "no earlier packet gave this Topic Alias a topic",
    NULL, NULL, "MQTT 5 section 3.3.2.3.4"},
[RULE_RESPONSE_TOPIC] = {
    "the Response Topic is a Topic Name: not empty, without + and #",
    "MQTT-3.3.2-14", NULL, NULL},
[RULE_SUBSCRIPTION_ID_FROM_CLIENT] = {
    "only the broker puts a Subscription Identifier into PUBLISH",
    "MQTT-3.3.4-6", NULL, NULL},
[RULE_SESSION_EXPIRY_FROM_BROKER] = {
    "the broker must not send a Session Expiry Interval in DISCONNECT",
    "MQTT-3.14.2-2", NULL, NULL},
[RULE_AUTH_DATA_ALONE] = {
    "Authentication Data needs an Authentication Method",
    NULL, NULL, "MQTT 5 section 3.1.2.11.10"},
};
/* clang-format on */

const struct dissect_rule_info *dissect_rules_info(enum dissect_rule rule)
{
    return &table[rule];
}

const char *dissect_rules_statement(enum dissect_rule rule, unsigned version)
{
    return version >= MQTT_5 ? table[rule].mqtt5 : table[rule].mqtt311;
}
