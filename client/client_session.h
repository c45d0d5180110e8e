/*
 * What a client keeps from one Network Connection to the next: its half of the
 * Session State [MQTT5 4.1].
 *
 * Messages of QoS 1 and 2 on their way to the server, in the order in which
 * they were published; messages of QoS 2 from the server until their PUBREL;
 * the Packet Identifiers of both. Nothing here sends: the functions say what
 * is there, mqtt/flow.h says what to do about it.
 */
#ifndef CLIENT_CLIENT_SESSION_H
#define CLIENT_CLIENT_SESSION_H

#include "base/list.h"
#include "mqtt/flow.h"
#include "mqtt/packet_id.h"
#include "mqtt/publish.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One Application Message, copied; or a SUBSCRIBE or UNSUBSCRIBE, of which
   only the identifier is kept. */
struct kept {
    struct list node;
    enum flow_state state;
    enum mqtt_type type; /* MQTT_PUBLISH, MQTT_SUBSCRIBE, MQTT_UNSUBSCRIBE */
    struct mqtt_publish publish; /* its slices point into bytes */
    uint8_t bytes[];
};

struct client_session {
    struct packet_ids ids; /* of all packets that this side began */
    struct list waiting;   /* to the server, not yet sent */
    struct list under_way; /* to the server, sent and not acknowledged */
    struct list requests;  /* SUBSCRIBE and UNSUBSCRIBE without their answer */
    struct list incoming;  /* QoS 2 from the server, PUBREC sent */
    size_t waiting_count;
    size_t under_way_count;
    size_t incoming_count;
};

void client_session_init(struct client_session *session);
void client_session_release(struct client_session *session);

/*
 * Keep a copy of message under a new Packet Identifier, at the end of waiting.
 * Returns the identifier, 0 when all 65,535 are in use.
 */
uint16_t client_session_queue(struct client_session *session,
                              const struct mqtt_publish *message);

/* Move the first message that waits to those under way; NULL: none waits. */
struct kept *client_session_next(struct client_session *session);

/* The message under way with this identifier, or NULL. */
struct kept *client_session_find(struct client_session *session,
                                 uint16_t packet_id);

/* It is acknowledged: forget it and free its identifier. */
void client_session_done(struct client_session *session, struct kept *kept);

/* Note a SUBSCRIBE or UNSUBSCRIBE; returns its identifier, 0 when none is
   free. Its answer came: false when there was no such request. */
uint16_t client_session_request(struct client_session *session,
                                enum mqtt_type type);
bool client_session_answered(struct client_session *session,
                             enum mqtt_type type, uint16_t packet_id);

/*
 * QoS 2 from the server: keep a copy until PUBREL; find it again (NULL: not
 * there); take it, which the caller then frees with free().
 */
void client_session_keep_incoming(struct client_session *session,
                                  const struct mqtt_publish *message,
                                  enum flow_state state);
struct kept *client_session_find_incoming(struct client_session *session,
                                          uint16_t packet_id);
void client_session_take_incoming(struct client_session *session,
                                  struct kept *kept);

/* The connection ended: requests are not repeated on the next one. */
void client_session_disconnected(struct client_session *session);

/*
 * The server has no session [MQTT-3.2.2-4]: what it sent is forgotten; what we
 * published and it has not acknowledged waits again, as new messages in the
 * old order. Those whose PUBREC came were received: they stay under way and
 * the caller reports them as done.
 */
void client_session_restart(struct client_session *session);

#endif
