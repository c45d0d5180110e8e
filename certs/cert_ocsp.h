/*
 * What an OCSP responder answers [RFC 6960]: is a certificate still good?
 *
 * The index is read anew for each question, so who is revoked is told at once.
 */
#ifndef CERTS_CERT_OCSP_H
#define CERTS_CERT_OCSP_H

#include "base/buf.h"

#include <openssl/x509.h>

/* All borrowed. */
struct cert_ocsp {
    X509 *authority;        /* for whom it answers */
    X509 *certificate;      /* with which it signs its answers */
    EVP_PKEY *key;          /* of that certificate */
    const char *index_path; /* of the authority */
};

/*
 * Append the answer to a question, both in DER. What is no question gets an
 * answer that says so. For each certificate that was asked about a line goes to
 * told: "3CE6...: revoked". Problems of our own are appended to why; the answer
 * is then that we cannot say.
 */
void cert_ocsp_answer(const struct cert_ocsp *ocsp, struct slice question,
                      struct buf *answer, struct buf *told, struct buf *why);

#endif
