/*
 * What the ladder says about the chosen packet: its handshake on both sides,
 * why it takes so many packets, where the message came from and went to.
 */
#ifndef TUI_LADDER_FLOW_H
#define TUI_LADDER_FLOW_H

#include "tui/view.h"

/* Rows that it needs, with its rule, on a screen that is not narrow. */
#define LADDER_FLOW_HEIGHT 7
/* On a small one: how it stands, and where it came from or went to. */
#define LADDER_FLOW_SMALL      3
#define LADDER_FLOW_SMALL_MOST 4

/* 'A' to 'Z' and again. */
char ladder_flow_letter(uint32_t flow);

/* The type of packet that a flow of this QoS has at a step, from 1; 0: there
   is none. */
enum mqtt_type ladder_flow_type(unsigned qos, unsigned step);

/* How a flow stands now: "open", "done", "lost"; "sent" for none. */
const char *ladder_flow_progress(const struct store *store, uint32_t flow);

/* Rows that it needs in a small area: LADDER_FLOW_SMALL or
   LADDER_FLOW_SMALL_MOST. */
int ladder_flow_small(const struct store *store, uint64_t position,
                      const struct area *area);

/* Draw it for the row at this position. */
void ladder_flow_draw(const struct store *store, uint64_t position,
                      const struct area *area);

#endif
