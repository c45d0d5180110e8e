/*
 * What a benchmark wants to know from the system about another process, and
 * what only some systems can tell. Everything here may answer "not known".
 */
#ifndef CLIENT_BENCH_SYSTEM_H
#define CLIENT_BENCH_SYSTEM_H

#include <stdint.h>

/* The process that listens on this TCP port of this machine; 0: not known. */
int bench_system_pid_of_port(uint16_t port);

/* Memory that a process uses for itself alone, in bytes; -1: not known. */
int64_t bench_system_private_bytes(int pid);

/* The name of a process' program, or "" (at most size - 1 bytes). */
void bench_system_name(int pid, char *name, unsigned size);

/*
 * Bind a process (0: this one) to the index-th of the processors that this
 * process may use. Returns 0 or a negative errno: -ENOSYS where it cannot be
 * done, -ERANGE when there are not so many.
 */
int bench_system_pin(int pid, unsigned index);

/* Raise the limit of open descriptors as far as it goes. */
void bench_system_many_descriptors(void);

#endif
