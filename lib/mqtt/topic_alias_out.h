/*
 * Topic Aliases of what we send on one connection [MQTT5 3.3.2.3.4].
 *
 * An alias pays when a Topic Name comes again, and costs three bytes when it
 * does not. So a topic is given one when it is sent for the second time. Its
 * hash says which: one look, no search. A topic that has an alias loses it only
 * to one that is sent twice while it is not sent at all. Topic Names of less
 * than 8 bytes and of more than 1,024 get none.
 */
#ifndef MQTT_TOPIC_ALIAS_OUT_H
#define MQTT_TOPIC_ALIAS_OUT_H

#include "base/slice.h"

#include <stdint.h>

struct topic_alias_out;

/* How a PUBLISH names its topic. */
enum topic_alias_use {
    TOPIC_ALIAS_NONE,  /* by the Topic Name alone */
    TOPIC_ALIAS_NEW,   /* by both: the peer is told what the alias means */
    TOPIC_ALIAS_KNOWN, /* by the alias alone */
};

/* maximum, not 0, is the most that the peer accepts: aliases are 1..maximum
   [MQTT-3.1.2-26] [MQTT-3.3.2-11]. */
struct topic_alias_out *topic_alias_out_new(uint16_t maximum);
void topic_alias_out_free(struct topic_alias_out *out);

/* The same for all connections, so that a fan-out computes it once. */
uint32_t topic_alias_out_hash(struct slice topic);

/*
 * How to name this topic, whose hash is hash, in the PUBLISH that is sent now;
 * sets *alias unless the answer is TOPIC_ALIAS_NONE.
 */
enum topic_alias_use topic_alias_out_choose(struct topic_alias_out *out,
                                            struct slice topic, uint32_t hash,
                                            uint16_t *alias);

/* The PUBLISH that was to tell the peer what this alias means is not sent. */
void topic_alias_out_forget(struct topic_alias_out *out, uint16_t alias);

#endif
