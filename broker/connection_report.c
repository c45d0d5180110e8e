#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/identity.h"
#include "broker/session.h"

void connection_report_opened(struct connection *connection)
{
    struct broker *broker = connection->broker;
    struct transport *transport = connection->link.transport;
    char address[CONNECTION_ADDRESS_BYTES];

    report_begin(broker, EVENT_CONN_OPENED, slice_of(NULL, 0));
    connection_peer(connection, address, sizeof(address));
    report_printf(broker, RECORD_PEER, "%s", address);
    transport->ops->local(transport, address, sizeof(address) - 1);
    report_printf(broker, RECORD_LOCAL, "%s", address);
    report_printf(broker, RECORD_TRANSPORT, "%s", transport->ops->name);
    report_end(broker, connection, 0);
    connection->announced = true;
}

void connection_announce(struct connection *connection)
{
    if (!connection->announced)
        connection_report_opened(connection);
}

void connection_report_limit(const struct connection *connection,
                             const char *text, uint64_t cause)
{
    struct broker *broker = connection->broker;
    char name[CONNECTION_ADDRESS_BYTES];

    if (broker->config->connection_messages)
        log_notice(broker->log, "Client %s %s.",
                   connection_name(connection, name, sizeof(name)), text);
    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, EVENT_LIMIT, connection_client_id(connection));
    report_printf(broker, RECORD_TEXT, "%s", text);
    report_end(broker, connection, cause);
}

void connection_report_accepted(const struct connection *connection, bool clean,
                                uint64_t cause)
{
    struct broker *broker = connection->broker;
    char peer[CONNECTION_ADDRESS_BYTES];

    connection_peer(connection, peer, sizeof(peer));
    report_begin(broker, EVENT_CONNECT_ACCEPTED,
                 connection_client_id(connection));
    report_put_number(broker, RECORD_VERSION, connection->link.version);
    report_put_number(broker, RECORD_CLEAN, clean);
    report_put_number(broker, RECORD_KEEP_ALIVE, connection->keep_alive_s);
    report_put_number(broker, RECORD_EXPIRY, connection->session->expiry_s);
    report_printf(broker, RECORD_PEER, "%s", peer);
    const char *user_name = identity_user_name(connection->session);

    if (user_name)
        report_printf(broker, RECORD_USER_NAME, "%s", user_name);
    report_end(broker, connection, cause);
}
