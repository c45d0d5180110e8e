/*
 * From files and options to a TLS context: what a listener or a client of
 * mosquitto's options wants, checked before anybody connects.
 *
 * Every problem is told in one line that names the file, what is wrong in it
 * and what mends it; all of them, not only the first. An error stops; a warning
 * (an expired certificate, a chain in the wrong order) says what the peers will
 * do about it, and the context is made all the same, because people learn from
 * such set-ups.
 */
#ifndef NET_TLS_SETTINGS_H
#define NET_TLS_SETTINGS_H

#include "net/tls_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_PSK_MAX_BYTES 256 /* of a key */

/* Where problems go. */
struct tls_complaint {
    void (*say)(void *owner, bool error, const char *text);
    void *owner;
};

/* Looks for the key of an identity. Returns its length, at most
   TLS_PSK_MAX_BYTES; 0: unknown. */
typedef size_t tls_psk_find(void *owner, const char *identity, uint8_t *key);

/* All strings may be NULL, and are borrowed only while the context is made. */
struct tls_settings {
    const char *cafile;   /* PEM: whom we trust */
    const char *capath;   /* directory of the same, as c_rehash leaves it */
    const char *certfile; /* PEM: our certificate, then who signed it */
    const char *keyfile;  /* PEM: its key */
    const char *crlfile;  /* PEM: revocation lists; servers only */
    const char *ocspfile; /* DER: what a responder says of certfile; servers */
    const char *ciphers;  /* up to TLS 1.2, as OpenSSL writes lists */
    const char *ciphers_tls13;
    const char *tls_version;     /* at least: "tlsv1.1", "tlsv1.2", "tlsv1.3" */
    const char *tls_max_version; /* at most, the same names; NULL: any */
    const char *dhparamfile;     /* servers only */
    const char *alpn;            /* clients only */
    bool require_certificate;    /* servers: refuse clients that have none */
    bool insecure; /* clients: do not compare the certificate's name */
    bool os_certs; /* clients: trust what the system trusts */
    /* Servers: NULL: no PSK. With it there are no certificates: a client with
       a wrong key must not get in by the other door. */
    tls_psk_find *psk_find;
    void *psk_owner; /* outlives the context */
    const char *psk_hint;
    /* Clients: NULL: no PSK. */
    const char *psk_identity;
    const char *psk; /* hexadecimal */
};

/* Returns NULL after at least one error was told. */
struct tls_context *tls_settings_server(struct loop *loop,
                                        const struct tls_settings *settings,
                                        const struct tls_complaint *complaint);

struct tls_context *tls_settings_client(struct loop *loop,
                                        const struct tls_settings *settings,
                                        const struct tls_complaint *complaint);

/* Is it one of the names of tls_version? */
bool tls_settings_is_version(const char *name);

/* A key in hexadecimal. Returns its length in bytes, 0 when it is none. */
size_t tls_settings_psk(const char *hex, uint8_t key[TLS_PSK_MAX_BYTES]);

#endif
