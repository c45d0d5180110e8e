/*
 * Topic Names and Topic Filters [MQTT5 4.7].
 */
#ifndef MQTT_TOPIC_H
#define MQTT_TOPIC_H

#include "base/slice.h"

#include <stdbool.h>

/*
 * May this be a Topic Name: 1..65535 bytes of valid UTF-8 [MQTT-4.7.3-1]
 * [MQTT-4.7.3-3], no NUL [MQTT-4.7.3-2], no wildcard [MQTT-3.3.2-2]?
 */
bool topic_name_valid(struct slice topic_name);

/*
 * May this be a Topic Filter: as above, but with "#" only as the last level
 * [MQTT-4.7.1-1] and "+" only as a whole level [MQTT-4.7.1-2]? A filter that
 * begins with "$share/" must be a valid shared subscription as well
 * [MQTT-4.8.2-1] [MQTT-4.8.2-2].
 */
bool topic_filter_valid(struct slice topic_filter);

/*
 * Is there a "+" or "#" in it? In a valid Topic Filter it is a level then; a
 * Topic Name, a level or a name that has one is not valid.
 */
bool topic_filter_has_wildcard(struct slice topic_filter);

/*
 * Does the Topic Name match the Topic Filter? Both must be valid. Wildcards
 * in the first level do not match names that begin with "$" [MQTT-4.7.2-1].
 * The filter of a shared subscription is matched without "$share/name/".
 */
bool topic_match(struct slice topic_filter, struct slice topic_name);

/*
 * Take the next level from *rest. Returns false when none is left. Start with
 * topic_levels(topic): an empty level is a level, and "a/" has two.
 */
struct topic_levels {
    struct slice rest;
    bool more;
};
struct topic_levels topic_levels(struct slice topic);
bool topic_next_level(struct topic_levels *levels, struct slice *level);

/* The number of levels; at least 1. */
size_t topic_level_count(struct slice topic);

/*
 * Split "$share/NAME/FILTER". Returns false when it is not a shared
 * subscription, and leaves both alone then.
 */
bool topic_split_shared(struct slice topic_filter, struct slice *share_name,
                        struct slice *filter);

#endif
