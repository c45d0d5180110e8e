/*
 * Nothing lost: what outlives the broker is stored before it is promised.
 *
 * The broker works in memory; the store (durable_file.h) follows. Whatever
 * changes a session that outlives its connection, or a retained message, is
 * put into a batch. At the end of a turn the batch is written in one
 * transaction, beside the loop; what changes meanwhile is collected in the
 * next one, so a commit serves as many messages as came during the one before.
 *
 * What is promised waits: an acknowledgement, and everything else that must not
 * be forgotten once the peer has it, leaves only after the commit that holds
 * what it says (durable_held.h). What is not a promise does not wait: a message
 * of QoS 1 goes to its subscribers at once, and when they acknowledge it before
 * its batch is written, it is not written at all.
 *
 * Without persistence broker->durable is NULL and session->stored is 0, and
 * that is all that is asked.
 */
#ifndef BROKER_DURABLE_H
#define BROKER_DURABLE_H

#include "broker/outgoing_queue.h"
#include "broker/subscription_tree.h"

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct broker;
struct durable;
struct session;
struct will;

/* Room enough for why a store cannot be used. */
#define DURABLE_TEXT_BYTES 512

/*
 * Open the store that the configuration names, load what is in it into the
 * broker, which must be new, and set broker->durable. Returns false with the
 * reason in error, which has DURABLE_TEXT_BYTES.
 */
bool durable_open(struct broker *broker, char *error);

/*
 * The broker stops and nothing changes any more: store all. Returns true when
 * that is done, or has failed; else calls on_saved when it is.
 */
bool durable_finish(struct durable *durable,
                    void (*on_saved)(struct broker *broker));

/* Close the store, after durable_finish. Returns false when not everything
   was stored. NULL does nothing. */
bool durable_close(struct durable *durable);

/* Is more collected than may be? Then nothing more is read from a peer until
   the store calls connection_go_on. */
bool durable_is_full(struct durable *durable);

/* What the store has done since the start, and does now. */
struct durable_stats {
    uint64_t commits;
    uint64_t changes;    /* rows written */
    uint64_t bytes;      /* of messages and names written */
    uint64_t largest;    /* changes in one commit, at most */
    uint64_t failures;   /* commits that failed, tried again later */
    uint64_t longest_us; /* a commit took, at most */
    uint32_t held;       /* packets that wait for a commit now */
    bool failing;        /* the last commit failed */
};
struct durable_stats durable_stats(const struct durable *durable);

/* ---- what has changed; only for sessions that are stored ---- */

/*
 * A session is new, its client came or went, or its will changed. Makes it one
 * that is stored, or no longer one, as its Session Expiry Interval and its will
 * say; those of a session that ends with its connection are only stored for
 * the will.
 */
void durable_session(struct broker *broker, struct session *session);

/* It ends; it still has all it had. */
void durable_session_ends(struct broker *broker, struct session *session);

/* Its will is about to go, published or not. */
void durable_will_goes(struct broker *broker, struct session *session);

/* It has this subscription from now on, in place of one with the same Topic
   Filter; it has it no more. */
void durable_subscribed(struct broker *broker, const struct session *session,
                        struct slice topic_filter,
                        const struct subscription_options *options);
void durable_unsubscribed(struct broker *broker, const struct session *session,
                          struct slice topic_filter);

/*
 * A delivery was put into the queue or in flight, has another state, will not
 * need its message any more, or is gone. Sets delivery->stored.
 */
void durable_delivery_added(struct broker *broker,
                            const struct session *session,
                            struct delivery *delivery);
void durable_delivery_changed(struct broker *broker,
                              const struct delivery *delivery);
void durable_delivery_received(struct broker *broker,
                               const struct delivery *delivery);
void durable_delivery_goes(struct broker *broker, struct delivery *delivery);

/* A QoS 2 message came with this identifier, or its PUBREL. */
void durable_incoming(struct broker *broker, const struct session *session,
                      uint16_t packet_id, bool in_use);

/* All messages under way are about to be dropped, in both directions. */
void durable_messages_go(struct broker *broker, struct session *session);

#endif
