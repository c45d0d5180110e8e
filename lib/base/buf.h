/*
 * A growable byte buffer, the only one in the project.
 *
 * Invariants: len <= cap; bytes is NULL exactly when cap is 0. A zeroed
 * struct is an empty buffer. Pointers into a buffer are valid until it grows,
 * is consumed or is released.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/slice.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    uint8_t *bytes; /* owned */
    uint32_t len;   /* bytes in use */
    uint32_t cap;   /* bytes allocated; at most 2^32 - 1 */
};

/* Free the memory; the buffer is empty afterwards and can be used again. */
void buf_release(struct buf *buf);

/* Make room for count more bytes and return where they go; len stays. */
uint8_t *buf_reserve(struct buf *buf, size_t count);

static inline void buf_append(struct buf *buf, const void *bytes, size_t len)
{
    if (!len)
        return;
    if (len > buf->cap - buf->len)
        buf_reserve(buf, len);
    memcpy(buf->bytes + buf->len, bytes, len);
    buf->len += (uint32_t)len;
}

static inline void buf_append_slice(struct buf *buf, struct slice slice)
{
    buf_append(buf, slice.bytes, slice.len);
}

static inline void buf_append_u8(struct buf *buf, uint8_t value)
{
    if (buf->len == buf->cap)
        buf_reserve(buf, 1);
    buf->bytes[buf->len++] = value;
}

/* Append a C string without its NUL. */
void buf_append_string(struct buf *buf, const char *string);

/* Append as printf does, without the NUL. */
void buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Drop the first count bytes; count is at most len. */
void buf_consume(struct buf *buf, size_t count);

/* Forget the content, keep the memory. */
static inline void buf_clear(struct buf *buf)
{
    buf->len = 0;
}

/* Everything in the buffer, borrowed. */
static inline struct slice buf_slice(const struct buf *buf)
{
    return slice_of(buf->bytes, buf->len);
}

/* The content as a C string: puts a NUL behind it, which len does not count. */
const char *buf_string(struct buf *buf);

/* The content as a C string that the caller owns; the buffer is empty then. */
char *buf_take_string(struct buf *buf);

#endif
