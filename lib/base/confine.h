/*
 * Shut this process, and all that it starts, off from the machine.
 *
 * On Linux with namespaces that an ordinary user may make: no network but a
 * loopback of its own, no other processes, all files read-only, and people's
 * files (/home, /var, /tmp, /srv, and whatever else lies in / but the folders
 * of the system: /usr, /etc, /opt and the like) not there at all but for what
 * is named; of the devices, those that every program may use. A kernel may
 * allow less, or nothing, and other systems have none of it: what holds is
 * returned, and callers that promise more must say so. Nobody within can make a
 * namespace of users again. Who is root stays the owner of root's files, and
 * may read them.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

enum confine_holds {
    CONFINE_NETWORK = 1, /* nothing but an own loopback can be reached */
    CONFINE_FILES = 2,   /* the files are as said above */
    /* Children live in a world of their own: the next one forked is its first
       process, and when that ends, all end. */
    CONFINE_PROCESSES = 4,
};

/* So many files and folders can stay visible beside the one. */
#define CONFINE_SHOWN_MAX 8

struct confine {
    const char *folder;       /* stays visible where it is; absolute */
    bool writable;            /* may the folder be written? */
    const char *const *shown; /* more files and folders that stay visible, to be
                                 read, absolute, at most CONFINE_SHOWN_MAX,
                                 NULL ends; or NULL */
    uint64_t scratch_bytes;   /* what /tmp holds, empty at first */
    bool processes;           /* a world of its own for the children, too */
};

/*
 * Do it. The process has one thread. Returns a set of enum confine_holds, 0
 * where nothing can be done; -1 when it went wrong half-way: then this process
 * can do nothing but end.
 */
int confine_enter(const struct confine *confine);

/* In the first process of a world of its own (see CONFINE_PROCESSES): show it
   its own processes and not the machine's, and end it with its parent. */
void confine_begin(void);

/* Give up for ever what is beyond an ordinary process's rights, also in
   programs that are executed. */
void confine_drop_rights(void);

/* Take from this process, and from programs that it executes, the calls that
   make memory which no process has (memfd_create, System V's shared memory and
   message queues), for nobody could see how much it takes. After
   confine_drop_rights; where the system cannot do it nothing happens. */
void confine_forbid_memory(void);

/* Is RLIMIT_NPROC a limit on the processes of a world of its own, and not on
   all that the user has? Linux 5.14 has begun with that. */
bool confine_counts_processes(void);

/*
 * Make this process the parent of those that its descendants leave behind, and
 * end all children there are. Processes that were left behind elsewhere are not
 * found where the system cannot tell.
 */
void confine_adopt(void);
void confine_end_children(void);

#endif
