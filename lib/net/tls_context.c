#include "net/tls_context.h"

#include "base/alloc.h"
#include "net/tls_layer.h"
#include "net/tls_ticket.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* A full handshake costs about a millisecond: so many in one turn. */
#define HANDSHAKES_PER_TURN 4

/* Some of the handshakes that wait, first come, first served. */
static void on_task(struct loop_task *task)
{
    struct tls_context *context = LIST_ITEM(task, struct tls_context, task);

    tls_context_ref(context);
    for (int i = 0;
         i < HANDSHAKES_PER_TURN && !list_empty(&context->handshakes); i++) {
        struct list *node = list_take_first(&context->handshakes);

        tls_layer_continue(LIST_ITEM(node, struct tls, node));
    }
    if (!list_empty(&context->handshakes))
        loop_at_end(context->loop, task);
    tls_context_unref(context);
}

/* OpenSSL shows each message of the protocol, and does what it says after
   that. */
/* NOLINTNEXTLINE(readability-function-size): OpenSSL's type */
static void count_key_updates(int sent, int version, int type,
                              const void *message, size_t len, SSL *ssl,
                              void *unused)
{
    struct tls *tls = SSL_get_app_data(ssl);
    const uint8_t *first = message;

    (void)version;
    (void)unused;
    if (sent || type != SSL3_RT_HANDSHAKE || !len ||
        *first != SSL3_MT_KEY_UPDATE)
        return;
    uint32_t now_s = (uint32_t)(clock_ms(&tls->context->loop->clock) / 1000);
    if (tls->update_s != now_s)
        tls->key_updates = 0;
    tls->update_s = now_s;
    if (tls->key_updates <= TLS_KEY_UPDATES)
        tls->key_updates++;
}

struct tls_context *tls_context_new(struct loop *loop, SSL_CTX *ssl,
                                    bool server)
{
    struct tls_context *context = alloc_zero(1, sizeof(*context));

    context->loop = loop;
    context->ssl = ssl;
    context->bio = alloc_checked(tls_layer_bio_method());
    context->server = server;
    context->refs = 1;
    context->plain = alloc_bytes(TLS_SCRATCH_BYTES);
    list_init(&context->handshakes);
    loop_task_init(&context->task, on_task);
    SSL_CTX_set_msg_callback(ssl, count_key_updates);
    if (server)
        tls_ticket_init(context);
    return context;
}

/* The newest one is the one that lasts longest. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls *tls = SSL_get_app_data(ssl);

    SSL_SESSION_free(tls->context->session);
    tls->context->session = session;
    return 1; /* we keep its reference */
}

void tls_context_resume(struct tls_context *context)
{
    SSL_CTX_set_session_cache_mode(
        context->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context->ssl, keep_session);
}

static void give_keys(const SSL *ssl, const char *line)
{
    const struct tls *tls = SSL_get_app_data(ssl);

    tls->context->on_keys(tls->context->keys_owner, line);
}

void tls_context_give_keys(struct tls_context *context,
                           void (*on_keys)(void *owner, const char *line),
                           void *owner)
{
    context->on_keys = on_keys;
    context->keys_owner = owner;
    SSL_CTX_set_keylog_callback(context->ssl, give_keys);
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
    context->refs++;
    return context;
}

void tls_context_unref(struct tls_context *context)
{
    if (!context || --context->refs)
        return;
    loop_task_cancel(&context->task);
    tls_ticket_release(context);
    SSL_SESSION_free(context->session);
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->bio);
    buf_release(&context->out);
    if (context->psk.bytes)
        OPENSSL_cleanse(context->psk.bytes, context->psk.len);
    buf_release(&context->psk);
    buf_release(&context->staple);
    free(context->psk_identity);
    free(context->certificate);
    free(context->plain);
    free(context);
}
