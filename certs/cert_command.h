/*
 * How the openssl command does what the workshop has done, as lines that can be
 * typed into a shell.
 */
#ifndef CERTS_CERT_COMMAND_H
#define CERTS_CERT_COMMAND_H

#include "base/buf.h"
#include "certs/cert_make.h"

#include <stdbool.h>

/* What there is to say; strings are borrowed. */
struct cert_command {
    const char *base;      /* "certs/server": .key, .csr, .crt, .ext */
    const char *request;   /* the signing request's file */
    const char *authority; /* "certs/ca" */
    const X509_NAME *subject;
    const GENERAL_NAMES *names; /* NULL: none */
    const char *ocsp_url;       /* NULL: none */
    enum cert_use use;
    enum cert_key_type key_type;
    bool encrypted; /* the key gets a passphrase */
    int days;
};

/* The line that stands before the commands. */
void cert_command_begin(struct buf *to);

/* An authority that signs itself. */
void cert_command_root(const struct cert_command *command, struct buf *to);

/* A key and a signing request. */
void cert_command_request(const struct cert_command *command, struct buf *to);

/* Sign the request. */
void cert_command_sign(const struct cert_command *command, struct buf *to);

/* BASE.crt and what the second file holds, into the third. */
void cert_command_chain(const char *base, const char *above, const char *chain,
                        struct buf *to);

/* Revoke a certificate (a word of OpenSSL's as the reason, or NULL). */
void cert_command_revoke(const char *authority, const char *file,
                         const char *reason, struct buf *to);

/* Make the revocation list of an authority. */
void cert_command_list(const char *authority, int days, struct buf *to);

/* Answer questions about what an authority has signed. */
void cert_command_ocsp(const char *authority, unsigned port, struct buf *to);

/* One word as a shell takes it, in quotes if it must be. */
void cert_command_quote(const char *word, struct buf *to);

#endif
