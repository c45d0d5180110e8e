#include "net/transport_tls.h"

#include "base/alloc.h"
#include "net/tls_layer.h"
#include "net/tls_reason.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* What waits encrypted is never more than this, whatever the peer provokes. */
#define OUT_LIMIT_BYTES (4ul * TLS_SCRATCH_BYTES)

/* No handshake needs more than this from the peer at a time. */
#define HANDSHAKE_LIMIT_BYTES 262144

/* ---- the end ---- */

static void tell_end(struct tls *tls, int error)
{
    if (tls->ended || tls->closing)
        return;
    tls->ended = true;
    list_remove(&tls->node);
    tls->transport.events->on_end(tls->transport.owner, error);
}

/* OpenSSL has put an error on its queue; ssl is of no further use. */
static void note_failure(struct tls *tls)
{
    if (!tls->error)
        tls->error = -EPROTO;
    if (!tls->reason)
        tls->reason = tls_reason(tls->ssl);
    ERR_clear_error();
}

/* ---- down ---- */

/* Give what was encrypted to the transport below. */
static void send_down(struct tls *tls)
{
    struct buf *out = &tls->context->out;

    if (!out->len)
        return;
    struct iovec part = {.iov_base = out->bytes, .iov_len = out->len};
    ssize_t taken = transport_writev(tls->below, &part, 1);
    if (taken < 0)
        tls->error = (int)taken; /* its on_end comes */
    else if ((size_t)taken < part.iov_len)
        buf_append(&tls->out, out->bytes + taken, part.iov_len - (size_t)taken);
    buf_clear(out);
}

/* Go on with what the transport below did not take. */
static void send_rest(struct tls *tls)
{
    struct iovec part = {.iov_base = tls->out.bytes, .iov_len = tls->out.len};

    if (!part.iov_len)
        return;
    ssize_t taken = transport_writev(tls->below, &part, 1);
    if (taken < 0) {
        tls->error = (int)taken;
        return;
    }
    buf_consume(&tls->out, (size_t)taken);
    if (!tls->out.len)
        buf_release(&tls->out);
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
    struct tls *tls = BIO_get_data(bio);

    if (!tls->out.len) {
        buf_append(&tls->context->out, bytes, (size_t)len);
        return len;
    }
    if (tls->out.len + (size_t)len > OUT_LIMIT_BYTES) {
        if (!tls->reason)
            tls->reason = alloc_string("the peer asks for answers and takes "
                                       "no answer");
        return -1;
    }
    buf_append(&tls->out, bytes, (size_t)len);
    return len;
}

static int bio_read(BIO *bio, char *bytes, int len)
{
    struct tls *tls = BIO_get_data(bio);
    size_t count = tls->feed.len;

    BIO_clear_retry_flags(bio);
    if (tls->key_updates > TLS_KEY_UPDATES) {
        if (!tls->reason)
            tls->reason = alloc_string("the peer changes its keys too often");
        return -1;
    }
    if (!count) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (count > (size_t)len)
        count = (size_t)len;
    memcpy(bytes, tls->feed.bytes, count);
    tls->feed = slice_skip(tls->feed, count);
    return (int)count;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_layer_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(
        BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mqttlab transport");

    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_ctrl(method, bio_ctrl);
    return method;
}

/* ---- up ---- */

/* Decrypt into plain as much as fits. Returns the bytes; *more says that there
   may be others. */
static size_t decrypt(struct tls *tls, bool *more)
{
    size_t len = 0;

    while (len < TLS_SCRATCH_BYTES) {
        size_t count = 0;

        ERR_clear_error();
        if (!SSL_read_ex(tls->ssl, tls->context->plain + len,
                         TLS_SCRATCH_BYTES - len, &count))
            break;
        len += count;
    }
    *more = len == TLS_SCRATCH_BYTES;
    return len;
}

/* Why decrypt stopped: 0 for want of bytes. */
static void judge_stop(struct tls *tls)
{
    switch (SSL_get_error(tls->ssl, 0)) {
    case SSL_ERROR_WANT_READ: break;
    case SSL_ERROR_ZERO_RETURN: tls->finished = true; break;
    default: note_failure(tls);
    }
}

/* Hand over what the bytes in feed hold. */
static void bring_up(struct tls *tls)
{
    bool more = true;

    while (more && !tls->closing && !tls->ended) {
        size_t len = decrypt(tls, &more);

        if (!more)
            judge_stop(tls);
        send_down(tls); /* answers of the protocol itself, alerts */
        if (len)
            tls->transport.events->on_bytes(tls->transport.owner,
                                            slice_of(tls->context->plain, len));
        if (tls->error || tls->finished) {
            tell_end(tls, tls->error);
            return;
        }
    }
}

/* ---- the handshake ---- */

static void open_now(struct tls *tls)
{
    tls->opened = true;
    tls->transport.events->on_open(tls->transport.owner);
}

/* As far as the bytes in feed go. */
static void shake_hands(struct tls *tls)
{
    ERR_clear_error();
    int result = SSL_do_handshake(tls->ssl);
    bool failed =
        result != 1 && SSL_get_error(tls->ssl, result) != SSL_ERROR_WANT_READ;

    if (failed)
        note_failure(tls);
    send_down(tls);
    if (failed || tls->error) {
        tell_end(tls, tls->error);
        return;
    }
    if (result != 1)
        return;
    open_now(tls);
    if (tls->feed.len)
        bring_up(tls);
}

void tls_layer_continue(struct tls *tls)
{
    struct buf in = tls->in;

    tls->in = (struct buf){0};
    tls->feed = buf_slice(&in);
    if (tls->held) {
        tls->held = false;
        transport_pause(tls->below, tls->paused);
    }
    shake_hands(tls);
    tls->feed = slice_of(NULL, 0);
    buf_release(&in);
}

/* A server's handshake waits for its turn. */
static void wait_for_turn(struct tls *tls, struct slice bytes)
{
    buf_append_slice(&tls->in, bytes);
    if (tls->in.len > HANDSHAKE_LIMIT_BYTES && !tls->held) {
        tls->held = true;
        transport_pause(tls->below, true);
    }
    if (list_empty(&tls->node))
        list_append(&tls->context->handshakes, &tls->node);
    loop_at_end(tls->context->loop, &tls->context->task);
}

/* ---- what the transport below says ---- */

/* One that has gone has no address any more; what was known of it stays. */
static void learn_peer(struct tls *tls)
{
    char peer[TLS_PEER_BYTES] = "";

    tls->below->ops->peer(tls->below, peer, sizeof(peer) - 1);
    if (!*tls->peer || strchr(peer, ':'))
        memcpy(tls->peer, peer, sizeof(peer));
}

static void below_open(void *owner)
{
    struct tls *tls = owner;

    learn_peer(tls); /* behind a proxy it is known only now */
    if (!tls->context->server && !tls->closing)
        shake_hands(tls);
}

static void below_bytes(void *owner, struct slice bytes)
{
    struct tls *tls = owner;

    if (tls->ended || tls->closing)
        return;
    if (!tls->opened && tls->context->server) {
        wait_for_turn(tls, bytes);
        return;
    }
    tls->feed = bytes;
    if (tls->opened)
        bring_up(tls);
    else
        shake_hands(tls);
    tls->feed = slice_of(NULL, 0);
}

static void below_writable(void *owner)
{
    struct tls *tls = owner;

    send_rest(tls);
    if (tls->out.len || tls->error || !tls->blocked || tls->closing)
        return;
    tls->blocked = false;
    tls->transport.events->on_writable(tls->transport.owner);
}

/* Why there was no handshake; NULL: for a client there was no connection. */
static char *reason_of_cut(const struct tls *tls)
{
    if (tls->context->server)
        return alloc_string("the peer closed the connection during the "
                            "handshake");
    if (SSL_in_before(tls->ssl))
        return NULL;
    return alloc_string("the server closed the connection during the "
                        "handshake; perhaps its port is not one for TLS");
}

static void below_end(void *owner, int error)
{
    struct tls *tls = owner;

    /* The last bytes may still wait for their turn. */
    if (tls->in.len && !tls->ended && !tls->closing)
        tls_layer_continue(tls);
    if (!tls->error)
        tls->error = error;
    if (!tls->opened && !tls->reason)
        tls->reason = reason_of_cut(tls);
    tell_end(tls, tls->error);
}

static void release(struct tls *tls)
{
    list_remove(&tls->node);
    SSL_free(tls->ssl);
    buf_release(&tls->in);
    buf_release(&tls->out);
    tls_context_unref(tls->context);
    free(tls->reason);
    free(tls->judged);
    free(tls->unknown_psk);
    free(tls->identity);
    free(tls);
}

static void below_closed(void *owner)
{
    struct tls *tls = owner;

    tls->transport.events->on_closed(tls->transport.owner);
    release(tls);
}

const struct transport_events transport_tls_below = {
    .on_open = below_open,
    .on_bytes = below_bytes,
    .on_writable = below_writable,
    .on_end = below_end,
    .on_closed = below_closed,
};

/* ---- the transport ---- */

/* Encrypt one stretch. */
static bool encrypt(struct tls *tls, struct slice bytes)
{
    size_t count = 0;

    ERR_clear_error();
    if (SSL_write_ex(tls->ssl, bytes.bytes, bytes.len, &count) &&
        count == bytes.len)
        return true;
    note_failure(tls);
    return false;
}

/* How far the parts of a write are done. */
struct cursor {
    const struct iovec *parts;
    int count;
    int at;
    size_t offset; /* in parts[at] */
};

static struct slice take(struct cursor *from, size_t at_most)
{
    const struct iovec *part = &from->parts[from->at];
    size_t left = part->iov_len - from->offset;
    size_t len = left < at_most ? left : at_most;
    const uint8_t *bytes = part->iov_base;
    struct slice taken = slice_of(bytes + from->offset, len);

    from->offset += len;
    if (len == left) {
        from->at++;
        from->offset = 0;
    }
    return taken;
}

/* What fills one record: small parts are put together in room. */
static struct slice next_record(struct cursor *from, uint8_t *room)
{
    size_t len = 0;

    while (from->at < from->count && len < TLS_RECORD_BYTES) {
        struct slice piece = take(from, TLS_RECORD_BYTES - len);

        if (!len && (piece.len == TLS_RECORD_BYTES || from->at == from->count))
            return piece;
        if (piece.len)
            memcpy(room + len, piece.bytes, piece.len);
        len += piece.len;
    }
    return slice_of(room, len);
}

/* A write failed: nothing is told from inside the call. */
static ssize_t broken(struct tls *tls)
{
    loop_at_start(tls->context->loop, &tls->end_task);
    return tls->error;
}

static ssize_t tls_writev(struct transport *transport,
                          const struct iovec *parts, int count)
{
    struct tls *tls = (struct tls *)transport;
    struct cursor from = {.parts = parts, .count = count};
    uint8_t room[TLS_RECORD_BYTES];
    size_t taken = 0;

    if (tls->error)
        return tls->error;
    while (tls->opened && !tls->out.len && from.at < from.count) {
        struct slice record = next_record(&from, room);

        if (record.len && !encrypt(tls, record))
            return broken(tls);
        taken += record.len;
        if (from.at == count || tls->context->out.len >= TLS_SCRATCH_BYTES)
            send_down(tls);
        if (tls->error)
            return broken(tls);
    }
    tls->blocked = taken < transport_total(parts, count);
    return (ssize_t)taken;
}

static void on_end_task(struct loop_task *task)
{
    struct tls *tls = LIST_ITEM(task, struct tls, end_task);

    tell_end(tls, tls->error);
}

static void tls_pause(struct transport *transport, bool pause)
{
    struct tls *tls = (struct tls *)transport;

    tls->paused = pause;
    if (!tls->held && !tls->closing)
        transport_pause(tls->below, pause);
}

static void tls_close(struct transport *transport, bool abort)
{
    struct tls *tls = (struct tls *)transport;

    if (tls->closing)
        return;
    tls->closing = true;
    list_remove(&tls->node);
    list_init(&tls->node);
    loop_task_cancel(&tls->end_task);
    if (!abort && tls->opened && !tls->error && !tls->out.len) {
        ERR_clear_error();
        SSL_shutdown(tls->ssl);
        ERR_clear_error();
        send_down(tls);
    }
    transport_close(tls->below, abort);
}

static void tls_peer(struct transport *transport, char *text, size_t size)
{
    const struct tls *tls = (const struct tls *)transport;
    size_t len = strlen(tls->peer);

    if (len > size)
        len = size;
    memcpy(text, tls->peer, len);
    text[len] = '\0';
}

static void tls_local(struct transport *transport, char *text, size_t size)
{
    struct transport *below = ((struct tls *)transport)->below;

    below->ops->local(below, text, size);
}

static const struct transport_ops ops = {
    .name = "tls",
    .writev = tls_writev,
    .pause = tls_pause,
    .close = tls_close,
    .peer = tls_peer,
    .local = tls_local,
};

struct transport *transport_tls_new(struct tls_context *context,
                                    const struct transport_events *events,
                                    void *owner)
{
    struct tls *tls = alloc_zero(1, sizeof(*tls));
    BIO *bio = alloc_checked(BIO_new(context->bio));

    tls->transport = (struct transport){&ops, events, owner};
    tls->context = tls_context_ref(context);
    tls->ssl = alloc_checked(SSL_new(context->ssl));
    list_init(&tls->node);
    loop_task_init(&tls->end_task, on_end_task);
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_app_data(tls->ssl, tls);
    if (context->server)
        SSL_set_accept_state(tls->ssl);
    else
        SSL_set_connect_state(tls->ssl);
    if (context->session)
        SSL_set_session(tls->ssl, context->session);
    return &tls->transport;
}

void transport_tls_discard(struct transport *transport)
{
    release((struct tls *)transport);
}

void transport_tls_carry(struct transport *transport, struct transport *below)
{
    struct tls *tls = (struct tls *)transport;

    tls->below = below;
    learn_peer(tls);
}

struct transport *transport_tls_carrier(const struct transport *transport)
{
    return ((const struct tls *)(const void *)transport)->below;
}

const char *transport_tls_reason(const struct transport *transport)
{
    return ((const struct tls *)(const void *)transport)->reason;
}

void transport_tls_expect_host(struct transport *transport, const char *host)
{
    struct tls *tls = (struct tls *)transport;
    uint8_t address[sizeof(struct in6_addr)];

    bool is_address = inet_pton(AF_INET, host, address) == 1 ||
                      inet_pton(AF_INET6, host, address) == 1;

    assert(!tls->below);
    if (!is_address)
        /* SSL_set_tlsext_host_name, whose cast clang warns of. */
        SSL_ctrl(tls->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
                 TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host);
    if (tls->context->insecure)
        return;
    if (is_address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), host);
        return;
    }
    SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(tls->ssl, host);
}

bool transport_is_tls(const struct transport *transport)
{
    return transport->ops == &ops;
}
