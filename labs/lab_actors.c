#include "labs/lab_actors.h"

#include "base/alloc.h"
#include "base/process.h"
#include "wire/control.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 2000

static void announce(int control_fd, const char *client_ids)
{
    for (const char *at = client_ids; *at;) {
        size_t len = strcspn(at, " ");
        json_t *request =
            json_pack("{s:s, s:s%}", "cmd", "actor", "client", at, len);

        json_decref(control_request(control_fd, request, ANSWER_MS, NULL));
        json_decref(request);
        at += at[len] ? len + 1 : len;
    }
}

/*
 * The command is this program's by the clients' usual names: functions of the
 * shell stand in for links on the PATH.
 */
static void run(const struct lab_actor *actor, const char *program,
                uint16_t port)
{
    char *script = alloc_printf("mosquitto_pub() { '%s' pub \"$@\"; }\n"
                                "mosquitto_sub() { '%s' sub \"$@\"; }\n%s",
                                program, program, actor->command);
    char *number = alloc_printf("%u", (unsigned)port);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setpgid(0, 0);
    setenv("MQTTLAB_PORT", number, 1);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
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

void lab_actors_start(struct lab_actors *actors, const struct lab_step *step,
                      int control_fd, uint16_t port)
{
    if (actors->step == step)
        return;
    lab_actors_stop(actors);
    actors->step = step;
    char *program = process_self_path("mqttlab");
    for (size_t i = 0; i < step->actor_count && actors->count < LAB_ACTORS_MAX;
         i++) {
        announce(control_fd, step->actors[i].client_ids);
        pid_t pid = fork();
        if (pid == 0)
            run(&step->actors[i], program, port);
        if (pid > 0) {
            setpgid(pid, pid);
            actors->pids[actors->count++] = pid;
        }
    }
    free(program);
}
