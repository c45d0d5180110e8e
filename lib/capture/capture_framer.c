#include "capture/capture_framer.h"

#define MAX_SEARCHED 65536u /* bytes looked through at a time */
#define DOUBTFUL     8      /* packets behind a loss */

void capture_framer_release(struct capture_framer *framer)
{
    buf_release(&framer->held);
    *framer = (struct capture_framer){0};
}

/* Not varint_decode: a length that is written longer than need be is wrong, but
   says how long the packet is. */
int64_t capture_framer_size(struct slice bytes)
{
    int64_t length = 0;

    for (size_t i = 1; i < bytes.len; i++) {
        if (i > 4)
            return -1;
        length |= (int64_t)(bytes.bytes[i] & 0x7f) << 7 * (i - 1);
        if (!(bytes.bytes[i] & 0x80))
            return length + 1 + (int64_t)i;
    }
    return 0;
}

/* The later of two origins. */
static void join_origin(struct capture_origin *origin,
                        const struct capture_origin *other)
{
    if (other->frame >= origin->frame)
        *origin = *other;
}

static void hand_on(const struct capture_framer_events *events,
                    struct slice bytes, uint32_t original_len,
                    const struct capture_origin *origin)
{
    struct capture_packet packet = {
        .bytes = bytes,
        .original_len = original_len,
        .origin = *origin,
    };

    if (packet.bytes.len > CAPTURE_MAX_PACKET)
        packet.bytes.len = CAPTURE_MAX_PACKET;
    events->on_packet(events->context, &packet);
}

/* What is held is no packet, or not all of one. */
static void hand_on_rest(struct capture_framer *framer, bool malformed,
                         const struct capture_framer_events *events)
{
    int64_t size = capture_framer_size(buf_slice(&framer->held));
    struct capture_packet packet = {
        .bytes = buf_slice(&framer->held),
        .original_len = size > 0 ? (uint32_t)size : framer->held.len,
        .malformed = malformed || size <= 0,
        .origin = framer->origin,
    };

    if (packet.bytes.len)
        events->on_packet(events->context, &packet);
    buf_clear(&framer->held);
    framer->dropped = 0;
}

static void search(struct capture_framer *framer)
{
    framer->searching = true;
    framer->skipped = 0;
}

/* What was found behind a loss proves to be no packet: false, and the search
   goes on behind its first byte. */
static bool still_right(struct capture_framer *framer, struct slice packet)
{
    if (!framer->doubtful)
        return true;
    framer->doubtful--;
    if (capture_resync_is_right(framer, packet))
        return true;
    search(framer);
    return false;
}

/* Add to what is held of a packet until it is whole: the bytes used. */
static size_t fill(struct capture_framer *framer, struct slice bytes,
                   const struct capture_origin *origin)
{
    int64_t size = capture_framer_size(buf_slice(&framer->held));
    uint64_t have = framer->held.len + framer->dropped;
    size_t count = size > 0 ? (size_t)((uint64_t)size - have) : 1;

    if (count > bytes.len)
        count = bytes.len;
    size_t room = CAPTURE_MAX_PACKET - framer->held.len;
    size_t kept = count < room ? count : room;
    buf_append(&framer->held, bytes.bytes, kept);
    framer->dropped += count - kept;
    join_origin(&framer->origin, origin);
    return count;
}

/* What is held, with more bytes: the bytes used, 0 when the stream is no MQTT
   here. */
static size_t complete(struct capture_framer *framer, struct slice bytes,
                       const struct capture_origin *origin,
                       const struct capture_framer_events *events)
{
    size_t used = fill(framer, bytes, origin);
    int64_t size = capture_framer_size(buf_slice(&framer->held));

    if (size < 0) {
        hand_on_rest(framer, true, events);
        search(framer);
    } else if (size && framer->held.len + framer->dropped == (uint64_t)size) {
        if (!framer->dropped && !still_right(framer, buf_slice(&framer->held)))
            return used; /* it is looked through */
        hand_on(events, buf_slice(&framer->held), (uint32_t)size,
                &framer->origin);
        buf_clear(&framer->held);
        framer->dropped = 0;
    }
    return used;
}

/* Whole packets are handed on as they lie there; the bytes used. */
static size_t cut(struct capture_framer *framer, struct slice bytes,
                  const struct capture_origin *origin,
                  const struct capture_framer_events *events)
{
    size_t used = 0;

    while (used < bytes.len) {
        struct slice rest = slice_skip(bytes, used);
        int64_t size = capture_framer_size(rest);

        if (size <= 0 || (uint64_t)size > rest.len)
            break;
        if (!still_right(framer, slice_first(rest, (size_t)size)))
            return used;
        hand_on(events, slice_first(rest, (size_t)size), (uint32_t)size,
                origin);
        used += (size_t)size;
    }
    if (used < bytes.len) {
        framer->origin = *origin;
        used += complete(framer, slice_skip(bytes, used), origin, events);
    }
    return used;
}

/* Look through what came since the loss. True when a packet was found: what is
   held begins with it. */
static bool look(struct capture_framer *framer,
                 const struct capture_framer_events *events)
{
    bool wait = false;
    size_t at = capture_resync(framer, buf_slice(&framer->held), &wait);

    if (wait && framer->held.len > MAX_SEARCHED) {
        at = framer->held.len;
        wait = false;
    }
    framer->skipped += at;
    buf_consume(&framer->held, at);
    if (wait || !framer->held.len)
        return false;
    framer->searching = false;
    framer->doubtful = framer->fresh ? 0 : DOUBTFUL;
    framer->fresh = false;
    if (framer->skipped)
        events->on_skipped(events->context, framer->skipped);
    framer->skipped = 0;
    return true;
}

/* The bytes used, of which there are some. */
static size_t use(struct capture_framer *framer, struct slice bytes,
                  const struct capture_origin *origin,
                  const struct capture_framer_events *events)
{
    size_t used = bytes.len;

    if (framer->to_skip) {
        if (framer->to_skip < used)
            used = (size_t)framer->to_skip;
        framer->to_skip -= used;
        return used;
    }
    if (framer->searching) {
        if (used > MAX_SEARCHED)
            used = MAX_SEARCHED;
        buf_append(&framer->held, bytes.bytes, used);
        framer->origin = *origin;
        return used;
    }
    return framer->held.len ? complete(framer, bytes, origin, events)
                            : cut(framer, bytes, origin, events);
}

void capture_framer_take(struct capture_framer *framer, struct slice bytes,
                         const struct capture_origin *origin,
                         const struct capture_framer_events *events)
{
    struct buf found = {0}; /* by a search, and what came with it */

    while (bytes.len) {
        bytes = slice_skip(bytes, use(framer, bytes, origin, events));
        if (!framer->searching || !look(framer, events))
            continue;

        struct buf all = framer->held;
        framer->held = (struct buf){0};
        buf_append_slice(&all, bytes);
        buf_release(&found);
        found = all;
        bytes = buf_slice(&found);
    }
    buf_release(&found);
}

void capture_framer_lose(struct capture_framer *framer, uint32_t count,
                         const struct capture_framer_events *events)
{
    framer->fresh = false;
    if (framer->searching) {
        framer->skipped += framer->held.len;
        buf_clear(&framer->held);
        return;
    }
    if (framer->to_skip > count && count) {
        framer->to_skip -= count;
        return;
    }
    if (framer->to_skip) {
        bool whole = framer->to_skip == count;

        framer->to_skip = 0;
        if (!whole)
            search(framer);
        return;
    }

    int64_t size = capture_framer_size(buf_slice(&framer->held));
    uint64_t have = framer->held.len + framer->dropped;
    if (framer->held.len)
        hand_on_rest(framer, false, events);
    if (count && size > 0 && have + count <= (uint64_t)size)
        framer->to_skip = (uint64_t)size - have - count;
    else
        search(framer);
}

void capture_framer_end(struct capture_framer *framer,
                        const struct capture_framer_events *events)
{
    if (framer->searching) {
        framer->skipped += framer->held.len;
        buf_clear(&framer->held);
        if (framer->skipped)
            events->on_skipped(events->context, framer->skipped);
        framer->skipped = 0;
        return;
    }
    hand_on_rest(framer, false, events);
}
