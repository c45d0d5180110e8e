/*
 * One connection through the proxy: a client, a broker, and what is under way
 * between them.
 *
 * Bytes are passed on before they are looked at. Who cannot take them makes the
 * other wait; the end of a stream is passed on when all before it is, and so is
 * a reset.
 */
#ifndef INSPECT_INSPECT_PAIR_H
#define INSPECT_INSPECT_PAIR_H

#include "base/buf.h"
#include "base/list.h"
#include "capture/capture_live.h"
#include "net/tls_context.h"
#include "net/transport.h"

#include <netinet/in.h>

#define INSPECT_PAIR_MAX_BYTES 262144u /* under way in a direction */

struct inspect_pair;

/* What all of them share. */
struct inspect_pairs {
    struct loop *loop;
    struct capture *capture;
    struct tls_context *server_tls; /* NULL: clients come without */
    struct tls_context *client_tls; /* NULL: the broker is without */
    const char *host;               /* of the broker */
    uint16_t port;
    struct list open; /* struct inspect_pair */
};

struct inspect_side {
    struct transport *transport; /* owned; NULL: closed */
    struct inspect_pair *pair;
    struct buf out; /* for it, and not taken yet */
    bool opened;
    bool ended;    /* it sends nothing more */
    bool broken;   /* and takes nothing more */
    bool finished; /* it was told that nothing more comes */
};

struct inspect_pair {
    struct list in_open;
    struct inspect_pairs *all;
    struct inspect_side sides[2]; /* client, broker */
    struct capture_stream *stream;
    const char *how; /* it ended; NULL: it has not */
    bool aborted;    /* by a reset, which is passed on */
};

/* A client has come; takes fd. */
void inspect_pair_accept(struct inspect_pairs *all, int fd,
                         const struct sockaddr *peer);

/* Close all of them. */
void inspect_pair_close_all(struct inspect_pairs *all);

#endif
