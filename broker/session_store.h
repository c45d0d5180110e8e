/*
 * All sessions by Client Identifier [MQTT-3.1.3-2].
 *
 * A hash table of its own, and not a struct map: the identifier lies in the
 * session, so a place costs 12 bytes instead of 24. There may be very many
 * clients that do nothing. The hash has a random seed, as every table has whose
 * keys come from peers.
 */
#ifndef BROKER_SESSION_STORE_H
#define BROKER_SESSION_STORE_H

#include "broker/session.h"

/* A zeroed struct is an empty store. */
struct session_store {
    struct session **places; /* owned; NULL: free */
    uint32_t *hashes;        /* owned; of the session in each place */
    size_t cap;              /* 0 or a power of two */
    size_t count;
    uint64_t seed[2]; /* drawn when the first session comes */
};

void session_store_release(struct session_store *store);

/* There must be none with this Client Identifier. */
void session_store_add(struct session_store *store, struct session *session);
/* It must be there. */
void session_store_remove(struct session_store *store, struct session *session);

/* The session of a client, or NULL. */
struct session *session_store_find(const struct session_store *store,
                                   struct slice client_id);

/* Visit all: start with *position = 0; NULL at the end. The store must not
   change meanwhile. */
struct session *session_store_next(const struct session_store *store,
                                   size_t *position);

/*
 * All of them, session_store_count many, for whoever ends some: an array that
 * the caller frees.
 */
struct session **session_store_list(const struct session_store *store);

size_t session_store_count(const struct session_store *store);

#endif
