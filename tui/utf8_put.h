/*
 * A code point as UTF-8.
 */
#ifndef TUI_UTF8_PUT_H
#define TUI_UTF8_PUT_H

#include <stddef.h>
#include <stdint.h>

/* Write at most four bytes; returns how many. c is a code point. */
static inline size_t utf8_put(uint32_t c, uint8_t *out)
{
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

    out[0] = more ? (uint8_t)(0xf0u << (3 - more) | c >> 6 * more) : (uint8_t)c;
    for (size_t i = 1; i <= more; i++)
        out[i] = (uint8_t)(0x80 | (c >> 6 * (more - i) & 0x3f));
    return more + 1;
}

#endif
