/*
 * The ways to write one message for its subscribers.
 *
 * What differs between subscribers is the version, the QoS, RETAIN and the use
 * of a Topic Alias; each combination is a layout, which is encoded when the
 * first subscriber needs it. Packet Identifier and Topic Alias are numbers in
 * it that are written over for each.
 */
#ifndef BROKER_LAYOUTS_H
#define BROKER_LAYOUTS_H

#include "base/buf.h"
#include "mqtt/publish.h"
#include "mqtt/topic_alias_out.h"

struct routing;

/* The index of a layout: RETAIN, QoS, and one of four kinds: before version 5,
   version 5 without a Topic Alias, with one that is new, with one that is
   known. */
enum {
    LAYOUT_RETAIN = 1,
    LAYOUT_QOS = 6,
    LAYOUT_QOS_SHIFT = 1,
    LAYOUT_VERSION_5 = 8,
    LAYOUT_ALIAS_NEW = 16,
    LAYOUT_ALIAS_KNOWN = 24,
    LAYOUT_KIND = 24,
    LAYOUTS = 32,
};

struct layout {
    struct buf bytes;      /* owned; keeps its memory from one to the next */
    struct slice packet;   /* all, or the head when the payload is shared */
    uint32_t packet_id_at; /* where in packet; 0: it has none */
    uint32_t alias_at;     /* where the Topic Alias; 0: it has none */
    uint32_t size;         /* of the whole packet */
};

/* Those of one message, which is the same until layouts_begin. */
struct layouts {
    struct layout all[LAYOUTS];
    uint32_t made;         /* bit n: all[n] is of this message */
    uint64_t encoded;      /* how many were, of all messages */
    uint32_t topic_hash;   /* for Topic Aliases; 0: not asked for yet */
    struct buf properties; /* what subscribers of version 5 get */
    bool has_properties;   /* properties is of this message */
    struct buf with_alias; /* Properties with a Topic Alias, while in use */
};

void layouts_release(struct layouts *layouts);

/* Another message comes. */
static inline void layouts_begin(struct layouts *layouts)
{
    layouts->made = 0;
    layouts->topic_hash = 0;
    layouts->has_properties = false;
}

static inline unsigned layouts_index(bool version_5, unsigned qos, bool retain)
{
    return (version_5 ? LAYOUT_VERSION_5 : 0u) | qos << LAYOUT_QOS_SHIFT |
           (retain ? LAYOUT_RETAIN : 0u);
}

static inline uint8_t layouts_qos(unsigned index)
{
    return (index & LAYOUT_QOS) >> LAYOUT_QOS_SHIFT;
}

/* Encode the layout of this index; layouts_get does when it must. */
struct layout *layouts_make(struct layouts *layouts,
                            const struct routing *routing, unsigned index);

static inline struct layout *layouts_get(struct layouts *layouts,
                                         const struct routing *routing,
                                         unsigned index)
{
    return layouts->made >> index & 1 ? &layouts->all[index]
                                      : layouts_make(layouts, routing, index);
}

/* Which Topic Alias to use towards a client. */
struct layouts_alias {
    struct topic_alias_out *out; /* its table */
    uint32_t max_packet_size;    /* what it accepts */
    uint16_t alias;              /* set when one is used */
};

/* The layout to use instead of index, one without an alias, for a client that
   allows Topic Aliases. */
unsigned layouts_alias(struct layouts *layouts, const struct routing *routing,
                       unsigned index, struct layouts_alias *to);

/* The same for a PUBLISH that is encoded for one client alone: it is given a
   Topic Alias if that pays. */
void layouts_name(struct layouts *layouts, struct mqtt_publish *publish,
                  struct layouts_alias *to);

/* Write the numbers of one subscriber into a layout that has them. */
static inline void layouts_number(struct layout *layout, uint16_t packet_id,
                                  uint16_t alias)
{
    uint8_t *bytes = layout->bytes.bytes;

    if (layout->packet_id_at) {
        bytes[layout->packet_id_at] = (uint8_t)(packet_id >> 8);
        bytes[layout->packet_id_at + 1] = (uint8_t)packet_id;
    }
    if (layout->alias_at) {
        bytes[layout->alias_at] = (uint8_t)(alias >> 8);
        bytes[layout->alias_at + 1] = (uint8_t)alias;
    }
}

#endif
