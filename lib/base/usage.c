#include "base/usage.h"

#ifdef __linux__

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Pieces of shared memory that are told apart. */
#define SHARED_MAX 1000

/* Pieces of memory of all processes that are looked at, which takes the longer
   the more there are; an ordinary process has some 100. */
#define PIECES_MAX 100000

int usage_open_table(void)
{
    return open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A short file as text; empty when it cannot be read. */
static void read_text(int folder, const char *path, char *text, size_t size)
{
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, size - 1);

    text[got > 0 ? got : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* ---- which processes ---- */

/* Processes in the order in which they were found. */
struct found {
    pid_t pids[USAGE_PROCESSES_MAX];
    unsigned count;
    unsigned max;
};

/* Those whose parent is one thread of a process. */
static void add_children(struct found *found, int threads, const char *thread)
{
    char path[300];
    char text[4096];
    char *end;

    snprintf(path, sizeof(path), "%s/children", thread);
    read_text(threads, path, text, sizeof(text));
    for (char *at = text; found->count < found->max; at = end) {
        long pid = strtol(at, &end, 10);

        if (end == at)
            return;
        found->pids[found->count++] = (pid_t)pid;
    }
}

static void add_children_of(struct found *found, int table, const char *process)
{
    char path[64];
    const struct dirent *entry;

    snprintf(path, sizeof(path), "%s/task", process);
    int fd = openat(table, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *threads = fd < 0 ? NULL : fdopendir(fd);
    while (threads && (entry = readdir(threads))) {
        if (entry->d_name[0] != '.')
            add_children(found, fd, entry->d_name);
    }
    if (threads)
        closedir(threads);
    else if (fd >= 0)
        close(fd);
}

/* ---- memory that is shared ---- */

/* Pieces that were seen: of those beyond the last one each sight counts. */
struct shared {
    unsigned long long inodes[SHARED_MAX];
    unsigned count;
    unsigned pieces; /* looked at, shared or not */
};

static bool is_new(struct shared *shared, unsigned long long inode)
{
    for (unsigned i = 0; i < shared->count; i++) {
        if (shared->inodes[i] == inode)
            return false;
    }
    if (shared->count < SHARED_MAX)
        shared->inodes[shared->count++] = inode;
    return true;
}

/* The n-th word (from 0) of a line and all behind it. */
static const char *words_from(const char *line, unsigned n)
{
    while (n-- > 0) {
        line += strcspn(line, " ");
        line += strspn(line, " ");
    }
    return line;
}

/* A line of a process's map, when it is of shared memory without a name: its
   bytes, 0 when it is something else or was seen before. Words: FROM-TO,
   rights, offset, device, inode, name. */
static uint64_t shared_bytes(struct shared *shared, const char *line)
{
    const char *rights = words_from(line, 1);
    const char *inode = words_from(line, 4);
    const char *name = words_from(inode, 1);
    char *end;

    if (strncmp(name, "/dev/zero (deleted)", 19) != 0 &&
        strncmp(name, "[anon_shmem:", 12) != 0)
        return 0;
    if (rights[3] != 's' || !is_new(shared, strtoull(inode, NULL, 10)))
        return 0;
    uint64_t from = strtoull(line, &end, 16);
    return strtoull(end + 1, NULL, 16) - from;
}

static uint64_t measure_shared(int table, const char *process,
                               struct shared *shared)
{
    char path[64];
    char line[512];
    uint64_t bytes = 0;

    snprintf(path, sizeof(path), "%s/maps", process);
    int fd = openat(table, path, O_RDONLY | O_CLOEXEC);
    FILE *map = fd < 0 ? NULL : fdopen(fd, "r");
    while (map && shared->pieces < PIECES_MAX &&
           fgets(line, sizeof(line), map)) {
        bytes += shared_bytes(shared, line);
        shared->pieces++;
    }
    if (map)
        fclose(map);
    else if (fd >= 0)
        close(fd);
    return bytes;
}

/* ---- memory of its own ---- */

/* A line "NAME:  NUMBER kB" of a process's state; 0 without it. A name begins with
   the end of the line before, for what a process calls itself stands there
   too. */
static uint64_t kilobytes(const char *state, const char *name)
{
    const char *line = strstr(state, name);

    return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

/* A process: the line of its name, which it has from its program. */
struct measured {
    char name[64];
    uint64_t bytes;
};

/* Its memory but that of files and what it shares. */
static struct measured measure(int table, const char *process)
{
    struct measured measured;
    char path[64];
    char state[4096];

    snprintf(path, sizeof(path), "%s/status", process);
    read_text(table, path, state, sizeof(state));
    snprintf(measured.name, sizeof(measured.name), "%.*s",
             (int)strcspn(state, "\n"), state);
    measured.bytes =
        (kilobytes(state, "\nRssAnon:") + kilobytes(state, "\nVmSwap:")) * 1024;
    return measured;
}

/* What a process has taken itself. One that runs no program of its own yet is a
   copy of this one, with all the memory that this one has. Who takes the name
   of this one to be taken for a copy gains no more than that. */
static uint64_t taken_bytes(const struct measured *process,
                            const struct measured *self)
{
    if (strcmp(process->name, self->name) != 0)
        return process->bytes;
    return process->bytes > self->bytes ? process->bytes - self->bytes : 0;
}

void usage_measure(int table, unsigned max, struct usage *usage)
{
    struct shared shared = {.count = 0};
    struct found found = {
        .max = max < USAGE_PROCESSES_MAX ? max : USAGE_PROCESSES_MAX};

    *usage = (struct usage){0};
    if (table < 0)
        return;
    const struct measured self = measure(table, "self");
    measure_shared(table, "self", &shared); /* what is ours is nobody's else */
    add_children_of(&found, table, "self");
    for (unsigned i = 0; i < found.count; i++) {
        char process[24];

        snprintf(process, sizeof(process), "%ld", (long)found.pids[i]);
        const struct measured one = measure(table, process);
        usage->bytes +=
            taken_bytes(&one, &self) + measure_shared(table, process, &shared);
        add_children_of(&found, table, process);
    }
    usage->processes = found.count;
    if (shared.pieces == PIECES_MAX)
        usage->bytes = UINT64_MAX;
}

#else /* systems that do not tell */

int usage_open_table(void)
{
    return -1;
}

void usage_measure(int table, unsigned max, struct usage *usage)
{
    (void)table;
    (void)max;
    *usage = (struct usage){0};
}

#endif
