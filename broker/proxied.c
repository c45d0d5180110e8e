#include "broker/proxied.h"

#include "broker/broker.h"
#include "broker/connection.h"
#include "net/transport_proxy.h"
#include "net/transport_tcp.h"
#include "net/transport_tls.h"
#include "net/transport_watch.h"
#include "net/transport_ws.h"

static int versions_of(const struct config_listener *config)
{
    switch ((enum config_proxy)config->proxy_protocol) {
    case CONFIG_PROXY_V1: return PROXY_HEADER_V1;
    case CONFIG_PROXY_V2: return PROXY_HEADER_V2;
    case CONFIG_PROXY_ANY: return PROXY_HEADER_V1 | PROXY_HEADER_V2;
    case CONFIG_NO_PROXY: break;
    }
    return 0;
}

struct transport *proxied_accept(struct broker_listener *listener, int fd,
                                 const struct sockaddr *peer,
                                 const struct transport_events *events,
                                 void *owner)
{
    struct loop *loop = listener->broker->loop;
    int versions = versions_of(listener->config);

    if (!versions)
        return transport_tcp_accept(loop, fd, peer, events, owner);
    struct transport *proxied = transport_proxy_new(versions, events, owner);
    struct transport *tcp =
        transport_tcp_accept(loop, fd, peer, &transport_proxy_below, proxied);
    if (!tcp) {
        transport_proxy_discard(proxied);
        return NULL;
    }
    transport_proxy_carry(proxied, tcp);
    return proxied;
}

bool proxied_failed(const struct connection *connection)
{
    const struct transport *transport = connection->link.transport;

    if (transport && transport_is_ws(transport))
        transport = transport_ws_carrier(transport);
    if (transport && transport_is_tls(transport))
        transport = transport_tls_carrier(transport);
    if (transport && transport_is_watch(transport))
        transport = transport_watch_carrier(transport);
    return transport && transport_is_proxy(transport) &&
           transport_proxy_failed(transport);
}
