/*
 * Bytes with a reference count: written once, then shared and never changed.
 *
 * Whoever keeps a pointer holds a reference; the last one frees the bytes.
 */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include "base/alloc.h"
#include "base/slice.h"

#include <stdint.h>
#include <stdlib.h>

struct shared {
    uint32_t refs;
    uint32_t len;
    uint8_t bytes[];
};

/* len bytes to be filled before anyone else sees them; one reference. */
static inline struct shared *shared_new(size_t len)
{
    struct shared *shared = alloc_bytes(sizeof(*shared) + len);

    shared->refs = 1;
    shared->len = (uint32_t)len;
    return shared;
}

static inline struct shared *shared_ref(struct shared *shared)
{
    shared->refs++;
    return shared;
}

static inline void shared_unref(struct shared *shared)
{
    if (shared && --shared->refs == 0)
        free(shared);
}

static inline struct slice shared_slice(const struct shared *shared)
{
    return slice_of(shared->bytes, shared->len);
}

#endif
