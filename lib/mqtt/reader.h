/*
 * Read the fields of one packet, in order, with a sticky error [MQTT5 1.5].
 *
 * Read all fields, then ask once: after the first failure every read returns
 * zero or an empty slice, and reader.reason keeps the first reason. Slices
 * borrow from the packet.
 */
#ifndef MQTT_READER_H
#define MQTT_READER_H

#include "base/slice.h"
#include "mqtt/reason.h"

struct reader {
    struct slice rest;       /* what is not yet read */
    enum mqtt_reason reason; /* 0, or why reading failed */
};

/* Stop reading for this reason, unless a reason is there already. */
void reader_fail(struct reader *reader, enum mqtt_reason reason);

/* Fields that end beyond the packet fail with MQTT_MALFORMED_PACKET. */
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader); /* Two Byte Integer [1.5.2] */
uint32_t reader_u32(struct reader *reader); /* Four Byte Integer [1.5.3] */
uint32_t reader_varint(struct reader *reader);
struct slice reader_binary(struct reader *reader); /* Binary Data [1.5.6] */

/* UTF-8 Encoded String; fails on ill-formed text [MQTT-1.5.4-1]. */
struct slice reader_string(struct reader *reader);

/* The next len bytes. */
struct slice reader_bytes(struct reader *reader, size_t len);

/* All that is left. */
struct slice reader_rest(struct reader *reader);

/* Fail with MQTT_MALFORMED_PACKET when something is left. */
void reader_end(struct reader *reader);

#endif
