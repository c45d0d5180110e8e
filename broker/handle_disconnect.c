#include "broker/broker.h"
#include "broker/handle.h"
#include "broker/session.h"
#include "broker/trace.h"
#include "mqtt/disconnect.h"
#include "mqtt/property.h"

enum mqtt_reason handle_pingreq(struct connection *connection,
                                const struct frame *frame, uint64_t seq)
{
    static const uint8_t pingresp[] = {MQTT_PINGRESP << 4, 0};
    enum mqtt_reason reason = ping_decode(frame->body);

    if (reason)
        return reason;
    if (trace_on(connection)) {
        trace_received_plain(connection, MQTT_PINGREQ);
        trace_sending_plain(connection, MQTT_PINGRESP);
    }
    /* [MQTT-3.12.4-1] */
    connection_send(connection, slice_of(pingresp, sizeof(pingresp)), seq);
    return MQTT_SUCCESS;
}

enum mqtt_reason handle_disconnect(struct connection *connection,
                                   const struct frame *frame, uint64_t seq)
{
    struct mqtt_disconnect disconnect;
    struct session *session = connection->session;
    struct property expiry;
    enum mqtt_reason reason = disconnect_decode(
        &disconnect, connection->link.version, MQTT_DISCONNECT, frame->body);

    if (reason)
        return reason;
    if (trace_on(connection))
        trace_received_plain(connection, MQTT_DISCONNECT);
    if (property_find(disconnect.properties, PROPERTY_SESSION_EXPIRY_INTERVAL,
                      &expiry)) {
        /* A session that was to end cannot be kept now [MQTT5 3.14.2.2.2]. */
        if (session->expiry_s == 0 && expiry.number != 0)
            return MQTT_PROTOCOL_ERROR;
        session->expiry_s =
            session_allowed_expiry(connection->broker, expiry.number);
    }
    connection_end(connection, &(struct connection_ending){
                                   .why = disconnect.reason ? END_WITH_WILL
                                                            : END_DISCONNECT,
                                   .cause = seq,
                               });
    return MQTT_SUCCESS;
}
