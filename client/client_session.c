#include "client/client_session.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static struct kept *kept_of(struct list *node)
{
    return LIST_ITEM(node, struct kept, node);
}

static struct slice copy_slice(uint8_t **at, struct slice from)
{
    struct slice copy = slice_of(*at, from.len);

    if (from.len)
        memcpy(*at, from.bytes, from.len);
    *at += from.len;
    return copy;
}

static struct kept *keep(enum mqtt_type type,
                         const struct mqtt_publish *publish)
{
    struct kept *kept =
        alloc_bytes(sizeof(*kept) + publish->topic.len +
                    publish->properties.len + publish->payload.len);
    uint8_t *at = kept->bytes;

    list_init(&kept->node);
    kept->state = FLOW_DONE;
    kept->type = type;
    kept->publish = *publish;
    kept->publish.dup = false;
    kept->publish.topic = copy_slice(&at, publish->topic);
    kept->publish.properties = copy_slice(&at, publish->properties);
    kept->publish.payload = copy_slice(&at, publish->payload);
    return kept;
}

static void free_all(struct list *list)
{
    for (struct list *node; (node = list_take_first(list));)
        free(kept_of(node));
}

static struct kept *find(struct list *list, uint16_t packet_id)
{
    /* Acknowledgements come in the order of what they acknowledge, so the
       first is nearly always the one. */
    LIST_FOREACH (node, list) {
        if (kept_of(node)->publish.packet_id == packet_id)
            return kept_of(node);
    }
    return NULL;
}

void client_session_init(struct client_session *session)
{
    *session = (struct client_session){0};
    list_init(&session->waiting);
    list_init(&session->under_way);
    list_init(&session->requests);
    list_init(&session->incoming);
}

void client_session_release(struct client_session *session)
{
    free_all(&session->waiting);
    free_all(&session->under_way);
    free_all(&session->requests);
    free_all(&session->incoming);
    packet_ids_release(&session->ids);
    client_session_init(session);
}

uint16_t client_session_queue(struct client_session *session,
                              const struct mqtt_publish *message)
{
    uint16_t packet_id = packet_ids_take(&session->ids);

    if (!packet_id)
        return 0;
    struct kept *kept = keep(MQTT_PUBLISH, message);
    kept->publish.packet_id = packet_id;
    list_append(&session->waiting, &kept->node);
    session->waiting_count++;
    return packet_id;
}

struct kept *client_session_next(struct client_session *session)
{
    struct list *node = list_take_first(&session->waiting);

    if (!node)
        return NULL;
    session->waiting_count--;
    list_append(&session->under_way, node);
    session->under_way_count++;
    return kept_of(node);
}

struct kept *client_session_find(struct client_session *session,
                                 uint16_t packet_id)
{
    return find(&session->under_way, packet_id);
}

void client_session_done(struct client_session *session, struct kept *kept)
{
    list_remove(&kept->node);
    session->under_way_count--;
    packet_ids_put(&session->ids, kept->publish.packet_id);
    free(kept);
}

uint16_t client_session_request(struct client_session *session,
                                enum mqtt_type type)
{
    struct mqtt_publish only_id = {.packet_id = packet_ids_take(&session->ids)};

    if (!only_id.packet_id)
        return 0;
    list_append(&session->requests, &keep(type, &only_id)->node);
    return only_id.packet_id;
}

bool client_session_answered(struct client_session *session,
                             enum mqtt_type type, uint16_t packet_id)
{
    struct kept *kept = find(&session->requests, packet_id);

    if (!kept || kept->type != type)
        return false;
    list_remove(&kept->node);
    free(kept);
    packet_ids_put(&session->ids, packet_id);
    return true;
}

void client_session_keep_incoming(struct client_session *session,
                                  const struct mqtt_publish *message,
                                  enum flow_state state)
{
    struct kept *kept = keep(MQTT_PUBLISH, message);

    kept->state = state;
    list_append(&session->incoming, &kept->node);
    session->incoming_count++;
}

struct kept *client_session_find_incoming(struct client_session *session,
                                          uint16_t packet_id)
{
    return find(&session->incoming, packet_id);
}

void client_session_take_incoming(struct client_session *session,
                                  struct kept *kept)
{
    list_remove(&kept->node);
    session->incoming_count--;
}

void client_session_disconnected(struct client_session *session)
{
    LIST_FOREACH (node, &session->requests)
        packet_ids_put(&session->ids, kept_of(node)->publish.packet_id);
    free_all(&session->requests);
}

void client_session_restart(struct client_session *session)
{
    struct list again;

    free_all(&session->incoming);
    session->incoming_count = 0;
    list_init(&again);
    LIST_FOREACH_SAFE (node, &session->under_way) {
        if (kept_of(node)->state == FLOW_WAIT_PUBCOMP)
            continue;
        list_remove(node);
        session->under_way_count--;
        kept_of(node)->state = FLOW_DONE;
        kept_of(node)->publish.dup = false;
        list_append(&again, node);
        session->waiting_count++;
    }
    /* In front of what waits already: they were published earlier. */
    while (!list_empty(&again)) {
        struct list *last = again.prev;

        list_remove(last);
        list_prepend(&session->waiting, last);
    }
}
