/*
 * Groups of shared subscriptions [MQTT5 4.8.2]: a Share Name and a Topic
 * Filter; of its members each message goes to one.
 *
 * Members take turns: the counter lives here, the members are the
 * subscriptions that name the group.
 */
#ifndef BROKER_SHARED_GROUP_H
#define BROKER_SHARED_GROUP_H

#include "broker/slab.h"
#include "broker/subscription_tree.h"

#include <stdint.h>

struct shared_group {
    struct slab_item item;
    uint32_t node;       /* of the filter, in the trie */
    uint32_t share_name; /* in the trie's level table; not counted here */
    uint32_t members;
    uint32_t turn; /* member whose turn it is, modulo their number */
    struct subscription_mark mark;
};

struct shared_groups {
    struct slab groups; /* struct shared_group */
};

void shared_groups_init(struct shared_groups *groups);
void shared_groups_release(struct shared_groups *groups);

static inline struct shared_group *
shared_group_at(const struct shared_groups *groups, uint32_t number)
{
    return slab_at(&groups->groups, number);
}

/* The number of a group, 0 when there is none. */
uint32_t shared_group_find(const struct shared_groups *groups, uint32_t node,
                           uint32_t share_name);

/* Make a group that there is not; it has no members. */
uint32_t shared_group_add(struct shared_groups *groups, uint32_t node,
                          uint32_t share_name);

/* Remove a group without members. */
void shared_group_remove(struct shared_groups *groups, uint32_t number);

#endif
