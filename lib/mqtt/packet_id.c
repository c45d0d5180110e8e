#include "mqtt/packet_id.h"

#include "base/alloc.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 1024

void packet_ids_release(struct packet_ids *ids)
{
    free(ids->words);
    *ids = (struct packet_ids){0};
}

static void grow(struct packet_ids *ids, unsigned word)
{
    unsigned count = ids->word_count ? ids->word_count : 1;

    while (count <= word)
        count *= 2;
    ids->words = alloc_resize(ids->words, count, sizeof(ids->words[0]));
    memset(ids->words + ids->word_count, 0,
           (count - ids->word_count) * sizeof(ids->words[0]));
    ids->word_count = (uint16_t)count;
}

/* The first free identifier in from..word_count*64-1; 0 when there is none. */
static uint16_t find_free(const struct packet_ids *ids, unsigned from)
{
    for (unsigned word = from / 64; word < ids->word_count; word++) {
        uint64_t taken = ids->words[word];

        if (word == 0)
            taken |= 1; /* 0 is no Packet Identifier [MQTT-2.2.1-3] */
        if (word == from / 64)
            taken |= (UINT64_C(1) << from % 64) - 1;
        if (~taken)
            return (uint16_t)(word * 64 + (unsigned)__builtin_ctzll(~taken));
    }
    return 0;
}

uint16_t packet_ids_take(struct packet_ids *ids)
{
    uint16_t id = find_free(ids, ids->last + 1u);

    if (!id)
        id = find_free(ids, 1);
    if (!id && ids->word_count < MAX_WORDS) {
        grow(ids, ids->word_count);
        id = find_free(ids, 1);
    }
    if (!id)
        return 0;
    ids->words[id / 64] |= UINT64_C(1) << id % 64;
    ids->last = id;
    ids->used++;
    return id;
}

bool packet_ids_mark(struct packet_ids *ids, uint16_t packet_id)
{
    if (packet_ids_used(ids, packet_id))
        return false;
    if (packet_id / 64u >= ids->word_count)
        grow(ids, packet_id / 64u);
    ids->words[packet_id / 64] |= UINT64_C(1) << packet_id % 64;
    ids->used++;
    return true;
}

bool packet_ids_put(struct packet_ids *ids, uint16_t packet_id)
{
    if (!packet_ids_used(ids, packet_id))
        return false;
    ids->words[packet_id / 64] &= ~(UINT64_C(1) << packet_id % 64);
    ids->used--;
    return true;
}

bool packet_ids_used(const struct packet_ids *ids, uint16_t packet_id)
{
    return packet_id / 64u < ids->word_count &&
           ids->words[packet_id / 64] >> packet_id % 64 & 1;
}
