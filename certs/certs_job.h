/*
 * Inside certs/: one certificate under way, from what was asked for to files.
 */
#ifndef CERTS_CERTS_JOB_H
#define CERTS_CERTS_JOB_H

#include "certs/cert_command.h"
#include "certs/cert_output.h"
#include "certs/certs.h"

/* Zeroed but for use at the start. All functions that return bool append why
   when that is false. */
struct certs_job {
    enum cert_use use;
    const struct certs_request *request;
    char *base; /* "certs/server" */
    X509_NAME *subject;
    GENERAL_NAMES *names; /* may be NULL */
    char *first_name;     /* of names; NULL when it is an address */
    EVP_PKEY *key;        /* ours; NULL when a request has brought it */
    EVP_PKEY *public_key; /* borrowed from the request, or key */
    struct cert_authority authority; /* zeroed: signs itself */
    X509 *certificate;
    char *above; /* the file with what lies above it, NULL: only the root */
    char *chain; /* "certs/server.chain.crt", NULL: not needed */
    char *request_path;
    struct cert_command command;
    struct cert_output output;
};

/* The names that were asked for, else the Common Name if it is a host's, else
   those of this machine. */
bool certs_job_names(struct certs_job *job, const struct certs_request *request,
                     struct buf *why);

/*
 * Where it goes and who it is. name and common_name are the usual ones; where
 * name is NULL the Common Name is taken.
 */
bool certs_job_begin(struct certs_job *job, const struct certs_request *request,
                     const char *name, const char *common_name,
                     struct buf *why);

/* The same from a signing request, which outlives the job. */
bool certs_job_begin_request(struct certs_job *job,
                             const struct certs_request *request,
                             X509_REQ *asked, const char *name,
                             struct buf *why);

/* "certs/ca", or as it was given if that is a path; owned by the caller. */
char *certs_job_authority_base(const struct certs_request *request);

/* Read the authority that signs: job->authority. */
bool certs_job_open_authority(struct certs_job *job, struct buf *why);

/* Make job->key, of the type that was asked for. */
bool certs_job_make_key(struct certs_job *job, struct buf *why);

/* Make job->certificate for job->public_key, signed by job->authority, or by
   job->key itself where none was opened. */
bool certs_job_sign(struct certs_job *job, struct buf *why);

/* Files for the output. passphrase may be NULL. */
void certs_job_add_key(struct certs_job *job, const char *passphrase);
void certs_job_add_certificate(struct certs_job *job);
void certs_job_add_index(struct certs_job *job);
bool certs_job_add_chain(struct certs_job *job, struct buf *why);

/* Enter the certificate into the authority's index, which is written with the
   files. */
void certs_job_enter(struct certs_job *job);

/* Say so when it is valid for longer than who signed it. */
void certs_job_warn(const struct certs_job *job, struct buf *told);

/* Appends that OpenSSL could not make it, and why; returns false. */
bool certs_job_openssl_failed(const char *what, struct buf *why);

void certs_job_release(struct certs_job *job);

#endif
