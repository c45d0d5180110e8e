#include "broker_rig.h"

#include <string.h>

#include "base/alloc.h"
#include "broker/broker_control.h"
#include "mqtt/property.h"
#include "wire/link.h"

/* ---- the broker ---- */

static void keep_line(void *context, enum log_level level, const char *line)
{
    struct rig *rig = context;

    (void)level;
    buf_printf(&rig->lines, "%s\n", line);
}

void rig_init(struct rig *rig)
{
    *rig = (struct rig){0};
    ck_assert_int_eq(loop_init(&rig->loop), 0);
    clock_init_manual(&rig->loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    config_init(&rig->config);
    config_add_listener(&rig->config, 0, NULL);
    config_finish(&rig->config);
    rig->config.listeners[0].allow_anonymous = true;
    rig->config.sys_interval = 0;
    rig->log =
        (struct log){.level = LOG_DEBUG, .sink = keep_line, .context = rig};
}

void rig_start(struct rig *rig)
{
    rig->broker = broker_new(&rig->loop, &rig->config, &rig->log);
}

void rig_release(struct rig *rig)
{
    if (rig->broker)
        broker_stop(rig->broker, NULL, NULL);
    loop_settle(&rig->loop);
    broker_free(rig->broker);
    loop_release(&rig->loop);
    config_release(&rig->config);
    buf_release(&rig->lines);
}

void rig_advance(struct rig *rig, double seconds)
{
    loop_advance(&rig->loop, (uint64_t)(seconds * 1000));
}

bool rig_logged(struct rig *rig, const char *text)
{
    return strstr(buf_string(&rig->lines), text) != NULL;
}

unsigned rig_events(struct rig *rig, struct tap_reader *reader,
                    enum event_code code, const char *begin)
{
    struct record record;
    unsigned count = 0;

    tap_publish(&rig->broker->tap);
    while (tap_reader_next(reader, &record)) {
        if (record.type == RECORD_EVT && record_code(record.bytes) == code)
            count += slice_starts_with(record_get(record.bytes, RECORD_TEXT),
                                       slice_of_string(begin));
    }
    return count;
}

bool rig_control(struct rig *rig, const char *line, json_t *answer)
{
    json_t *request = json_loads(line, 0, NULL);

    ck_assert_ptr_nonnull(request);
    json_object_clear(answer);
    bool ok = broker_control_handle(
        rig->broker, json_string_value(json_object_get(request, "cmd")),
        request, answer);
    json_decref(request);
    loop_settle(&rig->loop);
    ck_assert(ok == !json_object_get(answer, "error"));
    return ok;
}

/* ---- a client's end of the transport ---- */

static void on_open(void *owner)
{
    (void)owner;
}

static void on_bytes(void *owner, struct slice bytes)
{
    struct rig_client *client = owner;

    buf_append_slice(&client->in, bytes);
}

static void on_end(void *owner, int error)
{
    struct rig_client *client = owner;

    (void)error;
    client->ended = true;
}

static void on_closed(void *owner)
{
    struct rig_client *client = owner;

    client->transport = NULL;
}

static const struct transport_events client_events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_writable = on_open,
    .on_end = on_end,
    .on_closed = on_closed,
};

void rig_open(struct rig *rig, struct rig_client *client,
              enum mqtt_version version)
{
    struct link *link = broker_connect(rig->broker, rig->listener);

    ck_assert_ptr_nonnull(link);
    *client = (struct rig_client){.rig = rig, .version = version};
    const struct transport_events *events[2] = {&client_events,
                                                &link_transport_events};
    void *owners[2] = {client, link};
    struct transport *ends[2];
    transport_memory_pair(&rig->loop, ends, events, owners);
    client->transport = ends[0];
    link->transport = ends[1];
    loop_settle(&rig->loop);
}

void rig_close(struct rig_client *client)
{
    if (client->transport)
        transport_close(client->transport, false);
    loop_settle(&client->rig->loop);
    buf_release(&client->in);
    buf_release(&client->packet);
    buf_release(&client->reason_string);
}

void rig_cut(struct rig_client *client)
{
    transport_memory_cut(client->transport);
    loop_settle(&client->rig->loop);
    rig_close(client);
}

/* ---- bytes ---- */

void rig_send_bytes(struct rig_client *client, const void *bytes, size_t len)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};

    ck_assert_ptr_nonnull(client->transport);
    ck_assert_int_eq(transport_writev(client->transport, &part, 1),
                     (ssize_t)len);
    loop_settle(&client->rig->loop);
}

void rig_send_hex(struct rig_client *client, const char *hex)
{
    uint8_t bytes[2048];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    rig_send_bytes(client, bytes, len);
}

void rig_send(struct rig_client *client, const struct mqtt_packet *packet)
{
    struct buf bytes = {0};

    packet_encode(&bytes, client->version, packet);
    rig_send_bytes(client, bytes.bytes, bytes.len);
    buf_release(&bytes);
}

bool rig_next(struct rig_client *client, struct mqtt_packet *packet)
{
    int used = framer_next(buf_slice(&client->in), MQTT_MAX_PACKET_SIZE,
                           &client->frame);

    ck_assert_int_ge(used, 0);
    if (used == 0)
        return false;
    buf_clear(&client->packet);
    buf_append(&client->packet, client->in.bytes, (size_t)used);
    buf_consume(&client->in, (size_t)used);
    framer_next(buf_slice(&client->packet), MQTT_MAX_PACKET_SIZE,
                &client->frame);
    ck_assert_int_eq(packet_decode(packet, client->version, &client->frame),
                     MQTT_SUCCESS);
    return true;
}

void rig_expect(struct rig_client *client, enum mqtt_type type,
                struct mqtt_packet *packet)
{
    ck_assert_msg(rig_next(client, packet), "no packet, expected %s",
                  mqtt_type_name(type));
    ck_assert_str_eq(mqtt_type_name(packet->type), mqtt_type_name(type));
}

void rig_expect_hex(struct rig_client *client, const char *hex)
{
    uint8_t bytes[2048];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    ck_assert_uint_eq(client->in.len, len);
    if (len)
        ck_assert_mem_eq(client->in.bytes, bytes, len);
    buf_clear(&client->in);
}

static struct slice *properties_of(struct mqtt_packet *packet)
{
    switch (packet->type) {
    case MQTT_CONNACK: return &packet->connack.properties;
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP: return &packet->puback.properties;
    case MQTT_SUBACK:
    case MQTT_UNSUBACK: return &packet->suback.properties;
    case MQTT_DISCONNECT: return &packet->disconnect.properties;
    case MQTT_CONNECT:
    case MQTT_PUBLISH:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
    case MQTT_PINGREQ:
    case MQTT_PINGRESP:
    case MQTT_AUTH: break;
    }
    ck_abort_msg("%s has no Reason String", mqtt_type_name(packet->type));
}

const char *rig_take_reason_string(struct rig_client *client)
{
    struct mqtt_packet packet;
    struct property property;
    struct buf others = {0};
    struct buf all = {0};
    const char *text = NULL;

    ck_assert(rig_next(client, &packet));
    if (client->version < MQTT_5)
        ck_abort_msg("version 5 alone has Reason Strings");
    struct slice *properties = properties_of(&packet);
    for (struct slice rest = *properties; property_next(&rest, &property);) {
        if (property.info->id != PROPERTY_REASON_STRING) {
            buf_append_slice(&others, property.bytes);
            continue;
        }
        buf_clear(&client->reason_string);
        buf_append_slice(&client->reason_string, property.string);
        text = buf_string(&client->reason_string);
    }
    *properties = buf_slice(&others);
    packet_encode(&all, MQTT_5, &packet);
    buf_append_slice(&all, buf_slice(&client->in));
    buf_release(&client->in);
    buf_release(&others);
    client->in = all;
    return text;
}

void rig_expect_nothing(struct rig_client *client)
{
    ck_assert_uint_eq(client->in.len, 0);
}

void rig_expect_ended(struct rig_client *client)
{
    ck_assert(client->ended);
}

/* ---- packets ---- */

struct mqtt_packet rig_connect(const struct rig_client *client, const char *id)
{
    return (struct mqtt_packet){
        .type = MQTT_CONNECT,
        .connect = {.version = client->version,
                    .clean_start = true,
                    .client_id = slice_of_string(id)},
    };
}

static bool expect_connack(struct rig_client *client)
{
    struct mqtt_packet packet;

    rig_expect(client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, 0);
    return packet.connack.session_present;
}

bool rig_login(struct rig *rig, struct rig_client *client,
               enum mqtt_version version, const char *id, bool clean_start)
{
    rig_open(rig, client, version);
    struct mqtt_packet packet = rig_connect(client, id);

    packet.connect.clean_start = clean_start;
    rig_send(client, &packet);
    return expect_connack(client);
}

bool rig_login_5(struct rig *rig, struct rig_client *client, const char *id,
                 bool clean_start, struct slice properties)
{
    rig_open(rig, client, MQTT_5);
    struct mqtt_packet packet = rig_connect(client, id);

    packet.connect.clean_start = clean_start;
    packet.connect.properties = properties;
    rig_send(client, &packet);
    return expect_connack(client);
}

static uint16_t next_id(struct rig_client *client)
{
    if (++client->last_id == 0)
        client->last_id = 1;
    return client->last_id;
}

void rig_send_filter(struct rig_client *client, enum mqtt_type type,
                     const char *filter, unsigned qos, size_t times)
{
    const struct mqtt_subscription subscription = {
        .topic_filter = slice_of_string(filter),
        .qos = (uint8_t)qos,
    };
    struct mqtt_packet packet = {.type = type};
    struct buf filters = {0};

    for (size_t i = 0; i < times; i++)
        subscribe_put(&filters, type, &subscription);
    packet.subscribe.packet_id = next_id(client);
    packet.subscribe.filters = buf_slice(&filters);
    rig_send(client, &packet);
    buf_release(&filters);
}

unsigned rig_subscribe(struct rig_client *client, const char *filter,
                       unsigned qos)
{
    struct mqtt_packet packet;

    rig_send_filter(client, MQTT_SUBSCRIBE, filter, qos, 1);
    rig_expect(client, MQTT_SUBACK, &packet);
    ck_assert_uint_eq(packet.suback.packet_id, client->last_id);
    ck_assert_uint_eq(packet.suback.reasons.len, 1);
    return packet.suback.reasons.bytes[0];
}

static uint16_t publish(struct rig_client *client, const char *topic,
                        const char *payload, unsigned qos, bool retain)
{
    struct mqtt_packet packet = {
        .type = MQTT_PUBLISH,
        .publish = {.qos = (uint8_t)qos,
                    .retain = retain,
                    .packet_id = qos ? next_id(client) : 0,
                    .topic = slice_of_string(topic),
                    .payload = slice_of_string(payload)},
    };

    rig_send(client, &packet);
    return packet.publish.packet_id;
}

uint16_t rig_publish(struct rig_client *client, const char *topic,
                     const char *payload, unsigned qos)
{
    return publish(client, topic, payload, qos, false);
}

void rig_publish_retained(struct rig_client *client, const char *topic,
                          const char *payload, unsigned qos)
{
    publish(client, topic, payload, qos, true);
}

void rig_ack(struct rig_client *client, enum mqtt_type type, uint16_t packet_id)
{
    uint8_t bytes[4];

    puback_put(bytes, type, packet_id);
    rig_send_bytes(client, bytes, sizeof(bytes));
}

void rig_expect_publish(struct rig_client *client, const char *topic,
                        const char *payload, unsigned qos,
                        struct mqtt_publish *publish_out)
{
    struct mqtt_packet packet;

    rig_expect(client, MQTT_PUBLISH, &packet);
    ck_assert(slice_equal_string(packet.publish.topic, topic));
    ck_assert(slice_equal_string(packet.publish.payload, payload));
    ck_assert_uint_eq(packet.publish.qos, qos);
    if (publish_out)
        *publish_out = packet.publish;
}

void rig_logout(struct rig_client *client)
{
    rig_send(client, &(struct mqtt_packet){.type = MQTT_DISCONNECT});
    rig_close(client);
}
