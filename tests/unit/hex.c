#include "suites.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 160

size_t unit_hex(const char *hex, uint8_t *bytes, size_t size)
{
    size_t count = 0;
    char pair[3] = {0};

    for (size_t digits = 0; *hex; hex++) {
        static const char all[] = "0123456789abcdefABCDEF";
        size_t known = 0;

        while (all[known] && all[known] != *hex)
            known++;
        if (!all[known])
            continue;
        pair[digits % 2] = *hex;
        if (++digits % 2 == 0 && count < size)
            bytes[count++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return count;
}

/* The next of a few places to write to. */
static char *next_text(void)
{
    static char texts[4][TEXT_BYTES];
    static unsigned turn;

    return texts[turn++ % 4];
}

const char *unit_hex_text(const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    char *text = next_text();
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < len && at < TEXT_BYTES - 8; i++)
        at += (size_t)sprintf(text + at, i ? " %02x" : "%02x", from[i]);
    if (len && at >= TEXT_BYTES - 8)
        strcpy(text + at, " ...");
    return len ? text : "no byte at all";
}

const char *unit_text(const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    char *text = next_text();
    size_t at = 1;

    text[0] = '"';
    for (size_t i = 0; i < len && at < TEXT_BYTES - 12; i++)
        at += (size_t)sprintf(text + at, isprint(from[i]) ? "%c" : "\\x%02x",
                              from[i]);
    strcpy(text + at, at < TEXT_BYTES - 12 ? "\"" : "...\"");
    return text;
}
