#include "labs/lab_actors.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/process.h"
#include "labs/lab_broker.h"
#include "labs/links.h"
#include "wire/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 2000
#define GRACE_MS  1000 /* to say goodbye in, before they are killed */

/* Tell the broker on port who these clients will be: "script" or "student". */
static void announce(const char *client_ids, uint16_t port, const char *who)
{
    int fd = lab_broker_control(port);

    for (const char *at = client_ids; fd >= 0 && *at;) {
        size_t len = strcspn(at, " ");
        json_t *request = json_pack("{s:s, s:s, s:s%}", "cmd", "actor", "actor",
                                    who, "client", at, len);

        json_decref(control_request(fd, request, ANSWER_MS, NULL));
        json_decref(request);
        at += at[len] ? len + 1 : len;
    }
    if (fd >= 0)
        close(fd);
}

/* The lectures' commands are this program, as in `mqttlab shell`. */
static void set_path(void)
{
    char runtime[256];

    if (control_directory(runtime, sizeof(runtime)) != 0)
        return;
    char *folder = alloc_printf("%s/bin", runtime);
    char *path = links_path(folder);

    if (links_make(folder) == 0)
        setenv("PATH", path, 1);
    free(path);
    free(folder);
}

/* The shell waits in a way that lets it pass on SIGTERM to the client it has
   started. */
static void run(const char *command, const char *folder, bool logged,
                uint16_t port)
{
    char *script = alloc_printf("trap 'trap - TERM; kill 0' TERM\n"
                                "{\n%s\n} & wait\n",
                                command);
    char *number = alloc_printf("%u", (unsigned)port);
    int in = open("/dev/null", O_RDWR | O_CLOEXEC);
    int out = in;

    setpgid(0, 0);
    set_path();
    setenv("MQTTLAB_PORT", number, 1);
    if (folder && chdir(folder) == 0 && logged)
        out =
            open("run.log",
                 O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0600);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
}

static int start(struct lab_actors *actors, const char *command,
                 const char *folder, bool logged, uint16_t port)
{
    if (actors->count == LAB_ACTORS_MAX)
        return -EAGAIN;
    int leash;
    pid_t pid = process_fork(&leash);
    if (pid == 0)
        run(command, folder, logged, port);
    if (pid < 0)
        return -errno;
    setpgid(pid, pid);
    actors->leashes[actors->count] = leash;
    actors->brokers[actors->count] = false;
    actors->commands[actors->count] = alloc_string(command);
    actors->pids[actors->count++] = pid;
    return 0;
}

/* Has all of its group gone? The shell itself is waited for here. */
static bool is_gone(pid_t pid, bool *reaped)
{
    if (!*reaped)
        *reaped = waitpid(pid, NULL, WNOHANG) != 0;
    return *reaped && kill(-pid, 0) != 0;
}

/* Put what is at one place at another one. */
static void keep(struct lab_actors *actors, size_t from, size_t to)
{
    actors->pids[to] = actors->pids[from];
    actors->leashes[to] = actors->leashes[from];
    actors->brokers[to] = actors->brokers[from];
    actors->commands[to] = actors->commands[from];
}

static void end(struct lab_actors *actors, size_t i, uint64_t deadline)
{
    bool reaped = false;

    while (!is_gone(actors->pids[i], &reaped) &&
           clock_read_monotonic_ns() < deadline)
        poll(NULL, 0, 2);
    kill(-actors->pids[i], SIGKILL);
    if (!reaped)
        waitpid(actors->pids[i], NULL, 0);
    process_unleash(&actors->leashes[i]);
    free(actors->commands[i]);
}

static void stop(struct lab_actors *actors, bool brokers)
{
    uint64_t deadline = clock_read_monotonic_ns() + GRACE_MS * CLOCK_NS_PER_MS;
    size_t kept = 0;

    for (size_t i = 0; i < actors->count; i++) {
        if (brokers || !actors->brokers[i])
            kill(-actors->pids[i], SIGTERM);
    }
    for (size_t i = 0; i < actors->count; i++) {
        if (brokers || !actors->brokers[i])
            end(actors, i, deadline);
        else
            keep(actors, i, kept++);
    }
    actors->count = kept;
    /* Who takes one of their names now is the student. */
    for (size_t i = 0; actors->step && i < actors->step->actor_count; i++)
        announce(actors->step->actors[i].client_ids, actors->port, "student");
    actors->step = NULL;
}

void lab_actors_leave(struct lab_actors *actors)
{
    stop(actors, false);
}

void lab_actors_stop(struct lab_actors *actors)
{
    stop(actors, true);
}

/* Those that have ended by themselves make room. */
static void reap(struct lab_actors *actors)
{
    size_t kept = 0;

    for (size_t i = 0; i < actors->count; i++) {
        if (waitpid(actors->pids[i], NULL, WNOHANG) != 0) {
            process_unleash(&actors->leashes[i]);
            free(actors->commands[i]);
            continue;
        }
        keep(actors, i, kept++);
    }
    actors->count = kept;
}

static bool is_broker(const char *command)
{
    return !strncmp(command, "mosquitto ", 10) ||
           !strncmp(command, "mqttlab broker ", 15);
}

int lab_actors_run(struct lab_actors *actors, const char *command,
                   const char *folder, uint16_t port)
{
    reap(actors);
    for (size_t i = 0; i < actors->count; i++) {
        if (!strcmp(actors->commands[i], command))
            return -EALREADY;
    }
    int result = start(actors, command, folder, true, port);
    if (!result)
        actors->brokers[actors->count - 1] = is_broker(command);
    return result;
}

bool lab_actors_run_broker(struct lab_actors *actors)
{
    bool runs = false;

    reap(actors);
    for (size_t i = 0; i < actors->count; i++)
        runs = runs || actors->brokers[i];
    return runs;
}

void lab_actors_start(struct lab_actors *actors, const struct lab_step *step,
                      const char *folder, uint16_t port)
{
    if (actors->step == step)
        return;
    lab_actors_leave(actors);
    actors->step = step;
    actors->port = port;
    for (size_t i = 0; i < step->actor_count; i++) {
        announce(step->actors[i].client_ids, port, "script");
        start(actors, step->actors[i].command, folder, false, port);
    }
}
