#include "wire/track_flow.h"

#include "base/alloc.h"
#include "mqtt/mqtt.h"

#include <stdlib.h>
#include <string.h>

#define MAX_OPEN     131072u    /* exchanges under way, of all sessions */
#define MAX_DONE     1024u      /* complete ones that are remembered */
#define MAX_PROGRESS (1u << 22) /* flows whose outcome is remembered */

struct key {
    uint32_t session;
    uint16_t packet_id;
    uint16_t sender; /* enum record_direction that opened it */
};

struct exchange {
    struct list in_session;
    struct list in_age;
    struct key key;
    struct track_session *session;
    const char *topic; /* interned */
    uint64_t last_seq; /* of the packet seen last */
    uint64_t last_ns;
    uint32_t flow;     /* 0: not a flow, or its PUBLISH was not seen */
    uint8_t opened_by; /* enum mqtt_type */
    uint8_t qos;
    uint8_t step;
    uint8_t last_direction;
    bool done;
};

/*
 * What a packet type does to an exchange. A PUBREL opens one too, for its
 * PUBLISH may have passed before anyone watched.
 */
struct rule {
    uint8_t opened_by; /* what must have opened the exchange; 0: no rule */
    uint8_t qos;       /* of that PUBLISH; 0: any */
    uint8_t step;
    bool by_sender; /* comes from the side that opened the exchange */
    bool opens;
    bool ends;
};

/* clang-format off */
static const struct rule rules[16] = {
    [MQTT_PUBLISH]     = {MQTT_PUBLISH,     0, 1, true,  true,  false},
    [MQTT_PUBACK]      = {MQTT_PUBLISH,     1, 2, false, false, true},
    [MQTT_PUBREC]      = {MQTT_PUBLISH,     2, 2, false, false, false},
    [MQTT_PUBREL]      = {MQTT_PUBLISH,     2, 3, true,  true,  false},
    [MQTT_PUBCOMP]     = {MQTT_PUBLISH,     2, 4, false, false, true},
    [MQTT_SUBSCRIBE]   = {MQTT_SUBSCRIBE,   0, 1, true,  true,  false},
    [MQTT_SUBACK]      = {MQTT_SUBSCRIBE,   0, 2, false, false, true},
    [MQTT_UNSUBSCRIBE] = {MQTT_UNSUBSCRIBE, 0, 1, true,  true,  false},
    [MQTT_UNSUBACK]    = {MQTT_UNSUBSCRIBE, 0, 2, false, false, true},
};
/* clang-format on */

static struct slice key_slice(const struct key *key)
{
    return slice_of(key, sizeof(*key));
}

void track_flow_init(struct track_flows *flows)
{
    *flows = (struct track_flows){0};
    list_init(&flows->all);
    list_init(&flows->open);
    list_init(&flows->done);
}

static void free_session(struct track_flows *flows,
                         struct track_session *session)
{
    if (*session->client_id)
        map_remove(&flows->sessions, slice_of_string(session->client_id));
    list_remove(&session->in_all);
    free(session);
}

void track_flow_release(struct track_flows *flows)
{
    struct exchange *exchange;
    size_t position = 0;

    while ((exchange = map_next(&flows->exchanges, &position)))
        free(exchange);
    LIST_FOREACH_SAFE (node, &flows->all)
        free(LIST_ITEM(node, struct track_session, in_all));
    map_release(&flows->exchanges);
    map_release(&flows->sessions);
    free(flows->progress);
    track_flow_init(flows);
}

/* ---- how flows stand ---- */

static bool remembered(const struct track_flows *flows, uint32_t flow)
{
    return flow && flow <= flows->last_flow &&
           flows->last_flow - flow < MAX_PROGRESS;
}

enum flow_progress track_flow_state(const struct track_flows *flows,
                                    uint32_t flow)
{
    uint32_t at = flow & (MAX_PROGRESS - 1);

    if (!remembered(flows, flow))
        return TRACK_NO_FLOW;
    return (enum flow_progress)(flows->progress[at / 4] >> at % 4 * 2 & 3);
}

static void set_progress(struct track_flows *flows, uint32_t flow,
                         enum flow_progress progress)
{
    uint32_t at = flow & (MAX_PROGRESS - 1);

    if (!remembered(flows, flow))
        return;
    if (at / 4 >= flows->progress_bytes) {
        uint32_t bytes = flows->progress_bytes ? flows->progress_bytes * 2 : 64;

        flows->progress = alloc_resize(flows->progress, bytes, 1);
        memset(flows->progress + flows->progress_bytes, 0,
               bytes - flows->progress_bytes);
        flows->progress_bytes = bytes;
    }
    uint8_t *four = &flows->progress[at / 4];
    *four = (uint8_t)((*four & ~(3u << at % 4 * 2)) | progress << at % 4 * 2);
}

/* ---- exchanges ---- */

static void unlink_exchange(struct track_flows *flows,
                            struct exchange *exchange)
{
    map_remove(&flows->exchanges, key_slice(&exchange->key));
    list_remove(&exchange->in_session);
    list_remove(&exchange->in_age);
    *(exchange->done ? &flows->done_count : &flows->open_count) -= 1;
    free(exchange);
}

/* The oldest of a list that grew too long; its session may end with it. */
static void forget_oldest(struct track_flows *flows, struct list *ages)
{
    struct exchange *oldest = LIST_ITEM(ages->next, struct exchange, in_age);
    struct track_session *session = oldest->session;

    if (!oldest->done)
        set_progress(flows, oldest->flow, TRACK_NO_FLOW);
    unlink_exchange(flows, oldest);
    if (!session->connection && list_empty(&session->exchanges))
        free_session(flows, session);
}

/* An exchange that will not be completed. */
static void lose(struct track_flows *flows, struct exchange *exchange,
                 struct track_note *note)
{
    if (exchange->flow && !exchange->done) {
        set_progress(flows, exchange->flow, TRACK_LOST);
        if (note && !note->flow) {
            note->flow = exchange->flow;
            note->flow_qos = exchange->qos;
            note->flow_step = exchange->step;
            note->flow_steps = exchange->qos * 2;
            note->progress = TRACK_LOST;
            note->topic = exchange->topic;
        }
    }
    unlink_exchange(flows, exchange);
}

static struct exchange *open_exchange(struct track_flows *flows,
                                      struct track_session *session,
                                      const struct key *key)
{
    if (flows->open_count >= MAX_OPEN)
        forget_oldest(flows, &flows->open);

    struct exchange *exchange = alloc_zero(1, sizeof(*exchange));
    exchange->key = *key;
    exchange->session = session;
    exchange->topic = "";
    list_append(&session->exchanges, &exchange->in_session);
    list_append(&flows->open, &exchange->in_age);
    flows->open_count++;
    map_set(&flows->exchanges, key_slice(&exchange->key), exchange);
    return exchange;
}

static void mark_done(struct track_flows *flows, struct exchange *exchange)
{
    exchange->done = true;
    flows->open_count--;
    flows->done_count++;
    list_remove(&exchange->in_age);
    list_append(&flows->done, &exchange->in_age);
    set_progress(flows, exchange->flow, TRACK_DONE);
    if (flows->done_count > MAX_DONE)
        forget_oldest(flows, &flows->done);
}

static void mark_open(struct track_flows *flows, struct exchange *exchange)
{
    if (exchange->done) {
        flows->done_count--;
        flows->open_count++;
    }
    exchange->done = false;
    list_remove(&exchange->in_age);
    list_append(&flows->open, &exchange->in_age);
    set_progress(flows, exchange->flow, TRACK_OPEN);
}

/* ---- sessions ---- */

struct track_session *track_flow_session(struct track_flows *flows,
                                         uint32_t connection)
{
    struct track_session *session = alloc_zero(1, sizeof(*session));

    session->client_id = "";
    session->id = ++flows->last_session;
    session->connection = connection;
    list_init(&session->exchanges);
    list_append(&flows->all, &session->in_all);
    return session;
}

struct track_session *track_flow_find(const struct track_flows *flows,
                                      const char *client_id)
{
    return map_get(&flows->sessions, slice_of_string(client_id));
}

/* What came before the answer to CONNECT [MQTT5 3.1.4] belongs to the session
   that the answer names. */
static void move_exchanges(struct track_flows *flows,
                           struct track_session *from, struct track_session *to)
{
    LIST_FOREACH_SAFE (node, &from->exchanges) {
        struct exchange *exchange =
            LIST_ITEM(node, struct exchange, in_session);

        map_remove(&flows->exchanges, key_slice(&exchange->key));
        exchange->key.session = to->id;
        struct exchange *old =
            map_get(&flows->exchanges, key_slice(&exchange->key));
        if (old)
            lose(flows, old, NULL);
        map_set(&flows->exchanges, key_slice(&exchange->key), exchange);
        exchange->session = to;
        list_remove(&exchange->in_session);
        list_append(&to->exchanges, &exchange->in_session);
    }
}

struct track_session *track_flow_accept(struct track_flows *flows,
                                        struct track_session *early,
                                        const char *client_id, bool fresh,
                                        struct track_note *note)
{
    struct track_session *session = track_flow_find(flows, client_id);

    if (!session) {
        early->client_id = client_id;
        map_set(&flows->sessions, slice_of_string(client_id), early);
        return early;
    }
    if (fresh)
        track_flow_lose(flows, session, note);
    session->connection = early->connection;
    move_exchanges(flows, early, session);
    free_session(flows, early);
    return session;
}

void track_flow_lose(struct track_flows *flows, struct track_session *session,
                     struct track_note *note)
{
    LIST_FOREACH_SAFE (node, &session->exchanges)
        lose(flows, LIST_ITEM(node, struct exchange, in_session), note);
}

void track_flow_leave(struct track_flows *flows, struct track_session *session,
                      struct track_note *note)
{
    bool kept = session->kept && *session->client_id;

    session->connection = 0;
    LIST_FOREACH_SAFE (node, &session->exchanges) {
        struct exchange *exchange =
            LIST_ITEM(node, struct exchange, in_session);

        if (!kept || exchange->opened_by != MQTT_PUBLISH)
            lose(flows, exchange, note);
    }
    if (list_empty(&session->exchanges))
        free_session(flows, session);
}

/* ---- packets ---- */

/* The exchange that this packet begins; one that it replaces is lost. */
static struct exchange *begin(struct track_flows *flows,
                              struct track_session *session,
                              const struct key *key, struct exchange *old,
                              const struct track_packet *packet)
{
    if (old)
        lose(flows, old, NULL);

    struct exchange *exchange = open_exchange(flows, session, key);
    exchange->opened_by = rules[packet->type].opened_by;
    exchange->qos = packet->type == MQTT_PUBREL ? 2 : packet->qos;
    if (packet->type == MQTT_PUBLISH) {
        exchange->flow = ++flows->last_flow;
        set_progress(flows, exchange->flow, TRACK_OPEN);
    }
    return exchange;
}

/* Is this PUBLISH the one that opened the exchange, sent again [MQTT5 4.4]? */
static bool repeats(const struct exchange *exchange,
                    const struct track_packet *packet, const char *topic)
{
    return packet->dup && exchange->opened_by == MQTT_PUBLISH &&
           exchange->qos == packet->qos && exchange->topic == topic;
}

static struct exchange *find_or_begin(struct track_flows *flows,
                                      struct track_session *session,
                                      const struct record *record,
                                      const struct track_packet *packet,
                                      const char *topic)
{
    const struct rule *rule = &rules[packet->type];
    struct key key = {
        .session = session->id,
        .packet_id = packet->packet_id,
        .sender = rule->by_sender                   ? record->direction
                  : record->direction == RECORD_C2B ? RECORD_B2C
                                                    : RECORD_C2B,
    };
    struct exchange *exchange = map_get(&flows->exchanges, key_slice(&key));

    if (rule->step == 1) {
        if (!exchange || !repeats(exchange, packet, topic))
            exchange = begin(flows, session, &key, exchange, packet);
        exchange->topic = topic;
        return exchange;
    }
    if (!exchange && rule->opens)
        return begin(flows, session, &key, NULL, packet);
    if (!exchange || exchange->opened_by != rule->opened_by ||
        (rule->qos && exchange->qos != rule->qos))
        return NULL;
    return exchange;
}

static void describe(const struct exchange *exchange,
                     const struct record *record, unsigned step,
                     struct track_note *note)
{
    note->topic = exchange->topic;
    if (exchange->last_seq && exchange->last_direction != record->direction) {
        note->pair = exchange->last_seq;
        note->rtt_ns = record->time_ns > exchange->last_ns
                           ? record->time_ns - exchange->last_ns
                           : 0;
    }
    if (!exchange->flow)
        return;
    note->flow = exchange->flow;
    note->flow_qos = exchange->qos;
    note->flow_step = (uint8_t)step;
    note->flow_steps = exchange->qos * 2;
    note->progress = exchange->done ? TRACK_DONE : TRACK_OPEN;
}

/* Does this packet complete the exchange? A PUBREC that refuses does [MQTT5
   4.3.3]. */
static bool completes(const struct exchange *exchange,
                      const struct track_packet *packet)
{
    const struct rule *rule = &rules[packet->type];

    if (packet->type == MQTT_PUBREC)
        return packet->reason >= 0x80;
    return rule->ends && exchange->step + 1 >= rule->step;
}

void track_flow_packet(struct track_flows *flows, struct track_session *session,
                       const struct record *record,
                       const struct track_packet *packet,
                       struct track_note *note)
{
    const struct rule *rule = &rules[packet->type];

    if (!rule->opened_by || !packet->packet_id)
        return;
    struct exchange *exchange =
        find_or_begin(flows, session, record, packet, note->topic);
    if (!exchange)
        return;
    if (rule->opens)
        mark_open(flows, exchange);
    describe(exchange, record, rule->step, note);

    /* The peer never got it: nothing has happened yet. */
    if (record->flags & RECORD_DROPPED)
        return;
    exchange->last_seq = record->seq;
    exchange->last_ns = record->time_ns;
    exchange->last_direction = record->direction;
    bool complete = !exchange->done && completes(exchange, packet);
    if (rule->step > exchange->step || rule->opens)
        exchange->step = rule->step;
    if (!complete)
        return;
    if (!exchange->flow) {
        unlink_exchange(flows, exchange);
        return;
    }
    note->progress = TRACK_DONE;
    mark_done(flows, exchange);
}

size_t track_flow_bytes(const struct track_flows *flows)
{
    return flows->exchanges.count * sizeof(struct exchange) +
           flows->sessions.count * sizeof(struct track_session) +
           (flows->exchanges.cap + flows->sessions.cap) *
               sizeof(struct map_entry) +
           flows->progress_bytes;
}
