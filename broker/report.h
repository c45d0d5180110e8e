/*
 * Records of what the broker did and why: CONN and EVT (wire/record.h).
 *
 * The pattern, so that nothing is gathered when nobody watches:
 *
 *     if (tap_on(&broker->tap)) {
 *         report_begin(broker, EVENT_SUBSCRIBED, client_id);
 *         report_put(broker, RECORD_TOPIC, topic_filter);
 *         seq = report_end(broker, connection, cause);
 *     }
 */
#ifndef BROKER_REPORT_H
#define BROKER_REPORT_H

#include "base/buf.h"
#include "wire/event.h"
#include "wire/record.h"

struct broker;
struct connection;

struct report {
    struct buf bytes; /* of the record under way */
    uint8_t type;     /* enum record_type of it */
    uint8_t flags;    /* RECORD_SNAPSHOT while a snapshot is written */
};

/* Begin a record; client_id may be empty. */
void report_begin(struct broker *broker, enum event_code code,
                  struct slice client_id);

void report_put(struct broker *broker, enum record_key key, struct slice value);
/* RECORD_PAYLOAD; only its beginning. */
#define REPORT_PAYLOAD_BYTES 1024
void report_put_payload(struct broker *broker, struct slice payload);
void report_put_number(struct broker *broker, enum record_key key,
                       uint64_t value);
/* As printf: RECORD_TEXT, RECORD_PEER and other short texts. */
void report_printf(struct broker *broker, enum record_key key,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Write it. connection may be NULL. cause is the seq of the record that
 * brought it about, 0 for none. Returns the seq of this record.
 */
uint64_t report_end(struct broker *broker, const struct connection *connection,
                    uint64_t cause);

#endif
