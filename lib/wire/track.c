#include "wire/track.h"

#include "base/alloc.h"
#include "mqtt/mqtt.h"
#include "wire/event.h"
#include "wire/track_flow.h"
#include "wire/track_packet.h"
#include "wire/track_string.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CONNECTIONS 65536u
#define MAX_ALIASES     (1u << 20) /* of all connections together */

/* A packet that waits for its answer. */
struct request {
    uint64_t seq; /* 0: none waits */
    uint64_t time_ns;
};

struct aliases {
    const char **topics; /* owned; by alias, NULL where unset */
    uint32_t count;
};

struct connection {
    struct list in_age;
    uint32_t number;
    uint32_t stream;
    bool has_stream;
    const char *client_id; /* interned, as said by CONNECT or the broker */
    const char *user_name;
    const char *peer;
    const char *local;
    const char *transport;
    struct track_session *session; /* NULL until it is needed */
    struct request connect;
    struct request ping;
    struct aliases aliases[2]; /* [0] client to broker */
    struct cable_units *cable; /* owned; NULL until it is needed */
    uint8_t version;
    bool clean; /* Clean Start */
    bool kept;  /* the session is to outlive the connection */
};

struct tracker {
    struct track_strings strings;
    struct track_flows flows;
    struct map connections; /* by number */
    struct list ages;       /* connections, longest unused first */
    uint32_t alias_count;
    uint32_t cable_count; /* connections that have some */
    uint32_t streams;
    const char *step; /* of the lab */
};

struct tracker *tracker_new(void)
{
    struct tracker *tracker = alloc_zero(1, sizeof(*tracker));

    track_flow_init(&tracker->flows);
    list_init(&tracker->ages);
    tracker->step = "";
    return tracker;
}

const char *tracker_string(struct tracker *tracker, struct slice text)
{
    return track_string_keep(&tracker->strings, text, TRACK_STRING_BYTES);
}

enum flow_progress tracker_flow_progress(const struct tracker *tracker,
                                         uint32_t flow)
{
    return track_flow_state(&tracker->flows, flow);
}

/* ---- connections ---- */

static void end_connection(struct tracker *tracker,
                           struct connection *connection,
                           struct track_note *note)
{
    if (connection->session)
        track_flow_leave(&tracker->flows, connection->session, note);
    map_remove(&tracker->connections,
               slice_of(&connection->number, sizeof(connection->number)));
    list_remove(&connection->in_age);
    for (int i = 0; i < 2; i++) {
        tracker->alias_count -= connection->aliases[i].count;
        free(connection->aliases[i].topics);
    }
    tracker->cable_count -= connection->cable != NULL;
    free(connection->cable);
    free(connection);
}

void tracker_free(struct tracker *tracker)
{
    if (!tracker)
        return;
    LIST_FOREACH_SAFE (node, &tracker->ages)
        end_connection(tracker, LIST_ITEM(node, struct connection, in_age),
                       NULL);
    map_release(&tracker->connections);
    track_flow_release(&tracker->flows);
    track_strings_release(&tracker->strings);
    free(tracker);
}

static struct connection *find_connection(struct tracker *tracker,
                                          uint32_t number)
{
    return map_get(&tracker->connections, slice_of(&number, sizeof(number)));
}

static struct connection *add_connection(struct tracker *tracker,
                                         uint32_t number)
{
    if (tracker->connections.count >= MAX_CONNECTIONS)
        end_connection(tracker,
                       LIST_ITEM(tracker->ages.next, struct connection, in_age),
                       NULL);

    struct connection *connection = alloc_zero(1, sizeof(*connection));
    connection->number = number;
    connection->client_id = connection->user_name = "";
    connection->peer = connection->local = connection->transport = "";
    list_append(&tracker->ages, &connection->in_age);
    map_set(&tracker->connections,
            slice_of(&connection->number, sizeof(connection->number)),
            connection);
    return connection;
}

/* Which connection the record is about; NULL when it is about none. */
static struct connection *connection_of(struct tracker *tracker,
                                        const struct record *record)
{
    struct connection *connection =
        find_connection(tracker, record->connection);
    unsigned code =
        record->type == RECORD_CONN ? record_code(record->bytes) : 0;

    if (!record->connection)
        return NULL;
    if (connection && code == EVENT_CONN_OPENED &&
        !(record->flags & RECORD_SNAPSHOT)) {
        end_connection(tracker, connection, NULL); /* its end was missed */
        connection = NULL;
    }
    if (!connection)
        connection = add_connection(tracker, record->connection);
    list_remove(&connection->in_age);
    list_append(&tracker->ages, &connection->in_age);
    return connection;
}

static struct track_session *session_of(struct tracker *tracker,
                                        struct connection *connection)
{
    if (!connection->session)
        connection->session =
            track_flow_session(&tracker->flows, connection->number);
    return connection->session;
}

/* The client is who it says: its session goes on, or begins. */
static void accept_client(struct tracker *tracker,
                          struct connection *connection, bool fresh,
                          struct track_note *note)
{
    struct track_session *session = session_of(tracker, connection);
    struct track_session *old =
        track_flow_find(&tracker->flows, connection->client_id);

    if (!*connection->client_id || *session->client_id)
        return;
    if (old && old->connection) {
        struct connection *other = find_connection(tracker, old->connection);

        if (other)
            other->session = NULL; /* taken over [MQTT-3.1.4-3] */
    }
    connection->session = track_flow_accept(&tracker->flows, session,
                                            connection->client_id, fresh, note);
    connection->session->kept = connection->kept;
}

/* ---- packets ---- */

static void pair_with(struct track_note *note, const struct record *record,
                      struct request *request)
{
    if (!request->seq)
        return;
    note->pair = request->seq;
    if (record->time_ns > request->time_ns)
        note->rtt_ns = record->time_ns - request->time_ns;
    if (!(record->flags & RECORD_DROPPED))
        *request = (struct request){0};
}

static void on_connect(struct tracker *tracker, struct connection *connection,
                       const struct record *record,
                       const struct track_packet *packet)
{
    connection->connect = (struct request){record->seq, record->time_ns};
    if (connection->session && *connection->session->client_id)
        return; /* a second one is an error and changes nothing */
    connection->version = packet->version;
    connection->clean = packet->clean;
    connection->kept = packet->version == MQTT_5
                           ? packet->has_expiry && packet->expiry_s
                           : !packet->clean;
    connection->client_id = tracker_string(tracker, packet->client_id);
    connection->user_name = tracker_string(tracker, packet->user_name);
}

static void on_connack(struct tracker *tracker, struct connection *connection,
                       const struct track_packet *packet,
                       struct track_note *note)
{
    if (packet->reason ||
        (connection->session && *connection->session->client_id))
        return;
    if (packet->has_expiry)
        connection->kept = packet->expiry_s;
    if (packet->client_id.len)
        connection->client_id = tracker_string(tracker, packet->client_id);
    /* 3.1 has no Session Present. */
    bool fresh = connection->version >= MQTT_3_1_1 ? !packet->session_present
                                                   : connection->clean;
    accept_client(tracker, connection, fresh, note);
}

static void remember_alias(struct tracker *tracker, struct aliases *aliases,
                           uint16_t alias, const char *topic)
{
    if (alias >= aliases->count) {
        uint32_t count = aliases->count ? aliases->count : 16;

        while (count <= alias)
            count *= 2;
        uint32_t more = count - aliases->count;
        if (tracker->alias_count + more > MAX_ALIASES)
            return;
        tracker->alias_count += more;
        aliases->topics =
            alloc_resize(aliases->topics, count, sizeof(aliases->topics[0]));
        for (uint32_t i = aliases->count; i < count; i++)
            aliases->topics[i] = NULL;
        aliases->count = count;
    }
    aliases->topics[alias] = topic;
}

/* The topic of a PUBLISH, also when an alias stands for it [MQTT5 3.3.2.3.4] */
static const char *topic_of(struct tracker *tracker,
                            struct connection *connection,
                            const struct record *record,
                            const struct track_packet *packet)
{
    struct aliases *aliases =
        &connection->aliases[record->direction == RECORD_B2C];
    const char *topic = tracker_string(tracker, packet->topic);

    if (!packet->alias || packet->type != MQTT_PUBLISH)
        return topic;
    if (packet->topic.len)
        remember_alias(tracker, aliases, packet->alias, topic);
    else if (packet->alias < aliases->count && aliases->topics[packet->alias])
        topic = aliases->topics[packet->alias];
    return topic;
}

static void on_packet(struct tracker *tracker, struct connection *connection,
                      const struct record *record, struct track_note *note)
{
    struct track_packet packet;

    track_packet_read(&packet, record->bytes,
                      record->version ? record->version : connection->version);
    note->type = packet.type;
    note->version = packet.version;
    note->packet_id = packet.packet_id;
    note->topic = topic_of(tracker, connection, record, &packet);

    if (packet.type == MQTT_CONNECT)
        on_connect(tracker, connection, record, &packet);
    else if (packet.type == MQTT_CONNACK)
        pair_with(note, record, &connection->connect);
    else if (packet.type == MQTT_PINGREQ)
        connection->ping = (struct request){record->seq, record->time_ns};
    else if (packet.type == MQTT_PINGRESP)
        pair_with(note, record, &connection->ping);

    if (record->flags & RECORD_MALFORMED)
        return;
    if (packet.type == MQTT_CONNACK && !(record->flags & RECORD_DROPPED))
        on_connack(tracker, connection, &packet, note);
    if (packet.type == MQTT_DISCONNECT && packet.has_expiry &&
        connection->session)
        connection->session->kept = packet.expiry_s;
    if (packet.packet_id)
        track_flow_packet(&tracker->flows, session_of(tracker, connection),
                          record, &packet, note);
}

/* ---- events ---- */

/* An interned attribute, or what was known before. */
static const char *attribute(struct tracker *tracker,
                             const struct record *record, enum record_key key,
                             const char *known)
{
    struct slice value = record_get(record->bytes, key);

    return value.len ? tracker_string(tracker, value) : known;
}

/* What the broker says of a connection, which may be older than the reader. */
static void learn(struct tracker *tracker, struct connection *connection,
                  const struct record *record)
{
    connection->peer =
        attribute(tracker, record, RECORD_PEER, connection->peer);
    connection->local =
        attribute(tracker, record, RECORD_LOCAL, connection->local);
    connection->transport =
        attribute(tracker, record, RECORD_TRANSPORT, connection->transport);
    connection->client_id =
        attribute(tracker, record, RECORD_CLIENT_ID, connection->client_id);
    connection->user_name =
        attribute(tracker, record, RECORD_USER_NAME, connection->user_name);
    connection->version = (uint8_t)record_get_number(
        record->bytes, RECORD_VERSION, connection->version);
}

/*
 * A client that was accepted before anyone watched, or to whom the broker gave
 * a Client Identifier that no packet names. CONNACK has usually said so.
 */
static void on_accepted(struct tracker *tracker, struct connection *connection,
                        const struct record *record, struct track_note *note)
{
    if (connection->session && *connection->session->client_id)
        return;
    if (record->flags & RECORD_SNAPSHOT) {
        uint64_t clean = record_get_number(record->bytes, RECORD_CLEAN, 1);
        uint64_t expiry_s = record_get_number(record->bytes, RECORD_EXPIRY, 0);

        connection->kept =
            expiry_s || (connection->version != MQTT_5 && !clean);
    }
    accept_client(tracker, connection, false, note);
}

static void on_session_end(struct tracker *tracker, const char *client_id,
                           struct track_note *note)
{
    struct track_session *session = track_flow_find(&tracker->flows, client_id);

    if (*client_id && session)
        track_flow_lose(&tracker->flows, session, note);
}

static void on_event(struct tracker *tracker, struct connection *connection,
                     const struct record *record, struct track_note *note)
{
    unsigned code = record_code(record->bytes);

    if (code == EVENT_LAB_STEP || code == EVENT_LAB_STARTED)
        tracker->step = code == EVENT_LAB_STEP
                            ? attribute(tracker, record, RECORD_ID, "")
                            : "";
    if (connection &&
        (code == EVENT_CONN_OPENED || code == EVENT_CONNECT_ACCEPTED)) {
        learn(tracker, connection, record);
        if (code == EVENT_CONNECT_ACCEPTED || record->flags & RECORD_SNAPSHOT)
            on_accepted(tracker, connection, record, note);
    }
    if (code == EVENT_STREAM_LOST && connection && connection->cable)
        cable_units_lose(connection->cable, record->direction == RECORD_C2B);
    if (code == EVENT_SESSION_ENDED || code == EVENT_SESSION_EXPIRED)
        on_session_end(tracker,
                       attribute(tracker, record, RECORD_CLIENT_ID, ""), note);
}

/* ---- notes ---- */

static void describe(struct tracker *tracker, struct connection *connection,
                     const struct record *record, struct track_note *note)
{
    bool on_wire = record->type == RECORD_MQTT || record->type == RECORD_WIRE ||
                   record->type == RECORD_CONN;

    if (!connection->has_stream && on_wire) {
        connection->has_stream = true;
        connection->stream = tracker->streams++;
    }
    note->client_id = connection->client_id;
    note->user_name = connection->user_name;
    note->peer = connection->peer;
    note->local = connection->local;
    note->transport = connection->transport;
    note->stream = connection->stream;
    if (!note->version)
        note->version = connection->version;
}

/* Bytes on the cable: where in TLS or WebSocket do they begin? */
static void on_cable(struct tracker *tracker, struct connection *connection,
                     const struct record *record, struct track_note *note)
{
    const char *transport = connection->transport;

    if (!connection->cable) {
        connection->cable = alloc_zero(1, sizeof(*connection->cable));
        tracker->cable_count++;
    }
    note->cable =
        cable_units_take(connection->cable, record->direction == RECORD_C2B,
                         !strcmp(transport, "ws"), record->bytes);
}

void tracker_note(struct tracker *tracker, const struct record *record,
                  struct track_note *note)
{
    struct connection *connection = connection_of(tracker, record);

    *note = (struct track_note){
        .client_id = "",
        .user_name = "",
        .topic = "",
        .peer = "",
        .local = "",
        .transport = "",
        .version = record->version,
    };
    if (record->type == RECORD_MQTT) {
        if (connection)
            on_packet(tracker, connection, record, note);
    } else if (record->type == RECORD_WIRE) {
        if (connection && record->layer == RECORD_CABLE)
            on_cable(tracker, connection, record, note);
    } else {
        on_event(tracker, connection, record, note);
    }
    if (connection)
        describe(tracker, connection, record, note);
    note->step = tracker->step;
    if (record->type == RECORD_MQTT || record->type == RECORD_WIRE)
        return;
    note->client_id =
        attribute(tracker, record, RECORD_CLIENT_ID, note->client_id);
    note->user_name =
        attribute(tracker, record, RECORD_USER_NAME, note->user_name);
    note->topic = attribute(tracker, record, RECORD_TOPIC, note->topic);
    if (connection && record->type == RECORD_CONN &&
        record_code(record->bytes) == EVENT_CONN_CLOSED)
        end_connection(tracker, connection, note);
}

size_t tracker_bytes(const struct tracker *tracker)
{
    return sizeof(*tracker) + tracker->strings.bytes +
           tracker->strings.map.cap * sizeof(struct map_entry) +
           tracker->connections.cap * sizeof(struct map_entry) +
           tracker->connections.count * sizeof(struct connection) +
           tracker->alias_count * sizeof(char *) +
           tracker->cable_count * sizeof(struct cable_units) +
           track_flow_bytes(&tracker->flows);
}
