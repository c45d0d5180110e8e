#include "labs/lab_broker.h"

#include "base/alloc.h"
#include "base/process.h"
#include "labs/ports.h"
#include "wire/control.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_BROKERS  32
#define ANSWER_MS    2000
#define START_TRIES  500
#define START_TRY_MS 30
#define STOP_TRIES   60
#define QUOTED_BYTES 300 /* of the log: some three lines */

static bool pick(const struct control_broker *brokers, int count, uint16_t port,
                 struct control_broker *found)
{
    for (int i = 0; i < count; i++) {
        if (brokers[i].port != port)
            continue;
        *found = brokers[i];
        return true;
    }
    return false;
}

/* A broker that was started without the plain port is known by another one. */
static int find_on(uint16_t port, struct control_broker *found)
{
    struct control_broker brokers[MAX_BROKERS];
    int count = control_find(brokers, MAX_BROKERS);
    bool there = pick(brokers, count, port, found);

    for (int i = PORTS_TLS; !there && i < PORTS_COUNT; i++)
        there = pick(brokers, count, ports_number((enum ports_kind)i), found);
    return there ? 0 : -ENOENT;
}

static int attach(struct lab_broker *broker, const struct control_broker *to)
{
    int fd = control_attach(to->path, ANSWER_MS, &broker->reader);

    if (fd < 0)
        return fd;
    broker->control_fd = fd;
    broker->attached = true;
    broker->pid = to->pid;
    return 0;
}

/* Attach to the broker on the port that was asked for. */
static int find(struct lab_broker *broker)
{
    struct control_broker found;
    int result = find_on(broker->port, &found);

    return result ? result : attach(broker, &found);
}

static void detach(struct lab_broker *broker)
{
    if (!broker->attached)
        return;
    tap_reader_close(&broker->reader);
    close(broker->control_fd);
    broker->control_fd = -1;
    broker->attached = false;
}

/* ---- starting one ---- */

/* Does a line begin with this word? */
static bool has_setting(const char *lines, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = lines; at && *at;) {
        if (!strncmp(at, word, len) && strchr(" \t\n", at[len]))
            return true;
        at += strcspn(at, "\n");
        at += strspn(at, "\n");
    }
    return false;
}

static bool write_conf(const char *path, const char *lines, uint16_t port)
{
    FILE *file = fopen(path, "we");

    if (!file)
        return false;
    if (lines)
        fputs(lines, file);
    if (!has_setting(lines, "listener"))
        fprintf(file, "listener %u 127.0.0.1\n", (unsigned)port);
    if (!has_setting(lines, "allow_anonymous"))
        fputs("allow_anonymous true\n", file);
    return fclose(file) == 0;
}

const char *lab_broker_config(const struct lab *lab, const char *folder,
                              uint16_t port)
{
    if (lab->config)
        return lab->config;
    char *path = alloc_printf("%s/broker.conf", folder);
    bool good = write_conf(path, lab->broker, port);

    free(path);
    return good ? "broker.conf" : NULL;
}

/* In the student's folder, so that a configuration can name files there. */
static void run_broker(const char *folder, const char *conf, uint16_t port)
{
    char *program = process_self_path("mqttlab");
    char *number = alloc_printf("%u", (unsigned)port);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (chdir(folder) != 0)
        _exit(127);
    int out =
        open("broker.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    setpgid(0, 0); /* Ctrl-C is for the lab, not for its broker */
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    execl(program, "mqttlab", "broker", "-c", conf, "-p", number, "-v",
          (char *)NULL);
    _exit(127);
}

static int wait_for_start(struct lab_broker *broker)
{
    for (int i = 0; i < START_TRIES; i++) {
        int status;

        if (find(broker) == 0)
            return 0;
        if (waitpid(broker->child, &status, WNOHANG) == broker->child) {
            broker->child = 0;
            return -ECHILD;
        }
        poll(NULL, 0, START_TRY_MS);
    }
    return -ETIMEDOUT;
}

/* Add the last lines of the broker's log to what is in error. */
static void quote_log(const char *folder, char *error, size_t error_size)
{
    char *path = alloc_printf("%s/broker.log", folder);
    char end[QUOTED_BYTES + 1] = "";
    int log = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;

    free(path);
    if (log < 0)
        return;
    bool whole = fstat(log, &info) != 0 || info.st_size <= QUOTED_BYTES;
    off_t from = whole ? 0 : info.st_size - QUOTED_BYTES;
    ssize_t len = pread(log, end, QUOTED_BYTES, from);
    close(log);
    while (len > 0 && end[len - 1] == '\n')
        end[--len] = '\0';
    for (ssize_t i = 0; i < len; i++) {
        if (end[i] != '\n' && iscntrl((unsigned char)end[i]))
            end[i] = '?';
    }
    const char *cut = whole ? NULL : strchr(end, '\n');
    const char *lines = cut ? cut + 1 : end;
    size_t used = strlen(error);
    if (*lines)
        snprintf(error + used, error_size - used, ":\n%s", lines);
}

static void explain_start(const struct lab_broker *broker, const char *folder,
                          char *error, size_t error_size)
{
    char name[64];
    pid_t holder;

    if (process_listening_on(broker->port, &holder, name, sizeof(name)) == 0)
        snprintf(error, error_size,
                 "port %u is taken by %s (pid %ld), which is no broker of "
                 "mqttlab: stop it, or use another port with --port",
                 (unsigned)broker->port, name[0] ? name : "another program",
                 (long)holder);
    else {
        snprintf(error, error_size,
                 "the broker did not start; %s/broker.log says why", folder);
        quote_log(folder, error, error_size);
    }
}

static int start(struct lab_broker *broker, const struct lab *lab,
                 const char *folder, char *error, size_t error_size)
{
    const char *conf = lab_broker_config(lab, folder, broker->port);

    if (!conf) {
        int result = -errno;

        snprintf(error, error_size, "%s/broker.conf: %s", folder,
                 strerror(errno));
        return result;
    }
    broker->child = process_fork(&broker->leash);
    if (broker->child == 0)
        run_broker(folder, conf, broker->port);
    int result = broker->child < 0 ? -errno : wait_for_start(broker);
    if (result)
        explain_start(broker, folder, error, error_size);
    return result;
}

int lab_broker_open(struct lab_broker *broker, uint16_t port,
                    const struct lab *lab, const char *folder, char *error,
                    size_t error_size)
{
    *broker = (struct lab_broker){.control_fd = -1, .leash = -1, .port = port};
    if (find(broker) == 0)
        return 0;
    int result = start(broker, lab, folder, error, error_size);
    if (result)
        lab_broker_close(broker);
    return result;
}

int lab_broker_attach(struct lab_broker *broker, uint16_t port, char *error,
                      size_t error_size)
{
    *broker = (struct lab_broker){.control_fd = -1, .leash = -1, .port = port};
    int result = find(broker);
    if (result)
        snprintf(error, error_size, "no broker of mqttlab on port %u",
                 (unsigned)port);
    return result;
}

/* End a child: ask, wait, then kill. */
static void end(pid_t child)
{
    kill(child, SIGTERM);
    for (int i = 0; i < STOP_TRIES; i++) {
        if (waitpid(child, NULL, WNOHANG) != 0)
            return;
        poll(NULL, 0, START_TRY_MS);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

void lab_broker_close(struct lab_broker *broker)
{
    detach(broker);
    if (broker->child > 0)
        end(broker->child);
    broker->child = 0;
    process_unleash(&broker->leash);
}

bool lab_broker_alive(const struct lab_broker *broker)
{
    struct pollfd control = {.fd = broker->control_fd, .events = POLLIN};

    return broker->attached &&
           !(poll(&control, 1, 0) > 0 && control.revents & (POLLHUP | POLLERR));
}

bool lab_broker_poll(struct lab_broker *broker)
{
    if (broker->attached && !lab_broker_alive(broker))
        detach(broker);
    if (broker->attached)
        return false;
    return find(broker) == 0;
}

int lab_broker_control(uint16_t port)
{
    struct control_broker broker;
    int result = find_on(port, &broker);

    return result ? result : control_connect(broker.path);
}

int lab_broker_reset(uint16_t port)
{
    int fd = lab_broker_control(port);

    if (fd < 0)
        return fd;
    json_t *request = json_pack("{s:s}", "cmd", "reset");
    json_t *answer = control_request(fd, request, ANSWER_MS, NULL);
    int result =
        answer && json_is_true(json_object_get(answer, "ok")) ? 0 : -EPROTO;

    json_decref(request);
    json_decref(answer);
    close(fd);
    return result;
}
