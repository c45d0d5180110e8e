/*
 * The broker as a service of the system: memory, background, process id file,
 * user.
 */
#ifndef BROKER_SERVICE_H
#define BROKER_SERVICE_H

/*
 * Let the allocator keep what a burst needed, up to some megabytes: a turn
 * with many messages takes its output buffers and gives them back, and to
 * have the system zero new pages each time costs as much as the messages do.
 */
void service_keep_memory(void);

/*
 * Go into the background. Only the child returns, with a descriptor for
 * service_ready; the parent waits for that and exits with the status given
 * there (1 when the child dies before). Returns a negative errno, in the only
 * process, when there can be no child.
 */
int service_daemonise(void);

/* Let the parent exit with status and, if that is 0, let go of the terminal.
   ready is what service_daemonise returned. */
void service_ready(int ready, int status);

/* Write our process id into a file. Returns 0 or a negative errno. */
int service_write_pid_file(const char *path);

/*
 * Become another user with its groups; does nothing unless we are root. Where
 * there is no user "mosquitto" that name means "nobody". Returns 0, -ENOENT
 * when there is no such user, or a negative errno.
 */
int service_become_user(const char *name);

#endif
