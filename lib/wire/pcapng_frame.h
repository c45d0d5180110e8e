/*
 * Made-up IP and TCP headers, so that Wireshark finds MQTT where it expects it.
 */
#ifndef WIRE_PCAPNG_FRAME_H
#define WIRE_PCAPNG_FRAME_H

#include "base/buf.h"
#include "wire/track_endpoint.h"

enum pcapng_flag {
    PCAPNG_FIN = 0x01,
    PCAPNG_SYN = 0x02,
    PCAPNG_RST = 0x04,
    PCAPNG_PSH = 0x08,
    PCAPNG_ACK = 0x10,
};

/* One connection as TCP sees it. */
struct pcapng_stream {
    struct track_endpoints ends;
    uint32_t client_seq; /* of the next byte */
    uint32_t broker_seq;
    uint16_t ip_id;
};

struct pcapng_segment {
    bool from_client;
    uint8_t flags;        /* enum pcapng_flag */
    struct slice payload; /* what was captured of it */
    uint32_t len;         /* of the payload on the wire */
};

/* A stream at its begin, before SYN. */
void pcapng_stream_init(struct pcapng_stream *stream);

/* Append headers and payload; the stream's sequence numbers go on. Returns the
   length that the frame had on the wire. */
uint32_t pcapng_frame_append(struct buf *out, struct pcapng_stream *stream,
                             const struct pcapng_segment *segment);

/* The payload of a frame: what lies behind its IP and TCP headers. False when
   they are not there. */
bool pcapng_frame_payload(struct slice frame, struct slice *payload);

#endif
