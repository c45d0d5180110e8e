/*
 * What is shown as a filter for Wireshark.
 */
#ifndef TUI_WIRESHARK_H
#define TUI_WIRESHARK_H

#include "tui/store.h"

/*
 * Append a filter that selects, in the file that is written now, the packets
 * that are shown: the filter itself, where Wireshark knows all of its fields,
 * else "frame.number in {3..7, 12}"; "" when every packet is shown.
 */
void wireshark_filter(const struct store *store, struct buf *out);

#endif
