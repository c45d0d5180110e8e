/*
 * The tracker: what a packet belongs to, from the records alone.
 *
 * A PUBACK has neither topic nor Client Identifier; to say whose it is one must
 * have seen what came before. The tracker reads records in order, live or from
 * a file, and gives each a note: client, topic, QoS flow, answer to what.
 *
 * A note says what was known when its record came, so it is the same live, in
 * a replay and for the grader; tracker_flow_progress says how a flow stands
 * now.
 *
 * What peers can make grow is bounded: connections, flows under way, topic
 * aliases and the text kept are limited, and the longest unused go first.
 */
#ifndef WIRE_TRACK_H
#define WIRE_TRACK_H

#include "wire/cable_units.h"
#include "wire/record.h"

#include <stddef.h>
#include <stdint.h>

enum flow_progress {
    TRACK_NO_FLOW,
    TRACK_OPEN, /* the handshake is under way */
    TRACK_DONE, /* this packet completed it */
    TRACK_LOST, /* the session ended before it was complete */
};

/* What is known about one record. Strings live as long as the tracker; equal
   strings are one pointer. "" when unknown. */
struct track_note {
    const char *client_id;
    const char *user_name;
    const char *topic;     /* on every packet of a handshake; first filter of a
                          SUBSCRIBE and its SUBACK */
    const char *peer;      /* address of the client's end, as people write it */
    const char *local;     /* address of the broker's end */
    const char *transport; /* "tcp", "tls", "ws", "wss" */
    const char *step;      /* RECORD_ID of the lab's step under way */
    uint64_t pair;      /* seq of the packet that this one answers; 0: none */
    uint64_t rtt_ns;    /* since that packet */
    uint32_t flow;      /* number of the QoS flow, 1..; 0: none. On the record
                          that ends a session: the first flow that it lost */
    uint32_t stream;    /* connections in order of appearance, from 0 */
    uint8_t flow_step;  /* 1..flow_steps */
    uint8_t flow_steps; /* 2 for QoS 1, 4 for QoS 2 */
    uint8_t flow_qos;
    uint8_t progress; /* enum flow_progress, with this record */
    uint8_t type;     /* enum mqtt_type of the packet; 0: no packet */
    uint8_t version;  /* enum mqtt_version, as far as known */
    uint16_t packet_id;
    struct cable_place cable; /* of RECORD_CABLE: where the piece begins */
};

struct tracker;
struct tracker *tracker_new(void);
void tracker_free(struct tracker *tracker);

/* Take the next record into account and describe it. */
void tracker_note(struct tracker *tracker, const struct record *record,
                  struct track_note *note);

/*
 * An interned copy of text that lives as long as the tracker; it ends at a NUL
 * within the text. "" when TRACK_STRING_BYTES of text are kept already.
 */
#define TRACK_STRING_BYTES (32u << 20)
const char *tracker_string(struct tracker *tracker, struct slice text);

/* How a flow stands now; TRACK_NO_FLOW when it is too long ago to know. */
enum flow_progress tracker_flow_progress(const struct tracker *tracker,
                                         uint32_t flow);

/* Memory used. */
size_t tracker_bytes(const struct tracker *tracker);

#endif
