/*
 * An authority: BASE.crt, BASE.key and BASE.index, with which it signs and
 * revokes.
 */
#ifndef CERTS_CERT_AUTHORITY_H
#define CERTS_CERT_AUTHORITY_H

#include "base/buf.h"
#include "certs/cert_index.h"

#include <openssl/x509.h>
#include <stdbool.h>

struct cert_authority {
    char *base; /* "certs/ca" */
    char *index_path;
    X509 *certificate;
    EVP_PKEY *key;
    struct cert_index index;
};

/* Asks for the passphrase of the key in a file. Returns it, owned by the
   caller, or NULL. */
typedef char *cert_passphrase(void *owner, const char *file);

/*
 * Read all of it. ask may be NULL: keys with a passphrase are refused. Returns
 * false, appends why and leaves nothing to release when a file is missing or
 * damaged or the key is not that of the certificate.
 */
bool cert_authority_open(struct cert_authority *authority, const char *base,
                         cert_passphrase *ask, void *owner, struct buf *why);

/* The same without the key, which who only looks does not need. */
bool cert_authority_look(struct cert_authority *authority, const char *base,
                         struct buf *why);

void cert_authority_release(struct cert_authority *authority);

/*
 * A new revocation list with all that the index names as revoked, valid from
 * now on for so many days, owned by the caller; its number follows that of the
 * old one, which may be NULL. NULL when the key cannot sign.
 */
X509_CRL *cert_authority_make_list(const struct cert_authority *authority,
                                   const X509_CRL *old, int days);

#endif
