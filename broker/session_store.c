#include "broker/session_store.h"

void session_store_release(struct session_store *store)
{
    map_release(&store->sessions);
}

void session_store_add(struct session_store *store, struct session *session)
{
    map_set(&store->sessions, session_client_id(session), session);
}

void session_store_remove(struct session_store *store, struct session *session)
{
    map_remove(&store->sessions, session_client_id(session));
}

struct session *session_store_find(const struct session_store *store,
                                   struct slice client_id)
{
    return map_get(&store->sessions, client_id);
}

struct session *session_store_next(const struct session_store *store,
                                   size_t *position)
{
    return map_next(&store->sessions, position);
}

size_t session_store_count(const struct session_store *store)
{
    return store->sessions.count;
}
