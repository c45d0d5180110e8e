/*
 * Clients and sessions of the model.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"
#include "tui/model_parts.h"
#include "wire/event.h"

#define FROM_CLIENT (1u << 16)

const char *model_state_name(enum model_state state)
{
    switch (state) {
    case MODEL_CONNECTING: return "CONNECTING";
    case MODEL_CONNECTED: return "CONNECTED";
    case MODEL_AWAY: return "AWAY";
    case MODEL_ENDED: return "ENDED";
    case MODEL_EXPIRED: return "EXPIRED";
    case MODEL_REFUSED: return "REFUSED";
    }
    return "?";
}

struct model_client *model_client(const struct model *model,
                                  const char *client_id)
{
    return map_get(&model->clients_by_id, slice_of_string(client_id));
}

/* ---- making and forgetting ---- */

static void drop_subscriptions(struct model *model, struct model_client *client)
{
    for (size_t i = 0; i < client->subscription_count; i++)
        free(client->subscriptions[i].topic_filter);
    client->subscription_count = 0;
    if (model)
        model->subscriptions_changed++;
}

void model_client_free(struct model_client *client)
{
    drop_subscriptions(NULL, client);
    free(client->subscriptions);
    free(client->flows);
    free(client->client_id);
    free(client->user_name);
    free(client->peer);
    free(client->cover);
    free(client->why);
    free(client);
}

/* Room for one more: the one that went first goes. False when all are here. */
static bool make_room(struct model *model)
{
    size_t at = 0;

    if (model->client_count < MODEL_CLIENTS_MAX)
        return true;
    while (at < model->client_count && model->clients[at]->state < MODEL_ENDED)
        at++;
    model->clients_dropped++;
    if (at == model->client_count)
        return false;
    map_remove(&model->clients_by_id,
               slice_of_string(model->clients[at]->client_id));
    model->subscriptions_changed++;
    model_client_free(model->clients[at]);
    model->client_count--;
    memmove(model->clients + at, model->clients + at + 1,
            (model->client_count - at) * sizeof(struct model_client *));
    return true;
}

/* What is around the packets of this connection. */
static const char *cover_of(const struct model *model,
                            const struct history_row *row)
{
    const char *transport = row->note.transport;

    for (size_t i = 0; i < MODEL_TLS_MAX; i++) {
        if (model->tls[i].text &&
            model->tls[i].connection == row->record.connection)
            return model->tls[i].text;
    }
    return transport && strcmp(transport, "tcp") != 0 ? transport : "";
}

struct model_client *model_client_of(struct model *model,
                                     const struct history_row *row)
{
    struct model_client *client;
    const char *client_id = row->note.client_id;

    if (!client_id || !*client_id)
        return NULL;
    client = model_client(model, client_id);
    if (client || !make_room(model))
        return client;
    client = alloc_zero(1, sizeof(*client));
    client->client_id = alloc_string(client_id);
    client->user_name = alloc_string(row->note.user_name);
    client->peer = alloc_string("");
    client->cover = alloc_string(cover_of(model, row));
    client->why = alloc_string("");
    client->number = model->next_number++;
    client->version = row->note.version;
    client->clean_start = true;
    client->connection = row->record.connection;
    client->heard_ns = row->record.time_ns;
    client->untold = true;
    model->clients = alloc_resize(model->clients, model->client_count + 1,
                                  sizeof(struct model_client *));
    model->clients[model->client_count++] = client;
    map_set(&model->clients_by_id, slice_of_string(client->client_id), client);
    return client;
}

/* ---- subscriptions ---- */

static struct model_subscription *find_subscription(struct model_client *client,
                                                    struct slice topic_filter)
{
    for (size_t i = 0; i < client->subscription_count; i++) {
        struct model_subscription *subscription = &client->subscriptions[i];

        if (slice_equal_string(topic_filter, subscription->topic_filter))
            return subscription;
    }
    return NULL;
}

static void subscribe(struct model *model, struct model_client *client,
                      struct slice topic_filter, unsigned qos)
{
    struct model_subscription *found = find_subscription(client, topic_filter);

    if (!found) {
        if (client->subscription_count == MODEL_SUBSCRIPTIONS_MAX)
            return;
        client->subscriptions =
            alloc_resize(client->subscriptions, client->subscription_count + 1,
                         sizeof(*client->subscriptions));
        found = &client->subscriptions[client->subscription_count++];
        found->topic_filter =
            alloc_string_of(topic_filter.bytes, topic_filter.len);
        model->subscriptions_changed++;
    }
    found->qos = (uint8_t)qos;
    client->on_right = client->on_right || client->published == 0;
}

static void unsubscribe(struct model *model, struct model_client *client,
                        struct slice topic_filter)
{
    struct model_subscription *found = find_subscription(client, topic_filter);
    size_t behind;

    if (!found)
        return;
    behind = client->subscription_count -
             (size_t)(found - client->subscriptions) - 1;
    free(found->topic_filter);
    memmove(found, found + 1, behind * sizeof(*found));
    client->subscription_count--;
    model->subscriptions_changed++;
}

/* The SUBSCRIBE or UNSUBSCRIBE that this packet answers. */
static bool find_request(const struct model *model,
                         const struct history_row *answer,
                         struct mqtt_packet *request)
{
    uint64_t position = history_find_seq(model->history, answer->note.pair);
    struct history_row row;
    struct frame frame;

    return answer->note.pair && position != UINT64_MAX &&
           history_get(model->history, position, &row) &&
           framer_next(row.record.bytes, UINT32_MAX, &frame) > 0 &&
           packet_decode(request, (enum mqtt_version)answer->note.version,
                         &frame) == MQTT_SUCCESS;
}

static void on_suback(struct model *model, struct model_client *client,
                      const struct model_packet *packet)
{
    const struct mqtt_suback *suback = &packet->packet.suback;
    bool removes = packet->packet.type == MQTT_UNSUBACK;
    struct mqtt_packet request;
    struct mqtt_subscription each;

    if (!find_request(model, packet->row, &request) ||
        request.type != (removes ? MQTT_UNSUBSCRIBE : MQTT_SUBSCRIBE))
        return;
    struct slice filters = request.subscribe.filters;
    for (size_t i = 0; subscribe_next(&filters, request.type, &each); i++) {
        unsigned reason =
            i < suback->reasons.len ? suback->reasons.bytes[i] : 0;

        if (removes)
            unsubscribe(model, client, each.topic_filter);
        else if (reason < 3)
            subscribe(model, client, each.topic_filter, reason);
    }
}

/* ---- handshakes under way ---- */

static void follow_flow(struct model_client *client,
                        const struct model_packet *packet)
{
    const struct track_note *note = &packet->row->note;
    bool published_here =
        note->flow_step % 2 ? packet->from_client : !packet->from_client;
    uint32_t key = note->packet_id | (published_here ? FROM_CLIENT : 0);
    size_t at = 0;

    while (at < client->flow_count && client->flows[at] != key)
        at++;
    if (note->progress == TRACK_OPEN && at == client->flow_count &&
        at < MODEL_FLOWS_MAX) {
        client->flows = alloc_resize(client->flows, at + 1, sizeof(uint32_t));
        client->flows[client->flow_count++] = key;
    } else if (note->progress == TRACK_DONE && at < client->flow_count) {
        client->flows[at] = client->flows[--client->flow_count];
    }
}

bool model_flow_is_from(const struct model_client *client, size_t index)
{
    return client->flows[index] & FROM_CLIENT;
}

size_t model_in_flight(const struct model_client *client, bool from_client)
{
    size_t count = 0;

    for (size_t i = 0; i < client->flow_count; i++)
        count += !(client->flows[i] & FROM_CLIENT) == !from_client;
    return count;
}

static void forget_session(struct model *model, struct model_client *client)
{
    drop_subscriptions(model, client);
    client->flow_count = 0;
    client->queued = 0;
}

void model_clients_restart(struct model *model)
{
    for (size_t i = 0; i < model->client_count; i++) {
        struct model_client *client = model->clients[i];

        forget_session(model, client);
        if (client->state >= MODEL_ENDED)
            continue;
        client->state = MODEL_ENDED;
        model_keep(&client->why, slice_of_string("the broker was restarted"));
    }
}

/* ---- packets ---- */

/* Session Expiry Interval of CONNECT; before version 5 a session is kept for
   ever unless it is clean [MQTT5 3.1.2.11.2]. */
static uint32_t session_expiry(const struct mqtt_connect *connect)
{
    if (connect->version < MQTT_5)
        return connect->clean_start ? 0 : UINT32_MAX;
    return property_number(connect->properties,
                           PROPERTY_SESSION_EXPIRY_INTERVAL, 0);
}

static void on_connect(struct model *model, struct model_client *client,
                       const struct model_packet *packet)
{
    const struct mqtt_connect *connect = &packet->packet.connect;

    client->state = MODEL_CONNECTING;
    client->version = (uint8_t)connect->version;
    client->clean_start = connect->clean_start;
    client->keep_alive_s = connect->keep_alive_s;
    client->pinged_ns = 0;
    client->expiry_s = session_expiry(connect);
    client->keeps = client->expiry_s > 0;
    client->connection = packet->row->record.connection;
    client->connected_ns = packet->row->record.time_ns;
    client->untold = false;
    client->rtt_ns = 0;
    model_keep(&client->user_name, connect->user_name);
    model_keep(&client->peer, slice_of_string(packet->row->note.peer));
    model_keep(&client->cover, slice_of_string(cover_of(model, packet->row)));
    model_keep(&client->why, slice_of(NULL, 0));
    model_will_arm(model, client, packet);
}

static void on_connack(struct model *model, struct model_client *client,
                       const struct model_packet *packet)
{
    const struct mqtt_connack *connack = &packet->packet.connack;

    if (connack->reason) {
        client->state = MODEL_REFUSED;
        return;
    }
    client->state = MODEL_CONNECTED;
    if (!connack->session_present)
        forget_session(model, client);
}

/* The connection is over; what is left of the session? */
static void gone(struct model *model, struct model_client *client,
                 const struct history_row *row)
{
    if (client->state != MODEL_CONNECTED && client->state != MODEL_CONNECTING)
        return;
    client->ended_ns = row->record.time_ns;
    client->state = client->keeps ? MODEL_AWAY : MODEL_ENDED;
    if (!client->keeps)
        forget_session(model, client);
}

static void on_publish(struct model_client *client,
                       const struct model_packet *packet)
{
    if (packet->from_client) {
        client->published++;
        client->on_right = client->on_right && client->delivered > 0 &&
                           client->delivered >= client->published;
        return;
    }
    client->delivered++;
    if (client->queued && !packet->packet.publish.dup)
        client->queued--;
}

static void on_disconnect(struct model *model, struct model_client *client,
                          const struct model_packet *packet)
{
    unsigned reason = packet->packet.disconnect.reason;

    if (packet->from_client) {
        model_keep(&client->why, slice_of_string("said goodbye"));
        if (reason != MQTT_DISCONNECT_WITH_WILL)
            model_will_guess(client, packet->row, MODEL_WILL_CANCELLED,
                             "DISCONNECT came");
    } else {
        model_keep(&client->why,
                   slice_of_string(reason_name(MQTT_DISCONNECT, reason)));
    }
    gone(model, client, packet->row);
}

void model_client_packet(struct model *model, struct model_client *client,
                         const struct model_packet *packet)
{
    const struct track_note *note = &packet->row->note;

    if (packet->from_client) {
        client->heard_ns = packet->row->record.time_ns;
        client->packets_in++;
        if (note->rtt_ns)
            client->rtt_ns = note->rtt_ns;
    } else {
        client->packets_out++;
    }
    if (note->flow)
        follow_flow(client, packet);
    if (!packet->known)
        return;
    switch (packet->packet.type) {
    case MQTT_CONNECT: on_connect(model, client, packet); break;
    case MQTT_CONNACK: on_connack(model, client, packet); break;
    case MQTT_PUBLISH: on_publish(client, packet); break;
    case MQTT_PINGREQ: client->pinged_ns = client->heard_ns; break;
    case MQTT_PINGRESP:
        if (!(packet->row->record.flags & (RECORD_HELD | RECORD_DROPPED)))
            client->pinged_ns = 0;
        break;
    case MQTT_SUBACK:
    case MQTT_UNSUBACK: on_suback(model, client, packet); break;
    case MQTT_DISCONNECT: on_disconnect(model, client, packet); break;
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
    case MQTT_AUTH: break;
    }
}

/* ---- events ---- */

static void say_why(struct model_client *client, const struct history_row *row)
{
    struct slice text = record_get(row->record.bytes, RECORD_TEXT);

    if (!text.len)
        text = slice_of_string(event_text(record_code(row->record.bytes)));
    model_keep(&client->why, text);
}

/* Who connected before we watched: from the snapshot. */
static void on_accepted(const struct model *model, struct model_client *client,
                        const struct history_row *row)
{
    struct slice bytes = row->record.bytes;
    struct slice user_name = record_get(bytes, RECORD_USER_NAME);
    struct slice peer = record_get(bytes, RECORD_PEER);

    if (!client->connected_ns || client->connection != row->record.connection) {
        bool before = row->record.flags & RECORD_SNAPSHOT;

        client->connected_ns = before ? 0 : row->record.time_ns;
        client->untold = before;
    }
    if (client->state != MODEL_CONNECTING) /* nobody saw its CONNECT */
        model_keep(&client->cover, slice_of_string(cover_of(model, row)));
    client->state = MODEL_CONNECTED;
    client->connection = row->record.connection;
    client->version =
        (uint8_t)record_get_number(bytes, RECORD_VERSION, client->version);
    client->keep_alive_s = (uint16_t)record_get_number(bytes, RECORD_KEEP_ALIVE,
                                                       client->keep_alive_s);
    client->clean_start =
        record_get_number(bytes, RECORD_CLEAN, client->clean_start);
    client->expiry_s =
        (uint32_t)record_get_number(bytes, RECORD_EXPIRY, client->expiry_s);
    if (user_name.len)
        model_keep(&client->user_name, user_name);
    if (peer.len)
        model_keep(&client->peer, peer);
    if (record_get(bytes, RECORD_EXPIRY).len)
        client->keeps = client->expiry_s > 0;
}

static void on_closed(struct model *model, struct model_client *client,
                      const struct history_row *row)
{
    if (row->record.connection != client->connection)
        return; /* an older one: the session was taken over */
    if (client->state == MODEL_CONNECTED) {
        model_keep(&client->why, slice_of_string("left without goodbye"));
        model_will_guess(client, row, MODEL_WILL_FIRED,
                         "the connection ended without DISCONNECT");
    }
    gone(model, client, row);
}

/* A session's events count what is under way, too. */
static void count_queued(struct model_client *client, struct slice bytes)
{
    uint64_t under_way = model_in_flight(client, false);
    uint64_t kept =
        record_get_number(bytes, RECORD_NUMBER, client->queued + under_way);

    client->queued = kept > under_way ? kept - under_way : 0;
}

static void on_session_begun(struct model_client *client,
                             const struct history_row *row)
{
    struct slice bytes = row->record.bytes;

    client->untold = false;
    client->expiry_s =
        (uint32_t)record_get_number(bytes, RECORD_EXPIRY, client->expiry_s);
    client->keeps = client->expiry_s > 0;
    count_queued(client, bytes);
}

static void on_session(struct model *model, struct model_client *client,
                       const struct history_row *row, unsigned code)
{
    struct slice bytes = row->record.bytes;

    client->keeps = code == EVENT_SESSION_AWAY;
    client->expiry_s =
        (uint32_t)record_get_number(bytes, RECORD_EXPIRY, client->expiry_s);
    count_queued(client, bytes);
    if (client->state != MODEL_AWAY || code != EVENT_SESSION_AWAY)
        client->ended_ns = row->record.time_ns;
    if (code == EVENT_SESSION_AWAY) {
        client->state = MODEL_AWAY;
        return;
    }
    /* The session of before ended; the client itself may be here already. */
    if (client->state != MODEL_CONNECTED && client->state != MODEL_CONNECTING)
        client->state =
            code == EVENT_SESSION_EXPIRED ? MODEL_EXPIRED : MODEL_ENDED;
    forget_session(model, client);
}

void model_client_event(struct model *model, struct model_client *client,
                        const struct history_row *row)
{
    struct slice bytes = row->record.bytes;
    struct slice topic = record_get(bytes, RECORD_TOPIC);
    unsigned code = record_code(bytes);

    switch (code) {
    case EVENT_CONN_CLOSED: on_closed(model, client, row); break;
    case EVENT_CONNECT_ACCEPTED: on_accepted(model, client, row); break;
    case EVENT_TLS_OPENED: /* of a proxy, to the broker: CONNECT waits for it */
        model_keep(&client->cover, slice_of_string(cover_of(model, row)));
        break;
    case EVENT_CONNECT_REFUSED:
        client->state = MODEL_REFUSED;
        say_why(client, row);
        break;
    case EVENT_DISCONNECTED:
    case EVENT_CONNECTION_LOST:
    case EVENT_KEEP_ALIVE_MISSED:
    case EVENT_PROTOCOL_ERROR: say_why(client, row); break;
    case EVENT_SESSION_CREATED:
    case EVENT_SESSION_RESUMED: on_session_begun(client, row); break;
    case EVENT_SESSION_AWAY:
    case EVENT_SESSION_ENDED:
    case EVENT_SESSION_EXPIRED: on_session(model, client, row, code); break;
    case EVENT_SUBSCRIBED:
        subscribe(model, client, topic,
                  (unsigned)record_get_number(bytes, RECORD_QOS, 0));
        break;
    case EVENT_UNSUBSCRIBED: unsubscribe(model, client, topic); break;
    case EVENT_MESSAGE_QUEUED:
        client->queued =
            record_get_number(bytes, RECORD_NUMBER, client->queued + 1);
        break;
    default: break;
    }
}

/* ---- who gets a topic ---- */

const struct model_subscription *
model_subscription_for(const struct model_client *client,
                       struct slice topic_name)
{
    for (size_t i = 0; i < client->subscription_count; i++) {
        const struct model_subscription *each = &client->subscriptions[i];

        if (topic_match(slice_of_string(each->topic_filter), topic_name))
            return each;
    }
    return NULL;
}

size_t model_subscribers(const struct model *model, struct model_topic *topic)
{
    struct buf name = {0};
    size_t count = 0;

    if (topic->subscribers_counted == model->subscriptions_changed + 1)
        return topic->subscribers;
    model_topic_name(topic, &name);
    for (size_t i = 0; i < model->client_count; i++)
        count +=
            model_subscription_for(model->clients[i], buf_slice(&name)) != NULL;
    buf_release(&name);
    topic->subscribers = count;
    topic->subscribers_counted = model->subscriptions_changed + 1;
    return count;
}
