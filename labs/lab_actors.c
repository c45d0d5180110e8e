#include "labs/lab_actors.h"

#include "base/alloc.h"
#include "base/process.h"
#include "wire/control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS   2000
#define LAB_BROKERS 32

/* Tell the broker on port who these clients will be. */
static void announce(const char *client_ids, uint16_t port)
{
    struct control_broker brokers[LAB_BROKERS];
    int count = control_find(brokers, LAB_BROKERS);
    int fd = -1;

    for (int i = 0; i < count && fd < 0; i++) {
        if (brokers[i].port == port)
            fd = control_connect(brokers[i].path);
    }
    for (const char *at = client_ids; fd >= 0 && *at;) {
        size_t len = strcspn(at, " ");
        json_t *request = json_pack("{s:s, s:s, s:s%}", "cmd", "actor", "actor",
                                    "script", "client", at, len);

        json_decref(control_request(fd, request, ANSWER_MS, NULL));
        json_decref(request);
        at += at[len] ? len + 1 : len;
    }
    if (fd >= 0)
        close(fd);
}

/*
 * The command is this program's by the clients' usual names: functions of the
 * shell stand in for links on the PATH. The shell waits in a way that lets it
 * pass on SIGTERM to the client it has started.
 */
static void run(const char *command, const char *folder, uint16_t port,
                pid_t parent)
{
    char *program = process_self_path("mqttlab");
    char *script = alloc_printf("mosquitto_pub() { '%s' pub \"$@\"; }\n"
                                "mosquitto_sub() { '%s' sub \"$@\"; }\n"
                                "mqttlab() { '%s' \"$@\"; }\n"
                                "trap 'trap - TERM; kill 0' TERM\n"
                                "{\n%s\n} & wait\n",
                                program, program, program, command);
    char *number = alloc_printf("%u", (unsigned)port);
    int in = open("/dev/null", O_RDWR | O_CLOEXEC);
    int out = in;

    setpgid(0, 0);
    process_end_with(parent);
    setenv("MQTTLAB_PORT", number, 1);
    if (folder && chdir(folder) == 0)
        out = open("run.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
}

static int start(struct lab_actors *actors, const char *command,
                 const char *folder, uint16_t port)
{
    if (actors->count == LAB_ACTORS_MAX)
        return -EAGAIN;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        run(command, folder, port, parent);
    if (pid < 0)
        return -errno;
    setpgid(pid, pid);
    actors->pids[actors->count++] = pid;
    return 0;
}

void lab_actors_stop(struct lab_actors *actors)
{
    for (size_t i = 0; i < actors->count; i++) {
        kill(-actors->pids[i], SIGTERM);
        kill(actors->pids[i], SIGTERM);
        waitpid(actors->pids[i], NULL, 0);
    }
    *actors = (struct lab_actors){0};
}

/* Those that have ended by themselves make room. */
static void reap(struct lab_actors *actors)
{
    size_t kept = 0;

    for (size_t i = 0; i < actors->count; i++) {
        if (waitpid(actors->pids[i], NULL, WNOHANG) == 0)
            actors->pids[kept++] = actors->pids[i];
    }
    actors->count = kept;
}

int lab_actors_run(struct lab_actors *actors, const char *command,
                   const char *folder, uint16_t port)
{
    reap(actors);
    return start(actors, command, folder, port);
}

void lab_actors_start(struct lab_actors *actors, const struct lab_step *step,
                      uint16_t port)
{
    if (actors->step == step)
        return;
    lab_actors_stop(actors);
    actors->step = step;
    for (size_t i = 0; i < step->actor_count; i++) {
        announce(step->actors[i].client_ids, port);
        start(actors, step->actors[i].command, NULL, port);
    }
}
