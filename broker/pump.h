/*
 * From a session's queue to its connection [MQTT5 4.3, 4.4, 4.9].
 *
 * A delivery goes out at once when nothing waits before it, the client's
 * Receive Maximum allows and its output is not congested; else it waits in the
 * queue, within the limits of the configuration. Acknowledgements and drained
 * output start the pump. Only PUBLISH of QoS 1 and 2 waits for the Receive
 * Maximum; nothing else passes through here [MQTT-3.3.4-10] [MQTT-4.9.0-3].
 */
#ifndef BROKER_PUMP_H
#define BROKER_PUMP_H

#include "base/slice.h"
#include "broker/outgoing_queue.h"

struct broker;
struct session;

/* May a delivery of QoS 1 or 2 be put in flight at once? */
bool pump_open(const struct broker *broker, const struct session *session);

/*
 * Put a delivery of QoS 1 or 2 in flight, as the PUBLISH that the caller sends
 * now; takes over its references. The pointer is valid until the next one.
 */
const struct delivery *pump_start(struct broker *broker,
                                  struct session *session,
                                  const struct delivery *delivery);

/* The flow of a delivery in flight is over. */
void pump_finish(struct broker *broker, struct session *session,
                 struct delivery *delivery);

/*
 * Send a delivery now if that may be, else make it wait, or drop it when the
 * queue is full; takes over its references.
 */
void pump_offer(struct broker *broker, struct session *session,
                struct delivery *delivery);

/* A message is not delivered to this session: count it and say why. */
void pump_report_drop(struct broker *broker, const struct session *session,
                      struct slice topic, const char *text, uint64_t cause);

/* Send a PUBLISH in flight that was kept back (durable_held.h), if it is still
   to be sent. */
void pump_send_held(struct broker *broker, struct session *session,
                    uint16_t packet_id);

/* Send what may be sent. The session must have a connection. */
void pump_run(struct broker *broker, struct session *session);

/* What the session may read has changed: forget what waits and it may not. */
void pump_ask_again(struct broker *broker, struct session *session);

/*
 * The session is resumed, perhaps by another user: forget what this one may not
 * read, send again what was not acknowledged, then run.
 */
void pump_resume(struct broker *broker, struct session *session);

#endif
