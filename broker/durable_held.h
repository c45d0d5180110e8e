/*
 * What must not leave before a commit.
 *
 * | packet | waits for |
 * |---|---|
 * | PUBACK, PUBREC | the message in every queue that it was put into, and as retained message; PUBREC also for its Packet Identifier |
 * | PUBCOMP | the end of that identifier: it may be used for another message |
 * | PUBREL | that PUBREC came: the PUBLISH must not be sent again |
 * | PUBLISH, QoS 2, to a stored session | its Packet Identifier: sent with another one it would be taken for another message |
 * | PUBLISH, QoS 1 | those of QoS 2 that its subscriber waits for: the order stays |
 * | SUBACK, UNSUBACK | the subscriptions |
 * | CONNACK | the session that begins, goes on or ends, and its will |
 *
 * Other packets do not wait, and may pass those that do; only after a CONNACK
 * all wait with it. Those that wait leave in the order in which they came.
 */
#ifndef BROKER_DURABLE_HELD_H
#define BROKER_DURABLE_HELD_H

#include "base/slice.h"
#include "broker/outgoing_queue.h"

#include <stdbool.h>
#include <stdint.h>

struct broker;
struct connection;
struct durable;
struct session;

/* A packet was received: what changes from now on is what its answer waits
   for. */
void durable_held_begin(struct durable *durable);

/*
 * Keep back an answer to what was received, if it promises something that is
 * not stored yet, or others are kept back. Returns false if it may be sent.
 */
bool durable_held_answer(struct connection *connection, struct slice packet,
                         uint64_t cause);

/* The same for a delivery that was just put in flight. */
bool durable_held_publish(struct session *session,
                          const struct delivery *delivery);

/* Does a PUBLISH to this connection wait, so that others must not pass it? */
bool durable_held_publishes(const struct connection *connection);

/* The CONNACK was sent into the link: keep back everything, if need be. */
void durable_held_connack(struct connection *connection);

/* Let go what no commit is missing for. */
void durable_held_release(struct durable *durable);

/* The connection ends: its peer is promised nothing any more. */
void durable_held_forget(struct connection *connection);

#endif
