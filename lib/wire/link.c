#include "wire/link.h"

#include "base/alloc.h"
#include "wire/gate.h"
#include "wire/link_in.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* More than this is not gathered until the end of the turn. */
#define FLUSH_BYTES 65536

/* So many parts go out in one write. */
#define WRITE_PARTS 64

/* A link that sends more than this in a turn writes into a buffer that the
   loop lends; others into one of the size they need. */
#define LEND_BYTES 16384

/* A stretch of the output: len bytes of link->out, after those of the parts
   before it, or of shared bytes from offset on. */
struct link_part {
    struct shared *shared; /* one reference; NULL: bytes of link->out */
    uint32_t offset;
    uint32_t len;
};

/* Those before done were written. */
struct link_parts {
    uint16_t count;
    uint16_t cap;
    uint16_t done;
    struct link_part items[];
};

static struct record describe(const struct link *link, struct slice packet)
{
    return link_in_describe(link, RECORD_MQTT, RECORD_B2C, packet);
}

/* ---- out ---- */

static void forget_output(struct link *link)
{
    struct link_parts *parts = link->parts;

    for (unsigned i = parts ? parts->done : 0; parts && i < parts->count; i++)
        shared_unref(parts->items[i].shared);
    free(parts);
    link->parts = NULL;
    loop_buffer_give(link->loop, &link->out);
    link->out_done = 0;
    link->pending_bytes = 0;
}

/* Take a part that was written off the front, as far as it was. */
static uint32_t consume_part(struct link *link, uint32_t count)
{
    struct link_part *part = &link->parts->items[link->parts->done];

    if (count > part->len)
        count = part->len;
    if (!part->shared)
        link->out_done += count;
    part->offset += count;
    part->len -= count;
    if (part->len == 0) {
        shared_unref(part->shared);
        link->parts->done++;
    }
    return count;
}

static void consume(struct link *link, uint32_t count)
{
    link->pending_bytes -= count;
    if (!link->parts)
        link->out_done += count;
    else
        while (count)
            count -= consume_part(link, count);
}

/* Move what waits to the front, when that costs less than was written. */
static void compact(struct link *link)
{
    struct link_parts *parts = link->parts;
    unsigned left = parts ? parts->count - parts->done : 0;

    if (link->out_done >= link->out.len - link->out_done) {
        buf_consume(&link->out, link->out_done);
        link->out_done = 0;
    }
    if (parts && parts->done > left) {
        memmove(parts->items, parts->items + parts->done,
                left * sizeof(parts->items[0]));
        parts->count = (uint16_t)left;
        parts->done = 0;
    }
}

static void *bytes_at(const void *bytes, size_t offset)
{
    return (void *)((uintptr_t)bytes + offset);
}

/* Fill iovecs from the front of the output; returns how many. */
static int gather(const struct link *link, struct iovec *to, size_t *bytes)
{
    const struct link_parts *parts = link->parts;
    size_t at = link->out_done;
    int count = 0;

    *bytes = link->pending_bytes;
    if (!parts) {
        to[0].iov_base = link->out.bytes + at;
        to[0].iov_len = *bytes;
        return 1;
    }
    *bytes = 0;
    for (unsigned i = parts->done; i < parts->count && count < WRITE_PARTS;
         i++) {
        const struct link_part *part = &parts->items[i];

        to[count].iov_base = part->shared
                                 ? bytes_at(part->shared->bytes, part->offset)
                                 : link->out.bytes + at;
        to[count++].iov_len = part->len;
        *bytes += part->len;
        if (!part->shared)
            at += part->len;
    }
    return count;
}

static void begin_to_write(struct link *link)
{
    if (!link->blocked)
        link->usual_bytes =
            (uint16_t)(link->pending_bytes < UINT16_MAX ? link->pending_bytes
                                                        : UINT16_MAX);
    link->last_out_ms = clock_ms(&link->loop->clock);
    link->blocked = false;
}

/* Of bytes the transport took so many, or it is broken. */
static void took(struct link *link, ssize_t taken, size_t bytes)
{
    if (taken < 0) {
        link->broken = true;
        forget_output(link);
        return;
    }
    consume(link, (uint32_t)taken);
    link->blocked = (size_t)taken < bytes;
    if (link->blocked)
        compact(link);
    else if (!link->pending_bytes)
        forget_output(link);
}

void link_flush(struct link *link)
{
    if (!link->pending_bytes)
        return;
    begin_to_write(link);
    while (link->pending_bytes && !link->blocked) {
        struct iovec parts[WRITE_PARTS];
        size_t bytes;
        int count = gather(link, parts, &bytes);

        took(link, transport_writev(link->transport, parts, count), bytes);
    }
}

static struct link *link_of(struct burst_writer *writer)
{
    return LIST_ITEM(writer, struct link, writer);
}

/* What lies in one piece goes out with that of other links. */
static bool on_ask(struct burst_writer *writer, struct sender_item *item)
{
    struct link *link = link_of(writer);

    if (link->blocked || !link->pending_bytes)
        return false;
    item->fd = link->parts ? -1 : transport_socket(link->transport);
    if (item->fd < 0) {
        link_flush(link);
        return false;
    }
    begin_to_write(link);
    item->bytes = link->out.bytes + link->out_done;
    item->len = link->pending_bytes;
    return true;
}

static void on_tell(struct burst_writer *writer, ssize_t result)
{
    struct link *link = link_of(writer);
    size_t bytes = link->pending_bytes;

    took(link, transport_sent(link->transport, result, bytes), bytes);
}

static const struct burst_events burst_events = {
    .ask = on_ask,
    .tell = on_tell,
};

static void on_writable(void *owner)
{
    struct link *link = owner;

    link_flush(link);
    if (!link->pending_bytes && !link->broken && link->events->on_drained)
        link->events->on_drained(link);
}

/* Room for more parts, twice as many as there were. */
static struct link_parts *grown(struct link_parts *parts)
{
    unsigned cap = parts ? parts->cap * 2u : 8;
    bool fresh = !parts;

    if (cap > UINT16_MAX)
        cap = UINT16_MAX;
    parts = alloc_resize(
        parts, 1, sizeof(*parts) + (size_t)cap * sizeof(parts->items[0]));
    if (fresh)
        *parts = (struct link_parts){0};
    parts->cap = (uint16_t)cap;
    return parts;
}

static void add_part(struct link *link, struct shared *shared, size_t offset,
                     size_t len)
{
    if (!link->parts || link->parts->count == link->parts->cap)
        link->parts = grown(link->parts);
    link->parts->items[link->parts->count++] = (struct link_part){
        .shared = shared,
        .offset = (uint32_t)offset,
        .len = (uint32_t)len,
    };
}

/* Room for one more part after a copied one? */
static bool parts_full(const struct link *link)
{
    return link->parts && link->parts->count >= UINT16_MAX - 2;
}

static void copy_out(struct link *link, struct slice bytes)
{
    if (!link->out.cap) {
        if (link->usual_bytes > LEND_BYTES)
            loop_buffer_take(link->loop, &link->out);
        else
            buf_reserve(&link->out, link->usual_bytes > bytes.len
                                        ? link->usual_bytes
                                        : bytes.len);
    }
    buf_append_slice(&link->out, bytes);
    link->pending_bytes += (uint32_t)bytes.len;
    struct link_parts *parts = link->parts;
    if (!parts)
        return;
    struct link_part *last = &parts->items[parts->count - 1];
    if (parts->done < parts->count && !last->shared)
        last->len += (uint32_t)bytes.len;
    else
        add_part(link, NULL, 0, bytes.len);
}

static void refer_out(struct link *link, struct shared *shared, size_t offset,
                      size_t len)
{
    if (!link->parts && link->pending_bytes)
        add_part(link, NULL, 0, link->pending_bytes);
    add_part(link, shared_ref(shared), offset, len);
    link->pending_bytes += (uint32_t)len;
}

/* Something was added to the output. */
static void added(struct link *link)
{
    if (link->blocked)
        return;
    if (link->pending_bytes >= FLUSH_BYTES)
        link_flush(link);
    else
        burst_add(link->loop, &link->writer);
}

static bool refused(const struct link *link)
{
    return link->closing || link->broken;
}

void link_pass(struct link *link, struct slice bytes)
{
    if (refused(link))
        return;
    copy_out(link, bytes);
    added(link);
}

/* Is there a gate that has to be asked? */
static struct gate *gate_of(const struct link *link)
{
    return link_in_watched(link) ? link->tap->gate : NULL;
}

static uint64_t send_through(struct gate *gate, struct link *link,
                             struct slice head, struct slice rest,
                             uint64_t cause)
{
    struct buf whole = {0};

    if (!rest.len)
        return gate_send(gate, link, head, cause);
    buf_append_slice(&whole, head);
    buf_append_slice(&whole, rest);
    uint64_t seq = gate_send(gate, link, buf_slice(&whole), cause);
    buf_release(&whole);
    return seq;
}

uint64_t link_send(struct link *link, struct slice packet, uint64_t cause)
{
    uint64_t seq = 0;

    if (refused(link))
        return 0;
    if (gate_of(link))
        return gate_send(gate_of(link), link, packet, cause);
    if (link_in_watched(link)) {
        struct record record = describe(link, packet);

        record.cause = cause;
        seq = tap_write(link->tap, &record);
    }
    copy_out(link, packet);
    added(link);
    return seq;
}

static uint64_t record_same(struct link *link, struct slice head,
                            struct slice rest, size_t packet_id_at,
                            uint64_t cause)
{
    struct record record = describe(link, head);

    record.original_len += (uint32_t)rest.len;
    record.cause = cause;
    return tap_write_same(link->tap, &record, rest, packet_id_at);
}

uint64_t link_send_same(struct link *link, struct slice packet,
                        size_t packet_id_at, uint64_t cause)
{
    uint64_t seq = 0;

    if (refused(link))
        return 0;
    if (gate_of(link))
        return gate_send(gate_of(link), link, packet, cause);
    if (link_in_watched(link))
        seq = record_same(link, packet, slice_of(NULL, 0), packet_id_at, cause);
    copy_out(link, packet);
    added(link);
    return seq;
}

/* Where the Packet Identifier of a PUBLISH lies; 0: it has none. */
static size_t packet_id_of(struct slice head)
{
    size_t at = 1;

    if (!head.len || head.bytes[0] >> 4 != MQTT_PUBLISH ||
        !(head.bytes[0] & 0x06))
        return 0;
    while (at < head.len && head.bytes[at] & 0x80)
        at++;
    at++;
    if (at + 2 > head.len)
        return 0;
    at += 2 + (size_t)(head.bytes[at] << 8 | head.bytes[at + 1]);
    return at + 2 <= head.len ? at : 0;
}

uint64_t link_send_shared(struct link *link, struct slice head,
                          struct shared *shared, size_t offset, size_t len,
                          uint64_t cause)
{
    struct slice rest = slice_of(shared->bytes + offset, len);
    uint64_t seq = 0;

    assert(offset + len <= shared->len);
    if (refused(link))
        return 0;
    if (gate_of(link))
        return send_through(gate_of(link), link, head, rest, cause);
    if (link_in_watched(link))
        seq = record_same(link, head, rest, packet_id_of(head), cause);
    copy_out(link, head);
    if (len < LINK_SHARE_BYTES || parts_full(link))
        copy_out(link, rest);
    else
        refer_out(link, shared, offset, len);
    added(link);
    return seq;
}

void link_cork(struct link *link)
{
    link->corked = true;
    link->blocked = true; /* whoever wants to write, waits */
}

void link_uncork(struct link *link)
{
    if (!link->corked)
        return;
    link->corked = false;
    link->blocked = false;
    /* The owner may have stopped sending because so much waited. */
    on_writable(link);
}

/* ---- life ---- */

void link_init(struct link *link, struct loop *loop, struct tap *tap,
               const struct link_events *events)
{
    *link = (struct link){
        .events = events,
        .loop = loop,
        .tap = tap,
        .max_packet_size = MQTT_MAX_PACKET_SIZE,
        .last_in_ms = clock_ms(&loop->clock),
        .last_out_ms = clock_ms(&loop->clock),
    };
    burst_writer_init(&link->writer, &burst_events);
}

void link_close(struct link *link, bool abort)
{
    if (link->closing)
        return;
    if (!abort && !link->broken && !link->corked)
        link_flush(link);
    link->closing = true;
    if (link->tap && link->tap->gate)
        gate_forget_link(link->tap->gate, link);
    burst_cancel(&link->writer);
    forget_output(link);
    link_in_give_up(link);
    transport_close(link->transport, abort);
}

static void on_open(void *owner)
{
    struct link *link = owner;

    link->events->on_open(link);
}

static void on_bytes(void *owner, struct slice bytes)
{
    link_in_take(owner, bytes);
}

static void on_end(void *owner, int error)
{
    link_in_end(owner, error);
}

static void on_closed(void *owner)
{
    struct link *link = owner;

    link->transport = NULL;
    link_in_release(link);
    link->events->on_closed(link);
}

const struct transport_events link_transport_events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_writable = on_writable,
    .on_end = on_end,
    .on_closed = on_closed,
};
