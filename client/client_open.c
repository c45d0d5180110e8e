#include "client/client_open.h"

#include "net/socket.h"
#include "net/transport_socks.h"
#include "net/transport_tcp.h"
#include "net/transport_tls.h"
#include "net/transport_ws.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_HOST "127.0.0.1"

/* What everybody calls it; most servers do not look. */
#define WS_PATH "/mqtt"

static const char *host_of(const struct client_config *config)
{
    return config->host ? config->host : DEFAULT_HOST;
}

/* A descriptor that is being connected, to the proxy if there is one. */
static int connect_socket(const struct client_config *config)
{
    if (config->unix_path)
        return socket_connect_unix(config->unix_path);
    if (config->proxy)
        return socket_connect(config->proxy->host, config->proxy->port,
                              config->bind_host);
    return socket_connect(host_of(config), config->port, config->bind_host);
}

static struct transport *open_socket(struct loop *loop,
                                     const struct client_config *config,
                                     const struct transport_events *events,
                                     void *owner, int *error)
{
    int fd = connect_socket(config);

    if (fd < 0) {
        *error = fd;
        return NULL;
    }
    *error = -ENOMEM;
    return transport_tcp_new(loop, fd, true, events, owner);
}

static struct transport *open_proxied(struct loop *loop,
                                      const struct client_config *config,
                                      const struct transport_events *events,
                                      void *owner, int *error)
{
    const struct address *proxy = config->proxy;

    if (!proxy)
        return open_socket(loop, config, events, owner, error);
    struct socks_request request = {
        .host = host_of(config),
        .port = config->port,
        .user_name = proxy->has_user_name ? proxy->user_name : NULL,
        .password = proxy->has_password ? proxy->password : NULL,
    };
    struct transport *stage = transport_socks_new(&request, events, owner);
    if (!stage) {
        *error = -ENAMETOOLONG;
        return NULL;
    }
    struct transport *below =
        open_socket(loop, config, &transport_socks_events, stage, error);
    if (!below) {
        transport_socks_free(stage);
        return NULL;
    }
    transport_socks_put(stage, below);
    return stage;
}

/* The name that the server is to have. */
static const char *server_name(const struct client_config *config)
{
    return config->unix_path && !config->host ? "localhost" : host_of(config);
}

static struct transport *open_secured(struct loop *loop,
                                      const struct client_config *config,
                                      const struct transport_events *events,
                                      void *owner, int *error)
{
    if (!config->tls)
        return open_proxied(loop, config, events, owner, error);
    struct transport *tls = transport_tls_new(config->tls, events, owner);
    transport_tls_expect_host(tls, server_name(config));
    struct transport *below =
        open_proxied(loop, config, &transport_tls_below, tls, error);
    if (!below) {
        transport_tls_discard(tls);
        return NULL;
    }
    transport_tls_carry(tls, below);
    return tls;
}

/* For the Host line: an address of IPv6 stands in brackets [RFC 3986 3.2.2]. */
static void put_authority(const struct client_config *config, char *text,
                          size_t size)
{
    const char *host = server_name(config);
    bool ipv6 = strchr(host, ':') != NULL;

    snprintf(text, size, "%s%s%s:%u", ipv6 ? "[" : "", host, ipv6 ? "]" : "",
             config->port);
}

/* In WebSocket [MQTT5 6]. */
static struct transport *open_web(struct loop *loop,
                                  const struct client_config *config,
                                  const struct transport_events *events,
                                  void *owner, int *error)
{
    char host[300];
    const struct ws_request request = {
        .host = host,
        .path = WS_PATH,
        .protocol = config->connect.version == MQTT_3_1 ? "mqttv3.1" : "mqtt",
    };

    put_authority(config, host, sizeof(host));
    struct transport *ws =
        transport_ws_new(config->ws, &request, events, owner);
    struct transport *below =
        open_secured(loop, config, &transport_ws_below, ws, error);
    if (!below) {
        transport_ws_discard(ws);
        return NULL;
    }
    transport_ws_carry(ws, below);
    return ws;
}

struct transport *client_open(struct loop *loop,
                              const struct client_config *config,
                              const struct transport_events *events,
                              void *owner, int *error)
{
    if (config->ws)
        return open_web(loop, config, events, owner, error);
    return open_secured(loop, config, events, owner, error);
}

enum client_end client_open_fault(const struct client_config *config,
                                  struct transport *transport, bool opened,
                                  const char **text)
{
    struct transport *below = transport;
    const char *web = NULL;

    *text = NULL;
    if (transport_is_ws(transport)) {
        web = transport_ws_reason(transport);
        below = transport_ws_carrier(transport);
    }
    if (transport_is_tls(below)) {
        *text = transport_tls_reason(below);
        if (*text)
            return CLIENT_END_TLS;
        below = transport_tls_carrier(below);
    }
    if (!opened && config->proxy && transport_socks_refused(below))
        return CLIENT_END_PROXY;
    if (opened)
        return CLIENT_END_LOST;
    *text = web;
    return web ? CLIENT_END_WS : CLIENT_END_UNREACHED;
}
