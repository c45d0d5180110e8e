/*
 * The header of a proxy: what is read of it lies within the input, and its
 * prefixes either ask for more or are refused.
 */
#include "net/proxy_header.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const int any = PROXY_HEADER_V1 | PROXY_HEADER_V2;
    struct proxy_header header;
    int used = proxy_header_decode(slice_of(bytes, len), any, &header);

    if (used > 0 && (size_t)used > len)
        abort();
    if (used <= 0)
        return 0;
    for (size_t cut = 0; cut < (size_t)used; cut++) {
        if (proxy_header_decode(slice_of(bytes, cut), any, &header))
            abort();
    }
    return 0;
}
