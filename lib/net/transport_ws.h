/*
 * WebSocket as a layer over another transport [MQTT5 6]: MQTT Control Packets
 * in binary frames, split and joined in any way [MQTT-6.0.0-1], [MQTT-6.0.0-2].
 *
 * The layer is a transport of its own; below it lies the one that carries its
 * bytes: TCP, a Unix socket, TLS (then it is "wss"), memory. What crosses the
 * cable is what goes through that transport, so who wants to see raw frames and
 * the HTTP before them need only look there.
 *
 * on_open comes when the upgrade is done. One writev makes one binary frame.
 * Pings are answered; a frame of text ends the connection with status 1003, one
 * that breaks RFC 6455 with 1002, and on_end says -EPROTO. A Close frame of
 * the peer is on_end with 0. A client that asks a server for a page gets it,
 * and its connection never opens: on_end with 0 comes when it goes.
 */
#ifndef NET_TRANSPORT_WS_H
#define NET_TRANSPORT_WS_H

#include "net/transport.h"
#include "net/ws_context.h"

#include <stdbool.h>

/* A page that comes with the program. */
struct ws_page {
    const char *path; /* "/index.html" */
    struct slice content;
};

/* What a server shows and whom it takes. Borrowed by its connections. */
struct ws_site {
    /* Pages from this open directory; -1: none. */
    int directory;
    const struct ws_page *pages; /* shown when there is no directory */
    size_t page_count;
    /* An upgrade must come from a page of one of these origins, as
       "https://example.org:8443"; NULL ends them. NULL: from any, or none. */
    const char *const *origins;
};

/* What a client asks for. */
struct ws_request {
    const char *host; /* for the Host line: "example.org:8080" */
    const char *path; /* "/mqtt" */
    const char *protocol;
};

/* The events that the lower transport must be made with; their owner is the
   transport that one of the next two returned. */
extern const struct transport_events transport_ws_below;

/* The server's end. It keeps a reference of context. Follow it with
   transport_ws_carry before the next turn. */
struct transport *transport_ws_accept(struct ws_context *context,
                                      const struct ws_site *site,
                                      const struct transport_events *events,
                                      void *owner);

/* The client's end; request is copied. */
struct transport *transport_ws_new(struct ws_context *context,
                                   const struct ws_request *request,
                                   const struct transport_events *events,
                                   void *owner);

/*
 * Put it on the transport that carries it, which it takes: an own
 * transport_close closes both. Until the peer has answered the Close frame,
 * or a second has passed, it stays.
 */
void transport_ws_carry(struct transport *transport, struct transport *below);

/* Free one that was not put on anything. */
void transport_ws_discard(struct transport *transport);

/*
 * For people, why it ended: "a frame of text came", "the peer closed with
 * status 1001"; of a client why there was no upgrade; of a server what it
 * answered instead of an upgrade: "GET /index.html: 200". NULL when nothing was
 * said. Borrowed until the transport is closed.
 */
const char *transport_ws_reason(const struct transport *transport);

/* Has a server sent some of a page since this was asked last? */
bool transport_ws_page_moves(struct transport *transport);

/* Is it one of ours? Others have no reason. */
bool transport_is_ws(const struct transport *transport);

/* What lies below, to ask it what only it knows. */
struct transport *transport_ws_carrier(const struct transport *transport);

#endif
