#include "broker/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/durable.h"
#include "broker/durable_held.h"
#include "broker/handle.h"
#include "broker/proxied.h"
#include "broker/pump.h"
#include "broker/reason_string.h"
#include "broker/secure.h"
#include "broker/session.h"
#include "broker/sys_topics.h"
#include "broker/trace.h"
#include "broker/web.h"
#include "mqtt/packet.h"

/* The largest CONNECT: the standard's fields need a third of it at most. */
#define CONNECT_MAX_BYTES (1u << 20)

static const struct link_events events;

struct connection *connection_new(struct broker *broker,
                                  struct broker_listener *listener)
{
    struct connection *connection = alloc_zero(1, sizeof(*connection));

    link_init(&connection->link, broker->loop, &broker->tap, &events);
    connection->link.connection = ++broker->last_connection;
    connection->link.max_packet_size =
        broker_max_packet_size(broker, CONNECT_MAX_BYTES);
    connection->link.actor = RECORD_STUDENT;
    connection->max_packet_size = MQTT_MAX_PACKET_SIZE;
    connection->broker = broker;
    connection->listener = listener;
    connection->mounted = listener->config->mount_point != NULL;
    list_append(&broker->connections, &connection->node);
    connection_start_timer(connection);
    return connection;
}

void connection_free(struct connection *connection)
{
    timer_cancel(&connection->timer);
    broker_forget(connection->broker, connection);
    free(connection);
}

static void on_closed(struct link *link)
{
    connection_free(connection_of(link));
}

struct connection_extras *connection_extras(struct connection *connection)
{
    if (!connection->extras) {
        connection->extras = alloc_zero(1, sizeof(*connection->extras));
        topic_aliases_init(&connection->extras->aliases_in,
                           connection->listener->config->max_topic_alias);
    }
    return connection->extras;
}

/* ---- who it is ---- */

struct slice connection_client_id(const struct connection *connection)
{
    return connection->session ? session_client_id(connection->session)
                               : slice_of(NULL, 0);
}

void connection_peer(const struct connection *connection, char *text,
                     size_t size)
{
    struct transport *transport = connection->link.transport;

    text[0] = 0;
    if (transport)
        transport->ops->peer(transport, text, size - 1);
}

const char *connection_name(const struct connection *connection, char *text,
                            size_t size)
{
    if (connection->session)
        return connection->session->client_id;
    connection_peer(connection, text, size);
    return text;
}

static void log_opened(const struct connection *connection)
{
    struct transport *transport = connection->link.transport;
    char peer[CONNECTION_ADDRESS_BYTES];
    char local[CONNECTION_ADDRESS_BYTES];

    connection_peer(connection, peer, sizeof(peer));
    transport->ops->local(transport, local, sizeof(local) - 1);
    const char *port = strrchr(local, ':');
    log_notice(connection->broker->log, "New connection from %s on port %s.",
               peer, port ? port + 1 : local);
}

static void on_open(struct link *link)
{
    struct connection *connection = connection_of(link);
    struct broker *broker = connection->broker;

    broker->opening_count -= !connection->opened;
    connection->opened = true;
    if (broker->config->connection_messages &&
        log_wants(broker->log, LOG_NOTICE))
        log_opened(connection);
    if (tap_on(&broker->tap))
        connection_announce(connection);
    secure_report(connection);
    secure_admit(connection);
}

/* ---- packets in ---- */

static handler *const handlers[16] = {
    [MQTT_CONNECT] = handle_connect,
    [MQTT_PUBLISH] = handle_publish,
    [MQTT_PUBACK] = handle_puback,
    [MQTT_PUBREC] = handle_pubrec,
    [MQTT_PUBREL] = handle_pubrel,
    [MQTT_PUBCOMP] = handle_pubcomp,
    [MQTT_SUBSCRIBE] = handle_subscribe,
    [MQTT_UNSUBSCRIBE] = handle_unsubscribe,
    [MQTT_PINGREQ] = handle_pingreq,
    [MQTT_DISCONNECT] = handle_disconnect,
    [MQTT_AUTH] = handle_auth,
};

static enum mqtt_reason handle(struct connection *connection,
                               const struct frame *frame, uint64_t seq)
{
    handler *const chosen = handlers[frame_type(frame)];

    if (!chosen) /* only a Server sends it [MQTT5 2.1.2] */
        return MQTT_PROTOCOL_ERROR;
    if (!packet_flags_allowed(connection->link.version, frame))
        return MQTT_MALFORMED_PACKET; /* [MQTT-2.1.3-1] [MQTT311-2.2.2-2] */
    return chosen(connection, frame, seq);
}

static void on_packet(struct link *link, const struct frame *frame,
                      uint64_t seq)
{
    struct connection *connection = connection_of(link);
    struct broker *broker = connection->broker;
    enum mqtt_type type = frame_type(frame);

    if (!connection_request(
            connection)) { /* which comes again until it is done */
        broker->counters.messages_received++;
        broker->counters.bytes_received += frame->whole.len;
    }
    broker_show_records(broker);
    if (connection->state == CONNECTION_NEW && type == MQTT_DISCONNECT &&
        connection_login(connection)) {
        connection_end(connection, &(struct connection_ending){
                                       .why = END_DISCONNECT,
                                       .text = "DISCONNECT in the middle of "
                                               "authentication",
                                       .cause = seq,
                                   });
        return;
    }
    if (connection->state == CONNECTION_NEW && type != MQTT_CONNECT &&
        (type != MQTT_AUTH || !connection_login(connection))) {
        connection_end(connection,
                       &(struct connection_ending){
                           .why = END_ERROR,
                           .reason = MQTT_PROTOCOL_ERROR,
                           .text = "the first packet is not CONNECT",
                           .statement = "MQTT-3.1.0-1",
                           .cause = seq,
                       });
        return;
    }
    if ((broker->config->max_messages_per_second ||
         broker->config->max_bytes_per_second) &&
        !connection_may_send(connection, frame, seq))
        return;
    if (broker->durable)
        durable_held_begin(broker->durable);
    enum mqtt_reason reason = handle(connection, frame, seq);
    if (broker->work > broker->turn_work) {
        link_yield(link, connection_request(connection));
        broker->hungry++;
    }
    if (reason) /* [MQTT-4.13.1-1] */
        connection_end(connection, &(struct connection_ending){
                                       .why = END_ERROR,
                                       .reason = reason,
                                       .cause = seq,
                                   });
}

static void on_malformed(struct link *link, enum mqtt_reason reason)
{
    connection_end(
        connection_of(link),
        &(struct connection_ending){
            .why = reason == MQTT_PACKET_TOO_LARGE ? END_LIMIT : END_ERROR,
            .reason = reason,
            .text = reason == MQTT_PACKET_TOO_LARGE
                        ? connection_of(link)->state == CONNECTION_NEW
                              ? "a CONNECT larger than the limit"
                              : "a packet larger than max_packet_size"
                        : NULL,
        });
}

/* The handshake failed, or what came later could not be decrypted. */
static void end_tls(struct connection *connection, const char *reason)
{
    struct broker *broker = connection->broker;
    char peer[CONNECTION_ADDRESS_BYTES];

    connection_peer(connection, peer, sizeof(peer));
    log_error(broker->log, "TLS with %s failed: %s.", peer, reason);
    if (tap_on(&broker->tap))
        connection_announce(connection);
    connection_end(connection,
                   &(struct connection_ending){.why = END_TLS, .text = reason});
}

/* A browser, or whatever speaks HTTP, got its answer. */
static void end_page(struct connection *connection, const char *text)
{
    struct broker *broker = connection->broker;
    char peer[CONNECTION_ADDRESS_BYTES];

    connection_peer(connection, peer, sizeof(peer));
    if (broker->config->connection_messages)
        log_notice(broker->log, "HTTP from %s: %s.", peer, text);
    if (tap_on(&broker->tap))
        connection_announce(connection);
    connection_end(connection,
                   &(struct connection_ending){.why = END_PAGE, .text = text});
}

static void on_end(struct link *link, int error)
{
    struct connection *connection = connection_of(link);
    const char *tls = secure_reason(connection);
    const char *web = web_reason(connection);
    struct connection_ending ending = {.why = END_CUT};
    char text[160];

    if (proxied_failed(connection)) {
        ending = (struct connection_ending){
            .why = END_ERROR,
            .text = "no PROXY header came, or not the one that is wanted",
        };
        connection_end(connection, &ending);
        return;
    }
    if (tls) {
        end_tls(connection, tls);
        return;
    }
    if (web && !connection->opened) {
        end_page(connection, web);
        return;
    }
    if (web)
        snprintf(text, sizeof(text), "WebSocket: %s%s", web,
                 error ? "" : ", no DISCONNECT");
    else
        snprintf(text, sizeof(text), "TCP connection cut%s%s, no DISCONNECT",
                 error ? ": " : "", error ? strerror(-error) : "");
    if (error == -EPROTO)
        ending.why = END_ERROR;
    ending.text = text;
    connection_end(connection, &ending);
}

/* ---- packets out ---- */

void connection_send(struct connection *connection, struct slice packet,
                     uint64_t cause)
{
    struct broker_counters *counters = &connection->broker->counters;

    if (packet.len > connection->max_packet_size)
        return; /* [MQTT-3.1.2-24] */
    counters->messages_sent++;
    counters->bytes_sent += packet.len;
    link_send(&connection->link, packet, cause);
}

void connection_answer(struct connection *connection, struct slice packet,
                       uint64_t cause)
{
    if (!connection->broker->durable ||
        !durable_held_answer(connection, packet, cause))
        connection_send(connection, packet, cause);
}

/* One that refuses, and says why. */
static void send_refusal(struct connection *connection, enum mqtt_type type,
                         const struct mqtt_puback *puback, const char *text,
                         uint64_t cause)
{
    struct mqtt_puback refusal = *puback;
    struct buf properties = {0};
    struct buf packet = {0};

    puback_encode(&packet, MQTT_5, type, &refusal);
    reason_string_put(&properties, connection,
                      text ? text : reason_name(type, puback->reason),
                      packet.len);
    buf_clear(&packet);
    refusal.properties = buf_slice(&properties);
    puback_encode(&packet, MQTT_5, type, &refusal);
    connection_answer(connection, buf_slice(&packet), cause);
    buf_release(&properties);
    buf_release(&packet);
}

void connection_acknowledge(struct connection *connection, enum mqtt_type type,
                            uint16_t packet_id, enum mqtt_reason reason,
                            const char *text, uint64_t cause)
{
    uint8_t bytes[5];
    size_t len = 4;

    if (connection->link.version < MQTT_5)
        reason = MQTT_SUCCESS;
    puback_put(bytes, type, packet_id);
    if (reason) { /* and no Properties [MQTT5 3.4.2.2.1] */
        bytes[1] = 3;
        bytes[len++] = (uint8_t)reason;
    }
    if (reason >= MQTT_UNSPECIFIED_ERROR)
        send_refusal(connection, type,
                     &(struct mqtt_puback){packet_id, reason, {0}}, text,
                     cause);
    else
        connection_answer(connection, slice_of(bytes, len), cause);
    if (trace_on(connection))
        trace_sending(connection, type,
                      type == MQTT_PUBACK || type == MQTT_PUBREC
                          ? " (m%u, rc%d)"
                          : " (m%u)",
                      (unsigned)packet_id, (int)reason);
}

/* A packet of so many INCOMING_BLOCK_BYTES is not received when memory is
   short. */
#define LONG_BLOCKS 16

/* A long packet is here in part: that may be too much for all together. */
static void count_incoming(struct connection *connection)
{
    struct broker *broker = connection->broker;
    uint64_t max = broker->config->max_incoming_bytes / INCOMING_BLOCK_BYTES;
    uint16_t before = connection->incoming_blocks;
    const char *text = NULL;

    connection->incoming_blocks =
        (uint16_t)(connection->link.in.cap / INCOMING_BLOCK_BYTES);
    broker->incoming_blocks += connection->incoming_blocks;
    broker->incoming_blocks -= before;
    if (!connection->incoming_blocks)
        return;
    if (broker->memory.full && connection->incoming_blocks >= LONG_BLOCKS)
        text = MEMORY_WATCH_TEXT;
    else if (broker->config->max_incoming_bytes &&
             broker->incoming_blocks > max &&
             connection->incoming_blocks > before)
        text = "incomplete packets exceed max_incoming_bytes";
    if (text)
        connection_end(connection, &(struct connection_ending){.why = END_LIMIT,
                                                               .text = text});
}

/* A new turn: those that want all they can get share what one may have, so that
   the others wait no longer for many of them than for one. */
static void share_turn(struct broker *broker)
{
    uint64_t share = HANDLE_TURN_WORK / (broker->hungry ? broker->hungry : 1);

    broker->turn_work = share > HANDLE_LEAST_WORK ? share : HANDLE_LEAST_WORK;
    broker->turn_ns = broker->loop->clock.monotonic_ns;
    broker->hungry = 0;
}

/* Who does not read its answers is not read from. */
static void on_batch_end(struct link *link)
{
    struct connection *connection = connection_of(link);
    struct broker *broker = connection->broker;

    sys_topics_touch(broker->sys_topics);
    broker->work = 0;
    if (broker->turn_ns != broker->loop->clock.monotonic_ns)
        share_turn(broker);
    if (broker->config->memory_limit)
        memory_watch_look(broker);
    if (connection->incoming_blocks || link->in.cap >= INCOMING_BLOCK_BYTES)
        count_incoming(connection);
    if (!link->closing && !connection_has_room(connection))
        link_hold(link, HOLD_CONGESTED);
    if (connection->broker->durable &&
        durable_is_full(connection->broker->durable))
        link_hold(link, HOLD_STORE);
}

static void on_drained(struct link *link)
{
    struct connection *connection = connection_of(link);

    connection->congested = false;
    if (link->holds & HOLD_CONGESTED) {
        link->last_in_ms = clock_ms(&connection->broker->loop->clock);
        link_resume(link, HOLD_CONGESTED);
    }
    if (!connection->session)
        return;
    connection_watch_time(connection);
    pump_run(connection->broker, connection->session);
}

void connection_go_on(struct connection *connection)
{
    if (!(connection->link.holds & HOLD_STORE))
        return;
    link_resume(&connection->link, HOLD_STORE);
    connection->link.last_in_ms = clock_ms(&connection->broker->loop->clock);
    if (connection->state == CONNECTION_UP)
        connection_watch_time(connection);
}

void connection_silence(struct connection *connection)
{
    link_hold(&connection->link, HOLD_SILENCED);
}

/* Somebody watches: who it is must be known before its CONNECT is recorded. */
static void on_hello(struct link *link, const struct frame *frame)
{
    struct broker *broker = connection_of(link)->broker;
    struct mqtt_connect connect;

    if (frame_type(frame) == MQTT_CONNECT &&
        !connect_decode(&connect, frame->body) &&
        map_get(&broker->scripts, connect.client_id))
        link->actor = RECORD_SCRIPT;
}

static const struct link_events events = {
    .on_hello = on_hello,
    .on_open = on_open,
    .on_packet = on_packet,
    .on_batch_end = on_batch_end,
    .on_malformed = on_malformed,
    .on_drained = on_drained,
    .on_end = on_end,
    .on_closed = on_closed,
};
