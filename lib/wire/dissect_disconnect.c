/*
 *   +-------------+------------+
 *   | Reason Code | Properties |        DISCONNECT, AUTH
 *   +-------------+------------+
 *     version 5; both may be left out
 */
#include "wire/dissect_body.h"

#include "mqtt/reason.h"

#include <string.h>

void dissect_nothing(struct dissector *d)
{
    (void)d; /* what is left over is noted by the caller */
}

/* Reason Codes of DISCONNECT that only the broker sends [MQTT5 3.14.2.1]. */
static const uint8_t from_broker[] = {
    MQTT_NOT_AUTHORIZED,
    MQTT_SERVER_BUSY,
    MQTT_SERVER_SHUTTING_DOWN,
    MQTT_KEEP_ALIVE_TIMEOUT,
    MQTT_SESSION_TAKEN_OVER,
    MQTT_TOPIC_FILTER_INVALID,
    MQTT_RETAIN_NOT_SUPPORTED,
    MQTT_QOS_NOT_SUPPORTED,
    MQTT_USE_ANOTHER_SERVER,
    MQTT_SERVER_MOVED,
    MQTT_SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
    MQTT_CONNECTION_RATE_EXCEEDED,
    MQTT_MAXIMUM_CONNECT_TIME,
    MQTT_SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
    MQTT_WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
};

static bool wrong_side(const struct dissector *d, uint32_t reason)
{
    if (d->type == MQTT_AUTH) /* [MQTT5 3.15.2.1] */
        return (reason == MQTT_SUCCESS && d->from_client) ||
               (reason == MQTT_REAUTHENTICATE && !d->from_client);
    if (d->type != MQTT_DISCONNECT)
        return false;
    if (!d->from_client)
        return reason == MQTT_DISCONNECT_WITH_WILL;
    return memchr(from_broker, (int)reason, sizeof(from_broker));
}

uint32_t dissect_reason(struct dissector *d, enum dissect_id id,
                        enum dissect_rule rule)
{
    uint32_t reason = dissector_number(d, id, 1);

    if (d->stopped)
        return 0;
    dissector_explain(d, dissect_explain_reason(reason));
    if (!reason_allowed((enum mqtt_type)d->type, reason))
        dissector_fail(d, rule);
    else if (wrong_side(d, reason))
        dissector_fail(d, RULE_REASON_SIDE);
    return reason;
}

static void reason_and_properties(struct dissector *d, enum dissect_id id,
                                  enum dissect_rule rule)
{
    if (d->version != MQTT_5 || !dissector_more(d))
        return;
    dissect_reason(d, id, rule);
    /* An AUTH with a Reason Code has a Property Length [MQTT5 3.15.2.1]. */
    if (dissector_more(d) || d->type == MQTT_AUTH)
        dissect_properties(d, DISSECT_PROPERTIES, d->type);
}

void dissect_disconnect(struct dissector *d)
{
    reason_and_properties(d, DISSECT_DISCONNECT_REASON, RULE_DISCONNECT_REASON);
}

void dissect_auth(struct dissector *d)
{
    reason_and_properties(d, DISSECT_AUTH_REASON, RULE_AUTH_REASON);
}
