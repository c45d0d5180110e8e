/*
 * QoS 1 and QoS 2 delivery as transition tables, both sides [MQTT5 4.3, 4.4].
 *
 * A flow is one Application Message under way with its Packet Identifier. The
 * two machines are pure: give them the state and what happened, and they give
 * the next state and what to send.
 */
#ifndef MQTT_FLOW_H
#define MQTT_FLOW_H

#include "mqtt/mqtt.h"

enum flow_state {
    FLOW_DONE,         /* nothing under way; the identifier is free */
    FLOW_WAIT_PUBACK,  /* sender: QoS 1 PUBLISH sent */
    FLOW_WAIT_PUBREC,  /* sender: QoS 2 PUBLISH sent */
    FLOW_WAIT_PUBCOMP, /* sender: PUBREL sent */
    FLOW_WAIT_PUBREL,  /* receiver: PUBREC sent, the identifier is known */
};

enum flow_event {
    FLOW_SEND_QOS_1, /* sender: a message is to be sent */
    FLOW_SEND_QOS_2,
    FLOW_GOT_PUBACK,
    FLOW_GOT_PUBREC,
    FLOW_GOT_PUBREC_ERROR, /* with a Reason Code of 0x80 or more */
    FLOW_GOT_PUBCOMP,
    FLOW_RECONNECTED,       /* the session is resumed on a new connection */
    FLOW_GOT_PUBLISH_QOS_1, /* receiver */
    FLOW_GOT_PUBLISH_QOS_2,
    FLOW_GOT_PUBREL,
};

enum flow_action {
    FLOW_NOTHING,
    FLOW_SEND_PUBLISH,
    FLOW_RESEND_PUBLISH, /* with DUP set [MQTT-3.3.1-1] */
    FLOW_SEND_PUBREL,
    FLOW_DELIVER_PUBACK, /* receiver: pass the message on, answer PUBACK */
    FLOW_DELIVER_PUBREC, /* receiver: pass it on, answer PUBREC */
    FLOW_ANSWER_PUBREC,  /* receiver: a repetition: only answer PUBREC */
    FLOW_ANSWER_PUBCOMP, /* receiver: release the identifier, PUBCOMP */
    FLOW_UNKNOWN_ID,     /* the packet belongs to no flow:
                             MQTT_PACKET_IDENTIFIER_NOT_FOUND */
    FLOW_ERROR,          /* the peer must not send this here: protocol error */
};

/* The side that published. Changes *state unless it returns FLOW_ERROR. */
enum flow_action flow_sender(enum flow_state *state, enum flow_event event);

/* The side that receives. */
enum flow_action flow_receiver(enum flow_state *state, enum flow_event event);

#endif
