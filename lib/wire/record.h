/*
 * Records: everything that watches reads these and nothing else.
 *
 * The broker writes a record for each connection, each Control Packet and each
 * decision; dashboard, recorder, filter, lab checks and grader read them, live
 * from the tap or from a file, through the same code.
 *
 * Bytes are recorded once. On plain TCP a packet's record is what crossed the
 * wire, so there is no second record for the raw bytes; RECORD_WIRE appears
 * only for bytes that are no packet (the rest of a half packet at the end,
 * garbage) and, for TLS and WebSocket, for what an eavesdropper sees.
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include "base/buf.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum record_type {
    RECORD_CONN = 1, /* a Network Connection opened or ended: attributes */
    RECORD_TLS,      /* handshake, alert: attributes */
    RECORD_WIRE,     /* raw bytes */
    RECORD_MQTT,     /* one Control Packet */
    RECORD_EVT,      /* what the broker decided, and why: attributes */
    RECORD_LAB,      /* a step begun, a check passed, an answer: attributes */
    RECORD_NOTE,     /* somebody's comment on a record: attributes */
};

enum record_direction {
    RECORD_NO_DIRECTION,
    RECORD_C2B, /* client to broker */
    RECORD_B2C, /* broker to client */
};

enum record_flag {
    RECORD_SNAPSHOT = 1,    /* state from before the reader attached */
    RECORD_REDACTED = 2,    /* the password was replaced by as many '*' */
    RECORD_TRUNCATED = 4,   /* fewer bytes than original_len are here */
    RECORD_HELD = 8,        /* a fault rule held it back */
    RECORD_DROPPED = 16,    /* a fault rule dropped it: the peer never got it */
    RECORD_MALFORMED = 32,  /* the broker refused to understand it */
    RECORD_SAME_BYTES = 64, /* in the ring only: the bytes are those of the
                               record before it on any connection, but for the
                               Packet Identifier; readers expand it */
};

/* Where the bytes of a packet, or raw ones, lie. */
enum record_layer {
    RECORD_PLAIN,  /* they crossed the cable as they are */
    RECORD_WITHIN, /* they lay in TLS or WebSocket, whose bytes are recorded
                      for themselves: */
    RECORD_CABLE,  /* these */
};

enum record_actor {
    RECORD_OTHER,   /* nobody said who it is */
    RECORD_STUDENT, /* a client that a person started */
    RECORD_SCRIPT,  /* a client of a lab, announced through control */
};

struct record {
    uint64_t seq;        /* 1, 2, 3, ...: a hole is a loss */
    uint64_t time_ns;    /* since 1970-01-01 UTC */
    uint64_t cause;      /* seq of the record that brought this about; 0: none.
                         For a PUBLISH to a subscriber: the publisher's */
    uint32_t connection; /* number of the connection, from 1; 0: none */
    uint32_t original_len; /* length on the wire */
    uint8_t type;          /* enum record_type */
    uint8_t direction;     /* enum record_direction */
    uint8_t version;       /* enum mqtt_version of the connection; 0 unknown */
    uint8_t flags;         /* enum record_flag */
    uint8_t actor;         /* enum record_actor */
    uint8_t layer;         /* enum record_layer */
    uint8_t reserved[2];
    struct slice bytes; /* borrowed */
};

/*
 * Attributes: what CONN, TLS, EVT, LAB and NOTE records say. The bytes are a
 * two-byte code (big-endian; enum event_code in wire/event.h) followed by
 * attributes: one byte key, two bytes length, value. Unknown keys are skipped,
 * so that the format can only grow.
 */
enum record_key {
    RECORD_CLIENT_ID = 1,
    RECORD_USER_NAME,
    RECORD_TOPIC,      /* Topic Name or Topic Filter */
    RECORD_TEXT,       /* a sentence for people: the cause */
    RECORD_NUMBER,     /* decimal: what it counts depends on the code */
    RECORD_PEER,       /* address of the peer */
    RECORD_LOCAL,      /* address of our end */
    RECORD_TRANSPORT,  /* "tcp", "tls", "ws", "wss" */
    RECORD_QOS,        /* decimal: granted QoS, QoS of a will */
    RECORD_REASON,     /* decimal: a Reason Code */
    RECORD_STATEMENT,  /* "MQTT-3.1.0-2": the rule that was broken */
    RECORD_PAYLOAD,    /* of a retained message or will */
    RECORD_RETAIN,     /* "1" or "0" */
    RECORD_KEEP_ALIVE, /* decimal, seconds */
    RECORD_VERSION,    /* decimal: Protocol Version */
    RECORD_CLEAN,      /* "1" or "0": Clean Start */
    RECORD_EXPIRY,     /* decimal, seconds: session expiry, will delay */
    RECORD_ID,         /* of a lab, step, check or question */
    RECORD_SUBJECT,    /* decimal: seq of the record that it is about */
};

/* Begin the bytes of an attribute record. */
void record_begin(struct buf *bytes, unsigned code);
/* Append an attribute; a value over 65,535 bytes is cut. */
void record_put(struct buf *bytes, enum record_key key, struct slice value);
void record_put_string(struct buf *bytes, enum record_key key,
                       const char *value);
void record_put_number(struct buf *bytes, enum record_key key, uint64_t value);

/* The code; 0 when the bytes are too short. */
unsigned record_code(struct slice bytes);
/* The value of an attribute; empty when it is absent. */
struct slice record_get(struct slice bytes, enum record_key key);
/* Its number; absent when it is absent or no number. */
uint64_t record_get_number(struct slice bytes, enum record_key key,
                           uint64_t absent);

/* The seq of the record that this one is about: its cause, which is kept right
   where records are numbered anew; else RECORD_SUBJECT; 0: none. */
uint64_t record_subject(const struct record *record);

/* Does it say how one of the broker's own counters, retained under $SYS, stands
   now? They are topics, not events that anybody waits for. */
bool record_is_own_counter(const struct record *record);

/* "conn", "tls", "wire", "mqtt", "evt", "lab", "note". */
const char *record_type_name(unsigned type);

/*
 * One record as it lies in the ring and in files: a fixed header of
 * RECORD_HEADER_BYTES in the machine's byte order and the bytes.
 */
#define RECORD_HEADER_BYTES 40

/* Where each member lies in the header. */
enum {
    RECORD_AT_SEQ = 0,
    RECORD_AT_TIME = 8,
    RECORD_AT_CAUSE = 16,
    RECORD_AT_CONNECTION = 24,
    RECORD_AT_ORIGINAL_LEN = 28,
    RECORD_AT_TYPE = 32,
    RECORD_AT_DIRECTION = 33,
    RECORD_AT_VERSION = 34,
    RECORD_AT_FLAGS = 35,
    RECORD_AT_ACTOR = 36,
    RECORD_AT_LAYER = 37,
    RECORD_AT_RESERVED = 38,
};

static inline void record_header_write(uint8_t out[RECORD_HEADER_BYTES],
                                       const struct record *record)
{
    memcpy(out + RECORD_AT_SEQ, &record->seq, sizeof(record->seq));
    memcpy(out + RECORD_AT_TIME, &record->time_ns, sizeof(record->time_ns));
    memcpy(out + RECORD_AT_CAUSE, &record->cause, sizeof(record->cause));
    memcpy(out + RECORD_AT_CONNECTION, &record->connection,
           sizeof(record->connection));
    memcpy(out + RECORD_AT_ORIGINAL_LEN, &record->original_len,
           sizeof(record->original_len));
    out[RECORD_AT_TYPE] = record->type;
    out[RECORD_AT_DIRECTION] = record->direction;
    out[RECORD_AT_VERSION] = record->version;
    out[RECORD_AT_FLAGS] = record->flags;
    out[RECORD_AT_ACTOR] = record->actor;
    out[RECORD_AT_LAYER] = record->layer;
    memcpy(out + RECORD_AT_RESERVED, record->reserved,
           sizeof(record->reserved));
}

/* Of one that was written: what is known last. */
static inline void record_header_stamp(uint8_t header[RECORD_HEADER_BYTES],
                                       uint64_t seq, uint64_t time_ns,
                                       uint32_t original_len, uint8_t flags)
{
    memcpy(header + RECORD_AT_SEQ, &seq, sizeof(seq));
    memcpy(header + RECORD_AT_TIME, &time_ns, sizeof(time_ns));
    memcpy(header + RECORD_AT_ORIGINAL_LEN, &original_len,
           sizeof(original_len));
    header[RECORD_AT_FLAGS] = flags;
}

/* Leaves record->bytes alone. */
void record_header_read(struct record *record,
                        const uint8_t in[RECORD_HEADER_BYTES]);

#endif
