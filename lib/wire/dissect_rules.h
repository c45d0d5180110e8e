/*
 * What can be wrong with a packet: each rule in plain words, with the numbers
 * that the two standards give it.
 */
#ifndef WIRE_DISSECT_RULES_H
#define WIRE_DISSECT_RULES_H

enum dissect_rule {
    /* the frame of every packet */
    RULE_MISSING,
    RULE_TRAILING,
    RULE_LEFT_OVER,
    RULE_OVERRUN,
    RULE_LENGTH_TOO_LONG,
    RULE_LENGTH_NOT_SHORTEST,
    RULE_RESERVED_TYPE,
    RULE_AUTH_BEFORE_5,
    RULE_DIRECTION,
    RULE_FLAGS_0,
    RULE_FLAGS_2,
    RULE_FLAGS_3_1,
    RULE_PACKET_ID_0,
    RULE_PACKET_ID_0_BROKER,
    RULE_UTF8,
    RULE_NUL,
    /* CONNECT, CONNACK */
    RULE_PROTOCOL_NAME,
    RULE_VERSION,
    RULE_CONNECT_RESERVED,
    RULE_WILL_QOS_3,
    RULE_WILL_QOS_WITHOUT_WILL,
    RULE_WILL_RETAIN_WITHOUT_WILL,
    RULE_PASSWORD_WITHOUT_USER,
    RULE_CLIENT_ID_EMPTY,
    RULE_WILL_TOPIC_WILDCARD,
    RULE_CONNACK_RESERVED,
    RULE_CONNACK_RESERVED_3_1,
    RULE_SESSION_PRESENT_REFUSED,
    RULE_RETURN_CODE,
    /* PUBLISH */
    RULE_QOS_3,
    RULE_DUP_QOS_0,
    RULE_TOPIC_EMPTY,
    RULE_TOPIC_WILDCARD,
    RULE_PAYLOAD_FORMAT,
    /* SUBSCRIBE and the like */
    RULE_FILTER_HASH,
    RULE_FILTER_PLUS,
    RULE_SHARE_NAME,
    RULE_SHARE_FILTER,
    RULE_NO_FILTER,
    RULE_NO_FILTER_UNSUBSCRIBE,
    RULE_OPTIONS_RESERVED,
    RULE_OPTIONS_QOS_3,
    RULE_RETAIN_HANDLING_3,
    RULE_NO_LOCAL_SHARED,
    RULE_NO_REASON,
    RULE_GRANTED_QOS,
    /* Reason Codes */
    RULE_CONNACK_REASON,
    RULE_PUBACK_REASON,
    RULE_PUBREC_REASON,
    RULE_PUBREL_REASON,
    RULE_PUBCOMP_REASON,
    RULE_SUBACK_REASON,
    RULE_UNSUBACK_REASON,
    RULE_DISCONNECT_REASON,
    RULE_AUTH_REASON,
    RULE_REASON_SIDE,
    /* Properties */
    RULE_NO_PROPERTY_LENGTH,
    RULE_PROPERTY_OVERRUN,
    RULE_PROPERTY_UNKNOWN,
    RULE_PROPERTY_PLACE,
    RULE_PROPERTY_TWICE,
    RULE_PROPERTY_NOT_0_1,
    RULE_PROPERTY_ZERO,
    RULE_TOPIC_ALIAS_0,
    RULE_TOPIC_ALIAS_UNKNOWN,
    RULE_RESPONSE_TOPIC,
    RULE_SUBSCRIPTION_ID_FROM_CLIENT,
    RULE_SESSION_EXPIRY_FROM_BROKER,
    RULE_AUTH_DATA_ALONE,
    RULE_COUNT, /* how many there are */
};

struct dissect_rule_info {
    const char *text;    /* "QoS 3 does not exist" */
    const char *mqtt5;   /* "MQTT-3.3.1-4"; NULL: it has no number there */
    const char *mqtt311; /* "MQTT311-3.3.1-4" */
    const char *section; /* where it is written, when it has no number */
};

const struct dissect_rule_info *dissect_rules_info(enum dissect_rule rule);

/* The statement's number in a version; NULL when it has none. */
const char *dissect_rules_statement(enum dissect_rule rule, unsigned version);

#endif
