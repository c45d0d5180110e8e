#include "client/histogram.h"

#include <stddef.h>

#define STEPS (UINT64_C(1) << HISTOGRAM_BITS)

/*
 * Values below STEPS have a bucket each. Above, the position of the highest
 * bit chooses a row of STEPS buckets and the next bits the one in the row.
 */
static size_t bucket_of(uint64_t value)
{
    if (value < STEPS)
        return (size_t)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS;
    return (size_t)(((uint64_t)shift << HISTOGRAM_BITS) + (value >> shift));
}

/* The greatest value that falls into the bucket. */
static uint64_t upper_end(size_t bucket)
{
    if (bucket < 2 * STEPS)
        return bucket;
    unsigned shift = (unsigned)(bucket >> HISTOGRAM_BITS) - 1;
    uint64_t first = STEPS + (bucket & (STEPS - 1));
    return (first << shift) + ((UINT64_C(1) << shift) - 1);
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->buckets[bucket_of(value)]++;
    histogram->count++;
    if (value > histogram->max)
        histogram->max = value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    double rank = (double)histogram->count * percent / 100;
    uint64_t seen = 0;

    if (histogram->count == 0)
        return 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (histogram->buckets[i] && (double)seen >= rank) {
            uint64_t end = upper_end(i);

            return end < histogram->max ? end : histogram->max;
        }
    }
    return histogram->max;
}
