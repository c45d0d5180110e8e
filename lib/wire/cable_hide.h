/*
 * Passwords in the bytes of a connection that is not encrypted: with WebSocket,
 * or without, where TLS should have come.
 */
#ifndef WIRE_CABLE_HIDE_H
#define WIRE_CABLE_HIDE_H

#include <stddef.h>
#include <stdint.h>

/* How long the HTTP request is that bytes begin with; 0 when they begin with
   none, or its end has not come. */
size_t cable_request_end(const uint8_t *bytes, size_t len);

/* bytes are such a request: replace what it is authorized by [RFC 9110
   11.6.2]. */
void cable_hide_request(uint8_t *bytes, size_t len);

/* bytes are MQTT, from the first packet on: replace the CONNECT's password, and
   more of one that is not what it must be. */
void cable_hide_packets(uint8_t *bytes, size_t len);

/*
 * bytes are what a client has sent in frames [RFC 6455 5.2], from the first one
 * on. The password of the CONNECT in them is replaced by as many '*', masked as
 * the frame says, so the frames stay what they were. A CONNECT that is not what
 * it must be loses more (wire/tap_redact.h), and a frame's header that can be
 * none is replaced with all that follows it.
 */
void cable_hide(uint8_t *bytes, size_t len);

/* Nobody knows what they are: replace all. */
void cable_hide_all(uint8_t *bytes, size_t len);

#endif
