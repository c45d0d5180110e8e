/*
 * The certificate workshop, for the command and for labs: each function does
 * what the command of its name does, with files in one folder.
 *
 * What was done is appended to told, as lines for people. Problems are appended
 * to why, as one line, and false is returned; nothing was written then, unless
 * why says so. Text in both may come from certificates: escape it before it
 * goes to a terminal.
 */
#ifndef CERTS_CERTS_H
#define CERTS_CERTS_H

#include "base/buf.h"
#include "certs/cert_authority.h"
#include "certs/cert_make.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CERTS_FOLDER    "certs"
#define CERTS_AUTHORITY "ca"

#define CERTS_AUTHORITY_DAYS 3650
#define CERTS_LEAF_DAYS      365
#define CERTS_LIST_DAYS      30
#define CERTS_MAX_DAYS       36500

#define CERTS_OCSP_PORT 2560

/* Strings are borrowed; NULL, 0 and false ask for what is usual. */
struct certs_request {
    const char *folder;      /* "certs" */
    const char *name;        /* its files begin with it: "server", the CN */
    const char *by;          /* the authority that signs: "ca"; or a path */
    const char *subject;     /* "/C=IN/O=Lab/CN=x" */
    const char *common_name; /* takes the place of the subject's */
    const char *names; /* alternative ones, for servers; separated by commas */
    const char *ocsp_url;
    const char *reason;     /* why revoked: "keyCompromise" */
    const char *passphrase; /* encrypts the keys of new authorities */
    cert_passphrase *ask;   /* opens keys of authorities */
    void *owner;            /* of ask */
    enum cert_key_type key_type;
    int days;
    bool force;   /* overwrite files that are there */
    bool openssl; /* tell how the openssl command does the same */
};

/* An authority that signs itself: ca.crt, ca.key, ca.index. */
bool certs_ca(const struct certs_request *request, struct buf *told,
              struct buf *why);

/* An authority that another one signs: intermediate.crt, .key, .index, and
   .chain.crt when who signs it is not a root either. */
bool certs_intermediate(const struct certs_request *request, struct buf *told,
                        struct buf *why);

/* For a broker: server.crt, server.key, and server.chain.crt (with who signed
   it) when an intermediate signs. */
bool certs_server(const struct certs_request *request, struct buf *told,
                  struct buf *why);

/* For a device or a person; common_name or subject is needed. */
bool certs_client(const struct certs_request *request, struct buf *told,
                  struct buf *why);

/* A key and a signing request: NAME.key, NAME.csr. */
bool certs_csr(const struct certs_request *request, struct buf *told,
               struct buf *why);

/* Sign the request in a file, for a server or a client: NAME.crt. */
bool certs_sign(const struct certs_request *request, const char *file,
                enum cert_use use, struct buf *told, struct buf *why);

/* Note in the index of who signed it that the certificate in a file is no
   longer to be trusted. */
bool certs_revoke(const struct certs_request *request, const char *file,
                  struct buf *told, struct buf *why);

/* A revocation list with all that was revoked: ca.crl. */
bool certs_crl(const struct certs_request *request, struct buf *told,
               struct buf *why);

/* What is to be checked; strings are borrowed, NULL where nothing is said. */
struct certs_check {
    const char *file;       /* the certificate, and behind it who signed it */
    const char *key;        /* that must belong to it; NULL: not looked at */
    const char *passphrase; /* of the key */
    const char *ca;         /* whom somebody trusts */
    const char *crl;        /* revocation lists */
    const char *host;       /* name or address that is connected to */
    enum cert_use use;      /* CERT_SERVER or CERT_CLIENT; others: any use */
    time_t when;            /* at that time; 0: now */
};

/*
 * Would somebody accept it? Appends to told who signed whom, or each problem
 * with what mends it. Returns false with nothing in why when he would not, and
 * with something in why when a file cannot be read.
 */
bool certs_verify(const struct certs_check *wanted, struct buf *told,
                  struct buf *why);

/* The certificates of a folder as a picture: who signed whom, until when. now
   decides what is expired. */
bool certs_tree(const char *folder, time_t now, struct buf *told,
                struct buf *why);

/*
 * An OCSP responder for an authority, on this machine's loopback only. Makes a
 * certificate for it (ca.ocsp.crt) when there is none that is good. *port is 0
 * for any; it is set to the one taken. NULL: see why.
 */
struct certs_ocsp;
struct certs_ocsp *certs_ocsp_new(const struct certs_request *request,
                                  uint16_t *port, struct buf *told,
                                  struct buf *why);
void certs_ocsp_free(struct certs_ocsp *ocsp);

/*
 * Wait for one connection and answer what it asks, within seconds; what was
 * answered is told. SIGPIPE must be ignored. Returns false, and appends why,
 * when there can be no connection any more; true also when an answer was that
 * we cannot say, which why tells too.
 */
bool certs_ocsp_serve(struct certs_ocsp *ocsp, struct buf *told,
                      struct buf *why);

/* A way to break a certificate. */
struct certs_kind {
    const char *name;   /* "expired" */
    const char *text;   /* what is wrong with it */
    const char *effect; /* who notices it, and what he says */
};

/* One after another from 0 on; NULL behind the last. */
const struct certs_kind *certs_kind(size_t index);

/*
 * A certificate for a server or a client that is wrong in this one way, in a
 * folder of the kind's name: FOLDER/expired/server.crt (or client.crt), its
 * key, and the ca.crt by which it would be right.
 */
bool certs_break(const struct certs_request *request, const char *kind,
                 enum cert_use use, struct buf *told, struct buf *why);

#endif
