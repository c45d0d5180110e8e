/*
 * Who subscribes to what: a trie of Topic Filters [MQTT5 4.7], and a cache of
 * what each Topic Name matched.
 *
 * A filter is a path of levels; "+" and "#" are levels like others. To match a
 * Topic Name all nodes that it reaches are followed level by level, so the cost
 * depends on what matches the beginning of the name and not on how many
 * subscriptions there are. The result is kept; as long as the tree does not
 * change (generation), the next match of that name is one hash lookup and
 * allocates nothing. The cache has a fixed number of places and a limit in
 * bytes (match_cache.h).
 */
#ifndef BROKER_SUBSCRIPTION_TREE_H
#define BROKER_SUBSCRIPTION_TREE_H

#include "base/buf.h"
#include "base/list.h"
#include "base/slice.h"
#include "broker/slab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct subscription_tree;

/* Used by the tree while it brings together what belongs to one receiver. */
struct subscription_mark {
    uint64_t pass;   /* the match that it was last set in */
    uint32_t number; /* of the receiver in that match, from 0 */
};

/*
 * One who subscribes: embedded in its owner, a session. All subscriptions of
 * one subscriber hang here, oldest first.
 */
struct subscriber {
    struct list subscriptions; /* struct subscription, member own */
    uint32_t count;            /* how many */
    uint32_t wildcard_levels; /* from the first "+" on, of all together: so many
                                  nodes a match may look at for it, besides one
                                  for each level of the Topic Name */
    uint32_t filter_bytes; /* of all filters together, if they had no level in
                              common: their text and SUBSCRIPTION_LEVEL_BYTES
                              for each level; a shared one without its name */
    bool leaves; /* it matches nothing more: see subscription_tree_leave */
    struct subscription_mark mark;
};

/* About what a level of a filter takes beyond its text. */
#define SUBSCRIPTION_LEVEL_BYTES 64u

/* Subscription Options [MQTT5 3.8.3.1]. */
struct subscription_options {
    uint32_t identifier; /* Subscription Identifier; 0: none */
    uint8_t qos;         /* the highest that is wanted: granted */
    uint8_t retain_handling;
    bool no_local;
    bool retain_as_published;
};

/* One Topic Filter of one subscriber; belongs to the tree. */
struct subscription {
    struct slab_item item;
    uint32_t number; /* its own */
    uint32_t node;   /* where the filter ends in the trie */
    uint32_t group;  /* number of the shared group; 0: not shared */
    struct subscriber *subscriber;
    struct list own;     /* in subscriber->subscriptions */
    struct list at_node; /* a ring of all that have this filter */
    uint32_t identifier; /* Subscription Identifier; 0: none */
    uint8_t qos;
    uint8_t retain_handling;
    bool no_local;
    bool retain_as_published;
};

/*
 * One subscription that matches. Those of one subscriber are adjacent (as are
 * those of one shared group), and all but the last say more: they get one copy
 * of the message together, at the highest QoS, with all their Subscription
 * Identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3]. What a subscriber gets as a member
 * of a group stands apart from what it gets for itself.
 */
struct subscription_match {
    struct subscriber *subscriber;
    uint32_t identifier : 28; /* Subscription Identifier; 0: none */
    uint32_t qos : 2;
    uint32_t no_local : 1;
    uint32_t retain_as_published : 1;
    uint32_t group : 31; /* not 0: a member of a shared group, of whose
                            members exactly one gets the message */
    uint32_t more : 1;   /* the next match belongs to the same receiver */
};

/*
 * max_levels: a Topic Filter with more levels is refused. To *effort is added
 * what a match looks at, nodes and subscriptions, unless its result is kept
 * from an earlier one.
 */
struct subscription_tree *subscription_tree_new(unsigned max_levels,
                                                uint64_t *effort);

/* Every subscriber must have been removed before. */
void subscription_tree_free(struct subscription_tree *tree);

void subscription_tree_subscriber_init(struct subscriber *subscriber);

enum subscription_result {
    SUBSCRIPTION_NEW,
    SUBSCRIPTION_REPLACED, /* the same filter: options replaced
                              [MQTT-3.8.4-3] */
    SUBSCRIPTION_TOO_DEEP, /* nothing done: more than max_levels */
};

/*
 * Subscribe to a valid Topic Filter, "$share/NAME/FILTER" included. The
 * subscriber must stay where it is until it is removed.
 */
enum subscription_result subscription_tree_subscribe(
    struct subscription_tree *tree, struct subscriber *subscriber,
    struct slice topic_filter, const struct subscription_options *options);

/* Returns false when there was no such subscription [MQTT-3.10.4-1]. */
bool subscription_tree_unsubscribe(struct subscription_tree *tree,
                                   struct subscriber *subscriber,
                                   struct slice topic_filter);

/* Remove one subscription, found in subscriber->subscriptions. */
void subscription_tree_remove(struct subscription_tree *tree,
                              struct subscription *subscription);

/* Remove all subscriptions of a subscriber. */
void subscription_tree_remove_all(struct subscription_tree *tree,
                                  struct subscriber *subscriber);

/*
 * The same bit by bit, for there may be a million levels: from the first call
 * on nothing matches. At most so many subscriptions and levels go, and one more
 * filter's. Returns true when all are gone; otherwise the subscriber must stay
 * where it is, and this or subscription_tree_remove_all be called again.
 */
bool subscription_tree_leave(struct subscription_tree *tree,
                             struct subscriber *subscriber, size_t work);

/* Append the Topic Filter of a subscription, "$share/NAME/" included. */
void subscription_tree_put_filter(const struct subscription_tree *tree,
                                  const struct subscription *subscription,
                                  struct buf *out);

/*
 * All subscriptions that match a valid Topic Name, in an order that changes
 * only with the subscriptions. *count is 0 and the result may be NULL when
 * there are none. Borrowed until the next call on this tree.
 */
const struct subscription_match *
subscription_tree_match(struct subscription_tree *tree, struct slice topic_name,
                        size_t *count);

/*
 * Who may be told of a topic: a subscriber for whom the gate says no does not
 * match. Its answers are kept in the cache, so a change of mind needs
 * subscription_tree_forget. NULL: all may (the default).
 */
void subscription_tree_set_gate(struct subscription_tree *tree,
                                bool (*gate)(struct subscriber *subscriber,
                                             struct slice topic_name));

/* Match all Topic Names anew from now on. */
void subscription_tree_forget(struct subscription_tree *tree);

/* As subscription_tree_match, but slowly and without asking the gate. */
const struct subscription_match *
subscription_tree_match_all(struct subscription_tree *tree,
                            struct slice topic_name, size_t *count);

/* What a member of a shared group can do with a message; the most is best. */
enum subscription_member {
    MEMBER_AWAY,
    MEMBER_BUSY, /* connected, but the message would wait */
    MEMBER_READY,
};

/*
 * Whose turn it is in a shared group [MQTT5 4.8.2]: first is the first match
 * of the group, count the number up to and with the one that does not say
 * more. Members take turns; one is passed over when judge (called with its
 * subscriber) thinks better of another.
 */
const struct subscription_match *subscription_tree_next_member(
    struct subscription_tree *tree, const struct subscription_match *first,
    size_t count, enum subscription_member (*judge)(const struct subscriber *));

/* Numbers for $SYS and for tests; cheap. */
struct subscription_tree_stats {
    size_t subscriptions; /* shared ones included */
    size_t shared;
    size_t bytes;         /* of the trie and the subscriptions */
    size_t cache_entries; /* Topic Names with a kept result */
    size_t cache_bytes;
    uint64_t cache_hits;
    uint64_t cache_misses;
};
struct subscription_tree_stats
subscription_tree_stats(const struct subscription_tree *tree);

#endif
