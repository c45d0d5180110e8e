/*
 * Run somebody else's program so that it harms nobody but its author.
 *
 * The program has a process group and a session of its own, an environment that
 * is empty but for what is given, /dev/null as input, and limits on time,
 * processor time, memory, processes, files and output. It runs in a folder that
 * it can read; what it writes goes to /tmp (TMPDIR), which is its own and is
 * thrown away. Where the system allows it (see base/confine.h) it reaches
 * nothing but a loopback of its own, and sees no files of people. When it ends,
 * or is ended, nothing of it is left running.
 *
 * Where the system allows nothing of that, limits and group remain; a program
 * that means harm could then still end its user's other processes. Say with
 * needs without what it must not be run at all.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sandbox {
    const char *const *argv; /* program, searched on PATH (/usr/local/bin,
                                /usr/bin, /bin), and its arguments; NULL ends */
    const char *folder;      /* where it runs; absolute */
    /* More files and folders that it can see, at most CONFINE_SHOWN_MAX, NULL
       ends; or NULL. Needed only for those that are hidden. */
    const char *const *shown;
    const char *const *environment; /* NAME=VALUE, added, NULL ends; or NULL */
    unsigned needs;                 /* enum confine_holds: not started
                                       (ENOTSUP) where that cannot be had */
    unsigned timeout_s;             /* 1 or more; processor time, too */
    uint64_t memory_bytes;          /* of address space, and of the memory of
                                       all its processes; 0: no limit */
    uint64_t file_bytes;            /* that it may write to files */
    uint32_t output_bytes;          /* that it may write to its output */
};

#define SANDBOX_PROCESSES 64

enum sandbox_end {
    SANDBOX_EXITED,     /* status is its exit status */
    SANDBOX_KILLED,     /* status is the signal */
    SANDBOX_LATE,       /* it was ended after timeout_s */
    SANDBOX_TOO_MUCH,   /* it was ended: it wrote more than output_bytes */
    SANDBOX_TOO_LARGE,  /* it was ended: it had more than SANDBOX_PROCESSES, or
                           those more than memory_bytes */
    SANDBOX_NOT_STARTED /* status is an errno: there is no such program, or the
                           system has no room for it */
};

struct sandbox_result {
    enum sandbox_end end;
    int status;
    unsigned holds;    /* enum confine_holds: what the system allowed */
    struct buf output; /* standard output and errors, as they came */
};

/* Run it and wait for its end. The caller releases the result. */
void sandbox_run(const struct sandbox *sandbox, struct sandbox_result *result);

/* One that runs while its caller does something else. A zeroed struct is one
   that does not run. */
struct sandbox_process {
    pid_t supervisor; /* 0: it does not run */
    pid_t program;    /* its group; 0: not known yet */
    int leash;        /* see process_fork */
    int output;       /* descriptors: what it writes, and how it ended */
    int report;
    uint32_t output_bytes;
    bool too_much;
    char scratch[40];
    struct sandbox_result result;
};

/* Start it. When that is not possible it has ended at once. */
void sandbox_start(struct sandbox_process *process,
                   const struct sandbox *sandbox);

/* Take in what it has written; returns whether it has ended, and
   process->result is complete. Waits up to wait_ms, -1 is for as long as it
   takes. */
bool sandbox_look(struct sandbox_process *process, int wait_ms);

/* End it, if it runs, and release its result. */
void sandbox_stop(struct sandbox_process *process);

void sandbox_result_release(struct sandbox_result *result);

/* "ended with status 3", "was killed by signal 11", ... owned by the caller. */
char *sandbox_describe(const struct sandbox_result *result);

#endif
