#include "broker/topic_trie.h"

#include "base/map.h"
#include "mqtt/topic.h"

#include <assert.h>
#include <string.h>

static uint64_t hash_key(const struct slab *nodes, uint32_t parent,
                         uint32_t level)
{
    const uint32_t key[2] = {parent, level};

    return map_hash(nodes->seed, slice_of(key, sizeof(key)));
}

static uint64_t hash_of(const struct slab *nodes, const void *item)
{
    const struct trie_node *node = item;

    return hash_key(nodes, node->parent, node->level);
}

void topic_trie_init(struct topic_trie *trie)
{
    level_table_init(&trie->levels);
    slab_init(&trie->nodes, sizeof(struct trie_node), hash_of);

    uint32_t root =
        slab_add(&trie->nodes, hash_key(&trie->nodes, 0, LEVEL_NONE));
    assert(root == TRIE_ROOT);
}

void topic_trie_release(struct topic_trie *trie)
{
    level_table_release(&trie->levels);
    slab_release(&trie->nodes);
}

static uint32_t find_child(const struct topic_trie *trie, uint32_t parent,
                           uint32_t level, uint64_t hash)
{
    uint32_t number = slab_first(&trie->nodes, hash);

    while (number) {
        const struct trie_node *node = topic_trie_node(trie, number);

        if (node->parent == parent && node->level == level)
            break;
        number = node->item.next;
    }
    return number;
}

uint32_t topic_trie_child(const struct topic_trie *trie, uint32_t parent,
                          uint32_t level)
{
    return find_child(trie, parent, level,
                      hash_key(&trie->nodes, parent, level));
}

uint32_t topic_trie_find(const struct topic_trie *trie, struct slice topic)
{
    struct topic_levels levels = topic_levels(topic);
    uint32_t number = TRIE_ROOT;
    struct slice text;

    while (number && topic_next_level(&levels, &text)) {
        uint32_t level = level_table_find(&trie->levels, text);

        number = level ? topic_trie_child(trie, number, level) : 0;
    }
    return number;
}

static uint32_t add_child(struct topic_trie *trie, uint32_t parent,
                          struct slice text)
{
    uint32_t level = level_table_ref(&trie->levels, text);
    uint64_t hash = hash_key(&trie->nodes, parent, level);
    uint32_t number = find_child(trie, parent, level, hash);

    if (number) { /* its node has a reference already */
        level_table_unref(&trie->levels, level);
        return number;
    }
    number = slab_add(&trie->nodes, hash);
    struct trie_node *node = topic_trie_node(trie, number);
    struct trie_node *above = topic_trie_node(trie, parent);

    node->parent = parent;
    node->level = level & 0x3fffffff;
    node->next_sibling = above->first_child;
    if (node->next_sibling)
        topic_trie_node(trie, node->next_sibling)->prev_sibling = number;
    above->first_child = number;
    if (level == LEVEL_PLUS)
        above->has_plus = true;
    if (level == LEVEL_HASH)
        above->has_hash = true;
    return number;
}

uint32_t topic_trie_add(struct topic_trie *trie, struct slice topic)
{
    struct topic_levels levels = topic_levels(topic);
    uint32_t number = TRIE_ROOT;
    struct slice text;

    while (topic_next_level(&levels, &text))
        number = add_child(trie, number, text);
    return number;
}

static void remove_leaf(struct topic_trie *trie, uint32_t number)
{
    struct trie_node *node = topic_trie_node(trie, number);
    struct trie_node *above = topic_trie_node(trie, node->parent);
    uint32_t level = node->level;

    if (node->prev_sibling)
        topic_trie_node(trie, node->prev_sibling)->next_sibling =
            node->next_sibling;
    else
        above->first_child = node->next_sibling;
    if (node->next_sibling)
        topic_trie_node(trie, node->next_sibling)->prev_sibling =
            node->prev_sibling;
    if (level == LEVEL_PLUS)
        above->has_plus = false;
    if (level == LEVEL_HASH)
        above->has_hash = false;
    slab_remove(&trie->nodes, number, hash_of(&trie->nodes, node));
    level_table_unref(&trie->levels, level);
}

size_t topic_trie_prune(struct topic_trie *trie, uint32_t number)
{
    size_t removed = 0;

    while (number != TRIE_ROOT) {
        const struct trie_node *node = topic_trie_node(trie, number);
        uint32_t parent = node->parent;

        if (node->value || node->first_child)
            return removed;
        remove_leaf(trie, number);
        removed++;
        number = parent;
    }
    if (trie->nodes.count == 1 && trie->nodes.used > SLAB_CHUNK_ITEMS) {
        topic_trie_release(trie); /* empty again: give the memory back */
        topic_trie_init(trie);
    }
    return removed;
}

void topic_trie_put_path(const struct topic_trie *trie, uint32_t number,
                         struct buf *out)
{
    size_t len = 0;

    for (uint32_t n = number; n != TRIE_ROOT;
         n = topic_trie_node(trie, n)->parent)
        len += level_table_text(&trie->levels, topic_trie_node(trie, n)->level)
                   .len +
               1;
    if (len == 0)
        return;

    /* From the last level to the first; no "/" stands behind the last. */
    uint8_t *start = buf_reserve(out, len);
    uint8_t *end = start + len;
    for (uint32_t n = number; n != TRIE_ROOT;) {
        const struct trie_node *node = topic_trie_node(trie, n);
        struct slice text = level_table_text(&trie->levels, node->level);

        *--end = '/';
        end -= text.len;
        if (text.len)
            memcpy(end, text.bytes, text.len);
        n = node->parent;
    }
    out->len += (uint32_t)len - 1;
}

size_t topic_trie_bytes(const struct topic_trie *trie)
{
    return slab_bytes(&trie->nodes) + level_table_bytes(&trie->levels);
}
