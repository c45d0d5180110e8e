/*
 * The inside of struct client, for the files that make it up: client.c (the
 * connection) and client_packets.c (the packets on it).
 */
#ifndef CLIENT_CLIENT_STATE_H
#define CLIENT_CLIENT_STATE_H

#include "client/client.h"
#include "client/client_session.h"
#include "mqtt/topic_alias.h"
#include "net/timer.h"
#include "wire/link.h"

enum client_phase {
    CLIENT_IDLE,      /* no connection */
    CLIENT_OPENING,   /* the transport is not ready yet */
    CLIENT_GREETING,  /* CONNECT was sent */
    CLIENT_CONNECTED, /* CONNACK came and said yes */
    CLIENT_FINISHING, /* DISCONNECT was sent and is being written */
    CLIENT_CLOSING,   /* the link is being closed */
};

struct client {
    struct link link;
    struct loop *loop;
    struct client_config config;
    const struct client_events *events;
    void *context;
    enum client_phase phase;
    struct client_ended ended; /* told when the link is closed */
    struct buf fault;          /* its text */
    struct client_session session;
    struct client_limits limits;
    struct topic_aliases aliases; /* of the server's PUBLISH packets */
    uint16_t receive_maximum;     /* that we told the server */
    struct buf id;                /* the Client Identifier */
    struct buf out;               /* a packet while it is encoded */
    struct buf written;           /* uint16_t: QoS 0 messages to report */
    struct timer keep_alive;
    struct timer again;           /* client_connect_in */
    bool ping_open;               /* PINGREQ was sent, PINGRESP did not come */
    struct loop_task report_task; /* reports written messages */
    struct loop_task free_task;
    bool freed;
};

/* client.c */

/* Remember why and close the link; the first reason counts. */
void client_end(struct client *client, struct client_ended ended);

/* Tell the server why, where the version can, and close. */
void client_end_with(struct client *client, enum client_end end,
                     enum mqtt_reason reason);

/* CONNACK came: learn the limits and start the Keep Alive. */
void client_greeted(struct client *client, const struct mqtt_connack *connack);

/* client_packets.c */

/* Encode and send one packet, and show it to the owner. */
void client_send(struct client *client, const struct mqtt_packet *packet);

/* One packet came. */
void client_receive(struct client *client, const struct frame *frame);

#endif
