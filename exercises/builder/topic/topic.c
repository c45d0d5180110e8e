/*
 * Topic Names and Topic Filters: yours to write. lib/mqtt/topic.h says what
 * each function does; replace the lines that do nothing by your own.
 */
#include "mqtt/topic.h"

#include "mqtt/utf8.h"

#include <stdlib.h>

struct topic_levels topic_levels(struct slice topic)
{
    (void)topic;
    abort();
}

bool topic_next_level(struct topic_levels *levels, struct slice *level)
{
    (void)levels;
    (void)level;
    abort();
}

size_t topic_level_count(struct slice topic)
{
    (void)topic;
    abort();
}

bool topic_name_valid(struct slice topic_name)
{
    (void)topic_name;
    abort();
}

bool topic_split_shared(struct slice topic_filter, struct slice *share_name,
                        struct slice *filter)
{
    (void)topic_filter;
    (void)share_name;
    (void)filter;
    abort();
}

bool topic_filter_valid(struct slice topic_filter)
{
    (void)topic_filter;
    abort();
}

bool topic_filter_has_wildcard(struct slice topic_filter)
{
    (void)topic_filter;
    abort();
}

bool topic_match(struct slice topic_filter, struct slice topic_name)
{
    (void)topic_filter;
    (void)topic_name;
    abort();
}
