/*
 * Four processes: the caller; a supervisor that keeps the time and ends
 * everything; the first process of the new world, whose end is everybody's end
 * there; and the program.
 */
#include "base/sandbox.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/process.h"
#include "base/usage.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define MAX_FILES 256
#define REPORT_FD 3     /* of the supervisor */
#define LOOK_US   50000 /* between its looks at what the program takes */

/* What the supervisor is told by those that it cannot wait for. */
struct told {
    bool refused; /* value is an errno: it is not the program that ended */
    int value;    /* else how the program ended, as waitpid has it */
};

/* What the supervisor says: who the program is, and at the end how it ended. */
struct report {
    pid_t program; /* leader of its group; 0: this is the end */
    enum sandbox_end end;
    int status;
    unsigned holds;
};

/* ---- the program's own process ---- */

static void set_limit(int what, rlim_t value)
{
    const struct rlimit limit = {.rlim_cur = value, .rlim_max = value};

    setrlimit(what, &limit);
}

static void set_limits(const struct sandbox *sandbox, unsigned holds)
{
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_CPU, sandbox->timeout_s);
    set_limit(RLIMIT_FSIZE, sandbox->file_bytes);
    set_limit(RLIMIT_NOFILE, MAX_FILES);
    if (sandbox->memory_bytes)
        set_limit(RLIMIT_AS, sandbox->memory_bytes);
    /* Elsewhere the processes that the user has outside would count, too. */
    if ((holds & CONFINE_PROCESSES) && confine_counts_processes())
        set_limit(RLIMIT_NPROC, SANDBOX_PROCESSES);
}

/* All but those two. */
static void close_from(int first, const int spared[2])
{
    long last = sysconf(_SC_OPEN_MAX);

    for (int fd = first; fd < (last > 0 && last < 65536 ? (int)last : 65536);
         fd++) {
        if (fd != spared[0] && fd != spared[1])
            close(fd);
    }
}

/* Is the name of NAME=VALUE among them? */
static bool is_given(const char *const *environment, const char *entry)
{
    size_t len = strcspn(entry, "=") + 1;

    for (size_t i = 0; environment && environment[i]; i++) {
        if (!strncmp(environment[i], entry, len))
            return true;
    }
    return false;
}

static char **make_environment(const struct sandbox *sandbox,
                               const char *scratch)
{
    const char *const *given = sandbox->environment;
    char *own[] = {alloc_string("PATH=/usr/local/bin:/usr/bin:/bin"),
                   alloc_string("LANG=C.UTF-8"),
                   alloc_printf("HOME=%s", scratch),
                   alloc_printf("TMPDIR=%s", scratch)};
    size_t own_count = sizeof(own) / sizeof(own[0]);
    size_t count = 0;

    while (given && given[count])
        count++;
    char **environment = alloc_zero(count + own_count + 1, sizeof(char *));
    for (size_t i = 0; i < count; i++)
        environment[i] = alloc_string(given[i]);
    for (size_t i = 0; i < own_count; i++) {
        if (is_given(given, own[i]))
            free(own[i]);
        else
            environment[count++] = own[i];
    }
    return environment;
}

static void tell(int fd, bool refused, int value)
{
    const struct told told = {.refused = refused, .value = value};

    if (write(fd, &told, sizeof(told)) != sizeof(told))
        _exit(126);
}

/* Never returns. What it cannot do it says through told. */
static void become(const struct sandbox *sandbox, unsigned holds,
                   const char *scratch, int told)
{
    size_t count = 0;

    while (sandbox->argv[count])
        count++;
    char **argv = alloc_zero(count + 1, sizeof(argv[0]));
    for (size_t i = 0; i < count; i++)
        argv[i] = alloc_string(sandbox->argv[i]);
    char **environment =
        make_environment(sandbox, holds & CONFINE_FILES ? "/tmp" : scratch);

    static const int nothing[2] = {-1, -1};
    sigset_t none;

    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    dup2(told, 3);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    close_from(4, nothing);
    confine_drop_rights();
    confine_forbid_memory();
    set_limits(sandbox, holds);
    environ = environment; /* execvp searches its PATH */
    execvp(argv[0], argv);
    tell(3, true, errno);
    _exit(127);
}

/* The first process of a world: waits for the program, and tells of its end. */
static void reap(const struct sandbox *sandbox, unsigned holds,
                 const char *scratch, int told)
{
    int status = 0;
    pid_t ended;

    confine_begin();
    pid_t program = fork();
    if (program == 0)
        become(sandbox, holds, scratch, told);
    if (program < 0) {
        tell(told, true, errno);
        _exit(127);
    }
    do {
        ended = waitpid(-1, &status, 0);
    } while (ended != program && (ended > 0 || errno == EINTR));
    tell(told, false, status);
    _exit(0);
}

/* ---- the supervisor ---- */

static void wake_up(int signum)
{
    (void)signum;
}

static void set_input_and_output(int output)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    dup2(null, 0);
    dup2(output, 1);
    dup2(output, 2);
}

/* Does it take more than it may? The first process of its world is one more. */
static bool is_too_large(const struct sandbox *sandbox, int table)
{
    struct usage usage;

    usage_measure(table, SANDBOX_PROCESSES + 2, &usage);
    return usage.processes > SANDBOX_PROCESSES + 1 ||
           (sandbox->memory_bytes && usage.bytes > sandbox->memory_bytes);
}

static void look_often(void)
{
    const struct itimerval often = {.it_interval = {.tv_usec = LOOK_US},
                                    .it_value = {.tv_usec = LOOK_US}};

    setitimer(ITIMER_REAL, &often, NULL);
}

/* Until the child ends, or has to be ended: why. */
static enum sandbox_end wait_for(const struct sandbox *sandbox, pid_t child,
                                 const sigset_t *signals, int table,
                                 int *status)
{
    uint64_t until_ns =
        clock_read_monotonic_ns() + sandbox->timeout_s * CLOCK_NS_PER_S;
    int signum;

    for (;;) {
        if (waitpid(child, status, WNOHANG) == child)
            return SANDBOX_EXITED;
        if (sigwait(signals, &signum) != 0 || signum == SIGTERM)
            return SANDBOX_LATE;
        if (clock_read_monotonic_ns() >= until_ns)
            return SANDBOX_LATE;
        if (is_too_large(sandbox, table))
            return SANDBOX_TOO_LARGE;
    }
}

/* How it ended: as was told, else as its process ended. */
static void take_end(struct report *report, int status, int told_fd)
{
    struct told told;

    fcntl(told_fd, F_SETFL, O_NONBLOCK);
    while (read(told_fd, &told, sizeof(told)) == sizeof(told)) {
        if (told.refused) {
            report->end = SANDBOX_NOT_STARTED;
            report->status = told.value;
            return;
        }
        status = told.value;
    }
    bool killed = WIFSIGNALED(status);
    report->end = killed ? SANDBOX_KILLED : SANDBOX_EXITED;
    report->status = killed ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* The program's first process, in the world that was made. */
static pid_t start_program(const struct sandbox *sandbox, unsigned holds,
                           const char *scratch, const int told[2])
{
    pid_t supervisor = getpid();
    pid_t child = fork();

    if (child != 0)
        return child;
    setpgid(0, 0);
    close(told[0]);
    if (holds & CONFINE_PROCESSES)
        reap(sandbox, holds, scratch, told[1]);
    process_end_with(supervisor);
    become(sandbox, holds, scratch, told[1]);
    return 0;
}

static bool say(const struct report *report)
{
    return write(REPORT_FD, report, sizeof(*report)) == sizeof(*report);
}

static void watch(const struct sandbox *sandbox, const char *scratch,
                  const sigset_t *signals, const int told[2],
                  struct report *report)
{
    const struct confine confine = {.folder = sandbox->folder,
                                    .shown = sandbox->shown,
                                    .scratch_bytes = sandbox->file_bytes,
                                    .processes = true};
    int status = 0;

    *report = (struct report){.end = SANDBOX_NOT_STARTED, .status = EAGAIN};
    int holds = chdir(sandbox->folder) == 0 ? confine_enter(&confine) : -1;
    if (holds < 0 || told[0] < 0)
        return;
    report->holds = (unsigned)holds;
    if (sandbox->needs & ~report->holds) {
        report->status = ENOTSUP;
        return;
    }
    confine_adopt();
    int table = usage_open_table();
    pid_t child = start_program(sandbox, report->holds, scratch, told);
    close(told[1]);
    if (child < 0)
        return;
    say(&(struct report){.program = child});
    look_often();
    report->end = wait_for(sandbox, child, signals, table, &status);
    if (report->end == SANDBOX_EXITED) {
        take_end(report, status, told[0]);
    } else {
        kill(child, SIGKILL);
    }
    kill(-child, SIGKILL);
    confine_end_children();
}

/* In a process of its own, which never returns. */
static void supervise(const struct sandbox *sandbox, const char *scratch,
                      int output, int result)
{
    int told[2] = {-1, -1};
    struct report report;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGALRM);
    sigaddset(&signals, SIGTERM);
    signal(SIGCHLD, wake_up); /* what is ignored is not waited for everywhere */
    sigprocmask(SIG_SETMASK, &signals, NULL);
    setsid();
    set_input_and_output(output);
    dup2(result, REPORT_FD);
    /* Before the others are closed, for a library may remember one of them and
       close its number at the next fork, whosever it is then (libuv does). */
    if (pipe(told) != 0)
        told[0] = told[1] = -1;
    close_from(REPORT_FD + 1, told);
    watch(sandbox, scratch, &signals, told, &report);
    _exit(say(&report) ? 0 : 1);
}

/* ---- the caller ---- */

static int remove_entry(const char *path, const struct stat *info, int type,
                        struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    remove(path);
    return 0;
}

/* Both ends of a pipe are closed in programs that are executed. */
static bool make_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

/* Fork the supervisor; what it needs is in the process. 0 or a negative
   errno. */
static int fork_supervisor(struct sandbox_process *process,
                           const struct sandbox *sandbox)
{
    int output[2];
    int report[2];

    if (!make_pipe(output))
        return -errno;
    if (!make_pipe(report)) {
        int error = errno;

        close(output[0]);
        close(output[1]);
        return -error;
    }
    fflush(NULL);
    pid_t pid = process_fork(&process->leash);
    if (pid == 0)
        supervise(sandbox, process->scratch, output[1], report[1]);
    int error = errno;
    close(output[1]);
    close(report[1]);
    process->output = output[0];
    process->report = report[0];
    if (pid > 0) {
        fcntl(output[0], F_SETFL, O_NONBLOCK);
        process->supervisor = pid;
        return 0;
    }
    close(output[0]);
    close(report[0]);
    return -error;
}

void sandbox_start(struct sandbox_process *process,
                   const struct sandbox *sandbox)
{
    assert(sandbox->folder[0] ==
           '/'); /* it is looked for from elsewhere, too */
    *process =
        (struct sandbox_process){.output_bytes = sandbox->output_bytes,
                                 .scratch = "/tmp/mqttlab-scratch.XXXXXX",
                                 .result = {.end = SANDBOX_NOT_STARTED}};
    int result = mkdtemp(process->scratch) ? 0 : -errno;
    if (!result) {
        result = fork_supervisor(process, sandbox);
        if (result)
            rmdir(process->scratch);
    }
    process->result.status = -result;
}

static void read_output(struct sandbox_process *process)
{
    struct buf *output = &process->result.output;
    ssize_t got = 1;

    while (got > 0 && !process->too_much) {
        got = read(process->output, buf_reserve(output, 65536), 65536);
        if (got > 0)
            output->len += (uint32_t)got;
        if (output->len > process->output_bytes) {
            process->too_much = true;
            output->len = process->output_bytes;
            kill(process->supervisor, SIGTERM);
        }
    }
}

/* The supervisor has ended, so all have. */
static void finish(struct sandbox_process *process)
{
    process_unleash(&process->leash);
    close(process->output);
    close(process->report);
    nftw(process->scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    process->supervisor = 0;
}

static void take_report(struct sandbox_process *process)
{
    struct report report;

    bool said =
        read(process->report, &report, sizeof(report)) == sizeof(report);
    if (said && report.program) {
        process->program = report.program;
        return;
    }
    if (!said) { /* somebody has killed the supervisor */
        report = (struct report){.end = SANDBOX_KILLED, .status = SIGKILL};
        if (process->program)
            kill(-process->program, SIGKILL);
    }
    kill(-process->supervisor, SIGKILL);
    waitpid(process->supervisor, NULL, 0);
    read_output(process);
    process->result.end = process->too_much ? SANDBOX_TOO_MUCH : report.end;
    process->result.status = report.status;
    process->result.holds = report.holds;
    finish(process);
}

bool sandbox_look(struct sandbox_process *process, int wait_ms)
{
    struct pollfd fds[2] = {
        {.fd = process->report, .events = POLLIN},
        {.fd = process->output, .events = POLLIN}
    };

    while (process->supervisor) {
        /* Output that has ended, or is not wanted, is no reason to wake up. */
        if (process->too_much)
            fds[1].fd = -1;
        int ready = poll(fds, 2, wait_ms);

        if (ready <= 0 && wait_ms >= 0)
            return false;
        if (ready <= 0)
            continue; /* a signal came */
        if (fds[1].revents & POLLIN)
            read_output(process);
        else if (fds[1].revents)
            fds[1].fd = -1;
        if (fds[0].revents)
            take_report(process);
    }
    return true;
}

void sandbox_stop(struct sandbox_process *process)
{
    if (process->supervisor) {
        kill(process->supervisor, SIGTERM);
        sandbox_look(process, -1);
    }
    sandbox_result_release(&process->result);
    *process = (struct sandbox_process){0};
}

void sandbox_run(const struct sandbox *sandbox, struct sandbox_result *result)
{
    struct sandbox_process process;

    sandbox_start(&process, sandbox);
    sandbox_look(&process, -1);
    *result = process.result;
}

void sandbox_result_release(struct sandbox_result *result)
{
    buf_release(&result->output);
}

char *sandbox_describe(const struct sandbox_result *result)
{
    switch (result->end) {
    case SANDBOX_EXITED:
        return alloc_printf("ended with status %d", result->status);
    case SANDBOX_KILLED:
        return alloc_printf("was killed by signal %d", result->status);
    case SANDBOX_LATE: return alloc_string("took too long and was ended");
    case SANDBOX_TOO_MUCH: return alloc_string("wrote too much and was ended");
    case SANDBOX_TOO_LARGE:
        return alloc_string("had too many processes, or took too much memory, "
                            "and was ended");
    case SANDBOX_NOT_STARTED:
        return alloc_printf("could not be started: %s",
                            strerror(result->status));
    }
    return NULL;
}
