/*
 * Variable Byte Integer: yours to write. lib/mqtt/varint.h says what each
 * function does; replace the lines that do nothing by your own.
 */
#include "mqtt/varint.h"

#include "mqtt/mqtt.h"
#include "mqtt/reason.h"

#include <stdlib.h>

int varint_decode(const uint8_t *in, size_t len, uint32_t *value)
{
    (void)in;
    (void)len;
    *value = 0;
    abort();
}

size_t varint_encode(uint8_t *out, uint32_t value)
{
    out[0] = 0;
    (void)value;
    abort();
}

size_t varint_size(uint32_t value)
{
    (void)value;
    abort();
}
