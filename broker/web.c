#include "broker/web.h"

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/pages.h"
#include "broker/secure.h"
#include "net/transport_ws.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* [MQTT-6.0.0-4]; the second is what clients of version 3.1 offer. */
static const char *const protocols[] = {"mqtt", "mqttv3.1", NULL};

/* What one listener has to show, and to whom. */
struct web_site {
    struct ws_site site;
    char *origins; /* owned; cut into the site's */
    const char **names;
};

struct web {
    struct ws_context *context;
    struct web_site *sites; /* as many as listeners; owned */
};

static void log_line(void *owner, const char *line)
{
    const struct broker *broker = owner;

    log_websockets(broker->log, "%s", line);
}

/* ---- sites ---- */

/* The words of text, which stay in it. */
static void read_origins(struct web_site *to, const char *text)
{
    char *rest = NULL;
    size_t count = 0;

    to->origins = alloc_string(text);
    to->names = alloc_zero(strlen(text) + 1, sizeof(to->names[0]));
    for (char *one = strtok_r(to->origins, " ", &rest); one;
         one = strtok_r(NULL, " ", &rest))
        to->names[count++] = one;
    to->site.origins = to->names;
}

static bool open_site(struct web_site *to, const struct config_listener *config,
                      struct config_problems *problems)
{
    to->site.directory = -1;
    if (config->protocol != CONFIG_WEBSOCKETS)
        return true;
    if (config->websockets_origin)
        read_origins(to, config->websockets_origin);
    to->site.pages = pages;
    to->site.page_count = pages_count;
    if (!config->http_dir)
        return true;
    to->site.directory =
        open(config->http_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (to->site.directory >= 0)
        return true;
    config_problem(problems, config->where, "http_dir %s: %s", config->http_dir,
                   strerror(errno));
    return false;
}

static void close_site(struct web_site *site)
{
    if (site->site.directory >= 0)
        close(site->site.directory);
    free(site->origins);
    free(site->names);
}

/* ---- all of them ---- */

static bool is_wanted(const struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++) {
        if (config->listeners[i].protocol == CONFIG_WEBSOCKETS)
            return true;
    }
    return false;
}

bool web_open(struct broker *broker, struct config_problems *problems)
{
    const struct config *config = broker->config;
    struct ws_settings settings = {
        .protocols = protocols,
        .headers_bytes = config->websockets_headers_size,
        .log_levels = config->websockets_log_level,
        .log = log_line,
        .log_owner = broker,
    };
    bool good = true;

    if (!is_wanted(config))
        return true;
    broker->web = alloc_zero(1, sizeof(*broker->web));
    broker->web->sites =
        alloc_zero(config->listener_count, sizeof(broker->web->sites[0]));
    for (size_t i = 0; i < config->listener_count; i++)
        good &=
            open_site(&broker->web->sites[i], &config->listeners[i], problems);
    broker->web->context = ws_context_new(broker->loop, &settings);
    if (!broker->web->context)
        config_problem(problems, NULL, "libwebsockets cannot be set up");
    return good && broker->web->context;
}

void web_close(struct broker *broker)
{
    if (!broker->web)
        return;
    ws_context_unref(broker->web->context);
    for (size_t i = 0; i < broker->config->listener_count; i++)
        close_site(&broker->web->sites[i]);
    free(broker->web->sites);
    free(broker->web);
    broker->web = NULL;
}

/* ---- connections ---- */

struct transport *web_accept(struct broker_listener *listener, int fd,
                             const struct sockaddr *peer, struct link *link)
{
    struct broker *broker = listener->broker;

    if (listener->config->protocol != CONFIG_WEBSOCKETS)
        return secure_accept(listener, fd, peer, link, &link_transport_events,
                             link);
    const struct web_site *site =
        &broker->web->sites[listener - broker->listeners];
    struct transport *ws = transport_ws_accept(
        broker->web->context, &site->site, &link_transport_events, link);
    struct transport *below =
        secure_accept(listener, fd, peer, link, &transport_ws_below, ws);
    if (!below) {
        transport_ws_discard(ws);
        return NULL;
    }
    transport_ws_carry(ws, below);
    return ws;
}

bool web_page_moves(const struct connection *connection)
{
    struct transport *transport = connection->link.transport;

    return transport && transport_is_ws(transport) &&
           transport_ws_page_moves(transport);
}

const char *web_reason(const struct connection *connection)
{
    const struct transport *transport = connection->link.transport;

    return transport && transport_is_ws(transport)
               ? transport_ws_reason(transport)
               : NULL;
}
