/*
 * The commands that a broker takes on its control socket (wire/control.h).
 *
 *   status          what it is: version, listeners, uptime, limits
 *   stats           its counters
 *   publish         topic, payload, qos, retain: as the broker itself
 *   kick            client, how: "disconnect" | "cut" | "silent"
 *   clear_retained  topic: a name or filter; without one "#"
 *   reset           sessions that are away, queues and retained messages go
 *   actor           client, actor: "script" | "student": who a client that
 *                   has not connected yet will be
 */
#ifndef BROKER_BROKER_CONTROL_H
#define BROKER_BROKER_CONTROL_H

#include <jansson.h>
#include <stdbool.h>

/* A control_handler; owner is the struct broker. */
bool broker_control_handle(void *owner, const char *cmd, json_t *request,
                           json_t *answer);

#endif
