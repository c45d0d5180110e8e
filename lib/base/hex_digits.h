/*
 * Hexadecimal digits, in capitals or not, as bytes.
 */
#ifndef BASE_HEX_DIGITS_H
#define BASE_HEX_DIGITS_H

#include "base/slice.h"

/* What a digit is worth, 0 to 15; -1: c is none. */
static inline int hex_digits_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that two digits are; -1: they are none. */
static inline int hex_digits_byte(int high, int low)
{
    high = hex_digits_value(high);
    low = hex_digits_value(low);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/*
 * The bytes that all of digits are, two for each. Returns how many; 0 when
 * there is anything else among them, half a byte, or more than size bytes.
 */
static inline size_t hex_digits_decode(struct slice digits, uint8_t *bytes,
                                       size_t size)
{
    if (digits.len % 2 || digits.len / 2 > size)
        return 0;
    for (size_t i = 0; i < digits.len; i += 2) {
        int byte = hex_digits_byte(digits.bytes[i], digits.bytes[i + 1]);

        if (byte < 0)
            return 0;
        bytes[i / 2] = (uint8_t)byte;
    }
    return digits.len / 2;
}

#endif
