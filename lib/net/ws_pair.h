/*
 * Inside net/: how libwebsockets gets its end of the pair of sockets through
 * which it is fed.
 *
 * A server's it accepts like any other. A client of it wants to connect by
 * itself, so it is shown a socket of ours for a moment, in a directory that
 * nobody else can enter.
 */
#ifndef NET_WS_PAIR_H
#define NET_WS_PAIR_H

struct ws;
struct ws_request;

/* A server's connection. Returns 0 or a negative errno. */
int ws_pair_accept(struct ws *ws);

/* A client's: keep what it asks for, until the transport below is open. */
void ws_pair_prepare(struct ws *ws, const struct ws_request *request);

/* Now it is. Returns 0 or a negative errno. */
int ws_pair_connect(struct ws *ws);

void ws_pair_forget(struct ws *ws);

#endif
