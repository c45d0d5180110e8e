/*
 * TCP connections put together again from segments that come in any order,
 * twice, overlapping, cut short or not at all [RFC 9293].
 *
 * Each direction is a stream of bytes, handed on in order. Of bytes that come
 * twice the first count. A hole is waited for as long as it can still be
 * filled; when the receiver has acknowledged what is missing and the segment
 * still does not come, or too much waits behind the hole, the bytes are lost
 * and on_lost says how many. A new connection with the same ports is a new
 * stream.
 */
#ifndef CAPTURE_CAPTURE_TCP_H
#define CAPTURE_CAPTURE_TCP_H

#include "base/list.h"
#include "capture/capture_ip.h"

#define CAPTURE_MAX_STREAMS 65536u /* the longest unused is forgotten */

/* Bytes behind the holes of one direction, and of all streams. */
#define CAPTURE_MAX_WAITING     (16u << 20)
#define CAPTURE_MAX_WAITING_ALL (128u << 20)
#define CAPTURE_MAX_SEGMENTS    4096u /* waiting in one direction */

/* Where bytes come from. */
struct capture_origin {
    uint64_t frame;
    uint64_t time_ns;
    uint64_t previous_ns; /* time of the frame before; 0: it is the first */
    uint32_t frame_len;   /* on the wire */
};

/* One direction. */
struct capture_flow {
    struct list waiting; /* segments behind a hole, by sequence number */
    size_t waiting_bytes;
    unsigned waiting_count;
    uint32_t next;         /* sequence number of the next byte */
    uint32_t first;        /* of the SYN, or the byte before the first seen */
    uint32_t acknowledged; /* by the other end */
    uint32_t fin;
    unsigned patience; /* segments that came since the hole cannot be filled */
    bool known;        /* next is */
    bool has_acknowledged;
    bool has_fin;
    bool ended; /* all up to the FIN was handed on */
};

struct capture_stream {
    struct list in_age;
    uint32_t number; /* as Wireshark counts: from 0, all TCP connections */
    bool is_ipv6;
    bool from_start; /* its SYN was seen */
    bool closed;
    struct capture_address ends[2];
    uint8_t client; /* which of the ends it is, as far as is known */
    uint8_t key[38];
    struct capture_flow flows[2]; /* by the sending end */
    struct capture_origin latest;
    void *owner; /* the user's */
};

struct capture_tcp_events {
    /* A stream begins. Sides may still be a guess: stream->client. */
    void (*on_open)(void *context, struct capture_stream *stream);
    void (*on_bytes)(void *context, struct capture_stream *stream, unsigned end,
                     struct slice bytes, const struct capture_origin *origin);
    /* count bytes of the stream are not there. */
    void (*on_lost)(void *context, struct capture_stream *stream, unsigned end,
                    uint32_t count);
    /* Both directions have ended, or one end has reset it; how is NULL when
       only the capture ended. Once at most. */
    void (*on_closed)(void *context, struct capture_stream *stream,
                      const char *how);
    /* The stream is forgotten; it may not have been closed. */
    void (*on_gone)(void *context, struct capture_stream *stream);
};

struct capture_tcp;
struct capture_tcp *capture_tcp_new(const struct capture_tcp_events *events,
                                    void *context);
/* Forgets the streams, without a word to anybody but on_gone. */
void capture_tcp_free(struct capture_tcp *tcp);

/* Take a segment: a datagram of TCP. What is no segment is ignored. */
void capture_tcp_take(struct capture_tcp *tcp,
                      const struct capture_datagram *datagram,
                      const struct capture_origin *origin);

/* The stream that an exported PDU belongs to; *end is that of its sender. */
struct capture_stream *
capture_tcp_of_pdu(struct capture_tcp *tcp,
                   const struct capture_datagram *datagram,
                   const struct capture_origin *origin, unsigned *end);

/* Nothing more comes: what waits behind holes is handed on. */
void capture_tcp_end(struct capture_tcp *tcp);

#endif
