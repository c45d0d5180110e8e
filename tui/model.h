/*
 * The model: what is known about clients, topics and wills, from records
 * alone. The same code serves a running broker and a recording.
 *
 * Everything is bounded: what is over a limit is counted, not kept. Text is
 * kept as it came from the peers; who shows it renders it (wire/render.h).
 */
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include "base/map.h"
#include "wire/history.h"

#include <stdbool.h>
#include <stdint.h>

#define MODEL_CLIENTS_MAX       4096
#define MODEL_SUBSCRIPTIONS_MAX 1024 /* of one client */
#define MODEL_FLOWS_MAX         1024 /* of one client */
#define MODEL_TOPICS_MAX        16384
#define MODEL_WILLS_MAX         512
#define MODEL_PAYLOAD_MAX       64  /* bytes kept of a payload */
#define MODEL_TLS_MAX           256 /* handshakes before their CONNECT */
#define MODEL_SECONDS           60  /* of rates that are kept */

/* ---- clients and their sessions ---- */

enum model_state {
    MODEL_CONNECTING, /* CONNECT seen, no CONNACK yet */
    MODEL_CONNECTED,
    MODEL_AWAY,    /* not connected; the broker keeps the session */
    MODEL_ENDED,   /* not connected; no session is left */
    MODEL_EXPIRED, /* the session was kept until its time was over */
    MODEL_REFUSED, /* the last CONNECT was refused */
};

enum model_will_state {
    MODEL_WILL_NONE,
    MODEL_WILL_ARMED,     /* the broker holds it */
    MODEL_WILL_WAITING,   /* its delay runs */
    MODEL_WILL_FIRED,     /* published */
    MODEL_WILL_CANCELLED, /* deleted, not published */
};

/* One will, from CONNECT to its end. */
struct model_will {
    char *client_id;
    char *topic;
    uint8_t payload[MODEL_PAYLOAD_MAX];
    uint32_t payload_len; /* of the whole payload */
    uint8_t qos;
    bool retain;
    uint8_t state;       /* enum model_will_state */
    uint32_t delay_s;    /* Will Delay Interval */
    uint64_t armed_by;   /* number of the CONNECT; 0: before we watched */
    uint64_t armed_ns;   /* when */
    uint64_t delayed_ns; /* when its delay began, or what delay_s is left of */
    uint64_t ended_ns;   /* when fired or cancelled */
    uint64_t ended_seq;  /* record that says so; 0: none */
    char *cause;         /* why it ended so, a sentence; NULL: unknown */
    uint64_t made[4];    /* numbers of the first packets that it became */
    uint64_t made_count;
};

struct model_subscription {
    char *topic_filter;
    uint8_t qos; /* granted */
};

struct model_client {
    char *client_id;
    char *user_name;  /* "" when none */
    char *peer;       /* address; "" when unknown */
    char *cover;      /* what is around MQTT: "TLSv1.3, cipher, certificate",
                         or "ws"; "" when nothing is, or that is unknown */
    char *why;        /* what the state came from, a sentence; "" */
    unsigned number;  /* in order of appearance, from 0 */
    uint8_t state;    /* enum model_state */
    uint8_t version;  /* enum mqtt_version */
    bool clean_start; /* Clean Session before version 5 */
    bool keeps;       /* the broker keeps the session when it goes */
    bool on_right;    /* takes messages rather than making them */
    bool untold;      /* it connected before we watched, and nobody said what
                         its session holds: a proxy cannot know */
    uint16_t keep_alive_s;
    uint32_t connection;
    uint32_t expiry_s;     /* session expiry; UINT32_MAX: never */
    uint64_t connected_ns; /* time of its last CONNECT; 0: before we
                              watched */
    uint64_t ended_ns;     /* when it went */
    uint64_t heard_ns;     /* last packet from it */
    uint64_t pinged_ns;    /* its PINGREQ that no PINGRESP answered; 0: none */
    uint64_t packets_in;   /* from it */
    uint64_t packets_out;  /* to it */
    uint64_t published;    /* PUBLISH from it */
    uint64_t delivered;    /* PUBLISH to it */
    uint64_t queued;       /* messages that wait for it */
    uint64_t rtt_ns;       /* its last answer took; 0: unknown */
    struct model_will *will; /* the last one; NULL: it had none */
    /* That of the connection which the last CONNECT has taken over, until the
       broker has said what becomes of it. */
    struct model_will *will_before;
    struct model_subscription *subscriptions;
    size_t subscription_count;
    uint32_t *flows; /* under way: packet id, and 1 << 16 when from it */
    size_t flow_count;
};

/* ---- topics ---- */

struct model_topic {
    char *name; /* of this level; the whole by model_topic_name */
    struct model_topic *parent;
    struct model_topic **children; /* in order of their names */
    size_t child_count;
    uint64_t published;                 /* messages on this very topic */
    uint64_t last_seq;                  /* record of the last one */
    uint8_t payload[MODEL_PAYLOAD_MAX]; /* of the last message */
    uint32_t payload_len;
    uint8_t qos;
    bool named;      /* some packet named this very topic */
    bool retain;     /* Retain flag of the last PUBLISH */
    bool retained;   /* the broker keeps a message */
    bool folded;     /* for the view */
    uint8_t rate[8]; /* messages in each of the last seconds, newest first,
                        counted at rate_second */
    uint64_t rate_second;
    size_t subscribers;           /* as counted last, by model_subscribers */
    uint64_t subscribers_counted; /* model's subscriptions_changed then, + 1 */
};

/* ---- rules that disturb the traffic ---- */

#define MODEL_RULES_MAX 64 /* as many as a broker takes */

struct model_rule {
    unsigned number;
    char *text; /* owned: "always drop mqtt.qos == 2" */
};

/* ---- everything ---- */

#define MODEL_WAITING_MAX 8192 /* held packets that are known */

struct model_counters {
    uint64_t packets[2][16]; /* [from client?][enum mqtt_type] */
    uint64_t bytes[2];       /* on the wire */
    uint64_t publishes[3];   /* from clients, by QoS */
    uint64_t held;           /* packets that a rule held back */
    uint64_t dropped;        /* packets that a rule dropped */
    uint64_t malformed;
    uint64_t events;
    uint32_t per_second[MODEL_SECONDS]; /* packets; index: second % 60 */
    uint64_t second;                    /* the newest in per_second */
};

/* What a handshake has agreed on. */
struct model_tls {
    uint32_t connection;
    char *sides[2]; /* owned: towards the client; behind a proxy, the broker */
    char *text;     /* owned: of both; NULL: there is none */
};

struct model {
    const struct history *history; /* borrowed */
    struct map clients_by_id;
    struct model_client **clients; /* in order of appearance */
    size_t client_count;
    uint64_t clients_dropped; /* not kept: too many */
    unsigned next_number;
    struct model_topic root;
    size_t topic_count;
    uint64_t topics_dropped;
    size_t named_count;        /* topics that a packet named */
    struct model_will **wills; /* oldest first */
    size_t will_count;
    uint64_t subscriptions_changed; /* counts changes, for caches */
    struct model_counters counters;
    bool tells_causes; /* records come from our broker, which says which packet
                          brought another about */
    uint64_t broker_began_ns; /* when the broker was started; 0: not said */
    struct model_rule rules[MODEL_RULES_MAX]; /* in force, oldest first */
    size_t rule_count;
    struct model_tls tls[MODEL_TLS_MAX]; /* the latest ones, in a ring */
    unsigned tls_next;
    uint64_t *waiting; /* owned: seqs of packets that a rule holds, in order */
    uint32_t *waiting_on; /* owned: the connection of each */
    size_t waiting_count;
};

struct model *model_new(const struct history *history);
void model_free(struct model *model);

/* Take a row into account; rows come in order, each once. */
void model_add(struct model *model, const struct history_row *row);

/* Does a rule hold the packet with this seq now? */
bool model_waits(const struct model *model, uint64_t seq);

/* The client with this Client Identifier, or NULL. */
struct model_client *model_client(const struct model *model,
                                  const char *client_id);
/* "CONNECTED" and so on; "armed" and so on. */
const char *model_state_name(enum model_state state);
const char *model_will_name(enum model_will_state state);

/* Did the client begin this one of its handshakes under way? */
bool model_flow_is_from(const struct model_client *client, size_t index);
/* Handshakes under way: started by the client, or by the broker. */
size_t model_in_flight(const struct model_client *client, bool from_client);

/* ---- what runs out: seconds that are left, -1: nothing runs ---- */

/* Until the Keep Alive is over. */
int64_t model_keep_alive_left_s(const struct model_client *client,
                                uint64_t now_ns);
/* Until the broker gives the client up, at one and a half of it
   [MQTT-3.1.2-22]; a client whose packets a rule holds it does not give up. */
int64_t model_given_up_in_s(const struct model *model,
                            const struct model_client *client, uint64_t now_ns);
/* Does a rule hold a packet of the client's connection? */
bool model_holds(const struct model *model, const struct model_client *client);
/*
 * Until a client will have lost patience itself, because a rule holds its
 * packets or its PINGREQ got no answer. Nobody but the client knows for sure;
 * most send PINGREQ after one Keep Alive and wait another one for the answer
 * [MQTT5 3.1.2.10].
 */
int64_t model_patience_left_s(const struct model *model,
                              const struct model_client *client,
                              uint64_t now_ns);
/* Until the session of a client that is away is over. */
int64_t model_session_left_s(const struct model_client *client,
                             uint64_t now_ns);
/* Until a delayed will is published. */
int64_t model_will_left_s(const struct model_will *will, uint64_t now_ns);

/* The topic after this one, parents first; NULL at the end. Starts with NULL;
   skips what is below a folded topic unless all is set. */
struct model_topic *model_topic_next(const struct model *model,
                                     struct model_topic *topic, bool all);
/* Append the whole Topic Name. */
void model_topic_name(const struct model_topic *topic, struct buf *out);
/* Levels above it. */
int model_topic_depth(const struct model_topic *topic);
/* How many connected or kept sessions subscribe to it. */
size_t model_subscribers(const struct model *model, struct model_topic *topic);
/* The subscription by which a client gets the topic; NULL: it does not. */
const struct model_subscription *
model_subscription_for(const struct model_client *client,
                       struct slice topic_name);

/* Packets in the last whole second before now. */
uint32_t model_rate(const struct model *model, uint64_t now_ns);

#endif
