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
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAP_BYTES (TAP_RING_DATA + (size_t)TAP_RING_BYTES)
#define MASK      (TAP_RING_BYTES - 1)

/* A turn that writes more than this is published in between. */
#define PUBLISH_BYTES (TAP_RING_BYTES / 8)

/* After so many bytes a packet is written in full again, so that a reader that
   lost some records soon understands the references. */
#define BASE_REACH (TAP_RING_BYTES / 8)

/* So much is reserved at once: a reader looks at that number after each record,
   and what two processors share is slow to write. */
#define RESERVE_BYTES 16384

/* So far ahead of what is written memory is asked for. */
#define AHEAD_BYTES 1024

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
    tap->written = tap->published = tap->reserved = tap->next_block = 0;
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
    if (first < bytes.len)
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
           (first == bytes.len ||
            !memcmp(data_of(tap), bytes.bytes + first, bytes.len - first));
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

/*
 * An entry that is about to be written: the record, its bytes in two parts, and
 * what differs from the record as it was given. The record is not copied: with
 * somebody attached there is one for each packet.
 */
struct draft {
    const struct record *record;
    struct slice parts[2];
    uint32_t original_len;
    uint32_t base_seq; /* of RECORD_SAME_BYTES, as are these: */
    uint16_t packet_id;
    uint16_t packet_id_at;
    uint8_t flags;
};

/* Tell readers what will be overwritten, before it is. */
static uint64_t reserve(struct tap *tap, uint32_t bytes)
{
    uint64_t position = tap->written;

    /* The ring is larger than the caches: the memory of a few entries on must
       be on its way, or writing waits for it. */
    __builtin_prefetch(data_of(tap) + ((position + AHEAD_BYTES) & MASK), 1);
    tap->written += bytes;
    if (tap->written > tap->reserved) {
        tap->reserved = tap->written + RESERVE_BYTES;
        atomic_store_explicit(&tap->ring->reserved, tap->reserved,
                              memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
    }
    if (position >= tap->next_block * TAP_RING_BLOCK_BYTES) {
        uint64_t block = position / TAP_RING_BLOCK_BYTES;

        atomic_store_explicit(&tap->ring->starts[block % TAP_RING_BLOCKS],
                              position, memory_order_relaxed);
        tap->next_block = block + 1;
    }
    return position;
}

static void fill(struct tap_entry *entry, const struct tap *tap,
                 const struct draft *draft, uint32_t bytes)
{
    entry->entry_bytes = tap_entry_bytes(bytes);
    entry->bytes = bytes;
    entry->base_seq = draft->base_seq;
    entry->packet_id = draft->packet_id;
    entry->packet_id_at = draft->packet_id_at;
    record_header_write(entry->header, draft->record);
    record_header_stamp(entry->header, tap->last_seq, tap->clock->wall_ns,
                        draft->original_len, draft->flags);
}

/* Write what stands before the bytes: in place, unless the memory ends there.
   Moves the position behind it. */
static void put_entry(struct tap *tap, uint64_t *position,
                      const struct draft *draft, uint32_t bytes)
{
    struct tap_entry apart;

    if (before_end(*position, sizeof(apart)) == sizeof(apart)) {
        fill((void *)(data_of(tap) + (*position & MASK)), tap, draft, bytes);
        *position += sizeof(apart);
        return;
    }
    fill(&apart, tap, draft, bytes);
    copy_in(tap, position, slice_of(&apart, sizeof(apart)));
}

static uint64_t append(struct tap *tap, struct draft *draft)
{
    uint32_t bytes = (uint32_t)(draft->parts[0].len + draft->parts[1].len);
    bool same = draft->flags & RECORD_SAME_BYTES;

    tap->last_seq++;
    if (bytes < draft->original_len && !same)
        draft->flags |= RECORD_TRUNCATED;

    uint64_t position = reserve(tap, tap_entry_bytes(bytes));
    put_entry(tap, &position, draft, bytes);
    if (draft->record->type == RECORD_MQTT && !same) {
        tap->base_at = position;
        tap->base_seq = tap->last_seq;
        tap->base_len = bytes;
        tap->base_original_len = draft->original_len;
    }
    copy_in(tap, &position, draft->parts[0]);
    copy_in(tap, &position, draft->parts[1]);
    if (tap->written - tap->published > PUBLISH_BYTES)
        tap_publish(tap);
    return tap->last_seq;
}

static struct slice cut(struct slice bytes, size_t max)
{
    return bytes.len > max ? slice_first(bytes, max) : bytes;
}

/* What is longer than TAP_SNAP_BYTES is cut. */
static void begin_draft(struct draft *draft, const struct record *record,
                        struct slice rest)
{
    size_t len = record->bytes.len + rest.len;

    draft->record = record;
    draft->original_len =
        record->original_len ? record->original_len : (uint32_t)len;
    draft->base_seq = 0;
    draft->packet_id = draft->packet_id_at = 0;
    draft->flags = record->flags;
    draft->parts[0] = cut(record->bytes, TAP_SNAP_BYTES);
    draft->parts[1] = cut(rest, TAP_SNAP_BYTES - draft->parts[0].len);
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
    struct draft draft;
    begin_draft(&draft, &copy, slice_of(NULL, 0));
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
        return record->layer != RECORD_CABLE; /* cable_hide has seen to it */
    if (record->type != RECORD_MQTT || !record->bytes.len)
        return false;
    return record->bytes.bytes[0] >> 4 == MQTT_CONNECT ||
           record->flags & RECORD_MALFORMED;
}

uint64_t tap_write(struct tap *tap, const struct record *record)
{
    struct redaction redaction;
    struct draft draft;

    if (!tap->on)
        return 0;
    if (!tap->show_passwords && may_be_secret(record) &&
        tap_redact(record->bytes, &redaction))
        return write_redacted(tap, record, redaction);
    begin_draft(&draft, record, slice_of(NULL, 0));
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
        draft->original_len != tap->base_original_len ||
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
    struct draft draft;

    if (!tap->on)
        return 0;
    begin_draft(&draft, record, rest);
    if (is_base(tap, &draft, packet_id_at)) {
        const uint8_t *at = record->bytes.bytes + packet_id_at;

        draft.flags |= RECORD_SAME_BYTES;
        draft.base_seq = (uint32_t)tap->base_seq;
        draft.packet_id_at = (uint16_t)packet_id_at;
        if (packet_id_at)
            draft.packet_id = (uint16_t)(at[0] << 8 | at[1]);
        draft.parts[0].len = draft.parts[1].len = 0;
    }
    return append(tap, &draft);
}
