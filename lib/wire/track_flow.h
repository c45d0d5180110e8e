/*
 * Exchanges under way: what a later packet with this identifier belongs to.
 *
 * An exchange is a QoS 1 or QoS 2 handshake (a flow), or a SUBSCRIBE or
 * UNSUBSCRIBE that waits for its answer. It belongs to a session, which
 * may outlive its Network Connection [MQTT5 4.1]. Identifiers of the two
 * directions are separate spaces [MQTT5 2.2.1].
 */
#ifndef WIRE_TRACK_FLOW_H
#define WIRE_TRACK_FLOW_H

#include "base/list.h"
#include "base/map.h"
#include "wire/track.h"
#include "wire/track_packet.h"

struct track_session {
    struct list in_all;
    const char *client_id; /* interned; "" while it has no name */
    uint32_t id;
    uint32_t connection; /* number of its connection; 0: away */
    bool kept;           /* it outlives the connection */
    struct list exchanges;
};

struct track_flows {
    struct list all;      /* sessions */
    struct map sessions;  /* those with a name, by Client Identifier */
    struct map exchanges; /* by session, direction and Packet Identifier */
    struct list open;     /* under way, longest unused first */
    struct list done;     /* complete, but a repetition may come */
    size_t open_count;
    size_t done_count;
    uint32_t last_session;
    uint32_t last_flow;
    uint8_t *progress; /* owned: two bits a flow, the latest ones */
    uint32_t progress_bytes;
};

void track_flow_init(struct track_flows *flows);
void track_flow_release(struct track_flows *flows);

/* A session without a name, for a connection that is not yet accepted. */
struct track_session *track_flow_session(struct track_flows *flows,
                                         uint32_t connection);

/* The session of a client, or NULL. */
struct track_session *track_flow_find(const struct track_flows *flows,
                                      const char *client_id);

/*
 * The client was accepted: give the connection's session its name. If there
 * is one of this name it goes on, unless fresh, which loses its flows; early
 * is freed then and what it had under way moves. Returns the session.
 */
struct track_session *track_flow_accept(struct track_flows *flows,
                                        struct track_session *early,
                                        const char *client_id, bool fresh,
                                        struct track_note *note);

/* The connection ended. A session that is not kept loses its flows and ends. */
void track_flow_leave(struct track_flows *flows, struct track_session *session,
                      struct track_note *note);

/* All flows of the session are lost; note says which was first. */
void track_flow_lose(struct track_flows *flows, struct track_session *session,
                     struct track_note *note);

/*
 * A packet with a Packet Identifier: fills flow, pair and rtt_ns of note, and
 * the topic of an answer; note has the topic of a packet that has its own.
 */
void track_flow_packet(struct track_flows *flows, struct track_session *session,
                       const struct record *record,
                       const struct track_packet *packet,
                       struct track_note *note);

/* How a flow stands now. */
enum flow_progress track_flow_state(const struct track_flows *flows,
                                    uint32_t flow);

/* Memory used. */
size_t track_flow_bytes(const struct track_flows *flows);

#endif
