/*
 * A line of the log for each packet, as `mosquitto -v` has them.
 *
 * Callers test trace_on() first, so that nobody formats what nobody reads.
 */
#ifndef BROKER_TRACE_H
#define BROKER_TRACE_H

#include "base/log.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "mqtt/publish.h"

static inline bool trace_on(const struct connection *connection)
{
    return log_wants(connection->broker->log, LOG_DEBUG);
}

/* "Received TYPE from CLIENT" and "Sending TYPE to CLIENT". */
void trace_received_plain(const struct connection *connection,
                          enum mqtt_type type);
void trace_sending_plain(const struct connection *connection,
                         enum mqtt_type type);

/* The same and what format adds. */
void trace_received(const struct connection *connection, enum mqtt_type type,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void trace_sending(const struct connection *connection, enum mqtt_type type,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "(d0, q1, r0, m7, 'a/b', ... (5 bytes))" behind one of these. */
void trace_received_publish(const struct connection *connection,
                            const struct mqtt_publish *publish);
void trace_sending_publish(const struct connection *connection,
                           const struct mqtt_publish *publish);

#endif
