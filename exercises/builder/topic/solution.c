#include "mqtt/topic.h"

#include "mqtt/utf8.h"

static size_t until_slash(struct slice topic)
{
    size_t len = 0;

    while (len < topic.len && topic.bytes[len] != '/')
        len++;
    return len;
}

struct topic_levels topic_levels(struct slice topic)
{
    return (struct topic_levels){.rest = topic, .more = true};
}

bool topic_next_level(struct topic_levels *levels, struct slice *level)
{
    if (!levels->more)
        return false;
    size_t len = until_slash(levels->rest);
    *level = slice_first(levels->rest, len);
    levels->more = len < levels->rest.len;
    levels->rest = slice_skip(levels->rest, levels->more ? len + 1 : len);
    return true;
}

size_t topic_level_count(struct slice topic)
{
    struct topic_levels levels = topic_levels(topic);
    struct slice level;
    size_t count = 0;

    while (topic_next_level(&levels, &level))
        count++;
    return count;
}

bool topic_filter_has_wildcard(struct slice topic_filter)
{
    for (size_t i = 0; i < topic_filter.len; i++) {
        if (topic_filter.bytes[i] == '+' || topic_filter.bytes[i] == '#')
            return true;
    }
    return false;
}

static bool is_text(struct slice topic)
{
    return topic.len > 0 && topic.len <= UINT16_MAX && utf8_valid(topic);
}

bool topic_name_valid(struct slice topic_name)
{
    return is_text(topic_name) && !topic_filter_has_wildcard(topic_name);
}

bool topic_split_shared(struct slice topic_filter, struct slice *share_name,
                        struct slice *filter)
{
    struct slice prefix = slice_of_string("$share/");

    if (!slice_starts_with(topic_filter, prefix))
        return false;
    struct slice rest = slice_skip(topic_filter, prefix.len);
    size_t len = until_slash(rest);
    *share_name = slice_first(rest, len);
    *filter = slice_skip(rest, len < rest.len ? len + 1 : len);
    return true;
}

static bool levels_valid(struct slice filter)
{
    struct topic_levels levels = topic_levels(filter);
    struct slice level;

    while (topic_next_level(&levels, &level)) {
        if (topic_filter_has_wildcard(level) && level.len > 1)
            return false;
        if (slice_equal_string(level, "#") && levels.more)
            return false;
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
    bool first = true;

    while (topic_next_level(&filter, &want)) {
        bool wild = !first || topic_name.bytes[0] != '$';

        first = false;
        if (wild && slice_equal_string(want, "#"))
            return true;
        if (!topic_next_level(&name, &have))
            return false;
        if (wild && slice_equal_string(want, "+"))
            continue;
        if (!slice_equal(want, have))
            return false;
    }
    return !name.more;
}
