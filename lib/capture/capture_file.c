/*
 *   pcap:    header, then for each frame 16 bytes (time, lengths) and its bytes
 *   pcapng:  blocks: type, length, body, length again
 */
#include "capture/capture_file.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "wire/pcapng_block.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 262144u

#define PCAP_US        UINT32_C(0xa1b2c3d4)
#define PCAP_NS        UINT32_C(0xa1b23c4d)
#define PCAP_KUZNETZOV UINT32_C(0xa1b2cd34) /* 8 bytes more for each frame */
#define PCAP_HEADER    24u

#define OPTION_OFFSET 14u /* if_tsoffset */

/* An interface of a pcapng section. */
struct interface {
    int64_t offset_s;
    uint32_t snap_len; /* 0: no limit */
    uint16_t link_type;
    uint8_t resolution; /* as if_tsresol: a power of 10, or of 2 with the top
                           bit set */
};

struct capture_file {
    struct capture_input input;
    struct buf in;   /* read and not yet used */
    size_t used;     /* bytes of in that are done with */
    uint64_t offset; /* of in in the file */
    bool at_end;
    bool is_pcapng;
    bool swapped; /* numbers are in the other byte order */
    uint64_t frames;
    struct interface *interfaces; /* owned; one for pcap */
    size_t interface_count;
    size_t interface_cap;
    size_t frame_header; /* pcap: bytes before each frame */
    char error[240];
};

static ssize_t read_descriptor(void *context, void *bytes, size_t len)
{
    const int *fd = context;
    ssize_t got;

    do
        got = read(*fd, bytes, len);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

struct capture_input capture_file_descriptor(const int *fd)
{
    return (struct capture_input){read_descriptor, (void *)(uintptr_t)fd};
}

const char *capture_file_error(const struct capture_file *file)
{
    return file->error;
}

static int fail(struct capture_file *file, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct capture_file *file, int error, const char *format, ...)
{
    va_list args;
    int len = snprintf(file->error, sizeof(file->error), "byte %" PRIu64 ": ",
                       file->offset + file->used);

    va_start(args, format);
    vsnprintf(file->error + len, sizeof(file->error) - (size_t)len, format,
              args);
    va_end(args);
    return error;
}

/* ---- bytes ---- */

static size_t unused_len(const struct capture_file *file)
{
    return file->in.len - file->used;
}

static const uint8_t *unused(const struct capture_file *file)
{
    return file->in.bytes + file->used;
}

/* At least len unused bytes: 1, 0 when the file ends before, negative errno. */
static int need(struct capture_file *file, size_t len)
{
    while (unused_len(file) < len && !file->at_end) {
        if (file->used) {
            buf_consume(&file->in, file->used);
            file->offset += file->used;
            file->used = 0;
        }
        ssize_t got =
            file->input.read(file->input.context,
                             buf_reserve(&file->in, READ_BYTES), READ_BYTES);
        if (got < 0)
            return fail(file, (int)got, "cannot read: %s", strerror((int)-got));
        file->at_end = got == 0;
        file->in.len += (uint32_t)got;
    }
    return unused_len(file) >= len;
}

static uint32_t u32_at(const struct capture_file *file, const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return file->swapped ? __builtin_bswap32(value) : value;
}

static uint16_t u16_at(const struct capture_file *file, const uint8_t *bytes)
{
    uint16_t value;

    memcpy(&value, bytes, sizeof(value));
    return file->swapped ? __builtin_bswap16(value) : value;
}

/* Half of something stands at the end. */
static int cut_short(struct capture_file *file, const char *what)
{
    return fail(file, -EBADMSG,
                "the file ends in the middle of %s, after %zu bytes of it",
                what, unused_len(file));
}

bool capture_file_hungry(const struct capture_file *file)
{
    size_t have = unused_len(file);

    if (!file->is_pcapng)
        return have < file->frame_header ||
               have < file->frame_header + u32_at(file, unused(file) + 8);
    return have < 12 || have < u32_at(file, unused(file) + 4);
}

/* ---- time ---- */

/* The fraction of a second that count of 2^-bits is, in ns. */
static uint64_t binary_ns(uint64_t count, unsigned bits)
{
    if (bits > 32) {
        count >>= bits - 32;
        bits = 32;
    }
    return (count * CLOCK_NS_PER_S) >> bits;
}

static uint64_t power_of_10(unsigned exponent)
{
    uint64_t value = 1;

    while (exponent--)
        value *= 10;
    return value;
}

static uint64_t time_of(const struct interface *interface, uint64_t stamp)
{
    unsigned power = interface->resolution & 0x7f;
    uint64_t seconds;
    uint64_t ns;

    if (interface->resolution & 0x80) {
        power = power > 63 ? 63 : power;
        seconds = stamp >> power;
        ns = binary_ns(stamp & ((UINT64_C(1) << power) - 1), power);
    } else {
        uint64_t unit = power_of_10(power > 19 ? 19 : power);

        seconds = stamp / unit;
        ns = stamp % unit;
        ns = power <= 9 ? ns * power_of_10(9 - power)
                        : ns / power_of_10((power > 19 ? 19 : power) - 9);
    }
    return (seconds + (uint64_t)interface->offset_s) * CLOCK_NS_PER_S + ns;
}

/* ---- pcap ---- */

static int next_of_pcap(struct capture_file *file, struct capture_item *item)
{
    const struct interface *interface = &file->interfaces[0];
    int got = need(file, file->frame_header);

    if (got < 0 || (!got && !unused_len(file)))
        return got;
    if (!got)
        return cut_short(file, "a frame's header");

    uint32_t seconds = u32_at(file, unused(file));
    uint32_t fraction = u32_at(file, unused(file) + 4);
    uint32_t len = u32_at(file, unused(file) + 8);
    uint32_t original_len = u32_at(file, unused(file) + 12);
    if (len > CAPTURE_MAX_BLOCK)
        return fail(file, -EBADMSG, "a frame cannot be %" PRIu32 " bytes long",
                    len);
    got = need(file, file->frame_header + len);
    if (got <= 0)
        return got ? got : cut_short(file, "a frame");
    *item = (struct capture_item){
        .type = CAPTURE_FRAME,
        .number = ++file->frames,
        .time_ns = seconds * CLOCK_NS_PER_S +
                   fraction * power_of_10(9u - interface->resolution),
        .original_len = original_len < len ? len : original_len,
        .link_type = interface->link_type,
        .bytes = slice_of(unused(file) + file->frame_header, len),
    };
    file->used += file->frame_header + len;
    return 1;
}

static void add_interface(struct capture_file *file,
                          const struct interface *interface)
{
    if (file->interface_count == file->interface_cap) {
        file->interface_cap = file->interface_cap ? file->interface_cap * 2 : 4;
        file->interfaces = alloc_resize(file->interfaces, file->interface_cap,
                                        sizeof(file->interfaces[0]));
    }
    file->interfaces[file->interface_count++] = *interface;
}

static int begin_pcap(struct capture_file *file, uint32_t magic)
{
    int got = need(file, PCAP_HEADER);

    if (got <= 0)
        return got ? got : cut_short(file, "the header");
    add_interface(file,
                  &(struct interface){
                      .link_type = (uint16_t)u32_at(file, unused(file) + 20),
                      .resolution = magic == PCAP_NS ? 9 : 6,
                  });
    file->frame_header = magic == PCAP_KUZNETZOV ? 24 : 16;
    file->used += PCAP_HEADER;
    return 1;
}

/* ---- pcapng ---- */

/* The next option: false at the end of the list. */
static bool next_option(struct slice *options, bool swapped, unsigned *code,
                        struct slice *value)
{
    uint16_t numbers[2];

    if (options->len < 4)
        return false;
    memcpy(numbers, options->bytes, sizeof(numbers));
    for (int i = 0; swapped && i < 2; i++)
        numbers[i] = __builtin_bswap16(numbers[i]);
    *options = slice_skip(*options, 4);
    if (numbers[0] == PCAPNG_END_OF_OPTIONS ||
        options->len < pcapng_padded(numbers[1]))
        return false;
    *code = numbers[0];
    *value = slice_first(*options, numbers[1]);
    *options = slice_skip(*options, pcapng_padded(numbers[1]));
    return true;
}

bool capture_file_option(struct capture_item *item, unsigned wanted,
                         struct slice *value)
{
    unsigned code;

    while (next_option(&item->options, item->swapped, &code, value)) {
        if (code == wanted)
            return true;
    }
    return false;
}

/* A section says in which byte order all after it is. */
static int begin_section(struct capture_file *file)
{
    int got = need(file, 12);
    uint32_t order;

    if (got <= 0)
        return got ? got : cut_short(file, "a section's header");
    memcpy(&order, unused(file) + 8, sizeof(order));
    if (order != PCAPNG_BYTE_ORDER && order != PCAPNG_OTHER_ORDER)
        return fail(file, -EBADMSG, "a section without its byte-order mark");
    file->swapped = order == PCAPNG_OTHER_ORDER;
    file->interface_count = 0;
    return 1;
}

static int read_interface(struct capture_file *file, struct slice body)
{
    struct interface interface = {.resolution = 6};

    if (body.len < 8)
        return fail(file, -EBADMSG, "an interface is too short");
    if (file->interface_count == CAPTURE_MAX_INTERFACES)
        return fail(file, -EBADMSG, "more than %u interfaces",
                    CAPTURE_MAX_INTERFACES);
    interface.link_type = u16_at(file, body.bytes);
    interface.snap_len = u32_at(file, body.bytes + 4);

    struct slice options = slice_skip(body, 8);
    struct slice value;
    unsigned code;
    while (next_option(&options, file->swapped, &code, &value)) {
        if (code == PCAPNG_TIME_RESOLUTION && value.len >= 1)
            interface.resolution = value.bytes[0];
        if (code == OPTION_OFFSET && value.len >= 8) {
            uint64_t offset;

            memcpy(&offset, value.bytes, sizeof(offset));
            interface.offset_s =
                (int64_t)(file->swapped ? __builtin_bswap64(offset) : offset);
        }
    }
    add_interface(file, &interface);
    return 0;
}

/* The bytes of a frame and what is behind them. */
static int take_frame(struct capture_file *file, struct slice from,
                      uint32_t len, struct capture_item *item)
{
    if (len > from.len)
        return fail(file, -EBADMSG,
                    "a frame of %" PRIu32 " bytes is longer than its block",
                    len);
    item->type = CAPTURE_FRAME;
    item->number = ++file->frames;
    item->bytes = slice_first(from, len);
    item->swapped = file->swapped;
    if (item->original_len < len)
        item->original_len = len;
    if (from.len > pcapng_padded(len))
        item->options = slice_skip(from, pcapng_padded(len));
    return 1;
}

static int read_frame(struct capture_file *file, struct slice body, bool old,
                      struct capture_item *item)
{
    if (body.len < 20)
        return fail(file, -EBADMSG, "the block of a frame is too short");

    uint32_t id = old ? u16_at(file, body.bytes) : u32_at(file, body.bytes);
    if (id >= file->interface_count)
        return fail(file, -EBADMSG, "no interface %" PRIu32 " was described",
                    id);
    const struct interface *interface = &file->interfaces[id];
    uint64_t stamp = (uint64_t)u32_at(file, body.bytes + 4) << 32 |
                     u32_at(file, body.bytes + 8);
    item->time_ns = time_of(interface, stamp);
    item->link_type = interface->link_type;
    item->original_len = u32_at(file, body.bytes + 16);
    return take_frame(file, slice_skip(body, 20), u32_at(file, body.bytes + 12),
                      item);
}

/* A frame without a time, of the first interface. */
static int read_simple(struct capture_file *file, struct slice body,
                       struct capture_item *item)
{
    if (body.len < 4)
        return fail(file, -EBADMSG, "the block of a frame is too short");
    if (!file->interface_count)
        return fail(file, -EBADMSG, "no interface was described");

    const struct interface *interface = &file->interfaces[0];
    uint32_t len = u32_at(file, body.bytes);
    item->link_type = interface->link_type;
    item->original_len = len;
    if (interface->snap_len && len > interface->snap_len)
        len = interface->snap_len;
    if (len > body.len - 4)
        len = (uint32_t)body.len - 4;
    return take_frame(file, slice_skip(body, 4), len, item);
}

static int read_secrets(struct capture_file *file, struct slice body,
                        struct capture_item *item)
{
    if (body.len < 8 || u32_at(file, body.bytes + 4) > body.len - 8)
        return fail(file, -EBADMSG, "secrets are longer than their block");
    if (u32_at(file, body.bytes) != PCAPNG_TLS_KEY_LOG)
        return 0;
    item->type = CAPTURE_SECRETS;
    item->bytes = slice_of(body.bytes + 8, u32_at(file, body.bytes + 4));
    return 1;
}

/* Blocks that are no frames and have a number all the same, in Wireshark. */
static bool is_counted(uint32_t type)
{
    enum {
        JOURNAL = 9,
        CUSTOM = 0x0bad,
        CUSTOM_NOT_COPIED = 0x40000bad,
        SYSTEM_CALL = 0x204,
        SYSTEM_CALL_2 = 0x216,
        SYSTEM_CALL_2_LARGE = 0x221,
    };

    return type == JOURNAL || type == CUSTOM || type == CUSTOM_NOT_COPIED ||
           type == SYSTEM_CALL || type == SYSTEM_CALL_2 ||
           type == SYSTEM_CALL_2_LARGE;
}

/* 1 and *item, 0 when the block is none, negative errno. */
static int read_block(struct capture_file *file, uint32_t type,
                      struct slice body, struct capture_item *item)
{
    *item = (struct capture_item){0};
    if (type == PCAPNG_INTERFACE)
        return read_interface(file, body);
    if (type == PCAPNG_PACKET || type == PCAPNG_OLD_PACKET)
        return read_frame(file, body, type == PCAPNG_OLD_PACKET, item);
    if (type == PCAPNG_SIMPLE_PACKET)
        return read_simple(file, body, item);
    if (type == PCAPNG_SECRETS)
        return read_secrets(file, body, item);
    file->frames += is_counted(type);
    if (type != PCAPNG_RECORD || file->swapped)
        return 0;
    item->type = CAPTURE_RECORD;
    item->bytes = body;
    return 1;
}

static int next_block(struct capture_file *file, uint32_t *type,
                      struct slice *body)
{
    int got = need(file, 12);

    if (got < 0 || (!got && !unused_len(file)))
        return got;
    if (!got)
        return cut_short(file, "a block");
    *type = u32_at(file, unused(file));
    if (*type == PCAPNG_SECTION && (got = begin_section(file)) <= 0)
        return got;
    uint32_t len = u32_at(file, unused(file) + 4);
    if (len < 12 || len % 4 || len > CAPTURE_MAX_BLOCK)
        return fail(file, -EBADMSG, "a block cannot be %" PRIu32 " bytes long",
                    len);
    got = need(file, len);
    if (got <= 0)
        return got ? got : cut_short(file, "a block");
    if (u32_at(file, unused(file) + len - 4) != len)
        return fail(file, -EBADMSG, "the two lengths of a block differ");
    *body = slice_of(unused(file) + 8, len - 12);
    return 1;
}

static int next_of_pcapng(struct capture_file *file, struct capture_item *item)
{
    struct slice body = {0};
    uint32_t type = 0;
    int got;

    while ((got = next_block(file, &type, &body)) > 0) {
        got = read_block(file, type, body, item);
        if (got >= 0)
            file->used += body.len + 12;
        if (got)
            return got;
    }
    return got;
}

int capture_file_next(struct capture_file *file, struct capture_item *item)
{
    return file->is_pcapng ? next_of_pcapng(file, item)
                           : next_of_pcap(file, item);
}

/* ---- life ---- */

static int begin(struct capture_file *file)
{
    int got = need(file, 4);
    uint32_t magic;

    if (got < 0)
        return got;
    if (!unused_len(file))
        return fail(file, -ENODATA, "there is nothing in it");
    if (!got)
        return cut_short(file, "the header");
    memcpy(&magic, unused(file), sizeof(magic));
    file->is_pcapng = magic == PCAPNG_SECTION;
    if (file->is_pcapng)
        return begin_section(file);
    for (int i = 0; i < 2; i++) {
        if (magic == PCAP_US || magic == PCAP_NS || magic == PCAP_KUZNETZOV)
            return begin_pcap(file, magic);
        magic = __builtin_bswap32(magic);
        file->swapped = true;
    }
    if (!memcmp(unused(file), "\x1f\x8b", 2))
        return fail(file, -EBADMSG,
                    "compressed: put gunzip -c FILE | in front, and read -");
    return fail(file, -EBADMSG,
                "not a capture: it begins neither as pcap nor as pcapng");
}

struct capture_file *capture_file_new(struct capture_input input, char *error,
                                      size_t error_size)
{
    struct capture_file *file = alloc_zero(1, sizeof(*file));

    file->input = input;
    if (begin(file) > 0)
        return file;
    snprintf(error, error_size, "%s", file->error);
    capture_file_free(file);
    return NULL;
}

void capture_file_free(struct capture_file *file)
{
    if (!file)
        return;
    buf_release(&file->in);
    free(file->interfaces);
    free(file);
}
