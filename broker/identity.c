#include "broker/identity.h"

#include "base/alloc.h"
#include "broker/access.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/session.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- identities ---- */

void identity_consult(const struct broker *broker, struct session *session)
{
    struct identity *identity = session->identity;
    const struct access *access = broker->listeners[session->listener].access;

    identity->access = access;
    identity->guarded = access_is_guarding(access);
    identity->subject = (struct acl_subject){
        .user_name = identity->user_name,
        .client_id = session_client_id(session),
        .section = access && access->acl
                       ? acl_section_of(access->acl, identity->user_name)
                       : NULL,
    };
    buf_clear(&identity->wrote);
}

void identity_forget(struct session *session)
{
    if (!session->identity)
        return;
    buf_release(&session->identity->wrote);
    free(session->identity->user_name);
    free(session->identity);
    session->identity = NULL;
}

/* Who it was before: kept matches have the answers for that one. */
static bool is_another(const struct session *session, uint16_t listener,
                       struct slice user_name)
{
    const struct identity *identity = session->identity;
    const char *is = identity ? identity->user_name : NULL;

    return session->listener != listener || !slice_equal_string(user_name, is);
}

void identity_set(struct broker *broker, struct session *session,
                  uint16_t listener, struct slice user_name,
                  enum identity_voucher voucher)
{
    if (session->subscriber.count && is_another(session, listener, user_name))
        subscription_tree_forget(broker->subscriptions);
    identity_forget(session);
    session->listener = listener & 0x7fffu;
    if (!user_name.len &&
        !access_is_guarding(broker->listeners[listener].access))
        return;
    session->identity = alloc_zero(1, sizeof(*session->identity));
    session->identity->voucher = voucher;
    if (user_name.len)
        session->identity->user_name =
            alloc_string_of(user_name.bytes, user_name.len);
    identity_consult(broker, session);
}

const char *identity_user_name(const struct session *session)
{
    return session->identity ? session->identity->user_name : NULL;
}

/* ---- questions ---- */

/* Ask the plugins in turn; MQTTLAB_DEFER when none of them knows. */
static enum mqttlab_answer ask_plugins(const struct identity *identity,
                                       enum mqttlab_right right,
                                       struct slice topic, char *why)
{
    const struct access *access = identity->access;
    enum mqttlab_answer answer = MQTTLAB_DEFER;
    char unread[IDENTITY_WHY_BYTES] = "";

    if (!access->asks_plugins)
        return MQTTLAB_DEFER;
    char *client_id = alloc_string_of(identity->subject.client_id.bytes,
                                      identity->subject.client_id.len);
    char *text = alloc_string_of(topic.bytes, topic.len);
    const struct mqttlab_client client = {
        .client_id = client_id,
        .user_name = identity->user_name,
        .address = "",
    };
    for (size_t i = 0; i < access->plugin_count && !answer; i++)
        answer = plugin_host_authorize(access->plugins[i], &client, right, text,
                                       why ? why : unread, IDENTITY_WHY_BYTES);
    free(client_id);
    free(text);
    return answer;
}

static bool is_allowed(const struct identity *identity,
                       enum mqttlab_right right, struct slice topic, char *why)
{
    const struct access *access = identity->access;
    enum mqttlab_answer answer = ask_plugins(identity, right, topic, why);
    struct acl_decision decision;

    if (answer)
        return answer == MQTTLAB_ALLOW;
    if (!access->acl) {
        if (why)
            snprintf(why, IDENTITY_WHY_BYTES, "no plugin allows it");
        return right == MQTTLAB_SUBSCRIBE;
    }
    if (right == MQTTLAB_SUBSCRIBE)
        return true;
    decision = acl_decide(&identity->subject, (enum acl_right)right, topic);
    if (!decision.allowed && why)
        acl_explain(access->acl, &identity->subject, (enum acl_right)right,
                    &decision, why, IDENTITY_WHY_BYTES);
    return decision.allowed;
}

_Static_assert((int)ACL_READ == MQTTLAB_READ && (int)ACL_WRITE == MQTTLAB_WRITE,
               "the same numbers");

void identity_explain(const struct session *session, enum mqttlab_right right,
                      struct slice topic, char *why)
{
    why[0] = '\0';
    if (session->identity && session->identity->guarded)
        is_allowed(session->identity, right, topic, why);
}

bool identity_may_write(struct session *session, struct slice topic_name)
{
    struct identity *identity = session->identity;

    if (!identity || !identity->guarded)
        return true;
    if (slice_equal(topic_name, buf_slice(&identity->wrote)) &&
        identity->wrote_s == identity->access->age_s)
        return identity->may_write;
    identity->may_write = is_allowed(identity, MQTTLAB_WRITE, topic_name, NULL);
    identity->wrote_s = identity->access->age_s;
    buf_clear(&identity->wrote);
    buf_append_slice(&identity->wrote, topic_name);
    return identity->may_write;
}

bool identity_may_read(const struct session *session, struct slice topic_name)
{
    return !session->identity || !session->identity->guarded ||
           is_allowed(session->identity, MQTTLAB_READ, topic_name, NULL);
}

bool identity_may_subscribe(const struct session *session,
                            struct slice topic_filter)
{
    return !session->identity || !session->identity->guarded ||
           is_allowed(session->identity, MQTTLAB_SUBSCRIBE, topic_filter, NULL);
}

bool identity_could_write(const struct broker *broker, uint16_t listener,
                          struct slice client_id, struct slice user_name,
                          struct slice topic_name)
{
    const struct access *access = broker->listeners[listener].access;
    char *name =
        user_name.len ? alloc_string_of(user_name.bytes, user_name.len) : NULL;
    const struct identity identity = {
        .user_name = name,
        .access = access,
        .subject = {.user_name = name,
                    .client_id = client_id,
                    .section = access && access->acl
                                   ? acl_section_of(access->acl, name)
                                   : NULL},
    };
    bool could = !access_is_guarding(access) ||
                 is_allowed(&identity, MQTTLAB_WRITE, topic_name, NULL);

    free(name);
    return could;
}

/* ---- reports ---- */

void identity_report(struct broker *broker, const struct session *session,
                     struct slice topic, const char *why, uint64_t cause)
{
    report_begin(broker, EVENT_ACCESS_REFUSED, session_client_id(session));
    report_put(broker, RECORD_TOPIC, topic);
    if (session->identity && session->identity->user_name)
        report_printf(broker, RECORD_USER_NAME, "%s",
                      session->identity->user_name);
    report_put_number(broker, RECORD_REASON, MQTT_NOT_AUTHORIZED);
    report_printf(broker, RECORD_TEXT, "%s", why);
    report_end(broker, session->connection, cause);
}

void identity_report_readers(struct broker *broker, struct slice topic_name,
                             uint64_t cause)
{
    char why[IDENTITY_WHY_BYTES];
    char text[IDENTITY_WHY_BYTES + 32];
    size_t count;
    const struct subscription_match *matches =
        subscription_tree_match_all(broker->subscriptions, topic_name, &count);

    for (size_t i = 0; i < count; i++) {
        const struct session *session = session_of(matches[i].subscriber);

        if (matches[i].more || identity_may_read(session, topic_name))
            continue;
        identity_explain(session, MQTTLAB_READ, topic_name, why);
        snprintf(text, sizeof(text), "is not sent it: %s", why);
        identity_report(broker, session, topic_name, text, cause);
    }
}
