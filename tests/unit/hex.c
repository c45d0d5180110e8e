#include "suites.h"

#include <stdlib.h>

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
