/*
 * What one TCP connection carries: it is decided by its first bytes and its
 * port, and then goes through the layers
 *
 *   TCP -> [TLS] -> [WebSocket] -> Control Packets
 */
#include "base/alloc.h"
#include "capture/capture_state.h"
#include "capture/capture_tls.h"
#include "capture/capture_websocket.h"
#include "mqtt/mqtt.h"
#include "wire/track_packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_UNDECIDED 64u /* bytes after which it must be clear */

struct capture_session {
    struct capture *capture;
    struct capture_stream *stream;
    enum capture_protocol protocol;
    struct buf undecided[2]; /* what each end sent so far */
    struct capture_origin undecided_origin[2];
    struct capture_tls *tls;          /* owned; NULL: none */
    struct capture_websocket *ws;     /* owned; NULL: none */
    enum capture_protocol content;    /* what is in TLS: MQTT or WebSocket */
    struct capture_framer framers[2]; /* by the sending end */
    struct buf client_id;             /* as far as it is known */
    uint8_t version;                  /* enum mqtt_version; 0: not known */
    char *told[2]; /* owned: what TLS agreed on towards either side; or NULL */
    bool opened;   /* its RECORD_CONN was handed on */
};

static bool from_client(const struct capture_session *session, unsigned end)
{
    return end == session->stream->client;
}

/* The client is side 0 of the layers; an end is a side and the other way. */
static unsigned side_of(const struct capture_session *session, unsigned end)
{
    return end != session->stream->client;
}

/* ---- records ---- */

static void emit_told(struct capture_session *session, unsigned side);

/* Once it is clear that it is ours. */
static void emit_opened(struct capture_session *session)
{
    static const char *const names[] = {
        [CAPTURE_MQTT] = "tcp",
        [CAPTURE_WS] = "ws",
        [CAPTURE_TLS] = "tls",
        [CAPTURE_WSS] = "wss",
    };
    struct capture_stream *stream = session->stream;
    struct buf *out = &session->capture->attributes;
    char text[80];

    if (session->opened)
        return;
    record_begin(out, EVENT_CONN_OPENED);
    capture_address_text(&stream->ends[stream->client], stream->is_ipv6, text,
                         sizeof(text));
    record_put_string(out, RECORD_PEER, text);
    capture_address_text(&stream->ends[!stream->client], stream->is_ipv6, text,
                         sizeof(text));
    record_put_string(out, RECORD_LOCAL, text);
    record_put_string(out, RECORD_TRANSPORT, names[session->protocol]);
    capture_emit_attributes(session->capture, RECORD_CONN, stream,
                            &stream->latest);
    session->opened = true;
    emit_told(session, 0);
    emit_told(session, 1);
}

static void emit_count(struct capture_session *session, unsigned end,
                       enum event_code code, uint64_t count, const char *what)
{
    struct buf *out = &session->capture->attributes;
    char text[200];

    emit_opened(session);
    record_begin(out, code);
    if (count)
        record_put_number(out, RECORD_NUMBER, count);
    snprintf(text, sizeof(text), "%s%s",
             from_client(session, end) ? "from the client" : "from the broker",
             what);
    record_put_string(out, RECORD_TEXT, text);

    struct record record = {
        .type = RECORD_EVT,
        .direction = from_client(session, end) ? RECORD_C2B : RECORD_B2C,
        .bytes = buf_slice(out),
    };
    capture_emit(session->capture, &record, session->stream,
                 &session->stream->latest);
}

static void emit_text(struct capture_session *session, enum record_type type,
                      enum event_code code, const char *text)
{
    struct buf *out = &session->capture->attributes;

    emit_opened(session);
    record_begin(out, code);
    record_put_string(out, RECORD_TEXT, text);
    capture_emit_attributes(session->capture, type, session->stream,
                            &session->stream->latest);
}

static void emit_told(struct capture_session *session, unsigned side)
{
    if (session->told[side])
        emit_text(session, RECORD_TLS, EVENT_TLS_OPENED, session->told[side]);
}

static void on_hidden(void *context, const char *text)
{
    emit_text(context, RECORD_EVT, EVENT_STREAM_HIDDEN, text);
}

/* Of which session and end a framer's events are. */
struct sender {
    struct capture_session *session;
    unsigned end;
};

/* What CONNECT and CONNACK say is good for all that follows. */
static void note_packet(struct capture_session *session, struct slice bytes)
{
    struct track_packet packet;
    unsigned type = bytes.bytes[0] >> 4;

    if (type != MQTT_CONNECT && type != MQTT_CONNACK)
        return;
    track_packet_read(&packet, bytes, session->version);
    if (type == MQTT_CONNECT) {
        session->version = packet.version;
        session->framers[0].version = session->version;
        session->framers[1].version = session->version;
    }
    if (packet.client_id.len) {
        buf_clear(&session->client_id);
        buf_append_slice(&session->client_id, packet.client_id);
    }
}

static void on_packet(void *context, const struct capture_packet *packet)
{
    const struct sender *sender = context;
    struct capture_session *session = sender->session;
    struct record record = {
        .type = RECORD_MQTT,
        .direction =
            from_client(session, sender->end) ? RECORD_C2B : RECORD_B2C,
        .layer = session->tls || session->ws ? RECORD_WITHIN : RECORD_PLAIN,
        .bytes = packet->bytes,
        .original_len = packet->original_len,
    };

    emit_opened(session);
    note_packet(session, packet->bytes);
    record.version = session->version;
    if (packet->bytes.len < packet->original_len)
        record.flags |= RECORD_TRUNCATED;
    if (packet->malformed)
        record.flags |= RECORD_MALFORMED;
    capture_emit(session->capture, &record, session->stream, &packet->origin);
}

static void on_skipped(void *context, uint64_t count)
{
    const struct sender *sender = context;

    emit_count(sender->session, sender->end, EVENT_STREAM_SKIPPED, count,
               ", until a packet begins");
}

/* ---- layers, from the innermost ---- */

static void mqtt_bytes(struct capture_session *session, unsigned end,
                       struct slice bytes, const struct capture_origin *origin)
{
    struct sender sender = {session, end};
    struct capture_framer_events events = {on_packet, on_skipped, &sender};

    capture_framer_take(&session->framers[end], bytes, origin, &events);
}

static void mqtt_lost(struct capture_session *session, unsigned end,
                      uint32_t count)
{
    struct sender sender = {session, end};
    struct capture_framer_events events = {on_packet, on_skipped, &sender};

    capture_framer_lose(&session->framers[end], count, &events);
}

static void on_ws_bytes(void *context, unsigned side, struct slice bytes,
                        const struct capture_origin *origin)
{
    struct capture_session *session = context;

    mqtt_bytes(session, side_of(session, side), bytes, origin);
}

static void on_ws_lost(void *context, unsigned side, uint32_t count)
{
    struct capture_session *session = context;

    mqtt_lost(session, side_of(session, side), count);
}

static void begin_ws(struct capture_session *session)
{
    static const struct capture_websocket_events events = {
        on_ws_bytes, on_ws_lost, on_hidden};

    session->ws = alloc_zero(1, sizeof(*session->ws));
    session->ws->events = &events;
    session->ws->context = session;
}

/* What is in TLS is seen by its first bytes. */
static void on_content(void *context, unsigned side, struct slice bytes,
                       const struct capture_origin *origin)
{
    struct capture_session *session = context;

    if (session->content == CAPTURE_UNDECIDED) {
        bool http = bytes.bytes[0] == 'G' || bytes.bytes[0] == 'H';

        session->content = http || session->protocol == CAPTURE_WSS
                               ? CAPTURE_WS
                               : CAPTURE_MQTT;
        if (session->content == CAPTURE_WS)
            begin_ws(session);
    }
    if (session->ws)
        capture_websocket_take(session->ws, side, bytes, origin);
    else
        mqtt_bytes(session, side_of(session, side), bytes, origin);
}

static void on_content_lost(void *context, unsigned side, uint32_t count)
{
    struct capture_session *session = context;

    if (session->ws)
        capture_websocket_lose(session->ws, side, count);
    else
        mqtt_lost(session, side_of(session, side), count);
}

static void on_tls_opened(void *context, const char *text)
{
    emit_text(context, RECORD_TLS, EVENT_TLS_OPENED, text);
}

/* One record of TLS, of which the frame is told, for others can be read. */
static void on_unread(void *context, unsigned side, uint32_t count,
                      const struct capture_origin *origin, const char *text)
{
    struct capture_session *session = context;
    char what[150];

    snprintf(what, sizeof(what), " in frame %llu: %s",
             (unsigned long long)origin->frame, text);
    emit_count(session, side_of(session, side), EVENT_STREAM_SKIPPED, count,
               what);
}

static void begin_layers(struct capture_session *session)
{
    static const struct capture_tls_events events = {
        on_content, on_content_lost, on_tls_opened, on_unread, on_hidden};

    if (session->protocol == CAPTURE_WS)
        begin_ws(session);
    if (session->protocol == CAPTURE_TLS || session->protocol == CAPTURE_WSS)
        session->tls =
            capture_tls_new(&events, session, &session->capture->keys);
}

/* What crossed the cable around the packets. */
static void emit_cable(struct capture_session *session, unsigned end,
                       struct slice bytes, const struct capture_origin *origin)
{
    struct record record = {
        .type = RECORD_WIRE,
        .layer = RECORD_CABLE,
        .direction = from_client(session, end) ? RECORD_C2B : RECORD_B2C,
        .bytes = bytes,
    };

    if (!session->opened && session->ws && !capture_sniff_asks_for_mqtt(bytes))
        return;
    emit_opened(session);
    capture_emit(session->capture, &record, session->stream, origin);
}

static void push(struct capture_session *session, unsigned end,
                 struct slice bytes, const struct capture_origin *origin)
{
    if (session->tls || session->ws)
        emit_cable(session, end, bytes, origin);
    if (session->tls)
        capture_tls_take(session->tls, side_of(session, end), bytes, origin);
    else if (session->ws)
        capture_websocket_take(session->ws, side_of(session, end), bytes,
                               origin);
    else
        mqtt_bytes(session, end, bytes, origin);
}

/* ---- what is it? ---- */

/* The port of the server says it, if one of the ends has one that is known; so
   that end is the server, if that was not seen. */
static enum capture_protocol by_port(struct capture_session *session)
{
    struct capture_stream *stream = session->stream;
    enum capture_protocol of[2];

    for (unsigned end = 0; end < 2; end++)
        of[end] = capture_protocol_at(session->capture, stream->ends[end].port);
    if (!stream->from_start &&
        (of[0] == CAPTURE_UNDECIDED) != (of[1] == CAPTURE_UNDECIDED))
        stream->client = of[0] != CAPTURE_UNDECIDED;
    return of[!stream->client];
}

/* Who sends what only a client sends is the client. */
static void client_by_bytes(struct capture_session *session)
{
    struct capture_stream *stream = session->stream;

    for (unsigned end = 0; end < 2 && !stream->from_start; end++) {
        struct slice bytes = buf_slice(&session->undecided[end]);

        if (bytes.len &&
            (bytes.bytes[0] == MQTT_CONNECT << 4 || bytes.bytes[0] == 'G' ||
             (bytes.len > 5 && bytes.bytes[0] == 0x16 && bytes.bytes[5] == 1)))
            stream->client = (uint8_t)end;
    }
}

/* last: no more bytes come. */
static enum capture_protocol decide(struct capture_session *session, bool last)
{
    enum capture_protocol port = by_port(session);
    enum capture_protocol best = CAPTURE_UNDECIDED;
    bool enough = last;

    for (unsigned end = 0; end < 2; end++) {
        struct slice bytes = buf_slice(&session->undecided[end]);
        enum capture_protocol what = capture_sniff(bytes);

        if (bytes.len >= MAX_UNDECIDED || what == CAPTURE_NOT_OURS)
            enough = true;
        if (what != CAPTURE_UNDECIDED && what != CAPTURE_NOT_OURS)
            best = what;
    }
    if (best == CAPTURE_TLS && port == CAPTURE_WSS)
        return CAPTURE_WSS;
    if (best != CAPTURE_UNDECIDED)
        return best;
    if (!enough)
        return CAPTURE_UNDECIDED;
    return port == CAPTURE_UNDECIDED ? CAPTURE_NOT_OURS : port;
}

static bool has_upgrade(const struct capture_session *session)
{
    return capture_sniff(buf_slice(&session->undecided[0])) == CAPTURE_WS ||
           capture_sniff(buf_slice(&session->undecided[1])) == CAPTURE_WS;
}

static void begin(struct capture_session *session)
{
    client_by_bytes(session);
    begin_layers(session);
    if (session->ws && !session->stream->from_start && !has_upgrade(session))
        capture_websocket_begin_within(session->ws);
    if (!session->ws) /* HTTP need not be WebSocket */
        emit_opened(session);
    for (unsigned i = 0; i < 2; i++) {
        unsigned end = i ? !session->stream->client : session->stream->client;
        struct buf bytes = session->undecided[end];

        session->undecided[end] = (struct buf){0};
        session->framers[end].from_client = from_client(session, end);
        session->framers[end].searching =
            !session->stream->from_start && !session->tls;
        session->framers[end].fresh = session->framers[end].searching;
        if (bytes.len)
            push(session, end, buf_slice(&bytes),
                 &session->undecided_origin[end]);
        buf_release(&bytes);
    }
}

static void try_to_decide(struct capture_session *session, bool last)
{
    if (session->protocol != CAPTURE_UNDECIDED ||
        (!session->undecided[0].len && !session->undecided[1].len))
        return;
    session->protocol = decide(session, last);
    if (session->protocol == CAPTURE_NOT_OURS) {
        buf_release(&session->undecided[0]);
        buf_release(&session->undecided[1]);
    } else if (session->protocol != CAPTURE_UNDECIDED) {
        begin(session);
    }
}

/* ---- the connection ---- */

void capture_session_open(struct capture *capture,
                          struct capture_stream *stream)
{
    struct capture_session *session = alloc_zero(1, sizeof(*session));

    session->capture = capture;
    session->stream = stream;
    stream->owner = session;
}

void capture_session_free(struct capture_stream *stream)
{
    struct capture_session *session = stream->owner;

    buf_release(&session->client_id);
    free(session->told[0]);
    free(session->told[1]);
    capture_tls_free(session->tls);
    if (session->ws)
        capture_websocket_release(session->ws);
    free(session->ws);
    for (unsigned end = 0; end < 2; end++) {
        buf_release(&session->undecided[end]);
        capture_framer_release(&session->framers[end]);
    }
    free(session);
    stream->owner = NULL;
}

void capture_session_bytes(struct capture *capture,
                           struct capture_stream *stream, unsigned end,
                           struct slice bytes,
                           const struct capture_origin *origin)
{
    struct capture_session *session = stream->owner;

    (void)capture;
    if (session->protocol == CAPTURE_NOT_OURS)
        return;
    if (session->protocol != CAPTURE_UNDECIDED) {
        push(session, end, bytes, origin);
        return;
    }
    buf_append_slice(&session->undecided[end], bytes);
    session->undecided_origin[end] = *origin;
    try_to_decide(session, false);
}

void capture_session_lost(struct capture *capture,
                          struct capture_stream *stream, unsigned end,
                          uint32_t count)
{
    struct capture_session *session = stream->owner;

    (void)capture;
    try_to_decide(session, true);
    if (session->protocol == CAPTURE_NOT_OURS)
        return;
    if (session->protocol == CAPTURE_UNDECIDED) {
        stream->from_start = false; /* the first bytes will not be */
        return;
    }
    if (!session->ws || session->opened)
        emit_count(session, end, EVENT_STREAM_LOST, count, "");
    if (session->tls)
        capture_tls_lose(session->tls, side_of(session, end), count);
    else if (session->ws)
        capture_websocket_lose(session->ws, side_of(session, end), count);
    else
        mqtt_lost(session, end, count);
}

void capture_session_end(struct capture *capture, struct capture_stream *stream,
                         const char *how)
{
    struct capture_session *session = stream->owner;

    try_to_decide(session, true);
    if (session->tls)
        capture_tls_end(session->tls);
    for (unsigned end = 0; end < 2; end++) {
        struct sender sender = {session, end};
        struct capture_framer_events events = {on_packet, on_skipped, &sender};

        if (session->opened)
            capture_framer_end(&session->framers[end], &events);
        /* A reset may be one that nobody obeyed. */
        session->framers[end].searching = true;
    }
    if (!how || !session->opened)
        return;
    record_begin(&capture->attributes, EVENT_CONN_CLOSED);
    record_put_string(&capture->attributes, RECORD_TEXT, how);
    capture_emit_attributes(capture, RECORD_CONN, stream, &stream->latest);
}

void capture_session_pdu(struct capture *capture, struct capture_stream *stream,
                         unsigned end, struct slice bytes,
                         const struct capture_origin *origin)
{
    struct capture_session *session = stream->owner;
    struct sender sender = {session, end};
    struct capture_framer_events events = {on_packet, on_skipped, &sender};

    (void)capture;
    if (!session->opened) {
        stream->from_start = false;
        by_port(session);
        stream->from_start = true;
        session->protocol = CAPTURE_MQTT;
        buf_append_slice(&session->undecided[end], bytes);
        session->undecided_origin[end] = *origin;
        begin(session);
    } else {
        mqtt_bytes(session, end, bytes, origin);
    }
    capture_framer_end(&session->framers[end], &events);
}

void capture_session_snapshot(struct capture *capture,
                              struct capture_stream *stream)
{
    struct capture_session *session = stream->owner;

    if (!session->opened)
        return;
    session->opened = false;
    emit_opened(session);
    if (!session->version)
        return;
    record_begin(&capture->attributes, EVENT_CONNECT_ACCEPTED);
    record_put(&capture->attributes, RECORD_CLIENT_ID,
               buf_slice(&session->client_id));
    record_put_number(&capture->attributes, RECORD_VERSION, session->version);
    capture_emit_attributes(capture, RECORD_EVT, stream, &stream->latest);
}

void capture_session_tls(struct capture_stream *stream, unsigned side,
                         const char *text)
{
    struct capture_session *session = stream->owner;

    free(session->told[side]);
    session->told[side] = alloc_string(text);
    if (session->opened)
        emit_told(session, side);
}
