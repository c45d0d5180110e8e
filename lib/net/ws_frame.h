/*
 * Headers of WebSocket frames [RFC 6455 5.2].
 *
 *     0               1               2               3
 *    +-+-+-+-+-------+-+-------------+-------------------------------+
 *    |F|R|R|R| opcode|M| length      |  16 or 64 bits more of it,    |
 *    |I|S|S|S|       |A|             |  when it is 126 or 127        |
 *    |N|V|V|V|       |S|             |                               |
 *    | |1|2|3|       |K|             |                               |
 *    +-+-+-+-+-------+-+-------------+-------------------------------+
 *    |  masking key, 4 bytes, if MASK is set; then the payload       |
 *    +---------------------------------------------------------------+
 */
#ifndef NET_WS_FRAME_H
#define NET_WS_FRAME_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opcodes; those from CLOSE on are control frames. */
enum {
    WS_FRAME_CONTINUATION = 0,
    WS_FRAME_TEXT = 1,
    WS_FRAME_BINARY = 2,
    WS_FRAME_CLOSE = 8,
    WS_FRAME_PING = 9,
    WS_FRAME_PONG = 10,
};

/* Status codes of a Close frame [RFC 6455 7.4.1]. */
enum {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_PROTOCOL_ERROR = 1002,
    WS_CLOSE_UNACCEPTABLE = 1003, /* we take binary data only */
};

#define WS_FRAME_HEADER_BYTES  14  /* the longest */
#define WS_FRAME_CONTROL_BYTES 125 /* the longest payload of a control frame */

struct ws_frame {
    bool fin;
    uint8_t reserved; /* RSV1 to RSV3; 0 without extensions */
    uint8_t opcode;
    bool masked;
    uint8_t key[4]; /* if masked */
    uint64_t payload_bytes;
};

/*
 * Read a header from the start of in. Returns how many bytes it takes (2 to
 * 14); 0 when in ends before it does; -WS_CLOSE_PROTOCOL_ERROR for a length
 * that is not written in the shortest way, or exceeds 2^63 - 1.
 */
int ws_frame_decode(struct slice in, struct ws_frame *frame);

/* Write the header of a whole message that is not masked. Returns how many
   bytes it takes, 2 to 10. */
size_t ws_frame_encode(uint8_t header[WS_FRAME_HEADER_BYTES], uint8_t opcode,
                       uint64_t payload_bytes);

/* Cuts one direction of a stream into parts. Zeroed before the first. */
struct ws_frame_reader {
    struct ws_frame frame; /* the one under way */
    uint64_t payload_left; /* of it */
    uint8_t header[WS_FRAME_HEADER_BYTES];
    uint8_t header_len; /* bytes of it; while it is not complete */
    bool in_message;    /* the last fragment of a message has not come */
};

enum ws_frame_kind {
    WS_FRAME_NOTHING, /* all was taken: more is needed */
    WS_FRAME_HEADER,  /* the header of a frame */
    WS_FRAME_PAYLOAD, /* some of its payload, as it came: see ws_frame_unmask */
    WS_FRAME_WRONG, /* a header that breaks a rule; nothing more can be read */
};

struct ws_frame_part {
    enum ws_frame_kind kind;
    struct slice
        bytes;         /* of header or payload; borrowed from reader or input */
    const char *wrong; /* which rule was broken */
};

/*
 * Take the next part off the front of *in. masked is the rule for this
 * direction: a client masks every frame, a server none [RFC 6455 5.1].
 */
struct ws_frame_part ws_frame_next(struct ws_frame_reader *reader,
                                   struct slice *in, bool masked);

/* Copy a part of the payload, of the frame under way and just taken, to where
   it is wanted, without its mask. */
void ws_frame_unmask(const struct ws_frame_reader *reader, struct slice payload,
                     uint8_t *to);

static inline bool ws_frame_is_control(const struct ws_frame *frame)
{
    return frame->opcode >= WS_FRAME_CLOSE;
}

#endif
