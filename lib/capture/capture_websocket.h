/*
 * One WebSocket connection: the bytes of MQTT that its frames carry [RFC 6455].
 *
 * The upgrade is passed over; frames may be masked or not, in fragments, and
 * end anywhere in a Control Packet [MQTT-6.0.0-2].
 */
#ifndef CAPTURE_CAPTURE_WEBSOCKET_H
#define CAPTURE_CAPTURE_WEBSOCKET_H

#include "base/buf.h"
#include "capture/capture_tcp.h"

struct capture_websocket_events {
    /* From the client (0) or the server (1). */
    void (*on_bytes)(void *context, unsigned side, struct slice bytes,
                     const struct capture_origin *origin);
    /* count bytes of content are missing; 0: nobody knows how many. */
    void (*on_lost)(void *context, unsigned side, uint32_t count);
    /* From now on nothing can be read, and why; once at most. */
    void (*on_hidden)(void *context, const char *text);
};

/* One direction. */
struct capture_websocket_side {
    struct buf held;    /* of the upgrade, or of a frame's header */
    uint64_t remaining; /* bytes of the frame's payload */
    uint8_t mask[4];
    uint8_t mask_at; /* which of its bytes is next */
    bool masked;
    bool is_content; /* the frame carries data */
    bool upgraded;   /* frames have begun */
    bool searching;  /* for the beginning of a frame */
};

/* Set events and context, the rest zero. */
struct capture_websocket {
    const struct capture_websocket_events *events;
    void *context;
    struct capture_websocket_side sides[2];
    struct buf content; /* a frame's payload without its mask */
    bool hidden;        /* or plain HTTP */
};

void capture_websocket_release(struct capture_websocket *ws);

/* The capture begins behind the upgrade. */
void capture_websocket_begin_within(struct capture_websocket *ws);

/* The next bytes of one direction, and where in the capture they lie. */
void capture_websocket_take(struct capture_websocket *ws, unsigned side,
                            struct slice bytes,
                            const struct capture_origin *origin);

/* count bytes of one direction are not in the capture; 0: nobody knows how
   many. */
void capture_websocket_lose(struct capture_websocket *ws, unsigned side,
                            uint32_t count);

#endif
