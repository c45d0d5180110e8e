#include "client/client_debug.h"

#include "mqtt/property.h"

static void print_client(FILE *to, const struct client *client,
                         const struct mqtt_packet *packet)
{
    struct slice id = client_id(client);

    /* CONNACK is shown before the client takes the name it is given. */
    if (id.len == 0 && packet->type == MQTT_CONNACK)
        id = property_string(packet->connack.properties,
                             PROPERTY_ASSIGNED_CLIENT_IDENTIFIER);
    if (id.len == 0)
        id = slice_of_string("(null)");
    fprintf(to, "Client " SLICE_FMT " ", SLICE_ARGS(id));
}

static void print_publish(FILE *to, const char *verb,
                          const struct mqtt_publish *publish)
{
    fprintf(to, "%s PUBLISH (d%d, q%d, r%d, m%d, '" SLICE_FMT "', ... ", verb,
            publish->dup, publish->qos, publish->retain, publish->packet_id,
            SLICE_ARGS(publish->topic));
    fprintf(to, "(%zu bytes))\n", publish->payload.len);
}

/* One line for each filter: the client's name before each. */
static void print_filters(FILE *to, const struct client *client,
                          const struct mqtt_packet *packet)
{
    struct slice filters = packet->subscribe.filters;
    struct mqtt_subscription one;

    while (subscribe_next(&filters, packet->type, &one)) {
        print_client(to, client, packet);
        fprintf(to, "sending %s (Mid: %d, Topic: " SLICE_FMT,
                mqtt_type_name(packet->type), packet->subscribe.packet_id,
                SLICE_ARGS(one.topic_filter));
        if (packet->type == MQTT_SUBSCRIBE)
            fprintf(to, ", QoS: %d, Options: 0x%02x", one.qos,
                    (unsigned)(one.no_local << 2 |
                               one.retain_as_published << 3 |
                               one.retain_handling << 4));
        fputs(")\n", to);
    }
}

static void print_sent(FILE *to, const struct mqtt_packet *packet)
{
    const char *name = mqtt_type_name(packet->type);
    const struct mqtt_puback *puback = &packet->puback;

    if (packet->type == MQTT_PUBLISH)
        print_publish(to, "sending", &packet->publish);
    else if (packet->type == MQTT_PUBACK || packet->type == MQTT_PUBREC)
        fprintf(to, "sending %s (m%d, rc%d)\n", name, puback->packet_id,
                puback->reason);
    else if (packet->type == MQTT_PUBREL || packet->type == MQTT_PUBCOMP)
        fprintf(to, "sending %s (m%d)\n", name, puback->packet_id);
    else
        fprintf(to, "sending %s\n", name);
}

static void print_received(FILE *to, const struct mqtt_packet *packet)
{
    const char *name = mqtt_type_name(packet->type);
    const struct mqtt_puback *puback = &packet->puback;

    if (packet->type == MQTT_CONNACK)
        fprintf(to, "received CONNACK (%d)\n", packet->connack.reason);
    else if (packet->type == MQTT_PUBLISH)
        print_publish(to, "received", &packet->publish);
    else if (packet->type == MQTT_PUBACK || packet->type == MQTT_PUBCOMP)
        fprintf(to, "received %s (Mid: %d, RC:%d)\n", name, puback->packet_id,
                puback->reason);
    else if (packet->type == MQTT_PUBREC || packet->type == MQTT_PUBREL)
        fprintf(to, "received %s (Mid: %d)\n", name, puback->packet_id);
    else
        fprintf(to, "received %s\n", name);
}

void client_debug_packet(FILE *to, const struct client *client, bool sent,
                         const struct mqtt_packet *packet)
{
    if (sent &&
        (packet->type == MQTT_SUBSCRIBE || packet->type == MQTT_UNSUBSCRIBE)) {
        print_filters(to, client, packet);
        return;
    }
    if (!sent && packet->type == MQTT_DISCONNECT) {
        fprintf(to, "Received DISCONNECT (%d)\n", packet->disconnect.reason);
        return;
    }
    print_client(to, client, packet);
    if (sent)
        print_sent(to, packet);
    else
        print_received(to, packet);
}

const char *client_debug_refusal(enum mqtt_version version, unsigned code)
{
    static const char *const codes[] = {
        "Connection Accepted.",
        "Connection Refused: unacceptable protocol version.",
        "Connection Refused: identifier rejected.",
        "Connection Refused: broker unavailable.",
        "Connection Refused: bad user name or password.",
        "Connection Refused: not authorised.",
    };

    if (version == MQTT_5)
        return reason_name(MQTT_CONNACK, code);
    return code < sizeof(codes) / sizeof(codes[0])
               ? codes[code]
               : "Connection Refused: unknown reason.";
}
