/*
 * Where the password lies in bytes that a client sent.
 */
#ifndef WIRE_TAP_REDACT_H
#define WIRE_TAP_REDACT_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct redaction {
    size_t from; /* first byte to hide */
    size_t to;   /* first byte after */
};

/*
 * Find what is to be hidden: in a CONNECT its password [MQTT5 3.1.3.6]. When
 * the packet is not whole, or anything about it is not as it must be, all
 * that follows the Client Identifier is hidden; when not even that is found, or
 * a field before it seems to hold what should follow it, all from where it went
 * wrong. Bytes that do not begin with a CONNECT are
 * hidden likewise from where a CONNECT in them would have its password.
 *
 * Returns false when nothing is to be hidden.
 */
bool tap_redact(struct slice bytes, struct redaction *redaction);

#endif
