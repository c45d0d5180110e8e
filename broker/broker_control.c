#include "broker/broker_control.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/durable.h"
#include "broker/gate_control.h"
#include "broker/session.h"
#include "broker/snapshot.h"
#include "mqtt/publish.h"
#include "mqtt/topic.h"
#include "wire/control.h"
#include "wire/event.h"

/* One command; false with "error" in answer. */
typedef bool command(struct broker *broker, json_t *request, json_t *answer);

static bool fail(json_t *answer, const char *error)
{
    json_object_set_new(answer, "error", json_string(error));
    return false;
}

/* A string of the request; false when it is there and is none. */
static bool get_string(json_t *request, const char *name, struct slice *value)
{
    json_t *item = json_object_get(request, name);

    *value = slice_of(NULL, 0);
    if (!item)
        return true;
    if (!json_is_string(item))
        return false;
    *value = slice_of(json_string_value(item), json_string_length(item));
    return true;
}

static void put_count(json_t *to, const char *name, uint64_t count)
{
    json_object_set_new(to, name, json_integer((json_int_t)count));
}

static uint64_t uptime_s(const struct broker *broker)
{
    return (clock_ms(&broker->loop->clock) - broker->started_ms) / 1000;
}

/* ---- looking ---- */

static bool do_status(struct broker *broker, json_t *request, json_t *answer)
{
    json_t *listeners = json_array();

    (void)request;
    json_object_set_new(answer, "version", json_string(MQTTLAB_VERSION));
    put_count(answer, "uptime_s", uptime_s(broker));
    for (size_t i = 0; i < broker->config->listener_count; i++) {
        const struct broker_listener *from = &broker->listeners[i];
        json_t *listener = json_object();

        if (!from->open) {
            json_decref(listener);
            continue;
        }
        json_object_set_new(listener, "host",
                            json_string(from->config->path
                                            ? from->config->path
                                            : from->config->host));
        put_count(listener, "port", from->socket.port);
        put_count(listener, "connections", from->connection_count);
        json_object_set_new(listener, "allow_anonymous",
                            json_boolean(from->config->allow_anonymous));
        json_array_append_new(listeners, listener);
    }
    json_object_set_new(answer, "listeners", listeners);
    put_count(answer, "clients", broker->counters.clients_connected);
    put_count(answer, "away", broker->counters.clients_disconnected);
    put_count(answer, "watchers", broker->tap.readers);
    return true;
}

static json_t *persistence(const struct broker *broker)
{
    struct durable_stats stats = durable_stats(broker->durable);
    json_t *object = json_object();

    put_count(object, "commits", stats.commits);
    put_count(object, "changes", stats.changes);
    put_count(object, "bytes", stats.bytes);
    put_count(object, "largest_commit", stats.largest);
    put_count(object, "longest_commit_us", stats.longest_us);
    put_count(object, "failures", stats.failures);
    put_count(object, "waiting_packets", stats.held);
    json_object_set_new(object, "failing", json_boolean(stats.failing));
    return object;
}

static bool do_stats(struct broker *broker, json_t *request, json_t *answer)
{
    const struct broker_counters *counters = &broker->counters;
    const struct {
        const char *name;
        const uint64_t *value;
    } rows[] = {
        {"bytes_received",         &counters->bytes_received        },
        {"bytes_sent",             &counters->bytes_sent            },
        {"messages_received",      &counters->messages_received     },
        {"messages_sent",          &counters->messages_sent         },
        {"publish_received",       &counters->publish_received      },
        {"publish_sent",           &counters->publish_sent          },
        {"publish_dropped",        &counters->publish_dropped       },
        {"publish_bytes_received", &counters->publish_bytes_received},
        {"publish_bytes_sent",     &counters->publish_bytes_sent    },
        {"sockets_opened",         &counters->sockets_opened        },
        {"connections_opened",     &counters->connections_opened    },
        {"clients_connected",      &counters->clients_connected     },
        {"clients_disconnected",   &counters->clients_disconnected  },
        {"clients_expired",        &counters->clients_expired       },
        {"clients_maximum",        &counters->clients_maximum       },
        {"messages_inflight",      &counters->messages_inflight     },
        {"stored_messages",        &counters->stored_messages       },
        {"stored_bytes",           &counters->stored_bytes          },
        {"retained_messages",      &counters->retained_messages     },
        {"subscriptions",          &counters->subscriptions         },
        {"shared_subscriptions",   &counters->shared_subscriptions  },
    };

    (void)request;
    broker_count(broker);
    put_count(answer, "uptime_s", uptime_s(broker));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        put_count(answer, rows[i].name, *rows[i].value);
    if (broker->durable)
        json_object_set_new(answer, "persistence", persistence(broker));
    return true;
}

/* ---- doing ---- */

static bool do_publish(struct broker *broker, json_t *request, json_t *answer)
{
    json_t *qos = json_object_get(request, "qos");
    struct mqtt_publish publish = {
        .qos = (uint8_t)(json_integer_value(qos) & 3),
        .retain = json_is_true(json_object_get(request, "retain")),
    };

    if (!get_string(request, "topic", &publish.topic) ||
        !topic_name_valid(publish.topic))
        return fail(answer, "topic: a Topic Name is needed, without + and #");
    if (!get_string(request, "payload", &publish.payload))
        return fail(answer, "payload: must be a string");
    if (qos && (!json_is_integer(qos) || json_integer_value(qos) < 0 ||
                json_integer_value(qos) > 2))
        return fail(answer, "qos: must be 0, 1 or 2");
    put_count(answer, "receivers", broker_publish(broker, &publish));
    return true;
}

static bool disconnect(struct connection *connection, json_t *answer)
{
    (void)answer;
    connection_end(connection, &(struct connection_ending){.why = END_KICKED});
    return true;
}

static bool cut(struct connection *connection, json_t *answer)
{
    (void)answer;
    connection_end(connection,
                   &(struct connection_ending){
                       .why = END_CUT,
                       .text = "TCP connection cut by an administrator, no "
                               "DISCONNECT"});
    return true;
}

static bool silence(struct connection *connection, json_t *answer)
{
    if (!connection->keep_alive_s)
        return fail(answer, "its Keep Alive is 0: silence would last for ever");
    connection_silence(connection);
    put_count(answer, "seconds", connection->keep_alive_s * UINT64_C(3) / 2);
    return true;
}

static bool do_kick(struct broker *broker, json_t *request, json_t *answer)
{
    static const struct {
        const char *how;
        bool (*kick)(struct connection *connection, json_t *answer);
    } ways[] = {
        {"disconnect", disconnect},
        {"cut",        cut       },
        {"silent",     silence   },
    };
    struct slice client;
    struct slice how;

    if (!get_string(request, "client", &client) ||
        !get_string(request, "how", &how))
        return fail(answer, "client and how: must be strings");
    const struct session *session =
        session_store_find(&broker->sessions, client);
    if (!session || !session->connection)
        return fail(answer, "client: nobody with this Client Identifier is "
                            "connected");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (slice_equal_string(how, ways[i].how))
            return ways[i].kick(session->connection, answer);
    }
    return fail(answer, "how: must be \"disconnect\", \"cut\" or \"silent\"");
}

static bool do_clear_retained(struct broker *broker, json_t *request,
                              json_t *answer)
{
    struct slice topic;

    if (!get_string(request, "topic", &topic))
        return fail(answer, "topic: must be a string");
    if (!topic.len)
        topic = slice_of_string("#");
    if (!topic_filter_valid(topic))
        return fail(answer, "topic: must be a Topic Name or Topic Filter");
    put_count(answer, "cleared", broker_clear_retained(broker, topic));
    return true;
}

static bool do_reset(struct broker *broker, json_t *request, json_t *answer)
{
    (void)request;
    (void)answer;
    broker_reset(broker);
    /* A lab takes what comes behind the answer for the student's. */
    tap_publish(&broker->tap);
    return true;
}

static bool do_actor(struct broker *broker, json_t *request, json_t *answer)
{
    struct slice client;
    struct slice actor;

    if (!get_string(request, "client", &client) || !client.len ||
        !get_string(request, "actor", &actor))
        return fail(answer, "client and actor are needed");
    bool script = slice_equal_string(actor, "script");
    if (!script && !slice_equal_string(actor, "student"))
        return fail(answer, "actor: must be \"script\" or \"student\"");
    free(map_remove(&broker->scripts, client));
    if (script) {
        char *name = alloc_string_of(client.bytes, client.len);

        map_set(&broker->scripts, slice_of(name, client.len), name);
    }
    return true;
}

/* Somebody's words on a record, for all who watch. */
static bool do_note(struct broker *broker, json_t *request, json_t *answer)
{
    json_int_t seq = json_integer_value(json_object_get(request, "seq"));
    struct slice text;
    struct buf bytes = {0};

    if (!get_string(request, "text", &text) || !text.len)
        return fail(answer, "text: must be a string");
    if (!json_object_get(request, "seq"))
        seq = (json_int_t)broker->tap.base_seq;
    if (seq < 0 || (uint64_t)seq > broker->tap.last_seq)
        return fail(answer, "seq: there is no such record");
    record_begin(&bytes, EVENT_NOTE);
    record_put(&bytes, RECORD_TEXT, text);
    record_put_number(&bytes, RECORD_SUBJECT, (uint64_t)seq);
    tap_write(&broker->tap, &(struct record){.type = RECORD_NOTE,
                                             .cause = (uint64_t)seq,
                                             .bytes = buf_slice(&bytes)});
    tap_publish(&broker->tap);
    buf_release(&bytes);
    return true;
}

static const struct {
    const char *name;
    command *run;
} commands[] = {
    {"status",         do_status           },
    {"stats",          do_stats            },
    {"publish",        do_publish          },
    {"kick",           do_kick             },
    {"clear_retained", do_clear_retained   },
    {"reset",          do_reset            },
    {"actor",          do_actor            },
    {"note",           do_note             },
    {"rule",           gate_control_rule   },
    {"unrule",         gate_control_unrule },
    {"release",        gate_control_release},
};

bool broker_control_handle(void *owner, const char *cmd, json_t *request,
                           json_t *answer)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!strcmp(commands[i].name, cmd))
            return commands[i].run(owner, request, answer);
    }
    return fail(answer, "no such command");
}

int broker_open_control(struct broker *broker, uint16_t port)
{
    const struct control_options options = {
        .tap = &broker->tap,
        .port = port,
        .owner = broker,
        .on_attach = snapshot_write,
        .handler = broker_control_handle,
        .on_end = gate_control_end,
    };

    return control_open(&broker->control, broker->loop, &options);
}
