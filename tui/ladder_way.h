/*
 * The way of a message: which packet it came from, and to whom it went, how
 * often, and whether it waits.
 */
#ifndef TUI_LADDER_WAY_H
#define TUI_LADDER_WAY_H

#include "tui/view.h"

/* Append it as a sentence, for the row of a PUBLISH. */
void ladder_way_put(const struct store *store,
                    const struct history_row *publish, struct buf *out);

#endif
