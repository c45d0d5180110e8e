#include "inspect/inspect_proxy.h"

#include "inspect/inspect_pair.h"
#include "net/address.h"
#include "net/socket.h"
#include "net/timer.h"
#include "net/tls_settings.h"
#include "wire/control.h"
#include "wire/tap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MAX_LISTENERS 2 /* 127.0.0.1 and ::1 */
#define AGAIN_MS      50

struct proxy;

struct proxy_listener {
    struct listener socket;
    struct proxy *proxy;
    bool open;
};

struct proxy {
    const struct inspect_proxy_options *options;
    struct loop loop;
    struct inspect_pairs pairs;
    struct capture *capture;
    struct address upstream;
    struct address address;   /* to listen at */
    struct capture_port port; /* that clients come to */
    struct tap tap;
    struct control *control;
    struct proxy_listener listeners[MAX_LISTENERS];
    struct loop_signal signals[2];
    struct loop_task end_task; /* what came is published and printed */
    struct timer again;        /* the printing goes on */
    bool ended;
    uint64_t packets;
};

static int complain(const char *what, const char *error)
{
    fprintf(stderr, "mqttlab: inspect: %s: %s\n", what, error);
    return 1;
}

/* ---- rows ---- */

static void print(struct proxy *proxy)
{
    if (!proxy->options->on_turn(proxy->options->capture.context) &&
        !proxy->ended)
        timer_set(&proxy->loop, &proxy->again, AGAIN_MS);
}

static void on_again(struct timer *timer)
{
    print(LIST_ITEM(timer, struct proxy, again));
}

static void on_end_of_turn(struct loop_task *task)
{
    struct proxy *proxy = LIST_ITEM(task, struct proxy, end_task);

    tap_publish(&proxy->tap);
    print(proxy);
}

/* For the tap, and for who has started the proxy. */
static void on_row(void *context, const struct capture_row *from)
{
    struct proxy *proxy = context;
    struct capture_row row = *from;

    if (tap_on(&proxy->tap))
        tap_write(&proxy->tap, &from->record);
    if (row.record.flags & RECORD_SNAPSHOT)
        return; /* nothing has passed */
    row.frame = 0;
    if (row.record.type == RECORD_MQTT)
        row.frame = ++proxy->packets;
    proxy->options->capture.on_row(proxy->options->capture.context, &row);
    loop_at_end(&proxy->loop, &proxy->end_task);
}

/* ---- who watches ---- */

/* The connections that are open already. */
static void on_attach(void *owner)
{
    struct proxy *proxy = owner;

    LIST_FOREACH (node, &proxy->pairs.open)
        capture_live_snapshot(
            proxy->capture,
            LIST_ITEM(node, struct inspect_pair, in_open)->stream);
    tap_publish(&proxy->tap);
}

static bool handle(void *owner, const char *cmd, json_t *request,
                   json_t *answer)
{
    const struct proxy *proxy = owner;

    (void)request;
    if (!strcmp(cmd, "status")) {
        json_object_set_new(answer, "version", json_string(MQTTLAB_VERSION));
        json_object_set_new(answer, "upstream",
                            json_string(proxy->options->upstream));
        json_object_set_new(answer, "watchers",
                            json_integer(proxy->tap.readers));
        return true;
    }
    json_object_set_new(
        answer, "error",
        json_string("this is a proxy: it can only show what passes"));
    return false;
}

/* ---- listening ---- */

static void on_accept(struct listener *socket, int fd,
                      const struct sockaddr *peer, socklen_t peer_len)
{
    const struct proxy_listener *listener =
        LIST_ITEM(socket, struct proxy_listener, socket);

    (void)peer_len;
    inspect_pair_accept(&listener->proxy->pairs, fd, peer);
}

/* "1884", "host:1884" or "[::1]:1884". Without a host: this machine only. */
static int parse_listen(struct proxy *proxy, bool *has_host)
{
    const char *text = proxy->options->listen;
    char all[300];
    char error[300];

    *has_host = strspn(text, "0123456789") != strlen(text);
    snprintf(all, sizeof(all), "%s%s", *has_host ? "" : "127.0.0.1:", text);
    if (address_parse(&proxy->address, all, error, sizeof(error)))
        return complain("--listen", error);
    return 0;
}

static int listen_at(struct proxy *proxy, size_t i, const char *host,
                     uint16_t port)
{
    struct proxy_listener *listener = &proxy->listeners[i];
    struct socket_place place = {.host = host, .port = port};
    int error =
        socket_listen(&proxy->loop, &listener->socket, &place, on_accept);

    listener->proxy = proxy;
    listener->open = !error;
    return error;
}

static int listen_all(struct proxy *proxy)
{
    bool has_host = false;
    int error;

    if (parse_listen(proxy, &has_host))
        return 1;
    error = listen_at(proxy, 0, proxy->address.host, proxy->address.port);
    if (error)
        return complain(proxy->options->listen,
                        error == -EADDRINUSE
                            ? "this port is taken; take another, or 0 for any"
                            : strerror(-error));
    uint16_t port = proxy->listeners[0].socket.port;
    if (!has_host) /* some machines have no IPv6 */
        listen_at(proxy, 1, "::1", port);
    proxy->port = (struct capture_port){port, CAPTURE_MQTT};
    fprintf(stderr, "mqttlab: inspect: port %u is passed on to %s\n", port,
            proxy->options->upstream);
    return 0;
}

/* ---- TLS ---- */

static void say(void *owner, bool error, const char *text)
{
    (void)owner;
    fprintf(stderr, "mqttlab: inspect: %s%s\n", error ? "" : "warning: ", text);
}

static int set_up_tls(struct proxy *proxy)
{
    const struct inspect_proxy_options *options = proxy->options;
    struct tls_complaint complaint = {say, NULL};
    bool tls = proxy->upstream.scheme == ADDRESS_MQTTS ||
               proxy->upstream.scheme == ADDRESS_WSS;

    if (options->certfile) {
        struct tls_settings settings = {.certfile = options->certfile,
                                        .keyfile = options->keyfile};

        proxy->pairs.server_tls =
            tls_settings_server(&proxy->loop, &settings, &complaint);
        if (!proxy->pairs.server_tls)
            return 1;
    }
    if (tls) {
        struct tls_settings settings = {.cafile = options->cafile,
                                        .os_certs = !options->cafile,
                                        .insecure = options->insecure};

        proxy->pairs.client_tls =
            tls_settings_client(&proxy->loop, &settings, &complaint);
        if (!proxy->pairs.client_tls)
            return 1;
    }
    return 0;
}

/* ---- the whole ---- */

static void on_signal(struct loop_signal *signal)
{
    loop_stop(LIST_ITEM(signal->signal.loop, struct loop, uv));
}

/* Without it nobody else can watch, and the proxy does its work all the
   same. */
static void open_control(struct proxy *proxy)
{
    struct control_options options = {
        .tap = &proxy->tap,
        .port = proxy->listeners[0].socket.port,
        .owner = proxy,
        .on_attach = on_attach,
        .handler = handle,
    };
    int error = control_open(&proxy->control, &proxy->loop, &options);
    char text[300];

    if (!error)
        return;
    control_explain(error, text, sizeof(text));
    complain("no dashboard will find this proxy", text);
}

static int start(struct proxy *proxy)
{
    struct capture_options options = proxy->options->capture;
    char error[300];

    if (address_parse(&proxy->upstream, proxy->options->upstream, error,
                      sizeof(error)))
        return complain("--upstream", error);
    options.on_row = on_row;
    options.context = proxy;
    options.ports = &proxy->port;
    options.port_count = 1;
    proxy->capture = capture_live_new(&options);
    proxy->pairs.capture = proxy->capture;
    proxy->pairs.host = proxy->upstream.host;
    proxy->pairs.port = proxy->upstream.port;
    if (set_up_tls(proxy) || listen_all(proxy))
        return 1;
    open_control(proxy);
    loop_signal_open(&proxy->loop, &proxy->signals[0], SIGINT, on_signal);
    loop_signal_open(&proxy->loop, &proxy->signals[1], SIGTERM, on_signal);
    loop_run(&proxy->loop);
    loop_signal_close(&proxy->signals[0]);
    loop_signal_close(&proxy->signals[1]);
    return 0;
}

static void stop(struct proxy *proxy)
{
    proxy->ended = true;
    timer_cancel(&proxy->again);
    for (size_t i = 0; i < MAX_LISTENERS; i++) {
        if (proxy->listeners[i].open)
            socket_listener_close(&proxy->listeners[i].socket);
    }
    inspect_pair_close_all(&proxy->pairs);
    control_close(proxy->control);
    loop_run(&proxy->loop); /* until the last of it is gone */
    tls_context_unref(proxy->pairs.server_tls);
    tls_context_unref(proxy->pairs.client_tls);
    capture_free(proxy->capture);
    tap_release(&proxy->tap);
}

int inspect_proxy_run(const struct inspect_proxy_options *options)
{
    struct proxy proxy = {.options = options};
    int code = loop_init(&proxy.loop);

    if (code)
        return complain("the loop", strerror(-code));
    list_init(&proxy.pairs.open);
    proxy.pairs.loop = &proxy.loop;
    tap_init(&proxy.tap, &proxy.loop.clock);
    loop_task_init(&proxy.end_task, on_end_of_turn);
    timer_init(&proxy.again, on_again);
    code = start(&proxy);
    stop(&proxy);
    loop_release(&proxy.loop);
    return code;
}
