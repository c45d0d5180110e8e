#include <stdio.h>

#include "broker/broker.h"
#include "broker/handle.h"
#include "broker/message.h"
#include "broker/pump.h"
#include "broker/reason_string.h"
#include "broker/session.h"
#include "broker/sys_topics.h"
#include "broker/trace.h"
#include "mqtt/property.h"
#include "mqtt/subscribe.h"
#include "mqtt/topic.h"

/* A SUBSCRIBE or UNSUBSCRIBE while it is worked on. */
struct request {
    struct connection *connection;
    struct broker *broker;
    struct session *session;
    struct mqtt_subscribe subscribe;
    uint32_t identifier; /* Subscription Identifier; 0: none */
    uint64_t seq;
    struct buf reasons; /* one byte a filter, for the answer */
    struct buf fresh;   /* one byte a filter: 1 if there was none like it */
    char why[96];       /* the first that was refused, as the answer says */
};

static void report(const struct request *request, enum event_code code,
                   struct slice topic_filter, enum mqtt_reason reason)
{
    struct broker *broker = request->broker;

    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, code, session_client_id(request->session));
    report_put(broker, RECORD_TOPIC, topic_filter);
    if (code == EVENT_SUBSCRIBED)
        report_put_number(broker, RECORD_QOS, reason);
    if (code == EVENT_SUBSCRIBE_REFUSED) {
        report_put_number(broker, RECORD_REASON, reason);
        report_printf(broker, RECORD_TEXT, "%s",
                      reason_name(MQTT_SUBACK, reason));
    }
    report_end(broker, request->connection, request->seq);
}

/* The return code for the answer: version 3.1.1 has one for all refusals, and
   3.1 has none. */
static uint8_t return_code(enum mqtt_version version, enum mqtt_reason reason)
{
    if (version >= MQTT_5 || reason <= MQTT_GRANTED_QOS_2)
        return (uint8_t)reason;
    return version == MQTT_3_1_1 ? MQTT_UNSPECIFIED_ERROR : MQTT_SUCCESS;
}

/* Enter the result for the next filter. */
static void put_result(struct request *request, enum mqtt_type type,
                       enum mqtt_reason reason)
{
    if (reason >= MQTT_UNSPECIFIED_ERROR && !request->why[0])
        snprintf(request->why, sizeof(request->why),
                 "Topic Filter %u of %zu: %s", request->reasons.len + 1,
                 request->subscribe.count, reason_name(type, reason));
    buf_append_u8(&request->reasons,
                  return_code(request->connection->link.version, reason));
}

/* Is the identifier that of a QoS 2 message, whose PUBREL has not come?
   Version 5 can say so [MQTT5 3.9.3]. */
static bool is_id_in_use(const struct request *request)
{
    return request->connection->link.version >= MQTT_5 &&
           packet_ids_used(&request->session->incoming,
                           request->subscribe.packet_id);
}

/* ---- SUBSCRIBE ---- */

static bool has_too_many(const struct request *request)
{
    uint32_t max = request->broker->config->max_subscriptions;

    return max && request->session->subscriber.count > max;
}

/* Enter one filter; returns the granted QoS or why not. */
static enum mqtt_reason subscribe_one(struct request *request,
                                      const struct mqtt_subscription *wanted,
                                      bool *fresh)
{
    struct broker *broker = request->broker;
    uint8_t max_qos = request->connection->listener->config->max_qos;
    struct subscription_options options = {
        .identifier = request->identifier,
        .qos = wanted->qos < max_qos ? wanted->qos : max_qos,
        .retain_handling = wanted->retain_handling,
        .no_local = wanted->no_local,
        .retain_as_published = wanted->retain_as_published,
    };

    if (is_id_in_use(request))
        return MQTT_PACKET_IDENTIFIER_IN_USE;
    if (!topic_filter_valid(wanted->topic_filter)) /* [MQTT-4.7.1-1] */
        return MQTT_TOPIC_FILTER_INVALID;
    switch (subscription_tree_subscribe(broker->subscriptions,
                                        &request->session->subscriber,
                                        wanted->topic_filter, &options)) {
    case SUBSCRIPTION_NEW: *fresh = true; break;
    case SUBSCRIPTION_REPLACED: *fresh = false; break;
    case SUBSCRIPTION_TOO_DEEP: return MQTT_TOPIC_FILTER_INVALID;
    }
    if (*fresh && has_too_many(request)) {
        subscription_tree_unsubscribe(broker->subscriptions,
                                      &request->session->subscriber,
                                      wanted->topic_filter);
        return MQTT_QUOTA_EXCEEDED;
    }
    return (enum mqtt_reason)options.qos;
}

static void subscribe_all(struct request *request)
{
    struct connection *connection = request->connection;
    struct broker *broker = request->broker;
    struct slice filters = request->subscribe.filters;
    struct mqtt_subscription wanted;

    while (subscribe_next(&filters, MQTT_SUBSCRIBE, &wanted)) {
        bool fresh = false;

        enum mqtt_reason reason = subscribe_one(request, &wanted, &fresh);
        bool granted = reason <= MQTT_GRANTED_QOS_2;

        put_result(request, MQTT_SUBACK, reason);
        buf_append_u8(&request->fresh, fresh);
        report(request, granted ? EVENT_SUBSCRIBED : EVENT_SUBSCRIBE_REFUSED,
               wanted.topic_filter, reason);
        if (trace_on(connection))
            log_debug(broker->log, "    %.*s (QoS %d)",
                      SLICE_ARGS(wanted.topic_filter), wanted.qos);
        if (granted && (broker->config->log_types & CONFIG_LOG_SUBSCRIBE))
            log_info(broker->log, "%s %d %.*s", request->session->client_id,
                     (int)reason, SLICE_ARGS(wanted.topic_filter));
    }
}

static void send_answer(const struct request *request, enum mqtt_type type)
{
    struct connection *connection = request->connection;
    struct mqtt_suback suback = {.packet_id = request->subscribe.packet_id};
    struct buf packet = {0};
    struct buf properties = {0};

    if (type == MQTT_SUBACK || connection->link.version >= MQTT_5)
        suback.reasons = buf_slice(&request->reasons);
    suback_encode(&packet, connection->link.version, type, &suback);
    if (request->why[0]) {
        reason_string_put(&properties, connection, request->why, packet.len);
        suback.properties = buf_slice(&properties);
        buf_clear(&packet);
        suback_encode(&packet, connection->link.version, type, &suback);
    }
    connection_send(connection, buf_slice(&packet), request->seq);
    if (trace_on(connection))
        trace_sending_plain(connection, type);
    buf_release(&packet);
    buf_release(&properties);
}

/* A limit is reached that no honest client comes near. */
static void give_up(struct connection *connection, const char *text,
                    uint64_t seq)
{
    connection_end(connection, &(struct connection_ending){.why = END_LIMIT,
                                                           .text = text,
                                                           .cause = seq});
}

/* ---- retained messages for a new subscription [MQTT5 3.8.4] ---- */

struct retained_for {
    const struct request *request;
    uint8_t granted;
};

static bool offer_retained(void *context, struct message *message)
{
    const struct retained_for *to = context;
    const struct request *request = to->request;
    unsigned qos = message->qos < to->granted ? message->qos : to->granted;
    struct delivery delivery = {
        .message = message_ref(message),
        .qos = qos & 3,
        .retain = true, /* [MQTT-3.3.1-8] */
    };

    if (request->identifier) { /* [MQTT-3.3.4-3] */
        struct buf identifier = {0};

        property_put_number(&identifier, PROPERTY_SUBSCRIPTION_IDENTIFIER,
                            request->identifier);
        delivery.identifiers = shared_new(identifier.len);
        memcpy(delivery.identifiers->bytes, identifier.bytes, identifier.len);
        buf_release(&identifier);
    }
    pump_offer(request->broker, request->session, &delivery);
    return true;
}

static bool wants_retained(const struct mqtt_subscription *wanted, bool fresh)
{
    struct slice share_name;
    struct slice filter;

    /* A shared subscription gets none [MQTT5 4.8.2]. */
    if (topic_split_shared(wanted->topic_filter, &share_name, &filter))
        return false;
    /* [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] */
    return wanted->retain_handling == 0 ||
           (wanted->retain_handling == 1 && fresh);
}

/* A few bytes of Topic Filters can ask for everything again and again: others
   would not be served until it is all looked through. */
static bool asks_too_much(const struct request *request)
{
    return request->connection->retained_looked_at >
           HANDLE_RETAINED_VISIT_NODES +
               HANDLE_RETAINED_VISITS *
                   retained_store_nodes(request->broker->retained);
}

static void send_retained(const struct request *request)
{
    struct broker *broker = request->broker;
    struct slice filters = request->subscribe.filters;
    struct mqtt_subscription wanted;

    for (size_t i = 0; subscribe_next(&filters, MQTT_SUBSCRIBE, &wanted); i++) {
        struct retained_for to = {request, request->reasons.bytes[i]};

        if (to.granted > MQTT_GRANTED_QOS_2 ||
            !wants_retained(&wanted, request->fresh.bytes[i]))
            continue;
        request->connection->retained_looked_at += retained_store_visit(
            broker->retained, wanted.topic_filter,
            clock_ms(&broker->loop->clock), offer_retained, &to);
        if (asks_too_much(request)) {
            give_up(request->connection,
                    "asks for retained messages again and again", request->seq);
            return;
        }
    }
}

/* ---- both ---- */

static enum mqtt_reason begin(struct request *request,
                              struct connection *connection,
                              const struct frame *frame, uint64_t seq)
{
    *request = (struct request){
        .connection = connection,
        .broker = connection->broker,
        .session = connection->session,
        .seq = seq,
    };
    enum mqtt_reason reason =
        subscribe_decode(&request->subscribe, connection->link.version,
                         frame_type(frame), frame->body);

    if (!reason && trace_on(connection))
        trace_received_plain(connection, frame_type(frame));
    return reason;
}

/* Entering so many filters would keep others waiting. */
static bool is_too_long(struct connection *connection,
                        const struct frame *frame, uint64_t seq)
{
    if (frame->body.len <= HANDLE_MAX_SUBSCRIBE_BYTES)
        return false;
    give_up(connection, "a SUBSCRIBE or UNSUBSCRIBE larger than the limit",
            seq);
    return true;
}

static void finish(struct request *request)
{
    buf_release(&request->reasons);
    buf_release(&request->fresh);
}

/* What is retained under $SYS may be old when nothing happened for long. */
static void refresh_sys_topics(const struct request *request)
{
    struct slice filters = request->subscribe.filters;
    struct mqtt_subscription wanted;

    while (subscribe_next(&filters, MQTT_SUBSCRIBE, &wanted)) {
        if (slice_starts_with(wanted.topic_filter, slice_of_string("$SYS"))) {
            sys_topics_refresh(request->broker->sys_topics);
            return;
        }
    }
}

enum mqtt_reason handle_subscribe(struct connection *connection,
                                  const struct frame *frame, uint64_t seq)
{
    struct request request;
    enum mqtt_reason reason = begin(&request, connection, frame, seq);

    if (reason || is_too_long(connection, frame, seq))
        return reason;
    request.identifier = property_number(request.subscribe.properties,
                                         PROPERTY_SUBSCRIPTION_IDENTIFIER, 0);
    refresh_sys_topics(&request);
    subscribe_all(&request);
    /* In the order of the filters [MQTT-3.8.4-6]. */
    send_answer(&request, MQTT_SUBACK);
    send_retained(&request);
    finish(&request);
    return MQTT_SUCCESS;
}

/* Take one filter out; returns its Reason Code. */
static enum mqtt_reason unsubscribe_one(const struct request *request,
                                        struct slice topic_filter)
{
    if (is_id_in_use(request))
        return MQTT_PACKET_IDENTIFIER_IN_USE;
    if (!topic_filter_valid(topic_filter))
        return MQTT_TOPIC_FILTER_INVALID;
    return subscription_tree_unsubscribe(
               request->broker->subscriptions, &request->session->subscriber,
               topic_filter) /* [MQTT-3.10.4-1] [MQTT-3.10.4-2] */
               ? MQTT_SUCCESS
               : MQTT_NO_SUBSCRIPTION_EXISTED;
}

/* One after the other, as if each had come alone [MQTT-3.10.4-6]. */
static void unsubscribe_all(struct request *request)
{
    const struct broker *broker = request->broker;
    struct slice filters = request->subscribe.filters;
    struct mqtt_subscription wanted;

    while (subscribe_next(&filters, MQTT_UNSUBSCRIBE, &wanted)) {
        enum mqtt_reason reason = unsubscribe_one(request, wanted.topic_filter);

        put_result(request, MQTT_UNSUBACK, reason);
        if (!reason)
            report(request, EVENT_UNSUBSCRIBED, wanted.topic_filter, 0);
        if (trace_on(request->connection))
            log_debug(broker->log, "    %.*s", SLICE_ARGS(wanted.topic_filter));
        if (!reason && (broker->config->log_types & CONFIG_LOG_UNSUBSCRIBE))
            log_info(broker->log, "%s %.*s", request->session->client_id,
                     SLICE_ARGS(wanted.topic_filter));
    }
}

enum mqtt_reason handle_unsubscribe(struct connection *connection,
                                    const struct frame *frame, uint64_t seq)
{
    struct request request;
    enum mqtt_reason reason = begin(&request, connection, frame, seq);

    if (reason || is_too_long(connection, frame, seq))
        return reason;
    unsubscribe_all(&request);
    send_answer(&request, MQTT_UNSUBACK); /* [MQTT-3.10.4-4] */
    finish(&request);
    return MQTT_SUCCESS;
}
