#include "client_stage.h"

#include "mqtt/property.h"

#include "suites.h"

#include <string.h>

struct client_stage stage;

/* --- the server ----------------------------------------------------------- */

static void tell_filters(const struct mqtt_packet *packet)
{
    struct slice filters = packet->subscribe.filters;
    struct mqtt_subscription one;

    buf_printf(&stage.received, " #%d", packet->subscribe.packet_id);
    while (subscribe_next(&filters, packet->type, &one))
        buf_printf(&stage.received, " " SLICE_FMT ":%d",
                   SLICE_ARGS(one.topic_filter), one.qos);
}

static void tell_packet(const struct mqtt_packet *packet)
{
    const struct mqtt_publish *publish = &packet->publish;

    buf_printf(&stage.received, "%s", mqtt_type_name(packet->type));
    if (packet->type == MQTT_CONNECT) {
        buf_printf(&stage.received, " '" SLICE_FMT "' v%d c%d",
                   SLICE_ARGS(packet->connect.client_id),
                   packet->connect.version, packet->connect.clean_start);
    } else if (packet->type == MQTT_PUBLISH) {
        buf_printf(&stage.received, " d%d q%d r%d #%d " SLICE_FMT, publish->dup,
                   publish->qos, publish->retain, publish->packet_id,
                   SLICE_ARGS(publish->topic));
        if (publish->payload.len < 50)
            buf_printf(&stage.received, " " SLICE_FMT,
                       SLICE_ARGS(publish->payload));
        else
            buf_printf(&stage.received, " (%zu bytes)", publish->payload.len);
    } else if (packet->type == MQTT_SUBSCRIBE ||
               packet->type == MQTT_UNSUBSCRIBE) {
        tell_filters(packet);
    } else if (packet->type == MQTT_DISCONNECT) {
        buf_printf(&stage.received, " %d", packet->disconnect.reason);
    } else if (packet->type != MQTT_PINGREQ) {
        buf_printf(&stage.received, " #%d", packet->puback.packet_id);
        if (packet->puback.reason)
            buf_printf(&stage.received, " %d", packet->puback.reason);
        if (packet->puback.properties.len)
            buf_printf(&stage.received, " " SLICE_FMT,
                       SLICE_ARGS(property_string(packet->puback.properties,
                                                  PROPERTY_REASON_STRING)));
    }
    buf_append_u8(&stage.received, '\n');
}

static void server_on_bytes(void *owner, struct slice bytes)
{
    struct frame frame;
    int used;

    (void)owner;
    buf_append_slice(&stage.server_in, bytes);
    while ((used = framer_next(buf_slice(&stage.server_in),
                               MQTT_MAX_PACKET_SIZE, &frame)) > 0) {
        struct mqtt_packet packet;
        enum mqtt_version version = stage.config.connect.version;

        ck_assert_int_eq(packet_decode(&packet, version, &frame), 0);
        tell_packet(&packet);
        buf_consume(&stage.server_in, (size_t)used);
    }
    ck_assert_int_eq(used, 0);
}

static void server_on_open(void *owner)
{
    (void)owner;
}

void stage_close_server(void)
{
    if (stage.server)
        transport_close(stage.server, false);
    stage.server = NULL;
}

static void server_on_end(void *owner, int error)
{
    (void)owner;
    buf_append_string(&stage.received, error ? "reset\n" : "end\n");
    stage_close_server();
}

static void server_on_closed(void *owner)
{
    (void)owner;
}

static const struct transport_events server_events = {
    .on_open = server_on_open,
    .on_bytes = server_on_bytes,
    .on_writable = server_on_open,
    .on_end = server_on_end,
    .on_closed = server_on_closed,
};

static struct transport *open_pair(struct client *for_client,
                                   const struct transport_events *events,
                                   void *owner, int *error)
{
    const struct transport_events *both[2] = {events, &server_events};
    void *owners[2] = {owner, NULL};
    struct transport *ends[2];

    (void)for_client;
    *error = stage.open_error;
    if (stage.open_error)
        return NULL;
    transport_memory_pair(&stage.loop, ends, both, owners);
    transport_memory_set_faults(ends[0], &stage.to_server);
    transport_memory_set_faults(ends[1], &stage.to_client);
    stage.server = ends[1];
    buf_clear(&stage.server_in);
    stage.connections++;
    return ends[0];
}

void stage_send(const struct mqtt_packet *packet)
{
    struct buf bytes = {0};

    packet_encode(&bytes, stage.config.connect.version, packet);
    struct iovec part = {.iov_base = bytes.bytes, .iov_len = bytes.len};
    ck_assert_int_eq(transport_writev(stage.server, &part, 1), bytes.len);
    buf_release(&bytes);
    loop_settle(&stage.loop);
}

void stage_send_hex(const char *hex)
{
    uint8_t bytes[64];
    struct iovec part = {.iov_base = bytes,
                         .iov_len = unit_hex(hex, bytes, sizeof(bytes))};

    ck_assert_int_eq(transport_writev(stage.server, &part, 1), part.iov_len);
    loop_settle(&stage.loop);
}

void stage_send_connack(bool session_present, uint8_t reason)
{
    /* Those of the configuration are for CONNECT. */
    struct slice properties = stage.config.connect.properties.len
                                  ? slice_of(NULL, 0)
                                  : buf_slice(&stage.properties);

    stage_send(&(struct mqtt_packet){
        .type = MQTT_CONNACK,
        .connack = {.session_present = session_present,
                    .reason = reason,
                    .properties = properties}
    });
}

void stage_send_ack(enum mqtt_type type, uint16_t packet_id,
                    enum mqtt_reason reason)
{
    stage_send(&(struct mqtt_packet){
        .type = type, .puback = {.packet_id = packet_id, .reason = reason}
    });
}

void stage_send_publish(uint8_t qos, uint16_t packet_id, const char *topic,
                        const char *payload)
{
    stage_send(&(struct mqtt_packet){
        .type = MQTT_PUBLISH,
        .publish = {.qos = qos,
                    .packet_id = packet_id,
                    .topic = slice_of_string(topic),
                    .payload = slice_of_string(payload)}
    });
}

void stage_cut(void)
{
    transport_memory_cut(stage.server);
    loop_settle(&stage.loop);
}

/* --- the owner ------------------------------------------------------------ */

static void maybe_free(const char *callback)
{
    if (stage.free_in && !strcmp(stage.free_in, callback)) {
        client_free(stage.client);
        stage.client = NULL;
    }
}

static void on_connack(struct client *from, const struct mqtt_connack *connack)
{
    ck_assert_ptr_eq(client_context(from), &stage);
    buf_printf(&stage.told, "connack %d\n", connack->reason);
    maybe_free("connack");
}

static void on_message(struct client *from, const struct mqtt_publish *message)
{
    (void)from;
    buf_printf(&stage.told, "message " SLICE_FMT " " SLICE_FMT "\n",
               SLICE_ARGS(message->topic), SLICE_ARGS(message->payload));
    maybe_free("message");
}

static void on_published(struct client *from, uint16_t packet_id,
                         enum mqtt_reason reason)
{
    (void)from;
    buf_printf(&stage.told, "published %d %d\n", packet_id, reason);
    maybe_free("published");
}

static void on_suback(struct client *from, const struct mqtt_suback *suback)
{
    (void)from;
    buf_printf(&stage.told, "suback %d\n", suback->packet_id);
    maybe_free("suback");
}

static void on_unsuback(struct client *from, const struct mqtt_suback *suback)
{
    (void)from;
    buf_printf(&stage.told, "unsuback %d\n", suback->packet_id);
}

static void on_ended(struct client *from, const struct client_ended *ended)
{
    static const char *const names[] = {
        [CLIENT_END_CLOSED] = "closed",
        [CLIENT_END_UNREACHED] = "unreached",
        [CLIENT_END_REFUSED] = "refused",
        [CLIENT_END_LOST] = "lost",
        [CLIENT_END_DISCONNECT] = "disconnect",
        [CLIENT_END_PROTOCOL] = "protocol",
        [CLIENT_END_KEEP_ALIVE] = "keep alive",
        [CLIENT_END_PROXY] = "proxy",
    };

    (void)from;
    buf_printf(&stage.told, "ended %s", names[ended->end]);
    if (ended->error)
        buf_printf(&stage.told, " %s", strerror(-ended->error));
    if (ended->reason)
        buf_printf(&stage.told, " %d", ended->reason);
    buf_append_u8(&stage.told, '\n');
    maybe_free("ended");
}

static const struct client_events client_events = {
    .on_connack = on_connack,
    .on_message = on_message,
    .on_published = on_published,
    .on_suback = on_suback,
    .on_unsuback = on_unsuback,
    .on_ended = on_ended,
};

/* --- the stage ------------------------------------------------------------ */

void stage_set_up(void)
{
    stage = (struct client_stage){0};
    loop_init(&stage.loop);
    clock_init_manual(&stage.loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    stage.config = (struct client_config){
        .connect = {.version = MQTT_3_1_1,
                    .clean_start = true,
                    .client_id = slice_of_string("c")},
        .open_transport = open_pair,
    };
}

void stage_tear_down(void)
{
    client_free(stage.client);
    stage_close_server();
    loop_run(&stage.loop);
    loop_release(&stage.loop);
    buf_release(&stage.properties);
    buf_release(&stage.received);
    buf_release(&stage.told);
    buf_release(&stage.server_in);
}

int stage_try_start(void)
{
    stage.client =
        client_new(&stage.loop, &stage.config, &client_events, &stage);
    int error = client_connect(stage.client);
    loop_settle(&stage.loop);
    return error;
}

void stage_start(void)
{
    ck_assert_int_eq(stage_try_start(), 0);
}

void stage_connected(void)
{
    stage_start();
    stage_send_connack(false, 0);
    ck_assert(client_connected(stage.client));
    buf_clear(&stage.received);
    buf_clear(&stage.told);
}

void stage_reconnect(bool session_present)
{
    ck_assert_int_eq(client_connect(stage.client), 0);
    loop_settle(&stage.loop);
    stage_send_connack(session_present, 0);
}

int stage_publish(uint8_t qos, const char *payload)
{
    struct mqtt_publish message = {.qos = qos,
                                   .topic = slice_of_string("a"),
                                   .payload = slice_of_string(payload)};

    return client_publish(stage.client, &message);
}

uint16_t stage_subscribe(const char *topic_filter)
{
    const struct mqtt_subscription one = {.topic_filter =
                                              slice_of_string(topic_filter)};

    return client_subscribe(stage.client, &one, 1, slice_of(NULL, 0));
}

void stage_was(const char *received, const char *told)
{
    loop_settle(&stage.loop);
    ck_assert_str_eq(buf_string(&stage.received), received);
    ck_assert_str_eq(buf_string(&stage.told), told);
    buf_clear(&stage.received);
    buf_clear(&stage.told);
}
