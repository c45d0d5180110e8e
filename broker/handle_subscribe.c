#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/durable.h"
#include "broker/handle.h"
#include "broker/identity.h"
#include "broker/mount.h"
#include "broker/reason_string.h"
#include "broker/session.h"
#include "broker/subscribe_request.h"
#include "broker/sys_topics.h"
#include "broker/trace.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"

/* Why a filter is refused, for people. */
static const char *why_not(const struct subscribe_request *request,
                           enum mqtt_type type, enum mqtt_reason reason)
{
    return request->limit ? request->limit : reason_name(type, reason);
}

static void report_refusal(const struct subscribe_request *request,
                           struct slice topic_filter, enum mqtt_reason reason)
{
    char why[IDENTITY_WHY_BYTES] = "";

    if (reason == MQTT_NOT_AUTHORIZED)
        identity_explain(request->session, MQTTLAB_SUBSCRIBE, topic_filter,
                         why);
    report_printf(request->broker, RECORD_TEXT, "%s",
                  why[0] ? why : why_not(request, MQTT_SUBACK, reason));
}

static void report(const struct subscribe_request *request,
                   enum event_code code, struct slice topic_filter,
                   enum mqtt_reason reason)
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
        report_refusal(request, topic_filter, reason);
    }
    report_end(broker, request->connection, request->seq);
}

/* The return code for the answer [MQTT-3.8.4-7]: version 3.1.1 has one for all
   refusals, and 3.1 has none. */
static uint8_t return_code(enum mqtt_version version, enum mqtt_reason reason)
{
    if (version >= MQTT_5 || reason <= MQTT_GRANTED_QOS_2)
        return (uint8_t)reason;
    return version == MQTT_3_1_1 ? MQTT_UNSPECIFIED_ERROR : MQTT_SUCCESS;
}

/* Enter the result for the next filter: in the order of the filters
   [MQTT-3.9.3-1] [MQTT-3.11.3-1]. */
static void put_result(struct subscribe_request *request, enum mqtt_type type,
                       enum mqtt_reason reason)
{
    if (reason >= MQTT_UNSPECIFIED_ERROR && !request->why[0])
        snprintf(request->why, sizeof(request->why),
                 "Topic Filter %u of %zu: %s", request->reasons.len + 1,
                 request->subscribe.count, why_not(request, type, reason));
    buf_append_u8(&request->reasons,
                  return_code(request->connection->link.version, reason));
}

/* Is there another filter to look at, and time for it? */
static bool next_filter(struct subscribe_request *request, enum mqtt_type type,
                        struct mqtt_subscription *wanted)
{
    return request->broker->work <= request->broker->turn_work &&
           subscribe_next(&request->left, type, wanted);
}

/* Is the identifier that of a QoS 2 message, whose PUBREL has not come?
   Version 5 can say so [MQTT5 3.9.3]. */
static bool is_id_in_use(const struct subscribe_request *request)
{
    return request->connection->link.version >= MQTT_5 &&
           packet_ids_used(&request->session->incoming,
                           request->subscribe.packet_id);
}

/* ---- SUBSCRIBE ---- */

/* Which limit a new subscription exceeds; NULL: none. */
static const char *exceeded(const struct subscribe_request *request)
{
    const struct config *config = request->broker->config;
    const struct subscriber *subscriber = &request->session->subscriber;

    if (request->broker->memory.full)
        return MEMORY_WATCH_TEXT;
    if (config->max_subscriptions &&
        subscriber->count > config->max_subscriptions)
        return "the client has too many subscriptions (max_subscriptions)";
    if (config->max_subscription_bytes &&
        subscriber->filter_bytes > config->max_subscription_bytes)
        return "the client's Topic Filters take too much "
               "(max_subscription_bytes)";
    if (config->max_wildcard_levels &&
        subscriber->wildcard_levels > config->max_wildcard_levels)
        return "the client's wildcards cost too much (max_wildcard_levels)";
    return NULL;
}

static bool is_shared(const struct mqtt_subscription *wanted)
{
    struct slice share_name;
    struct slice filter;

    return topic_split_shared(wanted->topic_filter, &share_name, &filter);
}

/* Enter one filter; returns the granted QoS or why not. */
static enum mqtt_reason subscribe_one(struct subscribe_request *request,
                                      const struct mqtt_subscription *wanted,
                                      bool *fresh)
{
    struct broker *broker = request->broker;
    uint8_t max_qos = request->connection->listener->config->max_qos;
    /* A bridge wants back nothing that it brought, and RETAIN as it was: what
       version 5 has options for. */
    bool is_bridge = request->connection->bridge && !is_shared(wanted);
    struct subscription_options options = {
        .identifier = request->identifier,
        /* [MQTT-3.2.2-10] */
        .qos = wanted->qos < max_qos ? wanted->qos : max_qos,
        .retain_handling = wanted->retain_handling,
        .no_local = wanted->no_local || is_bridge,
        .retain_as_published = wanted->retain_as_published || is_bridge,
    };

    request->limit = NULL;
    if (is_id_in_use(request))
        return MQTT_PACKET_IDENTIFIER_IN_USE;
    if (!wanted->topic_filter.len) /* too long with the mount point */
        return MQTT_TOPIC_FILTER_INVALID;
    if (!identity_may_subscribe(request->session, wanted->topic_filter))
        return MQTT_NOT_AUTHORIZED;
    switch (subscription_tree_subscribe(broker->subscriptions,
                                        &request->session->subscriber,
                                        wanted->topic_filter, &options)) {
    case SUBSCRIPTION_NEW: *fresh = true; break;
    /* What waits in the session stays [MQTT-3.8.4-4]. */
    case SUBSCRIPTION_REPLACED: *fresh = false; break;
    case SUBSCRIPTION_TOO_DEEP:
        request->limit = "the filter is deeper than max_topic_levels";
        return MQTT_TOPIC_FILTER_INVALID;
    }
    if (*fresh && (request->limit = exceeded(request))) {
        subscription_tree_unsubscribe(broker->subscriptions,
                                      &request->session->subscriber,
                                      wanted->topic_filter);
        return MQTT_QUOTA_EXCEEDED;
    }
    if (request->session->stored)
        durable_subscribed(broker, request->session, wanted->topic_filter,
                           &options);
    return (enum mqtt_reason)options.qos;
}

/* One after the other, as if each had come alone [MQTT-3.8.4-5]. */
static void subscribe_all(struct subscribe_request *request)
{
    struct connection *connection = request->connection;
    struct broker *broker = request->broker;
    struct mqtt_subscription wanted;

    while (next_filter(request, MQTT_SUBSCRIBE, &wanted)) {
        bool fresh = false;

        broker->work += HANDLE_FILTER_WORK;
        enum mqtt_reason reason = subscribe_one(request, &wanted, &fresh);
        bool granted = reason <= MQTT_GRANTED_QOS_2;

        put_result(request, MQTT_SUBACK, reason);
        buf_append_u8(&request->fresh, fresh);
        report(request, granted ? EVENT_SUBSCRIBED : EVENT_SUBSCRIBE_REFUSED,
               wanted.topic_filter, reason);
        if (trace_on(connection))
            log_debug(broker->log, "    %.*s (QoS %d)",
                      SLICE_ARGS(wanted.topic_filter), wanted.qos);
        if (granted)
            log_subscribe(broker->log, "%s %d %.*s",
                          request->session->client_id, (int)reason,
                          SLICE_ARGS(wanted.topic_filter));
    }
}

/* It must not be sent [MQTT-3.1.2-24], and the client would wait for it. */
static void refuse_too_large(const struct subscribe_request *request)
{
    connection_end(request->connection,
                   &(struct connection_ending){
                       .why = END_LIMIT,
                       .reason = MQTT_PACKET_TOO_LARGE,
                       .text = "the client's Maximum Packet Size has no room "
                               "for the answer",
                       .cause = request->seq,
                   });
}

static void send_answer(const struct subscribe_request *request,
                        enum mqtt_type type)
{
    struct connection *connection = request->connection;
    /* [MQTT-3.8.4-2] [MQTT-3.10.4-5] */
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
    if (packet.len > connection->max_packet_size) {
        refuse_too_large(request);
    } else {
        connection_answer(connection, buf_slice(&packet), request->seq);
        if (trace_on(connection))
            trace_sending_plain(connection, type);
    }
    buf_release(&packet);
    buf_release(&properties);
}

void handle_give_up(struct connection *connection, const char *text,
                    uint64_t seq)
{
    connection_end(connection, &(struct connection_ending){.why = END_LIMIT,
                                                           .text = text,
                                                           .cause = seq});
}

/* ---- both ---- */

/* The filters are as they are in the broker. */
static enum mqtt_reason decode(struct subscribe_request *request,
                               const struct frame *frame)
{
    const struct connection *connection = request->connection;
    enum mqtt_reason reason =
        subscribe_decode(&request->subscribe, connection->link.version,
                         frame_type(frame), frame->body);

    if (!reason && connection->mounted)
        request->subscribe.filters =
            mount_filters(connection, frame_type(frame),
                          request->subscribe.filters, &request->filters);
    return reason;
}

/* Entering so many filters would keep others waiting. */
static bool is_too_long(struct connection *connection,
                        const struct frame *frame, uint64_t seq)
{
    if (frame->body.len <= HANDLE_MAX_SUBSCRIBE_BYTES)
        return false;
    handle_give_up(connection,
                   "a SUBSCRIBE or UNSUBSCRIBE larger than the limit", seq);
    return true;
}

static void request_free(struct subscribe_request *request)
{
    buf_release(&request->reasons);
    buf_release(&request->fresh);
    buf_release(&request->filters);
    free(request);
}

/* A new one; NULL, with the reason if there is one, when it ends here. */
static struct subscribe_request *begin(struct connection *connection,
                                       const struct frame *frame, uint64_t seq,
                                       enum mqtt_reason *reason)
{
    struct subscribe_request *request = alloc_zero(1, sizeof(*request));

    request->connection = connection;
    request->broker = connection->broker;
    request->session = connection->session;
    request->seq = seq;
    *reason = decode(request, frame);
    if (*reason || is_too_long(connection, frame, seq)) {
        request_free(request);
        return NULL;
    }
    request->identifier = property_number(request->subscribe.properties,
                                          PROPERTY_SUBSCRIPTION_IDENTIFIER, 0);
    request->left = request->subscribe.filters;
    if (trace_on(connection))
        trace_received_plain(connection, frame_type(frame));
    return request;
}

/* It waits for the next turn, and the packet will be somewhere else by then. */
static void put_off(struct subscribe_request *request)
{
    size_t left = request->left.len;

    if (!request->filters.len)
        buf_append_slice(&request->filters, request->subscribe.filters);
    request->subscribe.filters = buf_slice(&request->filters);
    request->left =
        slice_skip(request->subscribe.filters, request->filters.len - left);
    retained_store_keep_place(request->broker->retained, &request->place);
    connection_extras(request->connection)->request = request;
}

static struct subscribe_request *take_up(struct connection *connection)
{
    struct subscribe_request *request = connection_request(connection);

    if (!request)
        return NULL;
    connection->extras->request = NULL;
    retained_store_leave(&request->place);
    return request;
}

/* Done, or for this turn, or the connection has ended. */
static void finish(struct subscribe_request *request)
{
    if (request->connection->state == CONNECTION_UP &&
        (!request->answered || request->left.len))
        put_off(request);
    else
        request_free(request);
}

void handle_forget_request(struct subscribe_request *request,
                           bool session_stays)
{
    if (!request)
        return;
    retained_store_leave(&request->place);
    if (session_stays && request->answered)
        handle_retained_queue(request);
    request_free(request);
}

/* What is retained under $SYS may be old when nothing happened for long. */
static void refresh_sys_topics(const struct subscribe_request *request)
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
    struct subscribe_request *request = take_up(connection);
    enum mqtt_reason reason = MQTT_SUCCESS;

    if (!request) {
        request = begin(connection, frame, seq, &reason);
        if (!request)
            return reason;
        refresh_sys_topics(request);
    }
    if (!request->answered)
        subscribe_all(request);
    if (!request->answered && !request->left.len) {
        /* [MQTT-3.8.4-1] [MQTT-3.8.4-6] */
        send_answer(request, MQTT_SUBACK);
        request->left = request->subscribe.filters;
        request->answered = true;
        request->answered_ms = clock_ms(&connection->broker->loop->clock);
    }
    if (request->answered && connection->state == CONNECTION_UP)
        handle_retained(request); /* [MQTT311-3.3.1-6] */
    finish(request);
    return MQTT_SUCCESS;
}

/* Take one filter out; returns its Reason Code. The session's queue is left
   alone, so what is under way is completed [MQTT-3.10.4-3]. */
static enum mqtt_reason unsubscribe_one(const struct subscribe_request *request,
                                        struct slice topic_filter)
{
    if (is_id_in_use(request))
        return MQTT_PACKET_IDENTIFIER_IN_USE;
    if (!topic_filter.len) /* too long with the mount point */
        return MQTT_TOPIC_FILTER_INVALID;
    return subscription_tree_unsubscribe(
               request->broker->subscriptions, &request->session->subscriber,
               topic_filter) /* [MQTT-3.10.4-1] [MQTT-3.10.4-2] */
               ? MQTT_SUCCESS
               : MQTT_NO_SUBSCRIPTION_EXISTED;
}

/* One after the other, as if each had come alone [MQTT-3.10.4-6]. */
static void unsubscribe_all(struct subscribe_request *request)
{
    struct broker *broker = request->broker;
    struct mqtt_subscription wanted;

    while (next_filter(request, MQTT_UNSUBSCRIBE, &wanted)) {
        broker->work += HANDLE_FILTER_WORK;
        enum mqtt_reason reason = unsubscribe_one(request, wanted.topic_filter);

        put_result(request, MQTT_UNSUBACK, reason);
        if (!reason && request->session->stored)
            durable_unsubscribed(request->broker, request->session,
                                 wanted.topic_filter);
        if (!reason)
            report(request, EVENT_UNSUBSCRIBED, wanted.topic_filter, 0);
        if (trace_on(request->connection))
            log_debug(broker->log, "    %.*s", SLICE_ARGS(wanted.topic_filter));
        if (!reason)
            log_unsubscribe(broker->log, "%s %.*s", request->session->client_id,
                            SLICE_ARGS(wanted.topic_filter));
    }
}

enum mqtt_reason handle_unsubscribe(struct connection *connection,
                                    const struct frame *frame, uint64_t seq)
{
    struct subscribe_request *request = take_up(connection);
    enum mqtt_reason reason = MQTT_SUCCESS;

    if (!request)
        request = begin(connection, frame, seq, &reason);
    if (!request)
        return reason;
    unsubscribe_all(request);
    if (!request->left.len) {
        send_answer(request, MQTT_UNSUBACK); /* [MQTT-3.10.4-4] */
        request->answered = true;
    }
    finish(request);
    return MQTT_SUCCESS;
}
