/*
 * What the clients say about each packet with -d: one line, in the words of
 * mosquitto's clients, which every MQTT tutorial shows.
 */
#ifndef CLIENT_CLIENT_DEBUG_H
#define CLIENT_CLIENT_DEBUG_H

#include "client/client.h"

#include <stdio.h>

/* Print a packet that was sent or received: "Client c1 sending CONNECT". */
void client_debug_packet(FILE *to, const struct client *client, bool sent,
                         const struct mqtt_packet *packet);

/* "Connection Refused: not authorised." or the name of a Reason Code. */
const char *client_debug_refusal(enum mqtt_version version, unsigned code);

#endif
