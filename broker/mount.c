#include "broker/mount.h"

#include <string.h>

#include "broker/broker.h"
#include "broker/session.h"
#include "mqtt/subscribe.h"
#include "mqtt/topic.h"

const char *mount_point(const struct connection *connection)
{
    return connection->listener->config->mount_point;
}

static struct slice point_of(const struct connection *connection)
{
    return slice_of_string(mount_point(connection));
}

bool mount_is_too_long(const struct connection *connection,
                       struct slice topic_name)
{
    return point_of(connection).len + topic_name.len > UINT16_MAX;
}

struct slice mount_topic(const struct connection *connection,
                         struct slice topic_name, struct buf *out)
{
    buf_clear(out);
    buf_append_slice(out, point_of(connection));
    buf_append_slice(out, topic_name);
    return buf_slice(out);
}

/* "$share/NAME/" in front of the filter of a shared subscription, or
   nothing. */
static struct slice shared_head(struct slice topic_filter, struct slice *rest)
{
    struct slice share_name;

    *rest = topic_filter;
    if (!topic_split_shared(topic_filter, &share_name, rest))
        return slice_of(NULL, 0);
    return slice_of(topic_filter.bytes, topic_filter.len - rest->len);
}

/* Put a filter with the mount point into one; empty, which no filter may be,
   when that would be too long. */
static void mount_filter(struct slice point, struct slice topic_filter,
                         struct buf *one)
{
    struct slice rest;
    struct slice head = shared_head(topic_filter, &rest);

    buf_clear(one);
    if (point.len + topic_filter.len > UINT16_MAX)
        return;
    buf_append_slice(one, head);
    buf_append_slice(one, point);
    buf_append_slice(one, rest);
}

struct slice mount_filters(const struct connection *connection,
                           enum mqtt_type type, struct slice filters,
                           struct buf *out)
{
    struct slice point = point_of(connection);
    struct mqtt_subscription subscription;
    struct buf one = {0};

    buf_clear(out);
    while (subscribe_next(&filters, type, &subscription)) {
        mount_filter(point, subscription.topic_filter, &one);
        subscription.topic_filter = buf_slice(&one);
        subscribe_put(out, type, &subscription);
    }
    buf_release(&one);
    return buf_slice(out);
}

struct slice mount_strip(const struct connection *connection,
                         struct slice topic_name)
{
    struct slice point = point_of(connection);

    return slice_starts_with(topic_name, point)
               ? slice_skip(topic_name, point.len)
               : topic_name;
}

static const char *point_of_session(const struct broker *broker,
                                    const struct session *session)
{
    return broker->listeners[session->listener].config->mount_point;
}

bool mount_shows(const struct broker *broker, const struct session *session,
                 struct slice topic_name)
{
    const char *point = point_of_session(broker, session);

    return !point || (topic_name.len > strlen(point) &&
                      slice_starts_with(topic_name, slice_of_string(point)));
}

bool mount_owns(const struct connection *connection,
                const struct session *session)
{
    if (!connection->mounted)
        return !point_of_session(connection->broker, session);

    struct subscription_tree *tree = connection->broker->subscriptions;
    struct slice point = point_of(connection);
    struct buf filter = {0};
    bool owns = true;

    LIST_FOREACH (node, &session->subscriber.subscriptions) {
        struct slice rest;

        buf_clear(&filter);
        subscription_tree_put_filter(
            tree, LIST_ITEM(node, struct subscription, own), &filter);
        shared_head(buf_slice(&filter), &rest);
        owns = owns && slice_starts_with(rest, point);
    }
    buf_release(&filter);
    return owns;
}
