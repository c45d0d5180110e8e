/*
 * What crosses the cable: the raw bytes of connections with TLS or WebSocket,
 * for those who watch. Of plain connections each packet's record has them.
 */
#ifndef BROKER_CABLE_H
#define BROKER_CABLE_H

struct broker_listener;
struct link;
struct sockaddr;
struct transport;
struct transport_events;

/*
 * The lowest transport of a connection that was accepted there from peer, for
 * what lies above it. Returns NULL (fd closed) when the loop cannot watch it.
 */
struct transport *cable_accept(struct broker_listener *listener, int fd,
                               const struct sockaddr *peer, struct link *link,
                               const struct transport_events *events,
                               void *owner);

#endif
