/*
 * Retained messages [MQTT5 3.3.1.3]: the last one of each topic. They belong to
 * no session and end with none [MQTT311-3.1.2-7].
 *
 * A trie of Topic Names by levels, so that a filter visits only the branches
 * that it can match. Messages whose Message Expiry Interval is over are never
 * given out; they are freed when met, and every retained_store_set looks at a
 * few more, so that they do not pile up and no timer is needed.
 */
#ifndef BROKER_RETAINED_STORE_H
#define BROKER_RETAINED_STORE_H

#include "base/list.h"
#include "base/slice.h"
#include "broker/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct retained_store;

struct retained_limits {
    size_t messages;     /* 0: no limit */
    size_t bytes;        /* by message_size_bytes, and of the levels above them
                            that have no message themselves; 0: no limit */
    unsigned max_levels; /* of a topic */
};

/* Called when a message becomes one that is kept, or is one no longer. */
typedef void retained_changed(void *context, struct message *message,
                              bool kept);

struct retained_store *retained_store_new(const struct retained_limits *limits);
/* Other limits from now on; what is there stays. max_levels cannot change. */
void retained_store_limit(struct retained_store *store,
                          const struct retained_limits *limits);
void retained_store_free(struct retained_store *store);

enum retained_result {
    RETAINED_STORED,   /* a topic that had none */
    RETAINED_REPLACED, /* [MQTT-3.3.1-5] */
    RETAINED_CLEARED,  /* the payload is empty: removed [MQTT-3.3.1-6] */
    RETAINED_NOTHING,  /* the payload is empty, and there was none */
    RETAINED_TOO_DEEP, /* refused: the topic has more than max_levels */
    RETAINED_FULL,     /* refused: a limit; the old one, if any, stays */
};

/*
 * Keep message as the retained one of its topic; keeps a reference of its own.
 * One with an empty payload removes instead [MQTT-3.3.1-6] [MQTT-3.3.1-7].
 */
enum retained_result retained_store_set(struct retained_store *store,
                                        struct message *message,
                                        uint64_t now_ms);

/* Tell somebody of every change from now on; NULL: nobody any more. */
void retained_store_watch(struct retained_store *store,
                          retained_changed *on_change, void *context);

/* Remove the message of a topic; returns false when there was none. */
bool retained_store_clear(struct retained_store *store,
                          struct slice topic_name);

/* The message of a topic, borrowed; NULL when there is none. */
struct message *retained_store_get(const struct retained_store *store,
                                   struct slice topic_name, uint64_t now_ms);

/*
 * Visits of the messages that match a valid Topic Filter (one of a shared
 * subscription has none). visit is called with each, until it returns false. It
 * must not change the store; it may take references.
 */
typedef bool retained_visit(void *context, struct message *message);

/* All of them at once. */
void retained_store_visit(struct retained_store *store,
                          struct slice topic_filter, uint64_t now_ms,
                          retained_visit *visit, void *context);

/*
 * Where a visit has come to that is made piece by piece. Between two pieces the
 * store may change if retained_store_keep_place is called, until
 * retained_store_leave; then what was not visited yet is visited as it is by
 * then. Messages of new topics may be visited or not.
 */
struct retained_place {
    struct list link; /* in store->places */
    uint32_t at;      /* the node that comes next; 0: the visit is over */
    bool went_below;  /* it and all below it was visited: what is beside it
                         comes next */
    size_t max_nodes; /* of the tree of topics that one piece looks at, about */
};

/* At the start of a visit; without a limit. */
struct retained_place retained_store_start(void);
void retained_store_keep_place(struct retained_store *store,
                               struct retained_place *place);
void retained_store_leave(struct retained_place *place);

/*
 * Go on from place, which is not kept, until place->max_nodes were looked at,
 * or visit returns false, or the visit is over. Returns how many were looked
 * at.
 */
size_t retained_store_visit_some(struct retained_store *store,
                                 struct slice topic_filter, uint64_t now_ms,
                                 struct retained_place *place,
                                 retained_visit *visit, void *context);

size_t retained_store_count(const struct retained_store *store);
/* Nodes of the tree of topics: what a visit of all looks at. */
size_t retained_store_nodes(const struct retained_store *store);
/* By message_size_bytes. */
size_t retained_store_bytes(const struct retained_store *store);
/* Of memory beside the messages; for tests of what a message costs. */
size_t retained_store_overhead_bytes(const struct retained_store *store);

#endif
