/*
 * Reason Strings: why something was refused, in words [MQTT5 3.4.2.2.2].
 *
 * Every answer of version 5 that refuses has one, and no User Property, unless
 * the client does not want to know or its Maximum Packet Size leaves no room.
 */
#ifndef BROKER_REASON_STRING_H
#define BROKER_REASON_STRING_H

#include "base/buf.h"
#include "mqtt/reason.h"

#include <stddef.h>

struct connection;

/* Is the cause of such a reason nothing that a client may know? It says which
   users there are, or who may do what. */
bool reason_string_is_secret(enum mqtt_reason reason);

/*
 * Append the Reason String text to properties, which go into a packet that has
 * size bytes without it. Nothing is appended before version 5, when text is
 * NULL, when the client has set Request Problem Information to 0
 * [MQTT-3.1.2-29], or when the packet would be larger than the client accepts.
 * text is cut at 256 bytes.
 */
void reason_string_put(struct buf *properties,
                       const struct connection *connection, const char *text,
                       size_t size);

#endif
