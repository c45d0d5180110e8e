/*
 * WebSocket of the listeners that have "protocol websockets": what carries a
 * connection there, and the pages that a browser gets from them.
 */
#ifndef BROKER_WEB_H
#define BROKER_WEB_H

#include "broker/config.h"

#include <stdbool.h>

struct broker;
struct broker_listener;
struct connection;
struct link;
struct sockaddr;
struct transport;

/*
 * Set up what such listeners need, before broker_listen. Returns false after
 * reporting what does not work. Does nothing when there is none.
 */
bool web_open(struct broker *broker, struct config_problems *problems);

/* With the broker, when its connections are closed. */
void web_close(struct broker *broker);

/* A transport over a socket that was accepted there from peer, for link.
   Returns NULL (fd closed) when the loop cannot watch it. */
struct transport *web_accept(struct broker_listener *listener, int fd,
                             const struct sockaddr *peer, struct link *link);

/* Has a browser taken some of a page since this was asked last? */
bool web_page_moves(const struct connection *connection);

/* How WebSocket ended, or which request of HTTP was answered instead; NULL: it
   has not. Borrowed until the link is closed. */
const char *web_reason(const struct connection *connection);

#endif
