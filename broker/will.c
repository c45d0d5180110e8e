#include "broker/will.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/durable.h"
#include "broker/identity.h"
#include "broker/message.h"
#include "broker/session.h"
#include "mqtt/property.h"

struct will *will_new(const struct mqtt_connect *connect, uint64_t now_ms)
{
    struct mqtt_publish publish = {
        .qos = connect->will.qos,
        .retain = connect->will.retain,
        .topic = connect->will.topic,
        .properties = connect->will.properties,
        .payload = connect->will.payload,
    };
    struct will *will = alloc_bytes(sizeof(*will));

    *will = (struct will){
        .message = message_new(&publish, now_ms, 0), /* [MQTT-3.1.3-10] */
        .delay_s = property_number(connect->will.properties,
                                   PROPERTY_WILL_DELAY_INTERVAL, 0),
    };
    return will;
}

void will_free(struct will *will)
{
    if (will)
        message_unref(will->message);
    free(will);
}

void will_report(struct broker *broker, const struct session *session,
                 enum event_code code)
{
    const struct message *message = session->will->message;

    report_begin(broker, code, session_client_id(session));
    report_put(broker, RECORD_TOPIC, message_topic(message));
    report_put_number(broker, RECORD_QOS, message->qos);
    report_put_number(broker, RECORD_RETAIN, message->retain);
    report_put_payload(broker, message_payload(message));
    report_put_number(broker, RECORD_EXPIRY,
                      code == EVENT_WILL_DELAYED
                          ? session_will_in_s(broker, session)
                          : session->will->delay_s);
}

/* May the client publish it? If not that is said, and there is no will. */
static bool is_permitted(struct broker *broker, struct session *session,
                         uint64_t cause)
{
    struct slice topic_name = message_topic(session->will->message);
    char why[IDENTITY_WHY_BYTES];

    if (identity_may_write(session, topic_name))
        return true;
    identity_explain(session, MQTTLAB_WRITE, topic_name, why);
    log_info(broker->log, "Denied the will of %s ('%.*s'): %s",
             session->client_id, SLICE_ARGS(topic_name), why);
    if (tap_on(&broker->tap))
        identity_report(broker, session, topic_name, why, cause);
    will_cancel(broker, session, "its client may not publish there", cause);
    return false;
}

void will_fire(struct broker *broker, struct session *session, const char *text,
               uint64_t cause)
{
    struct message *message = session->will->message;
    struct buf properties = {0};

    if (!is_permitted(broker, session, cause))
        return;
    if (tap_on(&broker->tap)) {
        will_report(broker, session, EVENT_WILL_FIRED);
        report_printf(broker, RECORD_TEXT, "%s", text);
        cause = report_end(broker, session->connection, cause);
    }
    /* Its lifetime begins now: nothing is counted down yet. */
    message_put_properties(message, message->arrived_ms, &properties);
    struct routing routing = {
        .publish = {.qos = message->qos,
                    /* [MQTT-3.1.2-14] [MQTT-3.1.2-15] */
                    .retain = message->retain,
                    .topic = message_topic(message),
                    .properties = buf_slice(&properties),
                    .payload = message_payload(message)},
        .version = MQTT_5,
        .publisher = session,
        .cause = cause,
    };
    struct will *will = session->will;
    if (session->stored)
        durable_will_goes(broker, session);
    session->will = NULL; /* [MQTT-3.1.2-10] */
    router_publish(broker, &routing);
    buf_release(&properties);
    will_free(will);
}

void will_cancel(struct broker *broker, struct session *session,
                 const char *text, uint64_t cause)
{
    if (tap_on(&broker->tap)) {
        will_report(broker, session, EVENT_WILL_CANCELLED);
        report_printf(broker, RECORD_TEXT, "%s", text);
        report_end(broker, session->connection, cause);
    }
    if (session->stored)
        durable_will_goes(broker, session);
    will_free(session->will);
    session->will = NULL;
}
