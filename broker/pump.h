/*
 * From a session's queue to its connection [MQTT5 4.3, 4.4, 4.9].
 *
 * A delivery goes out at once when nothing waits before it, the client's
 * Receive Maximum allows and its output is not congested; else it waits in the
 * queue, within the limits of the configuration. Acknowledgements and drained
 * output start the pump.
 */
#ifndef BROKER_PUMP_H
#define BROKER_PUMP_H

#include "broker/outgoing_queue.h"

struct broker;
struct session;

/* May a delivery of QoS 1 or 2 be put in flight at once? */
bool pump_open(const struct broker *broker, const struct session *session);

/*
 * Make a delivery wait; takes over its references. Drops it, with an event,
 * when the session's queue is full. bounded false: a retained message, for
 * which the number of retained messages is the limit as well.
 */
void pump_queue(struct broker *broker, struct session *session,
                struct delivery *delivery, bool bounded);

/* Send it now if that may be, else make it wait; takes over its references. */
void pump_offer(struct broker *broker, struct session *session,
                struct delivery *delivery, bool bounded);

/* Send what may be sent. The session must have a connection. */
void pump_run(struct broker *broker, struct session *session);

/* The session is resumed: send again what was not acknowledged, then run. */
void pump_resume(struct broker *broker, struct session *session);

#endif
