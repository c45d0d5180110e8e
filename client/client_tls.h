/*
 * The options of an encrypted connection. They are read and checked as
 * mosquitto's clients do it; the connection itself is not in this version, so
 * whoever asks for one is refused and nothing is sent in the clear.
 */
#ifndef CLIENT_CLIENT_TLS_H
#define CLIENT_CLIENT_TLS_H

#include <stdbool.h>
#include <stddef.h>

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
    bool on_port; /* the port is one for TLS */
};

/*
 * May the client go on? Returns false with a message in error when an option is
 * there: one that says which do not fit together (and *usage is true), or that
 * this version has no TLS.
 */
bool client_tls_check(const struct client_tls *tls, bool *usage, char *error,
                      size_t error_size);

#endif
