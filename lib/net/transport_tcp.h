/*
 * Plain TCP, and stream sockets of the Unix kind.
 */
#ifndef NET_TRANSPORT_TCP_H
#define NET_TRANSPORT_TCP_H

#include "net/loop.h"
#include "net/transport.h"

/*
 * A transport over fd, which it takes. connecting says that connect() is
 * under way; on_open then comes when it is done, or on_end when it failed.
 * Otherwise on_open comes in this turn or the next. Returns NULL (fd closed)
 * when the loop cannot watch it.
 */
struct transport *transport_tcp_new(struct loop *loop, int fd, bool connecting,
                                    const struct transport_events *events,
                                    void *owner);

#endif
