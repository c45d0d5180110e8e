#include "tls_ears.h"

#include <stdio.h>
#include <string.h>

struct tls_ears tls_ears;

static void on_bytes(void *context, unsigned side, struct slice bytes,
                     const struct capture_origin *origin)
{
    (void)context;
    ck_assert_uint_eq(origin->frame, tls_ears.frame);
    buf_append_slice(&tls_ears.got[side], bytes);
}

static void on_lost(void *context, unsigned side, uint32_t count)
{
    (void)context;
    (void)side;
    tls_ears.lost += count;
}

static void on_opened(void *context, const char *text)
{
    (void)context;
    snprintf(tls_ears.opened, sizeof(tls_ears.opened), "%s", text);
}

static void on_unread(void *context, unsigned side, uint32_t count,
                      const struct capture_origin *origin, const char *text)
{
    (void)context;
    (void)side;
    ck_assert_uint_gt(count, 5);
    ck_assert_str_ne(text, "");
    tls_ears.unread++;
    tls_ears.unread_frame = origin->frame;
}

static void on_hidden(void *context, const char *text)
{
    (void)context;
    ck_assert_str_eq(tls_ears.hidden, ""); /* once */
    snprintf(tls_ears.hidden, sizeof(tls_ears.hidden), "%s", text);
}

static const struct capture_tls_events events = {on_bytes, on_lost, on_opened,
                                                 on_unread, on_hidden};

static void on_key(const SSL *ssl, const char *line)
{
    (void)ssl;
    if (!tls_ears.deaf &&
        (!tls_ears.no_early || !strstr(line, "CLIENT_EARLY_TRAFFIC_SECRET")))
        capture_keys_add(&tls_ears.keys, slice_of_string(line));
}

/* ---- two ends ---- */

const struct tls_agreement tls_agreements[TLS_AGREEMENT_COUNT] = {
    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256",         0x1301},
    {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384",         0x1302},
    {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256",   0x1303},
    {TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256",         0x1304},
    {TLS1_3_VERSION, "TLS_AES_128_CCM_8_SHA256",       0x1305},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256",  0xc02b},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384",  0xc02c},
    {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305",  0xcca9},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM",         0xc0ac},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-CCM",         0xc0ad},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM8",        0xc0ae},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-CCM8",        0xc0af},
    {TLS1_2_VERSION, "ECDHE-ECDSA-ARIA128-GCM-SHA256", 0xc05c},
    {TLS1_2_VERSION, "ECDHE-ECDSA-ARIA256-GCM-SHA384", 0xc05d},
    {TLS1_2_VERSION, "ADH-AES128-GCM-SHA256",          0x00a6},
    {TLS1_2_VERSION, "ADH-AES256-GCM-SHA384",          0x00a7},
};

void tls_ears_make_contexts(const struct tls_agreement *agreement)
{
    for (int i = 0; i < 2; i++) {
        SSL_CTX *context = SSL_CTX_new(i == EARS_CLIENT ? TLS_client_method()
                                                        : TLS_server_method());

        SSL_CTX_set_min_proto_version(context, agreement->version);
        SSL_CTX_set_max_proto_version(context, agreement->version);
        SSL_CTX_set_security_level(context, 0);
        ck_assert(agreement->version == TLS1_3_VERSION
                      ? SSL_CTX_set_ciphersuites(context, agreement->ciphers)
                      : SSL_CTX_set_cipher_list(context, agreement->ciphers));
        SSL_CTX_set_keylog_callback(context, on_key);
        tls_ears.contexts[i] = context;
    }
    tls_ears.certificate =
        forge(&(struct forge_order){.common_name = "localhost"});
    SSL_CTX_use_certificate(tls_ears.contexts[EARS_SERVER],
                            tls_ears.certificate.certificate);
    SSL_CTX_use_PrivateKey(tls_ears.contexts[EARS_SERVER],
                           tls_ears.certificate.key);
    SSL_CTX_set_dh_auto(tls_ears.contexts[EARS_SERVER], 1);
}

void tls_ears_connect(SSL_SESSION *session)
{
    capture_tls_free(tls_ears.tls);
    tls_ears.tls = capture_tls_new(&events, NULL, &tls_ears.keys);
    for (int i = 0; i < 2; i++) {
        SSL_free(tls_ears.ends[i]);
        tls_ears.ends[i] = SSL_new(tls_ears.contexts[i]);
        SSL_set_bio(tls_ears.ends[i], BIO_new(BIO_s_mem()),
                    BIO_new(BIO_s_mem()));
        buf_clear(&tls_ears.got[i]);
    }
    SSL_set_connect_state(tls_ears.ends[EARS_CLIENT]);
    SSL_set_accept_state(tls_ears.ends[EARS_SERVER]);
    if (session)
        SSL_set_session(tls_ears.ends[EARS_CLIENT], session);
}

bool tls_ears_move(int from)
{
    uint8_t bytes[700];
    bool any = false;
    int len;

    while ((len = BIO_read(SSL_get_wbio(tls_ears.ends[from]), bytes,
                           sizeof(bytes))) > 0) {
        BIO_write(SSL_get_rbio(tls_ears.ends[!from]), bytes, len);
        tls_ears.frame++;
        any = true;
        if (tls_ears.lose) {
            tls_ears.lose--;
            capture_tls_lose(tls_ears.tls, (unsigned)from, (uint32_t)len);
            continue;
        }
        if (from == EARS_CLIENT && tls_ears.hold) {
            buf_append(&tls_ears.held, bytes, (size_t)len);
            continue;
        }
        capture_tls_take(tls_ears.tls, (unsigned)from,
                         slice_of(bytes, (size_t)len),
                         &(struct capture_origin){.frame = tls_ears.frame});
    }
    return any;
}

void tls_ears_release(size_t len)
{
    len = len < tls_ears.held.len ? len : tls_ears.held.len;
    capture_tls_take(tls_ears.tls, EARS_CLIENT,
                     slice_first(buf_slice(&tls_ears.held), len),
                     &(struct capture_origin){.frame = ++tls_ears.frame});
    buf_consume(&tls_ears.held, len);
}

void tls_ears_settle(void)
{
    uint8_t bytes[100];
    bool any = true;

    while (any) {
        any = false;
        for (int i = 0; i < 2; i++) {
            SSL_read(tls_ears.ends[i], bytes, sizeof(bytes));
            any = tls_ears_move(i) || any;
        }
    }
}

void tls_ears_say(int from, const char *text)
{
    ck_assert_int_eq(SSL_write(tls_ears.ends[from], text, (int)strlen(text)),
                     (int)strlen(text));
    tls_ears_settle();
}

void tls_ears_heard(const char *client, const char *server)
{
    ck_assert_str_eq(buf_string(&tls_ears.got[EARS_CLIENT]), client);
    ck_assert_str_eq(buf_string(&tls_ears.got[EARS_SERVER]), server);
}

void tls_ears_close(void)
{
    capture_tls_free(tls_ears.tls);
    capture_keys_release(&tls_ears.keys);
    for (int i = 0; i < 2; i++) {
        SSL_free(tls_ears.ends[i]);
        SSL_CTX_free(tls_ears.contexts[i]);
        buf_release(&tls_ears.got[i]);
    }
    buf_release(&tls_ears.held);
    forged_release(&tls_ears.certificate);
    memset(&tls_ears, 0, sizeof(tls_ears));
}

void tls_ears_finish(void)
{
    for (int i = 0; i < 2; i++)
        SSL_set_shutdown(tls_ears.ends[i],
                         SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}
