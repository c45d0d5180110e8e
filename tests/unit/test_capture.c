/*
 * Captures as a whole: many frames in little time and memory.
 */
#include "suites.h"

#include "base/clock.h"
#include "base/process.h"
#include "capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES      100000u /* unless CAPTURE_FRAMES says otherwise */
#define FRAME_BYTES 54u     /* IP, TCP and a PUBLISH */

/* Makes up a pcap file of one connection, as it is read. */
struct source {
    uint64_t frames;
    uint64_t made;
    size_t at; /* in what is being given */
    uint8_t bytes[16 + FRAME_BYTES];
    size_t len;
    uint64_t rows;
    uint64_t wrong;           /* rows whose frame was another */
    uint64_t first_row_after; /* frames made until then */
};

static void put_u32(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 24);
    to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8);
    to[3] = (uint8_t)value;
}

static void make_frame(struct source *source)
{
    static const char frame[] =
        "45 00 0036 0001 0000 40 06 0000 0a000002 0a000001"
        "9c40 075b 00000000 00000000 50 10 ffff 0000 0000"
        "30 0c 0003 612f62 68656c6c6f3432";
    uint8_t *bytes = source->bytes;

    if (source->made++ == 0) {
        put_u32(bytes, 0);
        put_u32(bytes + 4, 0);
        put_u32(bytes + 8, FRAME_BYTES);
        put_u32(bytes + 12, FRAME_BYTES);
        unit_hex(frame, bytes + 16, FRAME_BYTES);
    }
    put_u32(bytes, (uint32_t)(source->made / 1000)); /* the time */
    put_u32(bytes + 16 + 24, (uint32_t)(source->made * 14));
    source->at = 0;
    source->len = 16 + FRAME_BYTES;
}

static ssize_t give(void *context, void *bytes, size_t len)
{
    struct source *source = context;
    size_t given = 0;

    if (!source->len) {
        source->len =
            unit_hex("a1b2c3d4 0002 0004 00000000 00000000 00040000 00000065",
                     source->bytes, sizeof(source->bytes));
        memcpy(bytes, source->bytes, source->len);
        source->at = source->len;
        return (ssize_t)source->len;
    }
    while (given < len) {
        size_t part = source->len - source->at;

        if (!part && source->made == source->frames)
            break;
        if (!part) {
            make_frame(source);
            continue;
        }
        if (part > len - given)
            part = len - given;
        memcpy((uint8_t *)bytes + given, source->bytes + source->at, part);
        source->at += part;
        given += part;
    }
    return (ssize_t)given;
}

static void on_row(void *context, const struct capture_row *row)
{
    struct source *source = context;

    if (row->record.type != RECORD_MQTT)
        return;
    source->rows++;
    /* An assertion for each row would take longer than all the rest. */
    source->wrong += row->frame != source->rows;
    if (source->rows == 1)
        source->first_row_after = source->made;
}

static void on_warning(void *context, const char *text)
{
    (void)context;
    ck_abort_msg("%s", text);
}

START_TEST(many_frames_take_little_time_and_no_more_memory)
{
    const char *wanted = getenv("CAPTURE_FRAMES");
    struct source source = {.frames =
                                wanted ? strtoull(wanted, NULL, 10) : FRAMES};
    struct capture_options options = {
        .on_row = on_row,
        .on_warning = on_warning,
        .context = &source,
    };
    char error[240];
    struct capture *capture = capture_new((struct capture_input){give, &source},
                                          &options, error, sizeof(error));
    int64_t cpu = clock_process_cpu_us(0);

    ck_assert_ptr_nonnull(capture);
    while (source.rows < 100)
        ck_assert_int_eq(capture_step(capture), 1);
    int64_t memory = process_private_bytes(0);
    while (capture_step(capture) > 0)
        ;
    ck_assert_uint_eq(source.rows, source.frames);
    ck_assert_uint_eq(source.wrong, 0);
    /* The first row comes when the first read does. */
    ck_assert_uint_lt(source.first_row_after, 5000);
    if (memory > 0)
        ck_assert_int_lt(process_private_bytes(0) - memory, 4 << 20);
    printf("capture: %llu frames in %lld us of CPU\n",
           (unsigned long long)source.frames,
           (long long)(clock_process_cpu_us(0) - cpu));
    capture_free(capture);
}
END_TEST

Suite *capture_suite(void)
{
    Suite *suite = suite_create("capture");
    TCase *tcase = unit_case(suite, "capture", 120);

    tcase_add_test(tcase, many_frames_take_little_time_and_no_more_memory);
    return suite;
}
