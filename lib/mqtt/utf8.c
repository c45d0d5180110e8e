#include "mqtt/utf8.h"

#include <string.h>

/* What may follow a lead byte: how many bytes, and the range of the second,
   which rules out long forms, surrogates and what is above U+10FFFF. */
struct lead {
    uint8_t first;
    uint8_t last;
    uint8_t length;
    uint8_t second_min;
    uint8_t second_max;
};

static const struct lead leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf},
    {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, /* no surrogates [MQTT-1.5.4-1] */
    {0xee, 0xef, 3, 0x80, 0xbf}, /* EF BB BF is nothing else [MQTT-1.5.4-3] */
    {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf},
    {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *find_lead(uint8_t byte)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    }
    return NULL;
}

int utf8_decode(struct slice text, uint32_t *code_point)
{
    const uint8_t *at = text.bytes;

    if (at[0] < 0x80) {
        *code_point = at[0];
        return 1;
    }
    const struct lead *lead = find_lead(at[0]);
    if (!lead || text.len < lead->length || at[1] < lead->second_min ||
        at[1] > lead->second_max)
        return 0;

    uint32_t sum = at[0] & (0x7f >> lead->length);
    for (size_t i = 1; i < lead->length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        sum = sum << 6 | (at[i] & 0x3f);
    }
    *code_point = sum;
    return lead->length;
}

/* Are these eight bytes all 0x01..0x7f? */
static bool plain_word(const uint8_t *at)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    /* word - ones borrows into the high bit of a byte that is 0. */
    return !((word | (word - ones)) & high);
}

bool utf8_valid(struct slice text)
{
    while (text.len) {
        uint32_t code_point;

        if (text.len >= 8 && plain_word(text.bytes)) {
            text = slice_skip(text, 8);
            continue;
        }
        int length = utf8_decode(text, &code_point);
        if (length == 0 || code_point == 0) /* [MQTT-1.5.4-2] */
            return false;
        text = slice_skip(text, (size_t)length);
    }
    return true;
}
