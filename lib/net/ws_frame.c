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

/* Add one byte to the header under way. Returns false when it is bad. */
static bool add_to_header(struct ws_frame_watch *watch, uint8_t byte,
                          bool masked, struct ws_frame_seen *seen)
{
    struct ws_frame frame;

    watch->header[watch->header_len++] = byte;
    /* The rule is broken as soon as the bit is there. */
    if (watch->header_len == 2 && (byte >> 7) != masked)
        return false;
    int used =
        ws_frame_decode(slice_of(watch->header, watch->header_len), &frame);
    if (used < 0)
        return false;
    if (used == 0)
        return true;
    watch->header_len = 0;
    watch->payload_left = frame.payload_bytes;
    seen->control |= frame.opcode >= WS_FRAME_CLOSE;
    seen->close |= frame.opcode == WS_FRAME_CLOSE;
    return true;
}

size_t ws_frame_pass(struct ws_frame_watch *watch, struct slice bytes,
                     bool masked, struct ws_frame_seen *seen)
{
    size_t at = 0;

    *seen = (struct ws_frame_seen){0};
    while (at < bytes.len) {
        uint64_t len = bytes.len - at;

        if (watch->payload_left) {
            if (len > watch->payload_left)
                len = watch->payload_left;
            watch->payload_left -= len;
            at += (size_t)len;
            continue;
        }
        size_t start = watch->header_len;
        if (!add_to_header(watch, bytes.bytes[at], masked, seen))
            return at > start ? at - start : 0;
        at++;
    }
    return at;
}
