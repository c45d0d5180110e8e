#include "capture/capture_tls_handshake.h"

#include "wire/tls_hello.h"

#include <stdio.h>
#include <string.h>

/* ---- keys ---- */

const struct capture_secret *
capture_tls_handshake_secret(const struct capture_tls *tls,
                             enum capture_key_label label)
{
    return tls->has_hello
               ? capture_keys_find(tls->keys, label, tls->client_random)
               : NULL;
}

/* TLS 1.3: the keys of the handshake, or else those behind it. */
void capture_tls_handshake_set_1_3(struct capture_tls *tls, unsigned side,
                                   bool handshake)
{
    static const enum capture_key_label labels[2][2] = {
        {CAPTURE_KEY_CLIENT_TRAFFIC, CAPTURE_KEY_CLIENT_HANDSHAKE},
        {CAPTURE_KEY_SERVER_TRAFFIC, CAPTURE_KEY_SERVER_HANDSHAKE},
    };
    struct capture_tls_side *s = &tls->sides[side];
    const struct capture_secret *secret =
        capture_tls_handshake_secret(tls, labels[side][handshake]);

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
    const struct capture_secret *master =
        capture_tls_handshake_secret(tls, CAPTURE_KEY_MASTER);
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

void capture_tls_handshake_set_1_2(struct capture_tls *tls, unsigned side)
{
    struct capture_tls_side *s = &tls->sides[side];

    tls->again |= s->encrypted;
    s->encrypted = true;
    buf_clear(&s->handshake);
    capture_cipher_release(&s->cipher);
    s->cipher = (struct capture_cipher){0};
    if (!tls->master
             .len) /* as late as possible: who writes keys is late, too */
        find_master(tls);
    if (tls->master.len && tls->suite)
        capture_cipher_set_1_2(&s->cipher, tls->suite, &tls->master,
                               tls->client_random, tls->server_random,
                               side == CAPTURE_TLS_CLIENT);
}

/* ---- the handshake ---- */

static void client_hello(struct capture_tls *tls, const struct tls_hello *hello)
{
    memcpy(tls->client_random, hello->random.bytes, CAPTURE_RANDOM);
    tls->has_hello = true;
    tls->exchanged = false;
    tls->master.len = 0;
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
    if (hello->version == CAPTURE_TLS_1_3) {
        capture_tls_handshake_set_1_3(tls, CAPTURE_TLS_CLIENT, true);
        capture_tls_handshake_set_1_3(tls, CAPTURE_TLS_SERVER, true);
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
    bool is_1_3 = tls->version == CAPTURE_TLS_1_3;

    switch (type) {
    case TLS_CLIENT_HELLO:
        if (side == CAPTURE_TLS_CLIENT && tls_hello_read(&hello, body, true))
            client_hello(tls, &hello);
        break;
    case TLS_SERVER_HELLO:
        if (side == CAPTURE_TLS_SERVER && tls_hello_read(&hello, body, false))
            server_hello(tls, &hello);
        break;
    case TLS_NEW_TICKET: /* lifetime (4), length (2), ticket */
        if (!is_1_3 && body.len > 6 && tls->master.len)
            capture_keys_remember(tls->keys, slice_skip(body, 6), &tls->master);
        break;
    case TLS_KEY_EXCHANGE: tls->exchanged = side == CAPTURE_TLS_CLIENT; break;
    case TLS_FINISHED:
        if (is_1_3)
            capture_tls_handshake_set_1_3(tls, side, false);
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
        tls->transcript.len + whole.len <= CAPTURE_TLS_MAX_HANDSHAKE)
        buf_append_slice(&tls->transcript, whole);
}

void capture_tls_handshake_take(struct capture_tls *tls, unsigned side,
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
        if (!tls->sides[side].encrypted || tls->version != CAPTURE_TLS_1_3)
            note(tls, slice_of(at, 4 + len));
        message(tls, side, at[0], slice_of(at + 4, len));
        used += 4 + len;
    }
    buf_consume(held, used);
    if (held->len > CAPTURE_TLS_MAX_HANDSHAKE)
        buf_clear(held);
}
