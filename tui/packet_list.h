/*
 * The list of packets: one row each, in columns that fit what is in them.
 */
#ifndef TUI_PACKET_LIST_H
#define TUI_PACKET_LIST_H

#include "tui/view.h"

struct packet_list {
    const struct store *store;  /* borrowed */
    size_t top;                 /* index of the first row that is seen */
    int widths[PACKET_COLUMNS]; /* grow with what was seen */
};

void packet_list_init(struct packet_list *list, const struct store *store);

/* Draw titles and rows; focus: the chosen one has the cursor. */
void packet_list_draw(struct packet_list *list, const struct area *area,
                      bool focus);

/* The number of the packet that this row answers, or that answers it; 0 when
   there is none near. */
uint64_t packet_list_pair(const struct store *store, uint64_t position,
                          const struct history_row *row);

#endif
