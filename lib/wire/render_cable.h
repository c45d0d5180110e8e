/*
 * What crosses the cable around MQTT, as lines for people: "Client Hello, SNI
 * localhost", "Application Data, 42 bytes", "Binary frame, masked, 24 bytes".
 */
#ifndef WIRE_RENDER_CABLE_H
#define WIRE_RENDER_CABLE_H

#include "wire/dissect.h"

/* Append the line of the unit whose first field is at this index; returns the
   index of the next unit. The dissection has its text. */
size_t render_cable_unit(struct buf *out, const struct dissection *dissection,
                         size_t at);

/* The same without a line. */
size_t render_cable_next(const struct dissection *dissection, size_t at);

/* Append all units of a row's piece, "; " between them. */
void render_cable(struct buf *out, const struct history_row *row);

/* "TLS", "HTTP", "WebSocket"; "bytes" for what is none of them. */
const char *render_cable_kind(const struct history_row *row);

/* Does it carry nothing but MQTT: neither handshake nor HTTP nor alert? */
bool render_cable_is_dull(const struct history_row *row);

#endif
