#include "client/client_debug.h"

#include "client/client_text.h"
#include "mqtt/property.h"

static void print_client(struct buf *to, const struct client *client,
                         const struct mqtt_packet *packet)
{
    struct slice id = client_id(client);

    /* CONNACK is shown before the client takes the name it is given. */
    if (id.len == 0 && packet->type == MQTT_CONNACK)
        id = property_string(packet->connack.properties,
                             PROPERTY_ASSIGNED_CLIENT_IDENTIFIER);
    if (id.len == 0)
        id = slice_of_string("(null)");
    buf_printf(to, "Client " SLICE_FMT " ", SLICE_ARGS(id));
}

static void print_publish(struct buf *to, const char *verb,
                          const struct mqtt_publish *publish)
{
    buf_printf(to, "%s PUBLISH (d%d, q%d, r%d, m%d, '" SLICE_FMT "', ... ",
               verb, publish->dup, publish->qos, publish->retain,
               publish->packet_id, SLICE_ARGS(publish->topic));
    buf_printf(to, "(%zu bytes))", publish->payload.len);
}

/* Topics and identifiers are words of others; the line ends where we say. */
static void end_line(FILE *to, struct buf *line)
{
    client_text_print(to, buf_string(line));
    fputc('\n', to);
    buf_clear(line);
}

/* One line for each filter: the client's name before each. */
static void print_filters(FILE *to, struct buf *line,
                          const struct client *client,
                          const struct mqtt_packet *packet)
{
    struct slice filters = packet->subscribe.filters;
    struct mqtt_subscription one;

    while (subscribe_next(&filters, packet->type, &one)) {
        print_client(line, client, packet);
        buf_printf(line, "sending %s (Mid: %d, Topic: " SLICE_FMT,
                   mqtt_type_name(packet->type), packet->subscribe.packet_id,
                   SLICE_ARGS(one.topic_filter));
        if (packet->type == MQTT_SUBSCRIBE)
            buf_printf(line, ", QoS: %d, Options: 0x%02x", one.qos,
                       (unsigned)(one.no_local << 2 |
                                  one.retain_as_published << 3 |
                                  one.retain_handling << 4));
        buf_append_u8(line, ')');
        end_line(to, line);
    }
}

static void print_sent(struct buf *to, const struct mqtt_packet *packet)
{
    const char *name = mqtt_type_name(packet->type);
    const struct mqtt_puback *puback = &packet->puback;

    if (packet->type == MQTT_PUBLISH)
        print_publish(to, "sending", &packet->publish);
    else if (packet->type == MQTT_PUBACK || packet->type == MQTT_PUBREC)
        buf_printf(to, "sending %s (m%d, rc%d)", name, puback->packet_id,
                   puback->reason);
    else if (packet->type == MQTT_PUBREL || packet->type == MQTT_PUBCOMP)
        buf_printf(to, "sending %s (m%d)", name, puback->packet_id);
    else
        buf_printf(to, "sending %s", name);
}

static void print_received(struct buf *to, const struct mqtt_packet *packet)
{
    const char *name = mqtt_type_name(packet->type);
    const struct mqtt_puback *puback = &packet->puback;

    if (packet->type == MQTT_CONNACK)
        buf_printf(to, "received CONNACK (%d)", packet->connack.reason);
    else if (packet->type == MQTT_PUBLISH)
        print_publish(to, "received", &packet->publish);
    else if (packet->type == MQTT_PUBACK || packet->type == MQTT_PUBCOMP)
        buf_printf(to, "received %s (Mid: %d, RC:%d)", name, puback->packet_id,
                   puback->reason);
    else if (packet->type == MQTT_PUBREC || packet->type == MQTT_PUBREL)
        buf_printf(to, "received %s (Mid: %d)", name, puback->packet_id);
    else
        buf_printf(to, "received %s", name);
}

void client_debug_packet(FILE *to, const struct client *client, bool sent,
                         const struct mqtt_packet *packet)
{
    struct buf line = {0};

    if (sent &&
        (packet->type == MQTT_SUBSCRIBE || packet->type == MQTT_UNSUBSCRIBE)) {
        print_filters(to, &line, client, packet);
    } else {
        if (!sent && packet->type == MQTT_DISCONNECT) {
            buf_printf(&line, "Received DISCONNECT (%d)",
                       packet->disconnect.reason);
        } else {
            print_client(&line, client, packet);
            (sent ? print_sent : print_received)(&line, packet);
        }
        end_line(to, &line);
    }
    buf_release(&line);
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
