#include "capture/capture_tls.h"

#include "base/alloc.h"
#include "wire/tls_hello.h"

#include <stdio.h>
#include <stdlib.h>

#define HEADER        5u
#define MAX_RECORD    (16384u + 2048u)
#define MAX_HANDSHAKE 131072u /* bytes of messages that are not whole */
#define MAX_LOST      1024u   /* records that a loss may have taken */
#define TLS_1_3       0x0304

enum { CLIENT, SERVER };
enum content { CHANGE_CIPHER = 20, ALERT, HANDSHAKE, APPLICATION };

struct side {
    struct buf held;              /* of a record that is not whole */
    struct capture_origin origin; /* of the latest of it */
    struct buf handshake;         /* messages that are not whole */
    struct capture_cipher cipher;
    uint32_t to_skip;  /* bytes left of a record that was damaged */
    bool searching;    /* for the beginning of a record */
    bool renumber;     /* records were lost, nobody knows how many */
    bool encrypted;    /* what comes is */
    bool is_handshake; /* TLS 1.3: with the keys of the handshake */
};

struct capture_tls {
    const struct capture_tls_events *events;
    void *context;
    struct capture_keys *keys;
    struct side sides[2];
    struct buf content;
    const struct capture_suite *suite;
    uint16_t suite_id;
    uint16_t version;
    bool has_hello; /* the client's random bytes are known */
    bool hidden;
    uint8_t client_random[CAPTURE_RANDOM];
    uint8_t server_random[CAPTURE_RANDOM];
    struct buf client_session; /* names by which the client resumes */
    struct buf client_ticket;
    struct buf server_session;
    struct capture_secret master; /* TLS 1.2; len 0: not known */
    struct capture_cipher early;  /* TLS 1.3: of the client's 0-RTT data */
    struct buf transcript; /* the open handshake, if a PSK may open the rest */
    bool extended_master;
    bool exchanged; /* the transcript is whole */
};

static void hide(struct capture_tls *tls, const char *text)
{
    if (tls->hidden)
        return;
    tls->hidden = true;
    tls->events->on_hidden(tls->context, text);
}

/* ---- keys ---- */

static const struct capture_secret *find(const struct capture_tls *tls,
                                         enum capture_key_label label)
{
    return tls->has_hello
               ? capture_keys_find(tls->keys, label, tls->client_random)
               : NULL;
}

/* TLS 1.3: the keys of the handshake, or else those behind it. */
static void set_1_3(struct capture_tls *tls, unsigned side, bool handshake)
{
    static const enum capture_key_label labels[2][2] = {
        {CAPTURE_KEY_CLIENT_TRAFFIC, CAPTURE_KEY_CLIENT_HANDSHAKE},
        {CAPTURE_KEY_SERVER_TRAFFIC, CAPTURE_KEY_SERVER_HANDSHAKE},
    };
    struct side *s = &tls->sides[side];
    const struct capture_secret *secret = find(tls, labels[side][handshake]);

    s->encrypted = true;
    s->is_handshake = handshake;
    capture_cipher_release(&s->cipher);
    s->cipher = (struct capture_cipher){0};
    if (secret && tls->suite)
        capture_cipher_set_1_3(&s->cipher, tls->suite, secret);
}

/* The master secret that the pre-shared key gives, if nothing else is in it. */
static void derive_master(struct capture_tls *tls)
{
    const struct capture_keys *keys = tls->keys;

    if (!keys->psk_len || !tls->exchanged || !tls->suite ||
        !capture_cipher_plain_psk(tls->suite))
        return;
    capture_cipher_psk_master(
        tls->suite, slice_of(keys->psk, keys->psk_len),
        tls->extended_master ? buf_slice(&tls->transcript) : slice_of(NULL, 0),
        tls->client_random, tls->server_random, &tls->master);
    capture_keys_remember(tls->keys, buf_slice(&tls->server_session),
                          &tls->master);
}

/* The master secret: of this connection, or of the one that it resumes. */
static void find_master(struct capture_tls *tls)
{
    const struct capture_secret *master = find(tls, CAPTURE_KEY_MASTER);
    struct slice client_session = buf_slice(&tls->client_session);
    struct slice session_id = buf_slice(&tls->server_session);

    if (!master && slice_equal(session_id, client_session))
        master = capture_keys_recall(tls->keys, session_id);
    if (!master)
        master = capture_keys_recall(tls->keys, buf_slice(&tls->client_ticket));
    if (!master) {
        derive_master(tls);
        return;
    }
    tls->master = *master;
    capture_keys_remember(tls->keys, session_id, master);
}

static void set_1_2(struct capture_tls *tls, unsigned side)
{
    struct side *s = &tls->sides[side];

    s->encrypted = true;
    buf_clear(&s->handshake);
    if (!tls->master
             .len) /* as late as possible: who writes keys is late, too */
        find_master(tls);
    if (tls->master.len && tls->suite)
        capture_cipher_set_1_2(&s->cipher, tls->suite, &tls->master,
                               tls->client_random, tls->server_random,
                               side == CLIENT);
}

/* ---- the handshake ---- */

static void client_hello(struct capture_tls *tls, const struct tls_hello *hello)
{
    memcpy(tls->client_random, hello->random.bytes, CAPTURE_RANDOM);
    tls->has_hello = true;
    tls->exchanged = false;
    buf_clear(&tls->client_session);
    buf_append_slice(&tls->client_session, hello->session_id);
    buf_clear(&tls->client_ticket);
    buf_append_slice(&tls->client_ticket, hello->ticket);
}

static void server_hello(struct capture_tls *tls, const struct tls_hello *hello)
{
    char text[80];

    tls->suite_id = hello->suite;
    tls->suite = capture_cipher_suite(hello->suite);
    tls->version = hello->version;
    if (hello->retry)
        return;
    memcpy(tls->server_random, hello->random.bytes, CAPTURE_RANDOM);
    snprintf(text, sizeof(text), "TLS 1.%d, cipher suite 0x%04x",
             (hello->version & 0xff) - 1, hello->suite);
    tls->events->on_opened(tls->context, text);
    if (hello->version == TLS_1_3) {
        set_1_3(tls, CLIENT, true);
        set_1_3(tls, SERVER, true);
    } else {
        tls->extended_master = hello->extended_master;
        buf_clear(&tls->server_session);
        buf_append_slice(&tls->server_session, hello->session_id);
        find_master(tls);
    }
}

static void message(struct capture_tls *tls, unsigned side, unsigned type,
                    struct slice body)
{
    struct tls_hello hello;
    bool is_1_3 = tls->version == TLS_1_3;

    switch (type) {
    case TLS_CLIENT_HELLO:
        if (side == CLIENT && tls_hello_read(&hello, body, true))
            client_hello(tls, &hello);
        break;
    case TLS_SERVER_HELLO:
        if (side == SERVER && tls_hello_read(&hello, body, false))
            server_hello(tls, &hello);
        break;
    case TLS_NEW_TICKET: /* lifetime (4), length (2), ticket */
        if (!is_1_3 && body.len > 6 && tls->master.len)
            capture_keys_remember(tls->keys, slice_skip(body, 6), &tls->master);
        break;
    case TLS_KEY_EXCHANGE: tls->exchanged = side == CLIENT; break;
    case TLS_FINISHED:
        if (is_1_3)
            set_1_3(tls, side, false);
        break;
    case TLS_KEY_UPDATE:
        if (is_1_3 && tls->sides[side].cipher.context)
            capture_cipher_update(&tls->sides[side].cipher);
        break;
    default: break;
    }
}

/* A message goes into the transcript, which begins with a ClientHello. */
static void note(struct capture_tls *tls, struct slice whole)
{
    if (whole.bytes[0] == TLS_CLIENT_HELLO)
        buf_clear(&tls->transcript);
    if (tls->keys->psk_len && !tls->exchanged &&
        tls->transcript.len + whole.len <= MAX_HANDSHAKE)
        buf_append_slice(&tls->transcript, whole);
}

static void handshake(struct capture_tls *tls, unsigned side,
                      struct slice bytes)
{
    struct buf *held = &tls->sides[side].handshake;
    size_t used = 0;

    buf_append_slice(held, bytes);
    while (held->len - used >= 4) {
        const uint8_t *at = held->bytes + used;
        size_t len = (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];

        if (held->len - used - 4 < len)
            break;
        if (!tls->sides[side].encrypted)
            note(tls, slice_of(at, 4 + len));
        message(tls, side, at[0], slice_of(at + 4, len));
        used += 4 + len;
    }
    buf_consume(held, used);
    if (held->len > MAX_HANDSHAKE)
        buf_clear(held);
}

/* ---- records ---- */

/* After a loss nobody knows the record's number: the next few are tried. */
static bool open_renumbered(struct capture_tls *tls, struct side *side,
                            struct slice record, uint8_t *type)
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
    struct side *s = &tls->sides[side];

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
    set_1_3(tls, side, false);
    if (capture_cipher_open(&s->cipher, record, &tls->content, type)) {
        capture_cipher_release(&before);
        return true;
    }
    capture_cipher_release(&s->cipher);
    s->cipher = before;
    s->is_handshake = true;
    return false;
}

static void cannot_open(struct capture_tls *tls, const struct side *side)
{
    char text[100];

    if (side->cipher.context) {
        /* Early data that the server has refused looks like this. */
        if (!side->is_handshake)
            hide(tls, "a TLS record does not fit the keys");
        return;
    }
    snprintf(text, sizeof(text), "there are no keys for this TLS connection");
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
        (!find(tls, CAPTURE_KEY_CLIENT_TRAFFIC) &&
         !find(tls, CAPTURE_KEY_SERVER_TRAFFIC)))
        hide(tls, text);
}

/* Early data comes before the server has chosen a suite: the one that was used
   with the session's key before is found by trying [RFC 8446 4.2.10]. */
static bool begin_early(struct capture_tls *tls, struct slice record,
                        uint8_t *type)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305};
    const struct capture_secret *secret = find(tls, CAPTURE_KEY_CLIENT_EARLY);

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
    } else if (tls->version || !begin_early(tls, record, &type)) {
        return false;
    }
    if (type == HANDSHAKE) /* EndOfEarlyData [RFC 8446 4.5] */
        capture_cipher_release(&tls->early);
    else if (type == APPLICATION && tls->content.len)
        tls->events->on_bytes(tls->context, CLIENT, buf_slice(&tls->content),
                              origin);
    return true;
}

static void take_record(struct capture_tls *tls, unsigned side,
                        struct slice record,
                        const struct capture_origin *origin)
{
    struct side *s = &tls->sides[side];
    uint8_t type = record.bytes[0];

    if (type == CHANGE_CIPHER) {
        if (tls->version != TLS_1_3 && tls->version)
            set_1_2(tls, side);
        return;
    }
    if (side == CLIENT && type == APPLICATION &&
        (!s->encrypted || s->is_handshake) && take_early(tls, record, origin))
        return;
    if (!s->encrypted) {
        if (type == HANDSHAKE)
            handshake(tls, side, slice_skip(record, HEADER));
        else if (type == APPLICATION && !tls->has_hello)
            cannot_open(tls, s);
        return;
    }
    if (!open_record(tls, side, record, &type)) {
        cannot_open(tls, s);
        return;
    }
    if (type == HANDSHAKE && tls->version == TLS_1_3)
        handshake(tls, side, buf_slice(&tls->content));
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
static void search(struct side *side)
{
    size_t at = 0;

    while (side->held.len - at >= HEADER &&
           !is_record(slice_skip(buf_slice(&side->held), at), at == 0))
        at++;
    side->searching = side->held.len - at < HEADER;
    buf_consume(&side->held, at);
}

/* Whole records in what is held. */
static void take_records(struct capture_tls *tls, unsigned side)
{
    struct side *s = &tls->sides[side];
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
        take_record(tls, side, slice_first(rest, len), &s->origin);
        used += len;
    }
    buf_consume(&s->held, used);
    if (tls->hidden)
        buf_release(&s->held);
}

void capture_tls_take(struct capture_tls *tls, unsigned side,
                      struct slice bytes, const struct capture_origin *origin)
{
    struct side *s = &tls->sides[side];
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
    if (s->searching)
        search(s);
    if (!s->searching)
        take_records(tls, side);
}

/* The record that is held is damaged; count of its bytes are missing. */
static uint32_t lose_record(struct capture_tls *tls, unsigned side,
                            uint32_t count)
{
    struct side *s = &tls->sides[side];
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
    struct side *s = &tls->sides[side];
    uint32_t content = 0;

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
