/*
 * The dissector for what crosses the cable around MQTT: TLS, HTTP, WebSocket.
 *
 * It looks at one piece of one direction, as it was recorded; what a unit has
 * in other pieces is said, but not shown.
 */
#ifndef WIRE_DISSECT_CABLE_H
#define WIRE_DISSECT_CABLE_H

#include "wire/cable_units.h"
#include "wire/dissector.h"

/* Note all units of d->bytes, which begin at this place. */
void dissect_cable(struct dissector *d, struct cable_place place);

/*
 * The units follow. d stands at the first byte that is here, d->end at the end
 * of what is here; afterwards d->at is anywhere up to that.
 */

/* dissect_tls.c */
void dissect_tls_record(struct dissector *d, const struct cable_unit *unit,
                        const struct cable_place *place);
/* dissect_tls_hello.c: the body of a ClientHello or ServerHello. */
void dissect_tls_hello(struct dissector *d, bool from_client);
/* dissect_certificate.c: one certificate, in DER. */
void dissect_certificate(struct dissector *d);
/* dissect_websocket.c */
void dissect_http_head(struct dissector *d);
void dissect_ws_frame(struct dissector *d, const struct cable_unit *unit);

/* ---- reading what may not be there ---- */

/* Are so many bytes here? If not, a heading says so, and nothing more is read
   in the scope. */
bool dissect_cable_room(struct dissector *d, uint32_t count);

/* A number of size bytes; 0 when they are not here. */
uint32_t dissect_cable_number(struct dissector *d, enum dissect_id id,
                              uint32_t size);

/* Enter a scope of the next count bytes, or what is here of them. Returns the
   end of the outer scope, for dissect_cable_leave. */
uint32_t dissect_cable_enter(struct dissector *d, uint32_t count);
/* Go on behind the scope. */
void dissect_cable_leave(struct dissector *d, uint32_t outer_end);

/* ---- names of values, as Wireshark 4.0 writes them; NULL: none ---- */

const char *dissect_cable_content_type(uint64_t value);
const char *dissect_cable_tls_version(uint64_t value);
const char *dissect_cable_alert_level(uint64_t value);
const char *dissect_cable_alert(uint64_t value);
const char *dissect_cable_handshake(uint64_t value);
const char *dissect_cable_cipher(uint64_t value);
const char *dissect_cable_compression(uint64_t value);
const char *dissect_cable_extension(uint64_t value);
const char *dissect_cable_name_type(uint64_t value);
const char *dissect_cable_opcode(uint64_t value);
const char *dissect_cable_close(uint64_t value);

#endif
