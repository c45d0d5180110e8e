/*
 * What stands in a certificate, as text for people: names and dates.
 *
 * The text can hold whatever somebody put into a certificate; it is UTF-8, and
 * control characters are escaped as \XX.
 */
#ifndef BASE_X509_TEXT_H
#define BASE_X509_TEXT_H

#include <openssl/x509.h>

#define X509_TEXT_NAME_BYTES 256
#define X509_TEXT_DATE_BYTES 64

/* "C = IN, O = Lab, CN = localhost", cut off where there is no more room.
   Returns text. */
const char *x509_text_name(const X509_NAME *name,
                           char text[X509_TEXT_NAME_BYTES]);

/*
 * The Common Name, owned by the caller; with several of them the last, which is
 * the most special. NULL when there is none, and for one with a NUL in it: what
 * stands before that would be taken for all of it.
 */
char *x509_text_common_name(const X509_NAME *name);

/* "2026-11-21 06:30:00 UTC". Returns text. */
const char *x509_text_date(const ASN1_TIME *time,
                           char text[X509_TEXT_DATE_BYTES]);

#endif
