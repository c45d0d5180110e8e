#include "broker/router.h"

#include <string.h>

#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/durable_held.h"
#include "broker/handle.h"
#include "broker/identity.h"
#include "broker/message.h"
#include "broker/mount.h"
#include "broker/pump.h"
#include "broker/retain_source.h"
#include "broker/session.h"
#include "broker/trace.h"
#include "mqtt/property.h"

/* One subscriber's share of a message: what its subscriptions say together. */
struct share {
    struct session *session;
    const struct subscription_match *matches; /* all that match, adjacent */
    size_t count;
    uint8_t qos; /* the highest granted */
    bool retain; /* as it was published [MQTT-3.3.1-13] */
    bool has_identifiers;
};

void router_release(struct router *router)
{
    layouts_release(&router->layouts);
    buf_release(&router->single);
    buf_release(&router->properties_single);
}

static struct message *message_of(struct broker *broker,
                                  struct routing *routing)
{
    if (!routing->message)
        routing->message = message_new(
            &routing->publish, clock_ms(&broker->loop->clock), routing->cause);
    return routing->message;
}

static void count_sent(struct broker *broker, size_t size, size_t payload)
{
    broker->counters.publish_sent++;
    broker->counters.messages_sent++;
    broker->counters.bytes_sent += size;
    broker->counters.publish_bytes_sent += payload;
}

static void send_layout(struct broker *broker, struct routing *routing,
                        struct connection *connection, unsigned index,
                        uint16_t packet_id, uint16_t alias)
{
    struct router *router = &broker->router;
    struct layout *layout = &router->layouts.all[index];
    struct link *link = &connection->link;

    layouts_number(layout, packet_id, alias);
    if (layout->packet.len < layout->size) {
        struct message *message = message_of(broker, routing);

        link_send_shared(link, layout->packet, message_shared(message),
                         message_payload_offset(message), message->payload_len,
                         routing->cause);
    } else { /* the same as the publisher's, or as another subscriber's */
        link_send_same(link, layout->packet, layout->packet_id_at,
                       routing->cause);
    }
    count_sent(broker, layout->size, routing->publish.payload.len);
    if (trace_on(connection)) {
        struct mqtt_publish sent = routing->publish;

        sent.dup = false;
        sent.qos = layouts_qos(index);
        sent.retain = index & LAYOUT_RETAIN;
        sent.packet_id = packet_id;
        trace_sending_publish(connection, &sent);
    }
}

bool router_send(struct broker *broker, struct connection *connection,
                 const struct mqtt_publish *whole,
                 const struct message *message, uint64_t cause)
{
    enum mqtt_version version = connection->link.version;
    struct buf *single = &broker->router.single;
    struct mqtt_publish sent = *whole;
    const struct mqtt_publish *publish = &sent;

    if (connection->mounted)
        sent.topic = mount_strip(connection, sent.topic);
    if (connection_aliases_out(connection)) {
        struct layouts_alias to = {connection->extras->aliases_out,
                                   connection->max_packet_size, 0};

        layouts_name(&broker->router.layouts, &sent, &to);
    }
    size_t size = publish_size(version, publish);

    if (size > connection->max_packet_size)
        return false; /* [MQTT-3.1.2-24] */
    buf_clear(single);
    if (message && publish->payload.len >= LINK_SHARE_BYTES) {
        publish_encode_head(single, version, publish);
        link_send_shared(
            &connection->link, buf_slice(single), message_shared(message),
            message_payload_offset(message), message->payload_len, cause);
    } else {
        publish_encode(single, version, publish);
        link_send(&connection->link, buf_slice(single), cause);
    }
    count_sent(broker, size, publish->payload.len);
    if (trace_on(connection))
        trace_sending_publish(connection, whole);
    return true;
}

/* ---- one subscriber ---- */

/* The Subscription Identifiers of a share, as Properties [MQTT-3.3.4-3]. */
static struct shared *identifiers_of(const struct share *share)
{
    struct buf bytes = {0};

    if (!share->has_identifiers)
        return NULL;
    for (size_t i = 0; i < share->count; i++) {
        if (share->matches[i].identifier)
            property_put_number(&bytes, PROPERTY_SUBSCRIPTION_IDENTIFIER,
                                share->matches[i].identifier);
    }
    struct shared *identifiers = shared_new(bytes.len);
    memcpy(identifiers->bytes, bytes.bytes, bytes.len);
    buf_release(&bytes);
    return identifiers;
}

/* Through the session's queue: what cannot be copied from a layout. */
static void deliver_apart(struct broker *broker, struct routing *routing,
                          const struct share *share, unsigned qos)
{
    struct delivery delivery = {
        .message = message_ref(message_of(broker, routing)),
        .identifiers = identifiers_of(share),
        .qos = qos & 3,
        .retain = share->retain,
    };

    pump_offer(broker, share->session, &delivery);
}

static void too_large(struct broker *broker, const struct share *share,
                      const struct routing *routing)
{
    pump_report_drop(broker, share->session, routing->publish.topic,
                     "larger than the client's Maximum Packet Size",
                     routing->cause);
}

/* The layout for a subscriber who is connected; *alias is set if it has a Topic
   Alias. */
static unsigned choose_layout(struct broker *broker,
                              const struct routing *routing,
                              const struct share *share, unsigned qos,
                              uint16_t *alias)
{
    const struct connection *connection = share->session->connection;
    unsigned index =
        layouts_index(connection->link.version >= MQTT_5, qos, share->retain);

    if (__builtin_expect(!connection_aliases_out(connection), 1))
        return index;
    struct layouts_alias to = {connection->extras->aliases_out,
                               connection->max_packet_size, 0};
    index = layouts_alias(&broker->router.layouts, routing, index, &to);
    *alias = to.alias;
    return index;
}

static void deliver_qos_0(struct broker *broker, struct routing *routing,
                          const struct share *share)
{
    struct session *session = share->session;
    struct connection *connection = session->connection;

    if (!connection) {
        if (broker->config->queue_qos0_messages)
            deliver_apart(broker, routing, share, 0);
        return;
    }
    /* Behind retained messages that still wait, not past them. */
    if (session->outgoing.waiting &&
        outgoing_queue_has_qos_0(&session->outgoing)) {
        deliver_apart(broker, routing, share, 0);
        return;
    }
    if (broker->memory.full &&
        link_pending(&connection->link) >= MEMORY_WATCH_CLIENT_BYTES) {
        pump_report_drop(broker, session, routing->publish.topic,
                         MEMORY_WATCH_TEXT, routing->cause);
        return;
    }
    if (!connection_has_room(connection)) {
        pump_report_drop(broker, session, routing->publish.topic,
                         "the client does not read fast enough",
                         routing->cause);
        return;
    }
    if (share->has_identifiers || connection->mounted) {
        deliver_apart(broker, routing, share, 0);
        return;
    }
    uint16_t alias = 0;
    unsigned index = choose_layout(broker, routing, share, 0, &alias);

    if (layouts_get(&broker->router.layouts, routing, index)->size >
        connection->max_packet_size)
        too_large(broker, share, routing); /* [MQTT-3.1.2-24] */
    else
        send_layout(broker, routing, connection, index, 0, alias);
}

static bool may_be_held(const struct session *session, unsigned qos)
{
    return session->stored &&
           (qos == 2 || (session->connection &&
                         durable_held_publishes(session->connection)));
}

static void deliver_reliably(struct broker *broker, struct routing *routing,
                             const struct share *share, unsigned qos)
{
    struct session *session = share->session;
    struct connection *connection = session->connection;

    /* What may have to wait for the store is not written from a layout, and
       neither is what has another topic outside than inside. */
    if (share->has_identifiers || may_be_held(session, qos) ||
        !pump_open(broker, session) || connection->mounted) {
        deliver_apart(broker, routing, share, qos);
        return;
    }
    uint16_t alias = 0;
    unsigned index = choose_layout(broker, routing, share, qos, &alias);

    if (layouts_get(&broker->router.layouts, routing, index)->size >
        connection->max_packet_size) {
        too_large(broker, share, routing); /* [MQTT-3.1.2-24] */
        return;
    }
    struct delivery delivery = {
        .message = message_ref(message_of(broker, routing)),
        .qos = qos & 3,
        .retain = share->retain,
    };
    const struct delivery *started = pump_start(broker, session, &delivery);
    send_layout(broker, routing, connection, index, started->packet_id, alias);
}

static void deliver(struct broker *broker, struct routing *routing,
                    const struct share *share)
{
    unsigned qos = routing->publish.qos;

    /* [MQTT-3.8.4-8] */
    if (share->qos < qos || broker->config->upgrade_outgoing_qos)
        qos = share->qos;
    if (qos == 0)
        deliver_qos_0(broker, routing, share);
    else
        deliver_reliably(broker, routing, share, qos);
}

/* ---- all subscribers ---- */

/* Add a subscription to a share, unless No Local excludes it. */
static bool add_match(struct share *share, const struct routing *routing,
                      const struct subscription_match *match)
{
    if (match->no_local && share->session == routing->publisher)
        return false; /* [MQTT-3.8.3-3] */
    if (match->qos > share->qos)
        share->qos = match->qos; /* [MQTT-3.3.4-2] */
    /* [MQTT-3.3.1-12] [MQTT-3.3.1-13] */
    share->retain |= match->retain_as_published && routing->publish.retain;
    share->has_identifiers |= match->identifier != 0;
    return true;
}

/* Whoever has no room for more must not get what another could take. */
static enum subscription_member
judge_member(const struct subscriber *subscriber)
{
    const struct session *session =
        (const struct session *)(const void *)((const char *)subscriber -
                                               offsetof(struct session,
                                                        subscriber));

    if (!session->connection)
        return MEMBER_AWAY;
    return session->outgoing.waiting ||
                   !connection_writable(session->connection)
               ? MEMBER_BUSY
               : MEMBER_READY;
}

/*
 * Deliver to the subscriber, or the shared group, of count adjacent matches. A
 * group gets a copy of its own, with the
 * identifier of that subscription alone [MQTT-3.3.4-5]; so does, if the
 * configuration wants it, each subscription. What the member of a group is
 * given is the member's, with the QoS that it was granted [MQTT-4.8.2-3]: it
 * stays in that session until it is completed or the session ends
 * [MQTT-4.8.2-4] [MQTT-4.8.2-5] [MQTT-4.8.2-6].
 */
static void deliver_to(struct broker *broker, struct routing *routing,
                       const struct subscription_match *matches, size_t count)
{
    if (matches->group) {
        matches = subscription_tree_next_member(broker->subscriptions, matches,
                                                count, judge_member);
        count = 1;
    }
    if (count > 1 && broker->config->allow_duplicate_messages) {
        for (size_t i = 0; i < count; i++)
            deliver_to(broker, routing, &matches[i], 1);
        return;
    }
    struct share share = {
        .session = session_of(matches->subscriber),
        .matches = matches,
        .count = count,
    };
    bool wanted = false;
    for (size_t i = 0; i < count; i++)
        wanted |= add_match(&share, routing, &matches[i]);
    if (wanted)
        deliver(broker, routing, &share);
}

static void report_retained(struct broker *broker,
                            const struct routing *routing,
                            enum retained_result result)
{
    static const struct {
        enum event_code code;
        const char *text;
    } reports[] = {
        [RETAINED_STORED] = {EVENT_RETAINED_STORED,   ""                                           },
        [RETAINED_REPLACED] = {EVENT_RETAINED_REPLACED, ""                                           },
        [RETAINED_CLEARED] = {EVENT_RETAINED_CLEARED,  "an empty payload came"                      },
        [RETAINED_TOO_DEEP] =
            {EVENT_LIMIT,
                             "not retained: the topic has too many levels (max_topic_levels)"      },
        [RETAINED_FULL] =
            {EVENT_LIMIT,
                             "not retained: max_retained_messages or max_retained_bytes is reached"},
    };

    if (result == RETAINED_NOTHING || !tap_on(&broker->tap))
        return;
    report_begin(broker, reports[result].code,
                 routing->publisher ? session_client_id(routing->publisher)
                                    : slice_of(NULL, 0));
    report_put(broker, RECORD_TOPIC, routing->publish.topic);
    report_put_number(broker, RECORD_QOS, routing->publish.qos);
    report_put_payload(broker, routing->publish.payload);
    if (result == RETAINED_FULL && broker->memory.full)
        report_printf(broker, RECORD_TEXT, "not retained: " MEMORY_WATCH_TEXT);
    else if (reports[result].text[0])
        report_printf(broker, RECORD_TEXT, "%s", reports[result].text);
    report_end(broker,
               routing->publisher ? routing->publisher->connection : NULL,
               routing->cause);
}

static enum retained_result store(struct broker *broker,
                                  struct routing *routing)
{
    uint64_t now_ms = clock_ms(&broker->loop->clock);
    struct buf source = {0};

    retain_source_note(broker, routing->publisher, &source);
    if (!routing->message)
        routing->message = message_new_from(&routing->publish, now_ms,
                                            routing->cause, buf_slice(&source));
    buf_release(&source);
    return retained_store_set(broker->retained, routing->message, now_ms);
}

static void retain(struct broker *broker, struct routing *routing)
{
    /* What the broker itself says is little. */
    bool refused = broker->memory.full && routing->publisher &&
                   routing->publish.payload.len;

    report_retained(broker, routing,
                    refused ? RETAINED_FULL : store(broker, routing));
}

size_t router_publish(struct broker *broker, struct routing *routing)
{
    struct router *router = &broker->router;
    size_t subscribers = 0;
    size_t count;

    layouts_begin(&router->layouts);
    broker_show_records(broker);
    if (routing->publish.retain) /* [MQTT-3.3.1-8] */
        retain(broker, routing); /* [MQTT-3.3.1-5] [MQTT311-3.3.1-7] */

    if (broker->guarded && tap_on(&broker->tap))
        identity_report_readers(broker, routing->publish.topic, routing->cause);
    /* [MQTT-3.3.2-3] [MQTT-4.5.0-1]; at once, hence in the order in which
       messages came [MQTT-4.6.0-5] [MQTT-4.6.0-6]. */
    const struct subscription_match *matches = subscription_tree_match(
        broker->subscriptions, routing->publish.topic, &count);
    broker->work += count / HANDLE_WORK_DELIVERIES;
    for (size_t i = 0; i < count;) {
        size_t next = i;

        while (matches[next++].more)
            continue;
        deliver_to(broker, routing, &matches[i], next - i);
        subscribers++;
        i = next;
    }
    message_unref(routing->message);
    routing->message = NULL;
    return subscribers;
}
