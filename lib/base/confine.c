#define _GNU_SOURCE /* unshare */

#include "base/confine.h"

#ifdef __linux__

#include "base/alloc.h"
#include "base/process.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* The C library has these in sys/mount.h, which does not go together with the
   kernel's header in all versions. */
int mount(const char *source, const char *target, const char *type,
          unsigned long flags, const void *data);

#define BIND      0x1000ul /* MS_BIND */
#define SAFE      0x6ul    /* MS_NOSUID and MS_NODEV */
#define READ_ONLY 0x1ul    /* MS_RDONLY */

#ifndef SYS_memfd_secret /* headers older than the kernel */
#define SYS_memfd_secret 447
#endif

#define HIDDEN_BYTES 65536 /* of what is in the place of hidden files */

/* Where people and services keep what is nobody else's business, or devices;
   may be links to somewhere else. */
static const char *const hidden[] = {"/home", "/root",  "/var", "/run",
                                     "/mnt",  "/media", "/dev"};

/* All that programs need lies here. Other folders of / are somebody's: file
   servers put those of a university under names of their own. /tmp is hidden
   before them. */
static const char *const of_the_system[] = {
    "bin",  "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc",
    "proc", "sys",  "opt", "nix",   "gnu",   "snap",   "tmp"};

/* Of the devices these stay. A disk would be open to root, without whose rights
   a process of root's is still their owner. */
static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full",
                                      "/dev/random", "/dev/urandom"};

#define DEVICES (sizeof(devices) / sizeof(devices[0]))

static bool write_line(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    size_t len = strlen(line);

    if (fd < 0)
        return false;
    bool good = write(fd, line, len) == (ssize_t)len;
    close(fd);
    return good;
}

/* In the new namespace users have the numbers that they have outside. */
static bool map_user(uid_t uid, gid_t gid)
{
    char line[64];

    snprintf(line, sizeof(line), "%u %u 1\n", uid, uid);
    bool good = write_line("/proc/self/uid_map", line);
    good = write_line("/proc/self/setgroups", "deny") && good;
    snprintf(line, sizeof(line), "%u %u 1\n", gid, gid);
    return write_line("/proc/self/gid_map", line) && good;
}

static void loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        request.ifr_flags |= IFF_UP;
        ioctl(fd, SIOCSIFFLAGS, &request);
    }
    close(fd);
}

/* ---- files ---- */

static bool set_read_only(const char *path, bool read_only, bool all_below)
{
    struct mount_attr attr = {.attr_set = read_only ? MOUNT_ATTR_RDONLY : 0,
                              .attr_clr = read_only ? 0 : MOUNT_ATTR_RDONLY};

    return syscall(SYS_mount_setattr, AT_FDCWD, path,
                   all_below ? AT_RECURSIVE : 0, &attr, sizeof(attr)) == 0;
}

/* Does this kernel know how? Asked for nothing, it does nothing. */
static bool can_set_read_only(void)
{
    struct mount_attr nothing = {0};

    return syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &nothing,
                   sizeof(nothing)) == 0;
}

/* The folders on the way to path, and path itself: a folder or a file. */
static void make_place(const char *path, bool is_folder)
{
    char *part = alloc_string(path);

    for (char *slash = strchr(part + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(part, 0755);
        *slash = '/';
    }
    if (is_folder) {
        mkdir(path, 0755);
    } else {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        if (fd >= 0)
            close(fd);
    }
    free(part);
}

/* Something that stays visible: opened before its place is hidden. */
struct kept {
    char *path;
    int fd;
    bool is_folder;
    bool writable;
};

static bool keep(struct kept *kept, const char *path)
{
    struct stat info;

    kept->path = realpath(path, NULL);
    kept->fd = kept->path ? open(kept->path, O_PATH | O_CLOEXEC) : -1;
    if (kept->fd < 0 || fstat(kept->fd, &info) != 0)
        return false;
    kept->is_folder = S_ISDIR(info.st_mode);
    return true;
}

static bool is_visible(const struct kept *kept)
{
    struct stat there;
    struct stat here;

    return fstat(kept->fd, &here) == 0 && stat(kept->path, &there) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* Bind it to its place, which may have been hidden. */
static bool show(const struct kept *kept)
{
    char source[64];

    if (is_visible(kept) && !kept->writable)
        return true;
    make_place(kept->path, kept->is_folder);
    snprintf(source, sizeof(source), "/proc/self/fd/%d", kept->fd);
    return mount(source, kept->path, NULL, BIND, NULL) == 0;
}

static bool hide(const char *place, uint64_t bytes)
{
    char options[64];

    if (access(place, F_OK) != 0)
        return true;
    snprintf(options, sizeof(options), "mode=755,nr_inodes=10000,size=%llu",
             (unsigned long long)bytes);
    return mount("tmpfs", place, "tmpfs", SAFE, options) == 0;
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof(of_the_system) / sizeof(of_the_system[0]);
         i++) {
        if (!strcmp(name, of_the_system[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (!strcmp(name, hidden[i] + 1))
            return true;
    }
    return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Another folder of /, and no link to one that is hidden or shown anyway. */
static int is_somebodys(const struct dirent *entry)
{
    char path[sizeof(entry->d_name) + 1];
    struct stat info;

    snprintf(path, sizeof(path), "/%s", entry->d_name);
    return !is_known(entry->d_name) && lstat(path, &info) == 0 &&
           S_ISDIR(info.st_mode);
}

static bool hide_all(void)
{
    struct dirent **found;
    bool good = true;

    for (size_t i = 0; good && i < sizeof(hidden) / sizeof(hidden[0]); i++)
        good = hide(hidden[i], HIDDEN_BYTES);
    int count = good ? scandir("/", &found, is_somebodys, alphasort) : -1;
    for (int i = 0; i < count; i++) {
        char *place = alloc_printf("/%s", found[i]->d_name);

        good = good && hide(place, HIDDEN_BYTES);
        free(place);
        free(found[i]);
    }
    if (count < 0)
        return false;
    free(found);
    return good;
}

/* What is to stay visible; returns how many, 0 when one is not there. */
static size_t keep_all(const struct confine *confine, struct kept *kept)
{
    size_t count = 0;
    bool good = keep(&kept[count++], confine->folder);

    kept[0].writable = confine->writable;
    for (size_t i = 0; good && confine->shown && confine->shown[i]; i++) {
        assert(i < CONFINE_SHOWN_MAX);
        good = keep(&kept[count++], confine->shown[i]);
    }
    for (size_t i = 0; good && i < DEVICES; i++) {
        if (access(devices[i], F_OK) == 0)
            good = keep(&kept[count++], devices[i]);
    }
    return good ? count : 0;
}

/* What programs expect beside the devices. */
static void make_links(void)
{
    static const char *const links[][2] = {
        {"/proc/self/fd", "/dev/fd"    },
        {"fd/0",          "/dev/stdin" },
        {"fd/1",          "/dev/stdout"},
        {"fd/2",          "/dev/stderr"},
    };

    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (symlink(links[i][0], links[i][1]) != 0)
            return;
    }
}

/* Hide all, show what was kept, and make everything read-only. */
static bool rearrange(const struct kept *kept, size_t count)
{
    if (!hide_all())
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!show(&kept[i]))
            return false;
    }
    make_links();
    return set_read_only("/", true, true) &&
           set_read_only("/tmp", false, false) &&
           (!kept[0].writable || set_read_only(kept[0].path, false, false)) &&
           chdir(kept[0].path) == 0;
}

/* 1: files are shut off; 0: this kernel does not do it, and all is as it was;
   -1: it went wrong half-way. */
static int shut_files(const struct confine *confine)
{
    struct kept kept[CONFINE_SHOWN_MAX + 1 + DEVICES] = {{0}};
    size_t count = keep_all(confine, kept);
    int result = count ? 0 : -1;

    if (count && can_set_read_only() && hide("/tmp", confine->scratch_bytes))
        result = rearrange(kept, count) ? 1 : -1;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (kept[i].path && kept[i].fd >= 0)
            close(kept[i].fd);
        free(kept[i].path);
    }
    return result;
}

/* Is this within a process that is shut off? Then the namespace of its user is
   its own already, with all rights there, and what it could be mapped by cannot
   be written any more. */
static bool is_within(uid_t uid)
{
    char own[64];
    char line[64] = "";
    FILE *file = fopen("/proc/self/uid_map", "re");
    bool same = false;

    snprintf(own, sizeof(own), "%10u %10u %10u\n", uid, uid, 1u);
    if (file) {
        same = fgets(line, sizeof(line), file) && !strcmp(line, own);
        fclose(file);
    }
    return same;
}

int confine_enter(const struct confine *confine)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    int holds = CONFINE_NETWORK | (confine->processes ? CONFINE_PROCESSES : 0);
    int apart = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
                (confine->processes ? CLONE_NEWPID : 0);

    /* When the machine has no memory left, this one ends first. */
    write_line("/proc/self/oom_score_adj", "1000");
    if (!is_within(uid) || unshare(apart) != 0) {
        if (unshare(CLONE_NEWUSER | apart) != 0)
            return 0;
        if (!map_user(uid, gid))
            return holds;
    }
    /* Who may make a namespace may have a /tmp in it as large as it likes. */
    write_line("/proc/sys/user/max_user_namespaces", "0");
    loopback_up();
    int files = shut_files(confine);
    if (files < 0)
        return -1;
    return holds | (files ? CONFINE_FILES : 0);
}

void confine_begin(void)
{
    process_end_with(0); /* it is outside, where no number can be seen */
    mount("proc", "/proc", "proc", SAFE | READ_ONLY, NULL);
}

void confine_drop_rights(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (unsigned long right = 0; right < 64; right++)
        prctl(PR_CAPBSET_DROP, right, 0, 0, 0);
}

/* ---- memory that no process has ---- */

#if defined(__x86_64__)
#define PROCESSOR AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define PROCESSOR AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define PROCESSOR AUDIT_ARCH_RISCV64
#endif

#ifdef PROCESSOR

/* Calls of old x86-64 programs with short pointers are the same with this. */
#define SHORT_POINTERS 0x40000000u

#define LOAD(member) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define WHEN(number, then, otherwise) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), (then), (otherwise))
#define END(action) BPF_STMT(BPF_RET | BPF_K, (action))

/* The calls are not there, as in a kernel that was built without them: programs
   that can do without do. What another processor's programs would call has
   other numbers, so they do not run. */
void confine_forbid_memory(void)
{
    struct sock_filter rules[] = {
        LOAD(arch),
        WHEN(PROCESSOR, 1, 0),
        END(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~SHORT_POINTERS),
        WHEN(SYS_memfd_create, 4, 0),
        WHEN(SYS_shmget, 3, 0),
        WHEN(SYS_msgget, 2, 0),
        WHEN(SYS_memfd_secret, 1, 0),
        END(SECCOMP_RET_ALLOW),
        END(SECCOMP_RET_ERRNO | ENOSYS),
    };
    const struct sock_fprog program = {.len = sizeof(rules) / sizeof(rules[0]),
                                       .filter = rules};

    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#else

void confine_forbid_memory(void)
{
}

#endif

/* ---- processes ---- */

bool confine_counts_processes(void)
{
    struct utsname system;
    char *end;

    if (uname(&system) != 0)
        return false;
    long major = strtol(system.release, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return major > 5 || (major == 5 && minor >= 14);
}

void confine_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static unsigned kill_children(void)
{
    char path[64];
    char pids[4096]; /* of more, the rest comes the next time */
    unsigned count = 0;
    char *end;

    snprintf(path, sizeof(path), "/proc/self/task/%ld/children",
             (long)getpid());
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t len = fread(pids, 1, sizeof(pids) - 1, file);
    fclose(file);
    pids[len] = '\0';
    for (char *pid = pids; pid[strspn(pid, " ")]; pid = end, count++) {
        long number = strtol(pid, &end, 10);

        if (end == pid || number <= 1)
            break;
        if (*end == ' ') /* a number that was not cut in two */
            kill((pid_t)number, SIGKILL);
    }
    return count;
}

void confine_end_children(void)
{
    while (kill_children() > 0) {
        if (waitpid(-1, NULL, 0) < 0)
            break;
    }
}

#else /* systems without namespaces */

int confine_enter(const struct confine *confine)
{
    (void)confine;
    return 0;
}

void confine_begin(void)
{
}

void confine_drop_rights(void)
{
}

void confine_forbid_memory(void)
{
}

bool confine_counts_processes(void)
{
    return false;
}

void confine_adopt(void)
{
}

void confine_end_children(void)
{
}

#endif
