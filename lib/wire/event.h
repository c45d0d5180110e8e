/*
 * What can happen besides packets: one table of codes and names.
 *
 * The names are what a filter sees as lab.event. A code is never given a new
 * meaning, because recordings outlive programs.
 */
#ifndef WIRE_EVENT_H
#define WIRE_EVENT_H

#include <stdbool.h>

/* X(code, number, name, what it says to a person) */
#define EVENT_CODES(X)                                                         \
    X(EVENT_CONN_OPENED, 1, "conn.opened", "connection opened")                \
    X(EVENT_CONN_CLOSED, 2, "conn.closed", "connection closed")                \
    X(EVENT_TLS_OPENED, 3, "tls.opened", "TLS handshake done")                 \
    X(EVENT_TLS_FAILED, 4, "tls.failed", "TLS FAILED")                         \
    X(EVENT_TLS_KEYS, 5, "tls.keys", "TLS keys recorded")                      \
    X(EVENT_BROKER_STARTED, 10, "broker.started", "broker started")            \
    X(EVENT_BROKER_STOPPED, 11, "broker.stopped", "broker stops")              \
    X(EVENT_LISTENER, 12, "broker.listens", "broker listens")                  \
    X(EVENT_CONFIG_READ, 13, "config.read", "configuration read again")        \
    X(EVENT_CONFIG_REFUSED, 14, "config.refused", "configuration refused")     \
    X(EVENT_CONNECT_ACCEPTED, 20, "connect.accepted", "connected")             \
    X(EVENT_CONNECT_REFUSED, 21, "connect.refused", "refused")                 \
    X(EVENT_DISCONNECTED, 22, "disconnected", "said goodbye")                  \
    X(EVENT_CONNECTION_LOST, 23, "connection.lost", "left without goodbye")    \
    X(EVENT_KEEP_ALIVE_MISSED, 24, "keepalive.missed", "was silent too long")  \
    X(EVENT_PROTOCOL_ERROR, 25, "protocol.error", "broke a rule")              \
    X(EVENT_LIMIT, 26, "limit.reached", "reached a limit")                     \
    X(EVENT_SESSION_CREATED, 30, "session.created", "session begins")          \
    X(EVENT_SESSION_RESUMED, 31, "session.resumed", "session goes on")         \
    X(EVENT_SESSION_TAKEN_OVER, 32, "session.takenover", "session taken over") \
    X(EVENT_SESSION_AWAY, 33, "session.away", "session kept while away")       \
    X(EVENT_SESSION_ENDED, 34, "session.ended", "session ends")                \
    X(EVENT_SESSION_EXPIRED, 35, "session.expired", "session expired")         \
    X(EVENT_SUBSCRIBED, 40, "subscription.granted", "subscribed")              \
    X(EVENT_SUBSCRIBE_REFUSED, 41, "subscription.refused", "not subscribed")   \
    X(EVENT_UNSUBSCRIBED, 42, "subscription.removed", "unsubscribed")          \
    X(EVENT_WILL_ARMED, 50, "will.armed", "will armed")                        \
    X(EVENT_WILL_CANCELLED, 51, "will.cancelled", "will cancelled")            \
    X(EVENT_WILL_DELAYED, 52, "will.delayed", "will waits")                    \
    X(EVENT_WILL_FIRED, 53, "will.fired", "will FIRED")                        \
    X(EVENT_RETAINED_STORED, 60, "retained.stored", "retained stored")         \
    X(EVENT_RETAINED_REPLACED, 61, "retained.replaced", "retained replaced")   \
    X(EVENT_RETAINED_CLEARED, 62, "retained.cleared", "retained cleared")      \
    X(EVENT_MESSAGE_QUEUED, 70, "message.queued", "message waits for it")      \
    X(EVENT_MESSAGE_DROPPED, 71, "message.dropped", "message dropped")         \
    X(EVENT_MESSAGE_EXPIRED, 72, "message.expired", "message expired")         \
    X(EVENT_NOBODY, 73, "message.nobody", "nobody subscribes to it")           \
    X(EVENT_ACCESS_REFUSED, 80, "acl.refused", "access refused")               \
    X(EVENT_STORE_FAILED, 85, "store.failed", "cannot store anything")         \
    X(EVENT_STORE_WORKS, 86, "store.works", "stores again")                    \
    X(EVENT_LOST_RECORDS, 90, "tap.lost", "records lost")                      \
    X(EVENT_RULE_SET, 94, "rule.set", "rule set")                              \
    X(EVENT_RULE_ENDED, 95, "rule.ended", "rule ended")                        \
    X(EVENT_RULE_DID, 96, "rule.did", "by a rule")                             \
    X(EVENT_PACKET_RELEASED, 97, "packet.released", "packet let go")           \
    X(EVENT_LAB_STARTED, 100, "lab.started", "lab begins")                     \
    X(EVENT_LAB_STEP, 101, "lab.step", "step begins")                          \
    X(EVENT_LAB_CHECK, 102, "lab.check", "check decided")                      \
    X(EVENT_LAB_ANSWER, 103, "lab.answer", "question answered")                \
    X(EVENT_LAB_HINT, 104, "lab.hint", "hint opened")                          \
    X(EVENT_LAB_RESET, 105, "lab.reset", "step reset")                         \
    X(EVENT_NOTE, 110, "note", "note")                                         \
    X(EVENT_STREAM_LOST, 120, "stream.lost", "bytes are missing")              \
    X(EVENT_STREAM_SKIPPED, 121, "stream.skipped", "bytes passed over")        \
    X(EVENT_STREAM_HIDDEN, 122, "stream.hidden", "cannot be read")             \
    X(EVENT_MQTT_SN, 123, "sn.packet", "MQTT-SN")

enum event_code {
#define EVENT_ENUM(code, number, name, text) code = (number),
    EVENT_CODES(EVENT_ENUM)
#undef EVENT_ENUM
};

/* "will.fired"; "?" for a code that this version does not know. */
const char *event_name(unsigned code);
/* "will FIRED" */
const char *event_text(unsigned code);

#endif
