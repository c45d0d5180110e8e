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

#endif
