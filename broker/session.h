/*
 * Session State [MQTT5 4.1, 3.1.2.11.2]: what outlives a Network Connection.
 *
 * Subscriptions, messages under way in both directions, the will. A session
 * has a connection or is away: it lives as long as the connection, and may live
 * longer [MQTT-4.1.0-1]. It ends with its connection when its Session
 * Expiry Interval is 0 (Clean Session of 3.1 and 3.1.1), else when it was away
 * that long. What only few sessions need is allocated when it is needed.
 */
#ifndef BROKER_SESSION_H
#define BROKER_SESSION_H

#include "broker/outgoing_queue.h"
#include "broker/subscription_tree.h"
#include "mqtt/packet_id.h"

#include "base/slice.h"

struct broker;
struct connection;
struct identity;
struct session_away; /* the timers of a session without a connection */
struct will;

#define SESSION_NEVER_EXPIRES UINT32_MAX /* [MQTT5 3.1.2.11.2] */

struct session {
    struct subscriber subscriber;   /* in the subscription tree */
    struct connection *connection;  /* NULL while the client is away */
    struct outgoing_queue outgoing; /* QoS 1 and 2, to the client */
    struct packet_ids incoming;     /* QoS 2, from the client: PUBREC was sent,
                                       PUBREL has not come */
    struct will *will;              /* owned; NULL: none */
    struct session_away *away;      /* owned; NULL while connected */
    struct identity *identity;      /* owned; NULL: nobody in particular */
    uint32_t stored;                /* its row in the durable store; 0: none */
    uint32_t expiry_s;              /* Session Expiry Interval */
    uint16_t client_id_len;
    uint16_t listener : 15; /* where it came in: an index */
    uint16_t dropping : 1;  /* its queue was full, which was logged */
    char client_id[];       /* with a NUL behind it */
};

static inline struct slice session_client_id(const struct session *session)
{
    return slice_of(session->client_id, session->client_id_len);
}

/* The session that a subscriber lies in. */
static inline struct session *session_of(struct subscriber *subscriber)
{
    return (struct session *)(void *)((char *)subscriber -
                                      offsetof(struct session, subscriber));
}

/* A new one, put into the store. */
struct session *session_new(struct broker *broker, struct slice client_id);

/*
 * End a session: subscriptions, queues and the will go, the last without
 * being published, and the session is freed. It must have no connection. Many
 * subscriptions match no more, and go in the turns that come.
 */
void session_free(struct broker *broker, struct session *session);

/* Before the first session, and after the last connection. */
void session_prepare(struct broker *broker);
void session_free_all(struct broker *broker);

/* The same with a record of it; a will that still waits is published. */
void session_end(struct broker *broker, struct session *session,
                 const char *text, uint64_t cause);

/*
 * A session of before the broker's start: its client is away since left_ms, in
 * ms since 1970; 0: until now. When all of it is there, session_go_on does what
 * time has made due, which may end it.
 */
void session_restore(struct broker *broker, struct session *session,
                     uint64_t left_ms);
void session_go_on(struct broker *broker, struct session *session);

/* Since when its client is away, in ms since 1970; 0: it is not. */
uint64_t session_left_ms(const struct session *session);

/* Forget all messages under way, in both directions. */
void session_drop_messages(struct broker *broker, struct session *session);

/* Give it a connection; it must have none. Stops the timers. */
void session_attach(struct session *session, struct connection *connection);

/* What session_detach needs to know. */
struct session_departure {
    const char *text;  /* why the connection ended, for people */
    uint64_t cause;    /* seq of the record that says so; 0: none */
    bool discard_will; /* DISCONNECT with reason 0x00 [MQTT-3.14.4-3] */
    bool end_session;  /* a new Clean Start ends it in any case */
    bool taken_over;   /* by a connection that resumes it */
};

/*
 * The connection is gone. Publishes the will or makes it wait, then ends the
 * session or lets it wait for its client. Returns false when the session was
 * freed.
 */
bool session_detach(struct broker *broker, struct session *session,
                    const struct session_departure *departure);

/* A Session Expiry Interval within what the configuration allows. */
uint32_t session_allowed_expiry(const struct broker *broker, uint32_t expiry_s);

/* Seconds until an away session expires; UINT32_MAX: never. */
uint32_t session_expires_in_s(const struct broker *broker,
                              const struct session *session);

/* Seconds until the will of an away session is published; 0: it has none. */
uint32_t session_will_in_s(const struct broker *broker,
                           const struct session *session);

#endif
