#include "net/ws_frame.h"

#include <string.h>

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
    bool control = ws_frame_is_control(frame);

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

/* Take bytes until they are a header. Returns as ws_frame_decode does. */
static int read_header(struct ws_frame_reader *reader, struct slice *in)
{
    int used = reader->header_len ? 0 : ws_frame_decode(*in, &reader->frame);

    if (used > 0) {
        memcpy(reader->header, in->bytes, (size_t)used);
        *in = slice_skip(*in, (size_t)used);
    }
    while (used == 0 && in->len) {
        reader->header[reader->header_len++] = in->bytes[0];
        *in = slice_skip(*in, 1);
        used = ws_frame_decode(slice_of(reader->header, reader->header_len),
                               &reader->frame);
    }
    if (used)
        reader->header_len = 0;
    return used;
}

static struct ws_frame_part next_payload(struct ws_frame_reader *reader,
                                         struct slice *in)
{
    size_t len =
        in->len < reader->payload_left ? in->len : (size_t)reader->payload_left;
    struct ws_frame_part part = {.kind = WS_FRAME_PAYLOAD,
                                 .bytes = slice_first(*in, len)};

    reader->payload_left -= len;
    *in = slice_skip(*in, len);
    return part;
}

struct ws_frame_part ws_frame_next(struct ws_frame_reader *reader,
                                   struct slice *in, bool masked)
{
    struct ws_frame_part part = {.kind = WS_FRAME_NOTHING};

    if (!in->len)
        return part;
    if (reader->payload_left)
        return next_payload(reader, in);
    int used = read_header(reader, in);
    if (used == 0)
        return part;
    if (used < 0)
        part.wrong = "a frame came with a length that is none";
    else
        part.wrong = judge(&reader->frame, reader->in_message, masked);
    part.kind = part.wrong ? WS_FRAME_WRONG : WS_FRAME_HEADER;
    if (part.wrong)
        return part;
    part.bytes = slice_of(reader->header, (size_t)used);
    reader->payload_left = reader->frame.payload_bytes;
    if (!ws_frame_is_control(&reader->frame))
        reader->in_message = !reader->frame.fin;
    return part;
}

void ws_frame_unmask(const struct ws_frame_reader *reader, struct slice payload,
                     uint8_t *to)
{
    uint64_t begin =
        reader->frame.payload_bytes - reader->payload_left - payload.len;
    uint8_t key[8];
    uint64_t key_8;
    size_t i = 0;

    if (!reader->frame.masked) {
        memcpy(to, payload.bytes, payload.len);
        return;
    }
    for (size_t k = 0; k < sizeof(key); k++)
        key[k] = reader->frame.key[(begin + k) & 3];
    memcpy(&key_8, key, sizeof(key_8));
    for (; i + sizeof(key_8) <= payload.len; i += sizeof(key_8)) {
        uint64_t eight;

        memcpy(&eight, payload.bytes + i, sizeof(eight));
        eight ^= key_8;
        memcpy(to + i, &eight, sizeof(eight));
    }
    for (; i < payload.len; i++)
        to[i] = payload.bytes[i] ^ key[i & 3];
}

size_t ws_frame_encode(uint8_t header[WS_FRAME_HEADER_BYTES], uint8_t opcode,
                       uint64_t payload_bytes)
{
    size_t count = payload_bytes < 126 ? 0 : payload_bytes < 65536 ? 2 : 8;

    header[0] = 0x80 | opcode;
    header[1] = count == 0 ? (uint8_t)payload_bytes : count == 2 ? 126 : 127;
    for (size_t i = 0; i < count; i++)
        header[2 + i] = (uint8_t)(payload_bytes >> 8 * (count - 1 - i));
    return 2 + count;
}
