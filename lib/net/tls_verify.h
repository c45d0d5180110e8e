/*
 * Inside net/: which certificate of a peer was not good, in words: for the line
 * that says why a handshake failed.
 */
#ifndef NET_TLS_VERIFY_H
#define NET_TLS_VERIFY_H

#include <openssl/ssl.h>

/* While a peer's certificate is judged, as SSL_CTX_set_verify(3) has it: keeps
   in the connection what it says where it is not good. Returns good. */
int tls_verify_on_verify(int good, X509_STORE_CTX *verify);

/*
 * What a certificate has to do with the error X509_V_ERR_...: `"CN = localhost"
 * was valid until 2026-11-20 ...`, `it is for localhost, 127.0.0.1`. The
 * caller owns the string, which has no control characters.
 */
char *tls_verify_describe(const X509 *one, long error);

#endif
