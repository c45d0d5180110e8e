/*
 * A connection through a SOCKS5 proxy [RFC 1928]: a stage on top of another
 * transport, the connection to the proxy.
 *
 * When that one opens, the stage asks the proxy to connect it to a host, whose
 * name the proxy resolves. on_open comes when the proxy has; from then on the
 * bytes pass unchanged. Authentication is none, or by user name and password
 * [RFC 1929].
 */
#ifndef NET_TRANSPORT_SOCKS_H
#define NET_TRANSPORT_SOCKS_H

#include "net/transport.h"

#include <stdint.h>

/* Borrowed by transport_socks_new; each text has at most 255 bytes. */
struct socks_request {
    const char *host; /* a name, or a number of IPv4 or IPv6 */
    uint16_t port;
    const char *user_name; /* NULL: only without authentication */
    const char *password;  /* NULL: empty */
};

/*
 * The stage, without anything below it yet; NULL when a text is too long. The
 * transport below is made next, with transport_socks_events, the stage as its
 * owner, and given to transport_socks_put; it is closed with the stage.
 */
struct transport *transport_socks_new(const struct socks_request *request,
                                      const struct transport_events *events,
                                      void *owner);
extern const struct transport_events transport_socks_events;
void transport_socks_put(struct transport *stage, struct transport *below);

/* Free a stage that has nothing below it; otherwise transport_close does. */
void transport_socks_free(struct transport *stage);

/*
 * Was it the proxy that ended this connection? Then the error of on_end is its
 * answer, and transport_socks_explain says it in words; otherwise the
 * connection to the proxy, or through it, was at fault.
 */
bool transport_socks_refused(const struct transport *stage);

/* "the host refused the connection" for -ECONNREFUSED, and so on. */
const char *transport_socks_explain(int error);

#endif
