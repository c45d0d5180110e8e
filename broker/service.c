#include "broker/service.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void service_keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
#endif
}

/* In the parent: exit as the child says that we should. */
static void wait_for_child(int ready)
{
    uint8_t status = 1;
    ssize_t count;

    do
        count = read(ready, &status, 1);
    while (count < 0 && errno == EINTR);
    _exit(count == 1 ? status : 1);
}

int service_daemonise(void)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -errno;
    pid_t child = fork();
    if (child < 0) {
        int error = -errno;

        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (child > 0) {
        close(ends[1]);
        wait_for_child(ends[0]);
    }
    close(ends[0]);
    setsid();
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return ends[1];
}

void service_ready(int ready, int status)
{
    uint8_t byte = (uint8_t)status;
    ssize_t count;

    do
        count = write(ready, &byte, 1);
    while (count < 0 && errno == EINTR);
    close(ready);
    if (status != 0)
        return;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0)
        return;
    for (int fd = 0; fd <= 2; fd++)
        dup2(nothing, fd);
    if (nothing > 2)
        close(nothing);
}

int service_write_pid_file(const char *path)
{
    FILE *file = fopen(path, "we");

    if (!file)
        return -errno;
    bool good = fprintf(file, "%ld\n", (long)getpid()) > 0;
    if (fclose(file) != 0 || !good)
        return -EIO;
    return 0;
}

int service_become_user(const char *name)
{
    if (geteuid() != 0)
        return 0;
    errno = 0;
    const struct passwd *user = getpwnam(name);
    if (!user && !strcmp(name, "mosquitto"))
        user = getpwnam("nobody");
    if (!user)
        return errno ? -errno : -ENOENT;
    if (initgroups(user->pw_name, user->pw_gid) != 0 ||
        setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
        return -errno;
    return 0;
}
