#include "wire/tap_reader.h"

#include "wire/event.h"
#include "wire/tap_ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define MAP_BYTES (TAP_RING_DATA + (size_t)TAP_RING_BYTES)
#define MASK      (TAP_RING_BYTES - 1)

/* ---- life ---- */

/* Begin where the tap was when the last reader attached. */
static void find_start(struct tap_reader *reader)
{
    const struct tap_ring *ring = reader->ring;
    uint64_t before;
    uint64_t after;

    do {
        before = atomic_load(&ring->changes);
        reader->position = atomic_load(&ring->attach_position);
        reader->next_seq = atomic_load(&ring->attach_seq);
        after = atomic_load(&ring->changes);
    } while (before != after || before % 2);
}

int tap_reader_open(struct tap_reader *reader, int fd)
{
    struct stat status;

    *reader = (struct tap_reader){0};
    if (fstat(fd, &status))
        return -errno;
    if (status.st_size < (off_t)MAP_BYTES)
        return -EPROTO;
    void *memory = mmap(NULL, MAP_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return -errno;
    reader->ring = memory;
    reader->map_bytes = MAP_BYTES;
    if (reader->ring->magic != TAP_RING_MAGIC ||
        reader->ring->bytes != TAP_RING_BYTES) {
        tap_reader_close(reader);
        return -EPROTO;
    }
    find_start(reader);
    return 0;
}

void tap_reader_close(struct tap_reader *reader)
{
    if (reader->ring)
        munmap((void *)(uintptr_t)reader->ring, reader->map_bytes);
    buf_release(&reader->record_bytes);
    buf_release(&reader->shared_bytes);
    *reader = (struct tap_reader){0};
}

/* ---- copying out ---- */

/* Was what lies at position and after not yet overwritten just now? */
static bool intact(const struct tap_ring *ring, uint64_t position)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&ring->reserved, memory_order_relaxed) -
               position <=
           TAP_RING_BYTES;
}

/*
 * The writer may be over these bytes while they are copied; the caller then
 * finds out by intact() and throws them away.
 */
static void copy_out(const struct tap_ring *ring, uint64_t position, void *to,
                     size_t len)
{
    const uint8_t *data = (const uint8_t *)ring + TAP_RING_DATA;
    size_t at = position & MASK;
    size_t room = TAP_RING_BYTES - at;
    size_t first = len < room ? len : room;

    memcpy(to, data + at, first);
    memcpy((uint8_t *)to + first, data, len - first);
}

/* The entry at position; false when it was overwritten. */
static bool read_entry(const struct tap_reader *reader, struct tap_entry *entry)
{
    copy_out(reader->ring, reader->position, entry, sizeof(*entry));
    return intact(reader->ring, reader->position) &&
           entry->bytes <= TAP_SNAP_BYTES &&
           entry->entry_bytes == tap_entry_bytes(entry->bytes);
}

/* Its bytes, to the end of an empty buffer; false likewise. */
static bool read_bytes(const struct tap_reader *reader,
                       const struct tap_entry *entry, struct buf *to)
{
    buf_clear(to);
    copy_out(reader->ring, reader->position + sizeof(*entry),
             buf_reserve(to, entry->bytes), entry->bytes);
    to->len = entry->bytes;
    return intact(reader->ring, reader->position);
}

/* ---- what was lost ---- */

/*
 * Go on in the middle of what the ring holds, so that the writer is not over
 * that as well at once; where no entry is known to begin, at the end.
 */
static void catch_up(struct tap_reader *reader, uint64_t published)
{
    uint64_t block = (published - TAP_RING_BYTES / 2) / TAP_RING_BLOCK_BYTES;

    for (; block * TAP_RING_BLOCK_BYTES < published; block++) {
        uint64_t start =
            atomic_load_explicit(&reader->ring->starts[block % TAP_RING_BLOCKS],
                                 memory_order_relaxed);

        if (start / TAP_RING_BLOCK_BYTES == block && start < published &&
            start > reader->position) {
            reader->position = start;
            return;
        }
    }
    reader->position = published;
}

static void report_loss(struct tap_reader *reader, struct record *record)
{
    uint64_t lost = record->seq - reader->next_seq;

    record_begin(&reader->record_bytes, EVENT_LOST_RECORDS);
    record_put_number(&reader->record_bytes, RECORD_NUMBER, lost);
    *record = (struct record){
        .seq = reader->next_seq,
        .time_ns = record->time_ns,
        .type = RECORD_EVT,
        .original_len = reader->record_bytes.len,
        .bytes = buf_slice(&reader->record_bytes),
    };
    reader->lost += lost;
    reader->next_seq += lost;
}

/* ---- records ---- */

/* The bytes of a packet that was recorded by reference. */
static void expand(struct tap_reader *reader, const struct tap_entry *entry,
                   struct record *record)
{
    struct buf *bytes = &reader->record_bytes;
    size_t at = entry->packet_id_at;

    record->flags &= (uint8_t)~RECORD_SAME_BYTES;
    buf_clear(bytes);
    if (reader->shared_seq && (uint32_t)reader->shared_seq == entry->base_seq)
        buf_append_slice(bytes, buf_slice(&reader->shared_bytes));
    if (at && at + 2 <= bytes->len) {
        bytes->bytes[at] = (uint8_t)(entry->packet_id >> 8);
        bytes->bytes[at + 1] = (uint8_t)entry->packet_id;
    }
    if (bytes->len < record->original_len)
        record->flags |= RECORD_TRUNCATED;
    record->bytes = buf_slice(bytes);
}

/* Read the bytes of the entry into the record; false when overwritten. */
static bool fill(struct tap_reader *reader, const struct tap_entry *entry,
                 struct record *record)
{
    if (record->flags & RECORD_SAME_BYTES) {
        expand(reader, entry, record);
        return true;
    }
    bool packet = record->type == RECORD_MQTT;
    struct buf *to = packet ? &reader->shared_bytes : &reader->record_bytes;

    if (packet)
        reader->shared_seq = 0;
    if (!read_bytes(reader, entry, to))
        return false;
    if (packet)
        reader->shared_seq = record->seq;
    record->bytes = buf_slice(to);
    return true;
}

bool tap_reader_next(struct tap_reader *reader, struct record *record)
{
    struct tap_entry entry;

    for (;;) {
        uint64_t published = atomic_load_explicit(&reader->ring->published,
                                                  memory_order_acquire);

        if (reader->position >= published)
            return false;
        if (!read_entry(reader, &entry)) {
            catch_up(reader, published);
            continue;
        }
        record_header_read(record, entry.header);
        if (record->seq != reader->next_seq) {
            report_loss(reader, record);
            return true;
        }
        if (!fill(reader, &entry, record)) {
            catch_up(reader, published);
            continue;
        }
        reader->position += entry.entry_bytes;
        reader->next_seq++;
        return true;
    }
}
