/*
 * Inside net/: the keys of session tickets [RFC 5077, RFC 8446 4.6.1].
 *
 * A ticket is the session itself, encrypted for ourselves, so that nothing has
 * to be remembered. Who gets the key can read what was sent under it, so a key
 * makes tickets for an hour and opens them for one more; the next ticket after
 * that wipes it. Keys belong to a context: when certificates or revocation
 * lists are read again there is a new one, and old tickets are worth nothing.
 */
#ifndef NET_TLS_TICKET_H
#define NET_TLS_TICKET_H

#include "net/tls_context.h"

#define TLS_TICKET_KEY_S 3600

/* Give the server's context keys of its own, unless it is to have no
   tickets. */
void tls_ticket_init(struct tls_context *context);

/*
 * Before a client's certificate is judged, as SSL_CTX_set_verify(3) has it. A
 * ticket holds the client's certificate, but not those that it has sent along,
 * and without these nobody can judge it again when lists are read anew: such a
 * client gets none.
 */
int tls_ticket_on_verify(int good, X509_STORE_CTX *verify);

/* Wipe them. */
void tls_ticket_release(struct tls_context *context);

#endif
