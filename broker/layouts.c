#include "broker/layouts.h"

#include "broker/message.h"
#include "broker/router.h"
#include "mqtt/property.h"
#include "mqtt/varint.h"
#include "wire/link.h"

void layouts_release(struct layouts *layouts)
{
    for (size_t i = 0; i < LAYOUTS; i++)
        buf_release(&layouts->all[i].bytes);
    buf_release(&layouts->properties);
    buf_release(&layouts->with_alias);
}

/* The Properties for subscribers of version 5, made once a message. */
static struct slice forwarded_properties(struct layouts *layouts,
                                         const struct routing *routing)
{
    struct slice from = routing->publish.properties;
    struct property expiry;

    if (layouts->has_properties || !from.len)
        return layouts->has_properties ? buf_slice(&layouts->properties) : from;
    buf_clear(&layouts->properties);
    if (property_find(from, PROPERTY_MESSAGE_EXPIRY_INTERVAL, &expiry))
        buf_append_slice(&layouts->properties, expiry.bytes);
    message_forward_properties(from, &layouts->properties);
    layouts->has_properties = true;
    return buf_slice(&layouts->properties);
}

/* Is the publisher's own packet what this layout would be? */
static bool is_unchanged(const struct routing *routing, unsigned index)
{
    const struct mqtt_publish *publish = &routing->publish;

    return publish->qos == 0 && !publish->dup && routing->packet.len &&
           index ==
               layouts_index(routing->version >= MQTT_5, 0, publish->retain) &&
           publish->payload.len < LINK_SHARE_BYTES;
}

/* Where the Packet Identifier lies: behind fixed header and Topic Name. */
static uint32_t packet_id_at(const struct layout *layout,
                             const struct mqtt_publish *publish)
{
    uint32_t at = 1;

    if (!publish->qos)
        return 0;
    while (layout->packet.bytes[at] & 0x80)
        at++;
    return at + 1 + 2 + (uint32_t)publish->topic.len;
}

/* Where the Topic Alias lies, which comes first in the Properties. */
static uint32_t alias_at(const struct layout *layout,
                         const struct mqtt_publish *publish)
{
    uint32_t at = 1;

    while (layout->packet.bytes[at] & 0x80)
        at++;
    at += 1 + 2 + (uint32_t)publish->topic.len + (publish->qos ? 2 : 0);
    return at + (uint32_t)varint_size((uint32_t)publish->properties.len) + 1;
}

/* Give a PUBLISH that goes out a Topic Alias, which stands for the Topic Name
   if the client knows it. */
static void put_alias(struct layouts *layouts, struct mqtt_publish *publish,
                      bool known, uint16_t alias)
{
    buf_clear(&layouts->with_alias);
    property_put_number(&layouts->with_alias, PROPERTY_TOPIC_ALIAS, alias);
    buf_append_slice(&layouts->with_alias, publish->properties);
    publish->properties = buf_slice(&layouts->with_alias);
    if (known)
        publish->topic = slice_of(NULL, 0);
}

static void encode(struct layouts *layouts, const struct routing *routing,
                   unsigned index)
{
    struct layout *layout = &layouts->all[index];
    enum mqtt_version version = index & LAYOUT_KIND ? MQTT_5 : MQTT_3_1_1;
    struct mqtt_publish publish = routing->publish;

    layouts->encoded++;
    publish.dup = false; /* [MQTT-3.3.1-3] [MQTT-4.3.1-1] */
    publish.qos = layouts_qos(index);
    publish.retain = index & LAYOUT_RETAIN;
    publish.packet_id = 0;
    publish.properties = version == MQTT_5
                             ? forwarded_properties(layouts, routing)
                             : slice_of(NULL, 0);
    if (index & LAYOUT_ALIAS_NEW)
        put_alias(layouts, &publish,
                  (index & LAYOUT_KIND) == LAYOUT_ALIAS_KNOWN, 0);
    layout->size = (uint32_t)publish_size(version, &publish);
    buf_clear(&layout->bytes);
    layout->packet = slice_of(NULL, 0);
    /* The whole Topic Name for an alias, or Properties, can make it larger than
       any packet: nobody accepts that. */
    if (layout->size > MQTT_MAX_PACKET_SIZE)
        return;
    if (publish.payload.len >= LINK_SHARE_BYTES)
        publish_encode_head(&layout->bytes, version, &publish);
    else
        publish_encode(&layout->bytes, version, &publish);
    layout->packet = buf_slice(&layout->bytes);
    layout->packet_id_at = packet_id_at(layout, &publish);
    layout->alias_at =
        index & LAYOUT_ALIAS_NEW ? alias_at(layout, &publish) : 0;
}

struct layout *layouts_make(struct layouts *layouts,
                            const struct routing *routing, unsigned index)
{
    struct layout *layout = &layouts->all[index];

    layouts->made |= 1u << index;
    if (is_unchanged(routing, index)) {
        layout->packet = routing->packet;
        layout->size = (uint32_t)routing->packet.len;
        layout->packet_id_at = 0;
        layout->alias_at = 0;
    } else {
        encode(layouts, routing, index);
    }
    return layout;
}

unsigned layouts_alias(struct layouts *layouts, const struct routing *routing,
                       unsigned index, struct layouts_alias *to)
{
    struct slice topic = routing->publish.topic;
    unsigned with = index & ~(unsigned)LAYOUT_KIND;

    if (!layouts->topic_hash)
        layouts->topic_hash = topic_alias_out_hash(topic);
    switch (topic_alias_out_choose(to->out, topic, layouts->topic_hash,
                                   &to->alias)) {
    case TOPIC_ALIAS_NONE: return index;
    case TOPIC_ALIAS_KNOWN: return with | LAYOUT_ALIAS_KNOWN;
    case TOPIC_ALIAS_NEW: break;
    }
    with |= LAYOUT_ALIAS_NEW;
    if (layouts_get(layouts, routing, with)->size <= to->max_packet_size)
        return with;
    topic_alias_out_forget(to->out, to->alias);
    return index;
}

void layouts_name(struct layouts *layouts, struct mqtt_publish *publish,
                  struct layouts_alias *to)
{
    const struct mqtt_publish plain = *publish;
    enum topic_alias_use use = topic_alias_out_choose(
        to->out, plain.topic, topic_alias_out_hash(plain.topic), &to->alias);

    if (use == TOPIC_ALIAS_NONE)
        return;
    put_alias(layouts, publish, use == TOPIC_ALIAS_KNOWN, to->alias);
    if (use == TOPIC_ALIAS_NEW &&
        publish_size(MQTT_5, publish) > to->max_packet_size) {
        topic_alias_out_forget(to->out, to->alias);
        *publish = plain;
    }
}
