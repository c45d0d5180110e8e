/*
 * Checking who a client is, between its CONNECT and the answer [MQTT5 5.4.1].
 *
 * What takes long (hashing a password, asking a plugin) is done by a job beside
 * the loop. Until it is done the connection's link holds what comes behind the
 * CONNECT. Connections and rules may go meanwhile: the job has a copy of all
 * that it needs.
 */
#ifndef BROKER_LOGIN_H
#define BROKER_LOGIN_H

#include "base/buf.h"
#include "base/list.h"
#include "broker/admission.h"
#include "broker/identity.h"
#include "broker/password.h"
#include "broker/scram.h"
#include "net/loop.h"

struct access;

/* What the next message of SCRAM is. */
enum login_step { LOGIN_WANTS_FIRST, LOGIN_WANTS_FINAL };

struct login {
    struct connection *connection; /* NULL: it has ended */
    struct login_queue *queue;     /* one reference while it is running */
    struct list node;              /* in queue->waiting */
    struct loop *loop;
    struct loop_job job;
    bool running; /* the job */
    struct admission admission;
    struct buf body;          /* of the CONNECT; what admission borrows from */
    struct access *access;    /* one reference */
    struct password password; /* what the one that was sent is compared with */
    bool compares;            /* there is one */
    bool known;               /* it is that user's, not just anybody's */
    char *client_id;          /* owned */
    char *user_name;          /* owned; NULL: none */
    char address[128];
    bool anonymous;     /* who has no user name may come in */
    struct scram scram; /* no job is needed for it */
    enum login_step step;
    /* The result. */
    enum mqtt_reason reason;
    enum identity_voucher voucher;
    char why[IDENTITY_WHY_BYTES]; /* it is refused */
};

/*
 * Only so many are checked at a time, the others wait in turn: whoever sends
 * passwords that take long must not keep the loop's threads from other work.
 */
#define LOGIN_JOBS 2u

struct login_queue {
    struct list waiting; /* struct login, member node */
    unsigned running;    /* jobs */
    unsigned references; /* the broker's, and those of the jobs */
};

struct login_queue *login_queue_new(void);
void login_queue_unref(struct login_queue *queue);

/*
 * Find out whether the client of this CONNECT is who it says. Returns true when
 * that is decided at once: *reason is then MQTT_SUCCESS, with
 * admission->voucher set, or why not, with admission->text. Returns false when
 * it takes longer; handle_connect_decided is called then.
 */
bool login_begin(struct admission *admission, enum mqtt_reason *reason);

/* The client, which is in, wants to say once more who it is [MQTT5 4.12.1]. */
struct login *login_again(struct connection *connection);

/* The connection ends, or it is decided without a job. NULL does nothing. */
void login_abandon(struct login *login);

#endif
