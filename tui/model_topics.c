/*
 * The tree of topics of the model.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "mqtt/topic.h"
#include "tui/model_parts.h"
#include "wire/event.h"

/* ---- the tree ---- */

/* Where a level stands, or would stand, among the children. */
static size_t child_place(const struct model_topic *parent, struct slice name,
                          bool *found)
{
    size_t low = 0;
    size_t high = parent->child_count;

    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(
            slice_of_string(parent->children[middle]->name), name);

        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct model_topic *add_child(struct model *model,
                                     struct model_topic *parent, size_t at,
                                     struct slice name)
{
    struct model_topic *child;

    if (model->topic_count == MODEL_TOPICS_MAX) {
        model->topics_dropped++;
        return NULL;
    }
    child = alloc_zero(1, sizeof(*child));
    child->name =
        alloc_string_of(name.len ? (const void *)name.bytes : "", name.len);
    child->parent = parent;
    /* The broker's own topics are many and seldom what one looks for. */
    child->folded = parent == &model->root && name.len && *name.bytes == '$';
    parent->children = alloc_resize(parent->children, parent->child_count + 1,
                                    sizeof(struct model_topic *));
    memmove(parent->children + at + 1, parent->children + at,
            (parent->child_count - at) * sizeof(struct model_topic *));
    parent->children[at] = child;
    parent->child_count++;
    model->topic_count++;
    return child;
}

/* The topic of this name, made if need be; NULL: there is no room. */
static struct model_topic *place(struct model *model, struct slice topic_name)
{
    struct model_topic *topic = &model->root;
    struct topic_levels levels = topic_levels(topic_name);
    struct slice level;

    while (topic && topic_next_level(&levels, &level)) {
        bool found;
        size_t at = child_place(topic, level, &found);

        topic =
            found ? topic->children[at] : add_child(model, topic, at, level);
    }
    return topic;
}

static void free_children(struct model_topic *topic)
{
    for (size_t i = 0; i < topic->child_count; i++) {
        free(topic->children[i]->children);
        free(topic->children[i]->name);
        free(topic->children[i]);
    }
}

void model_topics_free(struct model *model)
{
    struct model_topic *topic = &model->root;

    /* Down to a topic whose children have none, which are then freed. */
    while (model->root.child_count) {
        size_t at = 0;

        while (at < topic->child_count && !topic->children[at]->child_count)
            at++;
        if (at < topic->child_count) {
            topic = topic->children[at];
            continue;
        }
        free_children(topic);
        topic->child_count = 0;
        topic = topic->parent ? topic->parent : &model->root;
    }
    free(model->root.children);
}

int model_topic_depth(const struct model_topic *topic)
{
    int depth = -1;

    while (topic->parent) {
        depth++;
        topic = topic->parent;
    }
    return depth;
}

void model_topic_name(const struct model_topic *topic, struct buf *out)
{
    const struct model_topic *levels[128];
    size_t count = 0;

    for (; topic->parent && count < 128; topic = topic->parent)
        levels[count++] = topic;
    while (count) {
        buf_append_string(out, levels[--count]->name);
        if (count)
            buf_append_u8(out, '/');
    }
}

/* Its place among the children of its parent. */
static size_t place_of(const struct model_topic *topic)
{
    bool found;

    return child_place(topic->parent, slice_of_string(topic->name), &found);
}

struct model_topic *model_topic_next(const struct model *model,
                                     struct model_topic *topic, bool all)
{
    if (!topic)
        return model->root.child_count ? model->root.children[0] : NULL;
    if (topic->child_count && (all || !topic->folded))
        return topic->children[0];
    while (topic->parent) {
        size_t next = place_of(topic) + 1;

        if (next < topic->parent->child_count)
            return topic->parent->children[next];
        topic = topic->parent;
    }
    return NULL;
}

/* ---- messages ---- */

static void keep_payload(struct model_topic *topic, struct slice payload,
                         uint32_t missing)
{
    size_t len =
        payload.len < MODEL_PAYLOAD_MAX ? payload.len : MODEL_PAYLOAD_MAX;

    if (len)
        memcpy(topic->payload, payload.bytes, len);
    topic->payload_len = (uint32_t)payload.len + missing;
}

static void count_rate(struct model_topic *topic, uint64_t second)
{
    const size_t slots = sizeof(topic->rate);

    if (second > topic->rate_second) {
        uint64_t gap = second - topic->rate_second;
        size_t shift = gap < slots ? (size_t)gap : slots;

        memmove(topic->rate + shift, topic->rate, slots - shift);
        memset(topic->rate, 0, shift);
        topic->rate_second = second;
    }
    if (second == topic->rate_second && topic->rate[0] < UINT8_MAX)
        topic->rate[0]++;
}

static struct model_topic *name_topic(struct model *model, struct slice name)
{
    struct model_topic *topic = name.len ? place(model, name) : NULL;

    if (topic && !topic->named) {
        topic->named = true;
        model->named_count++;
    }
    return topic;
}

void model_topic_packet(struct model *model, const struct model_packet *packet)
{
    const struct record *record = &packet->row->record;
    const struct mqtt_publish *publish = &packet->packet.publish;
    struct slice name = slice_of_string(packet->row->note.topic);
    struct model_topic *topic;

    /* A copy that goes out was counted when it came in. */
    if (!packet->from_client && record->cause)
        return;
    /* A repetition is the same message. */
    if (publish->dup)
        return;
    name = name.len ? name : publish->topic;
    topic = name_topic(model, name);
    if (!topic)
        return;
    keep_payload(topic, publish->payload,
                 record->original_len > record->bytes.len
                     ? record->original_len - (uint32_t)record->bytes.len
                     : 0);
    topic->qos = publish->qos;
    topic->retain = publish->retain;
    topic->last_seq = record->seq;
    if (publish->retain)
        topic->retained = publish->payload.len > 0;
    if (packet->from_client || *name.bytes == '$') {
        topic->published++;
        count_rate(topic, record->time_ns / CLOCK_NS_PER_S);
    }
}

/* What is known of a message that no client's PUBLISH brought. */
static void keep_event(struct model_topic *topic, const struct history_row *row)
{
    struct slice bytes = row->record.bytes;

    keep_payload(topic, record_get(bytes, RECORD_PAYLOAD), 0);
    topic->qos = (uint8_t)record_get_number(bytes, RECORD_QOS, 0);
    topic->retain = record_get_number(bytes, RECORD_RETAIN, topic->retain);
    topic->last_seq = row->record.seq;
}

void model_topic_event(struct model *model, const struct history_row *row)
{
    struct slice bytes = row->record.bytes;
    struct slice name = record_get(bytes, RECORD_TOPIC);
    unsigned code = record_code(bytes);
    bool will = code == EVENT_WILL_FIRED;
    bool stores =
        code == EVENT_RETAINED_STORED || code == EVENT_RETAINED_REPLACED;
    struct model_topic *topic;

    if (!will && !stores && code != EVENT_RETAINED_CLEARED)
        return;
    topic = name_topic(model, name);
    if (!topic)
        return;
    if (will) {
        topic->published++;
        count_rate(topic, row->record.time_ns / CLOCK_NS_PER_S);
        keep_event(topic, row);
        return;
    }
    topic->retained = stores;
    /* From before we watched: all that is known of it. */
    if (!topic->published)
        keep_event(topic, row);
}

void model_topics_restart(struct model *model)
{
    struct model_topic *topic = NULL;

    while ((topic = model_topic_next(model, topic, true)))
        topic->retained = false;
}
