/*
 * Certificates for tests, right ones and wrong ones, in files.
 */
#ifndef UNIT_TLS_FORGE_H
#define UNIT_TLS_FORGE_H

#include <openssl/x509.h>
#include <stdbool.h>

struct forged {
    X509 *certificate;
    EVP_PKEY *key;
};

/* What is to stand in one; 0 and NULL are sensible. */
struct forge_order {
    const char *common_name;
    const struct forged *issuer; /* NULL: itself */
    const char *alt_name;        /* "DNS:localhost" */
    int from_days;               /* valid from now + so many; 0: yesterday */
    int until_days;              /* 0: 30 */
    bool authority;
};

struct forged forge(const struct forge_order *order);
void forged_release(struct forged *forged);

/* A directory of its own for each test, removed with all that is in it. */
void forge_open(void);
void forge_close(void);

/* The path of a file there; valid until the fourth call after this one. */
const char *forge_path(const char *name);

/* Write certificates, one after another; the list ends with NULL. */
void forge_write_chain(const char *name, const struct forged *const *list);
void forge_write_key(const char *name, const struct forged *forged,
                     const char *passphrase);
/* NAME.crt and NAME.key in DER form. */
void forge_write_der(const char *name, const struct forged *forged);
void forge_write_text(const char *name, const char *text);

/* A revocation list of issuer with one certificate on it (or none: NULL). */
void forge_write_list(const char *name, const struct forged *issuer,
                      const struct forged *revoked, int until_days);

#endif
