#include "broker/broker.h"
#include "broker/durable.h"
#include "broker/handle.h"
#include "broker/identity.h"
#include "broker/mount.h"
#include "broker/session.h"
#include "broker/trace.h"
#include "mqtt/flow.h"
#include "mqtt/property.h"
#include "mqtt/publish.h"
#include "mqtt/topic.h"

/* An incoming PUBLISH; what is passed on is filled in place. */
struct incoming {
    struct connection *connection;
    struct broker *broker;
    struct routing routing;
    struct buf mounted; /* the Topic Name with the mount_point, if any */
    const char *why;    /* it is refused, as its acknowledgement says; NULL: no
                        more is known than the Reason Code */
};

static enum mqtt_reason resolve_alias(struct incoming *incoming)
{
    struct connection *connection = incoming->connection;
    struct mqtt_publish *publish = &incoming->routing.publish;
    struct property alias;

    if (!property_find(publish->properties, PROPERTY_TOPIC_ALIAS, &alias))
        return MQTT_SUCCESS;
    incoming->routing.packet = slice_of(NULL, 0); /* [MQTT-3.3.2-7] */
    return topic_aliases_inbound(&connection_extras(connection)->aliases_in,
                                 true, (uint16_t)alias.number, &publish->topic);
}

/* What version 5 adds. */
static enum mqtt_reason judge_properties(struct incoming *incoming)
{
    struct property identifier;

    if (!incoming->routing.publish.properties.len)
        return MQTT_SUCCESS;
    /* Only a Server sends one [MQTT-3.3.4-6]. */
    if (property_find(incoming->routing.publish.properties,
                      PROPERTY_SUBSCRIPTION_IDENTIFIER, &identifier))
        return MQTT_PROTOCOL_ERROR;
    return resolve_alias(incoming);
}

static bool too_many_levels(struct slice topic, uint32_t max)
{
    /* A topic cannot have more levels than bytes, and one. */
    return topic.len >= max && topic_level_count(topic) > max;
}

/* Give it the whole Topic Name; returns false when that is too long. */
static bool mount(struct incoming *incoming)
{
    const struct connection *connection = incoming->connection;
    struct mqtt_publish *publish = &incoming->routing.publish;

    if (mount_is_too_long(connection, publish->topic))
        return false;
    publish->topic =
        mount_topic(connection, publish->topic, &incoming->mounted);
    incoming->routing.packet = slice_of(NULL, 0);
    return true;
}

static enum mqtt_reason judge(struct incoming *incoming)
{
    const struct config *config = incoming->broker->config;
    const struct mqtt_publish *publish = &incoming->routing.publish;
    enum mqtt_reason reason = judge_properties(incoming);

    if (reason)
        return reason;
    if (publish->qos > incoming->connection->listener->config->max_qos)
        return MQTT_QOS_NOT_SUPPORTED; /* [MQTT-3.2.2-11] */
    if (publish->retain && !config->retain_available)
        return MQTT_RETAIN_NOT_SUPPORTED; /* [MQTT-3.2.2-14] */
    if (incoming->connection->mounted && !mount(incoming))
        return MQTT_TOPIC_NAME_INVALID;
    if (too_many_levels(publish->topic, config->max_topic_levels)) {
        connection_end(incoming->connection,
                       &(struct connection_ending){
                           .why = END_LIMIT,
                           .reason = MQTT_TOPIC_NAME_INVALID,
                           .text = "a topic deeper than max_topic_levels",
                           .cause = incoming->routing.cause,
                       });
        return MQTT_TOPIC_NAME_INVALID;
    }
    return MQTT_SUCCESS;
}

bool handle_may_publish(struct slice topic_name)
{
    return !slice_starts_with(topic_name, slice_of_string("$SYS/"));
}

static void report_nobody(const struct incoming *incoming)
{
    struct broker *broker = incoming->broker;

    report_begin(broker, EVENT_NOBODY,
                 connection_client_id(incoming->connection));
    report_put(broker, RECORD_TOPIC, incoming->routing.publish.topic);
    report_end(broker, incoming->connection, incoming->routing.cause);
}

static void report_refused(const struct incoming *incoming, const char *why)
{
    struct broker *broker = incoming->broker;

    log_info(
        broker->log,
        "Denied PUBLISH from %s (d%d, q%d, r%d, m%u, '%.*s', ... (%zu bytes)): %s",
        incoming->connection->session->client_id, incoming->routing.publish.dup,
        incoming->routing.publish.qos, incoming->routing.publish.retain,
        (unsigned)incoming->routing.publish.packet_id,
        SLICE_ARGS(incoming->routing.publish.topic),
        incoming->routing.publish.payload.len, why);
    if (tap_on(&broker->tap))
        identity_report(broker, incoming->connection->session,
                        incoming->routing.publish.topic, why,
                        incoming->routing.cause);
}

/* May the client publish there? Which rule says no is not for it to know. */
static bool is_permitted(struct incoming *incoming)
{
    struct session *session = incoming->connection->session;
    struct slice topic_name = incoming->routing.publish.topic;
    char why[IDENTITY_WHY_BYTES];

    if (!handle_may_publish(topic_name)) {
        incoming->why = "only the broker publishes below $SYS";
        report_refused(incoming, incoming->why);
        return false; /* [MQTT311-3.3.5-2] */
    }
    if (identity_may_write(session, topic_name))
        return true;
    incoming->why = "this client may not publish there";
    identity_explain(session, MQTTLAB_WRITE, topic_name, why);
    report_refused(incoming, why);
    return false;
}

/* A message above message_size_limit is acknowledged, and goes nowhere. */
static bool is_too_large(struct incoming *incoming)
{
    struct broker *broker = incoming->broker;
    uint32_t max = broker->config->message_size_limit;

    if (!max || incoming->routing.publish.payload.len <= max)
        return false;
    incoming->why = "the payload is larger than message_size_limit";
    broker->counters.publish_dropped++;
    if (tap_on(&broker->tap)) {
        report_begin(broker, EVENT_LIMIT,
                     connection_client_id(incoming->connection));
        report_put(broker, RECORD_TOPIC, incoming->routing.publish.topic);
        report_printf(broker, RECORD_TEXT, "%s", incoming->why);
        report_end(broker, incoming->connection, incoming->routing.cause);
    }
    return true;
}

/* Pass it on; returns the Reason Code for its acknowledgement. */
static enum mqtt_reason pass_on(struct incoming *incoming)
{
    struct broker *broker = incoming->broker;

    if (is_too_large(incoming))
        return MQTT_IMPLEMENTATION_SPECIFIC_ERROR;
    if (!is_permitted(incoming))
        return MQTT_NOT_AUTHORIZED;
    if (router_publish(broker, &incoming->routing))
        return MQTT_SUCCESS;
    if (tap_on(&broker->tap))
        report_nobody(incoming);
    return MQTT_NO_MATCHING_SUBSCRIBERS;
}

/* Acknowledgements go out in the order of what they answer, for it is answered
   when it comes [MQTT-4.6.0-2] [MQTT-4.6.0-3]. */
static void acknowledge(const struct incoming *incoming, enum mqtt_type type,
                        enum mqtt_reason reason)
{
    connection_acknowledge(incoming->connection, type,
                           incoming->routing.publish.packet_id, reason,
                           incoming->why, incoming->routing.cause);
}

/* It is known until PUBREL comes. */
static void keep_packet_id(const struct incoming *incoming, uint16_t packet_id)
{
    struct session *session = incoming->connection->session;

    packet_ids_mark(&session->incoming, packet_id);
    if (session->stored)
        durable_incoming(incoming->broker, session, packet_id, true);
}

/* [MQTT5 4.3.3]: a repetition is answered and not passed on. */
static enum mqtt_reason receive_qos_2(struct incoming *incoming)
{
    struct packet_ids *ids = &incoming->connection->session->incoming;
    uint16_t packet_id = incoming->routing.publish.packet_id;
    enum flow_state state =
        packet_ids_used(ids, packet_id) ? FLOW_WAIT_PUBREL : FLOW_DONE;
    enum mqtt_reason reason = MQTT_SUCCESS;

    if (flow_receiver(&state, FLOW_GOT_PUBLISH_QOS_2) == FLOW_DELIVER_PUBREC) {
        if (incoming->connection->link.version >= MQTT_5 &&
            ids->used >= HANDLE_RECEIVE_MAXIMUM)
            return MQTT_RECEIVE_MAXIMUM_EXCEEDED; /* [MQTT-3.3.4-7] */
        reason = pass_on(incoming);               /* [MQTT-4.3.3-10] */
        /* A refusal ends the flow: no PUBREL follows [MQTT-4.3.3-9]. */
        if (reason < MQTT_UNSPECIFIED_ERROR ||
            incoming->connection->link.version < MQTT_5)
            keep_packet_id(incoming, packet_id);
    }
    acknowledge(incoming, MQTT_PUBREC, reason); /* [MQTT-4.3.3-8] */
    return MQTT_SUCCESS;
}

/* [MQTT5 4.3.2]: the identifier may be that of a QoS 2 message, whose PUBREL
   has not come; version 5 can say so. */
static enum mqtt_reason receive_qos_1(struct incoming *incoming)
{
    const struct connection *connection = incoming->connection;
    bool in_use = connection->link.version >= MQTT_5 &&
                  packet_ids_used(&connection->session->incoming,
                                  incoming->routing.publish.packet_id);

    acknowledge(incoming, MQTT_PUBACK,
                in_use ? MQTT_PACKET_IDENTIFIER_IN_USE
                       : pass_on(incoming)); /* [MQTT-4.3.2-4] */
    return MQTT_SUCCESS;
}

static enum mqtt_reason receive(struct incoming *incoming)
{
    enum mqtt_reason reason = judge(incoming);

    if (trace_on(incoming->connection))
        trace_received_publish(incoming->connection,
                               &incoming->routing.publish);
    if (reason)
        return reason;
    incoming->broker->counters.publish_received++;
    incoming->broker->counters.publish_bytes_received +=
        incoming->routing.publish.payload.len;
    switch (incoming->routing.publish.qos) { /* [MQTT-3.3.4-1] */
    case 1: return receive_qos_1(incoming);
    case 2: return receive_qos_2(incoming);
    default: pass_on(incoming); return MQTT_SUCCESS;
    }
}

enum mqtt_reason handle_publish(struct connection *connection,
                                const struct frame *frame, uint64_t seq)
{
    enum mqtt_version version = (enum mqtt_version)connection->link.version;
    struct incoming incoming = {
        .connection = connection,
        .broker = connection->broker,
        .routing = {.version = version,
                    .packet = frame->whole,
                    .publisher = connection->session,
                    .cause = seq},
    };
    enum mqtt_reason reason = publish_decode(&incoming.routing.publish, version,
                                             frame->first & 0x0f, frame->body);

    if (!reason)
        reason = receive(&incoming);
    buf_release(&incoming.mounted);
    return reason;
}
