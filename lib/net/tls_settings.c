#include "net/tls_settings.h"

#include "base/alloc.h"
#include "net/tls_files.h"
#include "net/tls_psk.h"
#include "net/tls_staple.h"
#include "net/tls_ticket.h"
#include "net/tls_verify.h"

#include <openssl/err.h>
#include <string.h>

/* What all of ours have: nothing below TLS 1.2 unless asked for, no
   renegotiation, no memory kept by idle connections. */
static SSL_CTX *new_context(const SSL_METHOD *method)
{
    SSL_CTX *ssl = SSL_CTX_new(method);

    if (!ssl)
        return NULL;
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    return ssl;
}

/* OpenSSL's number of a version; 0 for a name that is none. */
static int version_of(const char *name)
{
    static const struct {
        const char *name;
        int version;
    } versions[] = {
        {"tlsv1.1", TLS1_1_VERSION},
        {"tlsv1.2", TLS1_2_VERSION},
        {"tlsv1.3", TLS1_3_VERSION},
    };

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (!strcmp(name, versions[i].name))
            return versions[i].version;
    }
    return 0;
}

bool tls_settings_is_version(const char *name)
{
    return version_of(name) != 0;
}

/* The same, 0 where none is given; -1 after complaining. */
static int version_number(const char *option, const char *name,
                          const struct tls_complaint *complaint)
{
    int version = name ? version_of(name) : 0;

    if (!name || version)
        return version;
    tls_say(complaint, true,
            "%s \"%s\" is none of tlsv1.3, tlsv1.2 and tlsv1.1", option, name);
    return -1;
}

static bool set_versions(SSL_CTX *ssl, const struct tls_settings *settings,
                         const struct tls_complaint *complaint)
{
    int least = version_number("tls_version", settings->tls_version, complaint);
    int most =
        version_number("tls_max_version", settings->tls_max_version, complaint);

    if (least < 0 || most < 0)
        return false;
    if (most && most < (least ? least : TLS1_2_VERSION)) {
        tls_say(complaint, true,
                "tls_max_version is below tls_version (tlsv1.2 when not "
                "given)");
        return false;
    }
    /* TLS 1.1 signs with MD5 and SHA-1 [RFC 4346 4.7], which OpenSSL takes for
       broken on all levels of security but the lowest. */
    if (least == TLS1_1_VERSION)
        SSL_CTX_set_security_level(ssl, 0);
    return (!least || SSL_CTX_set_min_proto_version(ssl, least)) &&
           (!most || SSL_CTX_set_max_proto_version(ssl, most));
}

static bool set_ciphers(SSL_CTX *ssl, const struct tls_settings *settings,
                        const struct tls_complaint *complaint)
{
    bool good = true;

    if (settings->ciphers && !SSL_CTX_set_cipher_list(ssl, settings->ciphers)) {
        tls_say(complaint, true,
                "ciphers \"%s\" names no cipher that there is; see: openssl "
                "ciphers -v",
                settings->ciphers);
        good = false;
    }
    if (settings->ciphers_tls13 &&
        !SSL_CTX_set_ciphersuites(ssl, settings->ciphers_tls13)) {
        tls_say(complaint, true,
                "ciphers_tls1.3 \"%s\" is no list of TLS 1.3's ciphers; see: "
                "openssl ciphers -tls1_3 -s",
                settings->ciphers_tls13);
        good = false;
    }
    ERR_clear_error();
    return good;
}

static bool set_common(SSL_CTX *ssl, const struct tls_settings *settings,
                       const struct tls_complaint *complaint)
{
    bool good = set_versions(ssl, settings, complaint);

    good &= set_ciphers(ssl, settings, complaint);
    good &= tls_files_trust(ssl, settings, complaint);
    return good;
}

/* ---- servers ---- */

/* "mqtt" is the name that is registered [MQTT's ALPN protocol ID]. A client
   that asks for other things only is served all the same. */
static int choose_alpn(SSL *ssl, const unsigned char **chosen,
                       unsigned char *chosen_len, const unsigned char *offered,
                       unsigned offered_len, void *context)
{
    static const unsigned char mqtt[] = {4, 'm', 'q', 't', 't'};
    unsigned char *found;

    (void)ssl;
    (void)context;
    if (SSL_select_next_proto(&found, chosen_len, mqtt, sizeof(mqtt), offered,
                              offered_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

static bool set_identity(SSL_CTX *ssl, const struct tls_settings *settings,
                         const struct tls_complaint *complaint)
{
    if (settings->psk_find) {
        if (settings->ciphers_tls13)
            tls_say(complaint, false,
                    "ciphers_tls1.3 is not looked at: with psk_hint it is "
                    "always " TLS_PSK_CIPHER_13);
        if (tls_psk_serve(ssl, settings))
            return true;
        tls_say(complaint, true, "psk_hint is longer than 128 bytes");
        return false;
    }
    if (!settings->certfile || !settings->keyfile) {
        tls_say(complaint, true,
                "%s is missing: a listener with TLS needs both certfile and "
                "keyfile, or psk_hint",
                settings->certfile ? "keyfile" : "certfile");
        return false;
    }
    return tls_files_own(ssl, settings, complaint);
}

static bool set_server(SSL_CTX *ssl, const struct tls_settings *settings,
                       const struct tls_complaint *complaint)
{
    static const unsigned char id[] = "mqttlab";
    bool good = set_common(ssl, settings, complaint);

    if (SSL_CTX_get_min_proto_version(ssl) == TLS1_1_VERSION)
        tls_say(complaint, false,
                "tls_version tlsv1.1 lets hashes and keys in that are not safe "
                "any more, also with later versions of TLS");
    good &= set_identity(ssl, settings, complaint);
    if (settings->dhparamfile)
        good &= tls_files_dh(ssl, settings, complaint);
    else
        SSL_CTX_set_dh_auto(ssl, 1);
    if (settings->require_certificate && !settings->cafile &&
        !settings->capath) {
        tls_say(complaint, true,
                "require_certificate is true, but neither cafile nor capath "
                "says whose certificates are good");
        good = false;
    }
    if (settings->require_certificate)
        SSL_CTX_set_verify(ssl,
                           SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           tls_ticket_on_verify);
    SSL_CTX_set_session_id_context(ssl, id, sizeof(id) - 1);
    SSL_CTX_set_alpn_select_cb(ssl, choose_alpn, NULL);
    return good;
}

static char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return alloc_string(slash ? slash + 1 : path);
}

struct tls_context *tls_settings_server(struct loop *loop,
                                        const struct tls_settings *settings,
                                        const struct tls_complaint *complaint)
{
    SSL_CTX *ssl = new_context(TLS_server_method());

    if (!ssl) {
        tls_say(complaint, true, "OpenSSL cannot be used: %s",
                tls_openssl_says());
        return NULL;
    }
    if (!set_server(ssl, settings, complaint)) {
        SSL_CTX_free(ssl);
        return NULL;
    }
    struct tls_context *context = tls_context_new(loop, ssl, true);
    context->psk_find = settings->psk_find;
    context->psk_owner = settings->psk_owner;
    if (settings->certfile && !settings->psk_find)
        context->certificate = file_name(settings->certfile);
    if (tls_staple_load(context, settings, complaint))
        return context;
    tls_context_unref(context);
    return NULL;
}

/* ---- clients ---- */

static bool set_client_alpn(SSL_CTX *ssl, const char *alpn,
                            const struct tls_complaint *complaint)
{
    unsigned char wire[256];
    size_t len = alpn ? strlen(alpn) : 0;

    if (!alpn)
        return true;
    if (len && len <= UINT8_MAX) {
        wire[0] = (unsigned char)len;
        memcpy(wire + 1, alpn, len); /* NOLINT: no string */
        if (!SSL_CTX_set_alpn_protos(ssl, wire, (unsigned)len + 1))
            return true;
    }
    tls_say(complaint, true, "an ALPN protocol has 1 to 255 bytes");
    return false;
}

/* A client with a PSK trusts no certificate at all, so that a server without
   the key cannot show one instead. */
static void set_verify(SSL_CTX *ssl, const struct tls_settings *settings)
{
    if (settings->os_certs && !settings->psk_identity)
        SSL_CTX_set_default_verify_paths(ssl);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, tls_verify_on_verify);
}

static bool set_client(struct tls_context *context,
                       const struct tls_settings *settings,
                       const struct tls_complaint *complaint)
{
    SSL_CTX *ssl = context->ssl;
    bool good = set_common(ssl, settings, complaint);

    if (settings->certfile && settings->keyfile)
        good &= tls_files_own(ssl, settings, complaint);
    if (settings->psk_identity)
        good &= tls_psk_use(context, settings, complaint);
    good &= set_client_alpn(ssl, settings->alpn, complaint);
    set_verify(ssl, settings);
    context->insecure = settings->insecure;
    return good;
}

struct tls_context *tls_settings_client(struct loop *loop,
                                        const struct tls_settings *settings,
                                        const struct tls_complaint *complaint)
{
    SSL_CTX *ssl = new_context(TLS_client_method());

    if (!ssl) {
        tls_say(complaint, true, "OpenSSL cannot be used: %s",
                tls_openssl_says());
        return NULL;
    }
    struct tls_context *context = tls_context_new(loop, ssl, false);
    if (set_client(context, settings, complaint))
        return context;
    tls_context_unref(context);
    return NULL;
}
