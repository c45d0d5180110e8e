/*
 * A command that judges the student's files by its exit status.
 *
 * It runs in the student's folder in a sandbox (base/sandbox.h), which has the
 * folder read-only where the system allows that. The files may be anybody's, so
 * it may fail in every way; it must not change them.
 */
#ifndef LABS_CHECK_SHELL_H
#define LABS_CHECK_SHELL_H

#include "base/sandbox.h"

#include <stdbool.h>
#include <stdint.h>

#define CHECK_SHELL_SECONDS 5

/* A zeroed struct has run nothing yet. */
struct check_shell {
    struct sandbox_process process;
    uint64_t state; /* of the folder when it was run last; 0: not yet */
    bool ran;       /* to its end, once */
    bool in_time;   /* the last one was not ended by us */
    int status;     /* exit status of the last one; 128: none, a signal */
};

/*
 * Run the command when a file in the folder has changed since the last time,
 * without waiting for its end; a later call sees that. Returns whether one has
 * ended now, so that status is new.
 */
bool check_shell_look(struct check_shell *shell, const char *folder,
                      const char *command);

/* The same, and wait until nothing runs. */
bool check_shell_finish(struct check_shell *shell, const char *folder,
                        const char *command);

/* End what runs. */
void check_shell_release(struct check_shell *shell);

#endif
