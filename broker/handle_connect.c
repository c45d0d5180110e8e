#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "broker/access.h"
#include "broker/admission.h"
#include "broker/broker.h"
#include "broker/durable.h"
#include "broker/durable_held.h"
#include "broker/handle.h"
#include "broker/identity.h"
#include "broker/login.h"
#include "broker/mount.h"
#include "broker/pump.h"
#include "broker/secure.h"
#include "broker/session.h"
#include "broker/trace.h"
#include "broker/will.h"
#include "mqtt/connect.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"

/* ---- the answer ---- */

static void refuse(struct admission *admission, enum mqtt_reason reason)
{
    struct connection *connection = admission->connection;
    struct broker *broker = admission->broker;
    const char *text =
        admission->text ? admission->text : reason_name(MQTT_CONNACK, reason);
    uint64_t cause = admission->seq;

    admission_answer(admission, reason);
    if (tap_on(&broker->tap)) {
        report_begin(broker, EVENT_CONNECT_REFUSED, admission->client_id);
        report_put_number(broker, RECORD_REASON, reason);
        report_printf(broker, RECORD_TEXT, "%s", text);
        if (admission->user_name.len)
            report_put(broker, RECORD_USER_NAME, admission->user_name);
        cause = report_end(broker, connection, cause);
    }
    /* [MQTT-3.2.2-7]; so nothing more is processed [MQTT-3.1.4-6]. */
    connection_end(connection, &(struct connection_ending){.why = END_REFUSED,
                                                           .reason = reason,
                                                           .text = text,
                                                           .cause = cause});
}

/* ---- may it come in? ---- */

/* A Client Identifier for a client that has none: unique, and said to it. */
static void assign_client_id(struct admission *admission)
{
    struct broker *broker = admission->broker;
    const char *prefix =
        admission->connection->listener->config->auto_id_prefix;

    do
        snprintf(admission->assigned, sizeof(admission->assigned),
                 "%.64s%08llX", prefix ? prefix : "auto-",
                 (unsigned long long)++broker->last_assigned_id);
    while (session_store_find(&broker->sessions,
                              slice_of_string(admission->assigned)));
    admission->client_id = slice_of_string(admission->assigned);
}

static enum mqtt_reason judge_client_id(struct admission *admission)
{
    const struct mqtt_connect *connect = &admission->connect;

    admission->client_id = connect->client_id;
    if (admission->connection->listener->config->use_username_as_clientid &&
        !connect->client_id.len) {
        admission->text = "a user name is required: it is the Client "
                          "Identifier (use_username_as_clientid)";
        return MQTT_NOT_AUTHORIZED;
    }
    /* Any text may be one, so all that must be allowed [MQTT-3.1.3-5]. */
    if (connect->client_id.len > HANDLE_MAX_CLIENT_ID_BYTES) {
        admission->text = "the Client Identifier is too long";
        return MQTT_CLIENT_IDENTIFIER_NOT_VALID; /* [MQTT-3.1.3-8] */
    }
    if (connect->client_id.len)
        return MQTT_SUCCESS;
    if (!admission->connection->listener->config->allow_zero_length_clientid) {
        admission->text = "a Client Identifier is required here";
        return MQTT_CLIENT_IDENTIFIER_NOT_VALID;
    }
    if (connect->version < MQTT_5 && !connect->clean_start) {
        admission->text = "no Client Identifier and no Clean Session";
        return MQTT_CLIENT_IDENTIFIER_NOT_VALID; /* [MQTT311-3.1.3-8] */
    }
    assign_client_id(admission); /* [MQTT-3.1.3-6] */
    return MQTT_SUCCESS;
}

static enum mqtt_reason judge_prefix(struct admission *admission)
{
    const char *prefix = admission->broker->config->clientid_prefixes;

    if (!prefix ||
        slice_starts_with(admission->client_id, slice_of_string(prefix)))
        return MQTT_SUCCESS;
    admission->text =
        "the Client Identifier does not begin as clientid_prefixes says";
    return MQTT_NOT_AUTHORIZED;
}

static enum mqtt_reason judge_will(struct admission *admission)
{
    const struct mqtt_will *will = &admission->connect.will;
    const struct config *config = admission->broker->config;

    if (!will->set)
        return MQTT_SUCCESS;
    if (will->qos > admission->connection->listener->config->max_qos)
        return MQTT_QOS_NOT_SUPPORTED; /* [MQTT-3.2.2-12] */
    if (will->retain && !config->retain_available)
        return MQTT_RETAIN_NOT_SUPPORTED; /* [MQTT-3.2.2-13] */
    if (topic_level_count(will->topic) > config->max_topic_levels ||
        (admission->connection->mounted &&
         mount_is_too_long(admission->connection, will->topic))) {
        admission->text = "the will's topic is deeper than max_topic_levels, "
                          "or too long with mount_point";
        return MQTT_TOPIC_NAME_INVALID;
    }
    if (config->message_size_limit &&
        will->payload.len > config->message_size_limit) {
        admission->text = "the will's payload exceeds message_size_limit";
        return MQTT_PACKET_TOO_LARGE;
    }
    if (!handle_may_publish(will->topic)) {
        admission->text = "only the broker publishes below $SYS";
        return MQTT_NOT_AUTHORIZED;
    }
    return MQTT_SUCCESS;
}

/* As mosquitto has it: version 5 is told the limit, 3.x is refused above it,
   and has Keep Alive 0 as long as nothing stricter than the default is set. */
static enum mqtt_reason judge_keep_alive(struct admission *admission)
{
    const struct mqtt_connect *connect = &admission->connect;
    uint16_t max_s = admission->broker->config->max_keepalive;
    bool none = connect->keep_alive_s == 0;

    admission->keep_alive_s = connect->keep_alive_s;
    if (!max_s || (!none && connect->keep_alive_s <= max_s))
        return MQTT_SUCCESS;
    if (connect->version >= MQTT_5) {
        admission->keep_alive_s = max_s; /* [MQTT-3.1.2-21] */
        return MQTT_SUCCESS;
    }
    if (none && max_s == UINT16_MAX)
        return MQTT_SUCCESS;
    admission->text = "Keep Alive is above max_keepalive";
    return MQTT_CLIENT_IDENTIFIER_NOT_VALID;
}

/* A client that cannot be told that it is let in cannot be let in, nor be told
   what holds for it [MQTT-3.1.2-24]. */
static enum mqtt_reason judge_maximum_packet_size(struct admission *admission)
{
    struct connection *connection = admission->connection;
    struct buf packet = {0};

    if (connection->max_packet_size == MQTT_MAX_PACKET_SIZE)
        return MQTT_SUCCESS;
    admission_encode(admission, MQTT_SUCCESS, &packet);
    bool fits = packet.len <= connection->max_packet_size;
    buf_release(&packet);
    if (fits)
        return MQTT_SUCCESS;
    admission->text =
        "the client's Maximum Packet Size has no room for CONNACK";
    return MQTT_IMPLEMENTATION_SPECIFIC_ERROR;
}

/* How long the session is kept, within what the configuration allows. */
static uint32_t session_expiry(const struct admission *admission)
{
    const struct mqtt_connect *connect = &admission->connect;
    uint32_t expiry_s = connect->clean_start ? 0 : SESSION_NEVER_EXPIRES;

    if (connect->version >= MQTT_5)
        expiry_s = property_number(connect->properties,
                                   PROPERTY_SESSION_EXPIRY_INTERVAL, 0);
    return session_allowed_expiry(admission->broker, expiry_s);
}

/* Is it the one Authentication Method that there is, and allowed? */
static bool knows_method(struct admission *admission, struct slice method)
{
    const struct broker_listener *listener = admission->connection->listener;

    if (!listener->config->auth_method)
        admission->text = "no authentication method is configured";
    else if (!slice_equal_string(method, SCRAM_METHOD))
        admission->text = "the authentication method is not " SCRAM_METHOD;
    else if (!listener->access || !listener->access->passwords)
        admission->text = SCRAM_METHOD " needs a password_file";
    else
        return true;
    return false;
}

/* What is asked of a client beyond a well-formed CONNECT [MQTT-3.1.4-2]:
   nothing that only an extension has [MQTT311-7.0.0-2]. */
static enum mqtt_reason judge(struct admission *admission)
{
    const struct mqtt_connect *connect = &admission->connect;
    struct property method;
    enum mqtt_reason reason;

    if (property_find(connect->properties, PROPERTY_AUTHENTICATION_METHOD,
                      &method)) {
        if (!knows_method(admission, method.string))
            return MQTT_BAD_AUTHENTICATION_METHOD; /* [MQTT-4.12.0-1] */
        admission->has_method = true;
    }
    if ((reason = judge_client_id(admission)) ||
        (reason = judge_prefix(admission)) || (reason = judge_will(admission)))
        return reason;
    return judge_keep_alive(admission);
}

/* What is asked only when it is known who it is. */
static enum mqtt_reason judge_place(struct admission *admission)
{
    const struct broker *broker = admission->broker;

    memory_watch_look(admission->broker);
    if (broker->memory.full) {
        admission->text = MEMORY_WATCH_TEXT;
        return MQTT_QUOTA_EXCEEDED;
    }
    if (broker->config->max_clients &&
        session_store_count(&broker->sessions) >= broker->config->max_clients &&
        !session_store_find(&broker->sessions, admission->client_id)) {
        admission->text = "there are too many clients (max_clients)";
        return MQTT_QUOTA_EXCEEDED;
    }
    admission->expiry_s = session_expiry(admission);
    return judge_maximum_packet_size(admission);
}

/* ---- it may ---- */

/* Another connection of this client ends [MQTT-3.1.4-3]. */
static void take_over(const struct admission *admission,
                      const struct session *session)
{
    char text[256];
    char peer[CONNECTION_ADDRESS_BYTES];

    connection_peer(admission->connection, peer, sizeof(peer));
    snprintf(text, sizeof(text),
             "session taken over by a second client with this Client "
             "Identifier from %s",
             peer);
    connection_end(session->connection,
                   &(struct connection_ending){
                       .why = END_TAKEN_OVER,
                       .text = text,
                       .cause = admission->seq,
                       .clean_start = admission->connect.clean_start,
                   });
}

static void report_session(const struct admission *admission,
                           const struct session *session, bool resumed)
{
    struct broker *broker = admission->broker;

    if (!tap_on(&broker->tap))
        return;
    report_begin(broker,
                 resumed ? EVENT_SESSION_RESUMED : EVENT_SESSION_CREATED,
                 session_client_id(session));
    report_put_number(broker, RECORD_EXPIRY, admission->expiry_s);
    if (resumed)
        report_put_number(broker, RECORD_NUMBER,
                          outgoing_queue_waiting(&session->outgoing) +
                              session->outgoing.inflight_count);
    report_end(broker, admission->connection, admission->seq);
}

/* The session of the client: the old one goes on, or a new one begins
   [MQTT-3.1.4-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6] [MQTT311-3.1.2-4]. */
static struct session *find_session(struct admission *admission)
{
    struct broker *broker = admission->broker;
    struct session *session =
        session_store_find(&broker->sessions, admission->client_id);

    if (session && session->connection) {
        take_over(admission, session);
        session = session_store_find(&broker->sessions, admission->client_id);
    }
    if (session && admission->connect.clean_start) { /* [MQTT-3.1.2-4] */
        session_end(broker, session, "a new one with Clean Start begins",
                    admission->seq);
        session = NULL;
    }
    if (session && !mount_owns(admission->connection, session)) {
        session_end(broker, session, "it belongs to another mount_point",
                    admission->seq);
        session = NULL;
    }
    if (session && session->will) /* [MQTT-3.1.3-9] */
        will_cancel(broker, session, "the client is back within Will Delay",
                    admission->seq);
    admission->session_present = session; /* [MQTT-3.2.2-2] [MQTT-3.2.2-3] */
    if (!session)
        session = session_new(broker, admission->client_id);
    session->expiry_s = admission->expiry_s;
    return session;
}

static void arm_will(const struct admission *admission, struct session *session)
{
    struct broker *broker = admission->broker;

    if (!admission->connect.will.set)
        return;
    struct mqtt_connect connect = admission->connect;
    struct buf mounted = {0};
    if (admission->connection->mounted)
        connect.will.topic =
            mount_topic(admission->connection, connect.will.topic, &mounted);
    session->will = /* [MQTT-3.1.2-7] */
        will_new(&connect, clock_ms(&broker->loop->clock));
    buf_release(&mounted);
    if (tap_on(&broker->tap)) {
        will_report(broker, session, EVENT_WILL_ARMED);
        report_end(broker, admission->connection, admission->seq);
    }
}

/* Topic Aliases towards the client: as many as both sides allow, none if it
   does not say so [MQTT-3.1.2-26] [MQTT-3.1.2-27]. */
static void allow_aliases(const struct admission *admission)
{
    struct connection *connection = admission->connection;
    uint16_t ours = connection->listener->config->max_topic_alias_broker;
    uint32_t maximum = property_number(admission->connect.properties,
                                       PROPERTY_TOPIC_ALIAS_MAXIMUM, 0);

    if (maximum > ours)
        maximum = ours;
    if (maximum)
        connection_extras(connection)->aliases_out =
            topic_alias_out_new((uint16_t)maximum);
}

static void set_up(const struct admission *admission)
{
    struct connection *connection = admission->connection;
    const struct mqtt_connect *connect = &admission->connect;
    uint32_t max_inflight = admission->broker->config->max_inflight_messages;
    uint32_t receive_maximum = property_number(
        connect->properties, PROPERTY_RECEIVE_MAXIMUM, UINT16_MAX);

    if (max_inflight && max_inflight < receive_maximum)
        receive_maximum = max_inflight;
    /* One less, so that there is always a free Packet Identifier. */
    if (receive_maximum == UINT16_MAX)
        receive_maximum--;
    connection->receive_maximum = (uint16_t)receive_maximum;
    connection->bridge = connect->bridge;
    allow_aliases(admission);
    connection->keep_alive_s = admission->keep_alive_s;
    connection->last_move_ms =
        (uint32_t)clock_ms(&admission->broker->loop->clock);
    connection->link.max_packet_size =
        broker_max_packet_size(admission->broker, MQTT_MAX_PACKET_SIZE);
    connection->state = CONNECTION_UP;
}

static void log_accepted(const struct admission *admission)
{
    struct connection *connection = admission->connection;
    struct broker *broker = admission->broker;
    const char *user_name = identity_user_name(connection->session);
    char peer[CONNECTION_ADDRESS_BYTES];

    if (broker->config->connection_messages &&
        log_wants(broker->log, LOG_NOTICE)) {
        connection_peer(connection, peer, sizeof(peer));
        log_notice(broker->log,
                   "New client connected from %s as %s (p%d, c%d, k%u%s%s%s).",
                   peer, connection->session->client_id,
                   connection->link.version == MQTT_3_1     ? 1
                   : connection->link.version == MQTT_3_1_1 ? 2
                                                            : 5,
                   admission->connect.clean_start, admission->keep_alive_s,
                   user_name ? ", u'" : "", user_name ? user_name : "",
                   user_name ? "'" : "");
    }
    if (!trace_on(connection))
        return;
    const struct mqtt_will *will = &admission->connect.will;
    if (will->set)
        log_debug(broker->log, "Will message specified (%zu bytes) (r%d, q%d).",
                  will->payload.len, will->retain, will->qos);
    if (will->set)
        log_debug(broker->log, "    %.*s", SLICE_ARGS(will->topic));
    else
        log_debug(broker->log, "No will message specified.");
}

static void count_client(struct broker_counters *counters)
{
    counters->connections_opened++;
    counters->clients_connected++;
    if (counters->clients_connected > counters->clients_maximum)
        counters->clients_maximum = counters->clients_connected;
}

static void let_in(struct admission *admission)
{
    struct connection *connection = admission->connection;
    struct broker *broker = admission->broker;

    struct session *session = find_session(admission);
    set_up(admission);
    session_attach(session, connection);
    identity_set(broker, session,
                 (uint16_t)(connection->listener - broker->listeners),
                 admission->user_name, admission->voucher);
    count_client(&broker->counters);
    log_accepted(admission);
    /* Before anything else is sent [MQTT-3.1.4-5] [MQTT-3.2.0-1]. */
    admission_answer(admission, MQTT_SUCCESS);
    if (tap_on(&broker->tap))
        connection_report_accepted(connection, admission->connect.clean_start,
                                   admission->seq);
    report_session(admission, session, admission->session_present);
    arm_will(admission, session);
    connection_start_keep_alive(connection);
    if (broker->durable) {
        durable_session(broker, session);
        durable_held_connack(connection);
    }
    pump_resume(broker, session);
}

void handle_connect_decided(struct admission *admission,
                            enum mqtt_reason reason)
{
    if (!reason)
        reason = judge_place(admission);
    if (reason)
        refuse(admission, reason);
    else
        let_in(admission);
}

/* The largest packet that the client takes. */
static uint32_t max_packet_size(const struct mqtt_connect *connect)
{
    uint32_t max =
        property_number(connect->properties, PROPERTY_MAXIMUM_PACKET_SIZE,
                        MQTT_MAX_PACKET_SIZE);

    return max < MQTT_MAX_PACKET_SIZE ? max : MQTT_MAX_PACKET_SIZE;
}

/* The version to answer in. One that we do not know is answered as 3.1.1 wants
   it, which version 5 leaves open [MQTT311-3.1.2-2] [MQTT-3.1.2-2]. */
static enum mqtt_version answer_version(unsigned version)
{
    bool known = version == MQTT_3_1 || version == MQTT_5;

    return known ? (enum mqtt_version)version : MQTT_3_1_1;
}

/* Can CONNACK say what is wrong with a CONNECT? In 3.x it has few codes; where
   none fits, there is no CONNACK [MQTT311-3.2.2-6]. */
static bool has_answer(enum mqtt_version version, enum mqtt_reason reason)
{
    return version >= MQTT_5 ||
           connack_code_3(reason) != CONNACK_SERVER_UNAVAILABLE;
}

/*
 * The user name that its certificate or pre-shared key says, if the listener
 * takes it from there; then what CONNECT says does not count, and there is no
 * password. name keeps it.
 */
static enum mqtt_reason take_tls_name(struct admission *admission, char **name)
{
    if (!secure_user_name(admission->connection, name)) {
        admission->text = "its certificate gives it no user name";
        return MQTT_NOT_AUTHORIZED;
    }
    if (*name) {
        admission->user_name = slice_of_string(*name);
        admission->voucher = VOUCHED_BY_TLS;
    }
    return MQTT_SUCCESS;
}

/* Is it who it says? Returns false when that is decided later. */
static bool authenticate(struct admission *admission, enum mqtt_reason *reason)
{
    return admission->voucher == VOUCHED_BY_TLS ||
           login_begin(admission, reason);
}

enum mqtt_reason handle_connect(struct connection *connection,
                                const struct frame *frame, uint64_t seq)
{
    struct admission admission = {
        .connection = connection,
        .broker = connection->broker,
        .body = frame->body,
        .seq = seq,
    };
    struct mqtt_connect *connect = &admission.connect;
    char *tls_name = NULL;

    if (connection->state == CONNECTION_UP ||
        connection_login(connection)) { /* one CONNACK [MQTT-3.2.0-2] */
        connection_end(connection, &(struct connection_ending){
                                       .why = END_ERROR,
                                       .reason = MQTT_PROTOCOL_ERROR,
                                       .text = "a second CONNECT",
                                       .statement = "MQTT-3.1.0-2",
                                       .cause = seq,
                                   });
        return MQTT_SUCCESS;
    }
    /* [MQTT-3.1.4-1] */
    enum mqtt_reason reason = connect_decode(connect, frame->body);
    if (!reason)
        admission_rename(&admission);
    connection->link.version = (uint8_t)answer_version(connect->version);
    admission.client_id = connect->client_id;
    if (connect->has_user_name)
        admission.user_name = connect->user_name;
    if (trace_on(connection))
        trace_received_plain(connection, MQTT_CONNECT);
    if (!reason) {
        connection->max_packet_size = max_packet_size(connect);
        connection->wants_no_reasons = !property_number(
            connect->properties, PROPERTY_REQUEST_PROBLEM_INFORMATION, 1);
        reason = take_tls_name(&admission, &tls_name);
        if (!reason)
            reason = judge(&admission);
    } else if (!has_answer(connection->link.version, reason)) {
        return reason;
    }
    if (reason || authenticate(&admission, &reason))
        handle_connect_decided(&admission, reason);
    free(tls_name);
    return MQTT_SUCCESS;
}
