/*
 * A growing list of numbers of trie nodes. A zeroed struct is an empty list.
 */
#ifndef BROKER_NODE_LIST_H
#define BROKER_NODE_LIST_H

#include "base/alloc.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct node_list {
    uint32_t *nodes; /* owned */
    size_t count;
    size_t cap;
};

static inline void node_list_release(struct node_list *list)
{
    free(list->nodes);
    *list = (struct node_list){0};
}

static inline void node_list_append(struct node_list *list, uint32_t node)
{
    if (list->count == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 16;
        list->nodes =
            alloc_resize(list->nodes, list->cap, sizeof(list->nodes[0]));
    }
    list->nodes[list->count++] = node;
}

#endif
