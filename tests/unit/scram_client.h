/*
 * The client's side of SCRAM-SHA-256 [RFC 5802], for tests.
 */
#ifndef UNIT_SCRAM_CLIENT_H
#define UNIT_SCRAM_CLIENT_H

#include "base/buf.h"
#include "broker/password.h"

struct scram_client {
    const char *user_name;
    const char *secret;
    const char *nonce;
    struct buf bare;             /* client-first-message-bare */
    struct buf text;             /* the message to be sent */
    struct buf server_signature; /* what server-final must say, "v=..." */
};

/* client-first into text. */
void scram_client_first(struct scram_client *client);

/* client-final into text, for server-first. */
void scram_client_final(struct scram_client *client, struct slice server_first);

void scram_client_release(struct scram_client *client);

/* The keys of a password with this salt, as a password file has them. */
struct password scram_client_password(const char *secret, const void *salt,
                                      size_t salt_len, uint32_t iterations);

#endif
