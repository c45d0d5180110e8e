#define _GNU_SOURCE /* nftw */

#include "labs/lab_bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/process.h"
#include "labs/lab_drain.h"
#include "labs/links.h"
#include "labs/ports.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT_SECONDS 60
#define SETTLE_MS      3000 /* a script's packets are judged within this */
#define QUIET_TURNS    30   /* of 10 ms: nothing more comes */
#define GONE_TURNS     10   /* likewise */
#define GONE_MS        1000
#define PORT_TRIES     20

/* ---- a place to run in ---- */

static int remove_one(const char *path, const struct stat *info, int kind,
                      struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void make_folder(const char *folder, const char *name)
{
    char *path = alloc_printf("%s/%s", folder, name);

    mkdir(path, 0700);
    free(path);
}

/* A broker as the lab wants it: on the port that its texts name, or, if a
   stranger has taken that, on another one. */
static bool open_broker(struct lab_bench *bench, char *error, size_t error_size)
{
    struct free_port *port = &bench->ports[PORTS_MQTT];
    int result = -EADDRINUSE;

    for (int i = 0; result && i < PORT_TRIES; i++) {
        if (i) {
            free_port_release(port);
            if (free_port_take(port) < 0)
                return false;
        }
        result =
            lab_broker_open(&bench->broker, port->number, bench->live.run->lab,
                            bench->files, error, error_size);
    }
    if (!result)
        live_new_source(&bench->live);
    return !result;
}

bool lab_bench_begin(struct lab_bench *bench, const char *path,
                     const char *student, char *error, size_t error_size)
{
    *bench = (struct lab_bench){
        .live = {.workspace.lock_fd = -1, .journal.fd = -1},
        .broker = {.control_fd = -1,        .leash = -1     },
    };
    snprintf(bench->folder, sizeof(bench->folder), "/tmp/mqttlab-test.XXXXXX");
    if (!mkdtemp(bench->folder)) {
        snprintf(error, error_size, "/tmp: %s", strerror(errno));
        bench->folder[0] = '\0';
        return false;
    }
    make_folder(bench->folder, "run");
    char *bin = alloc_printf("%s/bin", bench->folder);
    int result = links_make(bin);
    free(bin);
    if (result) {
        snprintf(error, error_size, "%s: %s", bench->folder, strerror(-result));
        return false;
    }
    char *runtime = alloc_printf("%s/run", bench->folder);
    setenv("MQTTLAB_RUNTIME_DIR", runtime, 1);
    setenv("XDG_DATA_HOME", bench->folder, 1);
    free(runtime);
    bench->files = alloc_printf("%s/work", bench->folder);
    result = ports_choose_free(bench->ports);
    if (result) {
        snprintf(error, error_size, "no port is free: %s", strerror(-result));
        return false;
    }
    return live_open(&bench->live, path, bench->files, student, error,
                     error_size) == 0 &&
           open_broker(bench, error, error_size);
}

void lab_bench_end(struct lab_bench *bench)
{
    lab_actors_stop(&bench->actors);
    lab_broker_close(&bench->broker);
    live_close(&bench->live);
    for (size_t i = 0; i < PORTS_COUNT; i++)
        free_port_release(&bench->ports[i]);
    if (bench->folder[0])
        nftw(bench->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(bench->files);
    bench->files = NULL;
}

/* ---- running scripts ---- */

void lab_bench_drain(struct lab_bench *bench)
{
    lab_drain(&bench->live, &bench->broker, &bench->actors);
}

static void run_shell(const struct lab_bench *bench, const char *script)
{
    char *bin = alloc_printf("%s/bin", bench->folder);
    char *path = links_path(bin);
    char *port = alloc_printf("%u", (unsigned)bench->broker.port);
    char *log = alloc_printf("%s/script.log", bench->folder);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    setenv("PATH", path, 1);
    setenv("MQTTLAB_PORT", port, 1);
    setenv("MQTTLAB_LAB_DIR", bench->files, 1);
    setenv("HOME", bench->folder, 1);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    if (chdir(bench->files) == 0)
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
}

/* Wait until nothing has come for so many turns, or the step is complete where
   that is enough; no longer than ms. */
static void wait_for_quiet(struct lab_bench *bench, unsigned turns, unsigned ms,
                           bool complete_is_enough)
{
    uint64_t deadline = clock_read_monotonic_ns() + ms * CLOCK_NS_PER_MS;
    uint64_t before = 0;

    for (unsigned quiet = 0;
         quiet < turns && clock_read_monotonic_ns() < deadline &&
         !(complete_is_enough &&
           lab_run_step_complete(live_step(&bench->live)));) {
        lab_bench_drain(bench);
        uint64_t now = history_end(bench->live.run->history);
        quiet = now == before ? quiet + 1 : 0;
        before = now;
        poll(NULL, 0, 10);
    }
}

/* What the student stopped is there again when the next step begins. */
static void reopen_broker(struct lab_bench *bench)
{
    char error[400];

    lab_broker_close(&bench->broker);
    open_broker(bench, error, sizeof(error));
}

bool lab_bench_run(struct lab_bench *bench, const char *script)
{
    uint64_t deadline =
        clock_read_monotonic_ns() + SCRIPT_SECONDS * CLOCK_NS_PER_S;
    int status = 0;
    int leash;
    pid_t pid = process_fork(&leash);

    if (pid == 0)
        run_shell(bench, script);
    if (pid < 0)
        return false; /* and kill nobody: -1 stands for everybody */
    setpgid(pid, pid);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        lab_bench_drain(bench);
        if (clock_read_monotonic_ns() > deadline)
            kill(-pid, SIGKILL);
        poll(NULL, 0, 5);
    }
    wait_for_quiet(bench, QUIET_TURNS, SETTLE_MS, true);
    kill(-pid, SIGKILL);
    process_unleash(&leash);
    /* Until the broker has seen that those who were killed are gone: what it
       does then must not count for the next step. */
    wait_for_quiet(bench, GONE_TURNS, GONE_MS, false);
    if (!lab_broker_alive(&bench->broker))
        reopen_broker(bench);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void lab_bench_watch(struct lab_bench *bench, unsigned ms)
{
    uint64_t end = clock_read_monotonic_ns() + ms * CLOCK_NS_PER_MS;

    while (clock_read_monotonic_ns() < end) {
        lab_bench_drain(bench);
        poll(NULL, 0, 10);
    }
}

/* ---- the student's files ---- */

/* What is not the student's, as patterns of the shell. */
#define NOT_THEIRS "journal|recording-*|student|backup-*|broker.*"

static void run_at_once(const struct lab_bench *bench, const char *script)
{
    pid_t pid = fork();

    if (pid == 0)
        run_shell(bench, script);
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

void lab_bench_keep(struct lab_bench *bench)
{
    run_at_once(bench, "rm -rf ../keep && mkdir ../keep && for f in *; do "
                       "case $f in " NOT_THEIRS ") ;; "
                       "*) cp -Rp \"$f\" ../keep/ ;; esac; done");
}

void lab_bench_again(struct lab_bench *bench)
{
    const struct lab *lab = bench->live.run->lab;

    lab_actors_stop(&bench->actors);
    if (!lab->config)
        lab_broker_reset(bench->broker.port);
    lab_bench_drain(bench);
    lab_actors_stop(&bench->actors); /* the last turn has started them */
    if (lab->config)
        lab_broker_close(&bench->broker);
    live_reset_step(&bench->live);
    run_at_once(bench, "for f in *; do case $f in " NOT_THEIRS ") ;; "
                       "*) rm -rf \"$f\" ;; esac; done; cp -Rp ../keep/. .");
    if (lab->config) {
        run_at_once(bench, "rm -f broker.db*");
        reopen_broker(bench);
    }
}
