#include "wire/track_string.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384u

struct track_block {
    struct track_block *next;
    size_t used;
    size_t size;
    char text[];
};

void track_strings_release(struct track_strings *strings)
{
    while (strings->blocks) {
        struct track_block *block = strings->blocks;

        strings->blocks = block->next;
        free(block);
    }
    map_release(&strings->map);
    *strings = (struct track_strings){0};
}

/* Room for size bytes; NULL when that would need more than limit in all. */
static char *take_room(struct track_strings *strings, size_t size, size_t limit)
{
    struct track_block *block = strings->blocks;

    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;

        if (strings->bytes + room > limit)
            return NULL;
        block = alloc_bytes(sizeof(*block) + room);
        *block = (struct track_block){.next = strings->blocks, .size = room};
        strings->blocks = block;
        strings->bytes += room;
    }
    block->used += size;
    return block->text + block->used - size;
}

const char *track_string_keep(struct track_strings *strings, struct slice text,
                              size_t limit)
{
    if (!text.len)
        return "";

    const uint8_t *nul = memchr(text.bytes, 0, text.len);
    if (nul)
        text.len = (size_t)(nul - text.bytes);
    if (!text.len)
        return "";
    if (strings->last &&
        !strncmp(strings->last, (const char *)text.bytes, text.len) &&
        !strings->last[text.len])
        return strings->last;

    char *copy = map_get(&strings->map, text);
    if (!copy) {
        copy = take_room(strings, text.len + 1, limit);
        if (!copy)
            return "";
        memcpy(copy, text.bytes, text.len);
        copy[text.len] = '\0';
        map_set(&strings->map, slice_of(copy, text.len), copy);
    }
    strings->last = copy;
    return copy;
}
