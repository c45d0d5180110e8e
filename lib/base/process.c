#define _GNU_SOURCE /* sched_setaffinity */

#include "base/process.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

/* The program called argv0 as the shell finds it on PATH. */
static char *search_path(const char *argv0)
{
    const char *path = getenv("PATH");

    if (strchr(argv0, '/'))
        return realpath(argv0, NULL);
    while (path && *path) {
        size_t len = strcspn(path, ":");
        char *file = alloc_printf("%.*s/%s", (int)len, path, argv0);
        char *found = access(file, X_OK) == 0 ? realpath(file, NULL) : NULL;

        free(file);
        if (found)
            return found;
        path += path[len] ? len + 1 : len;
    }
    return alloc_string(argv0);
}

char *process_self_path(const char *argv0)
{
    char path[PATH_MAX];
#ifdef __APPLE__
    uint32_t size = sizeof(path);

    if (_NSGetExecutablePath(path, &size) == 0)
        return realpath(path, NULL);
#else
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (len > 0)
        return alloc_string_of(path, (size_t)len);
#endif
    return search_path(argv0);
}

/* The n-th word (from 0) of a line, "" when there are not so many. */
static const char *word(const char *line, unsigned n)
{
    line += strspn(line, " ");
    while (n-- > 0) {
        line += strcspn(line, " ");
        line += strspn(line, " ");
    }
    return line;
}

/* The inode of the socket that listens on the port, from one table; 0: none.
   Words: number, local and remote ADDRESS:PORT, state, ..., the inode. */
static unsigned long listening_inode(const char *table, uint16_t port)
{
    static const char listening[] = "0A";
    FILE *file = fopen(table, "re");
    char line[512];
    unsigned long found = 0;

    while (file && !found && fgets(line, sizeof(line), file)) {
        const char *local_port = strchr(word(line, 1), ':');

        if (local_port && strtoul(local_port + 1, NULL, 16) == port &&
            !strncmp(word(line, 3), listening, 2))
            found = strtoul(word(line, 9), NULL, 10);
    }
    if (file)
        fclose(file);
    return found;
}

/* Has the process this socket open? */
static bool holds_socket(const char *pid, unsigned long inode)
{
    char path[300];
    char want[64];
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    snprintf(want, sizeof(want), "socket:[%lu]", inode);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && !found && (entry = readdir(folder))) {
        char target[64];
        ssize_t len = readlinkat(dirfd(folder), entry->d_name, target,
                                 sizeof(target) - 1);

        if (len > 0) {
            target[len] = '\0';
            found = !strcmp(target, want);
        }
    }
    if (folder)
        closedir(folder);
    return found;
}

static void read_name(const char *pid, char *name, size_t size)
{
    char path[300];

    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(name, (int)size, file))
        name[0] = '\0';
    if (file)
        fclose(file);
    name[strcspn(name, "\n")] = '\0';
}

int process_listening_on(uint16_t port, pid_t *pid, char *name, size_t size)
{
    unsigned long inode = listening_inode("/proc/net/tcp", port);

    *pid = 0;
    name[0] = '\0';
    if (!inode)
        inode = listening_inode("/proc/net/tcp6", port);
    if (!inode)
        return -ENOENT;
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    while (folder && !*pid && (entry = readdir(folder))) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
            !holds_socket(entry->d_name, inode))
            continue;
        *pid = (pid_t)strtol(entry->d_name, NULL, 10);
        read_name(entry->d_name, name, size);
    }
    if (folder)
        closedir(folder);
    return 0;
}

char *process_folder(pid_t pid)
{
    char link[64];
    char path[PATH_MAX];

    snprintf(link, sizeof(link), "/proc/%ld/cwd", (long)pid);
    ssize_t len = readlink(link, path, sizeof(path));
    return len > 0 ? alloc_string_of(path, (size_t)len) : NULL;
}

bool process_works_in(pid_t pid, const char *folder)
{
    char link[64];
    struct stat its;
    struct stat ours;

    snprintf(link, sizeof(link), "/proc/%ld/cwd", (long)pid);
    return !stat(link, &its) && !stat(folder, &ours) &&
           its.st_dev == ours.st_dev && its.st_ino == ours.st_ino;
}

uint64_t process_heap_bytes(void)
{
#ifdef __GLIBC__
    const struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

int64_t process_private_bytes(pid_t pid)
{
    char path[64];
    char line[256];
    long long kilobytes = -1;

    snprintf(path, sizeof(path), "/proc/%ld/status",
             (long)(pid ? pid : getpid()));
    FILE *file = fopen(path, "re");
    while (file && kilobytes < 0 && fgets(line, sizeof(line), file)) {
        if (!strncmp(line, "RssAnon:", 8))
            kilobytes = strtoll(line + 8, NULL, 10);
    }
    if (file)
        fclose(file);
    return kilobytes < 0 ? -1 : kilobytes * 1024;
}

void process_give_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

unsigned process_cpus(unsigned *cpus, unsigned max)
{
    unsigned count = 0;
#ifdef __linux__
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof(allowed), &allowed))
        return 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && count < max; cpu++) {
        if (CPU_ISSET(cpu, &allowed))
            cpus[count++] = cpu;
    }
#else
    (void)cpus;
    (void)max;
#endif
    return count;
}

int process_pin(pid_t pid, unsigned cpu)
{
#ifdef __linux__
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(pid, sizeof(one), &one) ? -errno : 0;
#else
    (void)pid;
    (void)cpu;
    return -ENOSYS;
#endif
}

/* ---- children ---- */

/* In a child: what was handled is what fork has copied, and not for it. */
static void forget_handlers(void)
{
    for (int signum = 1; signum < NSIG; signum++) {
        struct sigaction action;

        if (sigaction(signum, NULL, &action) == 0 &&
            action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)
            signal(signum, SIG_DFL);
    }
}

/* fork, where no signal comes between it and the child's default actions. */
static pid_t fork_clean(void)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        forget_handlers();
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

/* The end of a pipe whose other end only the parent has: when that is gone, the
   child is told. Nobody waits for this process. */
static void watch(int leash, pid_t child)
{
    struct pollfd end = {.fd = leash, .events = POLLIN};
    long last = sysconf(_SC_OPEN_MAX);

    setpgid(0, 0);
    signal(SIGINT, SIG_IGN);
    for (int fd = 0; fd < (last > 0 && last < 65536 ? (int)last : 65536);
         fd++) {
        if (fd != leash)
            close(fd);
    }
    while (getppid() == child) {
        if (poll(&end, 1, 500) <= 0)
            continue;
        if (getppid() == child)
            kill(child, SIGTERM);
        break;
    }
    _exit(0);
}

pid_t process_fork_watched(int *leash)
{
    int ends[2];

    *leash = -1;
    if (pipe(ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    pid_t pid = fork_clean();
    if (pid == 0) {
        pid_t child = getpid();

        close(ends[1]);
        if (fork() == 0)
            watch(ends[0], child);
    }
    close(ends[0]);
    if (pid > 0)
        *leash = ends[1];
    else if (pid < 0)
        close(ends[1]);
    return pid;
}

#ifdef __linux__
static void end_with(pid_t parent, int signum)
{
    prctl(PR_SET_PDEATHSIG, signum);
    if (getppid() != parent) /* it ended before we said so */
        _exit(127);
}
#endif

void process_end_with(pid_t parent)
{
#ifdef __linux__
    end_with(parent, SIGKILL);
#else
    (void)parent;
#endif
}

pid_t process_fork(int *leash)
{
#ifdef __linux__
    pid_t parent = getpid();
    pid_t pid = fork_clean();

    *leash = -1;
    if (pid == 0)
        end_with(parent, SIGTERM);
    return pid;
#else
    return process_fork_watched(leash);
#endif
}

void process_unleash(int *leash)
{
    if (*leash >= 0)
        close(*leash);
    *leash = -1;
}

void process_fill_standard(void)
{
    int fd;

    /* The lowest that is free is taken; what is past them was not needed. */
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

void process_many_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return;
#ifdef OPEN_MAX
    /* macOS says that there is no limit, and then refuses to have none. */
    limit.rlim_cur = OPEN_MAX;
    setrlimit(RLIMIT_NOFILE, &limit); /* if not: with those we have */
#endif
}
