/*
 * A broker that a benchmark starts for itself: this program's own, or another
 * that reads mosquitto.conf. Both get the same configuration.
 */
#ifndef CLIENT_BENCH_BROKER_H
#define CLIENT_BENCH_BROKER_H

#include "net/free_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bench_broker {
    pid_t pid; /* 0: none runs */
    struct free_port port;
    struct free_port plain_port; /* held for one that needs another listener */
    char *folder; /* owned; its configuration, log and data; NULL: none */
    char *cafile; /* owned; with TLS: who signed its certificate */
};

/*
 * Find a program by its name or path: "mosquitto" is looked for where system
 * programs are, and in PATH; a link to this program, whose path is self, does
 * not count. Returns false when there is none.
 */
bool bench_broker_find(const char *name, const char *self, char *path,
                       size_t size);

/* What is started. */
struct bench_program {
    const char *name;    /* for people */
    const char *command; /* a path, which is run as "PATH -c FILE"; or, if own
                            is not set, words for the shell in which {conf}
                            stands for that file, {port} for the port */
    bool own;            /* this program: "PATH broker -c FILE" */
    bool persistence;
    bool tls;        /* listen with TLS */
    bool websockets; /* for WebSocket */
};

/*
 * Start it on a free port of 127.0.0.1, and wait until it listens. Returns
 * false with a message in error.
 */
bool bench_broker_start(struct bench_broker *broker,
                        const struct bench_program *program, char *error,
                        size_t error_size);

/* Stop it and remove its files. Harmless when none runs. */
void bench_broker_stop(struct bench_broker *broker);

#endif
