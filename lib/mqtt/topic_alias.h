/*
 * Topic Aliases [MQTT5 3.3.2.3.4], one table a direction of one connection.
 */
#ifndef MQTT_TOPIC_ALIAS_H
#define MQTT_TOPIC_ALIAS_H

#include "base/slice.h"
#include "mqtt/reason.h"

#include <stdint.h>

struct topic_aliases {
    char **topics;    /* owned; NUL-terminated copies, NULL where unset */
    uint16_t *lens;   /* owned */
    uint16_t maximum; /* the Topic Alias Maximum: aliases are 1..maximum */
    uint16_t count;   /* rows allocated, grows up to maximum */
};

void topic_aliases_init(struct topic_aliases *aliases, uint16_t maximum);
void topic_aliases_release(struct topic_aliases *aliases);

/*
 * What an inbound PUBLISH with this alias (0: none came) and this Topic Name
 * (empty: none came) is about; sets *topic, which borrows from the table or
 * stays as it came. MQTT_TOPIC_ALIAS_INVALID for an alias above the maximum
 * or 0 sent as one [MQTT-3.3.2-8] [MQTT-3.3.2-9]; MQTT_PROTOCOL_ERROR for an
 * alias that is not yet known, or no Topic Name and no alias.
 */
enum mqtt_reason topic_aliases_inbound(struct topic_aliases *aliases,
                                       bool has_alias, uint16_t alias,
                                       struct slice *topic);

/*
 * The alias to send a topic with; 0 for none. *known says that the peer has
 * it, so that the Topic Name can stay empty. A free alias is used for a new
 * topic; when none is free the topic goes in full. The search is linear: give
 * topic_aliases_init a small maximum, 32 say, whatever the peer would allow.
 */
uint16_t topic_aliases_outbound(struct topic_aliases *aliases,
                                struct slice topic, bool *known);

#endif
