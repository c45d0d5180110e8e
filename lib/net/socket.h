/*
 * Sockets: listen, accept, connect; never blocking, closed on exec.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "net/loop.h"
#include "net/timer.h"

#include <stdint.h>
#include <sys/socket.h>

/* A listener hands over each descriptor it accepts; the callee owns it. */
struct listener {
    struct loop_fd watch;
    struct loop *loop;
    void (*on_accept)(struct listener *listener, int fd,
                      const struct sockaddr *peer, socklen_t peer_len);
    void (*on_closed)(struct listener *listener); /* the struct may be freed
                        now; NULL unless set after listening */
    struct timer retry; /* until it fires nobody is accepted: no descriptors */
    uint16_t port;      /* the port really bound, useful after asking for 0 */
    int family;         /* AF_INET, AF_INET6 or AF_UNIX */
    int reserve_fd;     /* given up for a moment when descriptors run out, so
                        that a waiting peer can be turned away */
};

/* Where to listen. */
struct socket_place {
    const char *host;      /* a name or number; NULL is 127.0.0.1 */
    uint16_t port;         /* 0: any */
    int family;            /* AF_INET, AF_INET6: addresses of this kind only;
                         AF_UNSPEC: any, and "::" is IPv4 as well */
    const char *interface; /* on this one, whatever its address is, and host
                              is not looked at; NULL: by the address */
};

/*
 * Listen at a place, on one address: of several that host may have the first
 * that works, IPv4 before IPv6. Accepts at most a few dozen a turn, so that
 * others get theirs. Returns 0 or a negative errno (-EADDRINUSE, -EACCES,
 * -EADDRNOTAVAIL, -ENOENT when the name does not resolve, -ENODEV when there
 * is no such interface, -EPERM when only root may choose one).
 */
int socket_listen(struct loop *loop, struct listener *listener,
                  const struct socket_place *place,
                  void (*on_accept)(struct listener *listener, int fd,
                                    const struct sockaddr *peer,
                                    socklen_t peer_len));

/* Stop; the struct must stay until on_closed, which comes in a later turn. */
void socket_listener_close(struct listener *listener);

/*
 * A listener on a Unix socket of mode 0600. A socket file that nobody listens
 * on is replaced; -EADDRINUSE when somebody does. The file stays when the
 * listener is closed: the caller unlinks it.
 */
int socket_listen_unix(struct loop *loop, struct listener *listener,
                       const char *path,
                       void (*on_accept)(struct listener *listener, int fd,
                                         const struct sockaddr *peer,
                                         socklen_t peer_len));

/*
 * Begin to connect; the descriptor is not yet connected (EINPROGRESS) and
 * becomes writable when it is, or has failed (SO_ERROR). Of several addresses
 * one that refuses at once is passed over. Name resolution blocks. bind_host is
 * our own address, NULL for any. Returns the descriptor or a negative errno.
 */
int socket_connect(const char *host, uint16_t port, const char *bind_host);
int socket_connect_unix(const char *path);

/* Non-blocking, close on exec, TCP_NODELAY where it is TCP. */
int socket_prepare(int fd);

#endif
