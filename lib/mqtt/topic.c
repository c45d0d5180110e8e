#include "mqtt/topic.h"

#include <string.h>

#include "mqtt/utf8.h"

static const char shared_prefix[] = "$share/";

static bool is_text(struct slice topic)
{
    /* [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] */
    return topic.len >= 1 && topic.len <= UINT16_MAX && utf8_valid(topic);
}

bool topic_filter_has_wildcard(struct slice topic_filter)
{
    for (size_t i = 0; i < topic_filter.len; i++) {
        if (topic_filter.bytes[i] == '+' || topic_filter.bytes[i] == '#')
            return true;
    }
    return false;
}

/* Are these eight bytes all ASCII, and none NUL, "+" or "#"? */
static bool plain_word(const uint8_t *at)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    /* x - ones borrows into the high bit of a byte of x that is 0. */
    uint64_t found = word | (word - ones) | ((word ^ '+' * ones) - ones) |
                     ((word ^ '#' * ones) - ones);
    return !(found & high);
}

/*
 * One scan that says of nearly all Topic Names in the world that they are
 * good: each PUBLISH passes here. The others take the long way.
 */
static bool is_plain_name(struct slice name)
{
    size_t at = 0;

    for (; at + 8 <= name.len; at += 8) {
        if (!plain_word(name.bytes + at))
            return false;
    }
    for (; at < name.len; at++) {
        uint8_t byte = name.bytes[at];

        if (byte == 0 || byte >= 0x80 || byte == '+' || byte == '#')
            return false;
    }
    return name.len >= 1 && name.len <= UINT16_MAX;
}

bool topic_name_valid(struct slice topic_name)
{
    return is_plain_name(topic_name) ||
           (is_text(topic_name) &&
            !topic_filter_has_wildcard(topic_name)); /* [MQTT-3.3.2-2] */
}

struct topic_levels topic_levels(struct slice topic)
{
    return (struct topic_levels){.rest = topic, .more = true};
}

bool topic_next_level(struct topic_levels *levels, struct slice *level)
{
    if (!levels->more)
        return false;

    const uint8_t *slash =
        levels->rest.len ? memchr(levels->rest.bytes, '/', levels->rest.len)
                         : NULL;
    if (!slash) {
        *level = levels->rest;
        levels->more = false;
        return true;
    }
    size_t len = (size_t)(slash - levels->rest.bytes);
    *level = slice_first(levels->rest, len);
    levels->rest = slice_skip(levels->rest, len + 1);
    return true;
}

size_t topic_level_count(struct slice topic)
{
    size_t count = 1;

    for (size_t i = 0; i < topic.len; i++)
        count += topic.bytes[i] == '/';
    return count;
}

static bool is_wildcard(struct slice level)
{
    return level.len == 1 && (level.bytes[0] == '+' || level.bytes[0] == '#');
}

bool topic_split_shared(struct slice topic_filter, struct slice *share_name,
                        struct slice *filter)
{
    struct slice prefix = slice_of_string(shared_prefix);

    if (!slice_starts_with(topic_filter, prefix))
        return false;
    struct slice rest = slice_skip(topic_filter, prefix.len);
    const uint8_t *slash = rest.len ? memchr(rest.bytes, '/', rest.len) : NULL;
    size_t len = slash ? (size_t)(slash - rest.bytes) : rest.len;
    *share_name = slice_first(rest, len);
    *filter = slice_skip(rest, slash ? len + 1 : len);
    return true;
}

/* Wildcards only as whole levels, "#" only as the last. */
static bool levels_valid(struct slice filter)
{
    struct topic_levels levels = topic_levels(filter);
    struct slice level;

    while (topic_next_level(&levels, &level)) {
        if (!topic_filter_has_wildcard(level))
            continue;
        if (!is_wildcard(level))
            return false; /* [MQTT-4.7.1-1] [MQTT-4.7.1-2] */
        if (level.bytes[0] == '#' && levels.more)
            return false; /* [MQTT-4.7.1-1] */
    }
    return true;
}

bool topic_filter_valid(struct slice topic_filter)
{
    struct slice share_name;
    struct slice filter;

    if (!is_text(topic_filter))
        return false;
    if (!topic_split_shared(topic_filter, &share_name, &filter))
        return levels_valid(topic_filter);
    /* [MQTT-4.8.2-1] [MQTT-4.8.2-2] */
    return share_name.len && !topic_filter_has_wildcard(share_name) &&
           filter.len && levels_valid(filter);
}

bool topic_match(struct slice topic_filter, struct slice topic_name)
{
    struct slice share_name;

    topic_split_shared(topic_filter, &share_name, &topic_filter);
    struct topic_levels filter = topic_levels(topic_filter);
    struct topic_levels name = topic_levels(topic_name);
    struct slice want;
    struct slice have;
    bool dollar = topic_name.len && topic_name.bytes[0] == '$';

    if (dollar && topic_filter.len &&
        (topic_filter.bytes[0] == '+' || topic_filter.bytes[0] == '#'))
        return false; /* [MQTT-4.7.2-1] */
    while (topic_next_level(&filter, &want)) {
        if (slice_equal_string(want, "#"))
            return true; /* "a/#" matches "a" as well [MQTT5 4.7.1.2] */
        if (!topic_next_level(&name, &have))
            return false;
        /* Byte by byte [MQTT-4.7.3-4]. */
        if (!slice_equal_string(want, "+") && !slice_equal(want, have))
            return false;
    }
    return !name.more;
}
