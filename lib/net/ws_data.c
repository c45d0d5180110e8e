#include "net/ws_data.h"

#include <string.h>

#include "net/ws_layer.h"

/* So many parts go down at a time, the header among them. */
#define PARTS_AT_ONCE 64

static bool may_send(const struct ws *ws)
{
    return ws->opened && !ws->error && !ws->out.len;
}

/* ---- a server's ---- */

/* What lies behind the first skip bytes of parts, at most len bytes of it.
   Returns how many pieces it is; *filled is the sum of their bytes. */
static int pick(const struct iovec *parts, int count, size_t skip, size_t len,
                struct iovec *pieces, size_t *filled)
{
    int picked = 0;

    *filled = 0;
    for (int i = 0; i < count && *filled < len && picked < PARTS_AT_ONCE - 1;
         i++) {
        size_t left = parts[i].iov_len;

        if (skip >= left) {
            skip -= left;
            continue;
        }
        left -= skip;
        if (left > len - *filled)
            left = len - *filled;
        pieces[picked].iov_base = (uint8_t *)parts[i].iov_base + skip;
        pieces[picked].iov_len = left;
        picked++;
        *filled += left;
        skip = 0;
    }
    return picked;
}

/* What is left of a header goes first, whatever comes next. */
static void keep_header(struct ws *ws, const struct iovec *header, size_t sent)
{
    const uint8_t *bytes = header->iov_base;

    buf_append(&ws->out, bytes + sent, header->iov_len - sent);
}

/* One write. Returns false when no more can be sent now. */
static bool write_frame(struct ws *ws, const struct iovec *parts, int count,
                        size_t left, size_t *taken)
{
    uint8_t header[WS_FRAME_HEADER_BYTES];
    struct iovec pieces[PARTS_AT_ONCE] = {{.iov_base = header}};
    size_t filled;

    if (!ws->frame_left) {
        ws->frame_left =
            left < WS_FRAME_BYTES ? (uint32_t)left : WS_FRAME_BYTES;
        pieces[0].iov_len =
            ws_frame_encode(header, WS_FRAME_BINARY, ws->frame_left);
    }
    int picked =
        pick(parts, count, *taken, ws->frame_left, pieces + 1, &filled);
    bool headless = !pieces[0].iov_len;
    ssize_t sent =
        transport_writev(ws->below, pieces + headless, picked + 1 - headless);
    if (sent < 0) {
        ws->error = (int)sent;
        return false;
    }
    if ((size_t)sent < pieces[0].iov_len) {
        keep_header(ws, &pieces[0], (size_t)sent);
        return false;
    }
    size_t went = (size_t)sent - pieces[0].iov_len;
    ws->frame_left -= (uint32_t)went;
    *taken += went;
    return went == filled;
}

static size_t send_plain(struct ws *ws, const struct iovec *parts, int count)
{
    size_t all = transport_total(parts, count);
    size_t taken = 0;

    while (may_send(ws) && taken < all &&
           write_frame(ws, parts, count, all - taken, &taken))
        ;
    return taken;
}

/* ---- a client's ---- */

/* The next at most WS_FRAME_BYTES behind the first skip bytes, put together
   where libwebsockets wants them. */
static size_t gather(struct ws *ws, const struct iovec *parts, int count,
                     size_t skip)
{
    uint8_t *frame = ws->context->frame + LWS_PRE;
    size_t len = 0;
    size_t filled = 1;

    while (filled && len < WS_FRAME_BYTES) {
        struct iovec pieces[PARTS_AT_ONCE];
        int picked = pick(parts, count, skip + len, WS_FRAME_BYTES - len,
                          pieces, &filled);

        for (int i = 0; i < picked; i++) {
            memcpy(frame + len, pieces[i].iov_base, pieces[i].iov_len);
            len += pieces[i].iov_len;
        }
    }
    return len;
}

static size_t send_masked(struct ws *ws, const struct iovec *parts, int count)
{
    size_t all = transport_total(parts, count);
    size_t taken = 0;

    while (may_send(ws) && taken < all) {
        size_t len = gather(ws, parts, count, taken);

        if (ws_layer_send(ws, len))
            taken += len;
    }
    return taken;
}

size_t ws_data_send(struct ws *ws, const struct iovec *parts, int count)
{
    return ws->site ? send_plain(ws, parts, count)
                    : send_masked(ws, parts, count);
}
