/*
 * How WebSocket begins, as HTTP, and its frames [RFC 6455 4, 5.2].
 */
#define _GNU_SOURCE /* memmem */
#include "base/buf.h"
#include "net/ws_frame.h"
#include "wire/dissect_cable.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- HTTP ---- */

static const struct header {
    const char *name;
    enum dissect_id id;
} headers[] = {
    {"host",                     DISSECT_HTTP_HOST         },
    {"upgrade",                  DISSECT_HTTP_UPGRADE      },
    {"connection",               DISSECT_HTTP_CONNECTION   },
    {"user-agent",               DISSECT_HTTP_AGENT        },
    {"origin",                   DISSECT_HTTP_ORIGIN       },
    {"sec-websocket-key",        DISSECT_HTTP_WS_KEY       },
    {"sec-websocket-accept",     DISSECT_HTTP_WS_ACCEPT    },
    {"sec-websocket-protocol",   DISSECT_HTTP_WS_PROTOCOL  },
    {"sec-websocket-version",    DISSECT_HTTP_WS_VERSION   },
    {"sec-websocket-extensions", DISSECT_HTTP_WS_EXTENSIONS},
};

#define HEADERS (sizeof(headers) / sizeof(headers[0]))

/* Bytes up to the next "\r\n", or to the end. */
static uint32_t line_len(const struct dissector *d)
{
    const uint8_t *from = d->bytes.bytes + d->at;
    const uint8_t *end = memmem(from, d->end - d->at, "\r\n", 2);

    return end ? (uint32_t)(end - from) : d->end - d->at;
}

/* Bytes up to the next blank of a line. */
static uint32_t word_len(const struct dissector *d, uint32_t line_end)
{
    const uint8_t *from = d->bytes.bytes + d->at;
    const uint8_t *end = memchr(from, ' ', line_end - d->at);

    return end ? (uint32_t)(end - from) : line_end - d->at;
}

static void word(struct dissector *d, enum dissect_id id, uint32_t line_end)
{
    uint32_t len = word_len(d, line_end);

    if (len)
        dissector_bytes(d, id, len);
    if (d->at < line_end)
        d->at++;
}

static void status_code(struct dissector *d, uint32_t line_end)
{
    const uint8_t *digits = d->bytes.bytes + d->at;
    uint32_t len = word_len(d, line_end);
    uint32_t code = 0;

    for (uint32_t i = 0; i < len && i < 3 && isdigit(digits[i]); i++)
        code = code * 10 + digits[i] - '0';
    dissector_counted(d, DISSECT_HTTP_CODE, len, code);
    if (d->at < line_end)
        d->at++;
}

static void first_line(struct dissector *d, uint32_t line_end)
{
    bool answer =
        line_end - d->at >= 5 && !memcmp(d->bytes.bytes + d->at, "HTTP/", 5);

    if (!answer) {
        word(d, DISSECT_HTTP_METHOD, line_end);
        word(d, DISSECT_HTTP_URI, line_end);
        word(d, DISSECT_HTTP_REQUEST_VERSION, line_end);
        return;
    }
    word(d, DISSECT_HTTP_RESPONSE_VERSION, line_end);
    status_code(d, line_end);
    if (d->at < line_end)
        dissector_bytes(d, DISSECT_HTTP_PHRASE, line_end - d->at);
}

/* Of other headers the line is a heading. */
static void header_line(struct dissector *d, uint32_t line_end)
{
    const char *line = (const char *)d->bytes.bytes + d->at;
    uint32_t len = line_end - d->at;
    char text[100];

    for (size_t i = 0; i < HEADERS; i++) {
        uint32_t name = (uint32_t)strlen(headers[i].name);

        if (len <= name || line[name] != ':' ||
            strncasecmp(line, headers[i].name, name) != 0)
            continue;
        d->at += name + 1;
        while (d->at < line_end && d->bytes.bytes[d->at] == ' ')
            d->at++;
        if (d->at < line_end)
            dissector_bytes(d, headers[i].id, line_end - d->at);
        return;
    }
    snprintf(text, sizeof(text), "%.*s", (int)(len < 90 ? len : 90), line);
    for (char *c = text; *c; c++) {
        if (!isprint((unsigned char)*c))
            *c = '.';
    }
    dissector_heading(d, DISSECT_NO_FIELD, len, text);
}

void dissect_http_head(struct dissector *d)
{
    uint32_t begin = d->at;
    bool first = true;

    dissector_heading(d, DISSECT_HTTP, d->end - d->at,
                      dissect_fields_info(DISSECT_HTTP)->label);
    d->at = begin;
    d->depth++;
    while (d->at < d->end && !dissector_full(d)) {
        uint32_t line_end = d->at + line_len(d);

        if (first)
            first_line(d, line_end);
        else if (line_end > d->at)
            header_line(d, line_end);
        first = false;
        d->at = line_end + 2 < d->end ? line_end + 2 : d->end;
    }
    d->depth--;
}

/* ---- frames ---- */

static void close_code(struct dissector *d, const struct ws_frame *frame)
{
    const uint8_t *at = d->bytes.bytes + d->at;
    unsigned code = (at[0] ^ frame->key[0]) << 8 | (at[1] ^ frame->key[1]);

    dissector_counted(d, DISSECT_WS_CLOSE_CODE, 2, code);
}

/* What a mask does not hide, for its key stands beside it. */
static void unmasked(struct dissector *d, const struct ws_frame *frame,
                     uint32_t begin)
{
    const uint8_t *at = d->bytes.bytes + begin;
    uint32_t here = d->end - begin;
    struct buf text = {0};

    buf_append_string(&text, "Payload: ");
    for (uint32_t i = 0; i < here && i < 32; i++)
        buf_printf(&text, "%02x", at[i] ^ frame->key[i % 4]);
    buf_printf(&text, "%s (%u bytes)", here > 32 ? "..." : "", (unsigned)here);
    d->at = begin;
    dissector_heading(d, DISSECT_WS_PAYLOAD, here, buf_string(&text));
    buf_release(&text);
}

static void frame_payload(struct dissector *d, const struct ws_frame *frame)
{
    uint32_t here = d->end - d->at;
    enum dissect_id id =
        frame->masked ? DISSECT_WS_MASKED_PAYLOAD : DISSECT_WS_PAYLOAD;
    char text[80];

    if (!frame->payload_bytes)
        return;
    if (frame->opcode == WS_FRAME_CLOSE && here >= 2) {
        close_code(d, frame);
        return;
    }
    snprintf(
        text, sizeof(text), "%s: %llu bytes%s", dissect_fields_info(id)->label,
        (unsigned long long)frame->payload_bytes,
        here < frame->payload_bytes ? ", of which the rest comes later" : "");
    uint32_t begin = d->at;
    dissector_heading(d, id, here, text);
    if (frame->masked)
        unmasked(d, frame, begin);
}

void dissect_ws_frame(struct dissector *d, const struct cable_unit *unit)
{
    struct ws_frame frame = {0};
    uint32_t begin = d->at;
    const char *opcode;
    char text[80];

    ws_frame_decode(slice_skip(d->bytes, d->at), &frame);
    opcode = dissect_cable_opcode(frame.opcode);
    snprintf(text, sizeof(text), "WebSocket: %s%s", opcode ? opcode : "Unknown",
             frame.fin ? "" : ", to be continued");
    dissector_heading(d, DISSECT_NO_FIELD, unit->here, text);
    d->at = begin;
    d->depth++;
    dissector_bits(d, DISSECT_WS_FIN, 0x80);
    dissector_bits(d, DISSECT_WS_RSV, 0x70);
    dissector_bits(d, DISSECT_WS_OPCODE, 0x0f);
    d->at++;
    dissector_bits(d, DISSECT_WS_MASK, 0x80);
    uint32_t len = dissector_bits(d, DISSECT_WS_LENGTH, 0x7f);
    d->at++;
    if (len == 126)
        dissector_number(d, DISSECT_WS_LENGTH_16, 2);
    else if (len == 127)
        dissector_counted(d, DISSECT_WS_LENGTH_64, 8, frame.payload_bytes);
    if (frame.masked)
        dissector_bytes(d, DISSECT_WS_KEY, 4);
    frame_payload(d, &frame);
    d->depth--;
}
