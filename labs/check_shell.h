/*
 * A command that judges the student's files by its exit status.
 *
 * It runs in the student's folder with nothing of our environment, with limits
 * for time, memory and files, and as a group of processes that is ended with it.
 * The files may be anybody's, so it may fail in every way; it must not change
 * them.
 */
#ifndef LABS_CHECK_SHELL_H
#define LABS_CHECK_SHELL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHECK_SHELL_SECONDS 5

/* A zeroed struct has run nothing yet. */
struct check_shell {
    pid_t pid;            /* of what runs now; 0: nothing */
    int leash;            /* see process_fork */
    uint64_t deadline_ns; /* monotonic, of what runs now */
    uint64_t state;       /* of the folder when it was run last; 0: not yet */
    bool ran;             /* to its end, once */
    bool in_time;         /* the last one was not ended by us */
    int status;           /* exit status of the last one; 128: none, a signal */
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
