#include "broker/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "broker/broker.h"
#include "broker/connection.h"

void report_begin(struct broker *broker, enum event_code code,
                  struct slice client_id)
{
    struct report *report = &broker->report;

    report->type = RECORD_EVT;
    if (code == EVENT_CONN_OPENED || code == EVENT_CONN_CLOSED)
        report->type = RECORD_CONN;
    if (code == EVENT_TLS_OPENED || code == EVENT_TLS_FAILED ||
        code == EVENT_TLS_KEYS)
        report->type = RECORD_TLS;
    record_begin(&report->bytes, code);
    if (client_id.len)
        report_put(broker, RECORD_CLIENT_ID, client_id);
}

void report_put(struct broker *broker, enum record_key key, struct slice value)
{
    record_put(&broker->report.bytes, key, value);
}

void report_put_payload(struct broker *broker, struct slice payload)
{
    if (payload.len > REPORT_PAYLOAD_BYTES)
        payload = slice_first(payload, REPORT_PAYLOAD_BYTES);
    report_put(broker, RECORD_PAYLOAD, payload);
}

void report_put_number(struct broker *broker, enum record_key key,
                       uint64_t value)
{
    record_put_number(&broker->report.bytes, key, value);
}

void report_printf(struct broker *broker, enum record_key key,
                   const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    record_put_string(&broker->report.bytes, key, text);
}

uint64_t report_end(struct broker *broker, const struct connection *connection,
                    uint64_t cause)
{
    struct report *report = &broker->report;
    struct record record = {
        .cause = cause,
        .type = report->type,
        .flags = report->flags,
        .original_len = report->bytes.len,
        .bytes = buf_slice(&report->bytes),
    };

    if (connection) {
        record.connection = connection->link.connection;
        record.version = connection->link.version;
        record.actor = connection->link.actor;
    }
    broker_show_records(broker);
    return tap_write(&broker->tap, &record);
}
