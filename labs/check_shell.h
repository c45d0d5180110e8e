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
    uint64_t state;       /* of the folder when it was run last; 0: not yet */
    bool ran;             /* once, to its end */
    enum sandbox_end end; /* how the last one ended */
    int status;           /* of that end, see base/sandbox.h */
};

/*
 * Run the command when a file in the folder (absolute) has changed since the
 * last time, without waiting for its end; a later call sees that. Returns
 * whether one has ended now, so that end and status are new. One that could not
 * be started is tried again by the next call.
 */
bool check_shell_look(struct check_shell *shell, const char *folder,
                      const char *command);

/* The same, and wait for what the files say now. */
bool check_shell_finish(struct check_shell *shell, const char *folder,
                        const char *command);

/* Has the last one ended by itself, with success? */
bool check_shell_good(const struct check_shell *shell);

/* "ended with status 1", "took too long and was ended". Owned by the caller. */
char *check_shell_describe(const struct check_shell *shell);

/* End what runs. */
void check_shell_release(struct check_shell *shell);

#endif
