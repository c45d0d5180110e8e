#include "capture/capture_ip.h"

#include "base/alloc.h"
#include "capture/capture_fragment.h"

#include <stdlib.h>
#include <string.h>

enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_EXPORTED_PDU = 252,
    LINK_SLL2 = 276,
};

enum ether_type {
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_PROVIDER_VLAN = 0x88a8,
    ETHER_OLD_QINQ = 0x9100,
    ETHER_PPPOE = 0x8864,
};

enum next_header {
    NEXT_HOP_BY_HOP = 0,
    NEXT_IPV4 = 4,
    NEXT_IPV6 = 41,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AUTHENTICATION = 51,
    NEXT_DESTINATION = 60,
    NEXT_MOBILITY = 135,
};

#define LENGTH_MAX  1500 /* up to here it is no type, but a length */
#define MAX_TUNNELS 4    /* of IP in IP */

struct capture_ip {
    struct capture_fragments fragments;
};

struct capture_ip *capture_ip_new(void)
{
    return alloc_zero(1, sizeof(struct capture_ip));
}

void capture_ip_free(struct capture_ip *ip)
{
    if (!ip)
        return;
    capture_fragments_release(&ip->fragments);
    free(ip);
}

static unsigned u16_at(struct slice bytes, size_t at)
{
    return (unsigned)bytes.bytes[at] << 8 | bytes.bytes[at + 1];
}

/* ---- link layers: what is left is an IP packet, or nothing ---- */

static struct slice nothing(void)
{
    return slice_of(NULL, 0);
}

static struct slice skip_at_most(struct slice bytes, size_t count)
{
    return bytes.len > count ? slice_skip(bytes, count) : nothing();
}

static struct slice behind_ppp(struct slice bytes)
{
    if (bytes.len >= 4 && bytes.bytes[0] == 0xff && bytes.bytes[1] == 0x03)
        bytes = slice_skip(bytes, 2);
    if (bytes.len < 2 ||
        (u16_at(bytes, 0) != 0x0021 && u16_at(bytes, 0) != 0x0057))
        return nothing();
    return slice_skip(bytes, 2);
}

/* Tags, and what LLC and SNAP put in front of a type, as often as they come. */
static bool skip_tag(unsigned *type, struct slice *bytes)
{
    bool tagged = *type == ETHER_VLAN || *type == ETHER_PROVIDER_VLAN ||
                  *type == ETHER_OLD_QINQ;
    size_t header = tagged ? 4 : 8;

    if (bytes->len < header)
        return false;
    if (!tagged && (*type > LENGTH_MAX ||
                    memcmp(bytes->bytes, "\xaa\xaa\x03\0\0\0", 6) != 0))
        return false;
    *type = u16_at(*bytes, header - 2);
    *bytes = slice_skip(*bytes, header);
    return true;
}

/* What stands behind a type of Ethernet, which may be tags first. */
static struct slice behind_type(unsigned type, struct slice bytes)
{
    while (skip_tag(&type, &bytes))
        continue;
    if (type == ETHER_PPPOE)
        return behind_ppp(skip_at_most(bytes, 6));
    return type == ETHER_IPV4 || type == ETHER_IPV6 ? bytes : nothing();
}

static struct slice behind_header(struct slice bytes, size_t header,
                                  size_t type_at)
{
    if (bytes.len < header)
        return nothing();
    return behind_type(u16_at(bytes, type_at), slice_skip(bytes, header));
}

/* Does it begin with an address family, in either byte order? */
static struct slice behind_family(struct slice bytes)
{
    if (bytes.len < 4 || (bytes.bytes[0] && bytes.bytes[3]))
        return nothing();
    return slice_skip(bytes, 4);
}

static bool link_is_known(unsigned link_type)
{
    static const uint16_t known[] = {
        LINK_NULL, LINK_ETHERNET, LINK_PPP,          LINK_RAW_BSD,
        LINK_RAW,  LINK_LOOP,     LINK_RAW_OPENBSD,  LINK_SLL,
        LINK_IPV4, LINK_IPV6,     LINK_EXPORTED_PDU, LINK_SLL2,
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i] == link_type)
            return true;
    }
    return false;
}

static struct slice behind_link(unsigned link_type, struct slice bytes)
{
    switch (link_type) {
    case LINK_NULL:
    case LINK_LOOP: return behind_family(bytes);
    case LINK_ETHERNET: return behind_header(bytes, 14, 12);
    case LINK_PPP: return behind_ppp(bytes);
    case LINK_SLL: return behind_header(bytes, 16, 14);
    case LINK_SLL2: return behind_header(bytes, 20, 0);
    default: return bytes;
    }
}

/* ---- IP ---- */

/* The packet: what was captured of it, and its length on the wire, which no
   trailer of the link layer lengthens. 0 in the header: the network card would
   have filled it in. */
static void set_len(struct capture_datagram *datagram, struct slice bytes,
                    size_t len, size_t original_len)
{
    if (len == 0 || len > original_len)
        len = original_len;
    datagram->len = (uint32_t)len;
    datagram->payload = len < bytes.len ? slice_first(bytes, len) : bytes;
}

/* Take headers off the front, that were captured. */
static bool drop(struct capture_datagram *datagram, size_t count)
{
    if (count > datagram->payload.len || count > datagram->len)
        return false;
    datagram->payload = slice_skip(datagram->payload, count);
    datagram->len -= (uint32_t)count;
    return true;
}

static bool fragment(struct capture_ip *ip, struct capture_datagram *datagram,
                     uint32_t id, size_t offset, bool more)
{
    struct capture_fragment piece = {.id = id, .offset = offset, .more = more};

    return capture_fragments_take(&ip->fragments, &piece, datagram);
}

static bool take_ipv4(struct capture_ip *ip, struct slice bytes,
                      size_t original_len, struct capture_datagram *datagram)
{
    size_t header = bytes.len ? 4u * (bytes.bytes[0] & 0x0f) : 0;

    if (bytes.len < 20 || header < 20 || bytes.len < header)
        return false;
    set_len(datagram, bytes, u16_at(bytes, 2), original_len);
    datagram->is_ipv6 = false;
    datagram->protocol = bytes.bytes[9];
    memcpy(datagram->source.ip, bytes.bytes + 12, 4);
    memcpy(datagram->destination.ip, bytes.bytes + 16, 4);
    if (!drop(datagram, header))
        return false;

    unsigned flags = u16_at(bytes, 6);
    bool more = flags & 0x2000;
    size_t offset = 8 * (size_t)(flags & 0x1fff);
    if (!more && offset == 0)
        return true;
    return fragment(ip, datagram, u16_at(bytes, 4), offset, more);
}

/* The headers between that of IPv6 and its payload. */
static bool skip_extensions(struct capture_ip *ip,
                            struct capture_datagram *datagram)
{
    for (;;) {
        struct slice rest = datagram->payload;
        uint8_t next = datagram->protocol;
        bool known = next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING ||
                     next == NEXT_DESTINATION || next == NEXT_MOBILITY ||
                     next == NEXT_AUTHENTICATION;

        if (!known && next != NEXT_FRAGMENT)
            return true;
        if (rest.len < 8)
            return false;
        datagram->protocol = rest.bytes[0];
        if (known) {
            size_t len = next == NEXT_AUTHENTICATION
                             ? 4 * ((size_t)rest.bytes[1] + 2)
                             : 8 * ((size_t)rest.bytes[1] + 1);

            if (!drop(datagram, len))
                return false;
            continue;
        }

        uint32_t id = (uint32_t)u16_at(rest, 4) << 16 | u16_at(rest, 6);
        size_t offset = u16_at(rest, 2) & 0xfff8;
        bool more = rest.bytes[3] & 1;
        drop(datagram, 8);
        if ((more || offset) && !fragment(ip, datagram, id, offset, more))
            return false;
    }
}

static bool take_ipv6(struct capture_ip *ip, struct slice bytes,
                      size_t original_len, struct capture_datagram *datagram)
{
    if (bytes.len < 40)
        return false;

    size_t len = u16_at(bytes, 4);
    set_len(datagram, bytes, len ? len + 40 : 0, original_len);
    datagram->is_ipv6 = true;
    datagram->protocol = bytes.bytes[6];
    memcpy(datagram->source.ip, bytes.bytes + 8, 16);
    memcpy(datagram->destination.ip, bytes.bytes + 24, 16);
    return drop(datagram, 40) && skip_extensions(ip, datagram);
}

static bool take_ip(struct capture_ip *ip, struct slice bytes,
                    size_t original_len, struct capture_datagram *datagram)
{
    for (int i = 0; i < MAX_TUNNELS; i++) {
        unsigned version = bytes.len ? bytes.bytes[0] >> 4 : 0;

        *datagram = (struct capture_datagram){0};
        if (version == 4
                ? !take_ipv4(ip, bytes, original_len, datagram)
                : version != 6 || !take_ipv6(ip, bytes, original_len, datagram))
            return false;
        if (datagram->protocol != NEXT_IPV4 && datagram->protocol != NEXT_IPV6)
            return datagram->protocol == CAPTURE_TCP ||
                   datagram->protocol == CAPTURE_UDP;
        bytes = datagram->payload;
        original_len = datagram->len;
    }
    return false;
}

/* ---- exported PDUs ---- */

enum pdu_tag {
    PDU_END = 0,
    PDU_DISSECTOR = 12,
    PDU_IPV4_SOURCE = 20,
    PDU_IPV4_DESTINATION = 21,
    PDU_IPV6_SOURCE = 22,
    PDU_IPV6_DESTINATION = 23,
    PDU_SOURCE_PORT = 25,
    PDU_DESTINATION_PORT = 26,
};

static void read_pdu_tag(struct capture_datagram *datagram, unsigned tag,
                         struct slice value)
{
    bool to = tag == PDU_IPV4_DESTINATION || tag == PDU_IPV6_DESTINATION ||
              tag == PDU_DESTINATION_PORT;
    struct capture_address *end =
        to ? &datagram->destination : &datagram->source;

    if (tag >= PDU_IPV4_SOURCE && tag <= PDU_IPV6_DESTINATION) {
        size_t len = tag <= PDU_IPV4_DESTINATION ? 4 : 16;

        if (value.len != len)
            return;
        memcpy(end->ip, value.bytes, len);
        datagram->is_ipv6 = len == 16;
    }
    if ((tag == PDU_SOURCE_PORT || tag == PDU_DESTINATION_PORT) &&
        value.len == 4)
        end->port = (uint16_t)u16_at(value, 2);
}

static bool take_pdu(struct slice bytes, size_t original_len,
                     struct capture_datagram *datagram)
{
    bool is_mqtt = false;
    unsigned tag;

    *datagram = (struct capture_datagram){.is_pdu = true};
    set_len(datagram, bytes, 0, original_len);
    do {
        if (datagram->payload.len < 4)
            return false;
        tag = u16_at(datagram->payload, 0);
        size_t len = u16_at(datagram->payload, 2);
        drop(datagram, 4);
        if (datagram->payload.len < len)
            return false;
        struct slice value = slice_first(datagram->payload, len);
        if (tag == PDU_DISSECTOR)
            is_mqtt = len >= 4 && !memcmp(value.bytes, "mqtt", 4) &&
                      (len == 4 || !value.bytes[4]);
        read_pdu_tag(datagram, tag, value);
        drop(datagram, len);
    } while (tag != PDU_END);
    return is_mqtt;
}

enum capture_ip_result capture_ip_take(struct capture_ip *ip,
                                       const struct capture_item *frame,
                                       struct capture_datagram *datagram)
{
    bool found;

    if (!link_is_known(frame->link_type))
        return CAPTURE_IP_UNKNOWN;
    if (frame->link_type == LINK_EXPORTED_PDU) {
        found = take_pdu(frame->bytes, frame->original_len, datagram);
    } else {
        struct slice bytes = behind_link(frame->link_type, frame->bytes);
        size_t header = frame->bytes.len - bytes.len;

        found = take_ip(ip, bytes, frame->original_len - header, datagram);
    }
    return found ? CAPTURE_IP_DATAGRAM : CAPTURE_IP_NOTHING;
}
