#define _GNU_SOURCE /* memmem */
#include "wire/cable_units.h"

#include "net/ws_frame.h"
#include "wire/tls_hello.h"

#include <string.h>
#include <strings.h>

#define TLS_HEADER     5u
#define TLS_MAX_RECORD (16384u + 2048u)
#define MESSAGE_HEADER 4u
#define MAX_MESSAGE    (1u << 18) /* nobody sends a longer one */
#define TLS_1_3        0x0304
#define HTTP_END       "\r\n\r\n"
#define HTTP_TAIL      3u /* bytes of it that may end a piece */

enum { CHANGE_CIPHER = 20, HANDSHAKE = 22, HEARTBEAT = 24 };

/* ---- TLS ---- */

/* Can it be the header of a record [RFC 8446 5.1]? As far as it is there. */
static bool is_record(struct slice bytes)
{
    if (!bytes.len || bytes.bytes[0] < CHANGE_CIPHER ||
        bytes.bytes[0] > HEARTBEAT)
        return false;
    if (bytes.len < TLS_HEADER)
        return bytes.len == 1 || bytes.bytes[1] == 3;
    return bytes.bytes[1] == 3 && bytes.bytes[2] <= 4 &&
           (bytes.bytes[3] << 8 | bytes.bytes[4]) <= (int)TLS_MAX_RECORD;
}

static uint32_t message_bytes(struct slice message)
{
    return MESSAGE_HEADER + ((uint32_t)message.bytes[1] << 16 |
                             (uint32_t)message.bytes[2] << 8 |
                             message.bytes[3]);
}

/* What a hello says of all that follows. */
static void learn(struct cable_place *place, struct slice message)
{
    struct tls_hello hello;
    uint32_t len = message_bytes(message);

    if (message.bytes[0] != TLS_SERVER_HELLO || place->from_client)
        return;
    if (message.len > len)
        message = slice_first(message, len);
    if (tls_hello_read(&hello, slice_skip(message, MESSAGE_HEADER), false))
        place->is_1_3 = hello.version == TLS_1_3;
}

/* The messages of a record; what is left of the last one is in the next. */
static void walk_messages(struct cable_place *place, struct slice body,
                          uint32_t len)
{
    uint32_t at = place->message_left;

    if (body.len > len)
        body = slice_first(body, len);
    while (at <= body.len && body.len - at >= MESSAGE_HEADER) {
        struct slice message = slice_skip(body, at);
        uint32_t whole = message_bytes(message);

        if (whole > MAX_MESSAGE)
            break;
        learn(place, message);
        at += whole;
    }
    place->message_left = (at > len ? at - len : 0) & 0xffffff;
}

/* Behind ChangeCipherSpec: another hello, as after a HelloRetryRequest? Then it
   fills the record, which what is encrypted does only by a rare chance. */
static bool is_hello(struct slice body, uint32_t len)
{
    return body.len >= MESSAGE_HEADER &&
           (body.bytes[0] == TLS_CLIENT_HELLO ||
            body.bytes[0] == TLS_SERVER_HELLO) &&
           message_bytes(body) == len;
}

static void next_record(struct cable_place *place, struct slice rest,
                        struct cable_unit *unit)
{
    struct slice body = slice_skip(rest, TLS_HEADER);
    uint32_t len = (uint32_t)rest.bytes[3] << 8 | rest.bytes[4];
    uint8_t type = rest.bytes[0];

    unit->header = TLS_HEADER;
    unit->len = TLS_HEADER + len;
    unit->message_left = place->message_left;
    unit->is_encrypted =
        place->is_encrypted && !place->is_1_3 && !is_hello(body, len);
    if (type == HANDSHAKE && !unit->is_encrypted)
        walk_messages(place, body, len);
    if (type == CHANGE_CIPHER)
        place->is_encrypted = true;
}

/* ---- HTTP ---- */

/* As far as it is there. */
static bool begins(struct slice bytes, const char *text)
{
    size_t len = strlen(text);

    return bytes.len &&
           !memcmp(bytes.bytes, text, bytes.len < len ? bytes.len : len);
}

static bool is_http(struct slice bytes)
{
    return begins(bytes, "GET ") || begins(bytes, "HTTP/1.");
}

/* Do frames follow this head? */
static bool upgrades(struct slice head)
{
    static const char name[] = "\r\nupgrade:";
    const size_t len = sizeof(name) - 1;

    if (begins(head, "HTTP/1."))
        return head.len > 12 && !memcmp(head.bytes + 8, " 101", 4);
    for (size_t i = 0; i + len <= head.len; i++) {
        if (!strncasecmp((const char *)head.bytes + i, name, len))
            return true;
    }
    return false;
}

/* A head, or as much of it as is there. */
static void next_head(struct cable_place *place, struct slice rest,
                      struct cable_unit *unit)
{
    const uint8_t *end =
        memmem(rest.bytes, rest.len, HTTP_END, strlen(HTTP_END));

    unit->header = (uint32_t)rest.len;
    if (!end)
        return;
    unit->header = (uint32_t)(end - rest.bytes) + (uint32_t)strlen(HTTP_END);
    unit->len = unit->header;
    if (upgrades(slice_first(rest, unit->header)))
        place->kind = CABLE_FRAMES;
    else if (begins(rest, "HTTP/1."))
        place->kind = CABLE_UNKNOWN; /* a page, perhaps */
}

/* ---- frames ---- */

static void next_frame(struct cable_place *place, struct slice rest,
                       struct cable_unit *unit)
{
    struct ws_frame frame;
    int header = ws_frame_decode(rest, &frame);

    if (header < 0 || (header > 0 && frame.reserved)) {
        unit->kind = place->kind = CABLE_UNKNOWN;
        unit->len = rest.len;
    } else if (header > 0) {
        unit->header = (uint32_t)header;
        unit->len = (uint64_t)header + frame.payload_bytes;
    }
}

/* ---- units ---- */

static void next_fresh(struct cable_place *place, struct slice rest,
                       struct cable_unit *unit)
{
    unit->begins = true;
    if (place->kind == CABLE_TLS && !is_record(rest))
        unit->kind = place->kind = CABLE_UNKNOWN;
    if (place->kind == CABLE_UNKNOWN)
        unit->len = rest.len;
    else if (place->kind == CABLE_HTTP)
        next_head(place, rest, unit);
    else if (place->kind == CABLE_FRAMES)
        next_frame(place, rest, unit);
    else if (rest.len >= TLS_HEADER)
        next_record(place, rest, unit);
}

bool cable_units_next(struct cable_place *place, struct slice piece,
                      uint32_t *at, struct cable_unit *unit)
{
    struct slice rest;

    if (*at >= piece.len)
        return false;
    rest = slice_skip(piece, *at);
    *unit = (struct cable_unit){.kind = place->kind, .at = *at};
    if (place->skip)
        unit->len = place->skip;
    else
        next_fresh(place, rest, unit);
    place->skip = 0;
    unit->here = (uint32_t)rest.len;
    if (unit->len && unit->len < rest.len)
        unit->here = (uint32_t)unit->len;
    *at += unit->here;
    return true;
}

/* ---- from piece to piece ---- */

/* What are bytes of which nothing is known? */
static enum cable_kind guess(const struct cable_side *side, bool is_web,
                             struct slice piece)
{
    struct ws_frame frame;

    if (is_http(piece))
        return CABLE_HTTP;
    if (!is_web)
        return is_record(piece) ? CABLE_TLS : CABLE_UNKNOWN;
    return !side->begun && ws_frame_decode(piece, &frame) > 0 && !frame.reserved
               ? CABLE_FRAMES
               : CABLE_UNKNOWN;
}

/* A header that was cut: put it in front of the piece, and see. */
static void join_header(struct cable_side *side, struct slice piece)
{
    uint8_t both[2 * CABLE_HEADER_BYTES];
    size_t more =
        piece.len < CABLE_HEADER_BYTES ? piece.len : CABLE_HEADER_BYTES;
    struct cable_place place = side->place;
    struct cable_unit unit;
    uint32_t at = 0;

    memcpy(both, side->header, side->header_len);
    memcpy(both + side->header_len, piece.bytes, more);
    if (!cable_units_next(&place, slice_of(both, side->header_len + more), &at,
                          &unit))
        return;
    if (!unit.len && side->header_len + more <= CABLE_HEADER_BYTES) {
        memcpy(side->header, both, side->header_len + more);
        side->header_len = (uint8_t)(side->header_len + more);
        side->left = more; /* and that was all */
        return;
    }
    side->place = place;
    side->left = unit.len > side->header_len ? unit.len - side->header_len : 0;
    side->header_len = 0;
}

/* A head of HTTP that was cut: it goes on to its empty line. */
static void join_head(struct cable_side *side, struct slice piece)
{
    uint8_t both[2 * HTTP_TAIL];
    size_t had = side->header_len;
    size_t more = piece.len < HTTP_TAIL ? piece.len : HTTP_TAIL;
    const uint8_t *end;

    memcpy(both, side->header, had);
    memcpy(both + had, piece.bytes, more);
    end = memmem(both, had + more, HTTP_END, strlen(HTTP_END));
    side->left = piece.len;
    if (end)
        side->left = (uint64_t)(end - both) + strlen(HTTP_END) - had;
    else if ((end = memmem(piece.bytes, piece.len, HTTP_END, strlen(HTTP_END))))
        side->left = (uint64_t)(end - piece.bytes) + strlen(HTTP_END);
    if (end) {
        side->place.kind = CABLE_FRAMES; /* or the next piece is HTTP again */
        side->header_len = 0;
    } else {
        size_t keep = had + more < HTTP_TAIL ? had + more : HTTP_TAIL;

        memcpy(side->header, both + had + more - keep, keep);
        if (piece.len >= HTTP_TAIL)
            memcpy(side->header, piece.bytes + piece.len - HTTP_TAIL,
                   HTTP_TAIL);
        side->header_len = (uint8_t)keep;
    }
}

/* The last bytes of a unit whose length is not known yet. */
static void keep_header(struct cable_side *side, const struct cable_unit *unit,
                        struct slice piece)
{
    uint32_t most = unit->kind == CABLE_HTTP ? HTTP_TAIL : CABLE_HEADER_BYTES;
    uint32_t len = unit->here < most ? unit->here : most;

    memcpy(side->header, piece.bytes + piece.len - len, len);
    side->header_len = (uint8_t)len;
}

/* What the bytes before it say of a piece. */
static void begin_piece(struct cable_side *side, bool is_web,
                        struct slice piece)
{
    struct cable_place *place = &side->place;

    if (side->header_len && place->kind == CABLE_HTTP)
        join_head(side, piece);
    else if (side->header_len)
        join_header(side, piece);
    else if (!side->left && is_web && is_http(piece))
        place->kind = CABLE_HTTP; /* which no frame can begin with */
    else if (!side->left && place->kind == CABLE_UNKNOWN)
        place->kind = guess(side, is_web, piece);
    side->begun = true;
    place->skip =
        side->left < piece.len ? (uint32_t)side->left : (uint32_t)piece.len;
}

struct cable_place cable_units_take(struct cable_units *units, bool from_client,
                                    bool is_web, struct slice piece)
{
    struct cable_side *side = &units->sides[!from_client];
    struct cable_place begin;
    struct cable_unit unit;
    uint32_t at = 0;

    side->place.from_client = from_client;
    side->place.is_1_3 = units->is_1_3;
    begin_piece(side, is_web, piece);
    begin = side->place;
    side->left -= begin.skip;
    while (cable_units_next(&side->place, piece, &at, &unit)) {
        if (!unit.begins)
            continue;
        side->left = unit.len > unit.here ? unit.len - unit.here : 0;
        if (!unit.len)
            keep_header(side, &unit, piece);
    }
    units->is_1_3 |= side->place.is_1_3;
    return begin;
}

void cable_units_lose(struct cable_units *units, bool from_client)
{
    struct cable_side *side = &units->sides[!from_client];

    side->place.kind = CABLE_UNKNOWN;
    side->place.message_left = 0;
    side->left = 0;
    side->header_len = 0;
    side->begun = false;
}
