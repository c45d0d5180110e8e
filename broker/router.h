/*
 * One message to everybody who wants it [MQTT5 3.3.4].
 *
 * A message of QoS 0 is encoded once for each layout (version, QoS, RETAIN,
 * use of a Topic Alias) and copied into the output of each subscriber; nothing
 * is allocated. When nothing changes, the publisher's own bytes are what is
 * copied. A message object (broker/message.h) is made when the first subscriber
 * needs one: for QoS 1 or 2, for a queue, or because the payload is so long
 * that it is sent from where it lies. All subscribers share it.
 */
#ifndef BROKER_ROUTER_H
#define BROKER_ROUTER_H

#include "base/buf.h"
#include "broker/layouts.h"
#include "mqtt/publish.h"

#include <stddef.h>
#include <stdint.h>

struct broker;
struct connection;
struct message;
struct session;

/* An Application Message that is being routed. */
struct routing {
    struct mqtt_publish publish; /* topic is the whole Topic Name; Properties
                                    as the publisher sent them */
    enum mqtt_version version;   /* of the Properties and of packet */
    struct slice packet; /* the publisher's packet, if it can be forwarded
                            as it is: no Topic Alias in it; else empty */
    const struct session *publisher; /* for No Local; NULL: the broker */
    uint64_t cause;          /* seq of the publisher's record; 0: none */
    struct message *message; /* the router's: made when it must be, NULL
                                before and after */
};

struct router {
    struct layouts layouts;
    struct buf single;            /* a packet for one subscriber alone */
    struct buf properties_single; /* and its Properties */
};

void router_release(struct router *router);

/*
 * Keep the message if RETAIN is set, and deliver it to all whose subscriptions
 * match. Returns how many subscribers there are, a publisher with No Local
 * included: it subscribes, although it gets nothing.
 */
size_t router_publish(struct broker *broker, struct routing *routing);

/*
 * Send one PUBLISH on one connection, with the whole Topic Name, and Properties
 * as they are to be sent; the router may use a Topic Alias.
 * message, if not NULL, is where the payload lies. Returns false, and sends
 * nothing, when the packet is larger than the client accepts [MQTT-3.1.2-24].
 */
bool router_send(struct broker *broker, struct connection *connection,
                 const struct mqtt_publish *whole,
                 const struct message *message, uint64_t cause);

#endif
