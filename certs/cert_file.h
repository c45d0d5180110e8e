/*
 * Files of certificates and keys: read whole, written whole.
 *
 * Problems are appended to why as one line that names the file.
 */
#ifndef CERTS_CERT_FILE_H
#define CERTS_CERT_FILE_H

#include "base/buf.h"
#include "base/whole_file.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <sys/types.h>

/* No certificate is longer than this; /dev/zero is. */
#define CERT_FILE_MAX_BYTES (1u << 20)

#define CERT_FILE_MODE     0644
#define CERT_FILE_KEY_MODE 0600

/* No more than CERT_FILE_MAX_BYTES? Appends why not. */
bool cert_file_check_len(const char *path, size_t len, struct buf *why);

/* Append a whole file to content; "-" is standard input. */
bool cert_file_load(const char *path, struct buf *content, struct buf *why);

/* Put content in the place of a file, as whole_file_store does. */
bool cert_file_store(const char *path, struct slice content, mode_t mode,
                     struct buf *why);

/*
 * The same in two steps, for several files that belong together: the first
 * finishes the file, the second puts it in its place, or whole_file_discard
 * takes it away.
 */
bool cert_file_prepare(struct whole_file *whole, const char *path,
                       struct slice content, mode_t mode, struct buf *why);
bool cert_file_place(struct whole_file *prepared, const char *path,
                     struct buf *why);

/* Wipe and free: there was a key in it. */
void cert_file_forget(struct buf *content);

/* Append in PEM form. */
void cert_file_put_certificate(struct buf *to, const X509 *certificate);
void cert_file_put_request(struct buf *to, const X509_REQ *request);
void cert_file_put_list(struct buf *to, const X509_CRL *list);

/* The same for a key: PKCS #8, encrypted with AES-256 unless passphrase is
   NULL. */
void cert_file_put_key(struct buf *to, const EVP_PKEY *key,
                       const char *passphrase);

#endif
