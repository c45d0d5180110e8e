/*
 * TLS of the listeners: their contexts, made at the start and, from the same
 * files, at every reload.
 *
 * Connections keep the context that they began with, so a reload does not cut
 * them off; only a client whose certificate is no longer good (its authority is
 * gone, it is on the revocation list now) is disconnected. New tickets come
 * with the new context: nobody resumes what was revoked.
 */
#ifndef BROKER_SECURE_H
#define BROKER_SECURE_H

#include "broker/config.h"

#include <stdbool.h>

struct broker;
struct broker_listener;
struct connection;
struct link;
struct sockaddr;
struct transport;
struct transport_events;

/*
 * Make the contexts of all listeners that want TLS, before broker_listen.
 * Returns false after reporting what is wrong with which file; warnings are
 * reported too.
 */
bool secure_open(struct broker *broker, struct config_problems *problems);

/* The same for a configuration alone: only problems come of it. */
bool secure_check(const struct config *config,
                  struct config_problems *problems);

/* With the broker. */
void secure_close(struct broker *broker);

/* A transport of link over a socket that was accepted there from peer, for what
   lies above it. Returns NULL (fd closed) when the loop cannot watch it. */
struct transport *secure_accept(struct broker_listener *listener, int fd,
                                const struct sockaddr *peer, struct link *link,
                                const struct transport_events *events,
                                void *owner);

/* A connection is open. When the files were read again during its handshake, it
   was judged by the old ones: returns whether it is still welcome, and ends it
   if not. */
bool secure_admit(struct connection *connection);

/* A connection is open: what was agreed on, and for which server name, is
   logged at level debug and told to who watches. */
void secure_report(const struct connection *connection);

/* The same for who begins to watch now. OpenSSL is asked for it: a connection
   keeps no text about its TLS. */
void secure_report_again(const struct connection *connection);

/* Why TLS failed; NULL: it did not. Borrowed until the link is closed. */
const char *secure_reason(const struct connection *connection);

/*
 * The user name that the listener takes from the client's certificate or
 * pre-shared key. Returns false when it takes it from there and there is none;
 * *name (owned by the caller) is NULL when it takes none.
 */
bool secure_user_name(const struct connection *connection, char **name);

#endif
