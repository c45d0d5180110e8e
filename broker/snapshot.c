#include "broker/snapshot.h"

#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/durable.h"
#include "broker/message.h"
#include "broker/secure.h"
#include "broker/session.h"
#include "broker/will.h"
#include "wire/gate.h"

static void write_broker(struct broker *broker)
{
    report_begin(broker, EVENT_BROKER_STARTED, slice_of(NULL, 0));
    report_put_number(broker, RECORD_NUMBER,
                      (clock_ms(&broker->loop->clock) - broker->started_ms) /
                          1000);
    report_end(broker, NULL, 0);
    for (size_t i = 0; i < broker->config->listener_count; i++) {
        if (broker->listeners[i].open)
            broker_report_listener(broker, &broker->listeners[i]);
    }
}

static void write_connection(struct connection *connection)
{
    if (connection->state == CONNECTION_ENDED || !connection->link.transport)
        return;
    connection_report_opened(connection);
    secure_report_again(connection);
    if (connection->session)
        connection_report_accepted(connection,
                                   connection->session->expiry_s == 0, 0);
}

static void write_subscriptions(struct broker *broker,
                                const struct session *session)
{
    struct buf filter = {0};

    LIST_FOREACH (node, &session->subscriber.subscriptions) {
        const struct subscription *subscription =
            LIST_ITEM(node, struct subscription, own);

        buf_clear(&filter);
        subscription_tree_put_filter(broker->subscriptions, subscription,
                                     &filter);
        report_begin(broker, EVENT_SUBSCRIBED, session_client_id(session));
        report_put(broker, RECORD_TOPIC, buf_slice(&filter));
        report_put_number(broker, RECORD_QOS, subscription->qos);
        report_end(broker, session->connection, 0);
    }
    buf_release(&filter);
}

static void write_session(struct broker *broker, const struct session *session)
{
    report_begin(broker,
                 session->connection ? EVENT_SESSION_CREATED
                                     : EVENT_SESSION_AWAY,
                 session_client_id(session));
    report_put_number(broker, RECORD_EXPIRY,
                      session_expires_in_s(broker, session));
    report_put_number(broker, RECORD_NUMBER,
                      outgoing_queue_waiting(&session->outgoing) +
                          session->outgoing.inflight_count);
    report_end(broker, session->connection, 0);
    write_subscriptions(broker, session);
    if (!session->will)
        return;
    will_report(broker, session,
                session->connection ? EVENT_WILL_ARMED : EVENT_WILL_DELAYED);
    report_end(broker, session->connection, 0);
}

static bool write_retained(void *context, struct message *message)
{
    struct broker *broker = context;

    report_begin(broker, EVENT_RETAINED_STORED, slice_of(NULL, 0));
    report_put(broker, RECORD_TOPIC, message_topic(message));
    report_put_number(broker, RECORD_QOS, message->qos);
    report_put_payload(broker, message_payload(message));
    report_end(broker, NULL, 0);
    return true;
}

void snapshot_write(void *owner)
{
    struct broker *broker = owner;
    size_t position = 0;
    const struct session *session;

    broker->report.flags = RECORD_SNAPSHOT;
    write_broker(broker);
    LIST_FOREACH (node, &broker->connections) {
        write_connection(LIST_ITEM(node, struct connection, node));
    }
    while ((session = session_store_next(&broker->sessions, &position)))
        write_session(broker, session);
    /* Of $SYS only what changes from now on is shown. */
    retained_store_visit(broker->retained, slice_of_string("#"),
                         clock_ms(&broker->loop->clock), write_retained,
                         broker);
    broker->report.flags = 0;
    if (broker->tap.gate)
        gate_snapshot(broker->tap.gate);
    tap_publish(&broker->tap);
}

/* --- for people ----------------------------------------------------------- */

static void log_session(struct broker *broker, const struct session *session,
                        struct buf *filter)
{
    log_notice(broker->log,
               "client %s: %s, %zu messages wait, %zu are under way",
               session->client_id, session->connection ? "connected" : "away",
               (size_t)outgoing_queue_waiting(&session->outgoing),
               (size_t)session->outgoing.inflight_count);
    LIST_FOREACH (node, &session->subscriber.subscriptions) {
        const struct subscription *subscription =
            LIST_ITEM(node, struct subscription, own);

        buf_clear(filter);
        subscription_tree_put_filter(broker->subscriptions, subscription,
                                     filter);
        log_notice(broker->log, "client %s: subscribes to %.*s (QoS %u)",
                   session->client_id, SLICE_ARGS(buf_slice(filter)),
                   (unsigned)subscription->qos);
    }
}

static void log_store(const struct broker *broker)
{
    struct durable_stats stats = durable_stats(broker->durable);

    log_notice(broker->log,
               "store: %llu commits of %llu changes, the longest took %llu us; "
               "%llu failed; %u packets wait for one",
               (unsigned long long)stats.commits,
               (unsigned long long)stats.changes,
               (unsigned long long)stats.longest_us,
               (unsigned long long)stats.failures, stats.held);
}

void snapshot_log(struct broker *broker)
{
    const struct broker_counters *counters = &broker->counters;
    struct buf filter = {0};
    size_t position = 0;
    const struct session *session;

    broker_count(broker);
    log_notice(broker->log,
               "State: %llu clients connected, %llu away; %llu subscriptions; "
               "%llu retained messages",
               (unsigned long long)counters->clients_connected,
               (unsigned long long)counters->clients_disconnected,
               (unsigned long long)counters->subscriptions,
               (unsigned long long)counters->retained_messages);
    if (broker->durable)
        log_store(broker);
    while ((session = session_store_next(&broker->sessions, &position)))
        log_session(broker, session, &filter);
    buf_release(&filter);
}
