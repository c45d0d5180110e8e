/*
 * The list of packets: one row each, in columns that fit what is in them.
 */
#ifndef TUI_PACKET_LIST_H
#define TUI_PACKET_LIST_H

#include "tui/packet_order.h"
#include "tui/view.h"

/* Columns of a list that has no room for times, and cuts what is long. */
#define PACKET_LIST_NARROW 48

struct packet_list {
    const struct store *store; /* borrowed */
    struct packet_order order;
    size_t top;                 /* index of the first row that is seen */
    int widths[PACKET_COLUMNS]; /* grow with what was seen */
    int width;                  /* of the list when it was drawn last */
    int signs;                  /* the most that a row had then: columns */
};

void packet_list_init(struct packet_list *list, const struct store *store);
void packet_list_release(struct packet_list *list);

/* The rows in the order in which they are shown: how many, the position of one,
   and which is chosen. */
size_t packet_list_count(struct packet_list *list);
uint64_t packet_list_at(const struct packet_list *list, size_t index);
size_t packet_list_chosen(const struct packet_list *list);

/* Sort by the column whose title stands at x of the list as it was drawn last;
   by the next one that is shown, behind the last as they came; the other way
   round. */
void packet_list_sort_at(struct packet_list *list, int x);
void packet_list_sort_next(struct packet_list *list);
void packet_list_reverse(struct packet_list *list);

/* Draw titles and rows; focus: the chosen one has the cursor. */
void packet_list_draw(struct packet_list *list, const struct area *area,
                      bool focus);

/* The number of the packet that this row answers, or that answers it; 0 when
   there is none near. */
uint64_t packet_list_pair(const struct store *store, uint64_t position,
                          const struct history_row *row);

#endif
