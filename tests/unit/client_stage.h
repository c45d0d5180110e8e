/*
 * The client against a server that does what each test says, over the
 * in-memory transport. What happens is written down as two stories: what the
 * server received, and what the owner of the client was told.
 */
#ifndef UNIT_CLIENT_STAGE_H
#define UNIT_CLIENT_STAGE_H

#include "client/client.h"
#include "mqtt/packet.h"
#include "net/loop.h"
#include "net/transport_memory.h"

#include <stdbool.h>
#include <stdint.h>

struct client_stage {
    struct loop loop;
    struct client *client;
    struct client_config config; /* set before start */
    struct buf properties;       /* of the CONNECT or CONNACK, if any */
    struct buf received;         /* by the server, a line a packet */
    struct buf told;             /* to the owner, a line a callback */
    struct transport *server;    /* the server's end, while there is one */
    struct buf server_in;
    int open_error; /* what opening a transport fails with */
    int connections;
    struct transport_memory_faults to_client; /* of the next connection */
    struct transport_memory_faults to_server;
    const char *free_in; /* the owner frees the client in this callback */
};

extern struct client_stage stage;

/* Fixture: a manual clock, a configuration for 3.1.1. */
void stage_set_up(void);
void stage_tear_down(void);

/* Make the client and begin to connect; stage_try_start may fail with what
   client_connect returns. */
void stage_start(void);
int stage_try_start(void);

/* Connected, and the stories told so far are forgotten. stage.properties go
   into CONNACK, unless the configuration has them. */
void stage_connected(void);

/* Connect once more; the server accepts. */
void stage_reconnect(bool session_present);

/* client_publish to topic "a". */
int stage_publish(uint8_t qos, const char *payload);

/* client_subscribe to one filter. */
uint16_t stage_subscribe(const char *topic_filter);

/* The server sends. */
void stage_send(const struct mqtt_packet *packet);
void stage_send_hex(const char *hex);
void stage_send_connack(bool session_present, uint8_t reason);
void stage_send_ack(enum mqtt_type type, uint16_t packet_id,
                    enum mqtt_reason reason);
void stage_send_publish(uint8_t qos, uint16_t packet_id, const char *topic,
                        const char *payload);
void stage_close_server(void);
/* The connection breaks. */
void stage_cut(void);

/* These were the stories since the last time. */
void stage_was(const char *received, const char *told);

#endif
