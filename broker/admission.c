#include "broker/admission.h"

#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/handle.h"
#include "broker/reason_string.h"
#include "broker/trace.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"

static void put_limits(struct buf *properties, const struct broker *broker,
                       const struct connection *connection)
{
    const struct config_listener *listener = connection->listener->config;

    if (listener->max_qos < 2) /* [MQTT-3.2.2-9] */
        property_put_number(properties, PROPERTY_MAXIMUM_QOS,
                            listener->max_qos);
    if (!broker->config->retain_available)
        property_put_number(properties, PROPERTY_RETAIN_AVAILABLE, 0);
    if (broker->config->max_packet_size)
        property_put_number(properties, PROPERTY_MAXIMUM_PACKET_SIZE,
                            broker->config->max_packet_size);
    if (listener->max_topic_alias)
        property_put_number(properties, PROPERTY_TOPIC_ALIAS_MAXIMUM,
                            listener->max_topic_alias);
    property_put_number(properties, PROPERTY_RECEIVE_MAXIMUM,
                        HANDLE_RECEIVE_MAXIMUM);
}

/*
 * Response Information [MQTT5 3.2.2.3.15] for a client that asks for it. There
 * is none when it would not be the start of a Topic Name, as with a Client
 * Identifier that has wildcards in it.
 */
static void put_response_information(struct buf *properties,
                                     const struct admission *admission)
{
    const char *text =
        admission->connection->listener->config->response_information;
    struct buf topic = {0};

    if (!property_number(admission->connect.properties,
                         PROPERTY_REQUEST_RESPONSE_INFORMATION, 0))
        return; /* [MQTT-3.1.2-28] */
    for (text = text ? text : "response/%c"; *text; text++) {
        bool is_id = text[0] == '%' && text[1] == 'c';

        if (is_id || (text[0] == '%' && text[1] == 'u')) {
            buf_append_slice(&topic, is_id ? admission->client_id
                                           : admission->user_name);
            text++;
        } else {
            buf_append_u8(&topic, (uint8_t)*text);
        }
    }
    if (topic_name_valid(buf_slice(&topic)))
        property_put_string(properties, PROPERTY_RESPONSE_INFORMATION,
                            buf_slice(&topic));
    buf_release(&topic);
}

void admission_rename(struct admission *admission)
{
    struct mqtt_connect *connect = &admission->connect;

    if (!admission->connection->listener->config->use_username_as_clientid)
        return;
    admission->was_nameless = !connect->client_id.len;
    connect->client_id = connect->user_name;
}

/* Of a CONNECT that is accepted. */
static void put_properties(struct buf *properties,
                           const struct admission *admission)
{
    const struct mqtt_connect *connect = &admission->connect;

    put_limits(properties, admission->broker, admission->connection);
    if (admission->expiry_s != property_number(connect->properties,
                                               PROPERTY_SESSION_EXPIRY_INTERVAL,
                                               0))
        property_put_number(properties, PROPERTY_SESSION_EXPIRY_INTERVAL,
                            admission->expiry_s);
    if (admission->assigned[0]) /* [MQTT-3.1.3-7] [MQTT-3.2.2-16] */
        property_put_string(properties, PROPERTY_ASSIGNED_CLIENT_IDENTIFIER,
                            slice_of_string(admission->assigned));
    if (admission->was_nameless) /* likewise */
        property_put_string(properties, PROPERTY_ASSIGNED_CLIENT_IDENTIFIER,
                            admission->client_id);
    put_response_information(properties, admission);
    if (admission->has_method)
        handle_auth_properties(properties, admission->auth_data);
    /* Without this Property the client's own counts [MQTT-3.2.2-22]. */
    if (admission->keep_alive_s != connect->keep_alive_s)
        property_put_number(properties, PROPERTY_SERVER_KEEP_ALIVE,
                            admission->keep_alive_s);
}

/* Of a CONNECT whose will asks for more than there is. */
static void put_what_can_be(struct buf *properties,
                            const struct admission *admission,
                            enum mqtt_reason reason)
{
    if (reason == MQTT_QOS_NOT_SUPPORTED) /* [MQTT-3.2.2-9] */
        property_put_number(properties, PROPERTY_MAXIMUM_QOS,
                            admission->connection->listener->config->max_qos);
    if (reason == MQTT_RETAIN_NOT_SUPPORTED)
        property_put_number(properties, PROPERTY_RETAIN_AVAILABLE, 0);
}

/* Why it is refused, as the client is told. */
static const char *told(const struct admission *admission,
                        enum mqtt_reason reason)
{
    return admission->text && !reason_string_is_secret(reason)
               ? admission->text
               : reason_name(MQTT_CONNACK, reason);
}

void admission_encode(const struct admission *admission,
                      enum mqtt_reason reason, struct buf *packet)
{
    enum mqtt_version version = admission->connection->link.version;
    struct buf properties = {0};
    struct mqtt_connack connack = {
        /* [MQTT-3.2.2-6] */
        .session_present = !reason && admission->session_present,
        .reason = version >= MQTT_5 ? (uint8_t)reason
                                    : (uint8_t)connack_code_3(reason),
    };

    if (version >= MQTT_5 && !reason)
        put_properties(&properties, admission);
    if (version >= MQTT_5 && reason)
        put_what_can_be(&properties, admission, reason);
    if (reason) {
        connack.properties = buf_slice(&properties);
        connack_encode(packet, version, &connack);
        reason_string_put(&properties, admission->connection,
                          told(admission, reason), packet->len);
        buf_clear(packet);
    }
    connack.properties = buf_slice(&properties);
    connack_encode(packet, version, &connack);
    buf_release(&properties);
}

void admission_answer(const struct admission *admission,
                      enum mqtt_reason reason)
{
    struct connection *connection = admission->connection;
    struct buf packet = {0};

    admission_encode(admission, reason, &packet);
    if (packet.len <= connection->max_packet_size) { /* [MQTT-3.1.2-24] */
        connection_send(connection, buf_slice(&packet), admission->seq);
        if (trace_on(connection))
            trace_sending(connection, MQTT_CONNACK, " (%d, %d)",
                          packet.bytes[2], packet.bytes[3]);
    }
    buf_release(&packet);
}
