#include "wire/control.h"

#include "base/alloc.h"
#include "net/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* socket_prepare has set SO_NOSIGPIPE instead */
#endif

/* A longer request ends its connection; so do answers that nobody takes. */
#define MAX_REQUEST_BYTES 65536
#define MAX_UNREAD_BYTES  (16u << 20)

struct control {
    struct control_options options;
    struct loop *loop;
    struct listener listener;
    struct list connections; /* struct connection */
    unsigned open;           /* listener and connections not yet closed */
    uint64_t last_peer;
    uint64_t peer; /* whose request is being handled */
    char path[256];
};

struct connection {
    struct list node;
    struct control *control;
    uint64_t peer;
    struct loop_fd watch;
    struct buf in;  /* a line whose end has not come */
    struct buf out; /* answers that were not yet written */
    size_t fd_at;   /* before this byte of out the tap's descriptor goes */
    bool sends_fd;
    bool attached;
    bool finishing; /* close when out is written */
    bool closing;
};

/* ---- life of a connection ---- */

static void one_closed(struct control *control)
{
    if (--control->open == 0)
        free(control);
}

static void on_connection_closed(struct loop_fd *watch)
{
    struct connection *connection = LIST_ITEM(watch, struct connection, watch);
    struct control *control = connection->control;

    close(watch->fd);
    free(connection);
    one_closed(control);
}

static void detach(struct connection *connection)
{
    if (connection->attached)
        tap_detach(connection->control->options.tap);
    connection->attached = false;
    connection->sends_fd = false;
}

static void drop(struct connection *connection)
{
    if (connection->closing)
        return;
    const struct control_options *options = &connection->control->options;

    connection->closing = true;
    if (options->on_end)
        options->on_end(options->owner, connection->peer);
    detach(connection);
    buf_release(&connection->in);
    buf_release(&connection->out);
    list_remove(&connection->node);
    loop_fd_close(&connection->watch, on_connection_closed);
}

/* ---- writing ---- */

/* Send bytes, the first of them with the tap's descriptor. */
static ssize_t send_with_fd(int to, struct slice bytes, int fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } space = {.bytes = {0}};
    struct iovec part = {
        .iov_base = (void *)(uintptr_t)bytes.bytes,
        .iov_len = bytes.len,
    };
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = space.bytes,
        .msg_controllen = sizeof(space.bytes),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    return sendmsg(to, &message, MSG_NOSIGNAL);
}

static ssize_t write_some(struct connection *connection)
{
    struct slice out = buf_slice(&connection->out);
    ssize_t len;

    if (connection->sends_fd && connection->fd_at == 0) {
        len = send_with_fd(connection->watch.fd, out,
                           connection->control->options.tap->ring_fd);
        if (len > 0)
            connection->sends_fd = false;
        return len;
    }
    if (connection->sends_fd)
        out = slice_first(out, connection->fd_at);
    len = send(connection->watch.fd, out.bytes, out.len, MSG_NOSIGNAL);
    if (len > 0 && connection->sends_fd)
        connection->fd_at -= (size_t)len;
    return len;
}

static void flush(struct connection *connection)
{
    while (connection->out.len) {
        ssize_t len = write_some(connection);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (len < 0) {
            drop(connection);
            return;
        }
        buf_consume(&connection->out, (size_t)len);
    }
    if (connection->out.len > MAX_UNREAD_BYTES ||
        (connection->finishing && !connection->out.len)) {
        drop(connection);
        return;
    }
    if (!connection->out.len)
        buf_release(&connection->out);
    loop_fd_want(&connection->watch, !connection->finishing,
                 connection->out.len > 0);
}

/* ---- requests ---- */

static bool fail(json_t *answer, const char *why)
{
    json_object_set_new(answer, "error", json_string(why));
    return false;
}

static bool attach(struct connection *connection, json_t *answer)
{
    const struct control_options *options = &connection->control->options;

    if (connection->attached)
        return fail(answer, "already attached");
    int fd = tap_attach(options->tap);
    if (fd < 0)
        return fail(answer, strerror(-fd));
    connection->attached = true;
    connection->sends_fd = true;
    connection->fd_at = connection->out.len;
    if (options->on_attach)
        options->on_attach(options->owner);
    tap_publish(options->tap);
    return true;
}

/* Do what is asked; false when the bytes are no request at all. */
static bool execute(struct connection *connection, struct slice line,
                    json_t *answer)
{
    const struct control_options *options = &connection->control->options;
    json_t *request = json_loadb((const char *)line.bytes, line.len, 0, NULL);
    const char *cmd = json_string_value(json_object_get(request, "cmd"));
    bool understood = cmd;
    bool ok = false;

    if (!request)
        fail(answer, "a request is one line of JSON");
    else if (!cmd)
        fail(answer, "a request is an object with a string \"cmd\"");
    else if (!strcmp(cmd, "attach"))
        ok = attach(connection, answer);
    else if (!strcmp(cmd, "detach") && !connection->attached)
        fail(answer, "not attached");
    else if (!strcmp(cmd, "detach")) {
        detach(connection);
        ok = true;
    } else if (options->handler)
        ok = options->handler(options->owner, cmd, request, answer);
    else
        fail(answer, "unknown command");
    json_object_set_new(answer, "ok", json_boolean(ok));
    if (!ok && !json_object_get(answer, "error"))
        fail(answer, "it did not work");
    json_decref(request);
    return understood;
}

static void answer_line(struct connection *connection, struct slice line)
{
    json_t *answer = json_object();

    connection->control->peer = connection->peer;
    connection->finishing = !execute(connection, line, answer);
    char *text = json_dumps(answer, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(answer);
    if (connection->closing) { /* the handler closed everything */
        free(text);
        return;
    }
    if (text)
        buf_append_string(&connection->out, text);
    else /* the handler put something in that is not UTF-8 */
        buf_append_string(&connection->out,
                          "{\"ok\":false,\"error\":\"no answer\"}");
    buf_append_u8(&connection->out, '\n');
    free(text);
}

static void take_lines(struct connection *connection)
{
    struct slice rest = buf_slice(&connection->in);

    while (rest.len && !connection->finishing) {
        const uint8_t *end = memchr(rest.bytes, '\n', rest.len);

        if (!end)
            break;
        size_t len = (size_t)(end - rest.bytes);
        if (len > MAX_REQUEST_BYTES || connection->out.len > MAX_UNREAD_BYTES) {
            drop(connection);
            return;
        }
        answer_line(connection, slice_first(rest, len));
        if (connection->closing)
            return;
        rest = slice_skip(rest, len + 1);
    }
    buf_consume(&connection->in, connection->in.len - rest.len);
    if (!connection->in.len)
        buf_release(&connection->in);
}

static void read_some(struct connection *connection)
{
    struct loop *loop = connection->control->loop;
    ssize_t len =
        recv(connection->watch.fd, loop->scratch, LOOP_SCRATCH_BYTES, 0);

    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (len <= 0) {
        drop(connection);
        return;
    }
    buf_append(&connection->in, loop->scratch, (size_t)len);
    take_lines(connection);
    if (connection->closing)
        return;
    if (connection->in.len > MAX_REQUEST_BYTES) {
        drop(connection);
        return;
    }
    flush(connection);
}

static void on_ready(struct loop_fd *watch, bool readable, bool writable)
{
    struct connection *connection = LIST_ITEM(watch, struct connection, watch);

    if (writable)
        flush(connection);
    if (readable && !connection->closing)
        read_some(connection);
}

/* ---- the listener ---- */

static void on_accept(struct listener *listener, int fd,
                      const struct sockaddr *peer, socklen_t peer_len)
{
    struct control *control = LIST_ITEM(listener, struct control, listener);
    struct connection *connection = alloc_zero(1, sizeof(*connection));

    (void)peer;
    (void)peer_len;
    connection->control = control;
    connection->peer = ++control->last_peer;
    if (loop_fd_open(control->loop, &connection->watch, fd, on_ready)) {
        close(fd);
        free(connection);
        return;
    }
    list_append(&control->connections, &connection->node);
    control->open++;
}

static void on_listener_closed(struct listener *listener)
{
    one_closed(LIST_ITEM(listener, struct control, listener));
}

/* Who looks for brokers takes a socket that does not listen yet for one of a
   dead broker, and removes it: it gets its name when it listens. */
static int give_name(struct control *control, const char *unfinished)
{
    int error;

    if (!rename(unfinished, control->path))
        return 0;
    error = -errno;
    unlink(unfinished);
    socket_listener_close(&control->listener);
    return error;
}

int control_open(struct control **control, struct loop *loop,
                 const struct control_options *options)
{
    struct control *new = alloc_zero(1, sizeof(*new));
    char unfinished[sizeof(new->path) + 4];
    char directory[200];
    int error = control_directory(directory, sizeof(directory));

    *control = NULL;
    if (!error) {
        snprintf(new->path, sizeof(new->path), "%s/%ld-%u.sock", directory,
                 (long)getpid(), options->port);
        snprintf(unfinished, sizeof(unfinished), "%s.new", new->path);
        error = socket_listen_unix(loop, &new->listener, unfinished, on_accept);
    }
    if (error) {
        free(new);
        return error;
    }
    new->listener.on_closed = on_listener_closed;
    new->options = *options;
    new->loop = loop;
    new->open = 1;
    list_init(&new->connections);
    error = give_name(new, unfinished);
    if (!error)
        *control = new;
    return error;
}

uint64_t control_peer(const struct control *control)
{
    return control ? control->peer : 0;
}

void control_close(struct control *control)
{
    if (!control)
        return;
    unlink(control->path);
    while (!list_empty(&control->connections))
        drop(LIST_ITEM(control->connections.next, struct connection, node));
    socket_listener_close(&control->listener);
}
