/*
 * The packets of a client: what it sends, and what it does with each that it
 * receives.
 */
#include "client/client_state.h"
#include "mqtt/property.h"

#include <errno.h>
#include <stdlib.h>

/* An acknowledgement without its Properties, at most: two lengths of four
   bytes, type, Packet Identifier and Reason Code. */
#define MAX_ANSWER_BYTES 12

/* --- sending -------------------------------------------------------------- */

void client_send(struct client *client, const struct mqtt_packet *packet)
{
    if (client->events->on_packet)
        client->events->on_packet(client, true, packet);
    buf_clear(&client->out);
    packet_encode(&client->out, client_version(client), packet);
    link_send(&client->link, buf_slice(&client->out), 0);
}

/* What the owner wants to say with its answers, unless the server may find it
   too large [MQTT-3.4.2-2] [MQTT-3.4.2-3]. */
static struct slice answer_properties(const struct client *client,
                                      enum mqtt_type type)
{
    const struct buf *lists = client->config.answer_properties;

    if (client_version(client) < MQTT_5 || !lists ||
        lists[type].len + MAX_ANSWER_BYTES > client->limits.maximum_packet_size)
        return slice_of(NULL, 0);
    return buf_slice(&lists[type]);
}

static void send_answer(struct client *client, enum mqtt_type type,
                        uint16_t packet_id, enum mqtt_reason reason)
{
    if (client_version(client) < MQTT_5)
        reason = MQTT_SUCCESS;
    client_send(client,
                &(struct mqtt_packet){
                    .type = type,
                    .puback = {.packet_id = packet_id,
                               .reason = reason,
                               .properties = answer_properties(client, type)},
    });
}

static void send_publish(struct client *client,
                         const struct mqtt_publish *publish)
{
    client_send(client, &(struct mqtt_packet){.type = MQTT_PUBLISH,
                                              .publish = *publish});
}

uint16_t client_subscribe(struct client *client,
                          const struct mqtt_subscription *subscriptions,
                          size_t count, struct slice properties)
{
    struct buf filters = {0};
    uint16_t packet_id;

    if (!client_connected(client))
        return 0;
    packet_id = client_session_request(&client->session, MQTT_SUBSCRIBE);
    if (!packet_id)
        return 0;
    for (size_t i = 0; i < count; i++)
        subscribe_put(&filters, MQTT_SUBSCRIBE, &subscriptions[i]);
    client_send(client, &(struct mqtt_packet){
                            .type = MQTT_SUBSCRIBE,
                            .subscribe = {.packet_id = packet_id,
                                          .properties = properties,
                                          .filters = buf_slice(&filters),
                                          .count = count},
    });
    buf_release(&filters);
    return packet_id;
}

uint16_t client_unsubscribe(struct client *client, const struct slice *filters,
                            size_t count, struct slice properties)
{
    struct buf list = {0};
    uint16_t packet_id;

    if (!client_connected(client))
        return 0;
    packet_id = client_session_request(&client->session, MQTT_UNSUBSCRIBE);
    if (!packet_id)
        return 0;
    for (size_t i = 0; i < count; i++) {
        struct mqtt_subscription one = {.topic_filter = filters[i]};

        subscribe_put(&list, MQTT_UNSUBSCRIBE, &one);
    }
    client_send(client, &(struct mqtt_packet){
                            .type = MQTT_UNSUBSCRIBE,
                            .subscribe = {.packet_id = packet_id,
                                          .properties = properties,
                                          .filters = buf_slice(&list),
                                          .count = count},
    });
    buf_release(&list);
    return packet_id;
}

/* --- publishing ----------------------------------------------------------- */

/* Does the server take this message? [MQTT5 3.2.2.3] */
static enum mqtt_reason judge(const struct client *client,
                              const struct mqtt_publish *message)
{
    const struct client_limits *limits = &client->limits;

    if (message->qos > limits->maximum_qos)
        return MQTT_QOS_NOT_SUPPORTED; /* [MQTT-3.2.2-11] */
    if (message->retain && !limits->retain_available)
        return MQTT_RETAIN_NOT_SUPPORTED; /* [MQTT-3.2.2-14] */
    if (publish_size(client_version(client), message) >
        limits->maximum_packet_size)
        return MQTT_PACKET_TOO_LARGE; /* [MQTT-3.2.2-15] */
    return MQTT_SUCCESS;
}

static void report(struct client *client, uint16_t packet_id,
                   enum mqtt_reason reason)
{
    if (client->events->on_published)
        client->events->on_published(client, packet_id, reason);
}

/* A message is through: its identifier is free when the owner hears of it. */
static void finish(struct client *client, struct kept *kept,
                   enum mqtt_reason reason)
{
    uint16_t packet_id = kept->publish.packet_id;

    client_session_done(&client->session, kept);
    report(client, packet_id, reason);
}

/* Send what waits, as far as Receive Maximum allows. */
static void pump(struct client *client)
{
    struct client_session *session = &client->session;
    size_t quota = client->config.max_in_flight;

    if (quota == 0 || quota > client->limits.receive_maximum)
        quota = client->limits.receive_maximum; /* [MQTT-3.3.4-7] */
    while (client_connected(client) && session->under_way_count < quota &&
           session->waiting_count > 0) {
        struct kept *kept = client_session_next(session);
        enum mqtt_reason reason = judge(client, &kept->publish);

        if (reason) {
            finish(client, kept, reason);
            continue;
        }
        flow_sender(&kept->state,
                    kept->publish.qos == 2 ? FLOW_SEND_QOS_2 : FLOW_SEND_QOS_1);
        send_publish(client, &kept->publish);
    }
}

static int publish_qos_0(struct client *client,
                         const struct mqtt_publish *message)
{
    struct mqtt_publish numbered = *message;

    if (!client_connected(client))
        return -ENOTCONN;
    numbered.packet_id = packet_ids_take(&client->session.ids);
    if (!numbered.packet_id)
        return -EAGAIN;
    /* A number only; no packet carries it. */
    packet_ids_put(&client->session.ids, numbered.packet_id);
    send_publish(client, &numbered);
    buf_append(&client->written, &numbered.packet_id,
               sizeof(numbered.packet_id));
    loop_at_end(client->loop, &client->report_task);
    return numbered.packet_id;
}

int client_publish(struct client *client, const struct mqtt_publish *message)
{
    struct mqtt_publish fresh = *message;

    fresh.dup = false;
    if (publish_size(client_version(client), &fresh) > MQTT_MAX_PACKET_SIZE)
        return -EMSGSIZE;
    if (client_connected(client)) {
        enum mqtt_reason reason = judge(client, &fresh);

        if (reason)
            return reason == MQTT_PACKET_TOO_LARGE ? -EMSGSIZE : -ENOTSUP;
    }
    if (fresh.qos == 0)
        return publish_qos_0(client, &fresh);
    uint16_t packet_id = client_session_queue(&client->session, &fresh);
    if (!packet_id)
        return -EAGAIN;
    pump(client);
    return packet_id;
}

size_t client_unacknowledged(const struct client *client)
{
    return client->session.waiting_count + client->session.under_way_count;
}

/* Send again what is under way, after the session was resumed. */
static void resume(struct client *client)
{
    /* In the order of the first sending [MQTT-4.6.0-1]. */
    LIST_FOREACH (node, &client->session.under_way) {
        struct kept *kept = LIST_ITEM(node, struct kept, node);

        if (flow_sender(&kept->state, FLOW_RECONNECTED) == FLOW_SEND_PUBREL) {
            send_answer(client, MQTT_PUBREL, kept->publish.packet_id,
                        MQTT_SUCCESS);
        } else {
            kept->publish.dup = true; /* [MQTT-3.3.1-1] */
            send_publish(client, &kept->publish);
        }
    }
}

/* Report as done what the server had received before it lost the session. */
static void report_received(struct client *client)
{
    struct list *under_way = &client->session.under_way;
    struct list *last = under_way->prev;

    /* What the owner publishes while it is told comes behind the last. */
    for (bool done = list_empty(under_way); !done;) {
        struct list *node = under_way->next;

        done = node == last;
        finish(client, LIST_ITEM(node, struct kept, node), MQTT_SUCCESS);
    }
}

/* --- receiving ------------------------------------------------------------ */

static void deliver(struct client *client, const struct mqtt_publish *message)
{
    if (client->events->on_message)
        client->events->on_message(client, message);
}

/* Does this side still have to do with what was under way? */
static void take_up_session(struct client *client, bool session_present)
{
    const struct mqtt_connect *connect = &client->config.connect;

    /* 3.1 cannot say it: believe that the server has what it was to keep. */
    if (connect->version == MQTT_3_1)
        session_present = !connect->clean_start;
    if (!session_present) {
        client_session_restart(&client->session);
        report_received(client);
    }
    resume(client);
}

static void on_connack(struct client *client, const struct mqtt_packet *packet)
{
    const struct mqtt_connack *connack = &packet->connack;

    if (client->phase != CLIENT_GREETING) {
        client_end_with(client, CLIENT_END_PROTOCOL, MQTT_PROTOCOL_ERROR);
        return;
    }
    if (connack->reason == MQTT_SUCCESS) {
        client_greeted(client, connack);
        take_up_session(client, connack->session_present);
    }
    if (client->events->on_connack)
        client->events->on_connack(client, connack);
    if (client->phase == CLIENT_GREETING)
        client_end(client, (struct client_ended){
                               .end = CLIENT_END_REFUSED,
                               .reason = (enum mqtt_reason)connack->reason});
    pump(client);
}

static void on_publish_qos_2(struct client *client,
                             const struct mqtt_publish *publish)
{
    struct client_session *session = &client->session;
    struct kept *kept =
        client_session_find_incoming(session, publish->packet_id);
    enum flow_state state = kept ? kept->state : FLOW_DONE;
    enum flow_action action = flow_receiver(&state, FLOW_GOT_PUBLISH_QOS_2);

    /* Shown to the owner with PUBREL: until then it is only kept. */
    if (action == FLOW_DELIVER_PUBREC) {
        if (session->incoming_count >= client->receive_maximum) {
            client_end_with(client, CLIENT_END_PROTOCOL,
                            MQTT_RECEIVE_MAXIMUM_EXCEEDED);
            return;
        }
        client_session_keep_incoming(session, publish, state);
    }
    send_answer(client, MQTT_PUBREC, publish->packet_id, MQTT_SUCCESS);
}

static void on_publish(struct client *client, const struct mqtt_packet *packet)
{
    struct mqtt_publish publish = packet->publish;
    struct property alias;
    bool has_alias =
        property_find(publish.properties, PROPERTY_TOPIC_ALIAS, &alias);
    enum mqtt_reason reason = topic_aliases_inbound(
        &client->aliases, has_alias, has_alias ? (uint16_t)alias.number : 0,
        &publish.topic);

    if (reason) {
        client_end_with(client, CLIENT_END_PROTOCOL, reason);
        return;
    }
    if (publish.qos == 2) {
        on_publish_qos_2(client, &publish);
        return;
    }
    if (publish.qos == 1)
        send_answer(client, MQTT_PUBACK, publish.packet_id, MQTT_SUCCESS);
    deliver(client, &publish);
}

static void on_pubrel(struct client *client, const struct mqtt_packet *packet)
{
    uint16_t packet_id = packet->puback.packet_id;
    struct kept *kept =
        client_session_find_incoming(&client->session, packet_id);
    enum flow_state state = kept ? kept->state : FLOW_DONE;

    if (flow_receiver(&state, FLOW_GOT_PUBREL) != FLOW_ANSWER_PUBCOMP) {
        send_answer(client, MQTT_PUBCOMP, packet_id,
                    MQTT_PACKET_IDENTIFIER_NOT_FOUND);
        return;
    }
    client_session_take_incoming(&client->session, kept);
    send_answer(client, MQTT_PUBCOMP, packet_id, MQTT_SUCCESS);
    deliver(client, &kept->publish);
    free(kept);
}

static enum flow_event event_of(const struct mqtt_packet *packet)
{
    if (packet->type == MQTT_PUBACK)
        return FLOW_GOT_PUBACK;
    if (packet->type == MQTT_PUBCOMP)
        return FLOW_GOT_PUBCOMP;
    return packet->puback.reason >= MQTT_UNSPECIFIED_ERROR
               ? FLOW_GOT_PUBREC_ERROR
               : FLOW_GOT_PUBREC;
}

/* PUBACK, PUBREC, PUBCOMP: the flows of what we published. */
static void on_acknowledgement(struct client *client,
                               const struct mqtt_packet *packet)
{
    uint16_t packet_id = packet->puback.packet_id;
    struct kept *kept = client_session_find(&client->session, packet_id);
    enum flow_state none = FLOW_DONE;
    enum flow_action action =
        flow_sender(kept ? &kept->state : &none, event_of(packet));

    if (action == FLOW_ERROR) {
        client_end_with(client, CLIENT_END_PROTOCOL, MQTT_PROTOCOL_ERROR);
    } else if (action == FLOW_SEND_PUBREL) {
        send_answer(client, MQTT_PUBREL, packet_id, MQTT_SUCCESS);
    } else if (action == FLOW_UNKNOWN_ID && packet->type == MQTT_PUBREC) {
        send_answer(client, MQTT_PUBREL, packet_id,
                    MQTT_PACKET_IDENTIFIER_NOT_FOUND);
    } else if (kept && kept->state == FLOW_DONE) {
        finish(client, kept, packet->puback.reason);
        pump(client);
    }
}

static void on_suback(struct client *client, const struct mqtt_packet *packet)
{
    const struct mqtt_suback *suback = &packet->suback;
    bool subscribe = packet->type == MQTT_SUBACK;
    void (*tell)(struct client *, const struct mqtt_suback *) =
        subscribe ? client->events->on_suback : client->events->on_unsuback;

    if (!client_session_answered(&client->session,
                                 subscribe ? MQTT_SUBSCRIBE : MQTT_UNSUBSCRIBE,
                                 suback->packet_id))
        client_end_with(client, CLIENT_END_PROTOCOL, MQTT_PROTOCOL_ERROR);
    else if (tell)
        tell(client, suback);
}

static void on_pingresp(struct client *client, const struct mqtt_packet *packet)
{
    (void)packet;
    client->ping_open = false;
}

static void on_disconnect(struct client *client,
                          const struct mqtt_packet *packet)
{
    client_end(client,
               (struct client_ended){.end = CLIENT_END_DISCONNECT,
                                     .reason = packet->disconnect.reason});
}

/* No method of enhanced authentication is known here. */
static void on_auth(struct client *client, const struct mqtt_packet *packet)
{
    (void)packet;
    client_end_with(client, CLIENT_END_PROTOCOL,
                    MQTT_BAD_AUTHENTICATION_METHOD);
}

/* What a server may send; what is not here is a protocol error. */
static void (*const handlers[16])(struct client *client,
                                  const struct mqtt_packet *packet) = {
    [MQTT_CONNACK] = on_connack,
    [MQTT_PUBLISH] = on_publish,
    [MQTT_PUBACK] = on_acknowledgement,
    [MQTT_PUBREC] = on_acknowledgement,
    [MQTT_PUBREL] = on_pubrel,
    [MQTT_PUBCOMP] = on_acknowledgement,
    [MQTT_SUBACK] = on_suback,
    [MQTT_UNSUBACK] = on_suback,
    [MQTT_PINGRESP] = on_pingresp,
    [MQTT_DISCONNECT] = on_disconnect,
    [MQTT_AUTH] = on_auth,
};

void client_receive(struct client *client, const struct frame *frame)
{
    enum mqtt_type type = frame_type(frame);
    struct mqtt_packet packet = {0};
    enum mqtt_reason reason = MQTT_PROTOCOL_ERROR;

    /* Only CONNACK and AUTH come before CONNACK [MQTT-3.2.0-1]; DISCONNECT
       comes from version 5 on. */
    if (handlers[type] &&
        (client->phase == CLIENT_CONNECTED || type == MQTT_CONNACK ||
         type == MQTT_AUTH) &&
        (type < MQTT_DISCONNECT || client_version(client) == MQTT_5))
        reason = packet_decode(&packet, client_version(client), frame);
    if (reason) {
        client_end_with(client, CLIENT_END_PROTOCOL, reason);
        return;
    }
    if (client->events->on_packet)
        client->events->on_packet(client, false, &packet);
    handlers[type](client, &packet);
}
