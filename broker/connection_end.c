#include <stdlib.h>

#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/durable_held.h"
#include "broker/handle.h"
#include "broker/login.h"
#include "broker/reason_string.h"
#include "broker/session.h"
#include "broker/trace.h"
#include "mqtt/disconnect.h"

/* What follows from the way in which a connection ends. */
struct way {
    enum event_code event;   /* 0: was reported by who ended it */
    enum mqtt_reason reason; /* for DISCONNECT; 0: the client knows */
    const char *text;        /* the cause, if nobody gave a better one */
    const char *log;         /* "Client sensor-7 ..."; NULL: was logged */
    bool discard_will;       /* [MQTT-3.14.4-3] */
    bool abort;              /* what waits need not be written */
};

/* clang-format off */
static const struct way ways[] = {
    [END_DISCONNECT] = {.event = EVENT_DISCONNECTED,
                        .text = "DISCONNECT",
                        .log = "disconnected",
                        .discard_will = true},
    [END_WITH_WILL] = {.event = EVENT_DISCONNECTED,
                       .text = "DISCONNECT that asks for the will",
                       .log = "disconnected"},
    [END_CUT] = {.event = EVENT_CONNECTION_LOST,
                 .text = "TCP connection cut, no DISCONNECT",
                 .log = "closed its connection",
                 .abort = true},
    [END_TLS] = {.event = EVENT_TLS_FAILED, .abort = true},
    [END_PAGE] = {.text = "HTTP"},
    [END_SILENT] = {.event = EVENT_KEEP_ALIVE_MISSED,
                    .reason = MQTT_KEEP_ALIVE_TIMEOUT,
                    .text = "silent for 1.5 x Keep Alive",
                    .log = "has exceeded timeout, disconnecting"},
    [END_NO_CONNECT] = {.event = EVENT_LIMIT,
                        .text = "no CONNECT within connect_timeout",
                        .log = "has sent no CONNECT in time, disconnecting"},
    [END_REFUSED] = {.text = "CONNECT refused", .log = "was refused"},
    [END_ERROR] = {.event = EVENT_PROTOCOL_ERROR,
                   .reason = MQTT_PROTOCOL_ERROR,
                   .log = "disconnected due to protocol error"},
    [END_TAKEN_OVER] = {.event = EVENT_SESSION_TAKEN_OVER,
                        .reason = MQTT_SESSION_TAKEN_OVER,
                        .text = "session taken over",
                        .log = "already connected, closing old connection"},
    [END_LIMIT] = {.event = EVENT_LIMIT,
                   .reason = MQTT_QUOTA_EXCEEDED,
                   .text = "a limit was reached",
                   .log = "reached a limit, disconnecting"},
    [END_KICKED] = {.event = EVENT_DISCONNECTED,
                    .reason = MQTT_ADMINISTRATIVE_ACTION,
                    .text = "disconnected by an administrator",
                    .log = "been disconnected by administrative action"},
    [END_UNWELCOME] = {.event = EVENT_ACCESS_REFUSED,
                       .reason = MQTT_NOT_AUTHORIZED,
                       .text = "not allowed any more",
                       .log = "is not allowed any more, disconnecting"},
    [END_STOPPED] = {.event = EVENT_DISCONNECTED,
                     .reason = MQTT_SERVER_SHUTTING_DOWN,
                     .text = "the broker stops",
                     .log = "disconnected, for the broker stops"},
};
/* clang-format on */

/* The words that mosquitto has, for scripts that look for them. */
static const char *log_words(const struct way *way,
                             const struct connection_ending *ending)
{
    bool refused = ending->why == END_REFUSED;

    if (refused && (ending->reason == MQTT_NOT_AUTHORIZED ||
                    ending->reason == MQTT_BAD_USER_NAME_OR_PASSWORD))
        return "disconnected, not authorised";
    if (ending->why == END_LIMIT && ending->reason == MQTT_PACKET_TOO_LARGE)
        return "disconnected due to oversize packet";
    return way->log;
}

static void log_end(const struct connection *connection, const struct way *way,
                    const struct connection_ending *ending)
{
    struct broker *broker = connection->broker;
    char name[CONNECTION_ADDRESS_BYTES];
    bool error = ending->why == END_ERROR || ending->why == END_LIMIT ||
                 ending->why == END_REFUSED || ending->why == END_UNWELCOME;

    if (!way->log || !broker->config->connection_messages ||
        !log_wants(broker->log, LOG_NOTICE))
        return;
    log_notice(broker->log, "Client %s %s%s%s.",
               connection_name(connection, name, sizeof(name)),
               log_words(way, ending), error ? ": " : "",
               error ? ending->text : "");
}

/* The event that says why, then the end of the Network Connection. Returns
   the seq of the first. */
static uint64_t report_end_of(const struct connection *connection,
                              const struct way *way,
                              const struct connection_ending *ending)
{
    struct broker *broker = connection->broker;
    uint64_t cause = ending->cause;

    if (!tap_on(&broker->tap))
        return cause;
    if (way->event) {
        report_begin(broker, way->event, connection_client_id(connection));
        report_printf(broker, RECORD_TEXT, "%s", ending->text);
        if (ending->reason)
            report_put_number(broker, RECORD_REASON, ending->reason);
        if (ending->statement)
            report_printf(broker, RECORD_STATEMENT, "%s", ending->statement);
        cause = report_end(broker, connection, cause);
    }
    report_begin(broker, EVENT_CONN_CLOSED, connection_client_id(connection));
    report_printf(broker, RECORD_TEXT, "%s", ending->text);
    report_end(broker, connection, cause);
    return cause;
}

/* Say why, where the standard has a way to [MQTT5 4.13]. told is the Reason
   String; NULL: none. */
static void say_goodbye(struct connection *connection,
                        const struct connection_ending *ending,
                        const char *told)
{
    struct buf packet = {0};
    struct buf properties = {0};
    struct mqtt_disconnect disconnect = {.reason = ending->reason};

    if (connection->link.version < MQTT_5 || !ending->reason ||
        !reason_allowed(MQTT_DISCONNECT, ending->reason))
        return;
    /* There is no Session Expiry Interval in it [MQTT-3.14.2-2]. */
    disconnect_encode(&packet, MQTT_5, MQTT_DISCONNECT, &disconnect);
    reason_string_put(&properties, connection, told, packet.len);
    disconnect.properties = buf_slice(&properties);
    buf_clear(&packet);
    disconnect_encode(&packet, MQTT_5, MQTT_DISCONNECT, &disconnect);
    connection_send(connection, buf_slice(&packet), ending->cause);
    if (trace_on(connection))
        trace_sending(connection, MQTT_DISCONNECT, " (%d)",
                      (int)ending->reason);
    buf_release(&packet);
    buf_release(&properties);
}

/* What the client may know beyond the Reason Code: what whoever ends it knows,
   but not who has taken its session. */
static const char *told(const struct connection_ending *ending)
{
    if (ending->why == END_TAKEN_OVER)
        return ways[END_TAKEN_OVER].text;
    return reason_string_is_secret(ending->reason) ? NULL : ending->text;
}

static void free_extras(struct connection_extras *extras, bool session_stays)
{
    if (!extras)
        return;
    topic_aliases_release(&extras->aliases_in); /* [MQTT-3.3.2-7] */
    topic_alias_out_free(extras->aliases_out);
    handle_forget_request(extras->request, session_stays);
    login_abandon(extras->login);
    free(extras);
}

void connection_end(struct connection *connection,
                    const struct connection_ending *ending)
{
    struct broker *broker = connection->broker;
    const struct way *way = &ways[ending->why];
    struct connection_ending said = *ending;
    struct session *session = connection->session;
    bool session_stays = false;

    if (connection->state == CONNECTION_ENDED)
        return;
    if (!said.reason)
        said.reason = way->reason;
    if (!said.text)
        said.text =
            way->text ? way->text : reason_name(MQTT_DISCONNECT, said.reason);
    log_end(connection, way, &said);
    /* Not before CONNACK [MQTT-3.14.0-1]. */
    if (connection->state == CONNECTION_UP && !way->abort)
        say_goodbye(connection, &said, told(ending));
    uint64_t cause = report_end_of(connection, way, &said);

    connection->state = CONNECTION_ENDED;
    if (connection->extras && connection->extras->held)
        durable_held_forget(connection);
    timer_cancel(&connection->timer);
    if (session) {
        broker->counters.clients_connected--;
        session_stays =
            session_detach(broker, session,
                           &(struct session_departure){
                               .text = said.text,
                               .cause = cause,
                               .discard_will = way->discard_will,
                               .end_session = ending->clean_start,
                               .taken_over = ending->why == END_TAKEN_OVER,
                           });
    }
    free_extras(connection->extras, session_stays);
    connection->extras = NULL;
    broker->incoming_blocks -= connection->incoming_blocks;
    connection->incoming_blocks = 0;
    /* From now on nothing is sent, and the connection closed [MQTT-3.14.4-1]
       [MQTT-3.14.4-2] [MQTT-4.13.2-1]. */
    link_close(&connection->link, way->abort);
}
