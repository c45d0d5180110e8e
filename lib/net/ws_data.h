/*
 * Inside net/: binary frames that go.
 *
 * A server's are not masked, so the header is all there is to add: it goes in
 * one gathered write with the parts from where they lie, and needs neither
 * libwebsockets nor a copy. A client's go by libwebsockets, which masks them.
 */
#ifndef NET_WS_DATA_H
#define NET_WS_DATA_H

#include <stddef.h>
#include <sys/uio.h>

struct ws;

/*
 * Send parts in frames, going on with one that was broken off. Returns how many
 * bytes were taken: fewer than all when the transport below takes no more, or
 * the connection is broken, which sets error.
 */
size_t ws_data_send(struct ws *ws, const struct iovec *parts, int count);

#endif
