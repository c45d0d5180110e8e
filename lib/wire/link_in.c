#include "wire/link_in.h"

#include "base/alloc.h"
#include "wire/gate.h"

#include <assert.h>
#include <stdlib.h>

/* An incomplete packet gets at first so much memory, or as much as it needs:
   what a peer announces costs nothing until it comes. */
#define FIRST_KEEP_BYTES 4096

/* Values of link->pace: is another packet handed over after this one? */
enum { PACE_GO_ON, PACE_STOP, PACE_AGAIN = 3 };

/* What is left of a read when the owner has had enough. */
struct link_rest {
    struct loop_task task; /* hands over more of it */
    struct link *link;
    struct buf bytes;
    uint32_t at;  /* so many of the bytes are done */
    bool again;   /* the packet at the front was handed over already */
    bool ended;   /* link_in_end was called */
    int error;    /* with this */
    uint64_t seq; /* of the record of the packet that comes again */
};

/* ---- one packet ---- */

void link_in_hello(struct link *link, const struct frame *frame)
{
    if (!link->version && link->events->on_hello)
        link->events->on_hello(link, frame);
}

static uint64_t show(struct link *link, const struct frame *frame)
{
    link_in_hello(link, frame);
    struct record record =
        link_in_describe(link, RECORD_MQTT, RECORD_C2B, frame->whole);

    return tap_write(link->tap, &record);
}

static void hand(struct link *link, const struct frame *frame, uint64_t seq)
{
    link->events->on_packet(link, frame, seq);
    if (link->pace == PACE_AGAIN)
        link->rest->seq = seq;
}

static void deliver(struct link *link, const struct frame *frame)
{
    if (!link_in_watched(link))
        hand(link, frame, 0);
    else if (link->tap->gate)
        gate_take_in(link->tap->gate, link, frame);
    else
        hand(link, frame, show(link, frame));
}

void link_in_refuse(struct link *link, struct slice bytes,
                    enum mqtt_reason reason)
{
    if (link_in_watched(link)) {
        uint32_t size = framer_size(bytes);
        bool whole = size && size <= bytes.len;
        struct record record = link_in_describe(
            link, whole ? RECORD_MQTT : RECORD_WIRE, RECORD_C2B,
            whole ? slice_first(bytes, size) : bytes);

        record.flags = RECORD_MALFORMED;
        tap_write(link->tap, &record);
    }
    link->malformed = true;
    link->pace = PACE_STOP;
    link->events->on_malformed(link, reason);
}

/* ---- a packet in several reads ---- */

/* Append to the incomplete packet, whose size is known if it is not 0. */
static void keep(struct link *link, struct slice bytes, uint32_t size)
{
    size_t need = link->in.len + bytes.len;

    if (need > link->in.cap) {
        size_t cap = link->in.cap + link->in.cap;

        if (cap < FIRST_KEEP_BYTES)
            cap = FIRST_KEEP_BYTES;
        if (size && cap > size)
            cap = size;
        if (cap < need)
            cap = need;
        link->in.bytes = alloc_resize(link->in.bytes, cap, 1);
        link->in.cap = (uint32_t)cap;
    }
    buf_append_slice(&link->in, bytes);
}

/*
 * Give the incomplete packet what it lacks of bytes, and hand it over when it
 * is whole. Returns what is left of bytes.
 */
static struct slice complete(struct link *link, struct slice bytes)
{
    struct frame frame;
    int used = 0;

    while (bytes.len && used == 0) {
        /* While the size is not known, byte by byte: that is at most five. */
        uint32_t size = framer_size(buf_slice(&link->in));
        size_t missing = size ? size - link->in.len : 1;

        if (missing > bytes.len)
            missing = bytes.len;
        keep(link, slice_first(bytes, missing), size);
        bytes = slice_skip(bytes, missing);
        used = framer_next(buf_slice(&link->in), link->max_packet_size, &frame);
    }
    if (used == 0)
        return bytes;

    /* The owner may close the link, so the bytes must not be the link's. */
    struct buf whole = link->in;
    link->in = (struct buf){0};
    if (used > 0) {
        deliver(link, &frame);
    } else {
        buf_append_slice(&whole, bytes);
        link_in_refuse(link, buf_slice(&whole), (enum mqtt_reason)(-used));
    }
    if (link->pace == PACE_AGAIN)
        link->rest->bytes = whole;
    else
        buf_release(&whole);
    return bytes;
}

/* ---- a read, or the rest of one ---- */

/*
 * Hand over the packets in bytes, keep the incomplete one at the end. Returns
 * what is left when something has stopped it.
 */
static struct slice hand_over(struct link *link, struct slice bytes)
{
    while (bytes.len && !link->pace) {
        struct frame frame;
        int used = framer_next(bytes, link->max_packet_size, &frame);

        if (used < 0) {
            link_in_refuse(link, bytes, (enum mqtt_reason)(-used));
        } else if (used == 0) {
            keep(link, bytes, framer_size(bytes));
            return slice_of(NULL, 0);
        } else {
            deliver(link, &frame);
            if (link->pace != PACE_AGAIN)
                bytes = slice_skip(bytes, (size_t)used);
        }
    }
    return link->malformed ? slice_of(NULL, 0) : bytes;
}

static void on_turn(struct loop_task *task);

static struct link_rest *rest_of(struct link *link)
{
    if (!link->rest) {
        link->rest = alloc_zero(1, sizeof(*link->rest));
        link->rest->link = link;
        loop_task_init(&link->rest->task, on_turn);
    }
    return link->rest;
}

/* Read only when nothing is left of what was read before. */
static void set_reading(const struct link *link)
{
    transport_pause(link->transport, link->holds || link->rest);
}

static void begin_batch(struct link *link)
{
    link->last_in_ms = clock_ms(&link->loop->clock);
    link->pace = link->malformed || link->holds ? PACE_STOP : PACE_GO_ON;
}

/* The turn is over for this link: go on in the next if there is a rest. */
static void end_batch(struct link *link)
{
    if (link->closing)
        return;
    if (link->rest) {
        set_reading(link);
        if (!link->holds)
            loop_at_start(link->loop, &link->rest->task);
    }
    if (link->events->on_batch_end)
        link->events->on_batch_end(link);
}

/* Keep for later; either there is a rest or an incomplete packet. */
static void put_off(struct link *link, struct slice bytes)
{
    struct link_rest *rest = rest_of(link);

    if (link->in.len) {
        rest->bytes = link->in;
        link->in = (struct buf){0};
    }
    buf_append_slice(&rest->bytes, bytes);
}

void link_in_take(struct link *link, struct slice bytes)
{
    begin_batch(link);
    if (link->rest || link->holds) { /* read before the transport knew */
        put_off(link, bytes);
        return;
    }
    if (link->in.len)
        bytes = complete(link, bytes);
    bytes = hand_over(link, bytes);
    if (bytes.len && !link->closing)
        put_off(link, bytes);
    end_batch(link);
}

/* The packet at the front of the rest was handed over in an earlier turn. */
static void hand_again(struct link *link)
{
    struct link_rest *rest = link->rest;
    struct frame frame;
    int used = framer_next(slice_skip(buf_slice(&rest->bytes), rest->at),
                           link->max_packet_size, &frame);

    assert(used > 0);
    rest->again = false;
    hand(link, &frame, rest->seq);
    if (link->pace != PACE_AGAIN)
        rest->at += (uint32_t)used;
}

static void on_turn(struct loop_task *task)
{
    struct link_rest *rest = LIST_ITEM(task, struct link_rest, task);
    struct link *link = rest->link;

    begin_batch(link);
    if (rest->again)
        hand_again(link);
    struct slice bytes = slice_skip(buf_slice(&rest->bytes), rest->at);
    bytes = hand_over(link, bytes);
    rest->at = rest->bytes.len - (uint32_t)bytes.len;
    if (link->closing || bytes.len) {
        end_batch(link);
        return;
    }
    bool ended = rest->ended;
    int error = rest->error;
    link_in_release(link);
    set_reading(link);
    end_batch(link);
    if (ended && !link->closing)
        link_in_end(link, error);
}

/* ---- what the owner says ---- */

void link_yield(struct link *link, bool again)
{
    if (link->closing)
        return;
    link->pace = again ? PACE_AGAIN : PACE_STOP;
    rest_of(link)->again = again;
}

void link_in_hand(struct link *link, const struct frame *frame, uint64_t seq,
                  bool first)
{
    if (first || (!link->pace && !link->closing))
        hand(link, frame, seq);
}

void link_in_wait(struct link *link, uint64_t seq)
{
    link_yield(link, true);
    link_hold(link, LINK_HOLD_GATE);
    if (link->rest)
        link->rest->seq = seq;
}

void link_in_skip(struct link *link)
{
    struct link_rest *rest = link->rest;

    if (!rest || !rest->again)
        return;
    rest->again = false;
    rest->at += framer_size(slice_skip(buf_slice(&rest->bytes), rest->at));
}

void link_hold(struct link *link, unsigned reason)
{
    if (link->closing)
        return;
    if (!link->holds)
        transport_pause(link->transport, true);
    link->holds |= (uint8_t)reason;
    link->pace |= PACE_STOP;
    if (link->rest)
        loop_task_cancel(&link->rest->task);
}

void link_resume(struct link *link, unsigned reason)
{
    if (link->closing || !(link->holds & reason))
        return;
    link->holds &= (uint8_t)~reason;
    if (link->holds)
        return;
    if (link->rest)
        loop_at_start(link->loop, &link->rest->task);
    else
        transport_pause(link->transport, false);
}

/* ---- the end ---- */

void link_in_give_up(struct link *link)
{
    link->pace |= PACE_STOP;
    if (link->rest)
        loop_task_cancel(&link->rest->task);
    if (link->in.len && link_in_watched(link)) {
        struct record record = link_in_describe(link, RECORD_WIRE, RECORD_C2B,
                                                buf_slice(&link->in));

        tap_write(link->tap, &record);
    }
    buf_release(&link->in);
}

void link_in_end(struct link *link, int error)
{
    if (link->rest && !link->holds) {
        link->rest->ended = true;
        link->rest->error = error;
        return;
    }
    link_in_give_up(link);
    link->events->on_end(link, error);
}

void link_in_release(struct link *link)
{
    if (!link->rest)
        return;
    loop_task_cancel(&link->rest->task);
    buf_release(&link->rest->bytes);
    free(link->rest);
    link->rest = NULL;
}
