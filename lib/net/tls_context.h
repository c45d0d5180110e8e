/*
 * What the TLS connections of one listener, or of one client, share: OpenSSL's
 * context, the memory that they encrypt and decrypt in, and the handshakes that
 * wait for their turn.
 */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include "base/buf.h"
#include "base/list.h"
#include "net/loop.h"

#include <openssl/ssl.h>
#include <stdbool.h>

/* Plaintext is handed over, and encrypted bytes are gathered, so many at a
   time; four full records. */
#define TLS_SCRATCH_BYTES 65536

struct tls_context {
    struct loop *loop; /* borrowed */
    SSL_CTX *ssl;      /* owned */
    BIO_METHOD *bio;   /* owned; how OpenSSL reads and writes */
    bool server;
    bool insecure; /* of a client: any name in the certificate is good */
    unsigned refs;
    uint8_t *plain;                  /* TLS_SCRATCH_BYTES; owned */
    struct buf out;                  /* encrypted, until the caller sends it */
    struct list handshakes;          /* struct tls, member node */
    struct loop_task task;           /* does some of them */
    struct tls_ticket_keys *tickets; /* owned; of a server */
    /* Pre-shared keys: a server looks them up, a client has one. */
    size_t (*psk_find)(void *owner, const char *identity, uint8_t *key);
    void *psk_owner;    /* borrowed */
    char *psk_identity; /* owned */
    struct buf psk;
    char *certificate; /* of a server: its file, without folders; owned; NULL:
                             it has none */
    struct buf staple; /* what a responder says of our certificate */
    SSL_SESSION *session; /* of a client that resumes; one reference */
    /* Who wants the keys of all sessions, as the lines of a key log file. */
    void (*on_keys)(void *owner, const char *line);
    void *keys_owner; /* borrowed */
};

/* Takes ssl (one reference of it). Starts with one reference. */
struct tls_context *tls_context_new(struct loop *loop, SSL_CTX *ssl,
                                    bool server);

/* A client's: from now on its connections resume the session of the last one,
   if the server lets them. */
void tls_context_resume(struct tls_context *context);

/* From now on give the keys of each session to on_keys, a line of a key log
   file (SSLKEYLOGFILE) each: whoever has them can read everything. */
void tls_context_give_keys(struct tls_context *context,
                           void (*on_keys)(void *owner, const char *line),
                           void *owner);

struct tls_context *tls_context_ref(struct tls_context *context);

/* The last one frees it. NULL does nothing. */
void tls_context_unref(struct tls_context *context);

#endif
