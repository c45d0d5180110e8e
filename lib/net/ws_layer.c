#include "net/ws_layer.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* socket_prepare has set SO_NOSIGPIPE instead */
#endif

void ws_layer_say_why(struct ws *ws, const char *format, ...)
{
    struct buf text = {0};
    va_list args;

    if (ws->reason)
        return;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    ws->reason = buf_take_string(&text);
}

/* ---- down: what libwebsockets has written goes to the transport below ---- */

static void hand_down(struct ws *ws, struct slice bytes)
{
    struct iovec part = {
        .iov_base = (void *)(uintptr_t)bytes.bytes,
        .iov_len = bytes.len,
    };

    if (ws->error || ws->below_gone || ws->closed_down)
        return;
    if (!ws->out.len) {
        ssize_t taken = transport_writev(ws->below, &part, 1);

        if (taken < 0) {
            ws->error = (int)taken; /* its on_end comes */
            return;
        }
        bytes = slice_skip(bytes, (size_t)taken);
    }
    buf_append_slice(&ws->out, bytes);
}

void ws_layer_send_rest(struct ws *ws)
{
    struct iovec part = {.iov_base = ws->out.bytes, .iov_len = ws->out.len};

    if (!part.iov_len)
        return;
    ssize_t taken = transport_writev(ws->below, &part, 1);
    if (taken < 0) {
        ws->error = (int)taken;
        return;
    }
    buf_consume(&ws->out, (size_t)taken);
    if (!ws->out.len)
        buf_release(&ws->out);
}

/* Does libwebsockets send a Close frame? What it writes by itself is whole
   control frames, each shorter than 126 bytes. */
static void look_for_close(struct ws *ws, struct slice bytes)
{
    struct ws_frame frame;

    for (;;) {
        int used = ws_frame_decode(bytes, &frame);

        if (used <= 0 || (size_t)used + frame.payload_bytes > bytes.len)
            return;
        ws->close_sent |= frame.opcode == WS_FRAME_CLOSE;
        bytes = slice_skip(bytes, (size_t)used + frame.payload_bytes);
    }
}

/* Carry what lies in the pair. own says that it is of libwebsockets' own
   accord. Returns false when there was nothing. */
static bool carry_down(struct ws *ws, bool own)
{
    const size_t room = LWS_PRE + WS_FRAME_BYTES;
    bool any = false;
    ssize_t len = (ssize_t)room;

    while (ws->fd >= 0 && len == (ssize_t)room) {
        len = recv(ws->fd, ws->context->carry, room, 0);
        if (len <= 0)
            break;
        struct slice bytes = slice_of(ws->context->carry, (size_t)len);

        if (own && ws->opened)
            look_for_close(ws, bytes);
        hand_down(ws, bytes);
        any = true;
    }
    return any;
}

/* ---- libwebsockets ---- */

/* Tell libwebsockets that its socket is ready for these (POLLIN and so on). */
static void serve(struct ws *ws, short events)
{
    struct lws_pollfd ready = {
        .fd = ws->wsi_fd,
        .events = events,
        .revents = events,
    };

    if (!ws->wsi)
        return;
    ws->serving++;
    lws_service_fd(ws->context->lws, &ready);
    ws->serving--;
}

void ws_layer_let_go(struct ws *ws)
{
    /* It drops the connection, whatever its state. */
    serve(ws, POLLHUP);
    assert(!ws->wsi);
    if (ws->fd >= 0)
        close(ws->fd);
    ws->fd = -1;
}

void ws_layer_carry(struct ws *ws)
{
    carry_down(ws, true);
}

void ws_layer_settle(struct ws *ws)
{
    bool more = true;

    while (more) {
        if (!ws->out.len && !ws->frame_left)
            serve(ws, POLLOUT);
        more = carry_down(ws, true) && !ws->out.len && !ws->error;
    }
}

void ws_layer_say_goodbye(struct ws *ws, uint16_t status)
{
    if (!ws->opened || ws->close_sent || !ws->wsi || ws->error ||
        ws->frame_left) /* nothing can go within a frame */
        return;
    ws->close_status = status;
    for (int i = 0; i < 2 && ws->wsi; i++)
        serve(ws, POLLOUT); /* it closes; then it writes the frame */
    carry_down(ws, true);
}

/* ---- up: what the transport below brings ---- */

void ws_layer_give(struct ws *ws, struct slice bytes)
{
    while (bytes.len && ws->wsi) {
        ssize_t len = send(ws->fd, bytes.bytes, bytes.len, MSG_NOSIGNAL);

        if (len <= 0)
            return; /* it has closed its end: judge sees it */
        serve(ws, POLLIN);
        bytes = slice_skip(bytes, (size_t)len);
    }
}

bool ws_layer_send(struct ws *ws, size_t len)
{
    ws->serving++;
    int sent =
        lws_write(ws->wsi, ws->context->frame + LWS_PRE, len, LWS_WRITE_BINARY);
    ws->serving--;
    while (sent >= 0 && carry_down(ws, false) && lws_partial_buffered(ws->wsi))
        serve(ws, POLLOUT);
    if (sent < 0 && !ws->error)
        ws->error = -EPIPE;
    return !ws->error;
}
