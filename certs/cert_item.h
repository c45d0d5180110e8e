/*
 * What is in a file of certificates: items, in their order, whatever their kind
 * and whether in PEM or DER form.
 */
#ifndef CERTS_CERT_ITEM_H
#define CERTS_CERT_ITEM_H

#include "base/buf.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

enum cert_kind {
    CERT_CERTIFICATE,
    CERT_REQUEST,
    CERT_LIST, /* revocation list */
    CERT_PRIVATE_KEY,
    CERT_PUBLIC_KEY,
    CERT_LOCKED_KEY, /* private, encrypted */
    CERT_OTHER,      /* named, and nothing more */
};

struct cert_item {
    enum cert_kind kind;
    X509 *certificate; /* owned, as are the next three; NULL in other kinds */
    X509_REQ *request;
    X509_CRL *list;
    EVP_PKEY *key;
    char *label;     /* "EC PRIVATE KEY" in PEM; NULL in DER */
    const char *why; /* CERT_OTHER: what is the matter with it */
    char *file;      /* its name */
    unsigned number; /* which one of its file, from 1 */
    unsigned of;     /* how many the file has */
};

/* A zeroed struct is an empty list. */
struct cert_items {
    struct cert_item *all;
    size_t count;
};

/*
 * Append what the content of a file holds. passphrase opens private keys that
 * are encrypted; NULL, or a wrong one: they stay CERT_LOCKED_KEY. Returns false
 * when there is nothing in it, or something damaged behind what was read, which
 * is appended to why.
 */
bool cert_item_read(struct cert_items *items, const char *file,
                    struct slice content, const char *passphrase,
                    struct buf *why);

/* The same from the file of that name. */
bool cert_item_load(struct cert_items *items, const char *file,
                    const char *passphrase, struct buf *why);

void cert_item_release(struct cert_items *items);

/* The public key of a certificate, request or key, borrowed; else NULL. */
EVP_PKEY *cert_item_key(const struct cert_item *item);

/* Did issuer sign it? Names and signature; dates and rights do not matter. */
bool cert_item_signed_by(const struct cert_item *item, const X509 *issuer);

/* "ca.crt", or "chain.crt (2)" in a file with several; owned by the caller. */
char *cert_item_name(const struct cert_item *item);

#endif
