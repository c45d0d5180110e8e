/*
 * Fragments of IP packets until they are whole.
 */
#ifndef CAPTURE_CAPTURE_FRAGMENT_H
#define CAPTURE_CAPTURE_FRAGMENT_H

#include "base/buf.h"
#include "capture/capture_ip.h"

struct capture_fragment {
    uint32_t id;
    size_t offset; /* in bytes */
    bool more;     /* it is not the last */
};

struct capture_fragmented;

/* A zeroed struct is empty. */
struct capture_fragments {
    struct capture_fragmented *kept[CAPTURE_MAX_FRAGMENTED]; /* owned */
    uint64_t taken;   /* fragments so far: the clock of what is oldest */
    struct buf whole; /* of the datagram returned last */
};

void capture_fragments_release(struct capture_fragments *fragments);

/*
 * Take a fragment: datagram has its addresses, protocol and payload. True when
 * it makes a datagram whole, which is then in *datagram; its bytes are valid
 * until the next call. A fragment of which not all was captured counts as far
 * as it goes, so that the datagram never gets whole.
 */
bool capture_fragments_take(struct capture_fragments *fragments,
                            const struct capture_fragment *piece,
                            struct capture_datagram *datagram);

#endif
