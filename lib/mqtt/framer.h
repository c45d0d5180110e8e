/*
 * Cut a stream of bytes into Control Packets [MQTT5 2.1].
 *
 * Stateless: give it all bytes that are not used yet, again after each read.
 */
#ifndef MQTT_FRAMER_H
#define MQTT_FRAMER_H

#include "base/slice.h"
#include "mqtt/reason.h"

/* One whole packet, borrowed from the stream's bytes. */
struct frame {
    uint8_t first;      /* packet type and flags */
    struct slice body;  /* variable header and payload */
    struct slice whole; /* the packet with its fixed header */
};

static inline enum mqtt_type frame_type(const struct frame *frame)
{
    return (enum mqtt_type)(frame->first >> 4);
}

/*
 * Find the packet at the start of in. max_size is the largest packet (with
 * its fixed header) that is accepted.
 *
 * Returns the number of bytes of the packet and fills *frame; 0 when more
 * bytes are needed; a negative Reason Code when the stream is beyond help:
 * -MQTT_MALFORMED_PACKET for a bad Remaining Length [MQTT-1.5.5-1], packet
 * type 0, or flags that this type must not have [MQTT-2.1.3-1] (but for DUP in
 * SUBSCRIBE, UNSUBSCRIBE and PUBREL, which version 3.1 allows: see
 * packet_flags_allowed);
 * -MQTT_PACKET_TOO_LARGE as soon as the length is known to be above max_size.
 */
int framer_next(struct slice in, uint32_t max_size, struct frame *frame);

/*
 * How many bytes the packet at the start of in will have in all, if its fixed
 * header is complete; 0 when it is not, or is bad. Good for one allocation.
 */
uint32_t framer_size(struct slice in);

#endif
