#include "tui/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"

#define ARGS_MAX     16
#define FDS_MAX      1024
#define STEP_MS      10
#define STOP_WAIT_MS 3000

static void run(const char *program, const char *const argv[],
                const char *folder, int out)
{
    char *args[ARGS_MAX + 2] = {0};
    char name[] = "mqttlab";
    int in = open("/dev/null", O_RDONLY);

    args[0] = name;
    for (size_t i = 0; i < ARGS_MAX && argv[i]; i++)
        args[i + 1] = (char *)(uintptr_t)argv[i];
    if (folder && chdir(folder) != 0)
        _exit(127);
    setpgid(0, 0);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    /* What else is open, by us or by whoever started us, is not for it. */
    for (int fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++)
        close(fd);
    execv(program, args);
    _exit(127);
}

/* In the folder where it runs it is a file that can be read meanwhile. */
static FILE *open_said(const char *folder)
{
    if (!folder)
        return tmpfile();
    char *path = alloc_printf("%s/broker.log", folder);
    FILE *file = fopen(path, "w+");

    free(path);
    return file;
}

int child_start(struct child *child, const char *const argv[],
                const char *folder)
{
    char *program = process_self_path("mqttlab");
    int result = 0;

    *child = (struct child){.leash = -1, .said = open_said(folder)};
    if (!program || !child->said) {
        result = program ? -errno : -ENOENT;
        goto out;
    }
    fcntl(fileno(child->said), F_SETFD, FD_CLOEXEC);
    pid_t pid = process_fork(&child->leash);
    if (pid == 0)
        run(program, argv, folder, fileno(child->said));
    if (pid < 0)
        result = -errno;
    else
        child->pid = pid;
out:
    free(program);
    if (result && child->said) {
        fclose(child->said);
        child->said = NULL;
    }
    return result;
}

bool child_ended(struct child *child, int *status)
{
    int how = 0;

    if (!child->pid)
        return true;
    if (waitpid(child->pid, &how, WNOHANG) != child->pid)
        return false;
    child->pid = 0;
    process_unleash(&child->leash);
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    return true;
}

int child_wait(struct child *child, int timeout_ms)
{
    int status = -1;

    for (int waited = 0; waited <= timeout_ms; waited += STEP_MS) {
        if (child_ended(child, &status))
            return status;
        poll(NULL, 0, STEP_MS);
    }
    return -1;
}

void child_output(const struct child *child, struct buf *out)
{
    char text[4096];
    ssize_t got;
    off_t at = 0;

    /* The child writes through the same file description: its place must
       not be moved. */
    while (child->said &&
           (got = pread(fileno(child->said), text, sizeof(text), at)) > 0) {
        buf_append(out, text, (size_t)got);
        at += got;
    }
}

void child_stop(struct child *child)
{
    if (child->pid) {
        kill(child->pid, SIGTERM);
        if (child_wait(child, STOP_WAIT_MS) == -1 && child->pid) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, NULL, 0);
            process_unleash(&child->leash);
        }
    }
    if (child->said)
        fclose(child->said);
    *child = (struct child){.leash = -1};
}
