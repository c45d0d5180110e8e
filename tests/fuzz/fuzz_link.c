/*
 * Bytes in chunks of any size through a link: the packets that come out must
 * be a prefix of the bytes that went in, cut at the same places as in one go.
 *
 * The first byte of the input chooses the sizes, the rest is the stream. After
 * a PUBACK the link yields, after a PUBREC with the packet again.
 */
#include "net/transport_memory.h"
#include "wire/link.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct target {
    struct link link;
    struct slice stream; /* what has not come out yet */
    bool again;          /* the packet at its front was handed over once */
    bool closed;
};

static void ignore(void *owner)
{
    (void)owner;
}

static void ignore_bytes(void *owner, struct slice bytes)
{
    (void)owner;
    (void)bytes;
}

static void ignore_end(void *owner, int error)
{
    (void)owner;
    (void)error;
}

static const struct transport_events peer_events = {
    .on_open = ignore,
    .on_bytes = ignore_bytes,
    .on_writable = ignore,
    .on_end = ignore_end,
    .on_closed = ignore,
};

static void on_open(struct link *link)
{
    (void)link;
}

static void on_packet(struct link *link, const struct frame *frame,
                      uint64_t record_seq)
{
    struct target *target = LIST_ITEM(link, struct target, link);
    struct frame expected;
    int used = framer_next(target->stream, link->max_packet_size, &expected);

    if (used <= 0 || record_seq != 0 || frame->first != expected.first ||
        !slice_equal(frame->whole, expected.whole) ||
        frame->body.len != expected.body.len)
        abort();
    if (frame_type(frame) == MQTT_PUBREC && !target->again) {
        target->again = true;
        link_yield(link, true);
        return;
    }
    target->again = false;
    target->stream = slice_skip(target->stream, (size_t)used);
    if (frame_type(frame) == MQTT_PUBACK)
        link_yield(link, false);
    /* Answer, so that writing is mixed with reading. */
    link_send(link, frame->whole, 0);
    if (frame_type(frame) == MQTT_DISCONNECT)
        link_close(link, frame->whole.len & 1);
}

static void on_malformed(struct link *link, enum mqtt_reason reason)
{
    struct target *target = LIST_ITEM(link, struct target, link);
    struct frame frame;

    if (framer_next(target->stream, link->max_packet_size, &frame) !=
        -(int)reason)
        abort();
    link_close(link, false);
}

static void on_link_end(struct link *link, int error)
{
    (void)error;
    link_close(link, false);
}

static void on_closed(struct link *link)
{
    LIST_ITEM(link, struct target, link)->closed = true;
}

static const struct link_events link_events = {
    .on_open = on_open,
    .on_packet = on_packet,
    .on_malformed = on_malformed,
    .on_end = on_link_end,
    .on_closed = on_closed,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct loop loop;
    struct target target = {.stream = slice_of(bytes, len)};
    struct transport *ends[2];
    const struct transport_events *events[2] = {&peer_events,
                                                &link_transport_events};
    void *owners[2] = {NULL, &target.link};

    if (!len)
        return 0;
    struct transport_memory_faults faults = {.chunk_bytes = bytes[0]};
    target.stream = slice_skip(target.stream, 1);
    if (loop_init(&loop))
        abort();
    clock_init_manual(&loop.clock, 0, 0);
    link_init(&target.link, &loop, NULL, &link_events);
    target.link.max_packet_size = 1 << 20;
    transport_memory_pair(&loop, ends, events, owners);
    target.link.transport = ends[1];
    transport_memory_set_faults(ends[0], &faults);
    loop_settle(&loop);

    struct iovec part = {
        .iov_base = (void *)(uintptr_t)target.stream.bytes,
        .iov_len = target.stream.len,
    };
    if (part.iov_len)
        transport_writev(ends[0], &part, 1);
    transport_close(ends[0], false);
    loop_settle(&loop);
    if (!target.closed)
        abort();
    loop_release(&loop);
    return 0;
}
