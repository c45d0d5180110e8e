/*
 * What lay on the cable for a packet, beside the packet.
 */
#ifndef TUI_PACKET_CABLE_H
#define TUI_PACKET_CABLE_H

#include "tui/packet_detail.h"
#include "tui/wire_leaks.h"
#include "tui/wire_lines.h"

struct packet_cable {
    bool on; /* it is to be shown */
    struct wire_leaks leaks;
    struct wire_lines lines;
    struct packet_detail detail; /* of the bytes on the cable */
    const char *why;             /* there are none; NULL: there are */
};

void packet_cable_release(struct packet_cable *cable);

/* Find what carried this packet, of which the row is given. */
void packet_cable_look(struct packet_cable *cable, const struct store *store,
                       uint64_t position, const struct history_row *row);

/* Draw its fields, or why there are none. */
void packet_cable_draw_tree(struct packet_cable *cable, const struct area *area,
                            bool focus);

#endif
