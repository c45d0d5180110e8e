/*
 * The ports on which a lab's clients find its broker.
 *
 * In a lab's text {{port}}, {{tls_port}}, {{ws_port}} and {{wss_port}} stand
 * for them: 1883, 8883, 9001 and 9883, as everybody knows them, unless the
 * environment names others. What decides points may not depend on them, for the
 * grader cannot know them.
 */
#ifndef LABS_PORTS_H
#define LABS_PORTS_H

#include "net/free_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* MQTT as it is, in TLS, in WebSocket, and in WebSocket within TLS. */
enum ports_kind { PORTS_MQTT, PORTS_TLS, PORTS_WS, PORTS_WSS };

#define PORTS_COUNT 4

/* The port: $MQTTLAB_PORT, $MQTTLAB_TLS_PORT, $MQTTLAB_WS_PORT,
   $MQTTLAB_WSS_PORT, or the usual one. */
uint16_t ports_number(enum ports_kind kind);

/* The port by the name, of len bytes, that texts have for it; 0: no such
   name. */
uint16_t ports_find(const char *name, size_t len);

/* Does the text name one of them, as {{tls_port}}? */
bool ports_named_in(const char *text);

/* From now on, and for the programs that are started, this is the port. */
void ports_set(enum ports_kind kind, uint16_t port);

/* Set them all to ports that are free, and held until they are released: for a
   lab that is tried out while others use the usual ones. Returns 0 or a
   negative errno. */
int ports_choose_free(struct free_port held[PORTS_COUNT]);

#endif
