/*
 * A SUBSCRIBE or UNSUBSCRIBE while it is worked on [MQTT5 3.8.4, 3.10.4].
 *
 * When that takes longer than a turn may, it waits in the connection; the same
 * packet comes again and it goes on where it was.
 */
#ifndef BROKER_SUBSCRIBE_REQUEST_H
#define BROKER_SUBSCRIBE_REQUEST_H

#include "base/buf.h"
#include "broker/retained_store.h"
#include "mqtt/subscribe.h"

struct broker;
struct connection;
struct session;

struct subscribe_request {
    struct connection *connection;
    struct broker *broker;
    struct session *session;
    struct mqtt_subscribe subscribe;
    uint32_t identifier; /* Subscription Identifier; 0: none */
    uint64_t seq;
    struct slice left;  /* filters that were not looked at: first to be entered,
                          after the answer to find what is retained */
    struct buf filters; /* what subscribe.filters borrows from when the packet
                           is gone, or when they are others than the client's */
    bool answered;
    const char *limit;  /* that the filter at hand exceeded; NULL: none */
    struct buf reasons; /* one byte a filter, for the answer */
    struct buf fresh;   /* one byte a filter: 1 if there was none like it */
    char why[120];      /* the first that was refused, as the answer says */

    /* After the answer. */
    size_t number;               /* of the first filter of left */
    struct retained_place place; /* where its visit has come to */
    uint64_t answered_ms;
    size_t looked_at; /* nodes of the retained messages' tree */
};

/*
 * Send the retained messages that the filters ask for, as many as the turn
 * allows; left is empty when that is all. Ends the connection of who asks for
 * too much.
 */
void handle_retained(struct subscribe_request *request);

/* Put the rest into the queue of the session, whose client has gone. */
void handle_retained_queue(struct subscribe_request *request);

#endif
