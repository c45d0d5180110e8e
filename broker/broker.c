#include "broker/broker.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"
#include "broker/access.h"
#include "broker/connection.h"
#include "broker/durable.h"
#include "broker/handle.h"
#include "broker/login.h"
#include "broker/message.h"
#include "broker/secure.h"
#include "broker/session.h"
#include "broker/sys_topics.h"
#include "broker/web.h"
#include "broker/will.h"
#include "net/address.h"
#include "wire/control.h"
#include "wire/gate.h"

/* ---- $SYS ---- */

static void publish_sys(void *context, const struct mqtt_publish *publish)
{
    broker_publish(context, publish);
}

/* Does somebody who is connected subscribe to this? */
static bool is_wanted(void *context, struct slice topic_name)
{
    struct broker *broker = context;
    size_t count;
    const struct subscription_match *matches =
        subscription_tree_match(broker->subscriptions, topic_name, &count);

    for (size_t i = 0; i < count; i++) {
        if (session_of(matches[i].subscriber)->connection)
            return true;
    }
    return false;
}

void broker_count(struct broker *broker)
{
    struct broker_counters *counters = &broker->counters;
    struct subscription_tree_stats stats =
        subscription_tree_stats(broker->subscriptions);
    size_t position = 0;
    const struct session *session;

    counters->heap_bytes = process_heap_bytes();
    if (counters->heap_bytes > counters->heap_maximum)
        counters->heap_maximum = counters->heap_bytes;
    counters->subscriptions = stats.subscriptions;
    counters->shared_subscriptions = stats.shared;
    counters->retained_messages = retained_store_count(broker->retained);
    counters->stored_messages = counters->retained_messages;
    counters->stored_bytes = retained_store_bytes(broker->retained);
    while ((session = session_store_next(&broker->sessions, &position))) {
        const struct outgoing_queue *queue = &session->outgoing;

        counters->stored_messages +=
            outgoing_queue_waiting(queue) + queue->inflight_count;
        counters->stored_bytes +=
            outgoing_queue_waiting_bytes(queue) + queue->inflight_bytes;
    }
}

static void gather(void *context)
{
    broker_count(context);
}

static void make_sys_topics(struct broker *broker)
{
    const struct sys_topics_host host = {
        .loop = broker->loop,
        .counters = &broker->counters,
        .interval_s = broker->config->sys_interval,
        .gather = gather,
        .publish = publish_sys,
        .is_wanted = is_wanted,
        .context = broker,
    };

    broker->sys_topics = sys_topics_new(&host);
    sys_topics_refresh(broker->sys_topics);
}

/* ---- life ---- */

static void on_stop_task(struct loop_task *task);

static void publish_records(struct loop_task *task)
{
    tap_publish(&LIST_ITEM(task, struct broker, tap_task)->tap);
}

static struct retained_limits retained_limits(const struct config *config)
{
    return (struct retained_limits){
        .messages = config->max_retained_messages,
        .bytes = config->max_retained_bytes,
        .max_levels = config->max_topic_levels,
    };
}

static void apply_reload(void *context)
{
    struct broker *broker = context;
    const struct retained_limits limits = retained_limits(broker->config);

    retained_store_limit(broker->retained, &limits);
    sys_topics_set_interval(broker->sys_topics, broker->config->sys_interval);
}

struct broker *broker_new(struct loop *loop, const struct config *config,
                          const struct log *log)
{
    struct broker *broker = alloc_zero(1, sizeof(*broker));
    const struct retained_limits limits = retained_limits(config);

    broker->loop = loop;
    broker->config = config;
    broker->log = log;
    broker->started_ms = clock_ms(&loop->clock);
    list_init(&broker->connections);
    broker->logins = login_queue_new();
    list_init(&broker->reload_hooks);
    broker->own_reload =
        (struct reload_hook){.apply = apply_reload, .context = broker};
    reload_add(broker, &broker->own_reload);
    broker->listeners =
        alloc_zero(config->listener_count, sizeof(broker->listeners[0]));
    for (size_t i = 0; i < config->listener_count; i++) {
        broker->listeners[i].broker = broker;
        broker->listeners[i].config = &config->listeners[i];
    }
    broker->turn_work = HANDLE_TURN_WORK;
    memory_watch_init(&broker->memory);
    loop_task_init(&broker->tap_task, publish_records);
    loop_task_init(&broker->stop_task, on_stop_task);
    session_prepare(broker);
    tap_init(&broker->tap, &loop->clock);
    broker->tap.show_passwords = config->show_passwords;
    broker->subscriptions =
        subscription_tree_new(config->max_topic_levels, &broker->work);
    broker->retained = retained_store_new(&limits);
    make_sys_topics(broker);
    return broker;
}

static void free_scripts(struct broker *broker)
{
    size_t position = 0;
    char *name;

    while ((name = map_next(&broker->scripts, &position)) != NULL)
        free(name);
    map_release(&broker->scripts);
}

void broker_free(struct broker *broker)
{
    if (!broker)
        return;
    loop_task_cancel(&broker->tap_task);
    loop_task_cancel(&broker->stop_task);
    durable_close(broker->durable);
    session_free_all(broker);
    sys_topics_free(broker->sys_topics);
    retained_store_free(broker->retained);
    subscription_tree_free(broker->subscriptions);
    router_release(&broker->router);
    buf_release(&broker->report.bytes);
    free_scripts(broker);
    access_stop(broker);
    login_queue_unref(broker->logins);
    web_close(broker);
    secure_close(broker);
    free(broker->listeners);
    gate_free(broker->tap.gate);
    tap_release(&broker->tap);
    free(broker);
}

uint32_t broker_max_packet_size(const struct broker *broker, uint32_t at_most)
{
    uint32_t max = broker->config->max_packet_size;

    return max && max < at_most ? max : at_most;
}

/* ---- connections come and go ---- */

static void report_refused(struct broker *broker, const char *peer,
                           const char *limit)
{
    log_notice(broker->log, "Client connection from %s denied: %s exceeded.",
               peer, limit);
    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, EVENT_LIMIT, slice_of(NULL, 0));
    report_printf(broker, RECORD_PEER, "%s", peer);
    report_printf(broker, RECORD_TEXT, "%s of the %s", limit,
                  strcmp(limit, "memory_limit") ? "listener" : "broker");
    report_end(broker, NULL, 0);
}

struct link *broker_connect(struct broker *broker, size_t listener)
{
    assert(listener < broker->config->listener_count);
    struct broker_listener *from = &broker->listeners[listener];
    int64_t max = from->config->max_connections;

    if (broker->stopping || (max >= 0 && from->connection_count >= max))
        return NULL;
    from->connection_count++;
    broker->connection_count++;
    broker->opening_count++;
    broker->counters.sockets_opened++;
    return &connection_new(broker, from)->link;
}

static bool shakes_hands(const struct broker_listener *listener)
{
    return listener->tls || listener->config->protocol == CONFIG_WEBSOCKETS;
}

static void accept_at(struct broker_listener *from, int fd,
                      const struct sockaddr *peer, socklen_t peer_len)
{
    struct broker *broker = from->broker;
    struct link *link = NULL;
    bool room = !shakes_hands(from) || memory_watch_admits(broker);

    if (room)
        link = broker_connect(broker, (size_t)(from - broker->listeners));
    if (!link) {
        char text[CONNECTION_ADDRESS_BYTES];

        address_print(peer, peer_len, text, sizeof(text));
        report_refused(broker, text, room ? "max_connections" : "memory_limit");
        close(fd);
        return;
    }
    if (!broker->config->set_tcp_nodelay) /* the listener has set it */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){0}, sizeof(int));
    link->transport = web_accept(from, fd, peer, link);
    if (!link->transport)
        connection_free(connection_of(link));
}

static void on_accept(struct listener *socket, int fd,
                      const struct sockaddr *peer, socklen_t peer_len)
{
    accept_at(LIST_ITEM(socket, struct broker_listener, socket), fd, peer,
              peer_len);
}

static void on_accept_6(struct listener *socket, int fd,
                        const struct sockaddr *peer, socklen_t peer_len)
{
    accept_at(LIST_ITEM(socket, struct broker_listener, socket_6), fd, peer,
              peer_len);
}

static void go_on_stopping(struct broker *broker)
{
    if (!broker->stopping || broker->connection_count || broker->open_count)
        return;
    if (!broker->durable || durable_finish(broker->durable, go_on_stopping))
        loop_at_end(broker->loop, &broker->stop_task);
}

void broker_forget(struct broker *broker, struct connection *connection)
{
    list_remove(&connection->node);
    connection->listener->connection_count--;
    broker->connection_count--;
    broker->opening_count -= !connection->opened;
    go_on_stopping(broker);
}

/* ---- listening ---- */

/* What a connection there is carried by, as its transport will say. */
static const char *transport_name(const struct broker_listener *listener)
{
    if (listener->config->protocol == CONFIG_WEBSOCKETS)
        return listener->tls ? "wss" : "ws";
    if (listener->tls)
        return "tls";
    return listener->config->path ? "unix" : "tcp";
}

void broker_report_listener(struct broker *broker,
                            const struct broker_listener *listener)
{
    report_begin(broker, EVENT_LISTENER, slice_of(NULL, 0));
    if (listener->config->path)
        report_printf(broker, RECORD_LOCAL, "%s", listener->config->path);
    else
        report_printf(broker, RECORD_LOCAL,
                      strchr(listener->config->host, ':') ? "[%s]:%u" : "%s:%u",
                      listener->config->host, (unsigned)listener->socket.port);
    report_put_number(broker, RECORD_NUMBER, listener->socket.port);
    report_printf(broker, RECORD_TRANSPORT, "%s", transport_name(listener));
    report_end(broker, NULL, 0);
}

static void on_listener_closed(struct listener *socket)
{
    struct broker_listener *listener =
        LIST_ITEM(socket, struct broker_listener, socket);

    listener->broker->open_count--;
    go_on_stopping(listener->broker);
}

/* A Unix socket, for our user and group: who else is let in is up to the folder
   that it lies in, and to whoever owns it. */
static int listen_at_path(struct broker *broker,
                          struct broker_listener *listener)
{
    const char *path = listener->config->path;
    int error =
        socket_listen_unix(broker->loop, &listener->socket, path, on_accept);

    if (!error && chmod(path, 0660)) {
        log_warning(broker->log, "listener 0 %s: only for its owner: %s", path,
                    strerror(errno));
    }
    return error;
}

static int listen_at(struct broker *broker, struct broker_listener *listener)
{
    static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
    const struct config_listener *config = listener->config;

    if (config->path)
        return listen_at_path(broker, listener);
    const struct socket_place place = {
        .host = config->host,
        .port = config->port,
        .family = families[config->socket_domain],
        .interface = config->bind_interface,
    };
    return socket_listen(broker->loop, &listener->socket, &place, on_accept);
}

static void on_listener_6_closed(struct listener *socket)
{
    struct broker_listener *listener =
        LIST_ITEM(socket, struct broker_listener, socket_6);

    listener->broker->open_count--;
    go_on_stopping(listener->broker);
}

static bool is_number(const char *host)
{
    struct in_addr address;

    return inet_pton(AF_INET, host, &address) == 1;
}

/*
 * "localhost" is ::1 as well, and so is a listener without a host: clients may
 * try only that one. There is no harm if there is no such address.
 */
static void listen_at_6(struct broker *broker, struct broker_listener *listener)
{
    const struct config_listener *config = listener->config;
    const struct socket_place place = {
        .host = config->loopback ? "::1" : config->host,
        .port = listener->socket.port,
        .family = AF_INET6,
    };

    if (listener->socket.family != AF_INET || config->bind_interface ||
        config->socket_domain != CONFIG_ANY_DOMAIN ||
        (is_number(config->host) && !config->loopback))
        return;
    int error =
        socket_listen(broker->loop, &listener->socket_6, &place, on_accept_6);
    if (error == -EADDRINUSE)
        log_notice(broker->log,
                   "Port %u of %s is taken by another program for IPv6.",
                   (unsigned)place.port, place.host);
    if (error)
        return;
    listener->socket_6.on_closed = on_listener_6_closed;
    listener->open_6 = true;
    broker->open_count++;
    log_info(broker->log, "Opening ipv6 listen socket on port %u.",
             (unsigned)listener->socket_6.port);
}

static void log_listener(const struct broker *broker,
                         const struct broker_listener *listener)
{
    const struct config_listener *config = listener->config;

    if (config->path)
        log_info(broker->log, "Opening unix listen socket on path %s.",
                 config->path);
    else if (config->protocol == CONFIG_WEBSOCKETS)
        log_info(broker->log, "Opening websockets listen socket on port %u.",
                 (unsigned)listener->socket.port);
    else
        log_info(broker->log, "Opening %s listen socket on port %u.",
                 listener->socket.family == AF_INET6 ? "ipv6" : "ipv4",
                 (unsigned)listener->socket.port);
}

int broker_listen(struct broker *broker, size_t index)
{
    struct broker_listener *listener = &broker->listeners[index];

    assert(index < broker->config->listener_count && !listener->open);
    int error = listen_at(broker, listener);

    if (error)
        return error;
    listener->socket.on_closed = on_listener_closed;
    listener->open = true;
    broker->open_count++;
    log_listener(broker, listener);
    listen_at_6(broker, listener);
    if (tap_on(&broker->tap))
        broker_report_listener(broker, listener);
    return 0;
}

uint16_t broker_port(const struct broker *broker, size_t index)
{
    return index < broker->config->listener_count &&
                   broker->listeners[index].open
               ? broker->listeners[index].socket.port
               : 0;
}

/* ---- the end ---- */

static void on_stop_task(struct loop_task *task)
{
    struct broker *broker = LIST_ITEM(task, struct broker, stop_task);

    if (broker->on_stopped)
        broker->on_stopped(broker);
}

static void close_listener(struct broker_listener *listener)
{
    if (listener->config->path)
        unlink(listener->config->path);
    socket_listener_close(&listener->socket);
    if (listener->open_6)
        socket_listener_close(&listener->socket_6);
    listener->open_6 = false;
}

/* The last record: who watches goes with the control sockets. */
static void report_stopped(struct broker *broker)
{
    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, EVENT_BROKER_STOPPED, slice_of(NULL, 0));
    report_end(broker, NULL, 0);
    tap_publish(&broker->tap);
}

void broker_stop(struct broker *broker, void (*on_stopped)(struct broker *),
                 void *owner)
{
    if (broker->stopping)
        return;
    broker->stopping = true;
    broker->on_stopped = on_stopped;
    broker->owner = owner;
    for (size_t i = 0; i < broker->config->listener_count; i++) {
        if (broker->listeners[i].open)
            close_listener(&broker->listeners[i]);
        broker->listeners[i].open = false;
    }
    LIST_FOREACH_SAFE (node, &broker->connections) {
        connection_end(LIST_ITEM(node, struct connection, node),
                       &(struct connection_ending){.why = END_STOPPED});
    }
    report_stopped(broker);
    control_close(broker->control);
    broker->control = NULL;
    go_on_stopping(broker);
}

/* ---- on the broker's own behalf ---- */

size_t broker_publish(struct broker *broker, const struct mqtt_publish *publish)
{
    struct routing routing = {
        .publish = *publish,
        .version = MQTT_5,
    };

    return router_publish(broker, &routing);
}

/* Messages to be cleared; the store must not change while it is visited. */
struct found {
    struct found *next;
    struct message *message; /* one reference */
};

static bool collect(void *context, struct message *message)
{
    struct found **list = context;
    struct found *found = alloc_bytes(sizeof(*found));

    *found = (struct found){.next = *list, .message = message_ref(message)};
    *list = found;
    return true;
}

static void clear_retained(struct broker *broker, struct message *message)
{
    retained_store_clear(broker->retained, message_topic(message));
    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, EVENT_RETAINED_CLEARED, slice_of(NULL, 0));
    report_put(broker, RECORD_TOPIC, message_topic(message));
    report_printf(broker, RECORD_TEXT, "cleared by an administrator");
    report_end(broker, NULL, 0);
}

size_t broker_clear_retained(struct broker *broker, struct slice topic_filter)
{
    struct found *list = NULL;
    size_t count = 0;

    retained_store_visit(broker->retained, topic_filter,
                         clock_ms(&broker->loop->clock), collect, &list);
    while (list) {
        struct found *found = list;

        list = found->next;
        clear_retained(broker, found->message);
        message_unref(found->message);
        free(found);
        count++;
    }
    return count;
}

static void reset_session(struct broker *broker, struct session *session)
{
    if (session->connection) {
        session_drop_messages(broker, session);
        return;
    }
    /* A will of the time before would disturb what comes after. */
    if (session->will)
        will_cancel(broker, session, "the broker was reset", 0);
    session_end(broker, session, "the broker was reset", 0);
}

void broker_reset(struct broker *broker)
{
    size_t count = session_store_count(&broker->sessions);
    struct session **sessions = session_store_list(&broker->sessions);

    broker_clear_retained(broker, slice_of_string("#"));
    for (size_t i = 0; i < count; i++)
        reset_session(broker, sessions[i]);
    free(sessions);
}
