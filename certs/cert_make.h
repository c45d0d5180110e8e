/*
 * Keys, certificates and signing requests, made by OpenSSL's library.
 *
 * Right ones by default; for labs and tests also such as are wrong in one way
 * (dates, a missing CA flag, a short key).
 */
#ifndef CERTS_CERT_MAKE_H
#define CERTS_CERT_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

enum cert_key_type {
    CERT_P256,     /* elliptic curve; small and fast */
    CERT_RSA_2048, /* as old devices and old lectures have it */
    CERT_RSA_1024, /* too short: OpenSSL refuses it */
};

/* What a certificate is for; decides its extensions [RFC 5280 4.2]. */
enum cert_use {
    CERT_AUTHORITY,     /* signs others; for itself when it is the root */
    CERT_SERVER,        /* the broker */
    CERT_CLIENT,        /* a device or a person */
    CERT_PEER,          /* either of them: nothing is said of the use */
    CERT_OCSP_RESPONDER /* answers for an authority [RFC 6960 4.2.2.2] */
};

struct cert_order {
    enum cert_use use;
    const X509_NAME *subject;
    EVP_PKEY *key;        /* whose it is; the public half is enough */
    GENERAL_NAMES *names; /* alternative ones; NULL: none */
    const char *ocsp_url; /* where to ask about it; NULL: nowhere */
    X509 *issuer;         /* NULL: itself */
    EVP_PKEY *issuer_key; /* signs; NULL: its own */
    int from_days;        /* valid from now + so many days */
    int days;             /* how long */
    bool no_ca_flag;      /* an authority that is none: CA:FALSE */
};

/* A new key, owned by the caller. NULL when OpenSSL makes none. */
EVP_PKEY *cert_make_key(enum cert_key_type type);

/* A signed certificate with a random serial number, owned by the caller. NULL
   when the key cannot sign; OpenSSL's queue says why. */
X509 *cert_make(const struct cert_order *order);

/* A signing request, likewise; names may be NULL. */
X509_REQ *cert_make_request(const X509_NAME *subject, GENERAL_NAMES *names,
                            EVP_PKEY *key);

/* With which hash the key signs: SHA-256, or NULL where the key brings one. */
const EVP_MD *cert_make_digest(const EVP_PKEY *key);

#endif
