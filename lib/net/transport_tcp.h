/*
 * Plain TCP, and stream sockets of the Unix kind.
 */
#ifndef NET_TRANSPORT_TCP_H
#define NET_TRANSPORT_TCP_H

#include "net/loop.h"
#include "net/transport.h"

#include <sys/socket.h>

/*
 * A transport over fd, which it takes. connecting says that connect() is
 * under way; on_open then comes when it is done, or on_end when it failed.
 * Otherwise on_open comes in this turn or the next. Returns NULL (fd closed)
 * when the loop cannot watch it.
 */
struct transport *transport_tcp_new(struct loop *loop, int fd, bool connecting,
                                    const struct transport_events *events,
                                    void *owner);

/*
 * The same for a connection that a listener has just accepted from peer:
 * on_open comes at the end of this turn. It asks the system nothing, for a
 * broker may be told of thousands at once.
 */
struct transport *transport_tcp_accept(struct loop *loop, int fd,
                                       const struct sockaddr *peer,
                                       const struct transport_events *events,
                                       void *owner);

#endif
