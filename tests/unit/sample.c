#include "sample.h"

#include <stdarg.h>

#include "base/clock.h"

void sample_begin(struct sample *sample, sample_taker *take, void *owner)
{
    *sample = (struct sample){
        .take = take, .owner = owner, .time_ns = SAMPLE_START_NS};
}

void sample_end(struct sample *sample)
{
    buf_release(&sample->bytes);
}

void sample_wait(struct sample *sample, unsigned ms)
{
    sample->time_ns += ms * CLOCK_NS_PER_MS;
}

static uint64_t hand_over(struct sample *sample, struct record *record)
{
    record->seq = ++sample->seq;
    record->time_ns = sample->time_ns;
    record->bytes = buf_slice(&sample->bytes);
    record->original_len = sample->bytes.len;
    record->actor = RECORD_STUDENT;
    sample->take(sample->owner, record);
    sample_wait(sample, 1);
    return record->seq;
}

uint64_t sample_event(struct sample *sample, unsigned code, uint32_t connection,
                      uint64_t cause, ...)
{
    bool is_conn = code == EVENT_CONN_OPENED || code == EVENT_CONN_CLOSED;
    struct record record = {
        .type = is_conn                    ? RECORD_CONN
                : code == EVENT_TLS_OPENED ? RECORD_TLS
                                           : RECORD_EVT,
        .connection = connection,
        .cause = cause,
    };
    va_list args;
    int key;

    buf_clear(&sample->bytes);
    record_begin(&sample->bytes, code);
    va_start(args, cause);
    while ((key = va_arg(args, int)))
        record_put_string(&sample->bytes, (enum record_key)key,
                          va_arg(args, const char *));
    va_end(args);
    return hand_over(sample, &record);
}

static uint64_t hand_packet(struct sample *sample, struct sample_way way,
                            unsigned flags)
{
    struct record record = {
        .type = RECORD_MQTT,
        .direction = way.to_client ? RECORD_B2C : RECORD_C2B,
        .version = (uint8_t)way.version,
        .connection = way.connection,
        .cause = way.cause,
        .flags = (uint8_t)flags,
    };

    return hand_over(sample, &record);
}

uint64_t sample_packet(struct sample *sample, struct sample_way way,
                       const struct mqtt_packet *packet)
{
    buf_clear(&sample->bytes);
    packet_encode(&sample->bytes, way.version, packet);
    return hand_packet(sample, way, 0);
}

uint64_t sample_bytes(struct sample *sample, struct sample_way way,
                      unsigned flags, const void *bytes, size_t len)
{
    buf_clear(&sample->bytes);
    buf_append(&sample->bytes, bytes, len);
    return hand_packet(sample, way, flags);
}

uint64_t sample_connect(struct sample *sample, struct sample_way way,
                        const struct mqtt_connect *connect)
{
    struct mqtt_packet packet = {.type = MQTT_CONNECT, .connect = *connect};

    packet.connect.version = way.version;
    return sample_packet(sample, way, &packet);
}

uint64_t sample_publish(struct sample *sample, struct sample_way way,
                        uint16_t packet_id, unsigned qos, const char *topic,
                        const char *payload)
{
    struct mqtt_packet packet = {
        .type = MQTT_PUBLISH,
        .publish = {.qos = qos & 3,
                    .retain = qos & 4,
                    .dup = qos & 8,
                    .packet_id = packet_id,
                    .topic = slice_of_string(topic),
                    .payload = slice_of_string(payload)},
    };

    return sample_packet(sample, way, &packet);
}

uint64_t sample_ack(struct sample *sample, struct sample_way way,
                    enum mqtt_type type, uint16_t packet_id)
{
    struct mqtt_packet packet = {.type = type};

    if (type == MQTT_CONNACK)
        packet.connack.session_present = packet_id;
    else if (type != MQTT_PINGREQ && type != MQTT_PINGRESP &&
             type != MQTT_DISCONNECT)
        packet.puback.packet_id = packet_id;
    return sample_packet(sample, way, &packet);
}

uint64_t sample_subscribe(struct sample *sample, struct sample_way way,
                          uint16_t packet_id, unsigned qos,
                          const char *topic_filter)
{
    const struct mqtt_subscription subscription = {
        .topic_filter = slice_of_string(topic_filter), .qos = qos & 3};
    struct buf filters = {0};
    struct mqtt_packet packet = {.type = MQTT_SUBSCRIBE};
    const uint8_t granted = qos & 3;
    uint64_t seq;

    subscribe_put(&filters, MQTT_SUBSCRIBE, &subscription);
    packet.subscribe = (struct mqtt_subscribe){
        .packet_id = packet_id, .filters = buf_slice(&filters), .count = 1};
    seq = sample_packet(sample, way, &packet);
    packet.type = MQTT_SUBACK;
    packet.suback = (struct mqtt_suback){.packet_id = packet_id,
                                         .reasons = slice_of(&granted, 1)};
    way.to_client = true;
    sample_packet(sample, way, &packet);
    buf_release(&filters);
    return seq;
}

/* ---- the story ---- */

enum { DASH = 1, SENSOR, OLD, BAD };

static const struct sample_way from_dash = {DASH, MQTT_3_1_1, false, 0};
static const struct sample_way to_dash = {DASH, MQTT_3_1_1, true, 0};
static const struct sample_way from_sensor = {SENSOR, MQTT_5, false, 0};
static const struct sample_way to_sensor = {SENSOR, MQTT_5, true, 0};
static const struct sample_way from_old = {OLD, MQTT_3_1_1, false, 0};
static const struct sample_way to_old = {OLD, MQTT_3_1_1, true, 0};
static const struct sample_way from_bad = {BAD, MQTT_3_1_1, false, 0};
static const struct sample_way to_bad = {BAD, MQTT_3_1_1, true, 0};

static void open_connection(struct sample *sample, uint32_t connection,
                            const char *peer)
{
    sample_event(sample, EVENT_CONN_OPENED, connection, 0, RECORD_PEER, peer,
                 RECORD_LOCAL, "127.0.0.1:1883", RECORD_TRANSPORT, "tcp", 0);
}

static void tell_arrivals(struct sample *sample)
{
    uint64_t seq;

    sample_event(sample, EVENT_LISTENER, 0, 0, RECORD_LOCAL, "127.0.0.1:1883",
                 RECORD_TRANSPORT, "tcp", 0);
    sample_wait(sample, 1200);
    open_connection(sample, DASH, "127.0.0.1:40001");
    seq = sample_connect(
        sample, from_dash,
        &(struct mqtt_connect){.clean_start = true,
                               .keep_alive_s = 60,
                               .client_id = slice_of_string("dash-1")});
    sample_event(sample, EVENT_SESSION_CREATED, DASH, seq, RECORD_CLIENT_ID,
                 "dash-1", RECORD_EXPIRY, "0", 0);
    sample_ack(sample, to_dash, MQTT_CONNACK, 0);
    sample_subscribe(sample, from_dash, 1, 1, "lab/#");
    sample_event(sample, EVENT_SUBSCRIBED, DASH, 0, RECORD_CLIENT_ID, "dash-1",
                 RECORD_TOPIC, "lab/#", RECORD_QOS, "1", 0);
    sample_wait(sample, 800);
    open_connection(sample, SENSOR, "127.0.0.1:40002");
    seq = sample_connect(
        sample, from_sensor,
        &(struct mqtt_connect){
            .clean_start = true,
            .keep_alive_s = 30,
            .client_id = slice_of_string("sensor-1"),
            .has_user_name = true,
            .user_name = slice_of_string("alice"),
            .will = {.set = true,
                     .qos = 1,
                     .retain = true,
                     .topic = slice_of_string("lab/sensor-1/state"),
                     .payload = slice_of_string("offline")}
    });
    sample_event(sample, EVENT_SESSION_CREATED, SENSOR, seq, RECORD_CLIENT_ID,
                 "sensor-1", RECORD_EXPIRY, "0", 0);
    sample_event(sample, EVENT_WILL_ARMED, SENSOR, seq, RECORD_CLIENT_ID,
                 "sensor-1", RECORD_TOPIC, "lab/sensor-1/state", RECORD_QOS,
                 "1", RECORD_RETAIN, "1", RECORD_PAYLOAD, "offline",
                 RECORD_EXPIRY, "0", 0);
    sample_ack(sample, to_sensor, MQTT_CONNACK, 0);
}

static void tell_messages(struct sample *sample)
{
    struct sample_way caused = to_dash;

    sample_wait(sample, 500);
    caused.cause =
        sample_publish(sample, from_sensor, 7, 2, "lab/temp", "21.5");
    sample_ack(sample, to_sensor, MQTT_PUBREC, 7);
    sample_ack(sample, from_sensor, MQTT_PUBREL, 7);
    sample_ack(sample, to_sensor, MQTT_PUBCOMP, 7);
    sample_publish(sample, caused, 3, 1, "lab/temp", "21.5");
    sample_ack(sample, from_dash, MQTT_PUBACK, 3);
    sample_wait(sample, 300);
    caused.cause =
        sample_publish(sample, from_sensor, 0, 4, "lab/mode", "auto");
    sample_event(sample, EVENT_RETAINED_STORED, SENSOR, caused.cause,
                 RECORD_CLIENT_ID, "sensor-1", RECORD_TOPIC, "lab/mode",
                 RECORD_QOS, "0", RECORD_PAYLOAD, "auto", 0);
    sample_publish(sample, caused, 0, 0, "lab/mode", "auto");
    sample_wait(sample, 300);
    caused.cause = sample_publish(sample, from_sensor, 0, 0,
                                  "lab/\u6e29\u5ea6/\033[2Jx", "21 \u00b0C");
    sample_publish(sample, caused, 0, 0, "lab/\u6e29\u5ea6/\033[2Jx",
                   "21 \u00b0C");
}

static void tell_old(struct sample *sample)
{
    sample_wait(sample, 400);
    open_connection(sample, OLD, "127.0.0.1:40003");
    sample_connect(
        sample, from_old,
        &(struct mqtt_connect){.keep_alive_s = 60,
                               .client_id = slice_of_string("old-7")});
    sample_event(sample, EVENT_SESSION_CREATED, OLD, 0, RECORD_CLIENT_ID,
                 "old-7", RECORD_EXPIRY, "4294967295", 0);
    sample_ack(sample, to_old, MQTT_CONNACK, 0);
    sample_subscribe(sample, from_old, 1, 2, "cmd/+");
    sample_ack(sample, from_old, MQTT_DISCONNECT, 0);
    sample_event(sample, EVENT_DISCONNECTED, OLD, 0, RECORD_CLIENT_ID, "old-7",
                 RECORD_TEXT, "DISCONNECT came", 0);
    sample_event(sample, EVENT_CONN_CLOSED, OLD, 0, RECORD_CLIENT_ID, "old-7",
                 0);
    sample_event(sample, EVENT_SESSION_AWAY, 0, 0, RECORD_CLIENT_ID, "old-7",
                 RECORD_EXPIRY, "4294967295", RECORD_NUMBER, "0", 0);
    sample_wait(sample, 200);
    sample_publish(sample, from_dash, 2, 1, "cmd/light", "on");
    sample_ack(sample, to_dash, MQTT_PUBACK, 2);
    sample_event(sample, EVENT_MESSAGE_QUEUED, 0, 0, RECORD_CLIENT_ID, "old-7",
                 RECORD_TOPIC, "cmd/light", RECORD_QOS, "1", RECORD_NUMBER, "1",
                 RECORD_TEXT, "the client is away", 0);
}

static void tell_will(struct sample *sample)
{
    struct sample_way caused = to_dash;
    uint64_t lost;

    sample_wait(sample, 900);
    lost = sample_event(sample, EVENT_CONNECTION_LOST, SENSOR, 0,
                        RECORD_CLIENT_ID, "sensor-1", RECORD_TEXT,
                        "the connection ended without DISCONNECT", 0);
    sample_event(sample, EVENT_CONN_CLOSED, SENSOR, lost, RECORD_CLIENT_ID,
                 "sensor-1", 0);
    caused.cause =
        sample_event(sample, EVENT_WILL_FIRED, SENSOR, lost, RECORD_CLIENT_ID,
                     "sensor-1", RECORD_TOPIC, "lab/sensor-1/state", RECORD_QOS,
                     "1", RECORD_RETAIN, "1", RECORD_PAYLOAD, "offline",
                     RECORD_TEXT, "the connection ended without DISCONNECT", 0);
    sample_event(sample, EVENT_RETAINED_STORED, SENSOR, caused.cause,
                 RECORD_CLIENT_ID, "sensor-1", RECORD_TOPIC,
                 "lab/sensor-1/state", RECORD_QOS, "1", RECORD_PAYLOAD,
                 "offline", 0);
    sample_publish(sample, caused, 4, 1, "lab/sensor-1/state", "offline");
    sample_ack(sample, from_dash, MQTT_PUBACK, 4);
    sample_event(sample, EVENT_SESSION_ENDED, 0, 0, RECORD_CLIENT_ID,
                 "sensor-1", 0);
}

static void tell_bad(struct sample *sample)
{
    static const uint8_t qos_3[] = {0x36, 0x05, 0x00, 0x01, 't', 0x00, 0x01};
    uint64_t seq;

    sample_wait(sample, 700);
    open_connection(sample, BAD, "127.0.0.1:40004");
    sample_connect(
        sample, from_bad,
        &(struct mqtt_connect){.clean_start = true,
                               .client_id = slice_of_string("x\033]0;\a")});
    sample_ack(sample, to_bad, MQTT_CONNACK, 0);
    seq =
        sample_bytes(sample, from_bad, RECORD_MALFORMED, qos_3, sizeof(qos_3));
    sample_event(sample, EVENT_PROTOCOL_ERROR, BAD, seq, RECORD_CLIENT_ID,
                 "x\033]0;\a", RECORD_REASON, "129", RECORD_STATEMENT,
                 "MQTT-3.3.1-4", RECORD_TEXT, "QoS 3", 0);
    sample_event(sample, EVENT_CONN_CLOSED, BAD, seq, RECORD_CLIENT_ID,
                 "x\033]0;\a", 0);
}

void sample_story(struct sample *sample)
{
    tell_arrivals(sample);
    tell_messages(sample);
    tell_old(sample);
    tell_will(sample);
    tell_bad(sample);
    sample_wait(sample, 2000);
    sample_ack(sample, from_dash, MQTT_PINGREQ, 0);
    sample_ack(sample, to_dash, MQTT_PINGRESP, 0);
    sample_wait(sample, 500);
    /* A handshake that is still under way at the end. */
    sample_publish(sample, from_dash, 5, 2, "lab/goal", "22");
    sample_ack(sample, to_dash, MQTT_PUBREC, 5);
}
