/*
 * The checks of a lab's step, and the near misses, as the lab view draws them.
 */
#ifndef TUI_LAB_CHECKS_H
#define TUI_LAB_CHECKS_H

#include "tui/grid.h"
#include "tui/panel.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * All of them from the top of area on. When there is no room for all, the part
 * is seen that has the chosen one, or without focus the first that is open.
 * Returns the row behind the last.
 */
int lab_checks_draw(const struct panel *lab, const struct area *area,
                    size_t chosen, bool focus);

/*
 * The checks in brief, below the newest near miss or what to do next: their
 * texts in full where there is room, at least of those that are open; else one
 * line for each, as many as there is room for. lab_checks_brief_rows says how
 * many rows of area's width that takes, most at most.
 */
int lab_checks_brief_rows(const struct panel *lab, const struct area *area,
                          int most);
void lab_checks_draw_brief(const struct panel *lab, const struct area *area);

#endif
