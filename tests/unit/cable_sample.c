#include "cable_sample.h"

#include "capture/capture.h"

#include <check.h>
#include <stdio.h>

static ssize_t give(void *context, void *bytes, size_t size)
{
    FILE *file = context;

    return (ssize_t)fread(bytes, 1, size, file);
}

static void on_row(void *context, const struct capture_row *row)
{
    history_add(context, &row->record);
}

static void on_warning(void *context, const char *text)
{
    (void)context;
    ck_abort_msg("%s", text);
}

struct history *cable_sample_history(void)
{
    struct history *history = history_new(0);
    struct capture_options options = {
        .on_row = on_row,
        .on_warning = on_warning,
        .context = history,
    };
    char error[240];
    FILE *file = fopen(CABLE_SAMPLE, "rb");

    ck_assert_msg(file != NULL, "%s cannot be read", CABLE_SAMPLE);
    struct capture *capture = capture_new((struct capture_input){give, file},
                                          &options, error, sizeof(error));
    ck_assert_msg(capture != NULL, "%s", error);
    while (capture_step(capture) > 0)
        ;
    capture_free(capture);
    fclose(file);
    ck_assert_uint_gt(history_end(history), 50);
    return history;
}

struct buf cable_sample_stream(const struct history *history,
                               uint32_t connection, bool from_client)
{
    struct buf stream = {0};
    struct history_row row;

    for (uint64_t i = 0; history_get(history, i, &row); i++) {
        if (row.record.type == RECORD_WIRE &&
            row.record.layer == RECORD_CABLE &&
            row.record.connection == connection &&
            (row.record.direction == RECORD_C2B) == from_client)
            buf_append_slice(&stream, row.record.bytes);
    }
    return stream;
}
