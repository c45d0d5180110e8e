/*
 * An MQTT client: connect, subscribe, publish, and hear about it by callback.
 *
 * A client lives in the caller's loop and never blocks, except to resolve a
 * name. It keeps its Session State (messages under way, Packet Identifiers)
 * from one Network Connection to the next, and resumes it when the server says
 * that it has the session too [MQTT5 4.1, 4.4]. It connects again only when it
 * is told to; what to do when a connection ends is the owner's decision.
 *
 * All callbacks but on_packet come from the loop, and any function of this
 * header may be called in them, client_free too.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "mqtt/packet.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct tls_context;
struct ws_context;

/* Why a Network Connection ended. */
enum client_end {
    CLIENT_END_CLOSED,     /* client_disconnect was called */
    CLIENT_END_UNREACHED,  /* no connection came about; error says why */
    CLIENT_END_REFUSED,    /* CONNACK said no; reason is its code */
    CLIENT_END_LOST,       /* the server closed (error 0), or it broke */
    CLIENT_END_DISCONNECT, /* the server sent DISCONNECT; reason says why */
    CLIENT_END_PROTOCOL,   /* the server broke the protocol; reason is ours */
    CLIENT_END_KEEP_ALIVE, /* no PINGRESP came within the Keep Alive */
    CLIENT_END_PROXY, /* the proxy refused; transport_socks_explain(error) */
    CLIENT_END_TLS,   /* the handshake or TLS itself failed; text says why */
    CLIENT_END_WS,    /* there was no upgrade to WebSocket; text says why */
};

struct client_ended {
    enum client_end end;
    int error;               /* negative errno, or 0 */
    bool answered;           /* _LOST: CONNACK had come */
    enum mqtt_reason reason; /* of DISCONNECT, sent or received */
    const char *text; /* CLIENT_END_TLS, _WS: why, for people; borrowed */
};

/* What the owner wants to hear; any may be NULL. Slices are borrowed. */
struct client_events {
    /* CONNACK, be it acceptance or refusal. After a refusal the connection is
       closed. */
    void (*on_connack)(struct client *client,
                       const struct mqtt_connack *connack);
    /* An Application Message; after its PUBACK or PUBCOMP was sent. */
    void (*on_message)(struct client *client,
                       const struct mqtt_publish *message);
    /*
     * A message is on its way: at QoS 0 written, at QoS 1 and 2 acknowledged,
     * with a Reason Code of 0x80 and more when it was refused. packet_id is
     * what client_publish returned.
     */
    void (*on_published)(struct client *client, uint16_t packet_id,
                         enum mqtt_reason reason);
    void (*on_suback)(struct client *client, const struct mqtt_suback *suback);
    void (*on_unsuback)(struct client *client,
                        const struct mqtt_suback *unsuback);
    /*
     * Every packet as it is sent or received, for those who show them. Comes
     * from inside the functions that send, and must call none of them. A
     * PUBLISH of QoS 0 carries the number that client_publish returns.
     */
    void (*on_packet)(struct client *client, bool sent,
                      const struct mqtt_packet *packet);
    /* What waited to be written was written; see client_pending. */
    void (*on_drained)(struct client *client);
    /* The connection is gone; client_connect may be called again. */
    void (*on_ended)(struct client *client, const struct client_ended *ended);
};

/*
 * Opens the transport of one connection, with these events and owner. Returns
 * NULL and sets *error to a negative errno when it cannot.
 */
typedef struct transport *
client_open_transport(struct client *client,
                      const struct transport_events *events, void *owner,
                      int *error);

/* How to connect. What it points to must live as long as the client. */
struct client_config {
    /* CONNECT, as it is sent: version, Client Identifier, Clean Start, Keep
       Alive, Will, user name, password and Properties. */
    struct mqtt_connect connect;
    const char *host; /* name or number; NULL: 127.0.0.1 */
    uint16_t port;
    const char *bind_host; /* local address to connect from, or NULL */
    const char *unix_path; /* a Unix socket instead of host and port, or NULL */
    const struct address *proxy; /* a SOCKS5 proxy on the way, or NULL */
    struct tls_context *tls;     /* borrowed; NULL: nothing is encrypted */
    struct ws_context *ws;       /* borrowed; NULL: not in WebSocket */
    /* Instead of all these; NULL: TCP or the Unix socket. */
    client_open_transport *open_transport;
    /* Properties of the acknowledgements that it sends, by packet type (so 16
       of them); NULL: none. */
    const struct buf *answer_properties;
    /* Messages of QoS 1 and 2 under way at once; 0: as many as the server's
       Receive Maximum allows. */
    uint16_t max_in_flight;
};

/* What the server allows on this connection [MQTT5 3.2.2.3]. */
struct client_limits {
    uint16_t receive_maximum;
    uint8_t maximum_qos;
    bool retain_available;
    uint32_t maximum_packet_size;
    uint16_t keep_alive_s; /* the server's, if it sets one */
};

/* A client that is not connected yet. config is copied, not what it points
   to; events and context are kept. */
struct client *client_new(struct loop *loop, const struct client_config *config,
                          const struct client_events *events, void *context);

/*
 * Close what is open, without DISCONNECT, and free. No callback comes any
 * more; the memory is given back in a later turn of the loop if a connection
 * was open.
 */
void client_free(struct client *client);

/* What was given to client_new. */
void *client_context(const struct client *client);

/* The Client Identifier, which the server may have assigned. */
struct slice client_id(const struct client *client);

enum mqtt_version client_version(const struct client *client);

/* Valid after a CONNACK with success. */
const struct client_limits *client_limits(const struct client *client);

/*
 * Connect, now or (client_connect_in) after a while. on_connack or on_ended
 * follows. Returns 0, or a negative errno: -ENOENT when the name does not
 * resolve, -EISCONN when there is a connection already.
 */
int client_connect(struct client *client);
void client_connect_in(struct client *client, uint32_t after_ms);

/* From CONNACK until the connection ends. */
bool client_connected(const struct client *client);

/* Is a connection being closed? on_ended will come. */
bool client_ending(const struct client *client);

/*
 * Subscribe and unsubscribe. Return the Packet Identifier that on_suback or
 * on_unsuback will have; 0 when not connected. properties may be empty.
 */
uint16_t client_subscribe(struct client *client,
                          const struct mqtt_subscription *subscriptions,
                          size_t count, struct slice properties);
uint16_t client_unsubscribe(struct client *client, const struct slice *filters,
                            size_t count, struct slice properties);

/*
 * Publish message; its packet_id and dup are ignored. At QoS 1 and 2 it is
 * copied and kept until it is acknowledged; what is more than Receive Maximum
 * or max_in_flight waits, and so does what is published while not connected.
 *
 * Returns a number for on_published, which at QoS 1 and 2 is the Packet
 * Identifier; or a negative errno: -ENOTCONN at QoS 0 without a connection,
 * -EMSGSIZE when the server's Maximum Packet Size forbids it, -ENOTSUP for a
 * QoS or Retain that it does not have, -EAGAIN when all identifiers are used.
 */
int client_publish(struct client *client, const struct mqtt_publish *message);

/* Messages of QoS 1 and 2 that are not yet acknowledged. */
size_t client_unacknowledged(const struct client *client);

/* Bytes that wait to be written. */
size_t client_pending(const struct client *client);

/*
 * Send DISCONNECT and close when all that waits is written; on_ended follows.
 * Before version 5, reason and properties are not sent.
 */
void client_disconnect(struct client *client, enum mqtt_reason reason,
                       struct slice properties);

/* Close without DISCONNECT, so that the server publishes the Will; with a
   reset where the transport has one. on_ended follows. */
void client_abort(struct client *client);

#endif
