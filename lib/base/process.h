/*
 * What the system knows about processes: with base/confine and base/usage the
 * one file that may ask /proc.
 *
 * Where a system has no such place (macOS), functions say so by failing, and
 * callers do without.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The path of this program's own file, owned by the caller. argv0 is what it
 * was called by, used where the system does not tell.
 */
char *process_self_path(const char *argv0);

/*
 * Who listens on a TCP port of this machine: sets *pid (0 when it is another
 * user's) and name (of size bytes; "" when unknown). Returns 0, or -ENOENT when
 * nobody does or the system does not tell.
 */
int process_listening_on(uint16_t port, pid_t *pid, char *name, size_t size);

/*
 * The folder that a process works in, owned by the caller; NULL when it is
 * another user's, or the system does not tell.
 */
char *process_folder(pid_t pid);

/* Does the process work in this folder, whatever path it knows it by? False
   when the system does not tell. */
bool process_works_in(pid_t pid, const char *folder);

/* Private memory of a process (0: this one) in bytes; -1 when it cannot be
   read. */
int64_t process_private_bytes(pid_t pid);

/* Give memory that this process has freed back to the system, where it would
   keep it for later. Takes a while. */
void process_give_back(void);

/* Memory that this process has from malloc, in bytes; 0 where that is not
   known. */
uint64_t process_heap_bytes(void);

/*
 * The numbers of the processors that this process may run on, the lowest
 * first, at most max of them. Returns how many; 0 where the system does not
 * tell.
 */
unsigned process_cpus(unsigned *cpus, unsigned max);

/* Run a process (0: this one) on this processor only. Returns 0 or a negative
   errno: -ENOSYS where it cannot be done. */
int process_pin(pid_t pid, unsigned cpu);

/*
 * Fork a child that does not outlive this process: it is sent SIGTERM when this
 * one ends in whatever way, and so is a program that it executes. It begins
 * with the default action for every signal that was handled here.
 *
 * Returns as fork does. *leash is a descriptor to keep open as long as the
 * child runs, and to close with process_unleash when it was waited for; -1
 * where the system does without.
 */
pid_t process_fork(int *leash);
void process_unleash(int *leash);

/*
 * In a child: be killed when the parent, which has this number, ends, and so is
 * a program that this process executes; those that it starts are not. Where the
 * system does not tell of a parent's end nothing happens.
 */
void process_end_with(pid_t parent);

/* process_fork as it is on systems that do not tell a child of its parent's
   end: a process more watches the leash. For tests on the others. */
pid_t process_fork_watched(int *leash);

/*
 * Open /dev/null in place of the standard input, output and error that we were
 * started without, as some services do: otherwise the next file or socket would
 * take that number, and get what is printed. To be called before anything is
 * opened.
 */
void process_fill_standard(void);

/* Raise the limit of open descriptors as far as it goes: each connection is
   one. */
void process_many_descriptors(void);

#endif
