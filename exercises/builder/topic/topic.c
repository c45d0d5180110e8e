/*
 * Topic Names and Topic Filters: yours to write. lib/mqtt/topic.h says what
 * each function does; replace each abort() by your own lines.
 */
#include "mqtt/topic.h"

#include "mqtt/utf8.h"

#include <stdlib.h>

struct topic_levels topic_levels(struct slice topic)
{
    abort();
}

bool topic_next_level(struct topic_levels *levels, struct slice *level)
{
    abort();
}

size_t topic_level_count(struct slice topic)
{
    abort();
}

bool topic_name_valid(struct slice topic_name)
{
    abort();
}

bool topic_split_shared(struct slice topic_filter, struct slice *share_name,
                        struct slice *filter)
{
    abort();
}

bool topic_filter_valid(struct slice topic_filter)
{
    abort();
}

bool topic_filter_has_wildcard(struct slice topic_filter)
{
    abort();
}

bool topic_match(struct slice topic_filter, struct slice topic_name)
{
    abort();
}
