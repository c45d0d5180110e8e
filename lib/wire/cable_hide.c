#define _GNU_SOURCE /* memmem */
#include "wire/cable_hide.h"

#include "base/buf.h"
#include "mqtt/framer.h"
#include "net/ws_frame.h"
#include "wire/tap_redact.h"

#include <string.h>
#include <strings.h>

#define HIDDEN '*'

/* One frame, as far as it is there. */
struct piece {
    struct ws_frame frame;
    size_t header; /* bytes of it */
    size_t here;   /* bytes of its payload that are there */
};

/* Returns false when there is no whole header, or none that can be one. */
static bool read_piece(struct slice bytes, struct piece *piece)
{
    int header = ws_frame_decode(bytes, &piece->frame);

    if (header <= 0)
        return false;
    size_t rest = bytes.len - (size_t)header;
    piece->header = (size_t)header;
    piece->here = piece->frame.payload_bytes < rest
                      ? (size_t)piece->frame.payload_bytes
                      : rest;
    return true;
}

static bool carries_mqtt(const struct piece *piece)
{
    return piece->frame.opcode <= WS_FRAME_BINARY;
}

/* What turns a byte of the payload into what it says; 0 without a mask. */
static uint8_t mask_at(const struct piece *piece, size_t i)
{
    return piece->frame.masked ? piece->frame.key[i % 4] : 0;
}

size_t cable_request_end(const uint8_t *bytes, size_t len)
{
    const uint8_t *end = memmem(bytes, len, "\r\n\r\n", 4);

    if (len < 4 || memcmp(bytes, "GET ", 4) != 0 || !end)
        return 0;
    return (size_t)(end - bytes) + 4;
}

void cable_hide_request(uint8_t *bytes, size_t len)
{
    static const char *const names[] = {"authorization:",
                                        "proxy-authorization:"};
    size_t end;

    for (size_t at = 0; at < len; at = end + 1) {
        const uint8_t *newline = memchr(bytes + at, '\n', len - at);

        end = newline ? (size_t)(newline - bytes) : len;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            size_t name = strlen(names[i]);

            if (end - at > name &&
                !strncasecmp((const char *)bytes + at, names[i], name))
                memset(bytes + at + name, HIDDEN,
                       end - at - name - (bytes[end - 1] == '\r'));
        }
    }
}

/* What the frames carry, unmasked. */
static void unmask(struct slice frames, struct buf *mqtt)
{
    struct piece piece;

    while (read_piece(frames, &piece)) {
        frames = slice_skip(frames, piece.header);
        for (size_t i = 0; carries_mqtt(&piece) && i < piece.here; i++)
            buf_append_u8(mqtt, frames.bytes[i] ^ mask_at(&piece, i));
        frames = slice_skip(frames, piece.here);
    }
}

/* Replace what is to be hidden, in the frames that carry it. */
static void replace(uint8_t *bytes, size_t len,
                    const struct redaction *redaction)
{
    struct piece piece;
    size_t at = 0;       /* in bytes */
    size_t position = 0; /* in what the frames carry */

    while (read_piece(slice_of(bytes + at, len - at), &piece)) {
        at += piece.header;
        for (size_t i = 0; carries_mqtt(&piece) && i < piece.here; i++) {
            if (position >= redaction->from && position < redaction->to)
                bytes[at + i] = HIDDEN ^ mask_at(&piece, i);
            position++;
        }
        at += piece.here;
    }
}

/* The next packet of what the frames carry, or what there is of it. */
static struct slice next_packet(struct slice mqtt)
{
    uint32_t size = framer_size(mqtt);

    return size && size < mqtt.len ? slice_first(mqtt, size) : mqtt;
}

void cable_hide_all(uint8_t *bytes, size_t len)
{
    memset(bytes, HIDDEN, len);
}

/* Where a header stands that can be none, and nobody reads on; len: nowhere. */
static size_t find_wrong(const uint8_t *bytes, size_t len)
{
    struct piece piece;
    size_t at = 0;

    while (read_piece(slice_of(bytes + at, len - at), &piece))
        at += piece.header + piece.here;
    return ws_frame_decode(slice_of(bytes + at, len - at), &piece.frame) < 0
               ? at
               : len;
}

/* What is to be hidden in the packet at this place of mqtt, if anything. */
static bool find_secret(struct slice mqtt, size_t at, struct slice packet,
                        struct redaction *redaction)
{
    if ((at && packet.bytes[0] >> 4 != MQTT_CONNECT) ||
        !tap_redact(packet, redaction))
        return false;
    redaction->from += at;
    redaction->to += at;
    return redaction->to <= mqtt.len;
}

void cable_hide_packets(uint8_t *bytes, size_t len)
{
    struct slice mqtt = slice_of(bytes, len);

    for (size_t at = 0; at < len;) {
        struct slice packet = next_packet(slice_skip(mqtt, at));
        struct redaction redaction;

        if (find_secret(mqtt, at, packet, &redaction))
            memset(bytes + redaction.from, HIDDEN,
                   redaction.to - redaction.from);
        at += packet.len;
    }
}

void cable_hide(uint8_t *bytes, size_t len)
{
    struct buf mqtt = {0};
    size_t wrong = find_wrong(bytes, len);

    cable_hide_all(bytes + wrong, len - wrong);
    len = wrong;
    unmask(slice_of(bytes, len), &mqtt);
    for (size_t at = 0; at < mqtt.len;) {
        struct slice packet = next_packet(slice_skip(buf_slice(&mqtt), at));
        struct redaction redaction;

        if (find_secret(buf_slice(&mqtt), at, packet, &redaction))
            replace(bytes, len, &redaction);
        at += packet.len;
    }
    buf_release(&mqtt);
}
