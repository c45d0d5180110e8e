/*
 * Somebody who watches a broker while it is measured: a process of its own,
 * which attaches to the broker as a dashboard does and reads every record.
 */
#ifndef CLIENT_BENCH_TAP_H
#define CLIENT_BENCH_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_tap {
    pid_t pid; /* 0: none */
    int leash; /* of process_fork */
    int from;  /* where it says what it has read */
};

/*
 * Attach to the broker with this pid, which announces itself in
 * $MQTTLAB_RUNTIME_DIR. Returns false with a message in error.
 */
bool bench_tap_start(struct bench_tap *tap, pid_t broker, char *error,
                     size_t error_size);

/* What was read, and what was overwritten before it could be. */
struct bench_tap_count {
    uint64_t read;
    uint64_t lost;
};

/* End it. Harmless when there is none: nothing was read. */
struct bench_tap_count bench_tap_stop(struct bench_tap *tap);

#endif
