/*
 * A received message as JSON: %j and %J of output.h.
 *
 * The layout is that of mosquitto_sub, byte for byte, also over several lines.
 * What is not UTF-8 becomes U+FFFD, so that the result is always JSON.
 */
#ifndef CLIENT_OUTPUT_JSON_H
#define CLIENT_OUTPUT_JSON_H

#include "base/buf.h"
#include "mqtt/publish.h"

#include <stdbool.h>
#include <stdint.h>

struct output_json {
    bool pretty;          /* over several lines */
    bool payload_is_json; /* %J: the payload is put in as a value */
};

/* Append the message to out; false (and nothing appended) when the payload
   should be JSON and is not. */
bool output_json(struct buf *out, const struct output_json *how,
                 const struct mqtt_publish *message, uint64_t wall_ns);

#endif
