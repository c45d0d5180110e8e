/*
 * Topic Aliases [MQTT5 3.3.2.3.4] that come on one connection. What we send is
 * named in topic_alias_out.h.
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

#endif
