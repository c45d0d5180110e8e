#include "capture/capture_keys.h"

#include "base/alloc.h"
#include "base/hex_digits.h"

#include <stdlib.h>
#include <string.h>

/* As long as the hash; a master secret is always of the longer kind. */
enum { SECRET_OF_SHA256 = 32, SECRET_OF_SHA384 = 48 };

/* An entry of either map; its key lies behind it. */
struct kept {
    struct capture_secret secret;
    uint8_t name[];
};

static void release_map(struct map *map)
{
    size_t at = 0;
    void *value;

    while ((value = map_next(map, &at)))
        free(value);
    map_release(map);
}

void capture_keys_release(struct capture_keys *keys)
{
    release_map(&keys->by_random);
    release_map(&keys->by_session);
}

static void put(struct map *map, struct slice name,
                const struct capture_secret *secret)
{
    if (map->count >= CAPTURE_MAX_KEYS)
        return;

    struct kept *kept = alloc_bytes(sizeof(*kept) + name.len);
    kept->secret = *secret;
    memcpy(kept->name, name.bytes, name.len);
    free(map_set(map, slice_of(kept->name, name.len), kept));
}

static const struct capture_secret *get(const struct map *map,
                                        struct slice name)
{
    const struct kept *kept = map_get(map, name);

    return kept ? &kept->secret : NULL;
}

/* ---- lines ---- */

static bool label_of(struct slice word, uint8_t *label)
{
    static const char *const names[CAPTURE_KEY_LABELS] = {
        [CAPTURE_KEY_MASTER] = "CLIENT_RANDOM",
        [CAPTURE_KEY_CLIENT_EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET",
        [CAPTURE_KEY_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        [CAPTURE_KEY_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        [CAPTURE_KEY_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
        [CAPTURE_KEY_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
    };

    for (unsigned i = 0; i < CAPTURE_KEY_LABELS; i++) {
        if (slice_equal_string(word, names[i])) {
            *label = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool is_end(uint8_t c)
{
    return c == '\n' || c == '\r';
}

static struct slice next_word(struct slice *line)
{
    size_t len = 0;

    while (line->len && (line->bytes[0] == ' ' || line->bytes[0] == '\t'))
        *line = slice_skip(*line, 1);
    while (len < line->len && line->bytes[len] != ' ' &&
           line->bytes[len] != '\t')
        len++;
    struct slice word = slice_first(*line, len);
    *line = slice_skip(*line, len);
    return word;
}

static void take_line(struct capture_keys *keys, struct slice line)
{
    uint8_t name[1 + CAPTURE_RANDOM];
    struct capture_secret secret;

    if (!label_of(next_word(&line), &name[0]) ||
        hex_digits_decode(next_word(&line), name + 1, CAPTURE_RANDOM) !=
            CAPTURE_RANDOM)
        return;
    secret.len =
        hex_digits_decode(next_word(&line), secret.bytes, sizeof(secret.bytes));
    /* Others are half a line, or no secret. */
    if (secret.len == SECRET_OF_SHA384 ||
        (secret.len == SECRET_OF_SHA256 && name[0] != CAPTURE_KEY_MASTER))
        put(&keys->by_random, slice_of(name, sizeof(name)), &secret);
}

void capture_keys_add(struct capture_keys *keys, struct slice lines)
{
    while (lines.len) {
        size_t len = 0;

        while (len < lines.len && !is_end(lines.bytes[len]))
            len++;
        take_line(keys, slice_first(lines, len));
        while (len < lines.len && is_end(lines.bytes[len]))
            len++;
        lines = slice_skip(lines, len);
    }
}

bool capture_keys_set_psk(struct capture_keys *keys, struct slice hex)
{
    keys->psk_len = hex_digits_decode(hex, keys->psk, sizeof(keys->psk));
    return keys->psk_len > 0;
}

const struct capture_secret *
capture_keys_find(const struct capture_keys *keys, enum capture_key_label label,
                  const uint8_t random[CAPTURE_RANDOM])
{
    uint8_t name[1 + CAPTURE_RANDOM] = {(uint8_t)label};

    memcpy(name + 1, random, CAPTURE_RANDOM);
    const struct capture_secret *secret =
        get(&keys->by_random, slice_of(name, sizeof(name)));
    if (secret || !keys->want)
        return secret;
    keys->want(keys->context);
    return get(&keys->by_random, slice_of(name, sizeof(name)));
}

void capture_keys_remember(struct capture_keys *keys, struct slice name,
                           const struct capture_secret *master)
{
    if (name.len)
        put(&keys->by_session, name, master);
}

const struct capture_secret *
capture_keys_recall(const struct capture_keys *keys, struct slice name)
{
    return name.len ? get(&keys->by_session, name) : NULL;
}
