/*
 * Inside net/: one WebSocket connection, between libwebsockets and the
 * transport below.
 */
#ifndef NET_WS_LAYER_H
#define NET_WS_LAYER_H

#include "base/buf.h"
#include "net/timer.h"
#include "net/transport_ws.h"
#include "net/ws_frame.h"

struct ws_reply;

struct ws {
    struct transport transport;
    struct transport *below;    /* owned */
    struct ws_context *context; /* one reference */
    struct lws *wsi;            /* libwebsockets' part; NULL: none (any more) */
    int wsi_fd;                 /* its end of the pair; it closes it */
    int fd;                     /* our end; -1: none */
    struct buf out;             /* bytes that below has not taken */
    struct ws_frame_reader in;  /* frames of the peer */
    struct buf ping;            /* the newest of its Pings, as it came */
    uint32_t frame_left;        /* bytes of our frame that are to follow */
    struct loop_task task;      /* tells of a write that failed */
    struct timer *linger; /* until the peer has answered our close; owned */
    const struct ws_site *site; /* of a server; NULL: a client; borrowed */
    struct ws_request *request; /* of a client, until it was sent; owned */
    struct ws_reply *reply;     /* a page that is being sent; owned */
    char *reason;               /* owned; why it failed */
    int error;                  /* negative errno; 0: all is well */
    uint16_t close_status;      /* our Close frame is to be sent; 0: not */
    uint8_t header_end;         /* how much of the end of a header has passed */
    uint8_t serving;            /* depth of calls into libwebsockets */
    bool opened : 1;            /* the handshake is over, on_open was called */
    bool blocked : 1;           /* the owner waits for on_writable */
    bool paused : 1;            /* by the owner */
    bool close_sent : 1;        /* a Close frame went */
    bool close_came : 1;        /* a Close frame came */
    bool ended : 1;             /* on_end was called */
    bool below_gone : 1;        /* its on_end came */
    bool page_moves : 1;        /* some of the page went since that was asked */
    bool in_broken : 1;   /* a bad frame came: what follows cannot be read */
    bool closing : 1;     /* transport_close was called */
    bool closed_down : 1; /* transport_close of below was called */
};

/* Give it what the peer has sent. */
void ws_layer_give(struct ws *ws, struct slice bytes);

/* Hand to the transport below what it has written by itself so far. */
void ws_layer_carry(struct ws *ws);

/*
 * Let it write what it has to say by itself, an answer of HTTP, a Pong, a Close
 * frame, and hand it to the transport below. Nothing while that takes nothing,
 * so nothing piles up.
 */
void ws_layer_settle(struct ws *ws);

/* Send one binary frame of a client: context->frame, behind LWS_PRE bytes.
   Returns false and sets error when the connection is broken. */
bool ws_layer_send(struct ws *ws, size_t len);

/* Send a Close frame with this status, unless one has gone. */
void ws_layer_say_goodbye(struct ws *ws, uint16_t status);

/* Go on with what the transport below did not take. */
void ws_layer_send_rest(struct ws *ws);

/* Set reason, unless it was set before. */
void ws_layer_say_why(struct ws *ws, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Let go of libwebsockets; not from its callbacks. */
void ws_layer_let_go(struct ws *ws);

/* What libwebsockets calls. */
int ws_layer_on_event(struct lws *wsi, enum lws_callback_reasons reason,
                      void *user, void *in, size_t len);

#endif
