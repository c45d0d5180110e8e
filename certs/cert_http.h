/*
 * The HTTP that a question to an OCSP responder comes in [RFC 6960 A.1]: a POST
 * with the question as its body, or a GET with the question in its path.
 */
#ifndef CERTS_CERT_HTTP_H
#define CERTS_CERT_HTTP_H

#include "base/buf.h"

#define CERT_HTTP_MAX_BYTES 65536 /* of a request */

/*
 * Find a whole request at the start of in and append the question to body.
 *
 * Returns the bytes used; 0 when more must come; else what is wrong, as a
 * negative status of HTTP: -400, -405 (neither GET nor POST), -413 (too long).
 */
int cert_http_read(struct slice in, struct buf *body);

/* Append a response with this status; the body is an OCSP response if it is
   200. */
void cert_http_write(int status, struct slice body, struct buf *to);

#endif
