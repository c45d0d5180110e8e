/*
 * What a session acts as, from its CONNECT on and also while its client is
 * away: a user name, and what the rules (access.h) let it do.
 *
 * What a client may write is asked when it writes; what it may read when a
 * Topic Name is matched with the subscriptions. Both answers are kept (the
 * second in the cache of matches), so a message costs no more than without
 * rules as long as neither subscriptions nor rules change. What a plugin said
 * is kept for a second.
 */
#ifndef BROKER_IDENTITY_H
#define BROKER_IDENTITY_H

#include "base/buf.h"
#include "broker/acl.h"
#include "broker/plugin.h"

struct access;
struct broker;
struct session;

/* Who has found out that a client is who it says. The numbers are stored with
   the sessions: a new one comes at the end. */
enum identity_voucher {
    VOUCHED_BY_NOBODY, /* it has no user name, or nobody keeps passwords */
    VOUCHED_BY_PASSWORD_FILE,
    VOUCHED_BY_PLUGIN,
    VOUCHED_BY_SCRAM, /* with the password file, by SCRAM-SHA-256 */
    VOUCHED_BY_TLS,   /* by its certificate or pre-shared key */
    VOUCHED_BY_LAST = VOUCHED_BY_TLS,
};

/* What a session acts as. */
struct identity {
    char *user_name; /* owned; NULL: none */
    enum identity_voucher voucher;
    const struct access *access; /* of the listener; valid until a reload */
    struct acl_subject subject;
    bool guarded;     /* somebody must be asked what it may do */
    bool may_write;   /* the answer for wrote */
    struct buf wrote; /* the Topic Name it asked for last; empty: none */
    uint32_t wrote_s; /* access->age_s at that time */
};

/* The session acts as this user of that listener from now on; user_name may be
   empty: none. */
void identity_set(struct broker *broker, struct session *session,
                  uint16_t listener, struct slice user_name,
                  enum identity_voucher voucher);

/* Look up anew what the rules of its listener say about it. */
void identity_consult(const struct broker *broker, struct session *session);

/* When it ends. */
void identity_forget(struct session *session);

/* NULL: it has none. */
const char *identity_user_name(const struct session *session);

/* May it publish to this Topic Name? The answer is kept for the next message
   to the same one. */
bool identity_may_write(struct session *session, struct slice topic_name);

/* May messages of this Topic Name be sent to it? Asks the rules, or a plugin,
   each time: the cache of matches keeps the answer. */
bool identity_may_read(const struct session *session, struct slice topic_name);

/* The same as identity_may_write for a client that may be gone: user_name is
   empty for none. */
bool identity_could_write(const struct broker *broker, uint16_t listener,
                          struct slice client_id, struct slice user_name,
                          struct slice topic_name);

/* May it subscribe to this Topic Filter, wildcards and "$share/" included? */
bool identity_may_subscribe(const struct session *session,
                            struct slice topic_filter);

/* Room enough for why something is refused. */
#define IDENTITY_WHY_BYTES 400

/*
 * Report a refusal to who watches, as EVENT_ACCESS_REFUSED with its cause. The
 * tap must be on. why, of IDENTITY_WHY_BYTES, is where identity_explain has put
 * it.
 */
void identity_report(struct broker *broker, const struct session *session,
                     struct slice topic, const char *why, uint64_t cause);

/* Why one of the three above said no. */
void identity_explain(const struct session *session, enum mqttlab_right right,
                      struct slice topic, char *why);

/* Report each subscriber that is not sent a message because it may not read it.
   The tap must be on. */
void identity_report_readers(struct broker *broker, struct slice topic_name,
                             uint64_t cause);

#endif
