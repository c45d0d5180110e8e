/*
 * All sessions by Client Identifier [MQTT-3.1.3-2].
 */
#ifndef BROKER_SESSION_STORE_H
#define BROKER_SESSION_STORE_H

#include "base/map.h"
#include "broker/session.h"

/* A zeroed struct is an empty store. */
struct session_store {
    struct map sessions; /* the keys lie in the sessions */
};

void session_store_release(struct session_store *store);

void session_store_add(struct session_store *store, struct session *session);
void session_store_remove(struct session_store *store, struct session *session);

/* The session of a client, or NULL. */
struct session *session_store_find(const struct session_store *store,
                                   struct slice client_id);

/* Visit all: start with *position = 0; NULL at the end. The store must not
   change meanwhile. */
struct session *session_store_next(const struct session_store *store,
                                   size_t *position);

size_t session_store_count(const struct session_store *store);

#endif
