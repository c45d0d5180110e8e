/*
 * The addresses of a connection's two ends, as a capture file needs them.
 */
#ifndef WIRE_TRACK_ENDPOINT_H
#define WIRE_TRACK_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

struct track_end {
    uint8_t ip[16]; /* the first four bytes for IPv4 */
    uint16_t port;
};

struct track_endpoints {
    bool is_ipv6;
    struct track_end client;
    struct track_end broker;
};

/*
 * From what RECORD_PEER and RECORD_LOCAL say ("127.0.0.1:1883", "[::1]:1883").
 * What they do not say is made up: 127.0.0.1, port 40000 and the connection's
 * number for the client, 1883 for the broker.
 */
void track_endpoint_parse(struct track_endpoints *ends, const char *peer,
                          const char *local, uint32_t connection);

/* Bytes of the made-up IP and TCP headers, and of the longest frame. */
#define TRACK_ENDPOINT_MAX_FRAME 65535u
static inline uint32_t track_endpoint_headers(bool is_ipv6)
{
    return is_ipv6 ? 60 : 40;
}

/* Length of the frame that ends a packet of len bytes. A packet that does not
   fit in one frame goes in several. */
uint32_t track_endpoint_frame_len(bool is_ipv6, uint32_t len);

#endif
