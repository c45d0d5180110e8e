#include "base/alloc.h"
#include "wire/pcapng.h"
#include "wire/pcapng_block.h"
#include "wire/pcapng_frame.h"
#include "wire/pcapng_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BLOCK  (16u << 20)
#define READ_BYTES 262144u

struct pcapng_reader {
    FILE *file;
    struct buf in;    /* read and not yet used */
    size_t used;      /* bytes of in that are done with */
    uint64_t offset;  /* of in in the file */
    struct buf bytes; /* of a record that came in several frames */
    char error[200];
};

struct block {
    uint32_t type;
    struct slice body;
};

static int fail(struct pcapng_reader *reader, int error, const char *format,
                ...) __attribute__((format(printf, 3, 4)));

static int fail(struct pcapng_reader *reader, int error, const char *format,
                ...)
{
    va_list args;
    int len = snprintf(reader->error, sizeof(reader->error),
                       "byte %" PRIu64 ": ", reader->offset + reader->used);

    va_start(args, format);
    vsnprintf(reader->error + len, sizeof(reader->error) - (size_t)len, format,
              args);
    va_end(args);
    return error;
}

const char *pcapng_error(const struct pcapng_reader *reader)
{
    return reader->error;
}

static uint32_t get_u32(struct slice bytes, size_t at)
{
    uint32_t value;

    memcpy(&value, bytes.bytes + at, sizeof(value));
    return value;
}

static unsigned get_u16(struct slice bytes, size_t at)
{
    uint16_t value;

    memcpy(&value, bytes.bytes + at, sizeof(value));
    return value;
}

/* ---- blocks ---- */

/* At least len bytes that are not used: 1, 0 at the end, negative errno. */
static int need(struct pcapng_reader *reader, size_t len)
{
    while (reader->in.len - reader->used < len) {
        if (reader->used) {
            buf_consume(&reader->in, reader->used);
            reader->offset += reader->used;
            reader->used = 0;
        }
        size_t got = fread(buf_reserve(&reader->in, READ_BYTES), 1, READ_BYTES,
                           reader->file);
        if (!got)
            return ferror(reader->file) ? fail(reader, -EIO, "cannot read") : 0;
        reader->in.len += (uint32_t)got;
    }
    return 1;
}

static struct slice unused(const struct pcapng_reader *reader)
{
    return slice_skip(buf_slice(&reader->in), reader->used);
}

/* A section says in which byte order all after it is. */
static int check_section(struct pcapng_reader *reader)
{
    int got = need(reader, 12);
    if (got <= 0)
        return got;

    uint32_t order = get_u32(unused(reader), 8);
    if (order == PCAPNG_OTHER_ORDER)
        return fail(reader, -ENOTSUP,
                    "written on a machine of the other byte order");
    if (order != PCAPNG_BYTE_ORDER)
        return fail(reader, -EBADMSG, "this is no pcapng file");
    return 1;
}

/* The next block: 1, 0 at the end or half a block before it, negative errno.
   Its body is valid until the next call. */
static int next_block(struct pcapng_reader *reader, struct block *block)
{
    int got = need(reader, 8);
    if (got <= 0)
        return got;

    block->type = get_u32(unused(reader), 0);
    if (block->type == PCAPNG_SECTION && (got = check_section(reader)) <= 0)
        return got;
    uint32_t len = get_u32(unused(reader), 4);
    if (len < 12 || len % 4 || len > MAX_BLOCK)
        return fail(reader, -EBADMSG,
                    "a block cannot be %" PRIu32 " bytes long", len);
    got = need(reader, len);
    if (got <= 0)
        return got;
    if (get_u32(unused(reader), len - 4) != len)
        return fail(reader, -EBADMSG, "the two lengths of a block differ");
    block->body = slice_of(unused(reader).bytes + 8, len - 12);
    reader->used += len;
    return 1;
}

/* Find an option: true and its value. */
static bool find_option(struct slice options, enum pcapng_option wanted,
                        struct slice *value)
{
    while (options.len >= 4) {
        unsigned code = get_u16(options, 0);
        size_t len = get_u16(options, 2);

        options = slice_skip(options, 4);
        if (code == PCAPNG_END_OF_OPTIONS || options.len < pcapng_padded(len))
            return false;
        if (code == (unsigned)wanted) {
            *value = slice_first(options, len);
            return true;
        }
        options = slice_skip(options, pcapng_padded(len));
    }
    return false;
}

/* ---- records ---- */

/* Header, length, bytes: 1 and *record, 0 when it is not known. */
static int read_record_block(struct pcapng_reader *reader, struct slice body,
                             struct record *record)
{
    uint32_t len = 0;

    if (!pcapng_record_header(record, body, &len) ||
        len > body.len - PCAPNG_RECORD_HEADER)
        return fail(reader, -EBADMSG, "a record is longer than its block");
    record->bytes = slice_of(body.bytes + PCAPNG_RECORD_HEADER, len);
    return pcapng_record_known(record);
}

/* What a frame carries, and its options. */
struct frame {
    struct slice payload;
    struct slice options;
};

static bool take_frame(struct slice body, struct frame *frame)
{
    if (body.len < 20)
        return false;
    uint32_t captured = get_u32(body, 12);
    if (captured > body.len - 20)
        return false;
    size_t behind = 20 + (size_t)pcapng_padded(captured);
    frame->options =
        behind < body.len ? slice_skip(body, behind) : slice_of(NULL, 0);
    return pcapng_frame_payload(slice_of(body.bytes + 20, captured),
                                &frame->payload);
}

/* The rest of a record that is longer than its first frame. */
static int read_more(struct pcapng_reader *reader, uint32_t len)
{
    while (reader->bytes.len < len) {
        struct block block = {0};
        struct frame frame;
        struct slice more = {0};
        int got = next_block(reader, &block);

        if (got <= 0)
            return got;
        if (block.type != PCAPNG_PACKET || !take_frame(block.body, &frame) ||
            !find_option(frame.options, PCAPNG_OPTION_MORE, &more) ||
            frame.payload.len > len - reader->bytes.len || !frame.payload.len)
            return fail(reader, -EBADMSG, "the rest of a packet is missing");
        buf_append_slice(&reader->bytes, frame.payload);
    }
    return 1;
}

/* 1 and *record, 0 when the frame is none, -ENODATA at the end of the file
   within the record, another negative errno. */
static int read_packet_block(struct pcapng_reader *reader, struct slice body,
                             struct record *record)
{
    struct frame frame = {0};
    struct slice option = {0};
    uint32_t len = 0;

    bool whole = take_frame(body, &frame);
    if (find_option(frame.options, PCAPNG_OPTION_MADE_UP, &option) ||
        find_option(frame.options, PCAPNG_OPTION_MORE, &option))
        return 0;
    if (!find_option(frame.options, PCAPNG_OPTION_RECORD, &option))
        return fail(reader, -ENOTSUP,
                    "this frame is from another program; only recordings of "
                    "mqttlab can be read");
    if (!whole || !pcapng_record_header(record, option, &len) ||
        frame.payload.len > len)
        return fail(reader, -EBADMSG, "a frame is damaged");
    record->bytes = frame.payload;
    if (frame.payload.len == len)
        return pcapng_record_known(record);

    buf_clear(&reader->bytes);
    buf_append_slice(&reader->bytes, frame.payload);
    int got = read_more(reader, len);
    if (got <= 0)
        return got ? got : -ENODATA;
    record->bytes = buf_slice(&reader->bytes);
    return pcapng_record_known(record);
}

int pcapng_read(struct pcapng_reader *reader, struct record *record)
{
    struct block block = {0};
    int got;

    while ((got = next_block(reader, &block)) > 0) {
        if (block.type == PCAPNG_RECORD)
            got = read_record_block(reader, block.body, record);
        else if (block.type == PCAPNG_PACKET)
            got = read_packet_block(reader, block.body, record);
        else if (block.type == PCAPNG_SIMPLE_PACKET ||
                 block.type == PCAPNG_OLD_PACKET)
            got = fail(reader, -ENOTSUP,
                       "this frame is from another program; only recordings "
                       "of mqttlab can be read");
        else
            got = 0;
        if (got)
            return got == -ENODATA ? 0 : got;
    }
    return got;
}

/* ---- life ---- */

/* What the first four bytes say that it is, if it is not pcapng. */
static const char *what_it_is(uint32_t magic)
{
    static const uint32_t pcap[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d,
                                    0x4d3cb2a1};

    for (size_t i = 0; i < sizeof(pcap) / sizeof(pcap[0]); i++) {
        if (magic == pcap[i])
            return "a capture in the older pcap format; only recordings of "
                   "mqttlab can be read";
    }
    return "not a recording: it does not begin as a pcapng file";
}

struct pcapng_reader *pcapng_reader_new(FILE *file, char *error,
                                        size_t error_size)
{
    struct pcapng_reader *reader = alloc_zero(1, sizeof(*reader));
    int got;

    reader->file = file;
    got = need(reader, 4);
    if (got == 0)
        snprintf(error, error_size, "the file is empty");
    else if (got > 0 && get_u32(unused(reader), 0) != PCAPNG_SECTION)
        snprintf(error, error_size, "%s",
                 what_it_is(get_u32(unused(reader), 0)));
    else if (got > 0 && (got = check_section(reader)) > 0)
        return reader;
    else
        snprintf(error, error_size, "%s",
                 got ? reader->error : "the file ends too early");
    pcapng_reader_free(reader);
    return NULL;
}

void pcapng_reader_free(struct pcapng_reader *reader)
{
    if (!reader)
        return;
    buf_release(&reader->in);
    buf_release(&reader->bytes);
    free(reader);
}
