/*
 * Why a TLS connection failed, in words.
 */
#ifndef NET_TLS_REASON_H
#define NET_TLS_REASON_H

#include <openssl/ssl.h>

/*
 * From OpenSSL's queue of errors, the alert that came, and what verifying the
 * peer's certificate gave. Returns a string that the caller owns: the cause for
 * people, and in brackets OpenSSL's own words or the alert's name.
 */
char *tls_reason(const SSL *ssl);

/* What X509_V_ERR_... means for who has to mend it; never NULL. */
const char *tls_reason_of_certificate(long verify_result);

#endif
