/*
 * libwebsockets on our loop: what all WebSocket connections of a loop share.
 *
 * libwebsockets has its own ideas of loops. None of them is used: it is told,
 * by lws_service_fd, of each thing that happened, when it happened. It never
 * sees the network either. Each of its sockets is one end of a pair, and a
 * transport (net/transport_ws.h) carries the bytes between the other end and
 * whatever transport lies below: TCP, TLS, memory. The pair never holds more
 * than what one call puts in, so nothing has to wait for it.
 *
 * What it does: HTTP, the upgrade, pages, control frames (Ping, Pong, Close),
 * and the masks of what clients send. Frames of data go past it, because their
 * payload is the same bytes: see net/ws_frame.h and net/ws_data.h.
 *
 * Its timers stand still for the same reason. The time limits are ours.
 */
#ifndef NET_WS_CONTEXT_H
#define NET_WS_CONTEXT_H

#include "net/loop.h"

#include <libwebsockets.h>
#include <stddef.h>
#include <stdint.h>

/* One frame carries at most so much of a write. */
#define WS_FRAME_BYTES 65536
/* libwebsockets takes so much of HTTP at a time, and so much of frames, of
   which it only gets those that control the connection. */
#define WS_HTTP_BYTES    4096
#define WS_CONTROL_BYTES 256

struct ws_settings {
    /* Subprotocols, the best first; NULL ends them. Borrowed as long as the
       context lives. */
    const char *const *protocols;
    /* Of all lines of a request; 0: as libwebsockets thinks. */
    uint32_t headers_bytes;
    /* What it says about itself, one line a time: the bits of its levels. Its
       log is one for the program, so the last context's counts. */
    uint32_t log_levels;
    void (*log)(void *owner, const char *line); /* NULL: nobody listens */
    void *log_owner;
};

struct ws_context {
    struct loop *loop; /* borrowed */
    struct lws_context *lws;
    struct lws_vhost *host;
    struct lws_protocols *protocols; /* owned */
    const char *const *protocol_names;
    const lws_retry_bo_t *never; /* neither pings nor hang-ups of its own: that
                                    is Keep Alive's */
    uint8_t *frame; /* a frame is put together here: LWS_PRE bytes of room,
                       then WS_FRAME_BYTES; owned */
    uint8_t *carry; /* on its way down; LWS_PRE + WS_FRAME_BYTES; owned */
    uint8_t *data;  /* what frames bring, without their masks; WS_FRAME_BYTES;
                       owned */
    unsigned refs;
};

/*
 * Starts with one reference. Returns NULL when libwebsockets cannot be set up.
 * Raise the limit of descriptors before: its tables have that size.
 */
struct ws_context *ws_context_new(struct loop *loop,
                                  const struct ws_settings *settings);

struct ws_context *ws_context_ref(struct ws_context *context);

/* The last one frees it. NULL does nothing. */
void ws_context_unref(struct ws_context *context);

#endif
