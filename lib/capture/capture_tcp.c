#include "capture/capture_tcp.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE 16u /* segments of a connection that a hole is waited for */

/* Sequence numbers further ahead than any window belong to another connection
   whose beginning is not in the capture. */
#define FAR (1 << 30)

enum tcp_flag { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

struct segment {
    struct list in_flow;
    struct capture_origin origin;
    uint32_t seq;
    uint32_t len;      /* on the wire */
    uint32_t captured; /* bytes that are here */
    uint8_t bytes[];
};

struct capture_tcp {
    const struct capture_tcp_events *events;
    void *context;
    struct map streams; /* by key */
    struct list ages;   /* the longest unused first */
    uint32_t count;     /* streams ever */
    size_t waiting;     /* bytes behind holes, of all streams */
};

/* What a segment's header says. */
struct header {
    uint32_t seq;
    uint32_t ack;
    uint8_t flags;
    struct slice payload;
    uint32_t len; /* of the payload on the wire */
};

static uint32_t u32_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

/* How far b is behind a in a stream; negative when before. */
static int32_t distance(uint32_t a, uint32_t b)
{
    return (int32_t)(b - a);
}

/* ---- segments behind a hole ---- */

static struct segment *first_waiting(const struct capture_flow *flow)
{
    return LIST_ITEM(flow->waiting.next, struct segment, in_flow);
}

static void drop_segment(struct capture_tcp *tcp, struct capture_flow *flow,
                         struct segment *segment)
{
    list_remove(&segment->in_flow);
    tcp->waiting -= segment->captured;
    flow->waiting_bytes -= segment->captured;
    flow->waiting_count--;
    free(segment);
}

static void keep_after(struct capture_tcp *tcp, struct capture_flow *flow,
                       struct list *before, const struct header *part,
                       const struct capture_origin *origin)
{
    size_t captured =
        part->payload.len < part->len ? part->payload.len : part->len;
    struct segment *segment = alloc_bytes(sizeof(*segment) + captured);

    *segment = (struct segment){
        .origin = *origin,
        .seq = part->seq,
        .len = part->len,
        .captured = (uint32_t)captured,
    };
    if (captured)
        memcpy(segment->bytes, part->payload.bytes, captured);
    list_prepend(before, &segment->in_flow);
    tcp->waiting += captured;
    flow->waiting_bytes += captured;
    flow->waiting_count++;
}

/* Shorten from the front. */
static void skip(struct header *part, uint32_t count)
{
    part->seq += count;
    part->len -= count;
    part->payload = slice_skip(
        part->payload, count < part->payload.len ? count : part->payload.len);
}

/* Keep what of the segment nobody has brought yet, in front of, between and
   behind what waits. */
static void keep(struct capture_tcp *tcp, struct capture_flow *flow,
                 struct header part, const struct capture_origin *origin)
{
    struct list *at = flow->waiting.prev;

    while (at != &flow->waiting &&
           distance(part.seq, LIST_ITEM(at, struct segment, in_flow)->seq) > 0)
        at = at->prev;
    while (part.len) {
        if (at != &flow->waiting) {
            const struct segment *before =
                LIST_ITEM(at, struct segment, in_flow);
            int32_t known = distance(part.seq, before->seq + before->len);

            if (known >= (int32_t)part.len)
                return;
            if (known > 0)
                skip(&part, (uint32_t)known);
        }
        struct list *next = at->next;
        struct header piece = part;
        if (next != &flow->waiting) {
            int32_t room = distance(
                part.seq, LIST_ITEM(next, struct segment, in_flow)->seq);

            if (room < (int32_t)piece.len)
                piece.len = (uint32_t)room;
        }
        if (piece.len)
            keep_after(tcp, flow, at, &piece, origin);
        skip(&part, piece.len);
        at = next;
    }
}

/* ---- bytes in order ---- */

static void hand_on(struct capture_tcp *tcp, struct capture_stream *stream,
                    unsigned end, struct slice bytes, uint32_t len,
                    const struct capture_origin *origin)
{
    stream->flows[end].next += len;
    if (bytes.len > len)
        bytes.len = len;
    if (bytes.len)
        tcp->events->on_bytes(tcp->context, stream, end, bytes, origin);
    if (bytes.len < len)
        tcp->events->on_lost(tcp->context, stream, end,
                             len - (uint32_t)bytes.len);
}

/* What waits and is next now. */
static void drain(struct capture_tcp *tcp, struct capture_stream *stream,
                  unsigned end)
{
    struct capture_flow *flow = &stream->flows[end];

    while (!list_empty(&flow->waiting)) {
        struct segment *segment = first_waiting(flow);
        int32_t ahead = distance(flow->next, segment->seq);

        if (ahead > 0)
            return;
        uint32_t known = (uint32_t)-ahead;
        if (known < segment->len) {
            uint32_t at = known < segment->captured ? known : segment->captured;

            hand_on(tcp, stream, end,
                    slice_of(segment->bytes + at, segment->captured - at),
                    segment->len - known, &segment->origin);
        }
        drop_segment(tcp, flow, segment);
    }
    flow->patience = 0;
}

/* The hole is not going to be filled. */
static void give_up(struct capture_tcp *tcp, struct capture_stream *stream,
                    unsigned end)
{
    struct capture_flow *flow = &stream->flows[end];
    int32_t count = distance(flow->next, first_waiting(flow)->seq);

    flow->patience = 0;
    if (count > 0) {
        flow->next += (uint32_t)count;
        tcp->events->on_lost(tcp->context, stream, end, (uint32_t)count);
    }
    drain(tcp, stream, end);
}

/* Is there a hole that stays one? */
static void judge_hole(struct capture_tcp *tcp, struct capture_stream *stream,
                       unsigned end)
{
    struct capture_flow *flow = &stream->flows[end];

    while (
        flow->waiting_bytes > CAPTURE_MAX_WAITING ||
        flow->waiting_count > CAPTURE_MAX_SEGMENTS ||
        (tcp->waiting > CAPTURE_MAX_WAITING_ALL && !list_empty(&flow->waiting)))
        give_up(tcp, stream, end);
    if (list_empty(&flow->waiting) || !flow->has_acknowledged ||
        distance(flow->next, flow->acknowledged) <= 0)
        return;
    flow->patience++;
    if (flow->patience > PATIENCE ||
        stream->latest.time_ns >
            first_waiting(flow)->origin.time_ns + CLOCK_NS_PER_S)
        give_up(tcp, stream, end);
}

/* ---- the end ---- */

static void close_stream(struct capture_tcp *tcp, struct capture_stream *stream,
                         const char *how)
{
    if (stream->closed)
        return;
    stream->closed = true;
    tcp->events->on_closed(tcp->context, stream, how);
}

/* What waits is handed on, with its holes; so is what is missing at the end. */
static void flush(struct capture_tcp *tcp, struct capture_stream *stream)
{
    for (unsigned end = 0; end < 2; end++) {
        struct capture_flow *flow = &stream->flows[end];

        while (!list_empty(&flow->waiting))
            give_up(tcp, stream, end);
        if (!flow->known || flow->ended)
            continue;
        int32_t missing = 0;
        if (flow->has_fin)
            missing = distance(flow->next, flow->fin);
        else if (flow->has_acknowledged)
            missing = distance(flow->next, flow->acknowledged) - 1;
        if (missing > 0 && missing < FAR) {
            flow->next += (uint32_t)missing;
            tcp->events->on_lost(tcp->context, stream, end, (uint32_t)missing);
        }
    }
}

static void forget(struct capture_tcp *tcp, struct capture_stream *stream)
{
    map_remove(&tcp->streams, slice_of(stream->key, sizeof(stream->key)));
    list_remove(&stream->in_age);
    for (unsigned end = 0; end < 2; end++) {
        while (!list_empty(&stream->flows[end].waiting))
            drop_segment(tcp, &stream->flows[end],
                         first_waiting(&stream->flows[end]));
    }
    tcp->events->on_gone(tcp->context, stream);
    free(stream);
}

static void end_stream(struct capture_tcp *tcp, struct capture_stream *stream)
{
    flush(tcp, stream);
    forget(tcp, stream);
}

/* ---- streams ---- */

static int address_compare(const struct capture_address *a,
                           const struct capture_address *b)
{
    int order = memcmp(a->ip, b->ip, sizeof(a->ip));

    return order ? order : (int)a->port - (int)b->port;
}

/* The same for both directions. */
static void make_key(uint8_t key[38], const struct capture_address *a,
                     const struct capture_address *b, bool is_ipv6)
{
    bool swap = address_compare(a, b) > 0;

    memset(key, 0, 38);
    memcpy(key, swap ? b->ip : a->ip, 16);
    memcpy(key + 16, swap ? a->ip : b->ip, 16);
    memcpy(key + 32, swap ? &b->port : &a->port, 2);
    memcpy(key + 34, swap ? &a->port : &b->port, 2);
    key[36] = is_ipv6;
}

static struct capture_stream *begin(struct capture_tcp *tcp,
                                    const uint8_t key[38], bool is_ipv6,
                                    const struct capture_address *source,
                                    const struct capture_address *destination,
                                    const struct header *header)
{
    struct capture_stream *stream = alloc_zero(1, sizeof(*stream));

    if (tcp->streams.count >= CAPTURE_MAX_STREAMS)
        end_stream(tcp,
                   LIST_ITEM(tcp->ages.next, struct capture_stream, in_age));
    stream->number = tcp->count++;
    stream->is_ipv6 = is_ipv6;
    stream->from_start = header->flags & SYN;
    stream->ends[0] = *source;
    stream->ends[1] = *destination;
    stream->client = (header->flags & (SYN | ACK)) == (SYN | ACK);
    memcpy(stream->key, key, sizeof(stream->key));
    list_init(&stream->flows[0].waiting);
    list_init(&stream->flows[1].waiting);
    list_append(&tcp->ages, &stream->in_age);
    map_set(&tcp->streams, slice_of(stream->key, sizeof(stream->key)), stream);
    return stream;
}

/* Does this segment begin another connection than the one that is known? */
static bool is_new(const struct capture_stream *stream, unsigned end,
                   const struct header *header)
{
    const struct capture_flow *flow = &stream->flows[end];

    return header->flags & SYN && flow->known && flow->first != header->seq;
}

static struct capture_stream *find(struct capture_tcp *tcp,
                                   const struct capture_datagram *datagram,
                                   const struct capture_address *source,
                                   const struct capture_address *destination,
                                   const struct header *header)
{
    uint8_t key[38];

    make_key(key, source, destination, datagram->is_ipv6);
    struct capture_stream *stream =
        map_get(&tcp->streams, slice_of(key, sizeof(key)));
    if (stream) {
        unsigned end = address_compare(source, &stream->ends[0]) != 0;

        if (!is_new(stream, end, header)) {
            list_remove(&stream->in_age);
            list_append(&tcp->ages, &stream->in_age);
            return stream;
        }
        flush(tcp, stream);
        close_stream(tcp, stream, "its ports have a new connection");
        forget(tcp, stream);
    }
    return begin(tcp, key, datagram->is_ipv6, source, destination, header);
}

/* ---- segments ---- */

static bool read_header(struct slice bytes, uint32_t len, struct header *header,
                        struct capture_address *source,
                        struct capture_address *destination)
{
    if (bytes.len < 20)
        return false;

    size_t size = 4 * (size_t)(bytes.bytes[12] >> 4);
    if (size < 20 || size > bytes.len || size > len)
        return false;
    source->port = (uint16_t)(bytes.bytes[0] << 8 | bytes.bytes[1]);
    destination->port = (uint16_t)(bytes.bytes[2] << 8 | bytes.bytes[3]);
    *header = (struct header){
        .seq = u32_at(bytes.bytes + 4),
        .ack = u32_at(bytes.bytes + 8),
        .flags = bytes.bytes[13],
        .payload = slice_skip(bytes, size),
        .len = len - (uint32_t)size,
    };
    if (header->flags & RST) /* it may say why, to people [RFC 9293 3.5.3] */
        header->len = 0;
    return true;
}

/* The first of a direction says where it begins, unless the other end has
   acknowledged up to somewhere before. */
static void begin_flow(struct capture_flow *flow, const struct header *header)
{
    int32_t ahead =
        flow->has_acknowledged ? distance(flow->acknowledged, header->seq) : 0;

    flow->known = true;
    flow->next = header->seq;
    if (!(header->flags & SYN) && ahead > 0 &&
        ahead < (int32_t)CAPTURE_MAX_WAITING)
        flow->next = flow->acknowledged;
    flow->first = header->flags & SYN ? header->seq : flow->next - 1;
}

static void take_bytes(struct capture_tcp *tcp, struct capture_stream *stream,
                       unsigned end, struct header header,
                       const struct capture_origin *origin)
{
    struct capture_flow *flow = &stream->flows[end];
    int32_t ahead = distance(flow->next, header.seq);

    if (!header.len)
        return;
    if (ahead > FAR || ahead < -FAR) {
        while (!list_empty(&flow->waiting))
            give_up(tcp, stream, end);
        flow->next = header.seq;
        tcp->events->on_lost(tcp->context, stream, end, 0);
        ahead = 0;
    }
    if (ahead > 0) {
        keep(tcp, flow, header, origin);
        return;
    }
    uint32_t known = (uint32_t)-ahead;
    if (known >= header.len)
        return; /* all of it was here before */
    skip(&header, known);
    /* What waits was here before what comes now. */
    if (!list_empty(&flow->waiting) &&
        distance(header.seq + header.len, first_waiting(flow)->seq) < 0) {
        keep(tcp, flow, header, origin);
        drain(tcp, stream, end);
        return;
    }
    hand_on(tcp, stream, end, header.payload, header.len, origin);
    drain(tcp, stream, end);
}

static void note_acknowledgement(struct capture_flow *flow, uint32_t ack)
{
    if (!flow->has_acknowledged || distance(flow->acknowledged, ack) > 0)
        flow->acknowledged = ack;
    flow->has_acknowledged = true;
}

static void note_end(struct capture_tcp *tcp, struct capture_stream *stream)
{
    for (unsigned end = 0; end < 2; end++) {
        struct capture_flow *flow = &stream->flows[end];

        if (flow->has_fin && distance(flow->next, flow->fin) <= 0)
            flow->ended = true;
    }
    if (stream->flows[0].ended && stream->flows[1].ended)
        close_stream(tcp, stream, "both ends have closed it");
}

/* What the flags say of where the stream begins, ends and has arrived. */
static void note_flags(struct capture_stream *stream, unsigned end,
                       struct header *header)
{
    struct capture_flow *flow = &stream->flows[end];

    if (!flow->known)
        begin_flow(flow, header);
    if (header->flags & SYN) {
        if (flow->next == header->seq)
            flow->next++;
        header->seq++;
    }
    if (header->flags & ACK)
        note_acknowledgement(&stream->flows[!end], header->ack);
    if (header->flags & FIN && !flow->has_fin) {
        flow->has_fin = true;
        flow->fin = header->seq + header->len;
    }
}

void capture_tcp_take(struct capture_tcp *tcp,
                      const struct capture_datagram *datagram,
                      const struct capture_origin *origin)
{
    struct capture_address source = datagram->source;
    struct capture_address destination = datagram->destination;
    struct header header;

    if (!read_header(datagram->payload, datagram->len, &header, &source,
                     &destination))
        return;
    uint32_t before = tcp->count;
    struct capture_stream *stream =
        find(tcp, datagram, &source, &destination, &header);
    unsigned end = address_compare(&source, &stream->ends[0]) != 0;
    stream->latest = *origin;
    if (tcp->count != before)
        tcp->events->on_open(tcp->context, stream);
    note_flags(stream, end, &header);
    take_bytes(tcp, stream, end, header, origin);
    judge_hole(tcp, stream, 0);
    judge_hole(tcp, stream, 1);
    note_end(tcp, stream);
    if (header.flags & RST) {
        flush(tcp, stream);
        close_stream(tcp, stream,
                     end == stream->client ? "the client has reset it"
                                           : "the server has reset it");
    }
}

struct capture_stream *
capture_tcp_of_pdu(struct capture_tcp *tcp,
                   const struct capture_datagram *datagram,
                   const struct capture_origin *origin, unsigned *end)
{
    static const struct header no_header;
    uint32_t before = tcp->count;
    struct capture_stream *stream = find(tcp, datagram, &datagram->source,
                                         &datagram->destination, &no_header);

    *end = address_compare(&datagram->source, &stream->ends[0]) != 0;
    stream->latest = *origin;
    stream->from_start = true;
    if (tcp->count != before)
        tcp->events->on_open(tcp->context, stream);
    return stream;
}

/* ---- life ---- */

struct capture_tcp *capture_tcp_new(const struct capture_tcp_events *events,
                                    void *context)
{
    struct capture_tcp *tcp = alloc_zero(1, sizeof(*tcp));

    tcp->events = events;
    tcp->context = context;
    list_init(&tcp->ages);
    return tcp;
}

void capture_tcp_end(struct capture_tcp *tcp)
{
    LIST_FOREACH (node, &tcp->ages) {
        struct capture_stream *stream =
            LIST_ITEM(node, struct capture_stream, in_age);

        flush(tcp, stream);
        close_stream(tcp, stream, NULL);
    }
}

void capture_tcp_free(struct capture_tcp *tcp)
{
    if (!tcp)
        return;
    while (!list_empty(&tcp->ages))
        forget(tcp, LIST_ITEM(tcp->ages.next, struct capture_stream, in_age));
    map_release(&tcp->streams);
    free(tcp);
}
