#include "client/bench_tap.h"

#include "base/process.h"
#include "wire/control.h"
#include "wire/tap_reader.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_MS 2000
#define PAUSE_MS   1

/* ---- the child ---- */

static int attach_once(pid_t broker, struct tap_reader *reader)
{
    static struct control_broker brokers[8];
    int count = control_find(brokers, 8);

    for (int i = 0; i < count; i++) {
        if (brokers[i].pid == broker)
            return control_attach(brokers[i].path, TIMEOUT_MS, reader);
    }
    return count < 0 ? count : -ENOENT;
}

/* A broker announces itself a little after it listens. */
static int attach_to(pid_t broker, struct tap_reader *reader)
{
    int control = attach_once(broker, reader);

    for (int ms = 0; control == -ENOENT && ms < TIMEOUT_MS; ms += PAUSE_MS) {
        poll(NULL, 0, PAUSE_MS);
        control = attach_once(broker, reader);
    }
    return control;
}

/* Read until the other end of the pipe is closed. */
static struct bench_tap_count read_all(struct tap_reader *reader, int stop)
{
    struct pollfd waiting = {.fd = stop, .events = POLLIN};
    struct bench_tap_count count = {0};
    struct record record;

    do {
        while (tap_reader_next(reader, &record))
            count.read++;
    } while (poll(&waiting, 1, PAUSE_MS) == 0);
    count.lost = reader->lost;
    return count;
}

/* Say over the socket whether it is attached, and at the end what it read. */
static void child(pid_t broker, int socket)
{
    struct tap_reader reader;
    int control = attach_to(broker, &reader);
    int error = control < 0 ? control : 0;
    bool told = write(socket, &error, sizeof(error)) == sizeof(error);

    if (error || !told)
        _exit(1);
    struct bench_tap_count count = read_all(&reader, socket);
    told = write(socket, &count, sizeof(count)) == sizeof(count);
    _exit(told ? 0 : 1);
}

/* ---- the parent ---- */

static int start(struct bench_tap *tap, pid_t broker)
{
    int ends[2];
    int error = -EIO;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        return -errno;
    tap->pid = process_fork(&tap->leash);
    if (tap->pid == 0) {
        close(ends[0]);
        child(broker, ends[1]);
    }
    close(ends[1]);
    tap->from = ends[0];
    if (tap->pid < 0) {
        error = -errno;
        close(ends[0]);
        tap->pid = 0;
        return error;
    }
    ssize_t len = read(tap->from, &error, sizeof(error));
    return len == sizeof(error) ? error : -EIO;
}

bool bench_tap_start(struct bench_tap *tap, pid_t broker, char *error,
                     size_t error_size)
{
    *tap = (struct bench_tap){0};
    int failed = start(tap, broker);

    if (!failed)
        return true;
    snprintf(error, error_size, "nobody can read its records: %s",
             strerror(-failed));
    bench_tap_stop(tap);
    return false;
}

struct bench_tap_count bench_tap_stop(struct bench_tap *tap)
{
    struct bench_tap_count count = {0};

    if (!tap->pid)
        return count;
    shutdown(tap->from, SHUT_WR);
    if (read(tap->from, &count, sizeof(count)) != sizeof(count))
        count = (struct bench_tap_count){0};
    close(tap->from);
    waitpid(tap->pid, NULL, 0);
    process_unleash(&tap->leash);
    tap->pid = 0;
    return count;
}
