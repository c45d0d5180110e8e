#include "base/buf.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_release(struct buf *buf)
{
    free(buf->bytes);
    *buf = (struct buf){0};
}

uint8_t *buf_reserve(struct buf *buf, size_t count)
{
    size_t need = buf->len + count;

    if (need > buf->cap) {
        size_t cap = buf->cap ? buf->cap : 64;

        while (cap < need)
            cap += cap;
        assert(cap <= UINT32_MAX);
        buf->bytes = alloc_resize(buf->bytes, cap, 1);
        buf->cap = (uint32_t)cap;
    }
    return buf->bytes ? buf->bytes + buf->len : NULL;
}

void buf_append_string(struct buf *buf, const char *string)
{
    buf_append(buf, string, strlen(string));
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    assert(len >= 0);
    char *to = (char *)buf_reserve(buf, (size_t)len + 1);
    vsnprintf(to, (size_t)len + 1, format, again);
    va_end(again);
    buf->len += (uint32_t)len;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(buf, format, args);
    va_end(args);
}

void buf_consume(struct buf *buf, size_t count)
{
    assert(count <= buf->len);
    if (!count)
        return;
    buf->len -= (uint32_t)count;
    memmove(buf->bytes, buf->bytes + count, buf->len);
}

const char *buf_string(struct buf *buf)
{
    *buf_reserve(buf, 1) = '\0';
    return (const char *)buf->bytes;
}

char *buf_take_string(struct buf *buf)
{
    buf_string(buf);
    char *string = (char *)buf->bytes;
    *buf = (struct buf){0};
    return string;
}
