#include "broker/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/durable.h"
#include "broker/identity.h"
#include "broker/will.h"
#include "net/timer.h"

/* What a session has only while its client is away. */
struct session_away {
    struct broker *broker;
    struct session *session;
    struct timer expiry;
    struct timer will;
    uint64_t left_ms; /* since when; ms since 1970 */
};

struct session *session_new(struct broker *broker, struct slice client_id)
{
    struct session *session =
        alloc_zero(1, offsetof(struct session, client_id) + client_id.len + 1);

    subscription_tree_subscriber_init(&session->subscriber);
    session->client_id_len = (uint16_t)client_id.len;
    if (client_id.len)
        memcpy(session->client_id, client_id.bytes, client_id.len);
    session_store_add(&broker->sessions, session);
    return session;
}

static void come_back(struct session *session)
{
    struct session_away *away = session->away;

    if (!away)
        return;
    timer_cancel(&away->expiry);
    timer_cancel(&away->will);
    away->broker->counters.clients_disconnected--;
    free(away);
    session->away = NULL;
}

void session_drop_messages(struct broker *broker, struct session *session)
{
    if (session->stored)
        durable_messages_go(broker, session);
    broker->counters.messages_inflight -= session->outgoing.inflight_count;
    outgoing_queue_release(&session->outgoing);
    packet_ids_release(&session->incoming);
}

/* ---- the end of a session ---- */

/* So many subscriptions and levels of them go in one turn: a client may have a
   million. Of many sessions it is a part of what they have, or those that end
   faster would fill the memory. */
#define LEAVE_AT_ONCE   1000
#define LEAVE_IN_A_TURN 20000
#define LEAVE_PART      32

/* A session of which nothing is left but subscriptions. */
struct leaving {
    struct list node; /* in broker->leaving */
    struct session *session;
};

static void leaving_free(struct leaving *leaving)
{
    list_remove(&leaving->node);
    free(leaving->session);
    free(leaving);
}

static struct leaving *first_leaving(struct broker *broker)
{
    return LIST_ITEM(broker->leaving.next, struct leaving, node);
}

/* All that it had, whatever has gone since. */
static size_t levels_of(const struct session *session)
{
    return session->subscriber.filter_bytes / SUBSCRIPTION_LEVEL_BYTES;
}

static void on_leave_task(struct loop_task *task)
{
    struct broker *broker = LIST_ITEM(task, struct broker, leave_task);
    size_t work = LEAVE_IN_A_TURN + broker->leaving_levels / LEAVE_PART;

    while (work && !list_empty(&broker->leaving)) {
        struct leaving *leaving = first_leaving(broker);
        size_t levels = levels_of(leaving->session);

        if (!subscription_tree_leave(broker->subscriptions,
                                     &leaving->session->subscriber, work))
            break;
        broker->leaving_levels -= levels;
        work -= levels < work ? levels : work;
        leaving_free(leaving);
    }
    if (!list_empty(&broker->leaving))
        loop_at_end(broker->loop, task);
}

static void take_leave(struct broker *broker, struct session *session)
{
    if (subscription_tree_leave(broker->subscriptions, &session->subscriber,
                                LEAVE_AT_ONCE)) {
        free(session);
        return;
    }
    struct leaving *leaving = alloc_zero(1, sizeof(*leaving));
    leaving->session = session;
    broker->leaving_levels += levels_of(session);
    list_append(&broker->leaving, &leaving->node);
    loop_at_end(broker->loop, &broker->leave_task);
}

void session_prepare(struct broker *broker)
{
    list_init(&broker->leaving);
    loop_task_init(&broker->leave_task, on_leave_task);
}

void session_free_all(struct broker *broker)
{
    size_t count = session_store_count(&broker->sessions);
    struct session **sessions = session_store_list(&broker->sessions);

    for (size_t i = 0; i < count; i++)
        session_free(broker, sessions[i]);
    free(sessions);
    session_store_release(&broker->sessions);
    loop_task_cancel(&broker->leave_task);
    while (!list_empty(&broker->leaving)) {
        struct leaving *leaving = first_leaving(broker);

        subscription_tree_remove_all(broker->subscriptions,
                                     &leaving->session->subscriber);
        leaving_free(leaving);
    }
}

void session_free(struct broker *broker, struct session *session)
{
    assert(!session->connection);
    if (session->stored)
        durable_session_ends(broker, session);
    come_back(session);
    session_store_remove(&broker->sessions, session);
    session_drop_messages(broker, session);
    will_free(session->will);
    identity_forget(session);
    take_leave(broker, session);
}

void session_attach(struct session *session, struct connection *connection)
{
    assert(!session->connection);
    come_back(session);
    session->connection = connection;
    connection->session = session;
}

/* ---- the client is gone ---- */

static void report_session(struct broker *broker, const struct session *session,
                           enum event_code code, const char *text,
                           uint64_t cause)
{
    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, code, session_client_id(session));
    report_put_number(broker, RECORD_EXPIRY, session->expiry_s);
    report_put_number(broker, RECORD_NUMBER,
                      outgoing_queue_waiting(&session->outgoing) +
                          session->outgoing.inflight_count);
    report_printf(broker, RECORD_TEXT, "%s", text);
    report_end(broker, NULL, cause);
}

void session_end(struct broker *broker, struct session *session,
                 const char *text, uint64_t cause)
{
    /* The end of the session ends the delay of its will [MQTT-3.1.3-9]. */
    if (session->will)
        will_fire(broker, session, text, cause);
    report_session(broker, session, EVENT_SESSION_ENDED, text, cause);
    session_free(broker, session);
}

static void on_expiry(struct timer *timer)
{
    struct session_away *away = LIST_ITEM(timer, struct session_away, expiry);
    struct broker *broker = away->broker;
    struct session *session = away->session;

    if (session->will) /* [MQTT-3.1.3-9] */
        will_fire(broker, session, "the session expired before Will Delay", 0);
    broker->counters.clients_expired++;
    report_session(
        broker, session, EVENT_SESSION_EXPIRED,
        session->expiry_s == broker->config->persistent_client_expiration
            ? "the client was away longer than persistent_client_expiration"
            : "the client was away longer than Session Expiry Interval",
        0);
    log_info(broker->log, "Expiring client %s due to timeout.",
             session->client_id);
    session_free(broker, session); /* [MQTT-3.1.2-23] [MQTT-4.1.0-2] */
}

static void on_will_delay(struct timer *timer)
{
    struct session_away *away = LIST_ITEM(timer, struct session_away, will);

    if (away->session->will)
        will_fire(away->broker, away->session, "Will Delay Interval is over",
                  0);
}

static uint64_t wall_ms(const struct broker *broker)
{
    return broker->loop->clock.wall_ns / CLOCK_NS_PER_MS;
}

static struct session_away *away_new(struct broker *broker,
                                     struct session *session)
{
    struct session_away *away = alloc_bytes(sizeof(*away));

    *away = (struct session_away){
        .broker = broker, .session = session, .left_ms = wall_ms(broker)};
    timer_init(&away->expiry, on_expiry);
    timer_init(&away->will, on_will_delay);
    session->away = away;
    broker->counters.clients_disconnected++;
    return away;
}

static void go_away(struct broker *broker, struct session *session,
                    const struct session_departure *departure)
{
    struct session_away *away = away_new(broker, session);

    durable_session(broker, session);
    if (session->expiry_s != SESSION_NEVER_EXPIRES)
        timer_set(broker->loop, &away->expiry,
                  session->expiry_s * UINT64_C(1000));
    report_session(broker, session, EVENT_SESSION_AWAY, departure->text,
                   departure->cause);
    if (!session->will)
        return;
    timer_set(broker->loop, &away->will,
              session->will->delay_s * UINT64_C(1000));
    if (tap_on(&broker->tap)) {
        will_report(broker, session, EVENT_WILL_DELAYED);
        report_printf(broker, RECORD_TEXT, "%s; it waits %u s", departure->text,
                      session->will->delay_s);
        report_end(broker, NULL, departure->cause);
    }
}

/* ---- from before the broker's start ---- */

void session_restore(struct broker *broker, struct session *session,
                     uint64_t left_ms)
{
    struct session_away *away = away_new(broker, session);

    if (left_ms)
        away->left_ms = left_ms;
}

/* Set a timer for what is left of so many seconds, of which some time is over.
   Returns false when nothing is left. */
static bool set_rest(struct broker *broker, struct timer *timer,
                     uint32_t seconds, uint64_t gone_ms)
{
    uint64_t all_ms = seconds * UINT64_C(1000);

    if (gone_ms < all_ms)
        timer_set(broker->loop, timer, all_ms - gone_ms);
    return gone_ms < all_ms;
}

void session_go_on(struct broker *broker, struct session *session)
{
    struct session_away *away = session->away;
    uint64_t now_ms = wall_ms(broker);
    uint64_t gone_ms = now_ms > away->left_ms ? now_ms - away->left_ms : 0;

    if (session->expiry_s == 0) {
        session_end(broker, session,
                    "the broker ended while the client was connected", 0);
        return;
    }
    if (session->expiry_s != SESSION_NEVER_EXPIRES &&
        !set_rest(broker, &away->expiry, session->expiry_s, gone_ms)) {
        on_expiry(&away->expiry);
        return;
    }
    if (session->will &&
        !set_rest(broker, &away->will, session->will->delay_s, gone_ms))
        will_fire(broker, session,
                  "Will Delay Interval is over since the broker ended", 0);
    durable_session(broker, session);
}

uint64_t session_left_ms(const struct session *session)
{
    return session->away ? session->away->left_ms : 0;
}

/* [MQTT5 3.1.2.5] */
static void decide_will(struct broker *broker, struct session *session,
                        const struct session_departure *departure, bool ends)
{
    if (!session->will) /* [MQTT311-3.1.2-12] */
        return;
    if (departure->discard_will) /* [MQTT-3.14.4-3] */
        will_cancel(broker, session, departure->text, departure->cause);
    else if (ends || session->will->delay_s == 0)
        will_fire(broker, session, departure->text, departure->cause);
    else if (departure->taken_over) /* [MQTT-3.1.3-9] */
        will_cancel(broker, session, "the client is back within Will Delay",
                    departure->cause);
}

bool session_detach(struct broker *broker, struct session *session,
                    const struct session_departure *departure)
{
    bool ends = departure->end_session || session->expiry_s == 0;

    session->connection->session = NULL;
    session->connection = NULL;
    decide_will(broker, session, departure, ends);
    if (ends) {
        session_end(broker, session, departure->text, departure->cause);
        return false;
    }
    if (!departure->taken_over)
        go_away(broker, session, departure);
    return true;
}

/* ---- how long ---- */

uint32_t session_allowed_expiry(const struct broker *broker, uint32_t expiry_s)
{
    uint32_t limit_s = broker->config->persistent_client_expiration;

    return limit_s && expiry_s > limit_s ? limit_s : expiry_s;
}

static uint32_t seconds_to(const struct broker *broker,
                           const struct timer *timer)
{
    uint64_t now_ms = clock_ms(&broker->loop->clock);

    if (timer->deadline_ms <= now_ms)
        return 0;
    return (uint32_t)((timer->deadline_ms - now_ms + 999) / 1000);
}

uint32_t session_expires_in_s(const struct broker *broker,
                              const struct session *session)
{
    if (!session->away)
        return session->expiry_s;
    return timer_is_set(&session->away->expiry)
               ? seconds_to(broker, &session->away->expiry)
               : SESSION_NEVER_EXPIRES;
}

uint32_t session_will_in_s(const struct broker *broker,
                           const struct session *session)
{
    return session->away && session->will
               ? seconds_to(broker, &session->away->will)
               : 0;
}
