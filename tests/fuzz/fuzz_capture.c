/*
 * A capture of any kind: file, IP, TCP, WebSocket, TLS, and how its rows are
 * shown; a recording of ours also as somebody outside reads it.
 */
#include "base/alloc.h"
#include "capture/capture.h"
#include "inspect/inspect_show.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct rig {
    struct slice rest;
    struct tracker *tracker;
    struct inspect_show show;
    struct buf out;
};

static ssize_t give(void *context, void *bytes, size_t len)
{
    struct rig *rig = context;

    if (len > rig->rest.len)
        len = rig->rest.len;
    if (len)
        memcpy(bytes, rig->rest.bytes, len);
    rig->rest = slice_skip(rig->rest, len);
    return (ssize_t)len;
}

static void on_row(void *context, const struct capture_row *from)
{
    struct rig *rig = context;
    struct history_row row = {.record = from->record, .number = from->frame};

    tracker_note(rig->tracker, &row.record, &row.note);
    rig->show.fields[0] = "mqtt.topic";
    rig->show.field_count = from->frame % 3 == 0;
    rig->show.format = (enum inspect_format)(1 + from->frame % 4);
    buf_clear(&rig->out);
    inspect_show_row(&rig->show, &rig->out, &row);
}

static void on_warning(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* The key of tests/corpus/capture/psk.pcap. */
static const char psk[] = "8d1f60b7c2e94a35f07a9bd4163ce852";

static void try(const uint8_t *bytes, size_t len, bool outside)
{
    struct rig rig = {
        .rest = slice_of(bytes, len),
        .tracker = tracker_new(),
    };
    struct capture_options options = {
        .on_row = on_row,
        .on_warning = on_warning,
        .context = &rig,
        .outside = outside,
    };
    struct capture_input input = {give, &rig};
    char error[240];
    struct capture *capture =
        capture_new(input, &options, error, sizeof(error));

    if (capture && !capture_set_psk(capture, slice_of_string(psk)))
        abort();
    while (capture && capture_step(capture) > 0)
        ;
    capture_free(capture);
    tracker_free(rig.tracker);
    inspect_show_release(&rig.show);
    buf_release(&rig.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    try(bytes, len, false);
    try(bytes, len, true);
    return 0;
}
