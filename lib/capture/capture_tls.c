#include "capture/capture_tls.h"

#include "base/alloc.h"
#include "capture/capture_tls_handshake.h"

#include <stdio.h>
#include <stdlib.h>

#define HEADER      5u
#define MAX_RECORD  (16384u + 2048u)
#define MAX_LOST    1024u  /* records that a loss may have taken */
#define MAX_WAITING 65536u /* bytes of a server, before the client's hello */

enum content { CHANGE_CIPHER = 20, ALERT, HANDSHAKE, APPLICATION };

static void hide(struct capture_tls *tls, const char *text)
{
    if (tls->hidden)
        return;
    tls->hidden = true;
    tls->events->on_hidden(tls->context, text);
}

/* ---- records ---- */

/* After a loss nobody knows the record's number: the next few are tried. */
static bool open_renumbered(struct capture_tls *tls,
                            struct capture_tls_side *side, struct slice record,
                            uint8_t *type)
{
    uint64_t first = side->cipher.seq;

    for (uint64_t i = 1; side->renumber && i <= MAX_LOST; i++) {
        side->cipher.seq = first + i;
        if (capture_cipher_open(&side->cipher, record, &tls->content, type))
            return true;
    }
    side->cipher.seq = first;
    return false;
}

static bool open_record(struct capture_tls *tls, unsigned side,
                        struct slice record, uint8_t *type)
{
    struct capture_tls_side *s = &tls->sides[side];

    if (!s->cipher.context && s->is_handshake) /* written down meanwhile? */
        capture_tls_handshake_set_1_3(tls, side, true);
    if (capture_cipher_open(&s->cipher, record, &tls->content, type) ||
        open_renumbered(tls, s, record, type)) {
        s->renumber = false;
        return true;
    }
    if (!s->is_handshake)
        return false;

    /* The end of the handshake was lost, or its keys are not in the log. */
    struct capture_cipher before = s->cipher;
    s->cipher = (struct capture_cipher){0};
    capture_tls_handshake_set_1_3(tls, side, false);
    if (capture_cipher_open(&s->cipher, record, &tls->content, type)) {
        capture_cipher_release(&before);
        return true;
    }
    capture_cipher_release(&s->cipher);
    s->cipher = before;
    s->is_handshake = true;
    return false;
}

static void unread(struct capture_tls *tls, unsigned side, struct slice record,
                   const char *text)
{
    tls->events->on_unread(tls->context, side, (uint32_t)record.len,
                           &tls->sides[side].origin, text);
}

static const char early_text[] =
    "early data that the server has refused, or whose key is not known";

static void cannot_open(struct capture_tls *tls, unsigned from,
                        struct slice record)
{
    const struct capture_tls_side *side = &tls->sides[from];
    char text[100];

    if (side->cipher.context && !side->is_handshake) {
        hide(tls, "a TLS record does not fit the keys");
        return;
    }
    if (side->cipher.context) {
        unread(tls, from, record,
               from == CAPTURE_TLS_CLIENT
                   ? early_text
                   : "a TLS record that does not fit the keys");
        return;
    }
    snprintf(text, sizeof(text),
             tls->again ? "the TLS handshake was made again, and there are no "
                          "keys for the new one"
                        : "there are no keys for this TLS connection");
    if (tls->keys->psk_len && tls->suite &&
        !capture_cipher_plain_psk(tls->suite))
        snprintf(text, sizeof(text),
                 "the pre-shared key alone does not open this TLS connection");
    if (tls->version && !tls->suite)
        snprintf(text, sizeof(text),
                 "TLS cipher suite 0x%04x is not AEAD, or not known here",
                 tls->suite_id);
    if (!tls->version)
        snprintf(text, sizeof(text),
                 "the beginning of the TLS connection is not in the capture");
    /* TLS 1.3 may have keys for what comes behind the handshake only. */
    if (!side->is_handshake || !tls->suite ||
        (!capture_tls_handshake_secret(tls, CAPTURE_KEY_CLIENT_TRAFFIC) &&
         !capture_tls_handshake_secret(tls, CAPTURE_KEY_SERVER_TRAFFIC)))
        hide(tls, text);
    else
        unread(tls, from, record,
               "a record of the TLS handshake, whose keys are not known");
}

/* Early data comes before the server has chosen a suite: the one that was used
   with the session's key before is found by trying [RFC 8446 4.2.10]. */
static bool begin_early(struct capture_tls *tls, struct slice record,
                        uint8_t *type)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305};
    const struct capture_secret *secret =
        capture_tls_handshake_secret(tls, CAPTURE_KEY_CLIENT_EARLY);

    for (size_t i = 0; secret && i < sizeof(suites) / sizeof(suites[0]); i++) {
        const struct capture_suite *suite = capture_cipher_suite(suites[i]);

        if (secret->len != (suite->sha384 ? 48 : 32))
            continue;
        capture_cipher_set_1_3(&tls->early, suite, secret);
        if (capture_cipher_open(&tls->early, record, &tls->content, type))
            return true;
        capture_cipher_release(&tls->early);
    }
    return false;
}

/* Is it a record of the client's early data, or its end? */
static bool take_early(struct capture_tls *tls, struct slice record,
                       const struct capture_origin *origin)
{
    uint8_t type = 0;

    if (tls->early.context) {
        if (!capture_cipher_open(&tls->early, record, &tls->content, &type))
            return false;
    } else if ((tls->version && tls->version != CAPTURE_TLS_1_3) ||
               !begin_early(tls, record, &type)) {
        return false;
    }
    if (type == HANDSHAKE) /* EndOfEarlyData [RFC 8446 4.5] */
        capture_cipher_release(&tls->early);
    else if (type == APPLICATION && tls->content.len)
        tls->events->on_bytes(tls->context, CAPTURE_TLS_CLIENT,
                              buf_slice(&tls->content), origin);
    return true;
}

static void take_record(struct capture_tls *tls, unsigned side,
                        struct slice record,
                        const struct capture_origin *origin)
{
    struct capture_tls_side *s = &tls->sides[side];
    uint8_t type = record.bytes[0];

    if (type == CHANGE_CIPHER) {
        if (tls->version != CAPTURE_TLS_1_3 && tls->version)
            capture_tls_handshake_set_1_2(tls, side);
        return;
    }
    if (side == CAPTURE_TLS_CLIENT && type == APPLICATION &&
        (!s->encrypted || s->is_handshake) && take_early(tls, record, origin))
        return;
    if (!s->encrypted) {
        if (type == HANDSHAKE)
            capture_tls_handshake_take(tls, side, slice_skip(record, HEADER));
        else if (type == APPLICATION && !tls->has_hello)
            cannot_open(tls, side, record);
        else if (type == APPLICATION)
            unread(tls, side, record, early_text);
        return;
    }
    if (!open_record(tls, side, record, &type)) {
        cannot_open(tls, side, record);
        return;
    }
    if (type == HANDSHAKE)
        capture_tls_handshake_take(tls, side, buf_slice(&tls->content));
    else if (type == APPLICATION && tls->content.len)
        tls->events->on_bytes(tls->context, side, buf_slice(&tls->content),
                              origin);
}

/* ---- the stream ---- */

static size_t body_len(const uint8_t *header)
{
    return (size_t)header[3] << 8 | header[4];
}

static bool is_header(struct slice bytes)
{
    return bytes.bytes[0] >= CHANGE_CIPHER && bytes.bytes[0] <= APPLICATION &&
           bytes.bytes[1] == 3 && bytes.bytes[2] <= 4 &&
           body_len(bytes.bytes) <= MAX_RECORD;
}

/* Does a record begin here, and another behind it, or nothing? */
static bool is_record(struct slice bytes, bool first)
{
    if (!is_header(bytes))
        return false;

    size_t len = HEADER + body_len(bytes.bytes);
    if (bytes.len >= len + HEADER)
        return is_header(slice_skip(bytes, len));
    return bytes.len == len || first;
}

/* Pass over what cannot be the beginning of a record. */
static void search(struct capture_tls_side *side)
{
    size_t at = 0;

    while (side->held.len - at >= HEADER &&
           !is_record(slice_skip(buf_slice(&side->held), at), at == 0))
        at++;
    side->searching = side->held.len - at < HEADER;
    buf_consume(&side->held, at);
}

/* May the client's hello come yet, in a file whose directions are in no
   order? */
static bool awaits_hello(const struct capture_tls *tls)
{
    const struct capture_tls_side *client = &tls->sides[CAPTURE_TLS_CLIENT];
    const struct buf *held = &tls->sides[CAPTURE_TLS_SERVER].held;

    return !tls->has_hello && !client->searching &&
           (!client->has_records || client->handshake.len) &&
           held->len <= MAX_WAITING &&
           (!held->len || held->bytes[0] == HANDSHAKE);
}

static void look_at(struct capture_tls *tls, unsigned side);

/* The server's turn, if it has waited for long enough. */
static void hear_server(struct capture_tls *tls, bool at_once)
{
    if (!tls->server_heard && (at_once || !awaits_hello(tls)))
        look_at(tls, CAPTURE_TLS_SERVER);
}

/* Whole records in what is held. */
static void take_records(struct capture_tls *tls, unsigned side)
{
    struct capture_tls_side *s = &tls->sides[side];
    size_t used = 0;

    while (!tls->hidden && s->held.len - used >= HEADER) {
        struct slice rest = slice_skip(buf_slice(&s->held), used);

        if (!is_header(rest)) {
            hide(tls, "this is no TLS");
            break;
        }
        size_t len = HEADER + body_len(rest.bytes);
        if (rest.len < len)
            break;
        s->has_records = true;
        take_record(tls, side, slice_first(rest, len), &s->origin);
        if (side == CAPTURE_TLS_CLIENT)
            hear_server(tls, false);
        used += len;
    }
    buf_consume(&s->held, used);
    if (tls->hidden)
        buf_release(&s->held);
}

static void look_at(struct capture_tls *tls, unsigned side)
{
    struct capture_tls_side *s = &tls->sides[side];

    tls->server_heard |= side == CAPTURE_TLS_SERVER;
    if (s->searching)
        search(s);
    if (!s->searching)
        take_records(tls, side);
}

void capture_tls_take(struct capture_tls *tls, unsigned side,
                      struct slice bytes, const struct capture_origin *origin)
{
    struct capture_tls_side *s = &tls->sides[side];
    size_t skipped = s->to_skip < bytes.len ? s->to_skip : bytes.len;

    if (tls->hidden)
        return;
    s->to_skip -= (uint32_t)skipped;
    bytes = slice_skip(bytes, skipped);
    if (!bytes.len)
        return;
    buf_append_slice(&s->held, bytes);
    if (origin->frame >= s->origin.frame || s->held.len == bytes.len)
        s->origin = *origin;
    if (side == CAPTURE_TLS_CLIENT || tls->server_heard)
        look_at(tls, side);
    else
        hear_server(tls, false);
}

void capture_tls_end(struct capture_tls *tls)
{
    hear_server(tls, true);
}

/* The record that is held is damaged; count of its bytes are missing. */
static uint32_t lose_record(struct capture_tls *tls, unsigned side,
                            uint32_t count)
{
    struct capture_tls_side *s = &tls->sides[side];
    uint32_t len = (uint32_t)body_len(s->held.bytes);
    uint32_t content = 0;

    s->to_skip = HEADER + len - s->held.len - count;
    if (s->encrypted && s->cipher.context) {
        size_t overhead = capture_cipher_overhead(&s->cipher);

        s->cipher.seq++;
        if (len > overhead && s->held.bytes[0] == APPLICATION)
            content = len - (uint32_t)overhead;
    }
    return content;
}

void capture_tls_lose(struct capture_tls *tls, unsigned side, uint32_t count)
{
    struct capture_tls_side *s = &tls->sides[side];
    uint32_t content = 0;

    hear_server(tls, true);
    if (tls->hidden)
        return;
    buf_clear(&s->handshake);
    if (count && s->to_skip >= count) {
        s->to_skip -= count;
        return; /* the record was lost before */
    }
    if (!s->to_skip && count && !s->searching && s->held.len >= HEADER &&
        HEADER + body_len(s->held.bytes) - s->held.len >= count) {
        content = lose_record(tls, side, count);
    } else {
        s->to_skip = 0;
        s->searching = true;
        s->renumber = true;
    }
    buf_clear(&s->held);
    tls->events->on_lost(tls->context, side, content);
}

/* ---- life ---- */

struct capture_tls *capture_tls_new(const struct capture_tls_events *events,
                                    void *context, struct capture_keys *keys)
{
    struct capture_tls *tls = alloc_zero(1, sizeof(*tls));

    tls->events = events;
    tls->context = context;
    tls->keys = keys;
    return tls;
}

void capture_tls_free(struct capture_tls *tls)
{
    if (!tls)
        return;
    for (int i = 0; i < 2; i++) {
        buf_release(&tls->sides[i].held);
        buf_release(&tls->sides[i].handshake);
        capture_cipher_release(&tls->sides[i].cipher);
    }
    capture_cipher_release(&tls->early);
    buf_release(&tls->content);
    buf_release(&tls->transcript);
    buf_release(&tls->client_session);
    buf_release(&tls->client_ticket);
    buf_release(&tls->server_session);
    free(tls);
}
