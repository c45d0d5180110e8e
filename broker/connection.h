/*
 * One Network Connection [MQTT5 4.2]: from accept to close.
 *
 * It has a link for the packets and, from a good CONNECT on, a session. There
 * is one timer: until CONNECT it limits the time for that, then it is the
 * Keep Alive, set again only when it fires, by the time of the last byte.
 */
#ifndef BROKER_CONNECTION_H
#define BROKER_CONNECTION_H

#include "base/list.h"
#include "broker/rate_limit.h"
#include "mqtt/reason.h"
#include "mqtt/topic_alias.h"
#include "mqtt/topic_alias_out.h"
#include "net/timer.h"
#include "wire/link.h"

#include <stdbool.h>
#include <stdint.h>

struct broker;
struct broker_listener;
struct durable_held;
struct login;
struct session;
struct subscribe_request;

enum connection_state {
    CONNECTION_NEW,   /* waits for CONNECT */
    CONNECTION_UP,    /* CONNECT was accepted: there is a session */
    CONNECTION_ENDED, /* over; the link is closing */
};

/* What only few connections need; made when it is asked for first. */
struct connection_extras {
    struct topic_aliases aliases_in; /* from the client */
    struct topic_alias_out
        *aliases_out; /* to it; owned; NULL: it allows none */
    struct subscribe_request
        *request;              /* owned; one that takes longer than a turn;
                                NULL: none */
    struct login *login;       /* who it is is being found out; NULL: no */
    struct durable_held *held; /* what waits to be stored; NULL: nothing */
    struct rate_limit rate;    /* if the configuration has one */
    uint64_t delayed_to_ms;    /* if HOLD_DELAYED */
};

/* Why a connection is not read from: see link_hold. */
enum connection_hold {
    HOLD_CONGESTED = 1, /* too much waits to be written */
    HOLD_SILENCED = 2,  /* a kick made it mute */
    HOLD_LOGIN = 4,     /* who it is is being found out */
    HOLD_STORE = 8,     /* too much waits to be stored */
    HOLD_DELAYED = 16,  /* it sends more than it may in a second */
};

/* The link, and what each delivery asks for, stand together: see there. */
struct connection {
    struct session *session;          /* NULL unless CONNECTION_UP */
    struct connection_extras *extras; /* owned; NULL: none */
    uint32_t max_packet_size;  /* the client's, at most MQTT_MAX_PACKET_SIZE;
                                 what is larger is not sent */
    uint16_t receive_maximum;  /* QoS 1 and 2 to the client at a time */
    uint16_t keep_alive_s;     /* 0: none */
    uint32_t last_move_ms;     /* when it acknowledged something last, or was
                                 first sent something: the time's low bits */
    uint8_t state;             /* enum connection_state */
    bool opened : 1;           /* with TLS: the handshake is over */
    bool announced : 1;        /* EVENT_CONN_OPENED was written */
    bool congested : 1;        /* more waits than OUTPUT_HIGH_BYTES */
    bool mounted : 1;          /* its listener has a mount_point */
    bool acknowledges : 1;     /* it has acknowledged a message */
    bool told_wait : 1;        /* that messages wait for it was told */
    bool wants_no_reasons : 1; /* Request Problem Information was 0 */
    bool bridge : 1;           /* CONNECT said that it is one, in 3.x */
    uint16_t incoming_blocks;  /* INCOMING_BLOCK_BYTES each: what an incomplete
                                  packet takes, as the broker counts it */
    struct link link;          /* its version is the connection's */
    struct broker *broker;
    struct broker_listener *listener; /* whose settings hold */
    struct list node;                 /* in broker->connections */
    struct timer timer;
};

/*
 * The limit on what waits in a connection's output. Above it a message of QoS 0
 * is dropped, one of QoS 1 or 2 stays in the queue, and the client is not read
 * from. When nothing could be written for slow_client_timeout, or at once if
 * slow_client_action says so, the client is given up.
 */
#define OUTPUT_HIGH_BYTES (1u << 20)

/* Incomplete packets are counted in units of this; a smaller one is not. */
#define INCOMING_BLOCK_BYTES 65536u

static inline struct connection *connection_of(struct link *link)
{
    return (struct connection *)(void *)((char *)link -
                                         offsetof(struct connection, link));
}

/* Why a connection ends; a table in connection_end.c says what follows. */
enum connection_end {
    END_DISCONNECT, /* DISCONNECT, Normal disconnection */
    END_WITH_WILL,  /* DISCONNECT with another reason: the will is wanted */
    END_CUT,        /* the peer closed, or the network broke */
    END_SILENT,     /* 1.5 times the Keep Alive without a byte */
    END_TLS,        /* the handshake, or what came later, was not TLS */
    END_PAGE,       /* asked for a page by HTTP, and got its answer */
    END_NO_CONNECT, /* no CONNECT in time */
    END_REFUSED,    /* CONNACK said no */
    END_ERROR,      /* broke a rule of the standard */
    END_TAKEN_OVER, /* another connection has this Client Identifier */
    END_LIMIT,      /* reached one of our limits */
    END_KICKED,     /* control said so */
    END_UNWELCOME,  /* is let in no more: its user is gone, or the like */
    END_STOPPED,    /* the broker stops */
};

/* A new one over a link that is not open yet. */
struct connection *connection_new(struct broker *broker,
                                  struct broker_listener *listener);

/* One that never got a transport. */
void connection_free(struct connection *connection);

/* All that is said about an end; what is 0 follows from why. */
struct connection_ending {
    enum connection_end why;
    enum mqtt_reason reason; /* for DISCONNECT, where version 5 allows one */
    const char *text;        /* the cause, for people */
    const char *statement;   /* "MQTT-3.1.0-2": the rule that was broken */
    uint64_t cause;          /* seq of the record that brought it about */
    bool clean_start;        /* taken over by one that wants no old session */
};

/*
 * End it, at once for all that the broker knows; the struct lives until the
 * transport is closed. Does nothing when it has ended already. Must not be
 * called inside router_publish, whose list of subscribers it may change.
 */
void connection_end(struct connection *connection,
                    const struct connection_ending *ending);

/* Read nothing more, as if the client had fallen silent. */
void connection_silence(struct connection *connection);

/* Write its records EVENT_CONN_OPENED and, with a session, EVENT_CONNECT_
   ACCEPTED; the tap must be on. */
void connection_report_opened(struct connection *connection);
void connection_report_accepted(const struct connection *connection, bool clean,
                                uint64_t cause);

/* The same with EVENT_CONN_OPENED, if it was not written yet. */
void connection_announce(struct connection *connection);

/* The store has room again: read from it, if that was what it waited for. */
void connection_go_on(struct connection *connection);

/* Say that it has reached a limit, which does not end it: "is ..." */
void connection_report_limit(const struct connection *connection,
                             const char *text, uint64_t cause);

/* It is new: limit the time for its CONNECT. */
void connection_start_timer(struct connection *connection);

/* Something changed that has to do with time: set the timer to what comes
   first. */
void connection_watch_time(struct connection *connection);

/*
 * A packet came, and there is a limit on how much a client may send in a
 * second: may it? If not, it is not read from for a while, or its connection is
 * ended; false only then.
 */
bool connection_may_send(struct connection *connection,
                         const struct frame *frame, uint64_t seq);

/* CONNECT was accepted: set the Keep Alive going. */
void connection_start_keep_alive(struct connection *connection);

/*
 * Send a packet other than PUBLISH: counted, recorded, written at the end of
 * the turn.
 */
void connection_send(struct connection *connection, struct slice packet,
                     uint64_t cause);

/* The same for an answer that promises something: it leaves when what it
   promises is stored, if it is to be. */
void connection_answer(struct connection *connection, struct slice packet,
                       uint64_t cause);

/*
 * Send PUBACK, PUBREC, PUBREL or PUBCOMP. Before version 5 there is no reason
 * in it. text, for a reason of 0x80 or more, is its Reason String; NULL: the
 * name of the reason.
 */
void connection_acknowledge(struct connection *connection, enum mqtt_type type,
                            uint16_t packet_id, enum mqtt_reason reason,
                            const char *text, uint64_t cause);

/* More waits than OUTPUT_HIGH_BYTES: watch from now on whether it moves. */
void connection_congested(struct connection *connection);

/* May another PUBLISH be put into its output? */
static inline bool connection_writable(const struct connection *connection)
{
    return link_pending(&connection->link) < OUTPUT_HIGH_BYTES;
}

/* The same; if not, it is watched. */
static inline bool connection_has_room(struct connection *connection)
{
    if (__builtin_expect(connection_writable(connection), 1))
        return true;
    connection_congested(connection);
    return false;
}

struct connection_extras *connection_extras(struct connection *connection);

/* The request that takes longer than a turn; NULL: none. */
static inline struct subscribe_request *
connection_request(const struct connection *connection)
{
    return connection->extras ? connection->extras->request : NULL;
}

/* Who it is is being found out; NULL: no. */
static inline struct login *
connection_login(const struct connection *connection)
{
    return connection->extras ? connection->extras->login : NULL;
}

/* Its table for what it is sent; NULL: it allows no Topic Aliases. */
static inline struct topic_alias_out *
connection_aliases_out(const struct connection *connection)
{
    return connection->extras ? connection->extras->aliases_out : NULL;
}

/* The Client Identifier; empty before CONNECT. */
struct slice connection_client_id(const struct connection *connection);

/* The same for a line of the log; "127.0.0.1:50123" before CONNECT. text is
   room for it. */
const char *connection_name(const struct connection *connection, char *text,
                            size_t size);

/* Room enough for any address. */
#define CONNECTION_ADDRESS_BYTES 128

/* The address of the peer; at most size - 1 bytes and a NUL. */
void connection_peer(const struct connection *connection, char *text,
                     size_t size);

#endif
