/*
 * Will Message [MQTT5 3.1.2.5, 3.1.3.2]: what the broker publishes for a
 * client that left without saying goodbye.
 */
#ifndef BROKER_WILL_H
#define BROKER_WILL_H

#include "mqtt/connect.h"
#include "wire/event.h"

struct broker;
struct message;
struct session;

struct will {
    struct message *message; /* one reference */
    uint32_t delay_s;        /* Will Delay Interval [MQTT5 3.1.3.2.2] */
};

/* The will of a CONNECT; connect->will.set must be true. */
struct will *will_new(const struct mqtt_connect *connect, uint64_t now_ms);
void will_free(struct will *will);

/* Begin a record about the will of a session: all but the cause. */
void will_report(struct broker *broker, const struct session *session,
                 enum event_code code);

/*
 * Publish the will of a session and take it away [MQTT-3.1.2-8]
 * [MQTT-3.1.2-10]. text says why, cause is the record that made it so.
 */
void will_fire(struct broker *broker, struct session *session, const char *text,
               uint64_t cause);

/* Take it away without publishing it. */
void will_cancel(struct broker *broker, struct session *session,
                 const char *text, uint64_t cause);

#endif
