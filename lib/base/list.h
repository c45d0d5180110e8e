/*
 * An intrusive doubly linked list, circular, with a head that is a node.
 *
 * The node lies inside the struct that is listed, so putting something on a
 * list allocates nothing. LIST_ITEM gets from the node to the struct. A node
 * that is on no list points at itself, so list_remove is harmless twice.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

#define LIST_ITEM(node, type, member) \
    ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* NOLINTBEGIN(bugprone-macro-parentheses): node is a name */
#define LIST_FOREACH(node, head) \
    for (struct list *node = (head)->next; node != (head); node = node->next)

/* The same, when the body may remove the node itself (and no other). */
#define LIST_FOREACH_SAFE(node, head)                                 \
    for (struct list *node = (head)->next, *node##_next = node->next; \
         node != (head); node = node##_next, node##_next = node->next)
/* NOLINTEND(bugprone-macro-parentheses) */

static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

/* Put node at the end of the list that head is the head of. */
static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

/* Put node at the front of the list. */
static inline void list_prepend(struct list *head, struct list *node)
{
    list_append(head->next, node);
}

static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* Remove and return the first node; NULL when the list is empty. */
static inline struct list *list_take_first(struct list *head)
{
    struct list *node = head->next;

    if (node == head)
        return NULL;
    list_remove(node);
    return node;
}

#endif
