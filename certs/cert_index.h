/*
 * What an authority has signed, and what of it was revoked: a file with a line
 * for each certificate, as `openssl ca` and `openssl ocsp -index` have it.
 *
 *   V 271121063000Z                             5F0C... unknown /CN=localhost
 *   R 271121063000Z 261122080000Z,keyCompromise 77A0... unknown /CN=sensor-1
 *
 * The fields, between tabs: state (V valid, R revoked, E expired), until when
 * it is valid, when and why it was revoked, serial number in hexadecimal, a
 * file (never known), subject.
 */
#ifndef CERTS_CERT_INDEX_H
#define CERTS_CERT_INDEX_H

#include "base/buf.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

struct cert_index_entry {
    char state;
    char *until;   /* YYMMDDHHMMSSZ, or YYYY... from 2050 on */
    char *revoked; /* the same; NULL unless revoked */
    int reason;    /* CRL_REASON_..., or CERT_INDEX_NO_REASON */
    char *serial;  /* hexadecimal, in capitals */
    char *subject; /* with slashes */
};

#define CERT_INDEX_NO_REASON (-1)

/* A zeroed struct is an empty index. */
struct cert_index {
    struct cert_index_entry *all;
    size_t count;
};

/* A file that is not there is an empty index. Returns false, and tells why, for
   one that cannot be read or understood. */
bool cert_index_load(struct cert_index *index, const char *path,
                     struct buf *why);

/* Append what the file holds. */
void cert_index_put(const struct cert_index *index, struct buf *to);

bool cert_index_store(const struct cert_index *index, const char *path,
                      struct buf *why);

void cert_index_release(struct cert_index *index);

/* The entry of a serial number; NULL: unknown. Valid until the next change. */
struct cert_index_entry *cert_index_find(const struct cert_index *index,
                                         const ASN1_INTEGER *serial);

/* Enter a certificate as valid, if it is not in yet. */
struct cert_index_entry *cert_index_add(struct cert_index *index,
                                        const X509 *certificate);

/* Mark it as revoked now; reason as above. */
void cert_index_revoke(struct cert_index_entry *entry, int reason);

/* The date of an entry, owned by the caller; NULL when it is none. */
ASN1_TIME *cert_index_date(const char *text);

/* "keyCompromise" and its number, both ways; NULL and CERT_INDEX_NO_REASON when
   there is none of that name or number. */
int cert_index_reason(const char *name);
const char *cert_index_reason_name(int reason);

/* A serial number as in the file; owned by the caller. */
char *cert_index_serial(const ASN1_INTEGER *serial);

#endif
