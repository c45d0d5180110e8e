#include "net/transport_ws.h"

#include "base/alloc.h"
#include "net/ws_data.h"
#include "net/ws_layer.h"
#include "net/ws_page.h"
#include "net/ws_pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* After our Close frame the peer has so long to answer it. */
#define LINGER_MS 1000

/* ---- telling the owner ---- */

static void tell_end(struct ws *ws, int error)
{
    if (ws->ended || ws->closing)
        return;
    ws->ended = true;
    ws->transport.events->on_end(ws->transport.owner, error);
}

static void tell_open(struct ws *ws)
{
    ws_layer_carry(ws); /* the last of HTTP; from here on it is frames */
    ws->opened = true;
    ws->transport.events->on_open(ws->transport.owner);
}

/* ---- the end ---- */

static void close_below(struct ws *ws, bool abort)
{
    if (ws->closed_down)
        return;
    ws->closed_down = true;
    if (ws->linger)
        timer_cancel(ws->linger);
    transport_close(ws->below, abort);
}

/* The owner has closed: is all of it said and answered? */
static void finish_if_done(struct ws *ws)
{
    if (ws->closing && !ws->out.len &&
        (ws->close_came || ws->in_broken || !ws->close_sent))
        close_below(ws, false);
}

struct ws_linger {
    struct timer timer;
    struct ws *ws;
};

static void on_linger(struct timer *timer)
{
    close_below(LIST_ITEM(timer, struct ws_linger, timer)->ws, false);
}

static void begin_to_linger(struct ws *ws)
{
    struct ws_linger *linger = alloc_zero(1, sizeof(*linger));

    linger->ws = ws;
    timer_init(&linger->timer, on_linger);
    timer_set(ws->context->loop, &linger->timer, LINGER_MS);
    ws->linger = &linger->timer;
    transport_pause(ws->below, false); /* the answer is to be read */
}

/* The owner has closed, and libwebsockets is not under way. */
static void finish(struct ws *ws, bool abort)
{
    if (!abort && !ws->below_gone && !ws->close_came)
        ws_layer_say_goodbye(ws, WS_CLOSE_NORMAL);
    ws_layer_let_go(ws);
    if (abort || ws->error || ws->below_gone) {
        close_below(ws, abort);
        return;
    }
    finish_if_done(ws);
    if (!ws->closed_down)
        begin_to_linger(ws);
}

/* libwebsockets has closed. */
static void tell_broken(struct ws *ws)
{
    ws_layer_say_why(ws, "a frame came that breaks RFC 6455");
    tell_end(ws, -EPROTO);
}

/* libwebsockets has closed before there was a WebSocket; a page is a reason. */
static void tell_refused(struct ws *ws)
{
    if (ws->site)
        ws_layer_say_why(ws, "what came cannot be answered; perhaps it is "
                             "MQTT without WebSocket, or TLS, or HTTP "
                             "without a line Host, or with a header longer "
                             "than websockets_headers_size");
    tell_end(ws, ws->site ? 0 : -EPROTO);
}

/* libwebsockets was served: what came of it? */
static void judge(struct ws *ws)
{
    if (ws->closing) {
        if (ws->closed_down)
            ws_layer_let_go(ws);
        else if (!ws->linger)
            finish(ws, false);
        return;
    }
    if (ws->error)
        return; /* on_end comes from below */
    if (ws->close_came)
        tell_end(ws, 0);
    else if (ws->close_sent || (ws->opened && !ws->wsi))
        tell_broken(ws);
    else if (!ws->wsi)
        tell_refused(ws);
}

/* ---- up: what the transport below brings goes to libwebsockets ---- */

/*
 * How much of bytes is read in one go while HTTP is spoken: up to the empty
 * line, for behind it frames may begin. Two ends of line, with or without a
 * carriage return, are one.
 */
static size_t up_to_empty_line(struct ws *ws, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len && i < WS_HTTP_BYTES; i++) {
        if (bytes.bytes[i] == '\n')
            ws->header_end++;
        else if (bytes.bytes[i] != '\r')
            ws->header_end = 0;
        if (ws->header_end == 2) {
            ws->header_end = 0;
            return i + 1;
        }
    }
    return bytes.len < WS_HTTP_BYTES ? bytes.len : WS_HTTP_BYTES;
}

/* Of a connection that is over only the peer's Close frame is waited for. */
static void look_for_answer(struct ws *ws, struct slice bytes)
{
    while (ws->opened && !ws->in_broken && !ws->closed_down && bytes.len) {
        struct ws_frame_part part =
            ws_frame_next(&ws->in, &bytes, ws->site != NULL);

        ws->in_broken = part.kind == WS_FRAME_WRONG;
        ws->close_came |= part.kind != WS_FRAME_NOTHING &&
                          !ws->in.payload_left &&
                          ws->in.frame.opcode == WS_FRAME_CLOSE;
        finish_if_done(ws);
    }
}

/* As long as HTTP is spoken. Returns what is left for the next time. */
static struct slice bring_http(struct ws *ws, struct slice bytes)
{
    size_t len = up_to_empty_line(ws, bytes);

    ws_layer_give(ws, slice_first(bytes, len));
    ws_layer_settle(ws);
    judge(ws);
    return slice_skip(bytes, len);
}

/* Is there somebody who wants what comes? */
static bool is_live(const struct ws *ws)
{
    return ws->wsi && !ws->closing && !ws->ended;
}

/* What frames brought so far goes to the owner. */
static void hand_over(struct ws *ws, size_t *len)
{
    struct slice bytes = slice_of(ws->context->data, *len);

    *len = 0;
    if (bytes.len && is_live(ws))
        ws->transport.events->on_bytes(ws->transport.owner, bytes);
}

/* The peer has sent what it must not. */
static void refuse(struct ws *ws, uint16_t status, const char *why)
{
    if (!is_live(ws))
        return;
    ws_layer_say_why(ws, "%s", why);
    ws_layer_say_goodbye(ws, status);
    tell_end(ws, -EPROTO);
}

/* A part of a Close frame, for libwebsockets. */
static void take_close(struct ws *ws, struct slice bytes)
{
    if (!is_live(ws))
        return;
    ws_layer_give(ws, bytes);
    if (ws->in.payload_left)
        return;
    ws->close_came = true;
    ws_layer_settle(ws);
    judge(ws);
}

/* The newest Ping, if all of it is here: libwebsockets answers. It takes a
   thousand times as long as a Ping takes to be sent, so of those that come
   together no other one is answered [RFC 6455 5.5.3]. */
static void answer_ping(struct ws *ws)
{
    bool under_way =
        ws->in.payload_left && ws->in.frame.opcode == WS_FRAME_PING;

    if (!ws->ping.len || under_way || !is_live(ws))
        return;
    ws_layer_give(ws, buf_slice(&ws->ping));
    buf_release(&ws->ping);
    ws_layer_settle(ws);
    judge(ws);
}

/* A part of a control frame. Pongs are not asked for, and mean nothing. */
static void take_control(struct ws *ws, const struct ws_frame_part *part,
                         size_t *len)
{
    uint8_t opcode = ws->in.frame.opcode;

    if (opcode == WS_FRAME_PING && part->kind == WS_FRAME_HEADER)
        buf_clear(&ws->ping);
    if (opcode == WS_FRAME_PING)
        buf_append_slice(&ws->ping, part->bytes);
    if (opcode == WS_FRAME_CLOSE) {
        hand_over(ws, len);
        take_close(ws, part->bytes);
    }
}

/* At most WS_FRAME_BYTES; what the frames hold is handed over together. */
static void bring_frames(struct ws *ws, struct slice bytes)
{
    const struct ws_frame *frame = &ws->in.frame;
    struct ws_frame_part part = {.kind = WS_FRAME_HEADER};
    size_t len = 0;

    while (part.kind != WS_FRAME_NOTHING && part.kind != WS_FRAME_WRONG &&
           is_live(ws)) {
        part = ws_frame_next(&ws->in, &bytes, ws->site != NULL);
        bool has_frame =
            part.kind == WS_FRAME_HEADER || part.kind == WS_FRAME_PAYLOAD;

        if (has_frame && ws_frame_is_control(frame)) {
            take_control(ws, &part, &len);
        } else if (has_frame && frame->opcode == WS_FRAME_TEXT) {
            hand_over(ws, &len);
            refuse(ws, WS_CLOSE_UNACCEPTABLE, "a frame of text came");
        } else if (part.kind == WS_FRAME_PAYLOAD) {
            ws_frame_unmask(&ws->in, part.bytes, ws->context->data + len);
            len += part.bytes.len;
        }
    }
    hand_over(ws, &len);
    answer_ping(ws);
    ws->in_broken |= part.kind == WS_FRAME_WRONG;
    if (part.kind == WS_FRAME_WRONG)
        refuse(ws, WS_CLOSE_PROTOCOL_ERROR, part.wrong);
    look_for_answer(ws, bytes);
}

/* ---- what libwebsockets tells ---- */

static int on_may_write(struct ws *ws)
{
    if (!ws->close_status)
        return 0;
    lws_close_reason(ws->wsi, ws->close_status, NULL, 0);
    return -1;
}

/* in is the payload of the peer's Close frame. */
static int on_close(struct ws *ws, struct slice in)
{
    if (in.len >= 2)
        ws_layer_say_why(ws, "the peer closed with status %u",
                         (unsigned)in.bytes[0] << 8 | in.bytes[1]);
    else
        ws_layer_say_why(ws, "the peer closed");
    return 0;
}

int ws_layer_on_event(struct lws *wsi, enum lws_callback_reasons reason,
                      void *user, void *in, size_t len)
{
    struct ws *ws = lws_get_opaque_user_data(wsi);

    (void)user;
    if (!ws)
        return 0;
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return ws_page_upgrade(ws, wsi, in);
    case LWS_CALLBACK_HTTP: return ws_page_get(ws, wsi, in);
    case LWS_CALLBACK_HTTP_WRITEABLE: return ws_page_go_on(ws, wsi);
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED: tell_open(ws); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE: return on_may_write(ws);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        ws_layer_say_why(ws, "no WebSocket there: %.*s", in ? (int)len : 0,
                         in ? (const char *)in : "");
        return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return on_close(ws, slice_of(in, len));
    case LWS_CALLBACK_WSI_DESTROY: ws->wsi = NULL; return 0;
    default: return 0;
    }
}

/* ---- what the transport below says ---- */

static void below_open(void *owner)
{
    struct ws *ws = owner;

    if (ws->closing || ws->site)
        return;
    int error = ws_pair_connect(ws);
    if (error) {
        ws->error = error;
        tell_end(ws, error);
        return;
    }
    ws_layer_settle(ws);
    judge(ws);
}

static void below_bytes(void *owner, struct slice bytes)
{
    struct ws *ws = owner;

    while (bytes.len && is_live(ws) && !ws->opened)
        bytes = bring_http(ws, bytes);
    while (bytes.len && is_live(ws)) {
        size_t len = bytes.len < WS_FRAME_BYTES ? bytes.len : WS_FRAME_BYTES;

        bring_frames(ws, slice_first(bytes, len));
        bytes = slice_skip(bytes, len);
    }
    look_for_answer(ws, bytes);
}

static void below_writable(void *owner)
{
    struct ws *ws = owner;

    ws_layer_send_rest(ws);
    if (ws->out.len || ws->error)
        return;
    finish_if_done(ws);
    if (ws->closing)
        return;
    ws_layer_settle(ws);
    judge(ws);
    if (!ws->blocked || ws->out.len || ws->ended || ws->closing)
        return;
    ws->blocked = false;
    ws->transport.events->on_writable(ws->transport.owner);
}

static void below_end(void *owner, int error)
{
    struct ws *ws = owner;

    ws->below_gone = true;
    if (!ws->opened && !ws->site && ws->fd >= 0)
        ws_layer_say_why(ws, "the server closed instead of an answer");
    if (!ws->error)
        ws->error = error;
    if (ws->closing)
        close_below(ws, false);
    else
        tell_end(ws, ws->error);
}

static void free_ws(struct ws *ws)
{
    ws_layer_let_go(ws);
    loop_task_cancel(&ws->task);
    ws_page_forget(ws);
    ws_pair_forget(ws);
    buf_release(&ws->out);
    buf_release(&ws->ping);
    ws_context_unref(ws->context);
    if (ws->linger)
        free(LIST_ITEM(ws->linger, struct ws_linger, timer));
    free(ws->reason);
    free(ws);
}

static void below_closed(void *owner)
{
    struct ws *ws = owner;

    ws->transport.events->on_closed(ws->transport.owner);
    free_ws(ws);
}

const struct transport_events transport_ws_below = {
    .on_open = below_open,
    .on_bytes = below_bytes,
    .on_writable = below_writable,
    .on_end = below_end,
    .on_closed = below_closed,
};

/* ---- the transport ---- */

static void on_task(struct loop_task *task)
{
    struct ws *ws = LIST_ITEM(task, struct ws, task);

    tell_end(ws, ws->error);
}

static ssize_t ws_writev(struct transport *transport, const struct iovec *parts,
                         int count)
{
    struct ws *ws = (struct ws *)transport;
    size_t all = transport_total(parts, count);
    bool broken_off = ws->frame_left != 0;
    size_t taken = 0;

    if (ws->opened && (!ws->wsi || ws->close_sent || ws->ended) && !ws->error)
        ws->error = -EPIPE;
    if (!ws->error)
        taken = ws_data_send(ws, parts, count);
    if (broken_off && !ws->frame_left && !ws->error)
        ws_layer_settle(ws); /* a Pong may have waited for the end of a frame */
    if (ws->error) {
        loop_at_start(ws->context->loop, &ws->task);
        return ws->error;
    }
    ws->blocked = taken < all;
    return (ssize_t)taken;
}

static void ws_pause(struct transport *transport, bool pause)
{
    struct ws *ws = (struct ws *)transport;

    ws->paused = pause;
    if (!ws->closing)
        transport_pause(ws->below, pause);
}

static void ws_close(struct transport *transport, bool abort)
{
    struct ws *ws = (struct ws *)transport;

    if (ws->closing)
        return;
    ws->closing = true;
    loop_task_cancel(&ws->task);
    if (ws->close_came || ws->close_sent)
        abort = false; /* it ends well, whatever was said before */
    if (abort)
        close_below(ws, true);
    if (!ws->serving) /* otherwise judge does it, when libwebsockets returns */
        finish(ws, abort);
}

static void ws_peer(struct transport *transport, char *text, size_t size)
{
    struct transport *below = ((struct ws *)transport)->below;

    below->ops->peer(below, text, size);
}

static void ws_local(struct transport *transport, char *text, size_t size)
{
    struct transport *below = ((struct ws *)transport)->below;

    below->ops->local(below, text, size);
}

static const struct transport_ops ops = {
    .name = "ws",
    .writev = ws_writev,
    .pause = ws_pause,
    .close = ws_close,
    .peer = ws_peer,
    .local = ws_local,
};

static const struct transport_ops ops_over_tls = {
    .name = "wss",
    .writev = ws_writev,
    .pause = ws_pause,
    .close = ws_close,
    .peer = ws_peer,
    .local = ws_local,
};

static struct ws *new_ws(struct ws_context *context,
                         const struct transport_events *events, void *owner)
{
    struct ws *ws = alloc_zero(1, sizeof(*ws));

    ws->transport = (struct transport){&ops, events, owner};
    ws->context = ws_context_ref(context);
    ws->fd = -1;
    loop_task_init(&ws->task, on_task);
    return ws;
}

struct transport *transport_ws_accept(struct ws_context *context,
                                      const struct ws_site *site,
                                      const struct transport_events *events,
                                      void *owner)
{
    struct ws *ws = new_ws(context, events, owner);

    ws->site = site;
    ws->error = ws_pair_accept(ws);
    if (ws->error)
        loop_at_start(context->loop, &ws->task);
    return &ws->transport;
}

struct transport *transport_ws_new(struct ws_context *context,
                                   const struct ws_request *request,
                                   const struct transport_events *events,
                                   void *owner)
{
    struct ws *ws = new_ws(context, events, owner);

    ws_pair_prepare(ws, request);
    return &ws->transport;
}

void transport_ws_carry(struct transport *transport, struct transport *below)
{
    struct ws *ws = (struct ws *)transport;

    ws->below = below;
    if (!strcmp(below->ops->name, "tls"))
        transport->ops = &ops_over_tls;
}

void transport_ws_discard(struct transport *transport)
{
    free_ws((struct ws *)transport);
}

bool transport_ws_page_moves(struct transport *transport)
{
    struct ws *ws = (struct ws *)transport;
    bool moves = ws->page_moves;

    ws->page_moves = false;
    return moves;
}

const char *transport_ws_reason(const struct transport *transport)
{
    return ((const struct ws *)(const void *)transport)->reason;
}

bool transport_is_ws(const struct transport *transport)
{
    return transport->ops == &ops || transport->ops == &ops_over_tls;
}

struct transport *transport_ws_carrier(const struct transport *transport)
{
    return ((const struct ws *)(const void *)transport)->below;
}
