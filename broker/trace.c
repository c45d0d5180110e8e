#include "broker/trace.h"

#include <stdarg.h>
#include <stdio.h>

/* One line: "Received" or "Sending", the type, "from" or "to", the client. */
static void write_line(const struct connection *connection, bool received,
                       enum mqtt_type type, const char *more)
{
    char name[64];

    log_debug(connection->broker->log, "%s %s %s %s%s",
              received ? "Received" : "Sending", mqtt_type_name(type),
              received ? "from" : "to",
              connection_name(connection, name, sizeof(name)), more);
}

void trace_received_plain(const struct connection *connection,
                          enum mqtt_type type)
{
    write_line(connection, true, type, "");
}

void trace_sending_plain(const struct connection *connection,
                         enum mqtt_type type)
{
    write_line(connection, false, type, "");
}

void trace_received(const struct connection *connection, enum mqtt_type type,
                    const char *format, ...)
{
    char more[768];
    va_list args;

    va_start(args, format);
    vsnprintf(more, sizeof(more), format, args);
    va_end(args);
    write_line(connection, true, type, more);
}

void trace_sending(const struct connection *connection, enum mqtt_type type,
                   const char *format, ...)
{
    char more[768];
    va_list args;

    va_start(args, format);
    vsnprintf(more, sizeof(more), format, args);
    va_end(args);
    write_line(connection, false, type, more);
}

#define PUBLISH_FORMAT " (d%d, q%d, r%d, m%u, '%.*s', ... (%zu bytes))"
#define PUBLISH_ARGS(p)                                        \
    (p)->dup, (p)->qos, (p)->retain, (unsigned)(p)->packet_id, \
        SLICE_ARGS((p)->topic), (p)->payload.len

void trace_received_publish(const struct connection *connection,
                            const struct mqtt_publish *publish)
{
    trace_received(connection, MQTT_PUBLISH, PUBLISH_FORMAT,
                   PUBLISH_ARGS(publish));
}

void trace_sending_publish(const struct connection *connection,
                           const struct mqtt_publish *publish)
{
    trace_sending(connection, MQTT_PUBLISH, PUBLISH_FORMAT,
                  PUBLISH_ARGS(publish));
}
