/*
 * A row of the history as an object of JSON, on one line.
 */
#ifndef TUI_ROW_JSON_H
#define TUI_ROW_JSON_H

#include "wire/dissect.h"

/*
 * Append it, without a line feed. A packet has its fields by Wireshark's names,
 * an event its name and its sentence. scratch is a dissection to work in.
 */
void row_json_put(const struct history_row *row, struct dissection *scratch,
                  struct buf *out);

#endif
