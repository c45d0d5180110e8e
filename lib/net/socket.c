#define _GNU_SOURCE /* accept4 */

#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define BACKLOG          4096
#define RETRY_MS         100

/* ---- one descriptor ---- */

static bool is_tcp(int fd)
{
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(name);

    return !getsockname(fd, (struct sockaddr *)&name, &len) &&
           (name.ss_family == AF_INET || name.ss_family == AF_INET6);
}

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

int socket_prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ||
        fcntl(fd, F_SETFD, FD_CLOEXEC))
        return -errno;
#ifdef SO_NOSIGPIPE
    set(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
    return is_tcp(fd) ? set(fd, IPPROTO_TCP, TCP_NODELAY, 1) : 0;
}

static int new_socket(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd < 0)
        return -errno;
    int error = socket_prepare(fd);
    if (!error)
        return fd;
    close(fd);
    return error;
}

/* ---- names ---- */

static int resolve(const char *host, uint16_t port, int family, int flags,
                   struct addrinfo **found)
{
    struct addrinfo hints = {
        .ai_family = family,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = flags | AI_NUMERICSERV,
    };
    char service[8];

    snprintf(service, sizeof(service), "%u", port);
    switch (getaddrinfo(host ? host : "127.0.0.1", service, &hints, found)) {
    case 0: return 0;
    case EAI_SYSTEM: return -errno;
    case EAI_AGAIN: return -EAGAIN;
    case EAI_MEMORY: return -ENOMEM;
    default: return -ENOENT;
    }
}

/*
 * Try the addresses until one gives a descriptor: those of IPv4 first, so that
 * "localhost" is 127.0.0.1 for listeners and clients alike.
 */
static int first_that_works(const struct addrinfo *list, void *context,
                            int (*try)(const struct addrinfo *one,
                                       void *context))
{
    int error = -ENOENT;

    for (int v4 = 1; v4 >= 0; v4--) {
        for (const struct addrinfo *one = list; one; one = one->ai_next) {
            if ((one->ai_family == AF_INET) != v4)
                continue;
            int fd = try(one, context);
            if (fd >= 0)
                return fd;
            error = fd;
        }
    }
    return error;
}

/* ---- listeners ---- */

/*
 * Take the first connection that waits and drop it, with the descriptor that
 * was kept for this. Returns 0, -EAGAIN when none waits, or -EMFILE when there
 * is no descriptor to give up.
 */
static int turn_away(struct listener *listener)
{
    if (listener->reserve_fd < 0)
        return -EMFILE;
    close(listener->reserve_fd);
    int fd = accept(listener->watch.fd, NULL, NULL);
    int error = fd < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    listener->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return error;
}

static int accept_one(struct listener *listener, struct sockaddr_storage *peer,
                      socklen_t *len)
{
    int listening = listener->watch.fd;

    *len = sizeof(*peer);
#ifdef __linux__
    /* TCP_NODELAY comes from the listening socket. */
    int fd = accept4(listening, (struct sockaddr *)peer, len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    return fd < 0 ? -errno : fd;
#else
    int fd = accept(listening, (struct sockaddr *)peer, len);
    if (fd < 0)
        return -errno;
    int error = socket_prepare(fd);
    if (!error)
        return fd;
    close(fd);
    return -ECONNABORTED;
#endif
}

static void on_retry(struct timer *timer)
{
    struct listener *listener = LIST_ITEM(timer, struct listener, retry);

    loop_fd_want(&listener->watch, true, false);
}

static bool exhausted(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS ||
           error == -ENOMEM;
}

/* No descriptor is left: the listener stays readable, so look again only when
   somebody may have gone. */
static void rest(struct listener *listener)
{
    loop_fd_want(&listener->watch, false, false);
    timer_set(listener->loop, &listener->retry, RETRY_MS);
}

static void on_listener_ready(struct loop_fd *watch, bool readable,
                              bool writable)
{
    struct listener *listener = LIST_ITEM(watch, struct listener, watch);
    struct sockaddr_storage peer;
    socklen_t len;

    (void)readable;
    (void)writable;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept_one(listener, &peer, &len);

        if (fd >= 0)
            listener->on_accept(listener, fd, (struct sockaddr *)&peer, len);
        else if (fd == -EMFILE || fd == -ENFILE)
            fd = turn_away(listener);
        if (exhausted(fd))
            rest(listener);
        /* Any other error is that of one connection. */
        if (fd == -EAGAIN || exhausted(fd) || loop_fd_closing(watch))
            return;
    }
}

static void note_address(struct listener *listener)
{
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(name);
    const void *any = &name;

    if (getsockname(listener->watch.fd, (struct sockaddr *)&name, &len))
        return;
    listener->family = name.ss_family;
    if (name.ss_family == AF_INET)
        listener->port = ntohs(((const struct sockaddr_in *)any)->sin_port);
    if (name.ss_family == AF_INET6)
        listener->port = ntohs(((const struct sockaddr_in6 *)any)->sin6_port);
}

static int start(struct loop *loop, struct listener *listener, int fd)
{
    listener->loop = loop;
    timer_init(&listener->retry, on_retry);
    int error = loop_fd_open(loop, &listener->watch, fd, on_listener_ready);
    if (error) {
        close(fd);
        return error;
    }
    listener->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    note_address(listener);
    return 0;
}

/* Take only what comes in through a network interface. */
static int bind_interface(int fd, int family, const char *name)
{
    unsigned index = if_nametoindex(name);

    if (!index)
        return -ENODEV;
#ifdef SO_BINDTODEVICE
    (void)family;
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name,
                      (socklen_t)strlen(name))
               ? -errno
               : 0;
#elif defined(IP_BOUND_IF)
    return family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_BOUND_IF, (int)index)
                              : set(fd, IPPROTO_IP, IP_BOUND_IF, (int)index);
#else
    (void)fd;
    (void)family;
    return -ENOSYS;
#endif
}

static int listen_on(const struct addrinfo *one, void *context)
{
    const struct socket_place *place = context;
    int fd = new_socket(one->ai_family);

    if (fd < 0)
        return fd;
    int error = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    /* "::" means IPv4 as well, whatever the system's habit, unless IPv6 alone
       is asked for. */
    if (!error && one->ai_family == AF_INET6)
        error = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, place->family == AF_INET6);
    if (!error && place->interface)
        error = bind_interface(fd, one->ai_family, place->interface);
    if (!error &&
        (bind(fd, one->ai_addr, one->ai_addrlen) || listen(fd, BACKLOG)))
        error = -errno;
    if (!error)
        return fd;
    close(fd);
    return error;
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* All addresses; of both kinds if the system has IPv6. */
static const char *wildcard(int family)
{
    if (family == AF_INET || (family == AF_UNSPEC && !has_ipv6()))
        return "0.0.0.0";
    return "::";
}

int socket_listen(struct loop *loop, struct listener *listener,
                  const struct socket_place *place,
                  void (*on_accept)(struct listener *listener, int fd,
                                    const struct sockaddr *peer,
                                    socklen_t peer_len))
{
    const char *host = place->interface ? wildcard(place->family) : place->host;
    struct socket_place asked = *place;
    struct addrinfo *list;

    *listener = (struct listener){.on_accept = on_accept, .reserve_fd = -1};
    int error = resolve(host, place->port, place->family, AI_PASSIVE, &list);
    if (error)
        return error;
    int fd = first_that_works(list, &asked, listen_on);
    freeaddrinfo(list);
    return fd < 0 ? fd : start(loop, listener, fd);
}

static void on_listener_closed(struct loop_fd *watch)
{
    struct listener *listener = LIST_ITEM(watch, struct listener, watch);

    close(watch->fd);
    if (listener->reserve_fd >= 0)
        close(listener->reserve_fd);
    if (listener->on_closed)
        listener->on_closed(listener);
}

void socket_listener_close(struct listener *listener)
{
    timer_cancel(&listener->retry);
    loop_fd_close(&listener->watch, on_listener_closed);
}

/* ---- Unix sockets ---- */

static int unix_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path))
        return -ENAMETOOLONG;
    memcpy(address->sun_path, path, strlen(path));
    return 0;
}

static int bind_unix(int fd, const struct sockaddr_un *address)
{
    mode_t old = umask(0177); /* the file must never be open to others */
    int error = 0;

    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)))
        error = -errno;
    umask(old);
    return error;
}

/* Remove the socket of a program that is no more; false when it lives, or the
   file is something else. */
static bool remove_dead(const char *path)
{
    struct stat status;

    if (lstat(path, &status) || !S_ISSOCK(status.st_mode))
        return false;
    int fd = socket_connect_unix(path);
    if (fd >= 0)
        close(fd);
    return fd == -ECONNREFUSED && !unlink(path);
}

int socket_listen_unix(struct loop *loop, struct listener *listener,
                       const char *path,
                       void (*on_accept)(struct listener *listener, int fd,
                                         const struct sockaddr *peer,
                                         socklen_t peer_len))
{
    struct sockaddr_un address;
    int error = unix_address(&address, path);

    *listener = (struct listener){.on_accept = on_accept, .reserve_fd = -1};
    if (error)
        return error;
    int fd = new_socket(AF_UNIX);
    if (fd < 0)
        return fd;
    error = bind_unix(fd, &address);
    if (error == -EADDRINUSE && remove_dead(path))
        error = bind_unix(fd, &address);
    if (!error && listen(fd, BACKLOG))
        error = -errno;
    if (!error)
        return start(loop, listener, fd);
    close(fd);
    return error;
}

int socket_connect_unix(const char *path)
{
    struct sockaddr_un address;
    int error = unix_address(&address, path);

    if (error)
        return error;
    int fd = new_socket(AF_UNIX);
    if (fd < 0)
        return fd;
    if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return fd;
    error = -errno;
    close(fd);
    return error;
}

/* ---- connecting ---- */

/* Has connect() failed already? On one's own machine it has at once. */
static int failed_at_once(int fd)
{
    struct pollfd now = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof(error);

    if (poll(&now, 1, 0) == 1)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return -error;
}

static int connect_to(const struct addrinfo *one, void *context)
{
    const struct addrinfo *own = context;
    int fd = new_socket(one->ai_family);
    int error = 0;

    if (fd < 0)
        return fd;
    while (own && own->ai_family != one->ai_family)
        own = own->ai_next;
    if (context && !own)
        error = -EADDRNOTAVAIL;
    if (own && bind(fd, own->ai_addr, own->ai_addrlen))
        error = -errno;
    if (!error && connect(fd, one->ai_addr, one->ai_addrlen))
        error = errno == EINPROGRESS ? failed_at_once(fd) : -errno;
    if (!error)
        return fd;
    close(fd);
    return error;
}

int socket_connect(const char *host, uint16_t port, const char *bind_host)
{
    struct addrinfo *list;
    struct addrinfo *own = NULL;
    int error = resolve(host, port, AF_UNSPEC, 0, &list);

    if (error)
        return error;
    if (bind_host)
        error = resolve(bind_host, 0, AF_UNSPEC, 0, &own);
    if (!error)
        error = first_that_works(list, own, connect_to);
    freeaddrinfo(list);
    if (own)
        freeaddrinfo(own);
    return error;
}
