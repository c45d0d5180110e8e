/*
 * Variable Byte Integer [MQTT5 1.5.5]: seven bits a byte, low bits first.
 */
#ifndef MQTT_VARINT_H
#define MQTT_VARINT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Read a Variable Byte Integer from the start of in[0..len).
 *
 * Returns the number of bytes it takes (1..4) and sets *value; 0 when in[]
 * ends before the integer does: read more and call again; a negative Reason
 * Code when it can never become valid: -MQTT_MALFORMED_PACKET for a fifth
 * byte or an encoding that is not the shortest one [MQTT-1.5.5-1].
 */
int varint_decode(const uint8_t *in, size_t len, uint32_t *value);

/*
 * Write value (0..MQTT_MAX_REMAINING_LENGTH) to out, which has room for four
 * bytes. Returns the number of bytes written, always the fewest possible.
 */
size_t varint_encode(uint8_t *out, uint32_t value);

/* The number of bytes (1..4) that varint_encode would write. */
size_t varint_size(uint32_t value);

#endif
