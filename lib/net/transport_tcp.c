#include "net/transport_tcp.h"

#include "base/alloc.h"
#include "net/address.h"
#include "net/sender.h"
#include "net/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* socket_prepare has set SO_NOSIGPIPE instead */
#endif

/* A connection that has more than the scratch memory holds is read so often
   before the others get their turn. */
#define READS_PER_TURN 4

/* After an own close the peer has so long to take what was sent last. */
#define LINGER_MS 1000

/* A connection that is closed, but not yet its descriptor. */
struct tcp_linger {
    struct timer timer;
    struct tcp *tcp;
};

struct tcp {
    struct transport transport;
    struct loop_fd watch;
    struct loop_task task;     /* on_open, or on_end after a failed write */
    struct tcp_linger *linger; /* owned; NULL: it does not linger */
    int error;                 /* of a write: on_end reports it */
    bool opened : 1;           /* on_open was called */
    bool paused : 1;           /* the owner wants no bytes */
    bool blocked : 1;          /* a write was cut short */
    bool ended : 1;            /* on_end was called, or the peer is gone */
    bool closing : 1;          /* transport_close was called */
};

/* Thousands of idle connections are little more than this and the link. */
_Static_assert(sizeof(struct tcp) <= 104, "a TCP connection is small");

static void want(struct tcp *tcp)
{
    bool readable = tcp->opened && !tcp->paused && !tcp->ended;
    bool writable = !tcp->opened || (tcp->blocked && !tcp->error);

    if (tcp->closing) {
        readable = tcp->linger != NULL;
        writable = false;
    }
    loop_fd_want(&tcp->watch, readable, writable);
}

static void end(struct tcp *tcp, int error)
{
    if (tcp->ended)
        return;
    tcp->ended = true;
    want(tcp);
    tcp->transport.events->on_end(tcp->transport.owner, error);
}

/* ---- reading ---- */

/* Read once; false when there is nothing more to read. */
static bool read_once(struct tcp *tcp)
{
    uint8_t *scratch = tcp->watch.loop->scratch;
    ssize_t len = recv(tcp->watch.fd, scratch, LOOP_SCRATCH_BYTES, 0);

    if (len > 0) {
        tcp->transport.events->on_bytes(tcp->transport.owner,
                                        slice_of(scratch, (size_t)len));
        return len == LOOP_SCRATCH_BYTES;
    }
    if (len == 0)
        end(tcp, tcp->error);
    else if (errno == EINTR)
        return true;
    else if (errno != EAGAIN && errno != EWOULDBLOCK)
        end(tcp, tcp->error ? tcp->error : -errno);
    return false;
}

static void read_some(struct tcp *tcp)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        if (tcp->paused || tcp->ended || tcp->closing || !read_once(tcp))
            return;
    }
}

/* ---- opening ---- */

static void open_now(struct tcp *tcp)
{
    tcp->opened = true;
    tcp->transport.events->on_open(tcp->transport.owner);
    if (!tcp->closing)
        want(tcp);
}

static void finish_connecting(struct tcp *tcp)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(tcp->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len))
        error = errno;
    if (!error) {
        open_now(tcp);
        return;
    }
    tcp->opened = true;
    end(tcp, -error);
}

static void on_task(struct loop_task *task)
{
    struct tcp *tcp = LIST_ITEM(task, struct tcp, task);

    if (!tcp->opened) {
        open_now(tcp);
        return;
    }
    /* What the peer sent before it went is still to be read. */
    read_some(tcp);
    if (!tcp->closing)
        end(tcp, tcp->error);
}

/* ---- closing ---- */

static void on_fd_closed(struct loop_fd *watch)
{
    struct tcp *tcp = LIST_ITEM(watch, struct tcp, watch);

    close(watch->fd);
    tcp->transport.events->on_closed(tcp->transport.owner);
    free(tcp);
}

static void close_now(struct tcp *tcp)
{
    if (tcp->linger)
        timer_cancel(&tcp->linger->timer);
    free(tcp->linger);
    tcp->linger = NULL;
    loop_fd_close(&tcp->watch, on_fd_closed);
}

static void on_linger(struct timer *timer)
{
    close_now(LIST_ITEM(timer, struct tcp_linger, timer)->tcp);
}

static void begin_to_linger(struct tcp *tcp)
{
    tcp->linger = alloc_bytes(sizeof(*tcp->linger));
    tcp->linger->tcp = tcp;
    timer_init(&tcp->linger->timer, on_linger);
    timer_set(tcp->watch.loop, &tcp->linger->timer, LINGER_MS);
    want(tcp);
}

/* Throw away what the peer has sent; false when no more will come. */
static bool discard(struct tcp *tcp)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t len = recv(tcp->watch.fd, tcp->watch.loop->scratch,
                           LOOP_SCRATCH_BYTES, 0);

        if (len < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        if (len == 0)
            return false;
    }
    return true;
}

/*
 * To close a socket that has unread bytes resets the connection, and the reset
 * can overtake what was sent last, which is the reason for the close. So such
 * a peer gets the end of the stream and a moment to see it.
 */
static bool must_linger(struct tcp *tcp)
{
    uint8_t byte;

    if (!tcp->opened || tcp->ended || tcp->error)
        return false;
    if (recv(tcp->watch.fd, &byte, 1, MSG_PEEK) <= 0)
        return false;
    return !shutdown(tcp->watch.fd, SHUT_WR);
}

static void tcp_close(struct transport *transport, bool abort)
{
    struct tcp *tcp = (struct tcp *)transport;

    if (tcp->closing)
        return;
    tcp->closing = true;
    loop_task_cancel(&tcp->task);
    if (!abort && must_linger(tcp)) {
        begin_to_linger(tcp);
        return;
    }
    if (abort) {
        struct linger reset = {.l_onoff = 1, .l_linger = 0};

        setsockopt(tcp->watch.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }
    close_now(tcp);
}

/* ---- the rest ---- */

static void on_ready(struct loop_fd *watch, bool readable, bool writable)
{
    struct tcp *tcp = LIST_ITEM(watch, struct tcp, watch);

    if (tcp->linger) {
        if (!discard(tcp))
            close_now(tcp);
        return;
    }
    if (!tcp->opened) {
        finish_connecting(tcp);
        return;
    }
    if (writable && tcp->blocked) {
        tcp->blocked = false;
        tcp->transport.events->on_writable(tcp->transport.owner);
        if (tcp->closing)
            return;
        want(tcp);
    }
    if (readable)
        read_some(tcp);
}

/* Returns bytes taken or a negative errno. */
static ssize_t send_parts(int fd, const struct iovec *parts, int count)
{
    struct msghdr message = {
        .msg_iov = (struct iovec *)(uintptr_t)parts,
        .msg_iovlen = (size_t)count,
    };
    ssize_t len;

    if (count == 1)
        return sender_send_one(fd, parts[0].iov_base, parts[0].iov_len);
    do
        len = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (len < 0 && errno == EINTR);
    return len < 0 ? -errno : len;
}

static int tcp_socket(struct transport *transport)
{
    struct tcp *tcp = (struct tcp *)transport;

    return tcp->opened && !tcp->error ? tcp->watch.fd : -1;
}

static ssize_t tcp_sent(struct transport *transport, ssize_t result, size_t len)
{
    struct tcp *tcp = (struct tcp *)transport;

    if (result < 0 && result != -EAGAIN && result != -EWOULDBLOCK) {
        tcp->error = (int)result;
        want(tcp);
        loop_at_start(tcp->watch.loop, &tcp->task);
        return result;
    }
    if (result < 0)
        result = 0;
    if ((size_t)result < len) {
        tcp->blocked = true;
        want(tcp);
    }
    return result;
}

static ssize_t tcp_writev(struct transport *transport,
                          const struct iovec *parts, int count)
{
    struct tcp *tcp = (struct tcp *)transport;
    ssize_t len = 0;

    if (tcp->error)
        return tcp->error;
    if (tcp->opened)
        len = send_parts(tcp->watch.fd, parts, count);
    return tcp_sent(transport, len, transport_total(parts, count));
}

static void tcp_pause(struct transport *transport, bool pause)
{
    struct tcp *tcp = (struct tcp *)transport;

    tcp->paused = pause;
    if (!tcp->closing)
        want(tcp);
}

static void tcp_finish(struct transport *transport)
{
    struct tcp *tcp = (struct tcp *)transport;

    if (tcp->opened && !tcp->error)
        shutdown(tcp->watch.fd, SHUT_WR);
}

static void tcp_peer(struct transport *transport, char *text, size_t size)
{
    struct tcp *tcp = (struct tcp *)transport;
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(name);

    if (getpeername(tcp->watch.fd, (struct sockaddr *)&name, &len))
        len = 0;
    address_print((struct sockaddr *)&name, len, text, size);
}

static void tcp_local(struct transport *transport, char *text, size_t size)
{
    struct tcp *tcp = (struct tcp *)transport;
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(name);

    if (getsockname(tcp->watch.fd, (struct sockaddr *)&name, &len))
        len = 0;
    address_print((struct sockaddr *)&name, len, text, size);
}

static const struct transport_ops ops = {
    .name = "tcp",
    .writev = tcp_writev,
    .socket = tcp_socket,
    .sent = tcp_sent,
    .pause = tcp_pause,
    .finish = tcp_finish,
    .close = tcp_close,
    .peer = tcp_peer,
    .local = tcp_local,
};

static const struct transport_ops unix_ops = {
    .name = "unix",
    .writev = tcp_writev,
    .socket = tcp_socket,
    .sent = tcp_sent,
    .pause = tcp_pause,
    .finish = tcp_finish,
    .close = tcp_close,
    .peer = tcp_peer,
    .local = tcp_local,
};

static bool is_unix(int fd)
{
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(name);

    return !getsockname(fd, (struct sockaddr *)&name, &len) &&
           name.ss_family == AF_UNIX;
}

static struct tcp *new_tcp(struct loop *loop, int fd,
                           const struct transport_events *events, void *owner)
{
    struct tcp *tcp = alloc_zero(1, sizeof(*tcp));

    if (loop_fd_open(loop, &tcp->watch, fd, on_ready)) {
        close(fd);
        free(tcp);
        return NULL;
    }
    tcp->transport.ops = &ops;
    tcp->transport.events = events;
    tcp->transport.owner = owner;
    loop_task_init(&tcp->task, on_task);
    return tcp;
}

struct transport *transport_tcp_new(struct loop *loop, int fd, bool connecting,
                                    const struct transport_events *events,
                                    void *owner)
{
    struct tcp *tcp = new_tcp(loop, fd, events, owner);

    if (!tcp)
        return NULL;
    if (is_unix(fd))
        tcp->transport.ops = &unix_ops;
    if (connecting)
        want(tcp);
    else
        loop_at_start(loop, &tcp->task);
    return &tcp->transport;
}

struct transport *transport_tcp_accept(struct loop *loop, int fd,
                                       const struct sockaddr *peer,
                                       const struct transport_events *events,
                                       void *owner)
{
    struct tcp *tcp = new_tcp(loop, fd, events, owner);

    if (!tcp)
        return NULL;
    if (peer->sa_family == AF_UNIX)
        tcp->transport.ops = &unix_ops;
    loop_at_end(loop, &tcp->task);
    return &tcp->transport;
}
