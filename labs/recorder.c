#include "labs/recorder.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILES 999

/* About what a record takes besides its bytes. */
#define FRAME_BYTES 160

/* Sequence numbers of a source are spread, so that records of our own find
   room between them and causes stay right. */
#define STRIDE (UINT64_C(1) << 20)

static int replay_file(const char *path, recorder_visit *visit, void *context,
                       uint64_t *last_seq, char *error, size_t error_size)
{
    /* What is no file keeps nobody waiting. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!file) {
        int result = -errno;

        snprintf(error, error_size, "%s: %s", path, strerror(-result));
        return result;
    }

    char why[200];
    struct pcapng_reader *reader = pcapng_reader_new(file, why, sizeof(why));
    struct record record;
    int got = reader ? 0 : -EINVAL;

    while (reader && (got = pcapng_read(reader, &record)) > 0) {
        if (record.seq <= *last_seq)
            break;
        *last_seq = record.seq;
        visit(context, &record);
    }
    if (got < 0)
        snprintf(error, error_size, "%s: %s", path,
                 reader ? pcapng_error(reader) : why);
    if (got > 0) {
        snprintf(error, error_size, "%s: its records are out of order", path);
        got = -EBADMSG;
    }
    pcapng_reader_free(reader);
    fclose(file);
    return got;
}

int recorder_replay(const char *folder, recorder_visit *visit, void *context,
                    uint64_t *last_seq, char *error, size_t error_size)
{
    int result = 0;

    *last_seq = 0;
    error[0] = '\0';
    for (unsigned n = 1; !result && n <= MAX_FILES; n++) {
        char *path = alloc_printf("%s/recording-%03u.pcapng", folder, n);

        result = replay_file(path, visit, context, last_seq, error, error_size);
        free(path);
    }
    return result == -ENOENT ? 0 : result; /* behind the last one */
}

int recorder_open(struct recorder *recorder, const char *folder,
                  const char *comment, uint64_t last_seq)
{
    struct stat info;

    *recorder = (struct recorder){.last_seq = last_seq, .base = last_seq};
    for (unsigned n = 1; n <= MAX_FILES && !recorder->file; n++) {
        char *path = alloc_printf("%s/recording-%03u.pcapng", folder, n);

        recorder->file = fopen(path, "wbxe");
        int error = errno;
        if (!recorder->file && stat(path, &info) == 0)
            recorder->bytes += (uint64_t)info.st_size;
        free(path);
        if (!recorder->file && error != EEXIST)
            return -error;
    }
    if (!recorder->file)
        return -EMFILE;
    recorder->writer = pcapng_writer_new(recorder->file, comment);
    return pcapng_flush(recorder->writer);
}

void recorder_close(struct recorder *recorder)
{
    if (!recorder->file)
        return;
    pcapng_writer_free(recorder->writer);
    fclose(recorder->file);
    *recorder = (struct recorder){0};
}

void recorder_new_source(struct recorder *recorder)
{
    recorder->base = recorder->last_seq;
    recorder->connection_base = recorder->last_connection;
}

void recorder_limit(struct recorder *recorder, uint64_t bytes)
{
    recorder->limit = bytes;
    recorder->full = false;
}

static int write_record(struct recorder *recorder, const struct record *record)
{
    if (!recorder->failed)
        recorder->failed = pcapng_write(recorder->writer, record);
    if (!recorder->failed)
        recorder->bytes += record->bytes.len + FRAME_BYTES;
    return recorder->failed;
}

int recorder_write(struct recorder *recorder, struct record *record)
{
    record->seq = recorder->base + record->seq * STRIDE;
    if (record->cause)
        record->cause = recorder->base + record->cause * STRIDE;
    if (record->connection)
        record->connection += recorder->connection_base;
    if (record->seq > recorder->last_seq)
        recorder->last_seq = record->seq;
    if (record->connection > recorder->last_connection)
        recorder->last_connection = record->connection;
    if (recorder->limit &&
        recorder->bytes + record->bytes.len + FRAME_BYTES > recorder->limit)
        recorder->full = true;
    if (recorder->full)
        return -EFBIG;
    return write_record(recorder, record);
}

int recorder_write_own(struct recorder *recorder, struct record *record)
{
    record->seq = ++recorder->last_seq;
    return write_record(recorder, record);
}

int recorder_flush(struct recorder *recorder)
{
    if (!recorder->failed)
        recorder->failed = pcapng_flush(recorder->writer);
    return recorder->failed;
}
