#include "capture/capture_websocket.h"

#include <string.h>

#include "net/ws_frame.h"

#define MAX_UPGRADE 16384u /* bytes of an HTTP request or answer */
#define SURE_COUNT  3      /* so many frames in a row are no accident */

/* A frame that is looked for has no more bytes than a Control Packet can. */
#define MAX_SEARCHED (1u << 28)

void capture_websocket_release(struct capture_websocket *ws)
{
    buf_release(&ws->sides[0].held);
    buf_release(&ws->sides[1].held);
    buf_release(&ws->content);
}

void capture_websocket_begin_within(struct capture_websocket *ws)
{
    for (int i = 0; i < 2; i++) {
        ws->sides[i].upgraded = true;
        ws->sides[i].searching = true;
    }
}

static void hide(struct capture_websocket *ws, const char *text)
{
    if (!ws->hidden && text)
        ws->events->on_hidden(ws->context, text);
    ws->hidden = true;
}

/* ---- the upgrade ---- */

/* Where it ends: behind an empty line; 0: not yet. */
static size_t end_of_upgrade(struct slice bytes)
{
    for (size_t i = 3; i < bytes.len; i++) {
        if (!memcmp(bytes.bytes + i - 3, "\r\n\r\n", 4))
            return i + 1;
    }
    return 0;
}

static bool is_switching(struct slice bytes)
{
    return bytes.len > 12 && !memcmp(bytes.bytes, "HTTP/1.1 101", 12);
}

/* All that is held is looked at again: it is short. */
static void take_upgrade(struct capture_websocket *ws, unsigned side)
{
    struct capture_websocket_side *s = &ws->sides[side];
    size_t end = end_of_upgrade(buf_slice(&s->held));

    if (!end && s->held.len > MAX_UPGRADE)
        hide(ws, NULL); /* some other HTTP */
    if (!end)
        return;
    if (side == 1 && !is_switching(buf_slice(&s->held)))
        hide(ws, NULL);
    s->upgraded = true;
    buf_consume(&s->held, end);
}

/* ---- frames ---- */

static bool is_opcode(unsigned opcode)
{
    return opcode <= WS_FRAME_BINARY ||
           (opcode >= WS_FRAME_CLOSE && opcode <= WS_FRAME_PONG);
}

/* Begin a frame. False when it can be none. */
static bool begin_frame(struct capture_websocket *ws, unsigned side,
                        const struct ws_frame *frame)
{
    struct capture_websocket_side *s = &ws->sides[side];

    if (!is_opcode(frame->opcode)) {
        hide(ws, "this is no WebSocket");
        return false;
    }
    if (frame->reserved) {
        hide(ws, "its WebSocket frames are compressed");
        return false;
    }
    s->remaining = frame->payload_bytes;
    s->is_content = !ws_frame_is_control(frame);
    s->masked = frame->masked;
    s->mask_at = 0;
    memcpy(s->mask, frame->key, sizeof(s->mask));
    return true;
}

static void take_payload(struct capture_websocket *ws, unsigned side,
                         struct slice bytes,
                         const struct capture_origin *origin)
{
    struct capture_websocket_side *s = &ws->sides[side];

    s->remaining -= bytes.len;
    if (!s->is_content)
        return;
    if (!s->masked) {
        ws->events->on_bytes(ws->context, side, bytes, origin);
        return;
    }
    buf_clear(&ws->content);
    uint8_t *out = buf_reserve(&ws->content, bytes.len);
    for (size_t i = 0; i < bytes.len; i++)
        out[i] = bytes.bytes[i] ^ s->mask[(s->mask_at + i) % 4];
    s->mask_at = (uint8_t)((s->mask_at + bytes.len) % 4);
    ws->content.len = (uint32_t)bytes.len;
    ws->events->on_bytes(ws->context, side, buf_slice(&ws->content), origin);
}

enum likeness { NO_FRAME, HALF_A_HEADER, A_FRAME };

/* Can a frame begin here, as this side sends them? *len is its length. */
static enum likeness likeness(struct slice bytes, bool from_client,
                              uint64_t *len)
{
    struct ws_frame frame;

    if (bytes.bytes[0] & 0x70 || !is_opcode(bytes.bytes[0] & 0x0f))
        return NO_FRAME;

    int header = ws_frame_decode(bytes, &frame);
    if (!header)
        return HALF_A_HEADER;
    if (header < 0 || frame.masked != from_client ||
        frame.payload_bytes > MAX_SEARCHED)
        return NO_FRAME;
    *len = (size_t)header + frame.payload_bytes;
    return A_FRAME;
}

/* Is it a frame, and what follows it another? first: it is where a segment
   begins, so it need not be whole. */
static enum likeness chain(struct slice bytes, bool from_client, bool first)
{
    for (int count = 0; count < SURE_COUNT && bytes.len; count++) {
        uint64_t len = 0;
        enum likeness like = likeness(bytes, from_client, &len);

        if (like != A_FRAME)
            return count && like == HALF_A_HEADER ? A_FRAME : like;
        if (len > bytes.len)
            return first || count ? A_FRAME : NO_FRAME;
        bytes = slice_skip(bytes, (size_t)len);
    }
    return A_FRAME;
}

static void search(struct capture_websocket *ws, unsigned side)
{
    struct capture_websocket_side *s = &ws->sides[side];
    enum likeness like = NO_FRAME;
    size_t at = 0;

    while (at < s->held.len &&
           (like = chain(slice_skip(buf_slice(&s->held), at), side == 0,
                         at == 0)) == NO_FRAME)
        at++;
    s->searching = at == s->held.len || like == HALF_A_HEADER;
    buf_consume(&s->held, at);
}

/* Frames in bytes that nothing is held before; what is left of a header is. */
static void take_frames(struct capture_websocket *ws, unsigned side,
                        struct slice bytes, const struct capture_origin *origin)
{
    struct capture_websocket_side *s = &ws->sides[side];

    while (bytes.len && !ws->hidden) {
        size_t count =
            s->remaining < bytes.len ? (size_t)s->remaining : bytes.len;

        if (count) {
            take_payload(ws, side, slice_first(bytes, count), origin);
            bytes = slice_skip(bytes, count);
            continue;
        }
        struct ws_frame frame;
        int header = ws_frame_decode(bytes, &frame);
        if (!header) {
            buf_append_slice(&s->held, bytes);
            return;
        }
        if (header < 0)
            hide(ws, "the length of a WebSocket frame is none");
        else if (begin_frame(ws, side, &frame))
            bytes = slice_skip(bytes, (size_t)header);
    }
}

void capture_websocket_take(struct capture_websocket *ws, unsigned side,
                            struct slice bytes,
                            const struct capture_origin *origin)
{
    struct capture_websocket_side *s = &ws->sides[side];

    if (ws->hidden)
        return;
    if (s->upgraded && !s->searching && !s->held.len) {
        take_frames(ws, side, bytes, origin);
        return;
    }
    buf_append_slice(&s->held, bytes);
    if (!s->upgraded)
        take_upgrade(ws, side);
    if (s->searching)
        search(ws, side);
    if (!s->upgraded || s->searching || ws->hidden)
        return;

    struct buf held = s->held;
    s->held = (struct buf){0};
    take_frames(ws, side, buf_slice(&held), origin);
    buf_release(&held);
}

void capture_websocket_lose(struct capture_websocket *ws, unsigned side,
                            uint32_t count)
{
    struct capture_websocket_side *s = &ws->sides[side];

    if (ws->hidden)
        return;
    buf_clear(&s->held);
    if (count && count <= s->remaining) {
        s->remaining -= count;
        s->mask_at = (uint8_t)((s->mask_at + count) % 4);
        if (s->is_content)
            ws->events->on_lost(ws->context, side, count);
        return;
    }
    s->remaining = 0;
    s->searching = true;
    s->upgraded = true;
    ws->events->on_lost(ws->context, side, 0);
}
