/*
 * Topic Names and Filters against a second opinion: the same rules written
 * without speed in mind. The first byte of the input is the filter's length.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/topic.h"
#include "mqtt/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Well-formed text by decoding all of it. */
static bool is_text(struct slice text)
{
    while (text.len > 0) {
        uint32_t code_point;
        int used = utf8_decode(text, &code_point);

        if (used == 0 || code_point == 0)
            return false;
        text = slice_skip(text, (size_t)used);
    }
    return true;
}

static bool has(struct slice text, char wanted)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] == (uint8_t)wanted)
            return true;
    }
    return false;
}

/* A byte of filter, or a slash beyond either end. */
static char at(struct slice filter, size_t i)
{
    return i < filter.len ? (char)filter.bytes[i] : '/';
}

static bool is_filter(struct slice filter)
{
    for (size_t i = 0; i < filter.len; i++) {
        bool alone = at(filter, i - 1) == '/' && at(filter, i + 1) == '/';

        if (filter.bytes[i] == '+' && !alone)
            return false;
        if (filter.bytes[i] == '#' && (!alone || i + 1 != filter.len))
            return false;
    }
    return filter.len > 0;
}

/* Match byte by byte. */
static bool matches(struct slice filter, struct slice name)
{
    size_t f = 0;
    size_t n = 0;

    for (; f < filter.len; f++) {
        if (filter.bytes[f] == '#')
            return true;
        if (filter.bytes[f] == '+') {
            while (n < name.len && name.bytes[n] != '/')
                n++;
            continue;
        }
        if (n == name.len) /* "a/#" matches "a" */
            return slice_equal_string(slice_skip(filter, f), "/#");
        if (filter.bytes[f] != name.bytes[n++])
            return false;
    }
    return n == name.len;
}

static void check_levels(struct slice topic)
{
    struct topic_levels levels = topic_levels(topic);
    struct slice level;
    size_t count = 0;
    size_t bytes = 0;

    for (; topic_next_level(&levels, &level); count++) {
        assert(!has(level, '/'));
        bytes += level.len;
    }
    assert(count == topic_level_count(topic));
    assert(bytes + count - 1 == topic.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0 || (size_t)bytes[0] + 1 > len)
        return 0;
    struct slice filter = slice_of(bytes + 1, bytes[0]);
    struct slice name = slice_skip(slice_of(bytes, len), bytes[0] + 1u);
    struct slice inner = filter;
    struct slice share_name = slice_of_string("none");

    assert(utf8_valid(name) == is_text(name));
    assert(topic_name_valid(name) ==
           (name.len > 0 && name.len <= UINT16_MAX && is_text(name) &&
            !has(name, '+') && !has(name, '#')));
    check_levels(name);
    topic_split_shared(filter, &share_name, &inner);
    assert(topic_filter_valid(filter) ==
           (is_text(filter) && is_filter(inner) && share_name.len > 0 &&
            !has(share_name, '+') && !has(share_name, '#')));
    if (!topic_filter_valid(filter) || !topic_name_valid(name))
        return 0;
    bool hidden = name.bytes[0] == '$' &&
                  (inner.bytes[0] == '+' || inner.bytes[0] == '#');
    assert(topic_match(filter, name) == (!hidden && matches(inner, name)));
    return 0;
}
