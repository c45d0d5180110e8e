/*
 * Retained messages for a new subscription [MQTT5 3.3.1.3, 3.8.4].
 *
 * They are visited in pieces, a turn's work each, so that others need not wait
 * for who subscribes to everything. What is published meanwhile comes as it is
 * published, and is not sent again as retained.
 */
#include "broker/subscribe_request.h"

#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/handle.h"
#include "broker/identity.h"
#include "broker/message.h"
#include "broker/pump.h"
#include "broker/retain_source.h"
#include "broker/session.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"

/* May the subscriber have it? */
static bool is_permitted(const struct subscribe_request *request,
                         const struct message *message)
{
    struct broker *broker = request->broker;
    char why[IDENTITY_WHY_BYTES];
    char text[IDENTITY_WHY_BYTES + 32];

    bool published = retain_source_allows(broker, message);
    if (published &&
        identity_may_read(request->session, message_topic(message)))
        return true;
    if (!tap_on(&broker->tap))
        return false;
    if (published)
        identity_explain(request->session, MQTTLAB_READ, message_topic(message),
                         why);
    snprintf(text, sizeof(text), "is not sent it: %s",
             published ? why : "its publisher may no longer publish there");
    identity_report(broker, request->session, message_topic(message), text,
                    request->seq);
    return false;
}

/* Did it come after the subscription? Then it was sent when it came. */
static bool is_newer(const struct subscribe_request *request,
                     const struct message *message)
{
    return (int64_t)(message->arrived_ms - request->answered_ms) > 0;
}

/* [MQTT-3.3.4-3] */
static struct shared *identifiers_of(const struct subscribe_request *request)
{
    struct buf bytes = {0};

    if (!request->identifier)
        return NULL;
    property_put_number(&bytes, PROPERTY_SUBSCRIPTION_IDENTIFIER,
                        request->identifier);
    struct shared *identifiers = shared_new(bytes.len);
    memcpy(identifiers->bytes, bytes.bytes, bytes.len);
    buf_release(&bytes);
    return identifiers;
}

static void offer(const struct subscribe_request *request,
                  struct message *message)
{
    const struct broker *broker = request->broker;
    uint8_t granted = request->reasons.bytes[request->number];
    unsigned qos = message->qos < granted ? message->qos : granted;

    if (qos == 0 && !request->session->connection &&
        !broker->config->queue_qos0_messages)
        return;
    struct delivery delivery = {
        .message = message_ref(message),
        .identifiers = identifiers_of(request),
        .qos = qos & 3,
        .retain = true, /* [MQTT311-3.3.1-8] */
    };
    pump_offer(request->broker, request->session, &delivery);
}

/* For retained_store_visit_some. */
static bool on_message(void *context, struct message *message)
{
    const struct subscribe_request *request = context;
    struct broker *broker = request->broker;

    if (broker->guarded)
        broker->work += HANDLE_RULE_WORK;
    if (!is_newer(request, message) && is_permitted(request, message))
        offer(request, message);
    return broker->work <= broker->turn_work;
}

static bool wants_retained(const struct subscribe_request *request,
                           const struct mqtt_subscription *wanted)
{
    struct slice share_name;
    struct slice filter;

    if (request->reasons.bytes[request->number] > MQTT_GRANTED_QOS_2)
        return false;
    /* A shared subscription gets none [MQTT5 4.8.2]. */
    if (topic_split_shared(wanted->topic_filter, &share_name, &filter))
        return false;
    /* [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] */
    return wanted->retain_handling == 0 ||
           (wanted->retain_handling == 1 &&
            request->fresh.bytes[request->number]);
}

/* A few bytes of Topic Filters can ask for everything again and again. */
static bool asks_too_much(const struct subscribe_request *request)
{
    return request->looked_at >
           HANDLE_RETAINED_VISIT_NODES +
               HANDLE_RETAINED_VISITS *
                   retained_store_nodes(request->broker->retained);
}

/* Visit what one filter asks for; false when there is more than the turn
   allows. */
static bool visit(struct subscribe_request *request, struct slice topic_filter)
{
    struct broker *broker = request->broker;

    if (!request->place.at)
        request->place = retained_store_start();
    request->place.max_nodes = broker->turn_work - broker->work + 1;
    size_t looked_at = retained_store_visit_some(
        broker->retained, topic_filter, clock_ms(&broker->loop->clock),
        &request->place, on_message, request);
    broker->work += looked_at;
    request->looked_at += looked_at;
    return !request->place.at;
}

void handle_retained(struct subscribe_request *request)
{
    struct broker *broker = request->broker;
    struct mqtt_subscription wanted;

    while (broker->work <= broker->turn_work) {
        struct slice left = request->left;

        if (!subscribe_next(&left, MQTT_SUBSCRIBE, &wanted))
            return;
        broker->work++;
        if (wants_retained(request, &wanted) &&
            !visit(request, wanted.topic_filter))
            return;
        request->left = left;
        request->number++;
        if (asks_too_much(request)) {
            handle_give_up(request->connection,
                           "asks for retained messages again and again",
                           request->seq);
            return;
        }
    }
}

void handle_retained_queue(struct subscribe_request *request)
{
    struct broker *broker = request->broker;
    uint64_t work = broker->work;

    while (request->left.len && !asks_too_much(request)) {
        broker->work = 0;
        handle_retained(request);
    }
    broker->work = work;
}
