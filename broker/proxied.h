/*
 * Listeners behind a proxy that says by the PROXY protocol who its clients are.
 */
#ifndef BROKER_PROXIED_H
#define BROKER_PROXIED_H

#include <stdbool.h>

struct broker_listener;
struct connection;
struct sockaddr;
struct transport;
struct transport_events;

/* A transport over a socket that was accepted there from peer, for owner,
   behind the proxy's header if the listener wants one. Returns NULL (fd closed)
   when the loop cannot watch it. */
struct transport *proxied_accept(struct broker_listener *listener, int fd,
                                 const struct sockaddr *peer,
                                 const struct transport_events *events,
                                 void *owner);

/* Did it end because there was no such header? */
bool proxied_failed(const struct connection *connection);

#endif
