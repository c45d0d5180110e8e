/*
 * The broker: one struct owns everything, and a loop that somebody else runs
 * drives it.
 *
 * Nothing here is global, so a test can have several brokers, and one that has
 * no socket at all: it makes connections over transports of its own.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "broker/config.h"
#include "broker/counters.h"
#include "broker/memory_watch.h"
#include "broker/reload.h"
#include "broker/report.h"
#include "broker/retained_store.h"
#include "broker/router.h"
#include "broker/session_store.h"
#include "broker/subscription_tree.h"
#include "net/loop.h"
#include "net/socket.h"
#include "wire/tap.h"

struct access;
struct access_control;
struct connection;
struct control;
struct durable;
struct link;
struct login_queue;
struct psk_file;
struct secure;
struct web;
struct sys_topics;
struct tls_context;

/* One address of the configuration. */
struct broker_listener {
    struct listener socket;
    struct listener socket_6; /* the address of IPv6 that it has besides */
    struct broker *broker;
    const struct config_listener *config;
    struct access *access;     /* one reference; NULL: no rules */
    uint32_t connection_count; /* that came here and are not closed */
    bool open;
    bool open_6;
    struct tls_context *tls; /* one reference; NULL: not encrypted */
    struct psk_file *psk;    /* owned; NULL: no pre-shared keys */
};

struct broker {
    struct loop *loop;           /* borrowed */
    const struct config *config; /* borrowed */
    const struct log *log;       /* borrowed */
    struct tap tap;
    struct report report;    /* where records are put together */
    struct control *control; /* NULL: none */
    struct sys_topics *sys_topics;
    struct secure *secure; /* owned; NULL: secure_open was not called */
    struct web *web;       /* owned; NULL: no listener is for websockets */

    struct session_store sessions;
    struct list leaving;         /* sessions that are over: see session_free */
    size_t leaving_levels;       /* of their Topic Filters */
    struct loop_task leave_task; /* takes their subscriptions away */
    struct subscription_tree *subscriptions;
    struct retained_store *retained;
    struct router router;
    uint64_t work;      /* done for the packets of this read: nodes looked at,
                      deliveries, Topic Filters; see HANDLE_TURN_WORK */
    uint64_t turn_work; /* so much of it one client may cause in this turn */
    uint64_t turn_ns;   /* when this turn began */
    uint32_t hungry;    /* clients that have caused as much since then */
    struct durable *durable; /* what is kept on disk; NULL: nothing */
    struct memory_watch memory;
    uint32_t incoming_blocks; /* of incomplete packets, of all connections */
    struct broker_counters counters;
    uint64_t started_ms; /* by the loop's monotonic clock */

    struct broker_listener *listeners; /* owned; as many as config has */
    uint32_t open_count;               /* of them that are not closed yet */
    struct list connections;           /* struct connection, member node */
    uint32_t connection_count;         /* on that list */
    uint32_t opening_count;     /* of these, in the middle of a handshake */
    uint32_t last_connection;   /* number given to the newest connection */
    uint64_t last_assigned_id;  /* for Client Identifiers that we make up */
    struct map scripts;         /* Client Identifiers of scripted clients;
                                    keys are the values, owned */
    struct loop_task tap_task;  /* publishes the records of a turn */
    struct loop_task stop_task; /* calls on_stopped */
    bool stopping;
    void (*on_stopped)(struct broker *broker); /* may be NULL */
    void *owner;                               /* for on_stopped */
    struct list reload_hooks;                  /* struct reload_hook */
    struct access_control *access_control;     /* NULL: no rules */
    struct login_queue *logins; /* clients that are being checked */
    bool guarded;               /* somebody's rules say what clients may do */
    struct reload_hook own_reload; /* of what is kept here */
    /* SIGUSR1: store what is not stored yet; NULL: nothing is ever stored. */
    void (*save)(struct broker *broker);
};

/*
 * A broker that listens nowhere yet. loop, config (after config_finish) and
 * log are borrowed until broker_free.
 */
struct broker *broker_new(struct loop *loop, const struct config *config,
                          const struct log *log);

/*
 * Listen on the address of this index in the configuration. Returns 0 or a
 * negative errno.
 */
int broker_listen(struct broker *broker, size_t index);

/*
 * The port really bound by the listener of this index; 0 when there is none.
 */
uint16_t broker_port(const struct broker *broker, size_t index);

/*
 * Announce the broker in the user's runtime directory and take commands there
 * (wire/control.h). port is what it is announced as. Returns 0 or a negative
 * errno.
 */
int broker_open_control(struct broker *broker, uint16_t port);

/*
 * A new connection over a transport that the caller makes: with
 * link_transport_events, the returned link as its owner, and put into
 * link->transport before the next turn. listener is the index of the one whose
 * settings hold. Returns NULL when max_connections is reached or the broker
 * stops.
 */
struct link *broker_connect(struct broker *broker, size_t listener);

/*
 * Publish on behalf of the broker itself: routed, and retained if
 * publish->retain. Returns how many subscribers it went to.
 */
size_t broker_publish(struct broker *broker,
                      const struct mqtt_publish *publish);

/* Bring the counters up to date that are not kept: what is subscribed to,
   retained and stored. */
void broker_count(struct broker *broker);

/* Remove the retained messages that match a filter; returns how many. */
size_t broker_clear_retained(struct broker *broker, struct slice topic_filter);

/*
 * Forget what was before: sessions that are away, retained messages (but those
 * of topics that begin with "$"), messages under way to who is connected.
 */
void broker_reset(struct broker *broker);

/*
 * Stop: listeners close, every client is disconnected, with a reason in
 * version 5. on_stopped (may be NULL) comes from the loop when all is closed.
 */
void broker_stop(struct broker *broker, void (*on_stopped)(struct broker *),
                 void *owner);

/* After on_stopped, or when the loop will not run again. */
void broker_free(struct broker *broker);

/* Of a packet from a client: the limit of the configuration, or at_most. */
uint32_t broker_max_packet_size(const struct broker *broker, uint32_t at_most);

/* Something was recorded: at the end of the turn readers get to see it. */
static inline void broker_show_records(struct broker *broker)
{
    if (tap_on(&broker->tap))
        loop_at_end(broker->loop, &broker->tap_task);
}

/* A connection is about to be freed. */
void broker_forget(struct broker *broker, struct connection *connection);

/* Write EVENT_LISTENER; the tap must be on. */
void broker_report_listener(struct broker *broker,
                            const struct broker_listener *listener);

#endif
