#include "wire/pcapng_frame.h"

#include <string.h>

#define TCP_BYTES  20u
#define IPV4_BYTES 20u
#define IPV6_BYTES 40u
#define PROTOCOL   6u /* TCP */
#define HOP_LIMIT  64u

/* Where sequence numbers begin: any number would do. */
#define CLIENT_ISN 1000000u
#define BROKER_ISN 2000000u

void pcapng_stream_init(struct pcapng_stream *stream)
{
    stream->client_seq = CLIENT_ISN;
    stream->broker_seq = BROKER_ISN;
}

static void put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value >> 16);
    put_u16(at + 2, value & 0xffff);
}

/* Add bytes to a sum of 16-bit words [RFC 1071]. */
static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    if (len % 2)
        sum += (uint32_t)bytes[len - 1] << 8;
    return sum;
}

static unsigned checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

/* [RFC 791]; returns the sum of what the TCP checksum takes from it. */
static uint32_t put_ipv4(uint8_t *at, const struct track_end *from,
                         const struct track_end *to, uint32_t total,
                         unsigned id)
{
    memset(at, 0, IPV4_BYTES);
    at[0] = 0x45;
    put_u16(at + 2, total);
    put_u16(at + 4, id);
    at[6] = 0x40; /* do not fragment */
    at[8] = HOP_LIMIT;
    at[9] = PROTOCOL;
    memcpy(at + 12, from->ip, 4);
    memcpy(at + 16, to->ip, 4);
    put_u16(at + 10, checksum(add_words(0, at, IPV4_BYTES)));
    return add_words(0, at + 12, 8);
}

/* [RFC 8200] */
static uint32_t put_ipv6(uint8_t *at, const struct track_end *from,
                         const struct track_end *to, uint32_t total)
{
    memset(at, 0, IPV6_BYTES);
    at[0] = 0x60;
    put_u16(at + 4, total - IPV6_BYTES);
    at[6] = PROTOCOL;
    at[7] = HOP_LIMIT;
    memcpy(at + 8, from->ip, 16);
    memcpy(at + 24, to->ip, 16);
    return add_words(0, at + 8, 32);
}

uint32_t pcapng_frame_append(struct buf *out, struct pcapng_stream *stream,
                             const struct pcapng_segment *segment)
{
    bool from_client = segment->from_client;
    const struct track_end *from =
        from_client ? &stream->ends.client : &stream->ends.broker;
    const struct track_end *to =
        from_client ? &stream->ends.broker : &stream->ends.client;
    uint32_t *seq = from_client ? &stream->client_seq : &stream->broker_seq;
    uint32_t ack = from_client ? stream->broker_seq : stream->client_seq;
    uint32_t headers = track_endpoint_headers(stream->ends.is_ipv6);
    uint32_t total = headers + segment->len;
    uint8_t *ip = buf_reserve(out, headers + segment->payload.len);
    uint8_t *tcp = ip + headers - TCP_BYTES;

    uint32_t sum = stream->ends.is_ipv6
                       ? put_ipv6(ip, from, to, total)
                       : put_ipv4(ip, from, to, total, ++stream->ip_id);
    memset(tcp, 0, TCP_BYTES);
    put_u16(tcp, from->port);
    put_u16(tcp + 2, to->port);
    put_u32(tcp + 4, *seq);
    put_u32(tcp + 8, segment->flags & PCAPNG_ACK ? ack : 0);
    tcp[12] = TCP_BYTES / 4 << 4;
    tcp[13] = segment->flags;
    put_u16(tcp + 14, 0xffff); /* window */
    if (segment->payload.len)
        memcpy(tcp + TCP_BYTES, segment->payload.bytes, segment->payload.len);
    sum += PROTOCOL + TCP_BYTES + segment->len;
    sum = add_words(sum, tcp, TCP_BYTES + segment->payload.len);
    put_u16(tcp + 16, checksum(sum));

    out->len += headers + (uint32_t)segment->payload.len;
    *seq += segment->len;
    if (segment->flags & (PCAPNG_SYN | PCAPNG_FIN))
        *seq += 1;
    return total;
}

bool pcapng_frame_payload(struct slice frame, struct slice *payload)
{
    size_t ip = 0;

    if (frame.len && frame.bytes[0] >> 4 == 4)
        ip = (size_t)(frame.bytes[0] & 0x0f) * 4;
    else if (frame.len && frame.bytes[0] >> 4 == 6)
        ip = IPV6_BYTES;
    if (ip < IPV4_BYTES || frame.len < ip + TCP_BYTES)
        return false;
    size_t headers = ip + (size_t)(frame.bytes[ip + 12] >> 4) * 4;
    if (headers < ip + TCP_BYTES || frame.len < headers)
        return false;
    *payload = slice_skip(frame, headers);
    return true;
}
