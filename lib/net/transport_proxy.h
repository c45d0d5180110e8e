/*
 * The first stage of a connection that a proxy brings: takes the header off
 * that says whose it is (net/proxy_header.h), and is from then on what lies
 * below.
 *
 * on_open comes when the header was read. Until then nothing can be written;
 * without a header there is on_end with -EPROTO.
 */
#ifndef NET_TRANSPORT_PROXY_H
#define NET_TRANSPORT_PROXY_H

#include "net/proxy_header.h"
#include "net/transport.h"

/* The events that the lower transport must be made with; their owner is the
   transport that transport_proxy_new returned. */
extern const struct transport_events transport_proxy_below;

/* versions: PROXY_HEADER_V1, PROXY_HEADER_V2 or both. Follow it with
   transport_proxy_carry before the next turn. */
struct transport *transport_proxy_new(int versions,
                                      const struct transport_events *events,
                                      void *owner);

/* Put it on the transport that carries it, which it takes. */
void transport_proxy_carry(struct transport *transport,
                           struct transport *below);

/* Free one that was not put on anything. */
void transport_proxy_discard(struct transport *transport);

/* Did no header come where one had to? */
bool transport_proxy_failed(const struct transport *transport);

/* Is it one of ours? */
bool transport_is_proxy(const struct transport *transport);

#endif
