/*
 * The options of an encrypted connection: read and checked as mosquitto's
 * clients do it, and then made what the connection needs.
 */
#ifndef CLIENT_CLIENT_TLS_H
#define CLIENT_CLIENT_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct tls_context;

enum client_tls_option {
    TLS_CA_FILE,
    TLS_CA_PATH,
    TLS_CERT,
    TLS_KEY,
    TLS_KEY_FORM,
    TLS_CIPHERS,
    TLS_VERSION,
    TLS_ALPN,
    TLS_ENGINE,
    TLS_ENGINE_PASSWORD,
    TLS_OS_CERTIFICATES,
    TLS_INSECURE,
    TLS_PSK,
    TLS_PSK_IDENTITY,
    TLS_OPTIONS
};

struct client_tls {
    /* The value of each, "" when it takes none; NULL: not given. Borrowed. */
    const char *given[TLS_OPTIONS];
    bool on_port; /* the port, or the URL, is one for TLS */
};

/*
 * May the client go on? Returns false with a message in error when options do
 * not fit together (then *usage is true), a value cannot be used, or some ask
 * for TLS and none says whom to trust: nothing that was to be encrypted goes
 * out in the clear.
 */
bool client_tls_check(const struct client_tls *tls, bool *usage, char *error,
                      size_t error_size);

/* Do they ask for TLS? */
bool client_tls_wanted(const struct client_tls *tls);

/*
 * What the connections need, for options that were checked and ask for TLS;
 * the caller owns one reference. Returns NULL after saying on standard error
 * what is wrong with which file; warnings go there too.
 */
struct tls_context *client_tls_context(const struct client_tls *tls,
                                       struct loop *loop);

#endif
