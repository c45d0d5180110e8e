/*
 * Inside net/: pre-shared keys, for TLS 1.2 and 1.3 [RFC 4279, RFC 8446
 * 4.2.11].
 *
 * The identity that a client has used is kept in its struct tls: TLS 1.3 makes
 * a session of the key, and OpenSSL forgets whose it was.
 */
#ifndef NET_TLS_PSK_H
#define NET_TLS_PSK_H

#include "net/tls_settings.h"

/* The one cipher that servers use with a key in TLS 1.3. */
#define TLS_PSK_CIPHER_13 "TLS_AES_128_GCM_SHA256"

/* A server that lets in who knows a key. Returns false when OpenSSL refuses
   the hint (it is longer than 128 bytes). */
bool tls_psk_serve(SSL_CTX *ssl, const struct tls_settings *settings);

/* A client with a key and an identity. Returns false, which was told, when one
   is missing or none. */
bool tls_psk_use(struct tls_context *context,
                 const struct tls_settings *settings,
                 const struct tls_complaint *complaint);

#endif
