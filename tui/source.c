#include "tui/source.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define ANSWER_MS   1000
#define LOOK_EVERY  (500 * CLOCK_NS_PER_MS)
#define BROKERS_MAX 64
#define FILE_BATCH  64 /* frames between two looks at the clock */

void source_init(struct source *source, struct store *store)
{
    *source = (struct source){.store = store, .control_fd = -1, .file_fd = -1};
}

static void detach(struct source *source)
{
    if (source->control_fd < 0)
        return;
    tap_reader_close(&source->reader);
    close(source->control_fd);
    source->control_fd = -1;
}

static void close_file(struct source *source)
{
    capture_free(source->capture);
    source->capture = NULL;
    if (source->file_fd >= 0)
        close(source->file_fd);
    source->file_fd = -1;
}

void source_close(struct source *source)
{
    detach(source);
    close_file(source);
}

/* ---- a broker ---- */

json_t *source_ask(int control_fd, json_t *request, int *fd)
{
    int none = -1;
    json_t *answer =
        control_request(control_fd, request, ANSWER_MS, fd ? fd : &none);

    json_decref(request);
    if (!fd && none >= 0)
        close(none);
    return answer;
}

int source_attach(struct source *source, const struct control_broker *broker,
                  char *error, size_t error_size)
{
    struct tap_reader reader;
    int fd = control_attach(broker->path, ANSWER_MS, &reader);

    if (fd < 0) {
        snprintf(error, error_size, "cannot watch the broker at %s: %s",
                 broker->path, strerror(-fd));
        return fd;
    }
    detach(source);
    source->reader = reader;
    source->control_fd = fd;
    source->pid = broker->pid;
    source->port = broker->port;
    return 0;
}

/* The broker closes the connection when it ends; nothing else comes on it. */
static bool hung_up(const struct source *source)
{
    char byte;
    ssize_t got = recv(source->control_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK &&
                        errno != EINTR);
}

static bool find_again(struct source *source)
{
    struct control_broker brokers[BROKERS_MAX];
    int count = control_find(brokers, BROKERS_MAX);
    char error[256];

    for (int i = 0; i < count; i++) {
        if (brokers[i].port == source->port &&
            source_attach(source, &brokers[i], error, sizeof(error)) == 0)
            return true;
    }
    return false;
}

bool source_gone(struct source *source, uint64_t now_ns)
{
    if (!source->port)
        return false;
    if (source->control_fd >= 0) {
        if (!hung_up(source))
            return false;
        source_poll(source, 0); /* its last words */
        detach(source);
    }
    if (now_ns - source->looked_ns < LOOK_EVERY)
        return true;
    source->looked_ns = now_ns;
    return !find_again(source);
}

/* ---- a file ---- */

static void on_row(void *context, const struct capture_row *row)
{
    struct source *source = context;

    store_add(source->store, &row->record);
}

static void on_warning(void *context, const char *text)
{
    struct source *source = context;

    snprintf(source->said, sizeof(source->said), "%s", text);
}

int source_open_file(struct source *source, const char *path, char *error,
                     size_t error_size)
{
    const struct capture_options options = {
        .on_row = on_row,
        .on_warning = on_warning,
        .context = source,
    };
    char why[240] = "";

    source->file_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->file_fd < 0) {
        int result = -errno;

        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return result;
    }
    source->capture = capture_new(capture_file_descriptor(&source->file_fd),
                                  &options, why, sizeof(why));
    if (source->capture)
        return 0;
    snprintf(error, error_size, "%s: %s", path, why);
    close_file(source);
    return -EINVAL;
}

bool source_reading(const struct source *source)
{
    return source->capture != NULL;
}

static bool read_file(struct source *source, uint64_t budget_ns)
{
    uint64_t start = budget_ns ? clock_read_monotonic_ns() : 0;
    int got = 0;

    do {
        for (int i = 0; i < FILE_BATCH; i++) {
            got = capture_step(source->capture);
            if (got <= 0)
                break;
        }
    } while (got > 0 &&
             (!budget_ns || clock_read_monotonic_ns() - start < budget_ns));
    if (got < 0)
        snprintf(source->said, sizeof(source->said), "%s",
                 capture_error(source->capture));
    if (got <= 0)
        close_file(source);
    return true;
}

bool source_poll(struct source *source, uint64_t budget_ns)
{
    struct record record;
    bool any = false;

    if (source->capture)
        return read_file(source, budget_ns);
    while (source->control_fd >= 0 &&
           tap_reader_next(&source->reader, &record)) {
        store_add(source->store, &record);
        any = true;
    }
    return any;
}
