#define _GNU_SOURCE /* memfd_create, file seals */

#include "wire/tap.h"

#include "base/alloc.h"
#include "mqtt/mqtt.h"
#include "wire/tap_redact.h"
#include "wire/tap_ring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_BYTES (TAP_RING_DATA + (size_t)TAP_RING_BYTES)
#define MASK      (TAP_RING_BYTES - 1)

/* A turn that writes more than this is published in between. */
#define PUBLISH_BYTES (TAP_RING_BYTES / 8)

/* After so many bytes a packet is written in full again, so that a reader that
   lost some records soon understands the references. */
#define BASE_REACH (TAP_RING_BYTES / 8)

void tap_init(struct tap *tap, const struct clock *clock)
{
    *tap = (struct tap){.clock = clock, .ring_fd = -1};
}

/* ---- the shared memory ---- */

/*
 * A descriptor of MAP_BYTES of shared memory, mapped at *ring, through which
 * nobody can write to it. The descriptor, or a negative errno.
 */
#ifdef __linux__
static int make_memory(void **ring)
{
    int fd = memfd_create("mqttlab-tap", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    *ring = MAP_FAILED;
    if (fd < 0)
        return -errno;
    if (!ftruncate(fd, MAP_BYTES))
        *ring =
            mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    /* Our mapping stays; from here on nobody gets another one to write. */
    if (*ring != MAP_FAILED &&
        !fcntl(fd, F_ADD_SEALS,
               F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL))
        return fd;
    int error = -errno;
    if (*ring != MAP_FAILED)
        munmap(*ring, MAP_BYTES);
    close(fd);
    return error;
}
#else
static int make_memory(void **ring)
{
    char name[40];

    snprintf(name, sizeof(name), "/mqttlab-%ld", (long)getpid());
    *ring = MAP_FAILED;
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        return -errno;
    int read_only = shm_open(name, O_RDONLY, 0);
    if (read_only >= 0 && !ftruncate(fd, MAP_BYTES))
        *ring =
            mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = -errno;
    shm_unlink(name);
    close(fd);
    if (*ring != MAP_FAILED) {
        fcntl(read_only, F_SETFD, FD_CLOEXEC);
        return read_only;
    }
    if (read_only >= 0)
        close(read_only);
    return error;
}
#endif

static void free_ring(struct tap *tap)
{
    if (tap->ring)
        munmap(tap->ring, MAP_BYTES);
    if (tap->ring_fd >= 0)
        close(tap->ring_fd);
    tap->ring = NULL;
    tap->ring_fd = -1;
}

static int make_ring(struct tap *tap)
{
    void *memory;
    int fd = make_memory(&memory);

    if (fd < 0)
        return fd;
    tap->ring = memory;
    tap->ring_fd = fd;
    tap->written = tap->published = tap->next_block = 0;
    tap->ring->magic = TAP_RING_MAGIC;
    tap->ring->bytes = TAP_RING_BYTES;
    return 0;
}

static uint8_t *data_of(const struct tap *tap)
{
    return (uint8_t *)tap->ring + TAP_RING_DATA;
}

/* How many bytes of len from position on lie before the end of the memory. */
static size_t before_end(uint64_t position, size_t len)
{
    size_t room = TAP_RING_BYTES - (position & MASK);

    return len < room ? len : room;
}

static void copy_in(struct tap *tap, uint64_t *position, struct slice bytes)
{
    size_t first = before_end(*position, bytes.len);

    if (!bytes.len)
        return;
    memcpy(data_of(tap) + (*position & MASK), bytes.bytes, first);
    memcpy(data_of(tap), bytes.bytes + first, bytes.len - first);
    *position += bytes.len;
}

/* Are these the bytes at position? Moves it behind them. */
static bool is_there(const struct tap *tap, uint64_t *position,
                     struct slice bytes)
{
    size_t first = before_end(*position, bytes.len);
    const uint8_t *at = data_of(tap) + (*position & MASK);

    if (!bytes.len)
        return true;
    *position += bytes.len;
    return !memcmp(at, bytes.bytes, first) &&
           !memcmp(data_of(tap), bytes.bytes + first, bytes.len - first);
}

/* ---- readers ---- */

void tap_publish(struct tap *tap)
{
    if (!tap->ring || tap->published == tap->written)
        return;
    tap->published = tap->written;
    atomic_store_explicit(&tap->ring->published, tap->published,
                          memory_order_release);
}

int tap_attach(struct tap *tap)
{
    struct tap_ring *ring;

    if (!tap->ring) {
        int error = make_ring(tap);

        if (error)
            return error;
    }
    tap_publish(tap);
    tap->base_seq = 0; /* what was written before, this reader has not */
    ring = tap->ring;
    atomic_fetch_add(&ring->changes, 1);
    atomic_store(&ring->attach_position, tap->published);
    atomic_store(&ring->attach_seq, tap->last_seq + 1);
    atomic_fetch_add(&ring->changes, 1);
    tap->readers++;
    tap->on = true;
    return tap->ring_fd;
}

void tap_detach(struct tap *tap)
{
    assert(tap->readers);
    if (--tap->readers)
        return;
    tap->on = false;
    free_ring(tap);
}

void tap_release(struct tap *tap)
{
    if (tap->ring)
        tap_publish(tap); /* who still reads sees the end */
    free_ring(tap);
    tap_init(tap, tap->clock);
}

/* ---- writing ---- */

/* An entry that is being written: the record, its bytes in two parts. */
struct draft {
    struct record record;
    struct slice parts[2];
    struct tap_entry entry;
};

/* Tell readers what will be overwritten, before it is. */
static uint64_t reserve(struct tap *tap, uint32_t bytes)
{
    uint64_t position = tap->written;

    tap->written += bytes;
    atomic_store_explicit(&tap->ring->reserved, tap->written,
                          memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    if (position >= tap->next_block * TAP_RING_BLOCK_BYTES) {
        uint64_t block = position / TAP_RING_BLOCK_BYTES;

        atomic_store_explicit(&tap->ring->starts[block % TAP_RING_BLOCKS],
                              position, memory_order_relaxed);
        tap->next_block = block + 1;
    }
    return position;
}

static uint64_t append(struct tap *tap, struct draft *draft)
{
    struct record *record = &draft->record;

    record->seq = ++tap->last_seq;
    record->time_ns = tap->clock->wall_ns;
    draft->entry.bytes = (uint32_t)(draft->parts[0].len + draft->parts[1].len);
    draft->entry.entry_bytes = tap_entry_bytes(draft->entry.bytes);
    if (draft->entry.bytes < record->original_len &&
        !(record->flags & RECORD_SAME_BYTES))
        record->flags |= RECORD_TRUNCATED;
    record_header_write(draft->entry.header, record);

    uint64_t position = reserve(tap, draft->entry.entry_bytes);
    copy_in(tap, &position, slice_of(&draft->entry, sizeof(draft->entry)));
    if (record->type == RECORD_MQTT && !(record->flags & RECORD_SAME_BYTES)) {
        tap->base_at = position;
        tap->base_seq = record->seq;
        tap->base_len = draft->entry.bytes;
        tap->base_original_len = record->original_len;
    }
    copy_in(tap, &position, draft->parts[0]);
    copy_in(tap, &position, draft->parts[1]);
    if (tap->written - tap->published > PUBLISH_BYTES)
        tap_publish(tap);
    return record->seq;
}

/* Cut what is longer than TAP_SNAP_BYTES. */
static struct draft make_draft(const struct record *record, struct slice rest)
{
    struct draft draft = {
        .record = *record, .parts = {record->bytes, rest}
    };
    size_t len = record->bytes.len + rest.len;

    if (!record->original_len)
        draft.record.original_len = (uint32_t)len;
    for (int i = 0; i < 2; i++) {
        size_t room = TAP_SNAP_BYTES - (i ? draft.parts[0].len : 0);

        if (draft.parts[i].len > room)
            draft.parts[i].len = room;
    }
    return draft;
}

/* Write a copy of the record with '*' where the password is. */
static uint64_t write_redacted(struct tap *tap, const struct record *record,
                               struct redaction redaction)
{
    size_t len = record->bytes.len;
    uint8_t *hidden = alloc_bytes(len);
    struct record copy = *record;

    memcpy(hidden, record->bytes.bytes, len);
    memset(hidden + redaction.from, '*', redaction.to - redaction.from);
    copy.bytes = slice_of(hidden, len);
    copy.flags |= RECORD_REDACTED;
    struct draft draft = make_draft(&copy, slice_of(NULL, 0));
    uint64_t seq = append(tap, &draft);
    free(hidden);
    return seq;
}

/*
 * May there be a password in it? Packets are cut out, so only a CONNECT has
 * one; raw bytes can be anything.
 */
static bool may_be_secret(const struct record *record)
{
    if (record->type == RECORD_WIRE)
        return true;
    if (record->type != RECORD_MQTT || !record->bytes.len)
        return false;
    return record->bytes.bytes[0] >> 4 == MQTT_CONNECT ||
           record->flags & RECORD_MALFORMED;
}

uint64_t tap_write(struct tap *tap, const struct record *record)
{
    struct redaction redaction;

    if (!tap->on)
        return 0;
    if (!tap->show_passwords && may_be_secret(record) &&
        tap_redact(record->bytes, &redaction))
        return write_redacted(tap, record, redaction);
    struct draft draft = make_draft(record, slice_of(NULL, 0));
    return append(tap, &draft);
}

/* Are the draft's bytes those of the last packet written in full, but for two
   bytes at packet_id_at? */
static bool is_base(const struct tap *tap, const struct draft *draft,
                    size_t packet_id_at)
{
    struct slice head = draft->parts[0];
    uint64_t position = tap->base_at;
    size_t hole = packet_id_at ? 2 : 0;

    if (!tap->base_seq || tap->written - tap->base_at > BASE_REACH ||
        draft->record.original_len != tap->base_original_len ||
        head.len + draft->parts[1].len != tap->base_len ||
        packet_id_at + hole > head.len)
        return false;
    if (!is_there(tap, &position, slice_first(head, packet_id_at)))
        return false;
    position += hole;
    return is_there(tap, &position, slice_skip(head, packet_id_at + hole)) &&
           is_there(tap, &position, draft->parts[1]);
}

uint64_t tap_write_same(struct tap *tap, const struct record *record,
                        struct slice rest, size_t packet_id_at)
{
    if (!tap->on)
        return 0;
    struct draft draft = make_draft(record, rest);
    if (is_base(tap, &draft, packet_id_at)) {
        const uint8_t *at = record->bytes.bytes + packet_id_at;

        draft.record.flags |= RECORD_SAME_BYTES;
        draft.entry.base_seq = (uint32_t)tap->base_seq;
        draft.entry.packet_id_at = (uint16_t)packet_id_at;
        if (packet_id_at)
            draft.entry.packet_id = (uint16_t)(at[0] << 8 | at[1]);
        draft.parts[0].len = draft.parts[1].len = 0;
    }
    return append(tap, &draft);
}
