#include "link_pair.h"

#include "suites.h"

/* ---- a link, and a peer that takes what comes ---- */

struct link_pair link_pair;

static struct link_subject *subject_of(struct link *link)
{
    return LIST_ITEM(link, struct link_subject, link);
}

static void on_open(struct link *link)
{
    subject_of(link)->opened++;
}

static void on_packet(struct link *link, const struct frame *frame,
                      uint64_t record_seq)
{
    struct link_subject *own = subject_of(link);

    ck_assert(!link->closing);
    ck_assert_ptr_eq(frame->body.bytes + frame->body.len,
                     frame->whole.bytes + frame->whole.len);
    buf_append_slice(&own->packets, frame->whole);
    own->last_seq = record_seq;
    if (++own->count == own->close_after)
        link_close(link, false);
    if (own->hold_every && own->count % own->hold_every == 0)
        link_hold(link, 1);
    if (own->yield_every && own->count % own->yield_every == 0)
        link_yield(link, false);
    if (own->again) {
        own->again--;
        link_yield(link, true);
    }
}

static void on_batch_end(struct link *link)
{
    subject_of(link)->batches++;
}

static void on_malformed(struct link *link, enum mqtt_reason reason)
{
    subject_of(link)->malformed++;
    subject_of(link)->reason = reason;
}

static void on_drained(struct link *link)
{
    ck_assert_uint_eq(link_pending(link), 0);
    subject_of(link)->drained++;
}

static void on_end(struct link *link, int error)
{
    subject_of(link)->ended++;
    subject_of(link)->error = error;
}

static void on_closed(struct link *link)
{
    subject_of(link)->closed++;
}

static const struct link_events link_events = {
    .on_open = on_open,
    .on_packet = on_packet,
    .on_batch_end = on_batch_end,
    .on_malformed = on_malformed,
    .on_drained = on_drained,
    .on_end = on_end,
    .on_closed = on_closed,
};

static void ignore(void *owner)
{
    (void)owner;
}

static void peer_on_bytes(void *owner, struct slice bytes)
{
    (void)owner;
    buf_append_slice(&link_pair.peer_got, bytes);
    link_pair.peer_reads++;
}

static void peer_on_end(void *owner, int error)
{
    (void)owner;
    (void)error;
    link_pair.peer_ended++;
}

static void peer_on_closed(void *owner)
{
    (void)owner;
    link_pair.peer = NULL;
}

static const struct transport_events peer_events = {
    .on_open = ignore,
    .on_bytes = peer_on_bytes,
    .on_writable = ignore,
    .on_end = peer_on_end,
    .on_closed = peer_on_closed,
};

static void connect_pair(void)
{
    struct transport *ends[2];
    const struct transport_events *events[2] = {&peer_events,
                                                &link_transport_events};
    void *owners[2] = {NULL, &link_pair.subject.link};

    link_pair.subject = (struct link_subject){0};
    buf_clear(&link_pair.peer_got);
    link_pair.peer_reads = link_pair.peer_ended = 0;
    link_init(&link_pair.subject.link, &link_pair.loop, &link_pair.tap,
              &link_events);
    link_pair.subject.link.connection = 7;
    transport_memory_pair(&link_pair.loop, ends, events, owners);
    link_pair.peer = ends[0];
    link_pair.subject.link.transport = ends[1];
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.opened, 1);
}

static void disconnect_pair(void)
{
    if (!link_pair.subject.link.closing)
        link_close(&link_pair.subject.link, false);
    if (link_pair.peer)
        transport_close(link_pair.peer, false);
    loop_settle(&link_pair.loop);
    ck_assert_int_eq(link_pair.subject.closed, 1);
    ck_assert_uint_eq(link_pair.subject.link.in.cap, 0);
    ck_assert_uint_eq(link_pair.subject.link.out.cap, 0);
    ck_assert_ptr_null(link_pair.subject.link.parts);
    buf_release(&link_pair.subject.packets);
}

void link_pair_open(void)
{
    ck_assert_int_eq(loop_init(&link_pair.loop), 0);
    clock_init_manual(&link_pair.loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    tap_init(&link_pair.tap, &link_pair.loop.clock);
    connect_pair();
}

void link_pair_close(void)
{
    disconnect_pair();
    buf_release(&link_pair.peer_got);
    tap_release(&link_pair.tap);
    loop_release(&link_pair.loop);
}

void link_pair_send(struct slice bytes)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.bytes,
                         .iov_len = bytes.len};

    ck_assert_int_eq(transport_writev(link_pair.peer, &part, 1),
                     (ssize_t)bytes.len);
    loop_settle(&link_pair.loop);
}

void link_pair_send_hex(const char *hex)
{
    uint8_t bytes[64];

    link_pair_send(slice_of(bytes, unit_hex(hex, bytes, sizeof(bytes))));
}

void link_pair_fill(struct shared *shared)
{
    for (uint32_t i = 0; i < shared->len; i++)
        shared->bytes[i] = (uint8_t)(i * 13 + 5);
}
