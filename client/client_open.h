/*
 * The way of a client to its server: a socket, and on top of it what the
 * configuration asks for, the stage of a proxy, TLS and WebSocket.
 */
#ifndef CLIENT_CLIENT_OPEN_H
#define CLIENT_CLIENT_OPEN_H

#include "client/client.h"

#include <stdbool.h>

/*
 * Begin to open it. What lies at the top has these events and this owner;
 * on_open comes when all of it is open. Returns NULL and sets *error, a
 * negative errno, when it cannot begin: -ENOENT when the name does not resolve.
 */
struct transport *client_open(struct loop *loop,
                              const struct client_config *config,
                              const struct transport_events *events,
                              void *owner, int *error);

/* How a connection that client_open made has ended; opened: its on_open had
   come. *text says why, borrowed until the transport is closed; NULL: on_end's
   error is all that is known. */
enum client_end client_open_fault(const struct client_config *config,
                                  struct transport *transport, bool opened,
                                  const char **text);

#endif
