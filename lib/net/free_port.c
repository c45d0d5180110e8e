#include "net/free_port.h"

#include "base/map.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES 500

/* Bind a socket of this kind to the port. Returns it, or -1 with errno. */
static int bind_to(int family, int kind, uint16_t number)
{
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_port = htons(number),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_port = htons(number),
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const void *address = family == AF_INET ? (void *)&four : (void *)&six;
    socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
    int fd = socket(family, kind, 0);

    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (fd >= 0 && bind(fd, address, len) < 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Does somebody use it with TCP, or did, a moment ago? Where there is no IPv6,
   nobody does. */
static bool is_in_use(int family, uint16_t number)
{
    int fd = bind_to(family, SOCK_STREAM, number);

    if (fd < 0)
        return errno == EADDRINUSE;
    close(fd);
    return false;
}

bool free_port_hold(struct free_port *port, uint16_t number)
{
    int hold = bind_to(AF_INET, SOCK_DGRAM, number);

    *port = (struct free_port){0};
    if (hold < 0)
        return false;
    if (is_in_use(AF_INET, number) || is_in_use(AF_INET6, number)) {
        close(hold);
        return false;
    }
    *port = (struct free_port){.hold = hold, .number = number};
    return true;
}

int free_port_take(struct free_port *port)
{
    uint64_t random[2];

    map_random_seed(random);
    for (uint64_t i = 0; i < TRIES; i++) {
        uint64_t number = FREE_PORT_FIRST + (random[0] + i) % FREE_PORT_COUNT;

        if (free_port_hold(port, (uint16_t)number))
            return 0;
    }
    return -EADDRINUSE;
}

void free_port_release(struct free_port *port)
{
    if (port->number)
        close(port->hold);
    *port = (struct free_port){0};
}
