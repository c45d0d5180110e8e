#include "client/client.h"

#include "base/alloc.h"
#include "client/client_open.h"
#include "client/client_state.h"
#include "mqtt/property.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How long the server may take until its CONNACK, and to read our last. */
#define TIMEOUT_MS 60000

/* A timer may fire so much late; PINGREQ must not be late [MQTT-3.1.2-20]. */
#define TIMER_SLACK_MS 50

static const struct client_events no_events;

static struct client *client_of(struct link *link)
{
    return LIST_ITEM(link, struct client, link);
}

/* --- ending --------------------------------------------------------------- */

static void tell_ended(struct client *client)
{
    client->phase = CLIENT_IDLE;
    timer_cancel(&client->keep_alive);
    client_session_disconnected(&client->session);
    topic_aliases_release(&client->aliases);
    buf_clear(&client->written);
    if (client->events->on_ended)
        client->events->on_ended(client, &client->ended);
}

static void free_now(struct client *client)
{
    timer_cancel(&client->keep_alive);
    timer_cancel(&client->again);
    loop_task_cancel(&client->report_task);
    loop_task_cancel(&client->free_task);
    client_session_release(&client->session);
    topic_aliases_release(&client->aliases);
    buf_release(&client->id);
    buf_release(&client->out);
    buf_release(&client->written);
    buf_release(&client->fault);
    free(client);
}

static void on_closed(struct link *link)
{
    struct client *client = client_of(link);

    if (client->freed)
        free_now(client);
    else
        tell_ended(client);
}

void client_end(struct client *client, struct client_ended ended)
{
    if (client->phase == CLIENT_IDLE || client->phase == CLIENT_CLOSING)
        return;
    client->phase = CLIENT_CLOSING;
    client->ended = ended;
    if (ended.end != CLIENT_END_CLOSED)
        buf_clear(&client->written); /* who knows whether it was */
    link_close(&client->link, ended.end == CLIENT_END_UNREACHED);
}

void client_end_with(struct client *client, enum client_end end,
                     enum mqtt_reason reason)
{
    if (client->phase == CLIENT_CONNECTED && client_version(client) == MQTT_5) {
        client_send(client,
                    &(struct mqtt_packet){.type = MQTT_DISCONNECT,
                                          .disconnect = {.reason = reason}});
    }
    client_end(client, (struct client_ended){.end = end, .reason = reason});
}

static void on_end(struct link *link, int error)
{
    struct client *client = client_of(link);
    bool opened = client->phase != CLIENT_OPENING;
    struct client_ended ended = {
        .end = opened ? CLIENT_END_LOST : CLIENT_END_UNREACHED,
        .error = error,
        .answered = client->phase == CLIENT_CONNECTED,
    };

    if (client->phase == CLIENT_FINISHING) {
        client_end(client, client->ended);
        return;
    }
    if (!client->config.open_transport) {
        const char *text;

        ended.end =
            client_open_fault(&client->config, link->transport, opened, &text);
        if (text)
            buf_append_string(&client->fault, text);
        ended.text = buf_string(&client->fault);
    }
    client_end(client, ended);
}

void client_disconnect(struct client *client, enum mqtt_reason reason,
                       struct slice properties)
{
    if (client->phase == CLIENT_OPENING) {
        client_abort(client);
        return;
    }
    if (client->phase != CLIENT_CONNECTED && client->phase != CLIENT_GREETING)
        return;
    client_send(client, &(struct mqtt_packet){
                            .type = MQTT_DISCONNECT,
                            .disconnect = {.reason = reason,
                                           .properties = properties}
    });
    client->phase = CLIENT_FINISHING;
    client->ended =
        (struct client_ended){.end = CLIENT_END_CLOSED, .reason = reason};
    link_flush(&client->link);
    if (link_pending(&client->link) == 0)
        client_end(client, client->ended); /* [MQTT-3.14.4-2] */
    else
        timer_set(client->loop, &client->keep_alive, TIMEOUT_MS);
}

void client_abort(struct client *client)
{
    if (client->phase == CLIENT_IDLE || client->phase == CLIENT_CLOSING)
        return;
    client->phase = CLIENT_CLOSING;
    client->ended = (struct client_ended){.end = CLIENT_END_CLOSED};
    buf_clear(&client->written);
    link_close(&client->link, true);
}

/* --- connecting ----------------------------------------------------------- */

static void on_open(struct link *link)
{
    struct client *client = client_of(link);

    client->phase = CLIENT_GREETING;
    client_send(client,
                &(struct mqtt_packet){.type = MQTT_CONNECT,
                                      .connect = client->config.connect});
}

static void on_packet(struct link *link, const struct frame *frame,
                      uint64_t record_seq)
{
    struct client *client = client_of(link);

    (void)record_seq; /* clients have no tap */
    if (client->phase == CLIENT_GREETING || client->phase == CLIENT_CONNECTED)
        client_receive(client, frame);
}

static void on_malformed(struct link *link, enum mqtt_reason reason)
{
    client_end_with(client_of(link), CLIENT_END_PROTOCOL, reason);
}

static void report_written(struct loop_task *task)
{
    struct client *client = LIST_ITEM(task, struct client, report_task);
    struct buf written = client->written;
    uint16_t packet_id;

    if ((client->phase == CLIENT_CONNECTED ||
         client->phase == CLIENT_FINISHING) &&
        link_pending(&client->link) > 0)
        return; /* on_drained comes back here */
    client->written = (struct buf){0};
    for (uint32_t at = 0; at < written.len; at += sizeof(packet_id)) {
        memcpy(&packet_id, written.bytes + at, sizeof(packet_id));
        if (client->events->on_published)
            client->events->on_published(client, packet_id, MQTT_SUCCESS);
    }
    buf_release(&written);
}

static void on_drained(struct link *link)
{
    struct client *client = client_of(link);

    report_written(&client->report_task);
    if (client->phase == CLIENT_FINISHING)
        client_end(client, client->ended);
    else if (client->events->on_drained)
        client->events->on_drained(client);
}

static const struct link_events link_events = {
    .on_open = on_open,
    .on_packet = on_packet,
    .on_malformed = on_malformed,
    .on_drained = on_drained,
    .on_end = on_end,
    .on_closed = on_closed,
};

static struct transport *open_way(struct client *client, int *error)
{
    client_open_transport *open = client->config.open_transport;

    if (open)
        return open(client, &link_transport_events, &client->link, error);
    return client_open(client->loop, &client->config, &link_transport_events,
                       &client->link, error);
}

int client_connect(struct client *client)
{
    int error = 0;

    if (client->phase != CLIENT_IDLE)
        return -EISCONN;
    timer_cancel(&client->again);
    buf_clear(&client->fault);
    link_init(&client->link, client->loop, NULL, &link_events);
    client->link.max_packet_size =
        property_number(client->config.connect.properties,
                        PROPERTY_MAXIMUM_PACKET_SIZE, MQTT_MAX_PACKET_SIZE);
    client->link.version = (uint8_t)client_version(client);
    client->link.transport = open_way(client, &error);
    if (!client->link.transport)
        return error;
    client->phase = CLIENT_OPENING;
    client->ping_open = false;
    timer_set(client->loop, &client->keep_alive, TIMEOUT_MS);
    return 0;
}

static void connect_again(struct timer *timer)
{
    struct client *client = LIST_ITEM(timer, struct client, again);
    int error = client_connect(client);

    if (error < 0) {
        client->ended =
            (struct client_ended){.end = CLIENT_END_UNREACHED, .error = error};
        tell_ended(client);
    }
}

void client_connect_in(struct client *client, uint32_t after_ms)
{
    timer_set(client->loop, &client->again, after_ms);
}

/* --- Keep Alive [MQTT5 3.1.2.10] ------------------------------------------ */

static uint64_t keep_alive_ms(const struct client *client)
{
    return client->limits.keep_alive_s * UINT64_C(1000) - TIMER_SLACK_MS;
}

/* Nothing was sent for the whole period: ask whether the server is there. */
static void ping(struct client *client)
{
    if (client->ping_open) {
        client_end_with(client, CLIENT_END_KEEP_ALIVE, MQTT_KEEP_ALIVE_TIMEOUT);
        return;
    }
    client_send(client, &(struct mqtt_packet){.type = MQTT_PINGREQ});
    client->ping_open = true;
    timer_set(client->loop, &client->keep_alive, keep_alive_ms(client));
}

static void on_timer(struct timer *timer)
{
    struct client *client = LIST_ITEM(timer, struct client, keep_alive);

    if (client->phase == CLIENT_CONNECTED) {
        uint64_t period_ms = keep_alive_ms(client);
        uint64_t quiet_ms =
            clock_ms(&client->loop->clock) - client->link.last_out_ms;

        if (quiet_ms >= period_ms || client->ping_open)
            ping(client);
        else
            timer_set(client->loop, timer, period_ms - quiet_ms);
    } else if (client->phase == CLIENT_FINISHING) {
        client_end(client, client->ended);
    } else {
        client_end(client, (struct client_ended){.end = CLIENT_END_UNREACHED,
                                                 .error = -ETIMEDOUT});
    }
}

/* --- greeting ------------------------------------------------------------- */

void client_greeted(struct client *client, const struct mqtt_connack *connack)
{
    const struct mqtt_connect *connect = &client->config.connect;
    struct slice given = connack->properties;
    struct slice id =
        property_string(given, PROPERTY_ASSIGNED_CLIENT_IDENTIFIER);

    client->limits = (struct client_limits){
        .receive_maximum = (uint16_t)property_number(
            given, PROPERTY_RECEIVE_MAXIMUM, UINT16_MAX),
        .maximum_qos = (uint8_t)property_number(given, PROPERTY_MAXIMUM_QOS, 2),
        .retain_available =
            property_number(given, PROPERTY_RETAIN_AVAILABLE, 1) != 0,
        .maximum_packet_size = property_number(
            given, PROPERTY_MAXIMUM_PACKET_SIZE, MQTT_MAX_PACKET_SIZE),
        /* [MQTT-3.2.2-21] */
        .keep_alive_s = (uint16_t)property_number(
            given, PROPERTY_SERVER_KEEP_ALIVE, connect->keep_alive_s),
    };
    if (id.len) { /* [MQTT-3.2.2-16] */
        buf_clear(&client->id);
        buf_append_slice(&client->id, id);
        client->config.connect.client_id = buf_slice(&client->id);
    }
    topic_aliases_init(&client->aliases, (uint16_t)property_number(
                                             connect->properties,
                                             PROPERTY_TOPIC_ALIAS_MAXIMUM, 0));
    client->phase = CLIENT_CONNECTED;
    timer_cancel(&client->keep_alive);
    if (client->limits.keep_alive_s)
        timer_set(client->loop, &client->keep_alive, keep_alive_ms(client));
}

/* --- life ----------------------------------------------------------------- */

static void run_free(struct loop_task *task)
{
    free_now(LIST_ITEM(task, struct client, free_task));
}

struct client *client_new(struct loop *loop, const struct client_config *config,
                          const struct client_events *events, void *context)
{
    struct client *client = alloc_zero(1, sizeof(*client));

    client->loop = loop;
    client->config = *config;
    client->events = events;
    client->context = context;
    client->receive_maximum = (uint16_t)property_number(
        config->connect.properties, PROPERTY_RECEIVE_MAXIMUM, UINT16_MAX);
    client_session_init(&client->session);
    timer_init(&client->keep_alive, on_timer);
    timer_init(&client->again, connect_again);
    loop_task_init(&client->report_task, report_written);
    loop_task_init(&client->free_task, run_free);
    return client;
}

void client_free(struct client *client)
{
    if (!client || client->freed)
        return;
    client->freed = true;
    client->events = &no_events;
    timer_cancel(&client->keep_alive);
    timer_cancel(&client->again);
    if (client->phase == CLIENT_IDLE)
        loop_at_end(client->loop, &client->free_task);
    else
        client_abort(client); /* on_closed frees */
}

void *client_context(const struct client *client)
{
    return client->context;
}

struct slice client_id(const struct client *client)
{
    return client->config.connect.client_id;
}

enum mqtt_version client_version(const struct client *client)
{
    return client->config.connect.version;
}

const struct client_limits *client_limits(const struct client *client)
{
    return &client->limits;
}

bool client_connected(const struct client *client)
{
    return client->phase == CLIENT_CONNECTED;
}

bool client_ending(const struct client *client)
{
    return client->phase == CLIENT_FINISHING || client->phase == CLIENT_CLOSING;
}

size_t client_pending(const struct client *client)
{
    return client->phase == CLIENT_IDLE ? 0 : link_pending(&client->link);
}
