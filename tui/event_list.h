/*
 * The list of what the broker decided, in words, one line each: a view of its
 * own, and a pane of others.
 */
#ifndef TUI_EVENT_LIST_H
#define TUI_EVENT_LIST_H

#include "tui/view.h"

struct event_list {
    size_t top;
    int height;
};

void event_list_draw(struct event_list *list, const struct view *view,
                     const struct area *area, bool focus);

/* Move in the list, or show the chosen event in the ladder; false when the
   action means nothing here. */
bool event_list_act(const struct event_list *list, const struct view *view,
                    enum action action);

/* A click on the row y of the list. */
void event_list_click(const struct event_list *list, const struct view *view,
                      int y);

#endif
