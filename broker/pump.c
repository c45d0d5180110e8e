#include "broker/pump.h"

#include <assert.h>
#include <stdio.h>

#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/durable.h"
#include "broker/durable_held.h"
#include "broker/identity.h"
#include "broker/message.h"
#include "broker/mount.h"
#include "broker/session.h"
#include "broker/trace.h"
#include "mqtt/puback.h"

static uint64_t now_ms(const struct broker *broker)
{
    return clock_ms(&broker->loop->clock);
}

/* Does the client accept one more that it has to acknowledge? */
static bool window_open(const struct broker *broker,
                        const struct session *session)
{
    const struct outgoing_queue *queue = &session->outgoing;
    uint64_t max_bytes = broker->config->max_inflight_bytes;

    /* [MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2] */
    return outgoing_queue_unacknowledged(queue) <
               session->connection->receive_maximum &&
           (!max_bytes || queue->inflight_bytes < max_bytes) &&
           (!broker->memory.full ||
            queue->inflight_bytes < MEMORY_WATCH_CLIENT_BYTES);
}

bool pump_open(const struct broker *broker, const struct session *session)
{
    const struct outgoing_queue *queue = &session->outgoing;

    return session->connection && !queue->waiting && !queue->resend_count &&
           window_open(broker, session) &&
           connection_has_room(session->connection);
}

const struct delivery *pump_start(struct broker *broker,
                                  struct session *session,
                                  const struct delivery *delivery)
{
    if (!session->outgoing.inflight_count)
        session->connection->last_move_ms = (uint32_t)now_ms(broker);

    struct delivery *started =
        outgoing_queue_start(&session->outgoing, delivery);
    enum flow_state state = FLOW_DONE;
    enum flow_action action = flow_sender(
        &state, delivery->qos == 1 ? FLOW_SEND_QOS_1 : FLOW_SEND_QOS_2);

    assert(action == FLOW_SEND_PUBLISH);
    started->state = (uint8_t)state;
    if (started->stored)
        durable_delivery_changed(broker, started);
    else if (session->stored)
        durable_delivery_added(broker, session, started);
    broker->counters.messages_inflight++;
    return started;
}

void pump_report_drop(struct broker *broker, const struct session *session,
                      struct slice topic, const char *text, uint64_t cause)
{
    broker->counters.publish_dropped++;
    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, EVENT_MESSAGE_DROPPED, session_client_id(session));
    report_put(broker, RECORD_TOPIC, topic);
    report_printf(broker, RECORD_TEXT, "%s", text);
    report_end(broker, session->connection, cause);
}

/* ---- waiting ---- */

/*
 * A burst must not lose messages for a client that works them off: while it
 * goes on acknowledging, its queue may have so many times the messages and
 * bytes that others have. One that was just sent its first ones may have the
 * messages, but not the bytes: it may be one that never reads.
 */
#define MOVING_MESSAGES 64u
#define MOVING_BYTES    8u
#define MOVING_MS       1000u

static bool is_moving(const struct broker *broker,
                      const struct session *session)
{
    return session->connection &&
           (uint32_t)now_ms(broker) - session->connection->last_move_ms <
               MOVING_MS;
}

/* Why another delivery may not wait; NULL: it may. Retained messages are
   bounded by their own number; a message that is larger than all the queue may
   be waits alone. */
static const char *why_full(const struct broker *broker,
                            const struct session *session,
                            const struct delivery *delivery)
{
    const struct config *config = broker->config;
    const struct outgoing_queue *queue = &session->outgoing;
    bool moving = is_moving(broker, session);
    size_t more = 0;
    size_t more_bytes = 0;

    if (broker->memory.full)
        return MEMORY_WATCH_TEXT;
    if (!queue->waiting)
        return NULL;
    if (delivery->retain) {
        more = retained_store_count(broker->retained);
        more_bytes = retained_store_bytes(broker->retained);
    }
    if (config->max_queued_messages &&
        outgoing_queue_waiting(queue) >=
            (size_t)config->max_queued_messages *
                    (moving ? MOVING_MESSAGES : 1) +
                more)
        return "the queue of the session is full (max_queued_messages)";
    if (config->max_queued_bytes &&
        outgoing_queue_waiting_bytes(queue) + delivery_size_bytes(delivery) >
            config->max_queued_bytes *
                    (moving && session->connection->acknowledges ? MOVING_BYTES
                                                                 : 1) +
                more_bytes)
        return "the queue of the session is full (max_queued_bytes)";
    return NULL;
}

static void report_queued(struct broker *broker, const struct session *session,
                          const struct delivery *delivery)
{
    report_begin(broker, EVENT_MESSAGE_QUEUED, session_client_id(session));
    report_put(broker, RECORD_TOPIC, message_topic(delivery->message));
    report_put_number(broker, RECORD_QOS, delivery->qos);
    report_put_number(broker, RECORD_NUMBER,
                      outgoing_queue_waiting(&session->outgoing));
    report_printf(broker, RECORD_TEXT, "the client is away");
    report_end(broker, NULL, delivery->message->cause);
}

/* Why messages wait for a client that is here; told once. */
static void report_window(struct broker *broker, const struct session *session,
                          uint64_t cause)
{
    struct connection *connection = session->connection;
    const char *text = "reads too slowly: its messages wait";

    if (outgoing_queue_unacknowledged(&session->outgoing) >=
        connection->receive_maximum)
        text = "acknowledges too slowly: its messages wait "
               "(max_inflight_messages, or its Receive Maximum)";
    else if (!window_open(broker, session))
        text = "acknowledges too slowly: its messages wait "
               "(max_inflight_bytes)";
    connection->told_wait = true;
    report_begin(broker, EVENT_LIMIT, session_client_id(session));
    report_printf(broker, RECORD_TEXT, "%s", text);
    report_end(broker, connection, cause);
}

static void wait(struct broker *broker, struct session *session,
                 struct delivery *delivery)
{
    const char *why = why_full(broker, session, delivery);

    if (why) {
        pump_report_drop(broker, session, message_topic(delivery->message), why,
                         delivery->message->cause);
        if (!session->dropping)
            log_notice(broker->log,
                       "Outgoing messages are being dropped for client %s.",
                       session->client_id);
        session->dropping = true;
        delivery_release(delivery);
        return;
    }
    if (session->stored)
        durable_delivery_added(broker, session, delivery);
    outgoing_queue_push(&session->outgoing, delivery); /* [MQTT311-3.1.2-5] */
    if (!tap_on(&broker->tap))
        return;
    if (!session->connection)
        report_queued(broker, session, delivery);
    else if (!session->connection->told_wait)
        report_window(broker, session, delivery->message->cause);
}

/* ---- sending ---- */

/* Send the PUBLISH of a delivery; false when it is too large. */
static bool send_publish(struct broker *broker, struct session *session,
                         const struct delivery *delivery, bool dup)
{
    struct connection *connection = session->connection;
    const struct message *message = delivery->message;
    struct buf *properties = &broker->router.properties_single;
    struct mqtt_publish publish = {
        .dup = dup,
        .qos = delivery->qos,
        .retain = delivery->retain,
        .packet_id = delivery->packet_id,
        .topic = message_topic(message),
        .payload = message_payload(message),
    };

    if (connection->link.version >= MQTT_5) {
        buf_clear(properties);
        message_put_properties(message, now_ms(broker), properties);
        if (delivery->identifiers)
            buf_append_slice(properties, shared_slice(delivery->identifiers));
        publish.properties = buf_slice(properties);
    }
    return router_send(broker, connection, &publish, message, message->cause);
}

static void finish_unsent(struct broker *broker, struct session *session,
                          const struct message *message)
{
    /* As if it had been delivered [MQTT-3.1.2-25]. */
    pump_report_drop(broker, session, message_topic(message),
                     "larger than the client's Maximum Packet Size",
                     message->cause);
}

void pump_finish(struct broker *broker, struct session *session,
                 struct delivery *delivery)
{
    if (delivery->stored)
        durable_delivery_goes(broker, delivery);
    outgoing_queue_finish(&session->outgoing, delivery);
    broker->counters.messages_inflight--;
}

/* Send what was put in flight just now. */
static void send_started(struct broker *broker, struct session *session,
                         struct delivery *delivery)
{
    if (send_publish(broker, session, delivery, false))
        return;
    finish_unsent(broker, session, delivery->message);
    pump_finish(broker, session, delivery);
}

void pump_send_held(struct broker *broker, struct session *session,
                    uint16_t packet_id)
{
    struct delivery *delivery =
        outgoing_queue_find(&session->outgoing, packet_id);

    /* A peer that acknowledges what it was not sent may have changed it. */
    if (delivery && delivery->message && !delivery->resend)
        send_started(broker, session, delivery);
}

/* Send what was taken out of the queue, or came just now. */
static void send_now(struct broker *broker, struct session *session,
                     struct delivery *delivery)
{
    if (delivery->qos == 0) {
        if (!send_publish(broker, session, delivery, false))
            finish_unsent(broker, session, delivery->message);
        delivery_release(delivery);
        return;
    }
    const struct delivery *started = pump_start(broker, session, delivery);
    if (session->stored && durable_held_publish(session, started))
        return;
    send_started(broker, session,
                 outgoing_queue_find(&session->outgoing, started->packet_id));
}

void pump_offer(struct broker *broker, struct session *session,
                struct delivery *delivery)
{
    if (!mount_shows(broker, session, message_topic(delivery->message))) {
        delivery_release(delivery);
        return;
    }
    bool now = delivery->qos
                   ? pump_open(broker, session)
                   : session->connection &&
                         !outgoing_queue_has_qos_0(&session->outgoing) &&
                         connection_has_room(session->connection);

    if (now)
        send_now(broker, session, delivery);
    else
        wait(broker, session, delivery);
}

/* Send one that an earlier connection was sent [MQTT-4.4.0-1], even if it has
   expired meanwhile [MQTT-4.3.3-7]. */
static void send_again(struct broker *broker, struct session *session,
                       struct delivery *delivery)
{
    enum flow_state state = (enum flow_state)delivery->state;
    enum flow_action action = flow_sender(&state, FLOW_RECONNECTED);
    uint8_t pubrel[4];

    if (action == FLOW_SEND_PUBREL) {
        puback_put(pubrel, MQTT_PUBREL, delivery->packet_id);
        connection_send(session->connection, slice_of(pubrel, sizeof(pubrel)),
                        0);
    } else if (!send_publish(broker, session, delivery, true)) {
        finish_unsent(broker, session, delivery->message);
        pump_finish(broker, session, delivery);
    }
}

static bool drop_expired(struct broker *broker, struct session *session,
                         struct delivery *delivery)
{
    const struct message *message = delivery->message;

    if (!message_expired(message, now_ms(broker)))
        return false;
    broker->counters.publish_dropped++;
    if (tap_on(&broker->tap)) {
        report_begin(broker, EVENT_MESSAGE_EXPIRED, session_client_id(session));
        report_put(broker, RECORD_TOPIC, message_topic(message));
        report_printf(broker, RECORD_TEXT,
                      "it waited longer than its Message Expiry Interval");
        report_end(broker, session->connection, message->cause);
    }
    if (delivery->stored)
        durable_delivery_goes(broker, delivery);
    delivery_release(delivery); /* [MQTT-3.3.2-5] */
    return true;
}

/* ---- what the client may not read any more ---- */

static bool is_guarded(const struct session *session)
{
    return session->identity && session->identity->guarded;
}

static bool is_forbidden(struct broker *broker, const struct session *session,
                         const struct message *message)
{
    char why[IDENTITY_WHY_BYTES];
    char text[IDENTITY_WHY_BYTES + 32];

    if (identity_may_read(session, message_topic(message)))
        return false;
    identity_explain(session, MQTTLAB_READ, message_topic(message), why);
    snprintf(text, sizeof(text), "may not read it any more: %s", why);
    pump_report_drop(broker, session, message_topic(message), text,
                     message->cause);
    return true;
}

void pump_ask_again(struct broker *broker, struct session *session)
{
    struct outgoing_queue *queue = &session->outgoing;
    size_t count = is_guarded(session) ? outgoing_queue_waiting(queue) : 0;

    /* Each is taken out and put back behind the others, which keeps the
       order. */
    while (count--) {
        struct delivery delivery = outgoing_queue_take(queue);

        if (!is_forbidden(broker, session, delivery.message)) {
            outgoing_queue_push(queue, &delivery);
            continue;
        }
        if (delivery.stored)
            durable_delivery_goes(broker, &delivery);
        delivery_release(&delivery);
    }
}

struct asked {
    struct broker *broker;
    struct session *session;
};

/* Nothing of it must be sent again, but a PUBREL. */
static void ask_in_flight(void *context, struct delivery *delivery)
{
    const struct asked *asked = context;

    if (delivery->packet_id && delivery->message &&
        is_forbidden(asked->broker, asked->session, delivery->message))
        pump_finish(asked->broker, asked->session, delivery);
}

void pump_run(struct broker *broker, struct session *session)
{
    struct outgoing_queue *queue = &session->outgoing;

    broker_show_records(broker);
    while (queue->resend_count && window_open(broker, session) &&
           connection_has_room(session->connection))
        send_again(broker, session, outgoing_queue_next_resend(queue));
    if (queue->resend_count)
        return;
    while (queue->waiting) {
        bool reliable = outgoing_queue_first(queue)->qos > 0;

        if (!connection_has_room(session->connection) ||
            (reliable && !window_open(broker, session)))
            return;
        struct delivery delivery = outgoing_queue_take(queue);

        if (!drop_expired(broker, session, &delivery))
            send_now(broker, session, &delivery);
    }
    session->dropping = false;
}

void pump_resume(struct broker *broker, struct session *session)
{
    struct asked asked = {broker, session};

    pump_ask_again(broker, session);
    if (is_guarded(session))
        outgoing_queue_visit(&session->outgoing, ask_in_flight, &asked);
    outgoing_queue_resume(&session->outgoing);
    pump_run(broker, session);
}
