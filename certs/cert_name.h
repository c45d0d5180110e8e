/*
 * Names in certificates, from what somebody types: whom one is made out to.
 */
#ifndef CERTS_CERT_NAME_H
#define CERTS_CERT_NAME_H

#include "base/buf.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

/*
 * A subject, owned by the caller: "/C=IN/O=Lab/CN=localhost" as the openssl
 * command has it ("\/" is a slash in a value). subject may be NULL; common_name,
 * which may be NULL too, takes the place of a CN in it. Returns NULL when one is
 * not well-formed or both are missing, and appends to why what is wrong.
 */
X509_NAME *cert_name_subject(const char *subject, const char *common_name,
                             struct buf *why);

/* The Common Name (the last, if there are several), owned by the caller; NULL
   when there is none. */
char *cert_name_common(const X509_NAME *name);

/* The other way, owned by the caller: what cert_name_subject would read as this
   subject. */
char *cert_name_typed(const X509_NAME *name);

/* Nearly the same as OpenSSL writes it into files, with \xNN for all that is not
   ASCII; owned by the caller. */
char *cert_name_slashes(const X509_NAME *name);

/* What may begin a file's name for this text: letters, digits and ".-_", with
   hyphens for all others; owned by the caller. */
char *cert_name_file(const char *text);

/*
 * Alternative names, owned by the caller, from a list such as
 * "broker.example,*.lab.example,10.0.0.1,::1"; "DNS:" and "IP:" may stand before
 * each. Returns NULL when one cannot be a name, and appends why.
 */
GENERAL_NAMES *cert_name_alternatives(const char *list, struct buf *why);

/* The same list as text, "DNS:localhost, IP:127.0.0.1", appended to text; other
   kinds of names as OpenSSL writes them. */
void cert_name_put(const GENERAL_NAMES *names, struct buf *text);

#endif
