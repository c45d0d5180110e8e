/*
 * Write the fields of a packet into a buffer [MQTT5 1.5].
 */
#ifndef MQTT_WRITER_H
#define MQTT_WRITER_H

#include "base/buf.h"

/* Append an integer, the high byte first [1.5.2] [1.5.3]. */
void writer_u8(struct buf *out, uint8_t value);
void writer_u16(struct buf *out, uint16_t value);
void writer_u32(struct buf *out, uint32_t value);
/* value is at most MQTT_MAX_REMAINING_LENGTH. */
void writer_varint(struct buf *out, uint32_t value);

/* Two-byte length and the bytes; len is at most 65,535. */
void writer_binary(struct buf *out, struct slice bytes);

/* The fixed header: first byte and Remaining Length [MQTT5 2.1]. */
void writer_header(struct buf *out, uint8_t first, uint32_t remaining_length);

#endif
