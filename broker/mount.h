/*
 * mount_point: the clients of a listener have a part of the tree to themselves.
 *
 * A text stands in front of every Topic Name and Topic Filter that they send,
 * behind "$share/NAME/" in a shared subscription, and is taken off what is sent
 * to them. Inside the broker, in its log and for access control a topic is
 * whole.
 */
#ifndef BROKER_MOUNT_H
#define BROKER_MOUNT_H

#include "base/buf.h"
#include "broker/connection.h"
#include "mqtt/mqtt.h"

struct session;

/* The mount_point of a connection's listener; NULL: none. */
const char *mount_point(const struct connection *connection);

/* Would a Topic Name be too long with it? */
bool mount_is_too_long(const struct connection *connection,
                       struct slice topic_name);

/* A Topic Name with it, in out, which is borrowed as long as out is. */
struct slice mount_topic(const struct connection *connection,
                         struct slice topic_name, struct buf *out);

/*
 * The list of filters of a SUBSCRIBE or UNSUBSCRIBE with it, likewise. A filter
 * that is not valid, or too long with it, is one that is not valid there.
 */
struct slice mount_filters(const struct connection *connection,
                           enum mqtt_type type, struct slice filters,
                           struct buf *out);

/* A Topic Name as the client knows it. */
struct slice mount_strip(const struct connection *connection,
                         struct slice topic_name);

/*
 * Has the session a Topic Name of its own for this one? What is not below the
 * mount_point of its listener, or is no longer than that, has none, and "lab/#"
 * matches "lab" too.
 */
bool mount_shows(const struct broker *broker, const struct session *session,
                 struct slice topic_name);

/*
 * Do all subscriptions of a session lie below the connection's, or was the
 * session made without one, as the connection has none? If not it is of another
 * listener, and not for those who come here.
 */
bool mount_owns(const struct connection *connection,
                const struct session *session);

#endif
