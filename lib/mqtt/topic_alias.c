#include "mqtt/topic_alias.h"

#include "base/alloc.h"

#include <stdlib.h>

void topic_aliases_init(struct topic_aliases *aliases, uint16_t maximum)
{
    *aliases = (struct topic_aliases){.maximum = maximum};
}

void topic_aliases_release(struct topic_aliases *aliases)
{
    for (size_t i = 0; i < aliases->count; i++)
        free(aliases->topics[i]);
    free(aliases->topics);
    free(aliases->lens);
    *aliases = (struct topic_aliases){0};
}

static void set(struct topic_aliases *aliases, uint16_t alias,
                struct slice topic)
{
    if (alias > aliases->count) {
        aliases->topics =
            alloc_resize(aliases->topics, alias, sizeof(aliases->topics[0]));
        aliases->lens =
            alloc_resize(aliases->lens, alias, sizeof(aliases->lens[0]));
        while (aliases->count < alias)
            aliases->topics[aliases->count++] = NULL;
    }
    free(aliases->topics[alias - 1]);
    aliases->topics[alias - 1] = alloc_string_of(topic.bytes, topic.len);
    aliases->lens[alias - 1] = (uint16_t)topic.len;
}

enum mqtt_reason topic_aliases_inbound(struct topic_aliases *aliases,
                                       bool has_alias, uint16_t alias,
                                       struct slice *topic)
{
    if (!has_alias)
        return topic->len ? MQTT_SUCCESS : MQTT_PROTOCOL_ERROR;
    if (alias == 0 || alias > aliases->maximum)
        return MQTT_TOPIC_ALIAS_INVALID; /* [MQTT-3.3.2-8] [MQTT-3.3.2-9] */
    /* All the others are accepted [MQTT-3.3.2-12]. */
    if (topic->len) {
        set(aliases, alias, *topic);
        return MQTT_SUCCESS;
    }
    if (alias > aliases->count || !aliases->topics[alias - 1])
        return MQTT_PROTOCOL_ERROR; /* [MQTT5 3.3.4] */
    *topic = slice_of(aliases->topics[alias - 1], aliases->lens[alias - 1]);
    return MQTT_SUCCESS;
}
