/*
 * A line of the Wire view as text: what the ends understand, and what lay on
 * the cable for it.
 */
#ifndef TUI_WIRE_TEXT_H
#define TUI_WIRE_TEXT_H

#include "tui/wire_lines.h"

/* Append what the broker has, or gives; nothing when the packet is gone. */
void wire_text_packet(const struct store *store, const struct wire_line *line,
                      struct buf *out);

/* Append what carried it, or what is no packet's; scratch is written over. */
void wire_text_cable(const struct store *store, struct dissection *scratch,
                     const struct wire_line *line, struct buf *out);

#endif
