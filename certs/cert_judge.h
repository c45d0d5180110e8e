/*
 * Is a certificate as somebody wants it? For the checks of labs.
 */
#ifndef CERTS_CERT_JUDGE_H
#define CERTS_CERT_JUDGE_H

#include "base/buf.h"
#include "certs/cert_make.h"

#include <stdbool.h>
#include <time.h>

/* What is wanted of the first certificate in a file. Strings are borrowed,
   names of files lie in folder; NULL, 0 and false want nothing. */
struct cert_wish {
    const char *folder;
    const char *file;
    const char *common_name;
    const char *san;     /* a host or an address among its alternative names */
    const char *issuer;  /* the file of the certificate that signed it */
    const char *key;     /* the file of its key */
    const char *trusted; /* the file of the root that leads to it, with what
                            stands behind it in its own file */
    const char *crl;     /* for trusted: revocation lists that are asked */
    const char *revoked; /* the file of a revocation list that names it */
    bool has_use;        /* then use is wanted */
    enum cert_use use;   /* CERT_AUTHORITY, CERT_SERVER or CERT_CLIENT */
    bool not_expired;
    time_t now;
};

/*
 * Returns whether all of it holds. If not, the first thing that does not is
 * appended to why, as one line. What was made within a day after now counts as
 * made now.
 */
bool cert_judge(const struct cert_wish *wish, struct buf *why);

#endif
