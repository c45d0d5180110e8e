/*
 * A port of the loopback for a broker that somebody starts for himself: a lab
 * that is tried out, a benchmark, a test.
 *
 * That nobody listens on a port says nothing of the next moment, when two who
 * have asked at once take it both. So who takes one holds it until he is done:
 * a socket for UDP, which has ports of its own, is bound to the same number,
 * and nobody else who asks here gets that number. Others may; for them it is
 * below the ports that systems give to clients. It ends with the process.
 */
#ifndef NET_FREE_PORT_H
#define NET_FREE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#define FREE_PORT_FIRST 20000
#define FREE_PORT_COUNT 12000

struct free_port {
    int hold;        /* the socket that holds it */
    uint16_t number; /* 0: none is held */
};

/* Hold this one, if nobody holds it and nobody uses it with TCP. */
bool free_port_hold(struct free_port *port, uint16_t number);

/* Hold any. Returns 0, or -EADDRINUSE when none was found. */
int free_port_take(struct free_port *port);

/* Others may have it. Harmless on a zeroed struct. */
void free_port_release(struct free_port *port);

#endif
