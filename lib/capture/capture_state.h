/*
 * Inside of a capture: what its connections need of it.
 */
#ifndef CAPTURE_CAPTURE_STATE_H
#define CAPTURE_CAPTURE_STATE_H

#include "capture/capture.h"
#include "capture/capture_framer.h"
#include "capture/capture_keys.h"
#include "capture/capture_tcp.h"
#include "wire/event.h"

struct capture {
    struct capture_options options;
    struct capture_file *file;
    struct capture_ip *ip;
    struct capture_tcp *tcp;
    struct capture_keys keys;
    struct buf own; /* of a record of ours in several frames */
    struct record own_record;
    uint32_t own_len;
    bool in_own;               /* own is not complete */
    bool is_own;               /* a record of ours was in it */
    struct capture_origin now; /* the frame that is looked at */
    uint64_t first_ns;         /* times of frames; 0: none yet */
    uint64_t latest_ns;
    uint64_t seq;          /* of the latest record */
    struct buf comment;    /* of the frame */
    struct buf attributes; /* to build records in */
    uint8_t flags;         /* enum record_flag of all records */
    uint32_t live_count;   /* connections so far, without a file */
    bool warned_of_link;
    bool ended;
};

/* Hand on a record; fills in its seq. stream: NULL when it belongs to none. */
void capture_emit(struct capture *capture, struct record *record,
                  const struct capture_stream *stream,
                  const struct capture_origin *origin);

/* Hand on a record of attributes: those in capture->attributes, which
   record_begin has begun. */
void capture_emit_attributes(struct capture *capture, enum record_type type,
                             const struct capture_stream *stream,
                             const struct capture_origin *origin);

/* "10.0.0.1:1883", "[::1]:1883" */
void capture_address_text(const struct capture_address *address, bool is_ipv6,
                          char *text, size_t size);

/* What is spoken at a port; CAPTURE_UNDECIDED when nothing is said of it. */
enum capture_protocol capture_protocol_at(const struct capture *capture,
                                          uint16_t port);

/* ---- capture_session.c: what one TCP connection carries ---- */

struct capture_session;

/* All take the stream's session from stream->owner. */
void capture_session_open(struct capture *capture,
                          struct capture_stream *stream);
void capture_session_bytes(struct capture *capture,
                           struct capture_stream *stream, unsigned end,
                           struct slice bytes,
                           const struct capture_origin *origin);
void capture_session_lost(struct capture *capture,
                          struct capture_stream *stream, unsigned end,
                          uint32_t count);
/* Nothing more comes. how: why the connection ended; NULL: the capture ended
   before. */
void capture_session_end(struct capture *capture, struct capture_stream *stream,
                         const char *how);
/* An exported PDU: whole packets of MQTT. */
void capture_session_pdu(struct capture *capture, struct capture_stream *stream,
                         unsigned end, struct slice bytes,
                         const struct capture_origin *origin);
/* Its opening, and who the client is, once more. */
void capture_session_snapshot(struct capture *capture,
                              struct capture_stream *stream);
/* What TLS agreed on towards the client (0) or the broker (1), of a stream
   whose bytes are handed over decrypted. */
void capture_session_tls(struct capture_stream *stream, unsigned side,
                         const char *text);
void capture_session_free(struct capture_stream *stream);

/* ---- capture_sniff.c ---- */

/* What bytes at the beginning of a connection are; CAPTURE_UNDECIDED when more
   are needed to tell. */
enum capture_protocol capture_sniff(struct slice bytes);

/* Does a request ask for MQTT over WebSocket? Other web traffic is not ours. */
bool capture_sniff_asks_for_mqtt(struct slice bytes);

#endif
