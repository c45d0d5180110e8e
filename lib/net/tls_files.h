/*
 * Inside net/: the files of a TLS context, and what is wrong in them.
 */
#ifndef NET_TLS_FILES_H
#define NET_TLS_FILES_H

#include "net/tls_settings.h"

#include <openssl/ssl.h>

/* Tell of a problem, made as printf makes it. */
void tls_say(const struct tls_complaint *complaint, bool error,
             const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Tell that a file of an option could not be opened, and what mends it. error
   is an errno. */
void tls_say_unreadable(const struct tls_complaint *complaint,
                        const char *option, const char *path, int error);

/* OpenSSL's words for what went wrong last; its queue is empty after it. */
const char *tls_openssl_says(void);

/*
 * Our own certificate, what lies above it, and the key. Returns whether the
 * context has them; if not, an error was told.
 */
bool tls_files_own(SSL_CTX *ssl, const struct tls_settings *settings,
                   const struct tls_complaint *complaint);

/* Whom we trust: cafile, capath, crlfile. As above. */
bool tls_files_trust(SSL_CTX *ssl, const struct tls_settings *settings,
                     const struct tls_complaint *complaint);

/* Finite field parameters for Diffie-Hellman. As above. */
bool tls_files_dh(SSL_CTX *ssl, const struct tls_settings *settings,
                  const struct tls_complaint *complaint);

#endif
