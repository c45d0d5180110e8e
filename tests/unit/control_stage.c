/*
 * The broker's end of control runs in a thread of its own, because the other
 * end blocks.
 */
#include "control_stage.h"

#include "suites.h"

#include "wire/control.h"
#include "wire/event.h"
#include "wire/tap_reader.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

char control_stage_directory[] = "/tmp/mqttlab-test-XXXXXX";
char control_stage_path[64];

/* ---- the broker ---- */

static struct loop loop;
static struct clock now;
static struct tap tap;
static struct control *control;
static pthread_t thread;
static atomic_int megabytes; /* answers of that size which were made */

static void on_attach(void *owner)
{
    struct buf bytes = {0};
    struct record record = {.type = RECORD_EVT, .flags = RECORD_SNAPSHOT};

    ck_assert_ptr_eq(owner, &loop);
    record_begin(&bytes, EVENT_BROKER_STARTED);
    record.bytes = buf_slice(&bytes);
    tap_write(&tap, &record);
    buf_release(&bytes);
}

static bool handler(void *owner, const char *cmd, json_t *request,
                    json_t *answer)
{
    ck_assert_ptr_eq(owner, &loop);
    if (!strcmp(cmd, "readers")) {
        json_object_set_new(answer, "readers", json_integer(tap.readers));
        return true;
    }
    if (!strcmp(cmd, "echo")) {
        json_object_set(answer, "text", json_object_get(request, "text"));
        return true;
    }
    if (!strcmp(cmd, "megabyte")) {
        static char text[(1 << 20) + 1];

        memset(text, 'm', sizeof(text) - 1);
        json_object_set_new(answer, "text", json_string(text));
        atomic_fetch_add(&megabytes, 1);
        return true;
    }
    if (!strcmp(cmd, "stop")) {
        loop_stop(&loop);
        return true;
    }
    json_object_set_new(answer, "error", json_string("no such command"));
    return false;
}

static void *run_broker(void *context)
{
    loop_run(&loop);
    control_close(control);
    loop_run(&loop);
    return context;
}

static void start_broker(void)
{
    struct control_options options = {
        .tap = &tap,
        .port = 1883,
        .owner = &loop,
        .on_attach = on_attach,
        .handler = handler,
    };

    clock_init(&now);
    tap_init(&tap, &now);
    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(control_open(&control, &loop, &options), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_broker, NULL), 0);
}

/* ---- this end ---- */

int control_stage_connect(void)
{
    int fd = control_connect(control_stage_path);

    ck_assert_int_ge(fd, 0);
    return fd;
}

json_t *control_stage_ask(int fd, const char *cmd, int *passed)
{
    json_t *request = json_pack("{s:s}", "cmd", cmd);
    json_t *answer =
        control_request(fd, request, CONTROL_STAGE_TIMEOUT_MS, passed);

    json_decref(request);
    return answer;
}

bool control_stage_is_ok(json_t *answer)
{
    bool ok = json_is_true(json_object_get(answer, "ok"));

    json_decref(answer);
    return ok;
}

long long control_stage_readers(void)
{
    int fd = control_stage_connect();
    json_t *answer = control_stage_ask(fd, "readers", NULL);
    long long count = json_integer_value(json_object_get(answer, "readers"));

    ck_assert_ptr_nonnull(answer);
    json_decref(answer);
    close(fd);
    return count;
}

/* The broker notices by itself, soon. */
void control_stage_expect_readers(long long count)
{
    for (int i = 0; i < 1000 && control_stage_readers() != count; i++)
        usleep(1000);
    ck_assert_int_eq(control_stage_readers(), count);
}

void control_stage_set_up(void)
{
    strcpy(control_stage_directory + sizeof(control_stage_directory) - 7,
           "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(control_stage_directory));
    setenv("MQTTLAB_RUNTIME_DIR", control_stage_directory, 1);
    snprintf(control_stage_path, sizeof(control_stage_path), "%s/%ld-1883.sock",
             control_stage_directory, (long)getpid());
    start_broker();
}

void control_stage_tear_down(void)
{
    int fd = control_stage_connect();

    ck_assert(control_stage_is_ok(control_stage_ask(fd, "stop", NULL)));
    pthread_join(thread, NULL);
    close(fd);
    ck_assert_int_eq(tap.readers, 0);
    ck_assert_ptr_null(tap.ring);
    loop_release(&loop);
    tap_release(&tap);
    ck_assert_int_eq(access(control_stage_path, F_OK), -1);
    ck_assert_int_eq(rmdir(control_stage_directory), 0);
    unsetenv("MQTTLAB_RUNTIME_DIR");
}

/* Send bytes as they are and read what comes back until the connection ends,
   or so many lines have come. */
int control_stage_raw(int fd, const void *bytes, size_t len, int lines,
                      char *got, size_t size)
{
    int count = 0;
    size_t have = 0;
    struct slice rest = slice_of(bytes, len);

    while (count < lines) {
        struct pollfd watch = {.fd = fd, .events = POLLIN};

        if (rest.len)
            watch.events |= POLLOUT;
        ck_assert_int_eq(poll(&watch, 1, CONTROL_STAGE_TIMEOUT_MS), 1);
        if (watch.revents & POLLOUT) {
            ssize_t sent = send(fd, rest.bytes, rest.len, MSG_NOSIGNAL);

            rest = slice_skip(rest, sent > 0 ? (size_t)sent : rest.len);
        }
        if (watch.revents & (POLLIN | POLLHUP | POLLERR)) {
            ssize_t came = read(fd, got + have, size - 1 - have);

            if (came <= 0)
                break;
            for (ssize_t i = 0; i < came; i++)
                count += got[have++] == '\n';
        }
    }
    got[have] = '\0';
    return count;
}

int control_stage_megabytes(void)
{
    return atomic_load(&megabytes);
}
