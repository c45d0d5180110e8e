#include "mqtt/topic_alias_out.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

/* A shorter Topic Name is hardly longer than its alias; of a longer one no copy
   is kept for each client. */
#define MIN_TOPIC_BYTES 8
#define MAX_TOPIC_BYTES 1024

struct alias {
    char *topic;        /* owned; NULL: the alias is free */
    uint16_t topic_len; /* in bytes */
    uint32_t rival;     /* hash of another topic that was sent since; 0: none */
};

struct topic_alias_out {
    uint16_t maximum;
    struct alias aliases[];
};

struct topic_alias_out *topic_alias_out_new(uint16_t maximum)
{
    struct topic_alias_out *out =
        alloc_zero(1, sizeof(*out) + maximum * sizeof(out->aliases[0]));

    assert(maximum > 0);
    out->maximum = maximum;
    return out;
}

void topic_alias_out_free(struct topic_alias_out *out)
{
    if (!out)
        return;
    for (unsigned i = 0; i < out->maximum; i++)
        free(out->aliases[i].topic);
    free(out);
}

/* FNV-1a; never 0. Who finds topics that share an alias gains nothing. */
uint32_t topic_alias_out_hash(struct slice topic)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < topic.len; i++)
        hash = (hash ^ topic.bytes[i]) * 16777619u;
    return hash ? hash : 1;
}

enum topic_alias_use topic_alias_out_choose(struct topic_alias_out *out,
                                            struct slice topic, uint32_t hash,
                                            uint16_t *alias)
{
    unsigned index = hash % out->maximum;
    struct alias *chosen = &out->aliases[index];

    if (topic.len < MIN_TOPIC_BYTES || topic.len > MAX_TOPIC_BYTES)
        return TOPIC_ALIAS_NONE;
    *alias = (uint16_t)(index + 1);
    if (chosen->topic &&
        slice_equal(slice_of(chosen->topic, chosen->topic_len), topic)) {
        chosen->rival = 0;
        return TOPIC_ALIAS_KNOWN;
    }
    if (chosen->rival != hash) {
        chosen->rival = hash;
        return TOPIC_ALIAS_NONE;
    }
    free(chosen->topic);
    chosen->topic = alloc_string_of(topic.bytes, topic.len);
    chosen->topic_len = (uint16_t)topic.len;
    chosen->rival = 0;
    return TOPIC_ALIAS_NEW;
}

void topic_alias_out_forget(struct topic_alias_out *out, uint16_t alias)
{
    struct alias *chosen = &out->aliases[alias - 1];

    free(chosen->topic);
    *chosen = (struct alias){0};
}
