#include "broker/durable_load.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/durable_schema.h"
#include "broker/durable_state.h"
#include "broker/handle.h"
#include "broker/identity.h"
#include "broker/message.h"
#include "broker/session.h"
#include "broker/will.h"
#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/topic.h"
#include "mqtt/utf8.h"

/* A message by its id; they are sorted. */
struct known_message {
    uint64_t id;
    struct message *message; /* one reference */
};

struct known_session {
    uint64_t id;
    struct session *session;
};

struct load {
    struct durable *durable;
    struct broker *broker;
    const char *table;
    sqlite3_stmt *row;              /* of it; its first column is a number */
    struct known_message *messages; /* owned */
    size_t message_count;
    size_t message_cap;
    size_t left_out; /* retained messages that there is no place for */
    struct known_session *sessions; /* owned */
    size_t session_count;
    size_t session_cap;
};

/* ---- columns ---- */

static uint64_t number(const struct load *load, int column)
{
    return (uint64_t)sqlite3_column_int64(load->row, column);
}

static struct slice bytes(const struct load *load, int column)
{
    const void *at = sqlite3_column_blob(load->row, column);

    return slice_of(at, (size_t)sqlite3_column_bytes(load->row, column));
}

static bool is_null(const struct load *load, int column)
{
    return sqlite3_column_type(load->row, column) == SQLITE_NULL;
}

/* Is there a number from 0 to max, or none at all? */
static bool is_within(const struct load *load, int column, uint64_t max)
{
    return number(load, column) <= max; /* below 0 it is above all */
}

/* Tell what is wrong with the row. */
static bool impossible(const struct load *load, const char *why)
{
    snprintf(load->durable->error, DURABLE_ERROR_BYTES,
             "%.200s: is damaged: in table %s, row %lld: %s",
             load->durable->file.path, load->table, (long long)number(load, 0),
             why);
    return false;
}

/* New rows get larger numbers than all that are there. */
static bool is_number(const struct load *load)
{
    return number(load, 0) && is_within(load, 0, INT64_MAX / 2);
}

/* Call for_row with each row that a statement about a table gives. */
static bool for_all(struct load *load, const char *table, const char *sql,
                    bool (*for_row)(struct load *load))
{
    sqlite3 *db = load->durable->file.db;
    bool good = true;

    load->table = table;
    int result = sqlite3_prepare_v2(db, sql, -1, &load->row, NULL) == SQLITE_OK
                     ? SQLITE_ROW
                     : SQLITE_ERROR;

    while (good && result == SQLITE_ROW &&
           (result = sqlite3_step(load->row)) == SQLITE_ROW)
        good = is_number(load) ? for_row(load)
                               : impossible(load, "its number is none");
    if (good && result != SQLITE_DONE) {
        snprintf(load->durable->error, DURABLE_ERROR_BYTES, "%.200s: %.280s",
                 load->durable->file.path, sqlite3_errmsg(db));
        good = false;
    }
    sqlite3_finalize(load->row);
    return good;
}

/* No new row may have the number of one that is there. */
static void skip_number(struct durable *durable, uint64_t id)
{
    if (durable->last_number < id)
        durable->last_number = id;
}

/* Where in an array sorted by id, which is the first member. */
static int by_id(const void *key, const void *item)
{
    uint64_t id = *(const uint64_t *)key;
    uint64_t other = *(const uint64_t *)item;

    return (id > other) - (id < other);
}

static struct message *find_message(const struct load *load, uint64_t id)
{
    const struct known_message *known =
        load->message_count ? bsearch(&id, load->messages, load->message_count,
                                      sizeof(load->messages[0]), by_id)
                            : NULL;

    return known ? known->message : NULL;
}

static struct session *find_session(const struct load *load, uint64_t id)
{
    const struct known_session *known =
        load->session_count ? bsearch(&id, load->sessions, load->session_count,
                                      sizeof(load->sessions[0]), by_id)
                            : NULL;

    return known ? known->session : NULL;
}

/* A row of the file for a message or a delivery. */
static uint32_t row_of(struct durable *durable, uint64_t id)
{
    uint64_t last = durable->last_number;
    uint32_t index = durable_row_new(durable);

    durable->last_number = last;
    *durable_row_at(durable, index) = (struct durable_row){.number = id};
    skip_number(durable, id);
    return index;
}

/* A row that need not be there any more. */
static void remove_row(const struct load *load, enum durable_kind kind,
                       uint64_t id)
{
    durable_batch_put(
        load->durable->collecting,
        &(struct durable_change){.kind = (uint8_t)kind, .number = id});
    skip_number(load->durable, id);
}

static void refer(const struct load *load, struct message *message)
{
    durable_row_at(load->durable, message->stored)->refs++;
}

/* ---- messages ---- */

/* The Properties as a PUBLISH would have them; false when they are none. */
static bool get_properties(const struct load *load, struct buf *properties)
{
    struct slice stored = bytes(load, 5);
    struct buf packet = {0};

    if (stored.len > MQTT_MAX_REMAINING_LENGTH / 2)
        return false;
    if (!is_null(load, 6))
        property_put_number(properties, PROPERTY_MESSAGE_EXPIRY_INTERVAL,
                            (uint32_t)number(load, 6));
    buf_reserve(properties, stored.len);
    buf_append_slice(properties, stored);
    property_write(&packet, buf_slice(properties));
    struct reader reader = {.rest = buf_slice(&packet)};
    property_read(&reader, MQTT_PUBLISH);
    bool good = !reader.reason;
    buf_release(&packet);
    return good;
}

/* How long ago by the wall clock; never before now. */
static uint64_t age_ms(const struct load *load, uint64_t wall_ms)
{
    uint64_t now_ms =
        durable_wall_ms(load->durable, clock_ms(&load->broker->loop->clock));

    return wall_ms < now_ms ? now_ms - wall_ms : 0;
}

static void keep_message(struct load *load, struct message *message)
{
    if (load->message_count == load->message_cap) {
        load->message_cap = load->message_cap ? 2 * load->message_cap : 1024;
        load->messages = alloc_resize(load->messages, load->message_cap,
                                      sizeof(load->messages[0]));
    }
    message->stored = row_of(load->durable, number(load, 0));
    load->messages[load->message_count++] = (struct known_message){
        .id = number(load, 0),
        .message = message,
    };
}

/* Retain a message, if it is the one of its topic. */
static bool retain(struct load *load, struct message *message)
{
    struct retained_store *store = load->broker->retained;
    uint64_t now_ms = clock_ms(&load->broker->loop->clock);

    if (!number(load, 8) || message_expired(message, now_ms))
        return true; /* [MQTT-3.3.2-5] */
    if (!handle_may_publish(message_topic(message)))
        return impossible(load, "nobody may publish there");
    if (retained_store_get(store, message_topic(message), now_ms))
        return impossible(load, "its topic has another retained message");
    if (retained_store_set(store, message, now_ms) == RETAINED_STORED)
        refer(load, message);
    else
        load->left_out++;
    return true;
}

static void warn_of_limits(const struct load *load)
{
    if (load->left_out)
        log_warning(load->broker->log,
                    "%zu retained messages of the store are beyond the limits "
                    "of the configuration, and are gone.",
                    load->left_out);
}

/* Is it a message as it can come in a PUBLISH? */
static bool judge_publish(const struct load *load,
                          const struct mqtt_publish *publish)
{
    return topic_name_valid(publish->topic) &&
           publish->payload.len <= MQTT_MAX_REMAINING_LENGTH &&
           is_within(load, 3, 2) && is_within(load, 6, UINT32_MAX);
}

static bool load_message(struct load *load)
{
    struct buf properties = {0};
    struct message *message = NULL;
    struct mqtt_publish publish = {
        .topic = bytes(load, 1),
        .payload = bytes(load, 2),
        .qos = (uint8_t)(number(load, 3) & 3),
        .retain = number(load, 4),
    };

    if (judge_publish(load, &publish) && get_properties(load, &properties)) {
        publish.properties = buf_slice(&properties);
        message = message_new_from(&publish,
                                   clock_ms(&load->broker->loop->clock) -
                                       age_ms(load, number(load, 7)),
                                   0, bytes(load, 9));
    }
    buf_release(&properties);
    if (!message)
        return impossible(load, "no PUBLISH can be like this");
    keep_message(load, message);
    return retain(load, message);
}

/* ---- sessions ---- */

static void keep_session(struct load *load, struct session *session)
{
    if (load->session_count == load->session_cap) {
        load->session_cap = load->session_cap ? 2 * load->session_cap : 256;
        load->sessions = alloc_resize(load->sessions, load->session_cap,
                                      sizeof(load->sessions[0]));
    }
    session->stored = row_of(load->durable, number(load, 0));
    load->sessions[load->session_count++] =
        (struct known_session){.id = number(load, 0), .session = session};
}

/* The listener that a session came in at, if it is still there. */
static uint16_t known_listener(const struct load *load)
{
    uint64_t listener = number(load, 8);

    return listener < load->broker->config->listener_count ? (uint16_t)listener
                                                           : 0;
}

/* What no session can be like; NULL: it can. */
static const char *judge_session(const struct load *load)
{
    struct slice client_id = bytes(load, 1);
    struct slice user_name = bytes(load, 6);

    if (!client_id.len || client_id.len > HANDLE_MAX_CLIENT_ID_BYTES ||
        !utf8_valid(client_id) ||
        session_store_find(&load->broker->sessions, client_id))
        return "no Client Identifier, or one twice";
    if (!is_within(load, 2, SESSION_NEVER_EXPIRES) ||
        !is_within(load, 5, UINT32_MAX))
        return "its Session Expiry Interval or Will Delay Interval is none";
    if ((user_name.len && memchr(user_name.bytes, '\0', user_name.len)) ||
        !is_within(load, 7, VOUCHED_BY_LAST))
        return "its user is none";
    if (!is_null(load, 4) && !find_message(load, number(load, 4)))
        return "its will is not there";
    return NULL;
}

static bool load_session(struct load *load)
{
    struct broker *broker = load->broker;
    const char *why = judge_session(load);

    if (why)
        return impossible(load, why);
    struct session *session = session_new(broker, bytes(load, 1));
    session->expiry_s =
        session_allowed_expiry(broker, (uint32_t)number(load, 2));
    keep_session(load, session);
    session_restore(broker, session, number(load, 3));
    identity_set(broker, session, known_listener(load), bytes(load, 6),
                 (enum identity_voucher)number(load, 7));
    if (is_null(load, 4))
        return true;
    struct message *message = find_message(load, number(load, 4));
    session->will = alloc_bytes(sizeof(*session->will));
    *session->will = (struct will){
        .message = message_ref(message),
        .delay_s = (uint32_t)number(load, 5),
    };
    refer(load, message);
    return true;
}

static bool load_subscription(struct load *load)
{
    struct session *session = find_session(load, number(load, 0));
    struct slice topic_filter = bytes(load, 1);
    const struct subscription_options options = {
        .qos = (uint8_t)(number(load, 2) & 3),
        .no_local = number(load, 3),
        .retain_as_published = number(load, 4),
        .retain_handling = (uint8_t)(number(load, 5) & 3),
        .identifier = (uint32_t)number(load, 6),
    };

    if (!session || !topic_filter_valid(topic_filter))
        return impossible(load, "no session, or no Topic Filter");
    if (!is_within(load, 2, 2) || !is_within(load, 5, 2) ||
        !is_within(load, 6, MQTT_MAX_REMAINING_LENGTH))
        return impossible(load, "its Subscription Options are none");
    if (subscription_tree_subscribe(load->broker->subscriptions,
                                    &session->subscriber, topic_filter,
                                    &options) == SUBSCRIPTION_TOO_DEEP)
        log_warning(load->broker->log,
                    "A subscription of client %s has more levels than "
                    "max_topic_levels allows, and is gone.",
                    session->client_id);
    return true;
}

static bool load_incoming(struct load *load)
{
    struct session *session = find_session(load, number(load, 0));
    uint64_t packet_id = number(load, 1);

    if (!session || !packet_id || packet_id > UINT16_MAX)
        return impossible(load, "no session, or no Packet Identifier");
    packet_ids_mark(&session->incoming, (uint16_t)packet_id);
    return true;
}

/* ---- deliveries ---- */

/* Are these Subscription Identifiers, as Properties, and nothing else? */
static bool are_identifiers(struct slice properties)
{
    struct property property;

    while (property_next(&properties, &property)) {
        if (property.info->id != PROPERTY_SUBSCRIPTION_IDENTIFIER ||
            !property.number)
            return false;
    }
    return !properties.len;
}

static const char *judge_delivery(const struct load *load,
                                  const struct session *session,
                                  const struct delivery *delivery, int state)
{
    static const bool fits[3][FLOW_WAIT_PUBREL] = {
        [1] = {[FLOW_DONE] = true,        [FLOW_WAIT_PUBACK] = true},
        [2] = { [FLOW_DONE] = true,
               [FLOW_WAIT_PUBREC] = true,
               [FLOW_WAIT_PUBCOMP] = true},
    };

    if (!session)
        return "it is of no session";
    if (state < 0 || delivery->qos > 2 || !fits[delivery->qos][state])
        return "its state is none";
    if (!delivery->message && state != FLOW_WAIT_PUBCOMP)
        return "its message is not there";
    if ((state == FLOW_DONE) != (delivery->packet_id == 0) ||
        number(load, 4) > UINT16_MAX)
        return "its Packet Identifier is wrong";
    if (delivery->packet_id &&
        outgoing_queue_find(&session->outgoing, delivery->packet_id))
        return "its Packet Identifier is there twice";
    return NULL;
}

static bool load_delivery(struct load *load)
{
    struct session *session = find_session(load, number(load, 1));
    int state = durable_schema_find_state(
        (const char *)sqlite3_column_text(load->row, 5));
    struct slice identifiers = bytes(load, 7);
    struct delivery delivery = {
        .message =
            is_null(load, 2) ? NULL : find_message(load, number(load, 2)),
        .qos = (uint8_t)(number(load, 3) & 3),
        .packet_id = (uint16_t)number(load, 4),
        .state = (uint8_t)state,
        .retain = number(load, 6),
    };
    const char *why = judge_delivery(load, session, &delivery, state);

    if (!why && !are_identifiers(identifiers))
        why = "its Subscription Identifiers are none";
    if (why)
        return impossible(load, why);
    if (!delivery.packet_id && delivery.message &&
        message_expired(delivery.message,
                        clock_ms(&load->broker->loop->clock))) {
        remove_row(load, DURABLE_DELIVERY_REMOVE, number(load, 0));
        return true; /* [MQTT-3.3.2-5] */
    }
    if (delivery.message) {
        message_ref(delivery.message);
        refer(load, delivery.message);
    }
    if (identifiers.len) {
        delivery.identifiers = shared_new(identifiers.len);
        memcpy(delivery.identifiers->bytes, identifiers.bytes, identifiers.len);
    }
    delivery.stored = row_of(load->durable, number(load, 0));
    if (delivery.packet_id) {
        outgoing_queue_restore(&session->outgoing, &delivery);
        load->broker->counters.messages_inflight++;
    } else {
        outgoing_queue_push(&session->outgoing, &delivery);
    }
    return true;
}

/* ---- all of it ---- */

static bool load_all(struct load *load)
{
    if (!for_all(load, "messages",
                 "SELECT id, topic, payload, qos, retain, properties, expiry_s,"
                 " arrived_ms, retained, source FROM messages ORDER BY id",
                 load_message) ||
        !for_all(load, "sessions",
                 "SELECT id, client_id, expiry_s, left_ms, will_message,"
                 " will_delay_s, user_name, voucher, listener"
                 " FROM sessions ORDER BY id",
                 load_session))
        return false;
    warn_of_limits(load);
    return for_all(load, "subscriptions",
                   "SELECT session, topic_filter, qos, no_local,"
                   " retain_as_published, retain_handling, identifier"
                   " FROM subscriptions",
                   load_subscription) &&
           for_all(load, "incoming", "SELECT session, packet_id FROM incoming",
                   load_incoming) &&
           for_all(load, "outgoing",
                   "SELECT id, session, message, qos, packet_id, state, retain,"
                   " identifiers FROM outgoing ORDER BY id",
                   load_delivery);
}

/* Forget the messages that nothing refers to: what kept them has expired. */
static void let_go(struct load *load)
{
    struct durable *durable = load->durable;

    for (size_t i = 0; i < load->message_count; i++) {
        struct message *message = load->messages[i].message;

        if (!durable_row_at(durable, message->stored)->refs) {
            remove_row(load, DURABLE_MESSAGE_REMOVE, load->messages[i].id);
            durable_row_free(durable, message->stored);
            message->stored = 0;
        }
        message_unref(message);
    }
    free(load->messages);
    free(load->sessions);
}

bool durable_load(struct durable *durable)
{
    struct load load = {.durable = durable, .broker = durable->broker};
    bool good = load_all(&load);

    let_go(&load);
    return good;
}

void durable_load_finish(struct durable *durable)
{
    struct broker *broker = durable->broker;
    size_t count = session_store_count(&broker->sessions);
    struct session **sessions = session_store_list(&broker->sessions);

    for (size_t i = 0; i < count; i++)
        session_go_on(broker, sessions[i]);
    free(sessions);
    log_info(broker->log, "The store %s is open: %zu sessions.",
             durable->file.path, session_store_count(&broker->sessions));
    durable_touch(durable);
}
