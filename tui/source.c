#include "tui/source.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define ANSWER_MS   1000
#define LOOK_EVERY  (500 * CLOCK_NS_PER_MS)
#define SINCE_NS    (2 * CLOCK_NS_PER_S) /* times of files are rough */
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
    for (size_t i = 0; i < source->waiting_count; i++)
        buf_release(&source->waiting[i].bytes);
    free(source->waiting);
    source->waiting = NULL;
    source->waiting_count = 0;
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
    store_other_broker(source->store);
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

static bool is_ours(const struct source *source, unsigned port)
{
    for (const uint16_t *one = source->ports; one && *one; one++) {
        if (*one == port)
            return true;
    }
    return port == source->port;
}

static bool find_again(struct source *source)
{
    struct control_broker brokers[BROKERS_MAX];
    int count = control_find(brokers, BROKERS_MAX);
    char error[256];

    for (int i = 0; i < count; i++) {
        if (is_ours(source, brokers[i].port) &&
            brokers[i].since_ns + SINCE_NS >= source->ended_ns &&
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
        source->ended_ns = now_ns;
    }
    if (now_ns - source->looked_ns < LOOK_EVERY)
        return true;
    source->looked_ns = now_ns;
    return !find_again(source);
}

/* ---- a file ---- */

static bool is_paced(const struct source *source)
{
    return source->steps || source->speed > 0;
}

static void on_row(void *context, const struct capture_row *row)
{
    struct source *source = context;
    struct source_waiting *waiting;

    if (!is_paced(source)) {
        store_add_frame(source->store, &row->record, row->frame);
        return;
    }
    source->waiting = alloc_resize(source->waiting, source->waiting_count + 1,
                                   sizeof(*source->waiting));
    waiting = &source->waiting[source->waiting_count++];
    *waiting =
        (struct source_waiting){.record = row->record, .frame = row->frame};
    buf_append_slice(&waiting->bytes, row->record.bytes);
    waiting->record.bytes = buf_slice(&waiting->bytes);
}

static void on_warning(void *context, const char *text)
{
    struct source *source = context;

    snprintf(source->trouble, sizeof(source->trouble), "%s", text);
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
    return source->capture || source->waiting_count;
}

void source_step(struct source *source)
{
    source->stepping = true;
}

/* Is it time for this record? */
static bool is_due(struct source *source, const struct record *record)
{
    uint64_t now_ns = clock_read_monotonic_ns();

    if (source->stepping) {
        source->begun_ns = 0; /* time goes on from here */
        source->stepping = record->type != RECORD_MQTT;
        return true;
    }
    if (source->steps)
        return false;
    if (!source->begun_ns) {
        source->begun_ns = now_ns;
        source->first_ns = record->time_ns;
    }
    return (double)record->time_ns - (double)source->first_ns <=
           (double)(now_ns - source->begun_ns) * source->speed;
}

static void forget_waiting(struct source *source, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_release(&source->waiting[i].bytes);
    source->waiting_count -= count;
    if (source->waiting_count)
        memmove(source->waiting, source->waiting + count,
                source->waiting_count * sizeof(*source->waiting));
}

/* got: what capture_step returned. At the end, and when something is wrong,
   there is no more to read. */
static void judge_step(struct source *source, int got)
{
    if (got < 0) {
        snprintf(source->trouble, sizeof(source->trouble), "%s",
                 capture_error(source->capture));
        source->damaged = true;
    }
    if (got <= 0)
        close_file(source);
}

/* What is due of a file that is read as it happened. */
static bool read_paced(struct source *source)
{
    bool any = false;

    for (;;) {
        size_t due = 0;

        while (due < source->waiting_count &&
               is_due(source, &source->waiting[due].record)) {
            const struct source_waiting *waiting = &source->waiting[due++];

            store_add_frame(source->store, &waiting->record, waiting->frame);
        }
        any = any || due;
        forget_waiting(source, due);
        if (source->waiting_count || !source->capture)
            return any;
        judge_step(source, capture_step(source->capture));
    }
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
    judge_step(source, got);
    return true;
}

bool source_poll(struct source *source, uint64_t budget_ns)
{
    struct record record;
    bool any = false;

    if (is_paced(source) && source_reading(source))
        return read_paced(source);
    if (source->capture)
        return read_file(source, budget_ns);
    while (source->control_fd >= 0 &&
           tap_reader_next(&source->reader, &record)) {
        store_add(source->store, &record);
        any = true;
    }
    return any;
}
