/*
 * The handlers: one function for each packet type that a client may send.
 *
 * Each decodes its packet and does what the standard asks. seq is the seq of
 * the packet's record, 0 when nobody watches. They return MQTT_SUCCESS, or the
 * Reason Code for which the connection must end; they may also have ended it
 * themselves. They write into links and queues only; what is written goes out
 * at the end of the turn.
 */
#ifndef BROKER_HANDLE_H
#define BROKER_HANDLE_H

#include "broker/connection.h"
#include "mqtt/framer.h"

struct admission;
struct login;

/* The Receive Maximum that version 5 clients are told: QoS 2 messages whose
   PUBREL has not come, at a time. */
#define HANDLE_RECEIVE_MAXIMUM 1000u

/* The longest Client Identifier. */
#define HANDLE_MAX_CLIENT_ID_BYTES 1024u

/* The longest SUBSCRIBE or UNSUBSCRIBE: some ten thousand Topic Filters. */
#define HANDLE_MAX_SUBSCRIBE_BYTES (1u << 20)

/*
 * So much work one client may cause in a turn, and all together that want more:
 * nodes of the trees of topics that are looked at, deliveries, Topic Filters
 * that are entered. Each is a fraction of a microsecond. The packet that
 * exceeds it is the client's last of the turn.
 */
#define HANDLE_TURN_WORK 50000u

/* But at least so much each. */
#define HANDLE_LEAST_WORK 1000u

/* So many deliveries are one of it: they cost about as much as a node, but what
   is written together is cheaper. */
#define HANDLE_WORK_DELIVERIES 4u

/* A Topic Filter that is entered or taken out is so much of it. */
#define HANDLE_FILTER_WORK 8u

/* To ask rules or plugins about a retained message is so much of it. */
#define HANDLE_RULE_WORK 8u

/*
 * How much of the retained messages' tree the Topic Filters of one SUBSCRIBE
 * may make us look at: all of it so many times, and some nodes more.
 */
#define HANDLE_RETAINED_VISITS      16u
#define HANDLE_RETAINED_VISIT_NODES 1000000u

/* Words of the bitmap of such identifiers that may stay when it is empty. */
#define HANDLE_IDLE_WORDS 4

typedef enum mqtt_reason handler(struct connection *connection,
                                 const struct frame *frame, uint64_t seq);

handler handle_connect; /* handle_connect.c */

/* The client of a CONNECT is who it says (MQTT_SUCCESS), or is not: go on. */
void handle_connect_decided(struct admission *admission,
                            enum mqtt_reason reason);

/* Begin to find out who the client of a CONNECT with an Authentication Method
   is; and what CONNACK and AUTH then say. handle_auth.c */
void handle_auth_connect(struct login *login);
void handle_auth_properties(struct buf *properties, struct slice data);

handler handle_publish; /* handle_publish.c */
handler handle_puback;  /* handle_acks.c */
handler handle_pubrec;
handler handle_pubrel;
handler handle_pubcomp;
handler handle_subscribe; /* handle_subscribe.c */
handler handle_unsubscribe;
handler handle_pingreq; /* handle_disconnect.c */
handler handle_disconnect;
handler handle_auth; /* handle_auth.c */

/*
 * The connection of a SUBSCRIBE or UNSUBSCRIBE that takes more than one turn
 * has ended. If its session stays, it is given what the client was promised:
 * the session has no connection any more. NULL does nothing.
 */
struct subscribe_request;
void handle_forget_request(struct subscribe_request *request,
                           bool session_stays);

/* A limit is reached that no honest client comes near [MQTT311-4.8.0-2]. */
void handle_give_up(struct connection *connection, const char *text,
                    uint64_t seq);

/* May a client publish there, now or by its will? What is below "$SYS/" the
   broker alone says [MQTT5 4.7.2]. */
bool handle_may_publish(struct slice topic_name);

#endif
