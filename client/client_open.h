/*
 * The way of a client to its server: a socket, and on top of it what the
 * configuration asks for, the stage of a proxy, TLS and WebSocket.
 */
#ifndef CLIENT_CLIENT_OPEN_H
#define CLIENT_CLIENT_OPEN_H

#include "client/client.h"

#include <stdbool.h>

/* Open it; a client_open_transport but for the client. */
struct transport *client_open(struct loop *loop,
                              const struct client_config *config,
                              const struct transport_events *events,
                              void *owner, int *error);

/* How a connection that client_open made has ended. error is what on_end said;
   *text, if not NULL afterwards, is borrowed until the transport is closed. */
enum client_end client_open_fault(const struct client_config *config,
                                  struct transport *transport, bool opened,
                                  const char **text);

#endif
