#include "client/client_tls.h"

#include "client/client_text.h"
#include "net/tls_settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[TLS_OPTIONS] = {
    [TLS_CA_FILE] = "cafile",
    [TLS_CA_PATH] = "capath",
    [TLS_CERT] = "cert",
    [TLS_KEY] = "key",
    [TLS_KEY_FORM] = "keyform",
    [TLS_CIPHERS] = "ciphers",
    [TLS_VERSION] = "tls-version",
    [TLS_ALPN] = "tls-alpn",
    [TLS_ENGINE] = "tls-engine",
    [TLS_ENGINE_PASSWORD] = "tls-engine-kpass-sha1",
    [TLS_OS_CERTIFICATES] = "tls-use-os-certs",
    [TLS_INSECURE] = "insecure",
    [TLS_PSK] = "psk",
    [TLS_PSK_IDENTITY] = "psk-identity",
};

/* What does not fit together, in mosquitto's words; NULL: all does. */
static const char *find_conflict(const char *const given[TLS_OPTIONS])
{
    if (!given[TLS_CERT] != !given[TLS_KEY])
        return "Both certfile and keyfile must be provided if one of them is "
               "set.";
    if (given[TLS_KEY_FORM] && !given[TLS_KEY])
        return "If keyform is set, keyfile must be also specified.";
    if (given[TLS_ENGINE_PASSWORD] &&
        (!given[TLS_ENGINE] || !given[TLS_KEY_FORM]))
        return "when using tls-engine-kpass-sha1, both tls-engine and keyform "
               "must also be provided.";
    if (given[TLS_PSK] && (given[TLS_CA_FILE] || given[TLS_CA_PATH]))
        return "Only one of --psk or --cafile/--capath may be used at once.";
    if (given[TLS_PSK] && !given[TLS_PSK_IDENTITY])
        return "--psk-identity required if --psk used.";
    return NULL;
}

/* The value that cannot be used, in mosquitto's words; NULL: all can. */
static const char *find_bad_value(const char *const given[TLS_OPTIONS])
{
    static const char hex[] = "0123456789abcdefABCDEF";

    if (given[TLS_CA_FILE] && access(given[TLS_CA_FILE], R_OK) != 0)
        return "Problem setting TLS options: File not found.";
    if (given[TLS_VERSION] && !tls_settings_is_version(given[TLS_VERSION]))
        return "Problem setting TLS options, check the options are valid.";
    if (given[TLS_PSK] && given[TLS_PSK][strspn(given[TLS_PSK], hex)])
        return "Problem setting TLS-PSK options.";
    if (given[TLS_KEY_FORM] && strcmp(given[TLS_KEY_FORM], "pem") != 0 &&
        strcmp(given[TLS_KEY_FORM], "engine") != 0)
        return "Problem setting key form, it must be one of 'pem' or 'engine'.";
    if (given[TLS_ENGINE] ||
        (given[TLS_KEY_FORM] && !strcmp(given[TLS_KEY_FORM], "engine")))
        return "Engines are not supported: OpenSSL itself gives them up. Keep "
               "the key in a file (--key).";
    return NULL;
}

bool client_tls_wanted(const struct client_tls *tls)
{
    return tls->on_port || tls->given[TLS_CA_FILE] || tls->given[TLS_CA_PATH] ||
           tls->given[TLS_PSK] || tls->given[TLS_OS_CERTIFICATES];
}

/* An option that means nothing without TLS; NULL: none is there. */
static const char *find_lonely(const struct client_tls *tls)
{
    for (int i = 0; i < TLS_OPTIONS; i++) {
        if (tls->given[i] && !client_tls_wanted(tls))
            return names[i];
    }
    return NULL;
}

bool client_tls_check(const struct client_tls *tls, bool *usage, char *error,
                      size_t error_size)
{
    const char *why = find_conflict(tls->given);

    *usage = why != NULL;
    if (!why)
        why = find_bad_value(tls->given);
    if (why) {
        snprintf(error, error_size, "Error: %s", why);
        return false;
    }
    why = find_lonely(tls);
    if (why)
        snprintf(error, error_size,
                 "Error: --%s asks for TLS, but nothing says whom to trust: "
                 "add --cafile FILE, --capath DIRECTORY or --tls-use-os-certs. "
                 "Nothing was sent.",
                 why);
    return !why;
}

/* ---- the context ---- */

static void say(void *owner, bool error, const char *text)
{
    char line[1200];

    (void)owner;
    snprintf(line, sizeof(line), "%s: %s", error ? "Error" : "Warning", text);
    client_text_print(stderr, line);
    fputc('\n', stderr);
}

struct tls_context *client_tls_context(const struct client_tls *tls,
                                       struct loop *loop)
{
    const char *const *given = tls->given;
    bool trusts = given[TLS_CA_FILE] || given[TLS_CA_PATH] || given[TLS_PSK];
    const struct tls_settings settings = {
        .cafile = given[TLS_CA_FILE],
        .capath = given[TLS_CA_PATH],
        .certfile = given[TLS_CERT],
        .keyfile = given[TLS_KEY],
        .ciphers = given[TLS_CIPHERS],
        .tls_version = given[TLS_VERSION],
        .alpn = given[TLS_ALPN],
        .insecure = given[TLS_INSECURE] != NULL,
        .os_certs = given[TLS_OS_CERTIFICATES] || (tls->on_port && !trusts),
        .psk = given[TLS_PSK],
        .psk_identity = given[TLS_PSK_IDENTITY],
    };

    return tls_settings_client(loop, &settings,
                               &(struct tls_complaint){say, NULL});
}
