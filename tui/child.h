/*
 * Child processes: brokers and clients that are this same program.
 */
#ifndef TUI_CHILD_H
#define TUI_CHILD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct child {
    pid_t pid;  /* 0: none runs */
    int leash;  /* see process_fork */
    FILE *said; /* what it wrote to standard output and error; owned */
};

/*
 * Start `mqttlab ARGV...` in the background with no input; argv ends with NULL.
 * It runs in folder, where broker.log has what it says (NULL: here, and a file
 * without a name), in a process group of its own, so Ctrl-C is not for it.
 * Returns 0 or a negative errno.
 */
int child_start(struct child *child, const char *const argv[],
                const char *folder);

/* Has it ended? Sets *status (its exit code, or 128 + signal) then. */
bool child_ended(struct child *child, int *status);

/* Wait for its end, at most so long. Returns the exit code, -1 if it runs. */
int child_wait(struct child *child, int timeout_ms);

/* What it wrote so far. */
void child_output(const struct child *child, struct buf *out);

/* End it if it runs: ask, wait, then kill. Frees everything. */
void child_stop(struct child *child);

#endif
