#include "base/base64.h"

#include <ctype.h>
#include <string.h>

#include <openssl/evp.h>

void base64_put(struct buf *out, const void *bytes, size_t len)
{
    /* A NUL stands behind what it writes. */
    uint8_t *to = buf_reserve(out, (len + 2) / 3 * 4 + 1);

    out->len += (uint32_t)EVP_EncodeBlock(to, bytes, (int)len);
}

/* How many "=" end the text; -1 when it holds anything else that is wrong. */
static int padding(struct slice text)
{
    int count = 0;

    if (text.len % 4)
        return -1;
    while (count < 2 && text.len && text.bytes[text.len - 1] == '=') {
        text.len--;
        count++;
    }
    for (size_t i = 0; i < text.len; i++) {
        int c = text.bytes[i];

        if (c > 127 || (!isalnum(c) && c != '+' && c != '/'))
            return -1;
    }
    return count;
}

ssize_t base64_get(struct slice text, void *bytes, size_t size)
{
    uint8_t decoded[1024];
    int padded = padding(text);

    if (padded < 0 || text.len / 4 * 3 > sizeof(decoded))
        return -1;
    ssize_t len = EVP_DecodeBlock(decoded, text.bytes, (int)text.len);

    len -= padded;
    if (len < 0 || (size_t)len > size)
        return -1;
    memcpy(bytes, decoded, (size_t)len);
    return len;
}
