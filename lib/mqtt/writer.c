#include "mqtt/writer.h"

#include "mqtt/varint.h"

#include <assert.h>

void writer_u8(struct buf *out, uint8_t value)
{
    buf_append_u8(out, value);
}

void writer_u16(struct buf *out, uint16_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

    buf_append(out, bytes, sizeof(bytes));
}

void writer_u32(struct buf *out, uint32_t value)
{
    writer_u16(out, (uint16_t)(value >> 16));
    writer_u16(out, (uint16_t)value);
}

void writer_varint(struct buf *out, uint32_t value)
{
    uint8_t *to = buf_reserve(out, 4);

    out->len += (uint32_t)varint_encode(to, value);
}

void writer_binary(struct buf *out, struct slice bytes)
{
    assert(bytes.len <= UINT16_MAX);
    writer_u16(out, (uint16_t)bytes.len);
    buf_append_slice(out, bytes);
}

void writer_header(struct buf *out, uint8_t first, uint32_t remaining_length)
{
    writer_u8(out, first);
    writer_varint(out, remaining_length);
}
