/*
 * Names in certificates, from what somebody types: whom one is made out to.
 */
#ifndef CERTS_CERT_NAME_H
#define CERTS_CERT_NAME_H

#include "base/buf.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

/*
 * A subject, owned by the caller: "/C=IN/O=Lab/CN=localhost" as the openssl
 * command has it ("\/" is a slash in a value). subject may be NULL;
 * common_name, which may be NULL too, takes the place of a CN in it. Returns
 * NULL when one is not well-formed or both are missing, and appends to why what
 * is wrong.
 */
X509_NAME *cert_name_subject(const char *subject, const char *common_name,
                             struct buf *why);

/* The other way, owned by the caller: what cert_name_subject would read as this
   subject. */
char *cert_name_typed(const X509_NAME *name);

/* Nearly the same as OpenSSL writes it into files, with \xNN for all that is
   not ASCII; owned by the caller. */
char *cert_name_slashes(const X509_NAME *name);

/* Is it made out by whom it is made out to? Names alone say so. */
bool cert_name_is_root(const X509 *certificate);

/* Is it an address of IPv4 or IPv6, and not a host's name? */
bool cert_name_is_address(const char *host);

/* What may begin a file's name for this text: letters, digits and ".-_", with
   hyphens for all others; owned by the caller. */
char *cert_name_file(const char *text);

/*
 * Alternative names, owned by the caller, from a list such as
 * "broker.example,*.lab.example,10.0.0.1,::1"; "DNS:" and "IP:" may stand
 * before each. Returns NULL when one cannot be a name, and appends why.
 */
GENERAL_NAMES *cert_name_alternatives(const char *list, struct buf *why);

/*
 * Can these stand in a certificate that we sign: hosts and addresses, and
 * nothing that others would read as something else? Appends why not.
 */
bool cert_name_check(const GENERAL_NAMES *names, struct buf *why);

/* Has no value in it a NUL? Many a program would read it only up to there. */
bool cert_name_is_text(const X509_NAME *name);

/* The same list as text, "DNS:localhost, IP:127.0.0.1", appended to text; other
   kinds of names as OpenSSL writes them. NUL becomes \\x00. */
void cert_name_put(const GENERAL_NAMES *names, struct buf *text);

#endif
