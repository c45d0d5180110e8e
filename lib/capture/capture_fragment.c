#include "capture/capture_fragment.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BYTES 65535u

struct capture_fragmented {
    struct capture_datagram datagram; /* addresses and protocol */
    uint32_t id;
    uint64_t latest;   /* fragments->taken when something came for it */
    size_t len;        /* of the whole; 0: not known yet */
    size_t have_count; /* bytes that came */
    uint8_t have[(MAX_BYTES + 8) / 8]; /* a bit for each byte that came */
    uint8_t bytes[MAX_BYTES];
};

void capture_fragments_release(struct capture_fragments *fragments)
{
    for (size_t i = 0; i < CAPTURE_MAX_FRAGMENTED; i++)
        free(fragments->kept[i]);
    buf_release(&fragments->whole);
    *fragments = (struct capture_fragments){0};
}

static bool belongs(const struct capture_fragmented *kept, uint32_t id,
                    const struct capture_datagram *datagram)
{
    return kept->id == id && kept->datagram.is_ipv6 == datagram->is_ipv6 &&
           (datagram->is_ipv6 ||
            kept->datagram.protocol == datagram->protocol) &&
           !memcmp(kept->datagram.source.ip, datagram->source.ip, 16) &&
           !memcmp(kept->datagram.destination.ip, datagram->destination.ip, 16);
}

/* The place of the datagram that a fragment belongs to: its own, a free one,
   or that of the oldest. */
static struct capture_fragmented **
place_of(struct capture_fragments *fragments, uint32_t id,
         const struct capture_datagram *datagram)
{
    struct capture_fragmented **oldest = &fragments->kept[0];

    for (size_t i = 0; i < CAPTURE_MAX_FRAGMENTED; i++) {
        struct capture_fragmented **place = &fragments->kept[i];

        if (*place && belongs(*place, id, datagram))
            return place;
        if (*oldest && (!*place || (*place)->latest < (*oldest)->latest))
            oldest = place;
    }
    free(*oldest);
    *oldest = alloc_zero(1, sizeof(**oldest));
    (*oldest)->datagram = *datagram;
    (*oldest)->id = id;
    return oldest;
}

static void copy_bytes(struct capture_fragmented *kept, size_t offset,
                       struct slice bytes)
{
    for (size_t i = 0; i < bytes.len && offset + i < MAX_BYTES; i++) {
        size_t at = offset + i;

        if (kept->have[at / 8] & 1u << at % 8)
            continue;
        kept->have[at / 8] |= (uint8_t)(1u << at % 8);
        kept->bytes[at] = bytes.bytes[i];
        kept->have_count++;
    }
}

bool capture_fragments_take(struct capture_fragments *fragments,
                            const struct capture_fragment *piece,
                            struct capture_datagram *datagram)
{
    size_t end = piece->offset + datagram->len;

    if (end > MAX_BYTES)
        return false;

    struct capture_fragmented **place =
        place_of(fragments, piece->id, datagram);
    struct capture_fragmented *kept = *place;
    kept->latest = ++fragments->taken;
    if (piece->offset == 0) /* of IPv6: the others may name another header */
        kept->datagram.protocol = datagram->protocol;
    if (!piece->more && !kept->len)
        kept->len = end;
    copy_bytes(kept, piece->offset, datagram->payload);
    if (!kept->len || kept->have_count < kept->len)
        return false;

    buf_clear(&fragments->whole);
    buf_append(&fragments->whole, kept->bytes, kept->len);
    *datagram = kept->datagram;
    datagram->payload = buf_slice(&fragments->whole);
    datagram->len = fragments->whole.len;
    free(kept);
    *place = NULL;
    return true;
}
