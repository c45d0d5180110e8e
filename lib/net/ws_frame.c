#include "net/ws_frame.h"

/* The length that is written in count bytes after the first two. */
static uint64_t long_length(const uint8_t *in, size_t count)
{
    uint64_t length = 0;

    for (size_t i = 0; i < count; i++)
        length = length << 8 | in[2 + i];
    return length;
}

int ws_frame_decode(struct slice in, struct ws_frame *frame)
{
    size_t used = 2;

    if (in.len < used)
        return 0;
    *frame = (struct ws_frame){
        .fin = in.bytes[0] & 0x80,
        .reserved = (in.bytes[0] >> 4) & 7,
        .opcode = in.bytes[0] & 15,
        .masked = in.bytes[1] & 0x80,
        .payload_bytes = in.bytes[1] & 0x7f,
    };
    if (frame->payload_bytes >= 126) {
        size_t count = frame->payload_bytes == 126 ? 2 : 8;
        uint64_t shortest = count == 2 ? 126 : 65536;

        used += count;
        if (in.len < used)
            return 0;
        frame->payload_bytes = long_length(in.bytes, count);
        if (frame->payload_bytes < shortest || frame->payload_bytes >> 63)
            return -WS_CLOSE_PROTOCOL_ERROR;
    }
    if (!frame->masked)
        return (int)used;
    if (in.len < used + sizeof(frame->key))
        return 0;
    memcpy(frame->key, in.bytes + used, sizeof(frame->key));
    return (int)(used + sizeof(frame->key));
}

/* Which rule does a frame break [RFC 6455 5.2, 5.4, 5.5]? NULL: none. */
static const char *judge(const struct ws_frame *frame, bool in_message,
                         bool masked)
{
    bool control = frame->opcode >= WS_FRAME_CLOSE;

    if (frame->masked != masked)
        return masked ? "a frame came without a mask"
                      : "a frame came with a mask";
    if (frame->reserved)
        return "a frame came with reserved bits";
    if (frame->opcode > WS_FRAME_PONG ||
        (frame->opcode > WS_FRAME_BINARY && !control))
        return "a frame came with an opcode that is reserved";
    if (control && !frame->fin)
        return "a fragment of a control frame came";
    if (control && frame->payload_bytes > WS_FRAME_CONTROL_BYTES)
        return "a control frame came that is longer than 125 bytes";
    if (!control && in_message != (frame->opcode == WS_FRAME_CONTINUATION))
        return in_message ? "a message came within a fragmented message"
                          : "a continuation came of nothing";
    return NULL;
}

/* The header at the start of bytes; what was kept of it comes before. Returns
   how many of bytes it takes; if they do not suffice they are kept. */
static size_t read_header(struct ws_frame_watch *watch, struct slice bytes,
                          int *used, struct ws_frame *frame)
{
    size_t taken = 0;

    *used = watch->header_len ? 0 : ws_frame_decode(bytes, frame);
    if (*used)
        return *used > 0 ? (size_t)*used : 0;
    while (*used == 0 && taken < bytes.len) {
        watch->header[watch->header_len++] = bytes.bytes[taken++];
        *used =
            ws_frame_decode(slice_of(watch->header, watch->header_len), frame);
    }
    if (*used)
        watch->header_len = 0;
    return taken;
}

/* A header was read. */
static void begin(struct ws_frame_watch *watch, const struct ws_frame *frame,
                  struct ws_frame_seen *seen)
{
    watch->payload_left = frame->payload_bytes;
    if (frame->opcode < WS_FRAME_CLOSE)
        watch->in_message = !frame->fin;
    seen->control |= frame->opcode >= WS_FRAME_CLOSE;
    seen->close |= frame->opcode == WS_FRAME_CLOSE;
}

size_t ws_frame_pass(struct ws_frame_watch *watch, struct slice bytes,
                     bool masked, struct ws_frame_seen *seen)
{
    size_t at = 0;

    *seen = (struct ws_frame_seen){0};
    while (at < bytes.len) {
        struct slice rest = slice_skip(bytes, at);
        struct ws_frame frame;
        int used;

        if (watch->payload_left) {
            size_t len = rest.len < watch->payload_left
                             ? rest.len
                             : (size_t)watch->payload_left;

            watch->payload_left -= len;
            at += len;
            continue;
        }
        size_t taken = read_header(watch, rest, &used, &frame);
        if (used < 0)
            seen->wrong = "a frame came with a length that is none";
        else if (used > 0)
            seen->wrong = judge(&frame, watch->in_message, masked);
        if (seen->wrong)
            return at;
        if (used > 0)
            begin(watch, &frame, seen);
        at += taken;
    }
    return at;
}
