/*
 * From a frame to what TCP or UDP carries: link layers, VLANs, IPv4 and IPv6
 * with their fragments.
 *
 * Link types: Ethernet (VLAN, QinQ, PPPoE, SNAP), NULL and LOOP, SLL, SLL2,
 * raw IP, and exported PDUs.
 */
#ifndef CAPTURE_CAPTURE_IP_H
#define CAPTURE_CAPTURE_IP_H

#include "capture/capture_file.h"

enum capture_protocol_number { CAPTURE_TCP = 6, CAPTURE_UDP = 17 };

struct capture_address {
    uint8_t ip[16]; /* the first four bytes for IPv4 */
    uint16_t port;
};

struct capture_datagram {
    bool is_ipv6;
    bool is_pdu; /* an exported PDU: payload is MQTT, without TCP */
    uint8_t protocol;
    struct capture_address source; /* ports are of an exported PDU only */
    struct capture_address destination;
    struct slice
        payload;  /* borrowed until the next call: what is there of it */
    uint32_t len; /* on the wire */
};

struct capture_ip;
struct capture_ip *capture_ip_new(void);
void capture_ip_free(struct capture_ip *ip);

enum capture_ip_result {
    CAPTURE_IP_DATAGRAM, /* *datagram is filled */
    CAPTURE_IP_NOTHING,  /* nothing of interest, a fragment, or damaged */
    CAPTURE_IP_UNKNOWN,  /* a link type that is not known here */
};

/*
 * Take the next frame. Fragments are kept, at most CAPTURE_MAX_FRAGMENTED
 * datagrams at a time (the oldest is forgotten first); the frame that completes
 * a datagram brings it. Of bytes that come twice the first count.
 */
#define CAPTURE_MAX_FRAGMENTED 64
enum capture_ip_result capture_ip_take(struct capture_ip *ip,
                                       const struct capture_item *frame,
                                       struct capture_datagram *datagram);

#endif
