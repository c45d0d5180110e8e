#include "broker/shared_group.h"

#include "base/map.h"

#include <assert.h>

static uint64_t hash_key(const struct slab *groups, uint32_t node,
                         uint32_t share_name)
{
    const uint32_t key[2] = {node, share_name};

    return map_hash(groups->seed, slice_of(key, sizeof(key)));
}

static uint64_t hash_of(const struct slab *groups, const void *item)
{
    const struct shared_group *group = item;

    return hash_key(groups, group->node, group->share_name);
}

void shared_groups_init(struct shared_groups *groups)
{
    slab_init(&groups->groups, sizeof(struct shared_group), hash_of);
}

void shared_groups_release(struct shared_groups *groups)
{
    slab_release(&groups->groups);
}

uint32_t shared_group_find(const struct shared_groups *groups, uint32_t node,
                           uint32_t share_name)
{
    uint32_t number = slab_first(&groups->groups,
                                 hash_key(&groups->groups, node, share_name));

    while (number) {
        const struct shared_group *group = shared_group_at(groups, number);

        if (group->node == node && group->share_name == share_name)
            break;
        number = group->item.next;
    }
    return number;
}

uint32_t shared_group_add(struct shared_groups *groups, uint32_t node,
                          uint32_t share_name)
{
    uint32_t number =
        slab_add(&groups->groups, hash_key(&groups->groups, node, share_name));
    struct shared_group *group = shared_group_at(groups, number);

    group->node = node;
    group->share_name = share_name;
    return number;
}

void shared_group_remove(struct shared_groups *groups, uint32_t number)
{
    const struct shared_group *group = shared_group_at(groups, number);

    assert(group->members == 0);
    slab_remove(&groups->groups, number, hash_of(&groups->groups, group));
}
