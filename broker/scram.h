/*
 * SCRAM-SHA-256 [RFC 5802, RFC 7677], the server's side: a client proves that
 * it knows a password without sending it, and the server that it has the keys
 * that were made of it.
 *
 *     client-first   n,,n=anna,r=CLIENTNONCE
 *     server-first   r=CLIENTNONCESERVERNONCE,s=SALT,i=ITERATIONS
 *     client-final   c=biws,r=CLIENTNONCESERVERNONCE,p=PROOF
 *     server-final   v=SIGNATURE
 *
 * No channel binding, no extensions. Pure: random numbers are the caller's.
 */
#ifndef BROKER_SCRAM_H
#define BROKER_SCRAM_H

#include "base/buf.h"
#include "broker/password.h"

#include <stdbool.h>

#define SCRAM_METHOD "SCRAM-SHA-256"

struct scram {
    struct buf user_name; /* from client-first, its escapes resolved */
    struct buf nonce;     /* the client's, then both */
    struct buf header;    /* gs2-header of client-first */
    struct buf message;   /* AuthMessage, as far as it has come */
    struct password password;
};

/* Read client-first. Returns false when it is none, or wants what we do not
   have. Start with a zeroed struct. */
bool scram_begin(struct scram *scram, struct slice client_first);

/*
 * Append server-first to out: what the client is to prove is that it knows this
 * password, of PASSWORD_SCRAM_SHA256. server_nonce is new, random and
 * printable.
 */
void scram_challenge(struct scram *scram, const struct password *password,
                     const char *server_nonce, struct buf *out);

/* Read client-final; when the proof is good append server-final to out and
   return true. */
bool scram_finish(struct scram *scram, struct slice client_final,
                  struct buf *out);

void scram_release(struct scram *scram);

#endif
