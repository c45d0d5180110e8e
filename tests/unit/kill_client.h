/*
 * A client that keeps its books, for tests that kill the broker: what was
 * acknowledged to it, what it was delivered and how often. It keeps its part of
 * every flow over any number of connections, as the standard asks, and drops no
 * message as a repetition but for a Packet Identifier that says so.
 *
 * Messages are numbered; the number is the payload.
 */
#ifndef UNIT_KILL_CLIENT_H
#define UNIT_KILL_CLIENT_H

#include "base/buf.h"
#include "mqtt/packet.h"

#include <stdbool.h>
#include <stdint.h>

enum kill_flow {
    KILL_FREE,
    KILL_SENT,     /* PUBLISH: no answer yet */
    KILL_RELEASED, /* PUBREL, after PUBREC */
};

struct kill_client {
    const char *id; /* with a session that is kept */
    const char *topic;
    unsigned qos;
    bool publishes; /* else it subscribes */
    bool retains;   /* what it publishes */
    int fd;         /* -1: none */
    bool up;        /* CONNACK came */
    bool known;     /* once: the session must be there from now on */
    bool subscribed;
    struct buf in;
    struct buf out;

    /* A publisher. */
    uint32_t window; /* under way at most; 0: nothing new is sent */
    uint32_t under_way;
    uint32_t next; /* number of the next message */
    uint16_t last_id;
    uint8_t flow[65536]; /* enum kill_flow of each Packet Identifier */

    /* A subscriber. */
    bool holds[65536]; /* QoS 2: PUBREL has not come */
    uint32_t first;    /* 1 more than the newest number that came */
    uint32_t out_of_order;

    uint32_t numbers[65536]; /* of the message with this identifier */
    uint8_t *count;          /* owned; of each number: acknowledged to a
                                publisher, delivered to a subscriber */
    uint32_t count_cap;
    char error[160]; /* the first rule that the broker broke; empty: none */
};

void kill_client_init(struct kill_client *client, const char *id,
                      const char *topic, unsigned qos, bool publishes);
void kill_client_release(struct kill_client *client);

/* How often a number was acknowledged or delivered. */
unsigned kill_client_count(const struct kill_client *client, uint32_t number);

/* Connect to a port of this machine; false when nobody listens. */
bool kill_client_connect(struct kill_client *client, uint16_t port);

/* The connection is gone. */
void kill_client_drop(struct kill_client *client);

/* Read, answer, publish and write what can be without waiting. */
void kill_client_run(struct kill_client *client);

/* With poll(2): what to wait for. */
short kill_client_events(const struct kill_client *client);

#endif
