#include "inspect/inspect_input.h"

#include "wire/control.h"
#include "wire/tap_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS   2000
#define STEP_MS     20
#define MAX_BROKERS 64

static int complain(const char *name, const char *error)
{
    fprintf(stderr, "mqttlab: inspect: %s: %s\n",
            strcmp(name, "-") != 0 ? name : "standard input", error);
    return 1;
}

/* ---- a capture ---- */

/* A capture that is read, and its key log, which may grow meanwhile. */
struct reading {
    const struct inspect_input *input;
    struct capture *capture;
    FILE *keys;   /* owned; NULL: none */
    bool scanned; /* the rest of the file was searched for keys */
};

static void on_row(void *context, const struct capture_row *row)
{
    const struct reading *reading = context;

    reading->input->capture.on_row(reading->input->capture.context, row);
}

static void on_warning(void *context, const char *text)
{
    const struct reading *reading = context;

    reading->input->capture.on_warning(reading->input->capture.context, text);
}

/* Keys may stand in a file behind the packets that they open. */
static void scan_for_keys(struct reading *reading)
{
    const char *path = reading->input->file;
    struct capture_item item;
    char error[300];
    int fd;

    if (reading->scanned || !strcmp(path, "-"))
        return;
    reading->scanned = true;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;

    struct capture_file *file =
        capture_file_new(capture_file_descriptor(&fd), error, sizeof(error));
    while (file && capture_file_next(file, &item) > 0) {
        if (item.type == CAPTURE_SECRETS)
            capture_add_keys(reading->capture, item.bytes);
    }
    capture_file_free(file);
    close(fd);
}

/* What was added to the key log since the last time. Half a line at its end
   comes again when it is whole; a pipe gives each line once. */
static void read_keys(void *context)
{
    const struct reading *reading = context;
    char line[1024];

    if (!reading->keys)
        return;
    clearerr(reading->keys);
    for (;;) {
        long at = ftell(reading->keys);

        if (!fgets(line, sizeof(line), reading->keys))
            return;
        capture_add_keys(reading->capture, slice_of_string(line));
        if (at >= 0 && !strchr(line, '\n') && strlen(line) + 1 < sizeof(line)) {
            fseek(reading->keys, at, SEEK_SET);
            return;
        }
    }
}

static void want_keys(void *context)
{
    scan_for_keys(context);
    read_keys(context);
}

static int open_keys(struct reading *reading)
{
    const char *path = reading->input->keylog;
    const char *usual = getenv("SSLKEYLOGFILE");

    if (path || usual)
        reading->keys = fopen(path ? path : usual, "r");
    if (path && !reading->keys)
        return complain(path, strerror(errno));
    read_keys(reading);
    return 0;
}

static int read_all(struct reading *reading)
{
    const struct inspect_input *input = reading->input;
    struct capture *capture = reading->capture;
    int got = 1;

    while (got > 0 && input->want_more(input->capture.context)) {
        if (capture_hungry(capture))
            input->on_idle(input->capture.context);
        got = capture_step(capture);
    }
    input->on_idle(input->capture.context);
    return got < 0 ? complain(input->file, capture_error(capture)) : 0;
}

int inspect_input_file(const struct inspect_input *input)
{
    int fd = strcmp(input->file, "-") != 0 ? open(input->file, O_RDONLY)
                                           : STDIN_FILENO;
    char error[300];

    if (fd < 0)
        return complain(input->file, strerror(errno));

    struct reading reading = {.input = input};
    struct capture_options options = input->capture;
    options.on_row = on_row;
    options.on_warning = on_warning;
    options.want_keys = want_keys;
    options.context = &reading;
    reading.capture = capture_new(capture_file_descriptor(&fd), &options, error,
                                  sizeof(error));
    int code =
        reading.capture ? open_keys(&reading) : complain(input->file, error);
    if (!code && input->psk &&
        !capture_set_psk(reading.capture, slice_of_string(input->psk)))
        code = complain("--psk", "not a key in hexadecimal digits");
    if (!code)
        code = read_all(&reading);
    capture_free(reading.capture);
    if (reading.keys)
        fclose(reading.keys);
    if (fd != STDIN_FILENO)
        close(fd);
    return code;
}

/* ---- a tap ---- */

/* True when the broker has ended or a signal came. */
static bool wait_a_little(int control_fd, int signal_fd)
{
    struct pollfd fds[] = {
        {control_fd, POLLIN, 0},
        {signal_fd,  POLLIN, 0}
    };
    char byte;

    if (poll(fds, 2, STEP_MS) <= 0)
        return false;
    return fds[1].revents || recv(control_fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static int signal_pipe[2];

static void on_signal(int number)
{
    (void)number;
    if (write(signal_pipe[1], "", 1) < 0)
        _exit(1);
}

static void follow(const struct inspect_input *input, int control_fd,
                   struct tap_reader *reader)
{
    struct capture_row row = {.stream = UINT32_MAX};
    bool ended = false;

    while (input->want_more(input->capture.context)) {
        while (tap_reader_next(reader, &row.record)) {
            if (row.record.type == RECORD_MQTT)
                row.frame++;
            row.previous_ns = 0;
            input->capture.on_row(input->capture.context, &row);
        }
        input->on_idle(input->capture.context);
        if (ended)
            return;
        ended = wait_a_little(control_fd, signal_pipe[0]);
    }
}

/* The tap is named by the broker's control socket, or by its port. */
static int attach(const char *name, struct tap_reader *reader)
{
    struct control_broker brokers[MAX_BROKERS];
    char *end;
    unsigned long port = strtoul(name, &end, 10);

    if (*end)
        return control_attach(name, ANSWER_MS, reader);
    int count = control_find(brokers, MAX_BROKERS);
    for (int i = 0; i < count; i++) {
        if (brokers[i].port == port)
            return control_attach(brokers[i].path, ANSWER_MS, reader);
    }
    return -ENOENT;
}

/* Until the broker or a signal ends it. Returns the exit code. */
static int follow_until_signal(const struct inspect_input *input,
                               int control_fd, struct tap_reader *reader)
{
    if (pipe(signal_pipe))
        return complain(input->tap, strerror(errno));
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    follow(input, control_fd, reader);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    close(signal_pipe[0]);
    close(signal_pipe[1]);
    return 0;
}

int inspect_input_tap(const struct inspect_input *input)
{
    struct tap_reader reader;
    int control_fd = attach(input->tap, &reader);

    if (control_fd < 0)
        return complain(input->tap,
                        control_fd == -ENOENT
                            ? "no broker has this port or control socket; "
                              "mqttlab attach names those that run"
                            : strerror(-control_fd));
    int code = follow_until_signal(input, control_fd, &reader);
    tap_reader_close(&reader);
    close(control_fd);
    return code;
}
