#define _GNU_SOURCE /* sched_setaffinity */

#include "client/bench_system.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

void bench_system_many_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

#ifdef __linux__

#include <ctype.h>
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The inode of the listening socket on port, from /proc/net/tcp or tcp6. */
static unsigned long listener_inode(const char *table, uint16_t port)
{
    FILE *file = fopen(table, "re");
    char line[512];
    unsigned long found = 0;

    while (file && !found && fgets(line, sizeof(line), file)) {
        unsigned local_port;
        unsigned state;
        unsigned long inode;

        /* sl: local remote state tx:rx tr:when retransmit uid timeout inode */
        if (sscanf(line,
                   "%*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*d %*d "
                   "%lu",
                   &local_port, &state, &inode) == 3 &&
            local_port == port && state == 0x0a)
            found = inode;
    }
    if (file)
        fclose(file);
    return found;
}

/* Has the process a descriptor of this name, "socket:[123]"? */
static int holds(const char *pid, const char *name)
{
    char path[300];
    struct dirent *entry;
    int found = 0;

    snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
    DIR *dir = opendir(path);
    while (dir && !found && (entry = readdir(dir))) {
        char target[64];
        char link[600];

        snprintf(link, sizeof(link), "%s/%s", path, entry->d_name);
        ssize_t len = readlink(link, target, sizeof(target) - 1);
        if (len > 0) {
            target[len] = '\0';
            found = !strcmp(target, name);
        }
    }
    if (dir)
        closedir(dir);
    return found;
}

int bench_system_pid_of_port(uint16_t port)
{
    unsigned long inode = listener_inode("/proc/net/tcp", port);
    struct dirent *entry;
    char name[64];
    int pid = 0;

    if (!inode)
        inode = listener_inode("/proc/net/tcp6", port);
    if (!inode)
        return 0;
    snprintf(name, sizeof(name), "socket:[%lu]", inode);
    DIR *dir = opendir("/proc");
    while (dir && !pid && (entry = readdir(dir))) {
        if (isdigit((unsigned char)entry->d_name[0]) &&
            holds(entry->d_name, name))
            pid = (int)strtol(entry->d_name, NULL, 10);
    }
    if (dir)
        closedir(dir);
    return pid;
}

int64_t bench_system_private_bytes(int pid)
{
    char path[64];
    char line[256];
    long long kib = -1;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "RssAnon: %lld kB", &kib) == 1)
            break;
    }
    if (file)
        fclose(file);
    return kib < 0 ? -1 : kib * 1024;
}

void bench_system_name(int pid, char *name, unsigned size)
{
    char path[64];

    name[0] = '\0';
    snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(name, (int)size, file))
        name[strcspn(name, "\n")] = '\0';
    fclose(file);
}

int bench_system_pin(int pid, unsigned index)
{
    cpu_set_t allowed;
    cpu_set_t one;

    if (sched_getaffinity(0, sizeof(allowed), &allowed))
        return -errno;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || index-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return sched_setaffinity(pid, sizeof(one), &one) ? -errno : 0;
    }
    return -ERANGE;
}

#else

int bench_system_pid_of_port(uint16_t port)
{
    (void)port;
    return 0;
}

int64_t bench_system_private_bytes(int pid)
{
    (void)pid;
    return -1;
}

void bench_system_name(int pid, char *name, unsigned size)
{
    (void)pid;
    if (size)
        name[0] = '\0';
}

int bench_system_pin(int pid, unsigned index)
{
    (void)pid;
    (void)index;
    return -ENOSYS;
}

#endif
