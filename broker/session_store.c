#include "broker/session_store.h"

#include "base/alloc.h"
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

#define FEWEST 16

void session_store_release(struct session_store *store)
{
    free(store->places);
    free(store->hashes);
    *store = (struct session_store){0};
}

static uint32_t hash_of(const struct session_store *store,
                        struct slice client_id)
{
    return (uint32_t)map_hash(store->seed, client_id);
}

/* Where it is, or the free place where it would go. */
static size_t find(const struct session_store *store, struct slice client_id,
                   uint32_t hash)
{
    size_t mask = store->cap - 1;
    size_t at = hash & mask;

    while (store->places[at] &&
           (store->hashes[at] != hash ||
            !slice_equal(session_client_id(store->places[at]), client_id)))
        at = (at + 1) & mask;
    return at;
}

static void put(struct session_store *store, size_t at, struct session *session,
                uint32_t hash)
{
    store->places[at] = session;
    store->hashes[at] = hash;
}

static void resize(struct session_store *store, size_t cap)
{
    struct session_store old = *store;

    store->cap = cap;
    store->places = alloc_zero(cap, sizeof(struct session *));
    store->hashes = alloc_zero(cap, sizeof(store->hashes[0]));
    for (size_t i = 0; i < old.cap; i++) {
        struct session *session = old.places[i];

        if (session)
            put(store, find(store, session_client_id(session), old.hashes[i]),
                session, old.hashes[i]);
    }
    free(old.places);
    free(old.hashes);
}

void session_store_add(struct session_store *store, struct session *session)
{
    if (!store->cap)
        map_random_seed(store->seed);
    /* Seven of eight: hashes that lie side by side are compared quickly. */
    if ((store->count + 1) * 8 > store->cap * 7)
        resize(store, store->cap ? store->cap * 2 : FEWEST);

    struct slice client_id = session_client_id(session);
    uint32_t hash = hash_of(store, client_id);
    size_t at = find(store, client_id, hash);
    assert(!store->places[at]);
    put(store, at, session, hash);
    store->count++;
}

/* Close the gap at hole by moving back what was pushed past it. */
static void close_gap(struct session_store *store, size_t hole)
{
    size_t mask = store->cap - 1;

    for (size_t i = (hole + 1) & mask; store->places[i]; i = (i + 1) & mask) {
        size_t home = store->hashes[i] & mask;

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            put(store, hole, store->places[i], store->hashes[i]);
            hole = i;
        }
    }
    put(store, hole, NULL, 0);
}

void session_store_remove(struct session_store *store, struct session *session)
{
    struct slice client_id = session_client_id(session);
    size_t at = find(store, client_id, hash_of(store, client_id));

    assert(store->places[at] == session);
    close_gap(store, at);
    store->count--;
    if (store->cap > FEWEST && store->count * 8 < store->cap)
        resize(store, store->cap / 4 < FEWEST ? FEWEST : store->cap / 4);
}

struct session *session_store_find(const struct session_store *store,
                                   struct slice client_id)
{
    return store->count
               ? store
                     ->places[find(store, client_id, hash_of(store, client_id))]
               : NULL;
}

struct session *session_store_next(const struct session_store *store,
                                   size_t *position)
{
    while (*position < store->cap) {
        struct session *session = store->places[(*position)++];

        if (session)
            return session;
    }
    return NULL;
}

struct session **session_store_list(const struct session_store *store)
{
    struct session **list = alloc_zero(store->count, sizeof(struct session *));
    size_t position = 0;

    for (size_t i = 0; i < store->count; i++)
        list[i] = session_store_next(store, &position);
    return list;
}

size_t session_store_count(const struct session_store *store)
{
    return store->count;
}
