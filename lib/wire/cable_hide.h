/*
 * Passwords in the bytes of a WebSocket connection that is not encrypted.
 */
#ifndef WIRE_CABLE_HIDE_H
#define WIRE_CABLE_HIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * bytes are all that a client has sent from the first on, or (from_start false)
 * from somewhere on: the HTTP request, and frames [RFC 6455 5.2]. The password
 * of the CONNECT in them is replaced by as many '*', masked as the frame says,
 * so the frames stay what they were. What cannot be made out is replaced as a
 * whole.
 */
void cable_hide(uint8_t *bytes, size_t len, bool from_start);

#endif
