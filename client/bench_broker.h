/*
 * A broker that a benchmark starts for itself: this program's own, or another
 * that reads mosquitto.conf. Both get the same configuration.
 */
#ifndef CLIENT_BENCH_BROKER_H
#define CLIENT_BENCH_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_broker {
    pid_t pid; /* 0: none runs */
    uint16_t port;
    char folder[64]; /* its configuration and log */
};

/*
 * Find a program by its name or path: "mosquitto" is looked for where system
 * programs are, and in PATH; a link to this program, whose path is self, does
 * not count. Returns false when there is none.
 */
bool bench_broker_find(const char *name, const char *self, char *path,
                       size_t size);

/*
 * Start "program -c FILE", or "program broker -c FILE" if it is our own, on a
 * free port of 127.0.0.1, and wait until it listens. Returns false with a
 * message in error.
 */
bool bench_broker_start(struct bench_broker *broker, const char *program,
                        bool own, char *error, size_t error_size);

/* Stop it and remove its files. Harmless when none runs. */
void bench_broker_stop(struct bench_broker *broker);

#endif
